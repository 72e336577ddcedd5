"""Forms with one row a household: those that ask of nobody but its head."""

import polars as pl

from reports.form_file import FormFile
from reports.items import FREE

HEAD = ("head_name", "head_id_number")
OF_ALL = {
    *FREE, *HEAD, "head_phone", "head_sex_code", "member_count", "household_no",
    "residence_address",
    "compound", "building", "unit", "room", "grid_name", "grid_code", "worker_name", "worker_phone",
    "community_name", "street_name", "district_name", "spouse_name", "spouse_id_number",
    "spouse_phone", "labels",
}  # fmt: skip
"""What a household has as one, or its head has."""


def by_household(form: FormFile) -> bool:
    """Whether every list of a form is one of households."""
    lists = [one for one in form.sheets if one.kind == "list"]
    return bool(lists) and all(
        any(column.item in HEAD for column in sheet.columns)
        and all(
            column.item in OF_ALL or column.item.startswith(("label:", "labels:", "other:"))
            for column in sheet.columns
        )
        for sheet in lists
    )


def one_row_each(frame: pl.DataFrame, everyone: pl.DataFrame) -> pl.DataFrame:
    """One row a household in place of its members: its head's, with the labels of them all.

    Args:
        frame: Whom the form is about, in its order; who is in no household has a row alone.
        everyone: All of the scope, among whom the head may be who is not in `frame`.
    """
    alone = pl.coalesce("household_id", "resident_id").alias("#household")
    mine = frame.with_columns(alone).with_row_index("#nth")
    firsts = mine.unique("#household", keep="first").select("#household", "#nth")
    among = everyone.filter(pl.col("lives_here") | pl.col("resident_id").is_in(
        frame["resident_id"].implode())).with_columns(alone)  # fmt: skip
    head = (pl.col("resident_id") == pl.col("head_resident_id")).fill_null(value=False)
    among = among.join(firsts, on="#household").with_columns(head.alias("#head"))
    labels = among.group_by("#household").agg(
        pl.col("labels").drop_nulls().explode().drop_nulls().unique(maintain_order=True)
    )
    labels = labels.with_columns(
        pl.when(pl.col("labels").list.len() > 0).then("labels").alias("labels")
    )
    rows = among.sort("#nth", "#head", "resident_id", descending=[False, True, False])
    rows = rows.unique("#household", keep="first", maintain_order=True)
    rows = rows.drop("labels").join(labels, on="#household", maintain_order="left")
    return rows.sort("#nth").select(frame.columns)
