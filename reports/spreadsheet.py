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


def made_safe(values: pl.Series) -> pl.Series:
    """The same for a whole column; most hold nothing of the kind and are given back as they are."""
    unsafe = values.str.contains(f"{FORMULA}|{UNSPEAKABLE}").any()
    if not (unsafe or (values.str.len_bytes() > CELL).any()):
        return values
    return values.to_frame("v").select(safe(pl.col("v")).alias(values.name))[values.name]


def escaped(text: pl.Expr) -> pl.Expr:
    """Text for XML."""
    return text.str.replace_many({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
