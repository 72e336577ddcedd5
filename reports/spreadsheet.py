"""Text for spreadsheets and CSV: nothing in it may run, nothing may break the file."""

from collections.abc import Collection

import polars as pl
import polars.selectors as cs

FORMULA = r"^[=+\-@\t\r]"
UNSPEAKABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
CELL = 32_000
"""A cell of Excel holds 32,767 characters."""


def safe(text: pl.Expr) -> pl.Expr:
    """An apostrophe before what a spreadsheet would take for a formula; no control characters."""
    plain = text.str.replace_all(UNSPEAKABLE, "").str.slice(0, CELL)
    return pl.when(plain.str.contains(FORMULA)).then(plain.str.replace("^", "'")).otherwise(plain)


def made_safe(frame: pl.DataFrame, ours: Collection[str] = ()) -> pl.DataFrame:
    """The same for all texts of a table; columns that hold nothing of the kind stay as they are.

    `ours`: columns that are not looked at, since nobody typed what they hold.
    """
    texts = cs.string() - cs.by_name(*ours, require_all=False)
    unsafe = texts.str.contains(f"{FORMULA}|{UNSPEAKABLE}") | (texts.str.len_bytes() > CELL)
    found = frame.select(unsafe.any())  # all columns at once: each core takes some
    amiss = [name for name in found.columns if found[name][0]]
    return frame.with_columns(safe(pl.col(name)) for name in amiss)


def escaped(text: pl.Expr) -> pl.Expr:
    """Text for XML."""
    return text.str.replace_many({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
