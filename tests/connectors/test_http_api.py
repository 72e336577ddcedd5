"""The HTTP API connector against a real server that misbehaves."""

import gc
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors import Chunk
from connectors.http_api import HttpApiConnector
from hub.errors import (
    ConfigError,
    HubError,
    SourceChangedError,
    SourceDownError,
    SourceRefusedError,
)
from hub.seen import SeenNumbers

from .misbehaving_api import (
    SECRET,
    Answer,
    Api,
    Request,
    Trouble,
    body,
    cut,
    late,
    says,
    scheme_2,
    serving,
    status,
)
from .vendor import ENVELOPE, Run, ids, platform_of, pulled

TOTAL = {"rows": 3, "stop": "total"}
SHORT = {"rows": 3, "stop": "short"}
NO_TOTAL = {"ok": "code", "items": "data.records"}


def people(count: int) -> list[dict[str, Any]]:
    return [{"id": f"OW{i}", "name": f"居民{i}", "face": "9j4AAQ"} for i in range(count)]


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api(people(8))) as served:
        yield served


def everyone(api: Api) -> list[str]:
    return [row["id"] for row in api.rows]


# -- pages, chunks, cursors


@pytest.mark.parametrize("stop", ["total", "short", "empty"])
@pytest.mark.parametrize("count", [0, 1, 6, 8])
def test_every_page_is_read_once(api: Api, stop: str, count: int) -> None:
    api.rows = people(count)
    chunks = pulled(platform_of(api, pager={"rows": 3, "stop": stop}), rows=6)
    assert ids(chunks) == everyone(api)
    assert [chunk.last for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert chunks[-1].complete
    assert not any(chunk.notes for chunk in chunks)
    assert all(chunk.rows.schema.names == ["id", "name"] for chunk in chunks)
    assert all(chunk.rows.num_rows <= 6 for chunk in chunks)


def test_answers_are_let_go_page_by_page(api: Api) -> None:
    """While rows are read nobody looks for garbage: of a thousand pages it would be gigabytes."""
    api.rows = people(60)
    gc.collect()
    gc.disable()
    try:
        pulled(platform_of(api, pager=TOTAL), rows=6)
        held = [one for one in gc.get_objects() if isinstance(one, httpx.Response)]
    finally:
        gc.enable()
    assert len(held) <= 1


def test_pages_from_zero_with_parameters_in_the_body(api: Api) -> None:
    api.first = 0
    pager = TOTAL | {"first": 0, "place": "body"}
    platform = platform_of(
        api,
        method="POST",
        pager=pager,
        params={"project": "甲"},
        params_place="query",
        headers={"X-App": "a"},
    )
    assert ids(pulled(platform)) == everyone(api)
    assert [one.body for one in api.seen] == [{"page": n, "size": 3} for n in range(3)]
    assert all(one.query == {"project": "甲"} for one in api.seen)
    assert all(one.headers["x-app"] == "a" and one.path == "/owners" for one in api.seen)


def test_one_answer_without_pages(api: Api) -> None:
    chunks = pulled(platform_of(api, pager={"stop": "once"}, envelope=NO_TOTAL))
    assert ids(chunks) == everyone(api)
    assert chunks[-1].complete
    assert len(api.seen) == 1
    assert api.seen[0].query == {}


@settings(max_examples=80, deadline=None)
@given(
    count=st.integers(0, 12),
    size=st.integers(1, 4),
    chunk_rows=st.integers(1, 9),
    stop=st.sampled_from(["total", "short", "empty"]),
    taken=st.integers(0, 8),
)
def test_resumed_pull_reads_exactly_the_rest(
    shared_api: Api, count: int, size: int, chunk_rows: int, stop: str, taken: int
) -> None:
    shared_api.rows = people(count)
    platform = platform_of(shared_api, pager={"rows": size, "stop": stop})
    with Run(platform) as run:
        whole = list(run.pull(rows=chunk_rows))
        before = whole[:taken]
        cursor = json.loads(json.dumps(before[-1].cursor)) if before else None
        after = list(run.pull(cursor, resume=bool(before), rows=chunk_rows))
    assert ids(before) + ids(after) == everyone(shared_api)
    assert after[-1].last
    assert after[-1].complete


@pytest.fixture(scope="module")
def shared_api() -> Iterator[Api]:
    with serving(Api()) as served:
        yield served


def test_new_pull_and_other_pages_begin_at_the_start(api: Api) -> None:
    first = next(iter(pulled(platform_of(api), rows=3)))
    assert ids(pulled(platform_of(api), cursor=first.cursor)) == everyone(api)
    other = platform_of(api, pager=TOTAL | {"rows": 2})
    assert ids(pulled(other, cursor=first.cursor, resume=True)) == everyone(api)


# -- values


def test_values_are_the_texts_of_the_answer(api: Api) -> None:
    record = (
        '{"id": 12345678901234567890, "name": 1.50, "big": 1E400, "yes": true, "no": false,'
        ' "nothing": null, "list": [1.0, "甲", null, {"a": false}], "phone": {"mobile": "138"},'
        ' "blank": " a\\n", "half": "x\\ud83d", "x.y": "dotted", "nul": "a\\u0000b", "tab": "a\tb"}'
    )
    content = f'{{"code": "0", "data": {{"records": [{record}, {{"id": 2}}], "total": "2"}}}}'
    api.script = [body(content.encode())]
    names = ["id", "name", "big", "yes", "no", "nothing", "list", "phone.mobile", "phone"]
    names += ["blank", "half", "x.y", "nul", "tab"]
    stream = {"map": {f"field_{i}": name for i, name in enumerate(names)}}
    (chunk,) = pulled(platform_of(api, stream=stream))
    first, second = chunk.rows.to_pylist()
    assert list(first.values()) == [
        *("12345678901234567890", "1.50", "1E400", "true", "false", None),
        *('[1.0,"甲",null,{"a":false}]', "138", '{"mobile":"138"}'),
        *(" a\n", "x\ufffd", "dotted", "a\0b", "a\tb"),
    ]
    assert second == dict.fromkeys(names) | {"id": "2"}


@pytest.mark.parametrize("total", ["3", "3.0", '"3"', '"3.00"'])
def test_a_count_may_be_written_as_a_fraction_of_nothing(api: Api, total: str) -> None:
    rows = [f'[{{"id": {n}, "name": "甲"}}]' for n in range(3)]
    told = [f'{{"code": 0, "data": {{"records": {row}, "total": {total}}}}}' for row in rows]
    api.script = [body(one.encode()) for one in told]
    *_, last = pulled(platform_of(api, pager=TOTAL | {"rows": 1}))
    assert last.complete


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode() + b"\0\0\r\n",
        lambda text: text.encode("gbk"),
        lambda text: text.encode("gb18030") + b"\0",
        lambda text: b"\xef\xbb\xbf" + text.encode(),
    ],
    ids=["trailing NUL", "GBK", "GB18030 and NUL", "BOM"],
)
def test_odd_bytes_are_read(api: Api, encode: Any) -> None:
    api.encode = encode
    (chunk,) = pulled(platform_of(api))
    assert chunk.rows["name"].to_pylist() == [row["name"] for row in api.rows]


def test_biometrics_are_dropped_and_counted(api: Api) -> None:
    for row in api.rows[:2]:
        row["face"] = None
    for row in api.rows:
        row["more"] = {"photo": "9j4AAQ", "at": "门口"}
    stream = {"drop_columns": ["face", "more.photo"], "map": {"name": "name", "phone": "more"}}
    chunks = pulled(platform_of(api, stream=stream), rows=6)
    assert [chunk.dropped for chunk in chunks] == [
        {"face": 4, "more.photo": 6},
        {"face": 2, "more.photo": 2},
    ]
    assert "9j4AAQ" not in str([chunk.rows.to_pylist() for chunk in chunks])
    both = {"drop_columns": "more", "map": {"name": "more.at"}}
    with pytest.raises(ConfigError, match=r"more\.at"):
        pulled(platform_of(api, stream=both))


def test_column_that_no_row_has_is_named(api: Api) -> None:
    stream = {"map": {"name": "ownerName", "phone": "contact.phone"}}
    with pytest.raises(SourceChangedError, match=r"ownerName, contact\.phone") as caught:
        pulled(platform_of(api, stream=stream))
    assert "ownerName、contact.phone（现有：id、name、face）" in caught.value.zh
    api.rows[2]["contact"] = None  # nothing can be said of what is inside
    api.rows[1]["ownerName"] = "甲"
    pulled(platform_of(api, stream=stream))


# -- trouble that passes


@pytest.mark.parametrize(
    "trouble",
    [
        status(500),
        status(503),
        status(408),
        cut(announced=True),
        cut(announced=False),
        says("E9", "系统繁忙，请稍后再试"),
        body(b""),
        body(b"<html>login</html>"),
    ],
    ids=["500", "503", "408", "cut", "cut unannounced", "busy", "empty", "html"],
)
def test_passing_trouble_is_waited_out(api: Api, trouble: Trouble) -> None:
    api.script = [None, trouble, trouble, None, trouble]
    with Run(platform_of(api)) as run:
        chunks = list(run.pull())
    assert ids(chunks) == everyone(api)
    assert len(run.waits) == 3
    assert 0.25 <= run.waits[0] <= 0.5 <= run.waits[1] <= 1  # doubled, with jitter
    assert len(api.seen) == 6


def test_retry_after_is_obeyed(api: Api) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    api.script = [status(429, Retry_After="7"), status(429), status(429, Retry_After=soon)]
    with Run(platform_of(api)) as run:
        assert ids(list(run.pull())) == everyone(api)
    assert run.waits[0] == 7
    assert run.waits[1] <= 1
    assert 50 <= run.waits[2] <= 60


def test_retry_after_is_a_moment_by_the_clock_of_the_server(api: Api) -> None:
    there = datetime.now(UTC) + timedelta(hours=2)
    moments = [format_datetime(there + timedelta(seconds=n), usegmt=True) for n in (0, 40)]
    api.date = moments[0]
    api.script = [status(429, Retry_After=moments[1])]
    with Run(platform_of(api)) as run:
        assert ids(list(run.pull())) == everyone(api)
    assert run.waits == [40]


def test_a_pause_too_long_ends_the_pull(api: Api) -> None:
    api.script = [status(429, Retry_After="3600")]
    with Run(platform_of(api)) as run, pytest.raises(SourceDownError, match="429"):
        list(run.pull())
    assert run.waits == []


@pytest.mark.parametrize(
    ("trouble", "error", "says"),
    [
        (status(500), SourceDownError, "500"),
        (cut(announced=True), SourceDownError, "中途断开"),
        (cut(announced=False), SourceDownError, "不完整"),
        (says("E9", "请求过于频繁"), SourceDownError, "请求过于频繁"),
        (body(b"<html>login</html>"), SourceChangedError, "不是 JSON，而是网页，可能是登录页"),
    ],
    ids=["500", "cut", "cut unannounced", "busy", "html"],
)
def test_trouble_that_stays_is_named_and_keeps_what_was_read(
    api: Api, trouble: Trouble, error: type[HubError], says: str
) -> None:
    api.script = [None, trouble, trouble]
    got: list[Chunk] = []
    with Run(platform_of(api, attempts=2)) as run, pytest.raises(error) as caught:
        got.extend(run.pull())
    assert says in caught.value.zh
    assert "第 2 页" in caught.value.zh
    if error is SourceDownError:
        assert ids(got) == ["OW0", "OW1", "OW2"]
        assert ids(pulled(platform_of(api), cursor=got[-1].cursor, resume=True)) == [
            *("OW3", "OW4", "OW5", "OW6", "OW7")
        ]


def test_no_answer_in_time(api: Api) -> None:
    api.script = [late(30)]
    with pytest.raises(SourceDownError, match="timeout") as caught:
        pulled(platform_of(api, attempts=1, timeout=1))
    assert "等了 1 秒没有回答" in caught.value.zh


def test_nobody_listening(api: Api) -> None:
    platform = platform_of(api, url="http://127.0.0.1:9", attempts=3)
    with Run(platform) as run:
        with pytest.raises(SourceDownError, match="ConnectError"):
            list(run.pull())
        (finding,) = run.connector.check()
    assert not finding.ok
    assert "连接不上" in finding.advice


# -- refusals and errors


@pytest.mark.parametrize(
    ("trouble", "error"),
    [
        (status(401), SourceRefusedError),
        (status(403), SourceRefusedError),
        (says(1001, "签名错误"), SourceRefusedError),
        (says(1001, "sign error", status=400), SourceRefusedError),
        (says(401, ""), SourceRefusedError),
        (says(1003, "分页参数错误"), SourceChangedError),
        (status(404), SourceChangedError),
        (status(302, Location="http://login.example/"), SourceChangedError),
        (body(b'{"code": 0, "data": {"list": []}}'), SourceChangedError),
        (body(b'{"code": 0, "data": {"records": {"a": 1}}}'), SourceChangedError),
        (body(b'{"code": 0, "data": {"records": [], "total": "many"}}'), SourceChangedError),
        (body(b'{"code": 0, "data": {"records": [], "total": 7.5}}'), SourceChangedError),
        (body(b'{"success": true}'), SourceChangedError),
        (body(b'{"code": {"name": "x"}, "data": {"records": []}}'), SourceChangedError),
        (body(b"[1, 2]"), SourceChangedError),
        (body(b'{"code":0,"data":' + b"[" * 100_000), SourceDownError),
    ],
)
def test_an_error_is_not_asked_again(api: Api, trouble: Trouble, error: type[HubError]) -> None:
    api.script = [trouble]
    with Run(platform_of(api, attempts=1)) as run, pytest.raises(error) as caught:
        list(run.pull())
    assert caught.value.zh.startswith("「物业系统」owners ")
    assert len(api.seen) == 1


def test_vendor_words_are_shown_without_numbers_or_secrets(
    api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("VENDOR", SECRET)
    caplog.set_level(logging.DEBUG)
    words = f"手机 13812345678、138-1234-5678 身份证 31010119900101123X 不存在 原文={SECRET}"
    api.script = [says("B12", words)]
    sign = {"secret": {"env": "VENDOR"}, "url_encode": True, "secret_as": "app_secret"}
    platform = platform_of(api, sign=sign, params={"appKey": {"env": "VENDOR"}})
    with pytest.raises(SourceChangedError) as caught:
        pulled(platform)
    shown = f"{caught.value} {caught.value.zh} {caplog.text}"
    assert "B12 手机 …、… 身份证 … 不存在 原文=***" in caught.value.zh
    assert "…" in str(caught.value)
    assert SECRET not in shown
    assert "sign=" not in shown
    assert api.url not in shown
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_codes_that_mean_no_rows_or_busy_can_be_declared(api: Api) -> None:
    envelope = ENVELOPE | {"empty_values": "404", "busy_values": ["-1"]}
    api.script = [says(-1, "失败"), says(404, "暂无数据")]
    with Run(platform_of(api, envelope=envelope)) as run:
        (chunk,) = run.pull()
    assert chunk.rows.num_rows == 0
    assert chunk.complete
    assert len(run.waits) == 1


@pytest.mark.parametrize(
    ("answer", "envelope"),
    [
        ({"code": "000", "result": [{"id": 1, "name": "甲"}]}, {"ok": "code", "ok_values": "000"}),
        ({"success": True, "result": [{"id": 1, "name": "甲"}]}, {"ok": "success"}),
        ({"result": [{"id": 1, "name": "甲"}]}, {}),
        ([{"id": 1, "name": "甲"}], {"items": ""}),
    ],
)
def test_envelopes(api: Api, answer: Any, envelope: dict[str, Any]) -> None:
    if envelope.get("ok") == "success":
        envelope["ok_values"] = "true"
    api.script = [body(json.dumps(answer).encode())]
    platform = platform_of(api, envelope={"items": "result"} | envelope, pager={"stop": "once"})
    assert ids(pulled(platform)) == ["1"]


# -- pages that lie


@pytest.mark.parametrize("page", [0, 1, 2])
def test_an_error_beside_a_null_list_is_no_empty_page(page: int) -> None:
    """Where no code of success is declared; as the end it would make the rest count as gone."""
    pager = {"rows": 4, "stop": "short"}
    with serving(Api(people(12))) as api:
        api.script = [*[listed(api, 0), listed(api, 4)][:page], says(500, "系统异常")]
        with pytest.raises(SourceChangedError) as caught:
            pulled(platform_of(api, envelope={"items": "data"}, pager=pager))
        assert "系统异常" in caught.value.zh


@pytest.mark.parametrize("word", ["操作成功", "查询成功，暂无数据", "OK", "no records", ""])
def test_no_list_with_a_good_word_is_the_end(word: str) -> None:
    pager = {"rows": 4, "stop": "short"}
    with serving(Api(people(8))) as api:
        api.script = [listed(api, 0), listed(api, 4), says(0, word)]
        chunks = pulled(platform_of(api, envelope={"items": "data"}, pager=pager))
        assert (len(ids(chunks)), chunks[-1].complete) == (8, True)


def listed(api: Api, start: int) -> Trouble:
    return lambda _api, _asked: api.json({"code": 0, "data": api.rows[start : start + 4]})


def test_a_character_cut_apart_makes_no_other_names() -> None:
    """Read as GBK the page would be a list of strangers."""
    names = [{"id": "1", "name": "张三"}, {"id": "2", "name": "李四"}]
    whole = json.dumps({"code": 0, "data": names}, ensure_ascii=False).encode()
    broken = whole.replace("四".encode(), "四".encode()[:2])
    pager = {"stop": "once"}
    envelope = {"ok": "code", "items": "data"}
    with serving(Api()) as api:
        api.script = [body(broken)]
        (chunk,) = pulled(platform_of(api, envelope=envelope, pager=pager))
        assert chunk.rows["name"].to_pylist() == ["张三", "李\ufffd"]


@pytest.mark.parametrize("pager", [TOTAL, SHORT, {"rows": 3, "stop": "empty"}])
def test_endless_same_page_stops(api: Api, pager: dict[str, Any]) -> None:
    api.page_of = lambda page: min(page, 2)
    api.rows = people(6)
    api.total_of = lambda rows, request: 100
    with pytest.raises(SourceChangedError, match="page 3 is the same as page 2") as caught:
        pulled(platform_of(api, pager=pager))
    assert "第 3 页与上一页完全相同" in caught.value.zh
    assert len(api.seen) == 3


def test_same_page_is_known_after_a_resume_and_after_a_round(api: Api) -> None:
    api.total_of = lambda rows, request: 100
    chunks: list[Chunk] = []
    api.page_of = lambda page: min(page, 2)
    with Run(platform_of(api)) as run, pytest.raises(SourceChangedError):
        chunks.extend(run.pull(rows=3))
    with pytest.raises(SourceChangedError, match="page 3 is the same as page 2"):
        pulled(platform_of(api), cursor=chunks[-1].cursor, resume=True)
    api.rows, api.page_of = people(6), lambda page: (page - 1) % 2 + 1
    with pytest.raises(SourceChangedError, match="page 3 is the same as page 1"):
        pulled(platform_of(api))


def test_vendor_that_gives_fewer_rows_a_page_than_asked_for(api: Api) -> None:
    api.most = 2
    with pytest.raises(SourceChangedError) as caught:
        pulled(platform_of(api, pager=SHORT, envelope=NO_TOTAL))
    assert "pager.rows 改为 2" in caught.value.zh
    api.rows = people(40)
    with pytest.raises(SourceChangedError) as caught:
        pulled(platform_of(api))
    assert "pager.rows 改为 2" in caught.value.zh
    assert len(api.seen) == 2 + 15  # 40 / 3 pages, and one more
    (chunk,) = pulled(platform_of(api, pager=SHORT))
    assert not chunk.complete
    assert "平台说共 40 行，只给了 2 行" in chunk.notes[0]


def test_short_first_page_without_total_is_believed_once_the_second_is_empty(api: Api) -> None:
    api.rows = people(2)
    (chunk,) = pulled(platform_of(api, pager=SHORT, envelope=NO_TOTAL))
    assert chunk.complete
    assert len(api.seen) == 2


def test_total_that_grows_is_noted(api: Api) -> None:
    api.total_of = lambda rows, request: rows - (request == 1)
    chunks = pulled(platform_of(api), rows=3)
    assert ids(chunks) == everyone(api)
    assert chunks[-1].complete
    assert chunks[-1].notes == ("读取期间平台的总数从 7 变为 8。",)
    assert len(api.seen) == 3


def test_total_that_shrinks_lets_the_pages_be_read_once_more(api: Api) -> None:
    api.total_of = lambda rows, request: rows + (request == 1)
    chunks = pulled(platform_of(api), rows=3)
    assert ids(chunks) == everyone(api)
    assert chunks[-1].complete
    assert "总数从 9 变为 8，已从第一页再核对一遍，补读 0 行。" in chunks[-1].notes[0]
    assert len(api.seen) == 6


def test_total_that_never_settles_is_not_complete(api: Api) -> None:
    api.total_of = lambda rows, request: rows + 9 - request
    chunks = pulled(platform_of(api, pager={"rows": 3, "stop": "empty"}), rows=3)
    assert ids(chunks) == everyone(api)
    assert not chunks[-1].complete
    assert "不据此删除" in chunks[-1].notes[-1]


@settings(max_examples=60, deadline=None)
@given(
    removed=st.lists(st.integers(0, 11), max_size=2, unique=True),
    at=st.integers(1, 4),
    chunk_rows=st.integers(1, 9),
    keyed=st.booleans(),
)
def test_rows_that_shift_while_pages_are_read_are_not_lost(
    shared_api: Api, removed: list[int], at: int, chunk_rows: int, keyed: bool
) -> None:
    """Who is removed at the source under way draws others onto pages that were read already."""
    api = shared_api
    api.rows = people(12)
    gone = {f"OW{one}" for one in removed}

    def removing(served: Api, request: Request) -> Answer:
        served.rows = [row for row in served.rows if row["id"] not in gone]
        return served.page(request)

    api.script = [*[None] * (at - 1), removing]
    stream = {"key": ["id"] if keyed else [], "map": {"name": "name", "id_number": "id"}}
    chunks = pulled(platform_of(api, pager=TOTAL, stream=stream), rows=chunk_rows)
    read = ids(chunks)
    assert set(everyone(api)) <= set(read)
    assert len(read) == len(set(read))
    assert set(read) <= {f"OW{one}" for one in range(12)}
    assert chunks[-1].complete


def test_rows_that_repeat_across_pages_are_passed_on_but_not_complete(api: Api) -> None:
    api.rows = [*people(8)[:6], *people(8)[5:7]]
    (chunk,) = pulled(platform_of(api))
    assert ids([chunk]) == everyone(api)
    assert not chunk.complete
    assert "有 1 行与前面的页重复，已从第一页再核对一遍，补读 0 行" in chunk.notes[0]
    assert len(api.seen) == 6


def test_total_that_counts_only_the_page_is_refused(api: Api) -> None:
    api.total_of = lambda rows, request: 0
    with pytest.raises(SourceChangedError, match="total 0 on a page of 3"):
        pulled(platform_of(api))
    api.total_of = lambda rows, request: None
    with pytest.raises(SourceChangedError, match="no total"):
        pulled(platform_of(api))


def test_pages_that_end_before_the_total_are_not_complete(api: Api) -> None:
    api.total_of = lambda rows, request: 9
    (chunk,) = pulled(platform_of(api))
    assert not chunk.complete
    assert "平台说共 9 行，只给了 8 行" in chunk.notes[0]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 9)), max_size=8))
def test_seen_keys_are_counted_as_a_set_would(pages: list[list[int]]) -> None:
    known: set[int] = set()
    seen = SeenNumbers()
    for page in pages:
        assert seen.take(np.array(page, np.uint64)) == len({*page} & known)
        known |= {*page}


# -- check


def advice(api: Api, **connection: Any) -> dict[str, str]:
    with Run(platform_of(api, **connection)) as run:
        return {one.what: one.advice for one in run.connector.check() if not one.ok}


def test_check_of_a_good_platform(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDOR", SECRET)
    api.signed = scheme_2
    sign = {"secret": {"env": "VENDOR"}, "url_encode": True, "case": "upper"}
    assert advice(api, sign=sign | {"secret_as": "app_secret"}) == {}
    assert [one.query["size"] for one in api.seen] == ["2"]
    assert "密钥" in advice(api, sign=sign)["owners 检查不成功"]


def test_check_names_what_is_missing(api: Api) -> None:
    stream = {"map": {"name": "ownerName"}}
    assert "id、name" in advice(api, stream=stream)["owners：前 3 行里没有列 ownerName"]
    api.rows[2]["ownerName"] = "甲"  # seen on a whole page
    assert advice(api, stream=stream) == {}
    assert "owners：没有写主键 key" in advice(api, stream={"key": []})


def test_check_finds_a_total_that_counts_only_the_page(api: Api) -> None:
    api.total_of = lambda rows, request: 2
    assert "owners：data.total 是本页行数，不是总行数" in advice(api)


def test_check_compares_clocks(api: Api) -> None:
    api.date = format_datetime(datetime.now(UTC) - timedelta(minutes=12), usegmt=True)
    assert "平台的时钟与本机相差 12 分钟" in advice(api)
    api.script = [says(1002, "请求已过期")]
    with pytest.raises(SourceRefusedError) as caught:
        pulled(platform_of(api))
    assert "相差 12 分钟" in caught.value.zh


def test_columns_open_nested_objects(api: Api) -> None:
    api.rows = [
        {"id": 1, "address": None, "tags": []},
        {"id": 2, "address": {"full": "甲", "geo": {"x": 1}}, "x": {}},
    ]
    with Run(platform_of(api)) as run:
        columns = run.connector.columns("owners")
    assert columns == ["id", "tags", "address.full", "address.geo.x", "x"]


def test_watermark_is_refused(api: Api) -> None:
    with pytest.raises(ConfigError):
        Run(platform_of(api, stream={"increment": {"watermark": "t"}}))


def test_address_that_cannot_be_asked_is_a_mistake_in_the_file(api: Api) -> None:
    with pytest.raises(ConfigError, match="cannot be sent"):
        pulled(platform_of(api, url="http://127.0.0.1:port"))
    with pytest.raises(ValidationError, match="https://"):
        platform_of(api, url="ftp://127.0.0.1")


def test_own_certificate_authority_must_be_readable(api: Api, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for name in ("ca.pem", "none.pem"):
        with pytest.raises(ConfigError, match="ca_file"):
            HttpApiConnector(platform_of(api, url="https://127.0.0.1", ca_file=name), tmp_path)
