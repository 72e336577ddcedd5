"""A stream that brings nothing new for too long is late, however often it is pulled."""

from datetime import UTC, datetime, timedelta

import pytest

from hub.platform import Platform
from serving.reading.freshness import freshness
from serving.reading.glance import LastPull

NOW = datetime(2026, 1, 10, tzinfo=UTC)


def platform(arrival: str | None) -> Platform:
    return Platform.model_validate(
        {
            "platform": "link",
            "title": "村社通",
            "owner": {"level": "community", "department": "居委会"},
            "connection": {"kind": "exchange", "url": "sqlite:///x.db"},
            "streams": {
                "users": {
                    "increment": "batches", "entity": "resident", "map": {}, "arrival": arrival,
                }
            },
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arrival", "came", "state", "says"),
    [
        (None, timedelta(days=30), "fresh", None),
        ("3d", timedelta(days=2), "fresh", None),
        ("3d", timedelta(days=4), "late", "users 已有 4 天没有新的数据"),
        ("3h", timedelta(hours=5), "late", "users 已有 5 小时没有新的数据"),
        ("3d", None, "fresh", None),
    ],
)
def test_silence(arrival: str | None, came: timedelta | None, state: str, says: str | None) -> None:
    arrived = NOW - came if came is not None else None
    pull = LastPull("link", "users", "complete", NOW, NOW, None, arrived)
    found = freshness(platform(arrival), {("link", "users"): pull}, NOW)
    assert found.state == state
    assert (says or "") in (found.message or "")
