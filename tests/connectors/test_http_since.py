"""Increments of an HTTP API: only what changed since, with an overlap, and nothing missed."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub.errors import ConfigError
from hub.platform import Platform

from .misbehaving_api import Api, Request, serving, status
from .vendor import Run, ids, people, platform_of, pulled

BASE = datetime(2024, 1, 2, 3, 0, 0)
FORMATS = {
    "%Y-%m-%d %H:%M:%S": lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S"),
    "iso": lambda moment: moment.isoformat() + "+08:00",
    "ms": lambda moment: f"{moment.replace(tzinfo=ZoneInfo('Asia/Shanghai')).timestamp():.0f}000",
    "slashes": lambda moment: moment.strftime("%Y/%m/%d %H:%M:%S"),
}  # fmt: skip


def at(minutes: float) -> datetime:
    return BASE + timedelta(minutes=minutes)


@pytest.fixture(params=FORMATS)
def api(request: pytest.FixtureRequest) -> Iterator[Api]:
    write = FORMATS[request.param]
    rows = [row | {"updated": write(at(n))} for n, row in enumerate(people(8))]

    def chosen(row: dict[str, Any], asked: Request) -> bool:
        return row["updated"] >= asked.query.get("since", "")

    with serving(Api(rows, chosen=chosen)) as served:
        served.write = write  # type: ignore[attr-defined]  # this server answers so
        yield served


def platform(api: Api, **increment: Any) -> Platform:
    settings = {"watermark": "updated", "since": "since", "overlap": "2m"} | increment
    return platform_of(api, stream={"increment": settings})


def changed(api: Any, number: int, minutes: float) -> None:
    api.rows[number] = api.rows[number] | {"updated": api.write(at(minutes))}
    api.rows.sort(key=lambda row: row["updated"])


def test_only_later_rows_are_asked_for_with_an_overlap(api: Any) -> None:
    first = pulled(platform(api))[-1]
    assert ids([first]) == [f"OW{n}" for n in range(8)]
    assert not first.complete  # nobody is gone because he did not change
    assert "since" not in api.seen[0].query
    changed(api, 0, 60)
    second = pulled(platform(api), cursor=json.loads(json.dumps(first.cursor)))[-1]
    assert ids([second]) == ["OW5", "OW6", "OW7", "OW0"]  # two minutes before the latest
    assert api.seen[-1].query["since"] == api.write(at(5))
    third = pulled(platform(api), cursor=second.cursor)[-1]
    assert ids([third]) == ["OW0"]
    assert third.cursor == second.cursor


def test_a_cut_pull_goes_on_from_its_page_and_its_moment(api: Any) -> None:
    begun = pulled(platform(api))[-1].cursor
    for number in range(8):
        changed(api, 0, 100 + number)
    api.script = [None, status(500)]
    got: list[Any] = []
    stopped = platform_of(
        api,
        stream={"increment": {"watermark": "updated", "since": "since", "overlap": "2m"}},
        attempts=1,
    )
    with Run(stopped) as run, pytest.raises(Exception, match="500"):
        got.extend(run.pull(begun))
    assert len(ids(got)) == 3
    rest = pulled(stopped, cursor=json.loads(json.dumps(got[-1].cursor)), resume=True)
    assert len(ids(got + rest)) == 8
    assert rest[-1].cursor == {"reached": api.write(at(107))}
    # and a new pull, not resumed, asks from the moment of the last whole one
    again = pulled(stopped, cursor=got[-1].cursor)
    assert len(ids(again)) == 8


def test_rows_that_may_have_been_missed_are_asked_for_again(api: Any) -> None:
    first = pulled(platform(api))[-1]
    changed(api, 0, 60)
    api.total_of = lambda rows, request: rows + 1
    second = pulled(platform(api), cursor=first.cursor)[-1]
    assert second.notes
    assert second.cursor == first.cursor


def test_a_row_from_the_future_hides_nothing(api: Any) -> None:
    changed(api, 0, 60 * 24 * 365 * 200)
    cursor = pulled(platform(api))[-1].cursor
    year = datetime.now(UTC).year
    reached = cursor["reached"]
    assert (int(reached[:4]) <= year) if "-" in reached or "/" in reached else len(reached) == 13


def test_other_words_for_the_moment(api: Any) -> None:
    increment = {"time_format": "%Y%m%d", "start": "20000101", "until": "end"}
    api.chosen = lambda row, request: True
    cursor = pulled(platform(api, **increment))[-1].cursor
    assert api.seen[0].query["since"] == "20000101"
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    days = {(now - timedelta(minutes=ago)).strftime("%Y%m%d") for ago in (0, 5)}
    assert api.seen[0].query["end"] in days
    pulled(platform(api, **increment), cursor=cursor)
    assert api.seen[-1].query["since"] == "20240102"


def test_a_watermark_that_is_no_time(api: Any) -> None:
    for row in api.rows:
        row["updated"] = "昨天"
    cursor = pulled(platform(api))[-1].cursor
    with pytest.raises(ConfigError) as caught:
        pulled(platform(api), cursor=cursor)
    assert "不是认识的时间写法" in caught.value.zh


def test_a_watermark_needs_the_parameter(api: Any) -> None:
    with pytest.raises(ConfigError):
        Run(platform(api, since=None))


def test_a_window_is_asked_for_again(api: Any) -> None:
    cursor = pulled(platform(api))[-1].cursor
    changed(api, 0, 3.5)
    zone = ZoneInfo("Asia/Shanghai")
    window = (at(3).replace(tzinfo=zone), at(5).replace(tzinfo=zone))
    with Run(platform(api, until="until")) as run:
        *chunks, last = run.connector.pull_window("owners", cursor["reached"], window)
    assert last.last
    assert not last.complete
    assert ids([*chunks, last]) == ["OW3", "OW0", "OW4", "OW5", "OW6", "OW7"]
    asked = api.seen[-1].query
    assert (asked["since"], asked["until"]) == (api.write(at(3)), api.write(at(5)))
