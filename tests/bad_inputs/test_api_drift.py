"""An API whose fields change: told as of databases and files, before a row of them is stored."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import open_connector
from ledger import open_ledger
from ledger.changes import accept_changes, changes
from pipelines.drift import since_last_time, tell

from ..connectors.misbehaving_api import Api, serving, status
from .judging import Judge
from .test_bad_answers import BASE

PEOPLE = 60


def people(**more: Any) -> list[dict[str, Any]]:
    return [
        {
            "编号": str(n), "姓名": f"张伟{n}", "证件号": None, "电话": f"1380000{n:04}",
            "house": {"room": n, "note": ""}, **more,
        }
        for n in range(PEOPLE)
    ]  # fmt: skip


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api(people())) as served:
        yield served


@pytest.fixture
def judge(api: Api, tmp_path: Path) -> Judge:
    made = Judge(tmp_path / "home")
    declare(made, api)
    assert not made.judge().refused
    return made


def declare(judge: Judge, api: Api, **stream: Any) -> None:
    pager = {"rows": 25, "stop": "total"}
    judge.declare(BASE | {"url": api.url, "pager": pager}, stream)


def told(judge: Judge, api: Api, rows: list[dict[str, Any]]) -> list[str]:
    api.rows = rows
    found = [line for line in judge.judge().told.splitlines() if line.startswith("和上次相比")]
    ledger = open_ledger(judge.home.data / "ledger.sqlite")
    kept = [line for one in changes(ledger, "vendor") for line in one.sentences]
    ledger.close()
    assert set(found) <= set(kept)
    return found


def checked(judge: Judge) -> str:
    """What a check tells of changes, by one page of 25 rows."""
    platform = judge.home.platforms()["vendor"]
    ledger = open_ledger(judge.home.data / "ledger.sqlite")
    connector = open_connector(platform, judge.home.root)
    try:
        (stream,) = platform.streams
        return "".join(tell(since_last_time(ledger, connector, platform, stream)))
    finally:
        connector.close()
        ledger.close()


def test_a_pull_begun_anew_counts_what_it_drops_anew(judge: Judge, api: Api) -> None:
    declare(judge, api, drop_columns=["face"])
    api.rows = people(face="9j4AAQSkZJRg")
    api.script += [None, None, *[status(500)] * 9]
    assert judge.judge().refused
    api.script.clear()
    assert f"丢弃 face {PEOPLE}" in judge.judge().told


def test_nothing_is_told_of_what_is_as_it_was(judge: Judge, api: Api) -> None:
    assert told(judge, api, people()) == []
    assert told(judge, api, people()[:3]) == []


def test_new_field_is_told_once_and_read_on(judge: Judge, api: Api) -> None:
    assert told(judge, api, people(tags=["独居"])) == [
        "和上次相比，新增了列 tags（映射没有用到）。"
    ]
    assert told(judge, api, people(tags=[])) == []


def test_field_of_another_kind_is_told(judge: Judge, api: Api) -> None:
    rows = people(house={"room": "A1", "note": ""})
    assert told(judge, api, rows) == ["和上次相比，列 house.room 的类型由数字变成了文字。"]
    assert told(judge, api, rows) == []


def test_field_that_is_gone_is_told(judge: Judge, api: Api) -> None:
    assert told(judge, api, people(house={"note": ""})) == [
        "和上次相比，没有了列 house.room（映射没有用到）。"
    ]


def test_nulls_and_few_rows_say_nothing(judge: Judge, api: Api) -> None:
    """A null is no kind, an object that is null has lost no field, and rare fields are rare."""
    assert told(judge, api, people(house=None)) == []
    assert told(judge, api, people(house={})) == []
    rare = [row | ({"memo": "x"} if number == 7 else {}) for number, row in enumerate(people())]
    assert told(judge, api, rare) == []
    assert told(judge, api, people()) == []
    assert told(judge, api, people(证件号="510108195304070015")) == []


def test_renamed_mapped_field_stops_and_is_named(judge: Judge, api: Api) -> None:
    stored = judge.stored()
    api.rows = [
        {"电话号" if key == "电话" else key: value for key, value in row.items()}
        for row in people()
    ]
    outcome = judge.judge()
    assert outcome.refused
    assert "列 电话 没有了，新出现的列 电话号 可能就是它改的名" in outcome.told
    assert "请把映射里的 电话 改为 电话号" in outcome.told
    assert judge.stored() == stored
    assert "可能就是它改的名" in checked(judge), "a check says so before"


def test_contract_stop_waits_for_the_officer(judge: Judge, api: Api) -> None:
    declare(judge, api, contract="stop")
    stored = judge.stored()
    api.rows = people(tags=["独居"])
    outcome = judge.judge()
    assert outcome.refused
    assert "hub changes accept vendor" in outcome.told
    assert judge.stored() == stored
    ledger = open_ledger(judge.home.data / "ledger.sqlite")
    assert accept_changes(ledger, "vendor")
    ledger.close()
    assert not judge.judge().refused
