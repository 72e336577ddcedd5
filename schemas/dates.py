"""Days, years and moments as platforms write them: `1953年4月7日`, `19456`, `72岁`, `1953-04`.

A partial date is a fact of its own: it gives a year, never an invented day.
"""

from datetime import date
from functools import partial

import polars as pl

from schemas.blanks import is_blank, tidy_series
from schemas.paths import once_per_value, two_paths

DAY = pl.Struct({"value": pl.Date, "year": pl.Int16, "reason": pl.String})
MOMENT = pl.Struct({"value": pl.Datetime("us", "UTC"), "reason": pl.String})
ISO = r"^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])$"
ISO_MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?$"
ZONED = r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[T ][0-9]{1,2}:[0-9]{2}.*(?:Z|[+-][0-9]{2}:?[0-9]{2})$"
WRITTEN = (
    r"^([0-9]{4})\s*[-./\\年 ]\s*(?:([0-9]{1,2})\s*(?:[-./\\月 ]\s*(?:([0-9]{1,2})\s*[日号]?)?)?)?"
    r"(?:[T ]?\s*[0-9]{1,2}[:时].*)?$"
)
COMPACT = r"^([0-9]{4})([0-9]{2})([0-9]{2})?(?:[0-9]{6})?$"
CLOCK = r"[T 日号]\s*([0-9]{1,2})[:时]([0-9]{1,2})(?:[:分]([0-9]{1,2})(\.[0-9]{1,6})?)?"
FIRST_YEAR, LAST_YEAR = 1850, 2100
ZERO_DAY = r"^0000[-/.]?00[-/.]?00"
CHINESE_DIGITS = {"〇": "0", "○": "0", "零": "0"} | {
    c: str(n) for n, c in enumerate("一二三四五六七八九", 1)
}


def standard_day(text: pl.Expr, *, timezone: str, as_of: date | None = None) -> pl.Expr:
    """Struct of `value` (a whole date), `year` (also of a partial one), and `reason` `bad_date`.

    Understood: every separator, compact, Chinese, Excel serials of five digits, a date with a
    clock, milliseconds since 1970, and a moment with a zone, taken to `timezone` first; with
    `as_of` also an age that says so, `72岁`.
    """
    work = partial(_days, timezone=timezone, as_of=as_of)
    return text.map_batches(work, return_dtype=DAY, is_elementwise=True)


def standard_age(text: pl.Expr, *, as_of: date) -> pl.Expr:
    """Struct as `standard_day`'s: only `year`, the year of `as_of` less the age; or `bad_age`."""
    work = partial(_ages, as_of=as_of)
    return text.map_batches(work, return_dtype=DAY, is_elementwise=True)


def standard_moment(text: pl.Expr, *, timezone: str) -> pl.Expr:
    """Struct of `value` in UTC and `reason` `bad_time`; without a zone it is `timezone`'s."""
    work = partial(_moments, timezone=timezone)
    return text.map_batches(work, return_dtype=MOMENT, is_elementwise=True)


def _days(text: pl.Series, *, timezone: str, as_of: date | None) -> pl.Series:
    def read(days: pl.Series) -> pl.DataFrame:
        slow = partial(_odd_days, timezone=timezone, as_of=as_of)
        return two_paths(days, days.str.contains(ISO), fast=_iso_days, slow=slow)

    return once_per_value(text, read).to_struct(text.name)


def _iso_days(text: pl.Series) -> pl.DataFrame:
    frame = text.alias("text").to_frame()
    return _judged_days(
        frame.with_columns(value=pl.col("text").str.to_date("%Y-%m-%d", strict=False))
    )


def _judged_days(frame: pl.DataFrame) -> pl.DataFrame:
    """From `text`, `value` and maybe `year` (of a partial date): out of range is bad."""
    if "year" not in frame.columns:
        frame = frame.with_columns(year=pl.lit(None, pl.Int16))
    value = pl.when(pl.col("value").dt.year().is_between(FIRST_YEAR, LAST_YEAR)).then("value")
    partial_year = pl.when(pl.col("year").is_between(FIRST_YEAR, LAST_YEAR)).then("year")
    zero = pl.col("text").is_null() | pl.col("text").str.contains(ZERO_DAY)
    return frame.select(
        "text", value=value, year=pl.coalesce(value.dt.year().cast(pl.Int16), partial_year)
    ).select(
        "value",
        pl.col("year").cast(pl.Int16),
        reason=pl.when(pl.col("year").is_null() & ~zero).then(pl.lit("bad_date")),
    )


def _odd_days(text: pl.Series, *, timezone: str, as_of: date | None = None) -> pl.DataFrame:
    frame = tidy_series(text).alias("text").to_frame()
    frame = frame.select(text=pl.when(~is_blank(pl.col("text"))).then(_arabic(pl.col("text"))))
    written = pl.col("text").str.extract_groups(WRITTEN)
    compact = pl.col("text").str.extract_groups(COMPACT)
    frame = frame.with_columns(
        y=pl.coalesce(
            written.struct[0], compact.struct[0], pl.col("text").str.extract(r"^([0-9]{4})年?$")
        ),
        m=pl.coalesce(written.struct[1], compact.struct[1]),
        d=pl.coalesce(written.struct[2], compact.struct[2]),
        zoned=_zoned(pl.col("text")).dt.convert_time_zone(timezone).dt.date(),
        counted=_counted(pl.col("text"), timezone),
    ).with_columns(pl.when(~pl.col(c).is_in(["0", "00"])).then(c).alias(c) for c in ("m", "d"))
    padded = pl.col("m").str.zfill(2), pl.col("d").str.zfill(2)
    whole = pl.concat_str("y", *padded, separator="-").str.to_date("%Y-%m-%d", strict=False)
    month_exists = pl.col("m").is_null() | pl.col("m").cast(pl.Int8, strict=False).is_between(1, 12)
    partly = pl.col("d").is_null() & month_exists
    age = pl.col("text").str.extract(r"^([0-9]{1,3})周?岁$").cast(pl.Int16, strict=False)
    of_age = pl.lit(as_of.year, pl.Int16) - age if as_of else pl.lit(None, pl.Int16)
    year = pl.when(partly).then(pl.col("y").cast(pl.Int16, strict=False))
    return _judged_days(
        frame.select(
            "text", value=pl.coalesce("zoned", whole, "counted"), year=pl.coalesce(year, of_age)
        )
    )


def _arabic(text: pl.Expr) -> pl.Expr:
    """`一九五三年四月二十七日` in digits; anything else as it is."""
    tens = text.str.replace_all(r"([年月])十([月日号])", "${1}10$2")
    tens = tens.str.replace_all(r"([年月])十", "${1}1").str.replace_all(
        r"([二三])十([日号])", "${1}0$2"
    )
    tens = tens.str.replace_all(r"([二三])十", "$1")
    digits = tens.str.replace_many(list(CHINESE_DIGITS), list(CHINESE_DIGITS.values()))
    return pl.when(text.str.contains(r"[〇○零一二三四五六七八九十]")).then(digits).otherwise(text)


def _zoned(text: pl.Expr) -> pl.Expr:
    """Moments that carry their zone, in UTC."""
    iso = pl.when(text.str.contains(ZONED)).then(
        text.str.replace(" ", "T", literal=True)
        .str.replace(r"Z$", "+0000")
        .str.replace(r"([+-][0-9]{2}):([0-9]{2})$", "$1$2")
    )
    with_seconds = iso.str.replace(r"(T[0-9]{1,2}:[0-9]{2})([+-])", "$1:00$2")
    return with_seconds.str.to_datetime(
        "%Y-%m-%dT%H:%M:%S%.f%z", time_unit="us", time_zone="UTC", strict=False
    )


def _counted(text: pl.Expr, timezone: str) -> pl.Expr:
    """Days from Excel's serials, and from milliseconds since 1970."""
    serial = text.str.extract(r"^([1-5][0-9]{4})(?:\.[0-9]+)?$").cast(pl.Int64)
    excel = pl.lit(date(1899, 12, 30)) + pl.duration(days=serial)
    milliseconds = text.str.extract(r"^(-?[0-9]{12,13})$").cast(pl.Int64)
    moment = pl.from_epoch(milliseconds, time_unit="ms").dt.replace_time_zone("UTC")
    return pl.coalesce(excel, moment.dt.convert_time_zone(timezone).dt.date())


def _ages(text: pl.Series, *, as_of: date) -> pl.Series:
    frame = tidy_series(text).alias("text").to_frame()
    age = pl.col("text").str.extract(r"^([0-9]{1,3})(?:\.[0-9]+)?\s*(?:周?岁)?$").cast(pl.Int16)
    age = pl.when(age <= 130).then(age)
    blank = is_blank(pl.col("text")) & (pl.col("text") != "0")
    return frame.select(
        value=pl.lit(None, pl.Date),
        year=(pl.lit(as_of.year) - age).cast(pl.Int16),
        reason=pl.when(age.is_null() & ~blank).then(pl.lit("bad_age")),
    ).to_struct(text.name)


def _moments(text: pl.Series, *, timezone: str) -> pl.Series:
    plain = text.str.contains(ISO_MOMENT)
    fast = partial(_iso_moments, timezone=timezone)
    slow = partial(_odd_moments, timezone=timezone)
    return two_paths(text, plain, fast=fast, slow=slow).to_struct(text.name)


def _iso_moments(text: pl.Series, *, timezone: str) -> pl.DataFrame:
    frame = text.alias("text").to_frame()
    spaced = pl.col("text").str.replace("T", " ", literal=True)
    local = spaced.str.to_datetime("%Y-%m-%d %H:%M:%S%.f", time_unit="us", strict=False)
    return _judged_moments(frame.with_columns(value=_to_utc(local, timezone)))


def _judged_moments(frame: pl.DataFrame) -> pl.DataFrame:
    zero = pl.col("text").is_null() | pl.col("text").str.contains(ZERO_DAY)
    wrong = pl.col("value").is_null() & ~zero
    return frame.select("value", reason=pl.when(wrong).then(pl.lit("bad_time")))


def _odd_moments(text: pl.Series, *, timezone: str) -> pl.DataFrame:
    """Any day `standard_day` understands, with the clock behind it; or a count since 1970."""
    frame = tidy_series(text).alias("text").to_frame()
    frame = frame.select(text=pl.when(~is_blank(pl.col("text"))).then("text"))
    day = _odd_days(frame["text"], timezone=timezone)["value"]
    clock = pl.col("text").str.extract_groups(CLOCK)
    compact = pl.col("text").str.extract_groups(r"^[0-9]{8}([0-9]{2})([0-9]{2})([0-9]{2})()$")
    parts = [pl.coalesce(clock.struct[i], compact.struct[i]) for i in range(3)]
    numbers = [p.cast(pl.Int8, strict=False).fill_null(0) for p in parts]
    micros = clock.struct[3].cast(pl.Float64, strict=False).fill_null(0) * 1_000_000
    local = pl.col("day").cast(pl.Datetime("us")) + pl.duration(
        hours=numbers[0], minutes=numbers[1], seconds=numbers[2], microseconds=micros.round()
    )
    exists = (numbers[0] < 24) & (numbers[1] < 60) & (numbers[2] < 60)
    since_1970 = pl.col("text").str.extract(r"^([0-9]{10}|[0-9]{13})$")
    seconds = pl.when(since_1970.str.len_chars() == 10).then(since_1970.cast(pl.Int64) * 1000)
    counted = pl.from_epoch(pl.coalesce(seconds, since_1970.cast(pl.Int64)), time_unit="ms")
    return _judged_moments(
        frame.with_columns(day)
        .rename({"value": "day"})
        .with_columns(
            value=pl.coalesce(
                _zoned(pl.col("text")),
                counted.cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
                pl.when(exists).then(_to_utc(local, timezone)),
            )
        )
    )


def _to_utc(local: pl.Expr, timezone: str) -> pl.Expr:
    """A clock that was put back shows some times twice: the earlier; some never: null."""
    zoned = local.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")
