"""JSON lines by column against the same, row by row and cell by cell, in other words."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import open_connector
from connectors.chunk import ORIGIN
from hub.errors import SourceChangedError

NAMES = ["a", "b", "a.b", "a.b.c", "c"]
WRITTEN = ["0", "-7", "1.50", "1E400", "-0.0", "12345678901234567890", "1e-3", "NaN"]


class Written(float):
    """A number that knows how it was written."""

    text: str


def number(text: str) -> Written:
    found = Written(text)
    found.text = text
    return found


numbers = st.sampled_from(WRITTEN).map(number)
texts = st.text(st.characters(codec="utf-8"), max_size=4) | st.sampled_from(
    ["", "1", "\ud83d", "\0"]
)
leaves = st.none() | st.booleans() | texts | numbers
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["a", "b", "c", "b.c", "字"]), inner, max_size=3)
    ),
    max_leaves=5,
)
rows_of_json = st.lists(
    st.dictionaries(st.sampled_from(NAMES), values, max_size=5), min_size=1, max_size=8
)


def written(value: Any) -> str:
    """JSON without blanks, numbers as they were."""
    if isinstance(value, Written):
        return value.text
    if isinstance(value, dict):
        return "{" + ",".join(f"{written(k)}:{written(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def find(row: Any, column: str) -> Any:
    """The value, or a KeyError."""
    if column in row:
        return row[column]
    first, dot, rest = column.partition(".")
    if dot and isinstance(row.get(first), dict):
        return find(row[first], rest)
    if dot and first in row and row[first] is None:
        return None
    raise KeyError(column)


def cell(row: Any, column: str) -> str | None:
    try:
        value = find(row, column)
    except KeyError:
        return None
    text = value if value is None or isinstance(value, str) else written(value)
    return text and "".join("\ufffd" if "\ud800" <= one <= "\udfff" else one for one in text)


def remove(row: Any, column: str) -> int:
    """Take a column out; 1 if it held anything."""
    if isinstance(row, list):
        return int(sum(remove(one, column) for one in row if isinstance(one, dict)) > 0)
    if not isinstance(row, dict):
        return 0
    if column in row:
        return int(row.pop(column) not in (None, ""))
    first, dot, rest = column.partition(".")
    return remove(row.get(first), rest) if dot else 0


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=rows_of_json,
    wanted=st.lists(st.sampled_from([*NAMES, "b.c"]), min_size=1, max_size=4, unique=True),
    dropped=st.lists(st.sampled_from([*NAMES, "b.c"]), max_size=2, unique=True),
)
def test_columns_are_what_cells_one_by_one_are(
    make_platform: Any, tmp_path: Path, rows: list[Any], wanted: list[str], dropped: list[str]
) -> None:
    wanted = [name for name in wanted if name not in dropped] or ["c"]
    dropped = [name for name in dropped if name not in wanted]
    text = "".join(f" {written(row)}\r\n\n" for row in rows)
    text = text.replace("\ud83d", "\\ud83d")  # half a pair can only come as an escape
    (tmp_path / "a.jsonl").write_bytes(text.encode())
    people = {"files": "a.jsonl", "read": wanted, "drop_columns": dropped}
    platform = make_platform({"kind": "files", "path": str(tmp_path)}, people=people)
    connector = open_connector(platform, Path("/"))
    counts = {name: sum(remove(row, name) for row in rows) for name in dropped}
    gone = [name for name in wanted if not any(has(row, name) for row in rows)]
    if gone:
        with pytest.raises(SourceChangedError) as caught:
            list(connector.pull("people", None, resume=False))
        assert f"里没有列：{'、'.join(gone)}（" in caught.value.zh
        return
    (chunk,) = connector.pull("people", None, resume=False)
    found = chunk.rows.drop_columns([ORIGIN]).to_pylist()
    assert found == [{name: cell(row, name) for name in wanted} for row in rows]
    assert chunk.dropped == {name: count for name, count in counts.items() if count}
    assert chunk.rows[ORIGIN].to_pylist() == [f"a.jsonl!{2 * n + 1}" for n in range(len(rows))]


def has(row: Any, column: str) -> bool:
    try:
        find(row, column)
    except KeyError:
        return False
    return True


@pytest.mark.parametrize("before", [0, 499, 500, 1203])
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('{"a":1', "不是完整的 JSON"),
        ('{"a":1},{"a":2}', "不是完整的 JSON"),
        ('{"a":[{"a":1}', "不是完整的 JSON"),
        ("[" * 100_000, "不是完整的 JSON"),
        ('"a"', "不是一个 JSON 对象"),
        ("null", "不是一个 JSON 对象"),
    ],
    ids=["cut", "two", "open", "deep", "text", "null"],
)
def test_the_line_is_named_wherever_it_stands(
    make_platform: Any, tmp_path: Path, before: int, line: str, why: str
) -> None:
    (tmp_path / "a.jsonl").write_text('{"a":1}\n' * before + line + '\n{"a":2}]}\n', "utf-8")
    people = {"files": "a.jsonl", "read": ["a"]}
    platform = make_platform({"kind": "files", "path": str(tmp_path)}, people=people)
    with pytest.raises(SourceChangedError) as caught:
        list(open_connector(platform, Path("/")).pull("people", None, resume=False))
    assert caught.value.zh.startswith(f"文件 a.jsonl 第 {before + 1} 行 读不了：{why}")
