"""Text as people type it: invisible characters, full-width forms, and the many ways of nothing.

Every normaliser starts from `tidy`, and takes null for what `is_blank` says is nothing.
"""

import polars as pl

from schemas.paths import two_paths

BLANKS = (
    *("", "无", "/", "-", "--", "不详", "未知", "0", "1111", "*"),  # the standard's own list
    *("暂无", "没有", "空", "未填", "未填写", "未登记", "待核实", "不清楚", "无数据", "未采集"),
    *("null", "NULL", "Null", "None", "none", "nan", "NaN", "NAN", "N/A", "n/a", "#N/A", "(null)"),
    *("\\N", ".", "—", "——", "、", "?", "??", "???", "#REF!", "#VALUE!"),
)
"""What stands for "nothing is known" in the cells of the platforms, after `tidy`."""

REPEATED = r"^(?:0{2,}|1{4,}|-{2,}|/{2,}|\*{2,}|\.{2,}|_+|—{2,})$"
"""Fillers typed to get past a required field."""

HAN = r"\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}"
"""Inside a regular expression's class: the unified Han characters of the basic plane."""

PLAIN = rf"^[!-~{HAN}](?: ?[!-~{HAN}])*$"
"""ASCII and unified Han with single inner blanks: NFKC leaves these as they are."""

INVISIBLE = r"[\p{Cc}\p{Cf}\x{FE00}-\x{FE0F}\x{E0100}-\x{E01EF}]"
"""Control and format characters (zero width, byte order mark) and variation selectors."""


def tidy(text: pl.Expr) -> pl.Expr:
    """NFKC, invisible characters removed, runs of blanks made one, ends stripped; '' stays ''."""
    return text.map_batches(tidy_series, return_dtype=pl.String, is_elementwise=True)


def known(text: pl.Expr) -> pl.Expr:
    """Tidied text, null where it says that nothing is known."""
    return text.map_batches(known_series, return_dtype=pl.String, is_elementwise=True)


def as_given(text: pl.Expr) -> pl.Expr:
    """The text itself, only its ends stripped; null where it says that nothing is known."""
    return text.map_batches(_as_given, return_dtype=pl.String, is_elementwise=True)


def is_blank(tidied: pl.Expr) -> pl.Expr:
    """Whether tidied text says that nothing is known. Null is blank."""
    return tidied.is_in(list(BLANKS)).or_(tidied.str.contains(REPEATED)).fill_null(value=True)


def tidy_series(text: pl.Series) -> pl.Series:
    """`tidy` for a column in hand."""
    frame = two_paths(text, text.str.contains(PLAIN), fast=_as_is, slow=_tidy_odd)
    return frame["text"].alias(text.name)


def known_series(text: pl.Series) -> pl.Series:
    """`known` for a column in hand."""
    tidied = tidy_series(text).alias("text").to_frame()
    here = tidied.select(pl.when(is_blank(pl.col("text")).not_()).then("text"))
    return here["text"].alias(text.name)


def _as_given(text: pl.Series) -> pl.Series:
    known_too = known_series(text).is_not_null().alias("known")
    frame = pl.DataFrame([text.alias("text"), known_too])
    stripped = pl.when("known").then(pl.col("text").str.strip_chars())
    return frame.select(stripped.alias("text"))["text"].alias(text.name)


def _as_is(text: pl.Series) -> pl.DataFrame:
    return text.alias("text").to_frame()


def _tidy_odd(text: pl.Series) -> pl.DataFrame:
    spaced = pl.col("text").str.replace_all(r"[\t\r\n\x{B}\x{C}\x{85}]+", " ")
    visible = spaced.str.replace_all(INVISIBLE, "").str.normalize("NFKC")
    one_blank = visible.str.replace_all(INVISIBLE, "").str.replace_all(r"\s+", " ")
    return text.alias("text").to_frame().select(one_blank.str.strip_chars())
