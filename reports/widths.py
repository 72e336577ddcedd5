"""Columns that nobody gave a width are made as wide as what is written into them.

A column whose width the department drew stays as it is, as all of its layout does.
"""

import re
from collections.abc import Mapping

import polars as pl
from openpyxl.utils import column_index_from_string

COLS = re.compile(r"<cols>(.*?)</cols>", re.DOTALL)
COL = re.compile(r"<col\b[^>]*/>|<col\b[^>]*></col>")
NUMBER = re.compile(r'\b(min|max)="(\d+)"')
USUAL, WIDEST, SPARE = 8.43, 45, 2
"""Characters: a column without a width, the widest made, and the margin on both sides."""


def widened(before: str, texts: Mapping[str, pl.Series]) -> str:
    """The XML before the rows, with a width for each column that has none and needs one.

    Args:
        before: The sheet's XML up to its rows.
        texts: What is written into each column, by letter.
    """
    found = COLS.search(before)
    own = COL.findall(found[1]) if found else []
    taken = [tuple(int(value) for _, value in NUMBER.findall(one)) for one in own]
    fresh: dict[int, str] = {}
    for letter, values in texts.items():
        at, needed = column_index_from_string(letter), _needed(values)
        if needed > USUAL and not any(low <= at <= high for low, high in taken):
            fresh[at] = f'<col min="{at}" max="{at}" width="{needed}" customWidth="1"/>'
    if not fresh:
        return before
    order = [*((low, one) for (low, _), one in zip(taken, own, strict=True)), *fresh.items()]
    cols = f"<cols>{''.join(one for _, one in sorted(order))}</cols>"
    return COLS.sub(cols, before, count=1) if found else f"{before}{cols}"


def _needed(values: pl.Series) -> int:
    """Characters of the longest value; a Chinese one takes two."""
    texts = values.cast(pl.String).drop_nulls()
    if not len(texts):
        return 0
    wide = texts.str.len_bytes().cast(pl.Int64) - texts.str.len_chars().cast(pl.Int64)
    longest = (texts.str.len_chars().cast(pl.Int64) + wide // 2).max()
    return min(int(longest) + SPARE, WIDEST)  # type: ignore[arg-type]  # not empty
