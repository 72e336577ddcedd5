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


def once_per_value(text: pl.Series, expensive: Frames) -> pl.DataFrame:
    """Run `expensive` on the distinct values only; worth it where values repeat."""
    name = text.name
    distinct = text.unique()
    if distinct.len() * 2 > text.len():
        return expensive(text)
    known = expensive(distinct).with_columns(distinct.alias("_value"))
    return (
        text.alias("_value")
        .to_frame()
        .join(known, on="_value", how="left", nulls_equal=True, maintain_order="left")
        .drop("_value")
        .rename({c: c for c in known.columns if c == name}, strict=False)
    )
