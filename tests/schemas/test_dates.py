"""Days, years, ages and moments in every shape the platforms are known to write."""

from datetime import UTC, date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dates import standard_age, standard_day, standard_moment
from tests.schemas.reading import quick, value_of, values_of

AS_OF = date(2025, 6, 1)
day_of = partial(standard_day, timezone="Asia/Shanghai", as_of=AS_OF)
moment_of = partial(standard_moment, timezone="Asia/Shanghai")
age_of = partial(standard_age, as_of=AS_OF)
DAYS = st.dates(date(1900, 1, 1), date(2060, 12, 31))
SHAPES = {
    "iso": lambda d: f"{d:%Y-%m-%d}",
    "chinese": lambda d: f"{d.year}年{d.month}月{d.day}日",
    "chinese, padded": lambda d: f"{d:%Y年%m月%d日}",
    "dots": lambda d: f"{d.year}.{d.month}.{d.day}",
    "slashes": lambda d: f"{d.year}/{d.month}/{d.day}",
    "compact": lambda d: f"{d:%Y%m%d}",
    "clock": lambda d: f"{d:%Y-%m-%d} 00:00:00",
    "clock, fraction": lambda d: f"{d:%Y-%m-%d} 00:00:00.000",
    "slashes, clock": lambda d: f"{d.year}/{d.month}/{d.day} 0:00",
    "blanks": lambda d: f" {d.year} - {d.month} - {d.day} ",
    "wide": lambda d: f"{d:%Y-%m-%d}".translate({48 + n: 0xFF10 + n for n in range(10)}),
}


@quick
@given(DAYS)
def test_every_shape_of_a_day(day: date) -> None:
    found = values_of(day_of, *(write(day) for write in SHAPES.values()))
    assert found == [{"value": day, "year": day.year, "reason": None}] * len(SHAPES)


@quick
@given(st.dates(date(1930, 1, 1), date(2060, 12, 31)))
def test_excel_serials(day: date) -> None:
    serial = (day - date(1899, 12, 30)).days
    assert value_of(day_of, str(serial))["value"] == day
    assert value_of(day_of, f"{serial}.25")["value"] == day


@pytest.mark.parametrize(
    ("text", "value", "year", "reason"),
    [
        ("1953", None, 1953, None),
        ("1953年", None, 1953, None),
        ("1953-04", None, 1953, None),
        ("1953年4月", None, 1953, None),
        ("195304", None, 1953, None),
        ("1953-00-00", None, 1953, None),
        ("1953-04-00", None, 1953, None),
        ("72岁", None, 1953, None),
        ("一九五三年四月七日", date(1953, 4, 7), 1953, None),
        ("一九五三年十一月三十日", date(1953, 11, 30), 1953, None),
        ("二〇〇三年十月二十七日", date(2003, 10, 27), 2003, None),
        ("2024-01-01T16:00:00.000Z", date(2024, 1, 2), 2024, None),
        ("2024-01-01 16:00:00+00:00", date(2024, 1, 2), 2024, None),
        ("1953-02-30", None, None, "bad_date"),
        ("1953-13", None, None, "bad_date"),
        ("4/7/1953", None, None, "bad_date"),
        ("72", None, None, "bad_date"),
        ("9999-12-31", None, None, "bad_date"),
        ("去年", None, None, "bad_date"),
        ("0000-00-00", None, None, None),
        ("0000-00-00 00:00:00", None, None, None),
        ("", None, None, None),
        ("无", None, None, None),
        (None, None, None, None),
    ],
)
def test_partial_strange_and_blank_days(
    text: str | None, value: date | None, year: int | None, reason: str | None
) -> None:
    assert value_of(day_of, text) == {"value": value, "year": year, "reason": reason}


@pytest.mark.parametrize(
    ("text", "year", "reason"),
    [
        ("72", 1953, None),
        ("72岁", 1953, None),
        ("72 周岁", 1953, None),
        ("72.0", 1953, None),
        ("0", 2025, None),
        ("七十二", None, "bad_age"),
        ("172", None, "bad_age"),
        ("", None, None),
        (None, None, None),
    ],
)
def test_an_age_gives_a_year_and_no_birthday(
    text: str | None, year: int | None, reason: str | None
) -> None:
    assert value_of(age_of, text) == {"value": None, "year": year, "reason": reason}


@quick
@given(st.datetimes(datetime(1992, 1, 1), datetime(2060, 1, 1)))
def test_moments_are_the_platforms_zone_in_utc(local: datetime) -> None:
    whole = local.replace(microsecond=0)
    expected = whole.replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)
    texts = [whole.strftime(f) for f in ("%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S")]
    assert values_of(moment_of, *texts) == [{"value": expected, "reason": None}] * 3


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-02 03:04:05",
        "2024-01-02T03:04:05",
        "2024-01-02 03:04:05.000000",
        "2024-01-02 03:04:05.0000000",
        "2024-01-01T19:04:05Z",
        "2024-01-02T03:04:05+08:00",
        "2024-01-02 03:04:05+08",
        "2024年1月2日 3时4分5秒",
        "1704135845",
        "1704135845000",
    ],
)
def test_one_moment_in_many_shapes(text: str) -> None:
    expected = datetime(2024, 1, 1, 19, 4, 5, tzinfo=UTC)
    assert value_of(moment_of, text) == {"value": expected, "reason": None}


@pytest.mark.parametrize(
    ("text", "reason"),
    [("2024-01-02 25:00:00", "bad_time"), ("刚才", "bad_time"), ("0000-00-00 00:00:00", None)],
)
def test_moments_that_are_none(text: str, reason: str | None) -> None:
    assert value_of(moment_of, text) == {"value": None, "reason": reason}


def test_fractions_are_kept() -> None:
    found = value_of(moment_of, "2024-01-02 03:04:05.125")["value"]
    assert found.microsecond == timedelta(milliseconds=125).microseconds


@quick
@given(
    st.lists(
        st.text(st.characters(codec="utf-8") | st.sampled_from("0123456789-/年月日: T")), min_size=1
    )
)
def test_any_text_is_taken(texts: list[str]) -> None:
    for reader in (day_of, moment_of, age_of):
        for found in values_of(reader, *texts):
            assert found["reason"] is None or found["value"] is None
