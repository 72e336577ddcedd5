"""Telephone numbers: 11-digit mobiles, and landlines as `area-number`."""

import polars as pl

from schemas.blanks import is_blank, tidy_series
from schemas.paths import two_paths

MOBILE = r"^1[3-9][0-9]{9}$"
PHONE = pl.Struct({"value": pl.String, "reason": pl.String})


def standard_phone(text: pl.Expr) -> pl.Expr:
    """Struct of `value` and `reason`: `bad_phone`, `masked_phone`, `several_values`.

    Of several numbers in one cell the first valid one is kept. A masked number is no number.
    """
    return text.map_batches(_phones, return_dtype=PHONE, is_elementwise=True)


def _phones(text: pl.Series) -> pl.Series:
    return two_paths(text, text.str.contains(MOBILE), fast=_plain, slow=_odd).to_struct(text.name)


def _plain(text: pl.Series) -> pl.DataFrame:
    return text.alias("value").to_frame().with_columns(reason=pl.lit(None, pl.String))


def _odd(text: pl.Series) -> pl.DataFrame:
    frame = tidy_series(text).alias("tidied").to_frame()
    parted = pl.col("tidied").str.replace_all(r"(1[3-9][0-9]{9})\s+", "$1/")
    joined = parted.str.replace_all(r"[\s()\-—–‐‑−'`.]+", "")
    joined = joined.str.replace(r"^(1[3-9][0-9]{9})0$", "$1")  # `.0` of a numeric cell
    pieces = joined.str.extract_all(r"\+?[0-9]+").list.eval(_one_number(pl.element()))
    frame = frame.with_columns(found=pieces.list.drop_nulls().list.unique(maintain_order=True))
    blank = is_blank(pl.col("tidied"))
    masked = pl.col("tidied").str.contains(r"[0-9][*#xX]+|[*#xX]{2,}[0-9]")
    return frame.select(
        value=pl.col("found").list.first(),
        reason=pl.when(blank)
        .then(None)
        .when(pl.col("found").list.len() > 1)
        .then(pl.lit("several_values"))
        .when(pl.col("found").list.len() == 1)
        .then(None)
        .when(masked)
        .then(pl.lit("masked_phone"))
        .otherwise(pl.lit("bad_phone")),
    )


def _one_number(digits: pl.Expr) -> pl.Expr:
    """A piece of digits as a standard number, else null."""
    national = digits.str.replace(r"^(?:\+|00)?86(1[3-9][0-9]{9}|0?[1-9][0-9]{9,10})$", "$1")
    mobile = national.str.extract(r"^0?(1[3-9][0-9]{9})$")
    big_city = national.str.extract(r"^0?((?:10|2[0-9])[0-9]{8})$")
    other = national.str.extract(r"^(0[3-9][0-9]{2}[0-9]{7,8})$")
    return pl.coalesce(
        mobile,
        pl.when(national.str.starts_with("0")).then(
            pl.lit("0") + big_city.str.slice(0, 2) + "-" + big_city.str.slice(2)
        ),
        other.str.slice(0, 4) + "-" + other.str.slice(4),
    )
