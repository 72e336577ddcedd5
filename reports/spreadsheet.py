"""Text for spreadsheets and CSV: nothing in it may run, nothing may break the file."""

from collections.abc import Collection

import numpy as np
import polars as pl
import polars.selectors as cs
import pyarrow as pa

FORMULA = r"^[=+\-@\t\r]"
UNSPEAKABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
CELL = 32_000
"""A cell of Excel holds 32,767 characters."""
CONTROL, LAST_PLANE = 0x20, b"\xef\xbf"
"""Bytes below the one, and those that begin what is no character, in UTF-8."""
FIRST = np.isin(np.arange(256), list(b"=+-@\t\r"))
"""Whether a formula may begin with a byte."""


def safe(text: pl.Expr) -> pl.Expr:
    """An apostrophe before what a spreadsheet would take for a formula; no control characters."""
    plain = text.str.replace_all(UNSPEAKABLE, "").str.slice(0, CELL)
    return pl.when(plain.str.contains(FORMULA)).then(plain.str.replace("^", "'")).otherwise(plain)


def made_safe(frame: pl.DataFrame, ours: Collection[str] = ()) -> pl.DataFrame:
    """The same for all texts of a table; columns that hold nothing of the kind stay as they are.

    `ours`: columns that are not looked at, since nobody typed what they hold.
    """
    texts = frame.select(cs.string() - cs.by_name(*ours, require_all=False))
    doubtful = [pl.col(one.name) for one in texts.get_columns() if _doubtful(one)]
    unsafe = [
        one.str.contains(f"{FORMULA}|{UNSPEAKABLE}") | (one.str.len_bytes() > CELL)
        for one in doubtful
    ]
    found = texts.select(one.any() for one in unsafe)  # all columns at once: each core takes some
    amiss = [name for name in found.columns if found[name][0]]
    return frame.with_columns(safe(pl.col(name)) for name in amiss)


def _doubtful(texts: pl.Series) -> bool:
    """Whether the bytes of a column have anything that may be unsafe: a fifth of the whole look."""
    column = texts.to_arrow().cast(pa.large_string())
    _, starts, held = column.buffers()
    if held is None or not held.size:
        return False
    ends, data = np.frombuffer(starts, np.int64), np.frombuffer(held, np.uint8)
    first = np.take(data, ends[:-1], mode="clip")  # of a blank the next one's
    return bool(
        data.min() < CONTROL
        or FIRST[first].any()
        or np.diff(ends).max() > CELL
        or ((data == LAST_PLANE[0]).any() and LAST_PLANE in held.to_pybytes())
    )


def escaped(text: pl.Expr) -> pl.Expr:
    """Text for XML."""
    return text.str.replace_many({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
