"""What was asked once and has no field of the standard: the raw rows of `collected`."""

import polars as pl

from hub.settings import Home

COLLECTED: dict[str, pl.DataType | type[pl.DataType]] = {
    "resident_id": pl.String, "item": pl.String, "value": pl.String, "record_key": pl.String,
    "at": pl.Datetime("us", "UTC"),
}  # fmt: skip


def read_collected(home: Home) -> pl.DataFrame:  # noqa: ARG001 (answers come with a later slice)
    """The newest answer of each person and item."""
    return pl.DataFrame(schema=COLLECTED)
