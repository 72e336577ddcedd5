"""Statistics without small counts: nor may a hidden one be worked out from the totals.

A recipient may know every total. In a line of the table (all of one dimension, the others fixed) a
hidden cell is safe if another is hidden beside it and the two cannot both be the least possible.
"""

from collections.abc import Sequence

import polars as pl

COUNT, HIDDEN, GIVEN_AWAY = "persons", "hidden", "given_away"


def suppressed(counted: pl.DataFrame, names: Sequence[str], least: int) -> pl.DataFrame:
    """Blank the counts below `least`, and as many others as keep them from being computed.

    Args:
        counted: One row a cell that is not 0: the dimensions in `names`, and `persons`.
        names: The dimensions.
        least: The smallest count that may be shown.

    Returns:
        The same rows in the same order; `persons` null where it is hidden.
    """
    frame = counted.with_row_index("nth").with_columns(
        (pl.col(COUNT) < least).alias(HIDDEN), pl.lit(value=False).alias(GIVEN_AWAY)
    )  # fmt: skip
    while (found := _next(frame, names)) is not None:
        column, cells = found
        frame = frame.with_columns(pl.col(column) | pl.col("nth").is_in(cells))
    shown = pl.when(~pl.col(HIDDEN)).then(pl.col(COUNT).cast(pl.Int64))
    return frame.with_columns(shown.alias(COUNT)).drop("nth", HIDDEN, GIVEN_AWAY)


def _next(frame: pl.DataFrame, names: Sequence[str]) -> tuple[str, list[int]] | None:
    """What to do about the first line that gives a hidden cell away; None if none does.

    The smallest shown cell of it is hidden too. Where there is none, the line's total is the cell
    itself: nothing can hide it, and it hides no other.
    """
    lines = [[other for other in names if other != one] for one in names]
    secret = pl.col(HIDDEN) & ~pl.col(GIVEN_AWAY)
    for fixed in ([], *(one for one in lines if one)):
        shown = pl.col("nth").filter(~pl.col(HIDDEN))
        told = frame.group_by(fixed or [pl.lit(0).alias("#")]).agg(
            pl.col(COUNT).filter(secret).sum().alias("sum"),
            pl.col("nth").filter(secret).alias("cells"),
            shown.sort_by(pl.col(COUNT).filter(~pl.col(HIDDEN))).first().alias("more"),
        )
        cells = pl.col("cells").list.len()
        told = told.filter(cells > 0, (cells == 1) | (cells == pl.col("sum"))).sort("more")
        if told.height:
            more, given_away = told.select("more", "cells").row(0)
            return (GIVEN_AWAY, given_away) if more is None else (HIDDEN, [more])
    return None
