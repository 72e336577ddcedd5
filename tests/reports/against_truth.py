"""Every cell that forms fill, against the truth of the demonstration community."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from reports.fill import people_in
from reports.form_file import FormFile
from reports.people import People

ALSO = {"other:家长姓名": "监护人姓名", "other:家长电话": "监护人电话"}
SAME = ("name", "sex_code", "birth_date", "id_type_code", "id_number", "ethnicity_code", "phone",
        "residence_type_code", "relation_code", "compound", "building", "unit", "room",
        "grid_code", "died_on", "left_on", "marital_code", "hukou_address")  # fmt: skip
"""Items that the truth has under the same name."""


@dataclass(frozen=True)
class Compared:
    """One column of one form: cells that are filled and can be judged, and how many are right."""

    form: str
    item: str
    filled: int
    right: int


def compared(
    forms: list[FormFile],
    people: People,
    persons: pl.DataFrame,
    residents: pl.DataFrame,
    also: pl.DataFrame,
) -> Iterator[Compared]:
    """Judge each column that the truth knows.

    Args:
        forms: Registered forms.
        people: Everyone.
        persons: The truth, one row a person.
        residents: person_id and resident_id.
        also: person_id, item and what is right to say, besides; there may be several.
    """
    besides = also.group_by("person_id", "item").agg("value")
    truth = _with_household(persons).join(residents, on="person_id")
    for form in forms:
        mine = people_in(form, people)
        ids = mine.frame.select("resident_id").join(
            truth, on="resident_id", how="left", maintain_order="left"
        )
        for item in sorted({c.item for s in form.sheets for c in s.columns}):
            held = mine.value(item).cast(pl.String)
            if item.startswith("other:"):
                yield _besides(form.form, item, held, _accepted(item, ids, besides))
                continue
            told = _truth(item, ids, mine)
            if told is None:
                continue
            filled = held.is_not_null() & ids["person_id"].is_not_null()
            right = held.eq_missing(told.cast(pl.String))
            yield Compared(form.form, item, int(filled.sum()), int((filled & right).sum()))


def _accepted(item: str, ids: pl.DataFrame, besides: pl.DataFrame) -> pl.Series:
    title = ALSO.get(item, item).removeprefix("other:")
    mine = besides.filter(item=title).select("person_id", "value")
    return ids.join(mine, on="person_id", how="left", maintain_order="left")["value"]


def _besides(form: str, item: str, held: pl.Series, accepted: pl.Series) -> Compared:
    """A value that the truth knows nothing of is wrong: somebody else's, or invented."""
    right = pl.DataFrame({"held": held, "accepted": accepted}).select(
        pl.col("accepted").list.contains(pl.col("held")).fill_null(value=False) & held.is_not_null()
    )
    return Compared(form, item, held.count(), int(right.to_series().sum()))


def _with_household(persons: pl.DataFrame) -> pl.DataFrame:
    heads = persons.filter(relation_code="02").unique("household").select(
        "household", pl.col("name").alias("head_name"), pl.col("id_number").alias("head_id_number"),
        pl.col("phone").alias("head_phone"),
    )  # fmt: skip
    living = persons.filter("resident").group_by("household").len("member_count")
    return persons.join(heads, on="household", how="left").join(living, on="household", how="left")


def _truth(item: str, ids: pl.DataFrame, mine: People) -> pl.Series | None:
    if item in SAME or item in ("head_name", "head_id_number", "head_phone", "member_count"):
        return ids[item]
    if item == "age":
        born = pl.col("birth_date")
        month = born.dt.month().cast(pl.Int32)
        later = month * 100 + born.dt.day() > mine.today.month * 100 + mine.today.day
        return ids.select(age=mine.today.year - born.dt.year() - later.cast(pl.Int32))["age"]
    if item == "label:高龄":
        return None
    if item.startswith("label:"):
        has = pl.col("labels").list.contains(item[6:])
        return ids.select(pl.when(has).then(pl.lit("true")).otherwise(pl.lit("false")))["literal"]
    return None
