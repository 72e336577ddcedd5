"""Watermarks are text in whatever format the platform keeps them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from connectors.watermarks import capped, minus, written_like

ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("value", "earlier"),
    [
        ("2024-01-02 03:04:05", "2024-01-02 02:04:05"),
        ("2024-01-02 03:04:05.678901", "2024-01-02 02:04:05.678901"),
        ("2024-01-02T00:30:00", "2024-01-01T23:30:00"),
        ("2024-01-02 03:04:05.5+08", "2024-01-02 02:04:05.500000+08:00"),
        ("2024-01-02", "2024-01-01"),  # a day is rounded down: rows of that day come again
        ("2024/1/2 03:04:05", "2024/01/02 02:04:05"),
        ("20240102030405", "20240102020405"),
        ("20240102", "20240101"),
        ("1704164645", "1704161045"),
        ("1704164645678", "1704161045678"),
        ("70", "-3530"),
        ("0000-00-00 00:00:00", None),
        ("infinity", None),
        ("", None),
        ("0001-01-01 00:00:00", None),
    ],
)
def test_an_hour_earlier_in_the_same_format(value: str, earlier: str | None) -> None:
    assert minus(value, 3600) == earlier


@pytest.mark.parametrize(
    "value",
    ["2024-01-02 03:04:05", "2024-01-02", "20240102", "1704164645", "12345", "infinity", "字"],
)
def test_the_past_and_the_unknown_stay(value: str) -> None:
    assert capped(value, ZONE) == value


@pytest.mark.parametrize(
    ("value", "length"),
    [("2099-01-02 03:04:05", 19), ("2099-01-02", 10), ("20990102", 8), ("4070909106", 10),
     ("4070909106000", 13), ("2099-01-02 03:04:05+08", 19)],
)  # fmt: skip
def test_the_future_becomes_now(value: str, length: int) -> None:
    now = capped(value, ZONE)
    assert now < value
    assert len(now) >= length
    if length == 19 and "+" not in value:
        moment = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(ZONE))
        assert abs(datetime.now(ZoneInfo(ZONE)) - moment) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("like", "written"),
    [
        ("2024-05-06 07:08:09", "2026-01-02 03:04:05"),
        ("2024-05-06T07:08:09", "2026-01-02T03:04:05"),
        ("2024-05-06 07:08:09+08", "2026-01-02 03:04:05+08:00"),
        ("2024-05-06", "2026-01-02"),
        ("20240506070809", "20260102030405"),
        ("2024/05/06 07:08:09", "2026/01/02 03:04:05"),
        ("1704164645", "1767294245"),
        ("1704164645000", "1767294245000"),
        ("17", None),
        ("甲", None),
    ],
)
def test_a_moment_in_the_format_of_a_watermark(like: str, written: str | None) -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert written_like(moment, like) == written
