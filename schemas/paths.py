"""Two ways through an expensive normaliser: the plain values fast, only the odd ones slowly.

Most cells of a real column are already in the standard's form. Recognising those with one pattern
and sending only the rest through the long chain of expressions is what keeps a million rows cheap.
"""

from collections.abc import Callable

import polars as pl

Frames = Callable[[pl.Series], pl.DataFrame]
"""From a column of text to a frame with one row per value."""


def two_paths(text: pl.Series, plain: pl.Series, *, fast: Frames, slow: Frames) -> pl.DataFrame:
    """Send `text` where `plain` is true through `fast`, the rest through `slow`, in order.

    A null in `plain` counts as plain, so `fast` must take nulls. Both frames have one schema.
    """
    plain = plain.fill_null(value=True)
    if plain.all():
        return fast(text)
    odd = ~plain
    if odd.all():
        return slow(text)
    rows = pl.concat([plain.arg_true(), odd.arg_true()])
    both = pl.concat([fast(text.filter(plain)), slow(text.filter(odd))])
    return both[rows.arg_sort()]


def only_where(
    frame: pl.DataFrame, odd: pl.Expr, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """`frame` with `change` made to the rows where `odd` is true, in the old order.

    `change` keeps the columns and their types. A null in `odd` counts as not odd.
    """
    chosen = frame.select(odd.fill_null(value=False).alias("odd"))["odd"]
    if not chosen.any():
        return frame
    if chosen.all():
        return change(frame)
    rows = pl.concat([(~chosen).arg_true(), chosen.arg_true()])
    return pl.concat([frame.filter(~chosen), change(frame.filter(chosen))])[rows.arg_sort()]


def once_per_value(text: pl.Series, expensive: Frames) -> pl.DataFrame:
    """Run `expensive` on the distinct values only, unless nearly every value is."""
    distinct = text.unique()
    if distinct.len() * 10 > text.len() * 9:
        return expensive(text)
    known = expensive(distinct).with_columns(distinct.alias("_value"))
    values = text.alias("_value").to_frame()
    joined = values.join(known, on="_value", how="left", nulls_equal=True, maintain_order="left")
    return joined.drop("_value")
