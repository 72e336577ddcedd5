"""Read one text, or a few, through a normaliser that takes and gives expressions."""

from collections.abc import Callable
from typing import Any

import polars as pl
from hypothesis import settings

quick = settings(max_examples=25, deadline=None)  # one example is a whole column


def values_of(reader: Callable[[pl.Expr], pl.Expr], *texts: str | None) -> list[Any]:
    """What `reader` makes of each text, in one column."""
    frame = pl.DataFrame({"text": list(texts)}, schema={"text": pl.String})
    return frame.select(reader(pl.col("text")).alias("read"))["read"].to_list()


def value_of(reader: Callable[[pl.Expr], pl.Expr], text: str | None) -> Any:
    """What `reader` makes of one text."""
    (value,) = values_of(reader, text)
    return value
