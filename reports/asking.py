"""What nobody holds, of whom: each item once for each person, whatever the number of forms."""

from collections.abc import Sequence

import polars as pl

from reports.fill import not_for_notice, whose
from reports.form_file import FormFile
from reports.items import FREE
from reports.people import People

BEHIND = {
    "age": "birth_date", "birth_year": "birth_date", "compound": "residence_address",
    "building": "residence_address", "unit": "residence_address", "room": "residence_address",
    "member_count": "relation_code",
}  # fmt: skip
"""What to ask for instead of an item that is worked out from another."""
OF_THE_HEAD = {"head_phone": "phone"}
NEVER = (
    "grid_name", "grid_code", "worker_name", "worker_phone", "community_name", "community_code",
    "street_name", "district_name", "resident_id", "household_id", "dwelling_id", "labels",
)  # fmt: skip
"""Not for a resident to answer: grids and divisions are the street's."""
QUESTIONS = pl.Schema(
    {"resident_id": pl.String(), "item": pl.String(), "forms": pl.List(pl.String)}
)


def questions(forms: Sequence[FormFile], people: People) -> pl.DataFrame:
    """One row a person and item: resident_id, item, forms (a list of those that wait for it).

    For a notice that may not be filled nobody is asked.
    """
    parts = [pl.DataFrame(schema={"resident_id": pl.String, "item": pl.String, "form": pl.String})]
    for form in (one for one in forms if not not_for_notice(one)):
        lists = [one for one in form.sheets if one.kind == "list"]
        mine = whose(form, people)
        asked_of = (
            (mine[one.sheet], item)
            for one in lists
            for item in sorted({column.item for column in one.columns})
        )
        for them, item in asked_of:
            if item in (*FREE, *NEVER):
                continue
            blank = them.applies(item) & them.value(item).is_null()
            ids = them.frame.filter(blank)
            of = "head_resident_id" if item in OF_THE_HEAD else "resident_id"
            asked = OF_THE_HEAD.get(item) or BEHIND.get(item, item)
            parts.append(
                ids.select(
                    pl.col(of).alias("resident_id"),
                    pl.lit(asked).alias("item"), pl.lit(form.form).alias("form"),
                ).drop_nulls("resident_id")
            )  # fmt: skip
    long = pl.concat(parts)
    return long.group_by("resident_id", "item").agg(
        pl.col("form").unique().sort().alias("forms")
    ).sort("resident_id", "item")  # fmt: skip
