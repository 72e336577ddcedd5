"""Text for spreadsheets and CSV: nothing in it may run, nothing may break the file."""

import polars as pl

FORMULA = r"^[=+\-@\t\r]"
UNSPEAKABLE = r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
CELL = 32_000
"""A cell of Excel holds 32,767 characters."""


def safe(text: pl.Expr) -> pl.Expr:
    """An apostrophe before what a spreadsheet would take for a formula; no control characters."""
    plain = text.str.replace_all(UNSPEAKABLE, "").str.slice(0, CELL)
    return pl.when(plain.str.contains(FORMULA)).then(plain.str.replace("^", "'")).otherwise(plain)


def escaped(text: pl.Expr) -> pl.Expr:
    """Text for XML."""
    return text.str.replace_many({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
