"""Whatever comes, the officer hears a sentence of ours, and nothing comes in halves."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from connectors import Chunk, open_connector
from hub.errors import HubError

from .misbehaving_api import Answer, Api, serving
from .vendor import Run, people, platform_of

ROWS = [["姓名", "证件号"], *([f"人{n}", f"{n}"] for n in range(40))]
patient = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def text() -> str:
    return "".join(",".join(row) + "\r\n" for row in ROWS)


def xlsx() -> bytes:
    book, file = Workbook(), io.BytesIO()
    sheet: Any = book.active
    for row in ROWS:
        sheet.append(row)
    book.save(file)
    return file.getvalue()


def xls() -> bytes:
    book, file = xlwt.Workbook(), io.BytesIO()
    sheet = book.add_sheet("a")
    for number, row in enumerate(ROWS):
        for place, cell in enumerate(row):
            sheet.write(number, place, cell)
    book.save(file)
    return file.getvalue()


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.csv", text())
    return file.getvalue()


def parquet() -> bytes:
    file = io.BytesIO()
    names, *rows = ROWS
    pq.write_table(pa.table(dict(zip(names, zip(*rows, strict=True), strict=True))), file)
    return file.getvalue()


def objects() -> list[dict[str, str]]:
    return [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]


WHOLE = {
    "a.csv": text().encode("gb18030"),
    "b.csv": text().encode("utf-16"),
    "c.csv": text().encode(),
    "a.json": json.dumps(objects(), ensure_ascii=False).encode(),
    "a.jsonl": "\n".join(json.dumps(one, ensure_ascii=False) for one in objects()).encode(),
    "a.xlsx": xlsx(),
    "a.xls": xls(),
    "a.zip": zipped(),
    "a.parquet": parquet(),
}


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """Cut, flipped, doubled, filled in."""
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(content) - 1, 0)))
        how = draw(st.sampled_from(["cut", "flip", "fill", "double", "behind"]))
        more = draw(st.binary(max_size=6) | st.sampled_from([b'"', b"\n", b"\0" * 5, b",", b"\r"]))
        if how == "cut":
            del content[place:]
        elif how == "flip" and content:
            content[place] ^= draw(st.integers(1, 255))
        elif how == "fill":
            content[place:place] = more
        elif how == "double":
            content[place:place] = content[place : place + 50]
        else:
            content += more
    return bytes(content)


@pytest.mark.parametrize("name", WHOLE)
@patient
@given(data=st.data())
def test_damaged_files(make_platform: Any, tmp_path: Path, name: str, data: st.DataObject) -> None:
    (tmp_path / name).write_bytes(data.draw(damaged(WHOLE[name])))
    people = {"files": name, "read": ["姓名", "证件号"]}
    platform = make_platform({"kind": "files", "path": str(tmp_path)}, people=people)
    connector = open_connector(platform, Path("/"))
    chunks, told = taken(connector.pull("people", None, resume=False, chunk_rows=10))
    if told is not None:
        assert name in told
        assert not any(one.sure for one in chunks)  # no row counts of a file that is damaged
    else:
        assert chunks[-1].last
        assert chunks[-1].complete


def taken(pull: Iterator[Chunk]) -> tuple[list[Chunk], str | None]:
    """What came, and what was said if it did not come to its end."""
    chunks: list[Chunk] = []
    try:
        chunks.extend(pull)
    except HubError as error:
        return chunks, error.zh
    return chunks, None


@patient
@given(content=st.binary(max_size=300), ending=st.sampled_from(["csv", "xls", "json", "zip", "x"]))
def test_bytes_that_are_no_file(
    make_platform: Any, tmp_path: Path, content: bytes, ending: str
) -> None:
    (tmp_path / f"a.{ending}").write_bytes(content)
    people = {"files": f"a.{ending}", "read": ["姓名"]}
    platform = make_platform({"kind": "files", "path": str(tmp_path)}, people=people)
    with pytest.raises(HubError):
        list(open_connector(platform, Path("/")).pull("people", None, resume=False))


# -- the API client

keys = st.sampled_from(["code", "msg", "data", "records", "total", "id", "name", "字"])
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True)
    | st.sampled_from(["0", "000", "系统繁忙", "签名错误", "\ud83d", ""])
    | st.text(max_size=3)
)
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
records = st.lists(st.fixed_dictionaries({"id": leaves, "name": anything}) | anything, max_size=4)
likely = st.fixed_dictionaries(
    {
        "code": st.sampled_from([0, "0", 1, None, -1.5]),
        "msg": leaves,
        "data": st.fixed_dictionaries({"records": records | anything, "total": leaves}) | anything,
    }
)
statuses = st.sampled_from([200, 200, 200, 200, 204, 301, 400, 401, 404, 429, 500])


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    value = draw(likely | anything)
    content = json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "replace")
    content = draw(st.sampled_from([content, content + b"\0\0", content[:-3]]) | st.binary())
    status = draw(statuses)
    headers = draw(st.sampled_from([{}, {"Retry-After": "0"}, {"Retry-After": "soon"}]))
    cut = draw(st.sampled_from([None, None, None, 5]))
    return Answer(b"" if status == 204 else content, status, headers, cut)


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Api]:
    with serving(Api()) as served:
        yield served


@settings(max_examples=100, deadline=None)
@given(
    bad=answers(),
    at=st.integers(0, 3),
    stop=st.sampled_from(["total", "short", "empty", "once"]),
    chunk_rows=st.integers(1, 9),
)
def test_answers_of_every_kind(
    fuzzed: Api, bad: Answer, at: int, stop: str, chunk_rows: int
) -> None:
    """One strange answer among good ones: every page comes whole, or a sentence comes."""
    fuzzed.rows, fuzzed.seen = people(12), []
    fuzzed.script = [None] * at + [lambda api, request: bad]

    platform = platform_of(fuzzed, pager={"rows": 3, "stop": stop}, attempts=1)
    with Run(platform) as run:
        chunks, told = taken(run.pull(rows=chunk_rows))
    found = [one for chunk in chunks for one in chunk.rows["id"].to_pylist()]
    assert found[: 3 * at] == [f"OW{n}" for n in range(3 * at)][: len(found)]
    if told is None:
        assert chunks[-1].last
    else:
        assert "物业系统" in told
        assert not any(chunk.last for chunk in chunks)
        assert len(found) % 3 == 0 or len(found) > 3 * at  # good pages are whole
