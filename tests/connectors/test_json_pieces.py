"""JSON documents read piece by piece: the same as when they were read whole."""

import json
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.json_files import Pieces, _elements, read_json
from connectors.json_text import parse
from connectors.tabular import Reader
from hub.errors import SourceChangedError

SOMETHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)
CUTS = st.lists(st.integers(0, 400), max_size=12)
READER = Reader("平台", "people", ("姓名", "证件号"))


def cut(text: str, places: list[int]) -> list[str]:
    ends = sorted({0, len(text), *(one for one in places if one < len(text))})
    return [text[one:other] for one, other in pairwise(ends)]


@given(
    st.lists(SOMETHING, max_size=6),
    CUTS,
    st.sampled_from(["", " ", "\n"]),
    st.sampled_from(["", "\0", "\n\n"]),
)
def test_any_cut_gives_the_same_values(
    values: list[Any], places: list[int], blank: str, end: str
) -> None:
    inside = f",{blank}".join(json.dumps(one, ensure_ascii=False) for one in values)
    text = f"{blank}[{blank}{inside}{blank}]{end}"
    pieces = Pieces(cut(text, places))
    assert pieces.sees("[")
    assert list(_elements("a.json", pieces)) == parse(text.strip(" \n\0"))


@given(st.lists(SOMETHING, min_size=1, max_size=4), CUTS, st.integers(1, 400))
def test_a_cut_list_is_refused_whatever_the_cut(
    values: list[Any], places: list[int], kept: int
) -> None:
    text = json.dumps(values, ensure_ascii=False)
    pieces = Pieces(cut(text[: min(kept, len(text) - 1)], places))
    assert pieces.sees("[")
    with pytest.raises(SourceChangedError, match="unreadable"):
        list(_elements("a.json", pieces))


def test_a_long_list_is_not_held_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.text_files.BLOCK_BYTES", 1 << 16)
    monkeypatch.setattr("connectors.text_encoding.BLOCK_BYTES", 1 << 16)
    path = tmp_path / "a.json"
    row = json.dumps({"姓名": "张三", "证件号": "1" * 18, "说明": "x" * 300}, ensure_ascii=False)
    with path.open("w", encoding="utf-8") as file:
        file.write("[" + ",".join([row] * 10_000) + "]")
    tracemalloc.start()
    rows = sum(part.rows.num_rows for part in read_json(READER, path, "a.json"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows == 10_000
    assert most < path.stat().st_size / 2


def test_a_large_object_is_refused_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.json_files.LARGEST", 1 << 20)
    path = tmp_path / "a.json"
    rows = [{"姓名": "张三", "证件号": str(n)} for n in range(60_000)]
    path.write_text(json.dumps({"data": rows}, ensure_ascii=False), "utf-8")
    with pytest.raises(SourceChangedError) as caught:
        list(read_json(READER, path, "a.json"))
    assert "文件 a.json 是一个很大的 JSON 对象（超过 1 百万字）" in caught.value.zh
    assert "请让对方改为一行一个对象的 .jsonl" in caught.value.zh
