"""Files as people make them: what is read, what is left out, what stops the pull."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors import Chunk, open_connector
from connectors.chunk import ORIGIN
from connectors.sheet_rows import no_record
from connectors.text_encoding import refuse_utf8
from hub.errors import ConfigError, SourceChangedError, SourceDownError
from hub.platform import Platform
from hub.platform_mistakes import in_chinese

PEOPLE = [{"姓名": "张三", "证件号": "510108195304071234"}, {"姓名": "李四", "证件号": ""}]


@pytest.fixture
def stream(make_platform: Any, tmp_path: Path) -> Any:
    """A platform whose stream `people` reads 姓名 and 证件号 of the files in tmp_path."""

    def made(files: str, **settings: Any) -> Platform:
        people = {"files": files, "key": [], "read": ["姓名", "证件号"]} | settings
        platform: Platform = make_platform({"kind": "files", "path": str(tmp_path)}, people=people)
        return platform

    return made


def pulled(
    platform: Platform, cursor: Any = None, *, resume: bool = False, rows: int = 1000
) -> list[Chunk]:
    connector = open_connector(platform, Path("/"))
    return list(connector.pull("people", cursor, resume=resume, chunk_rows=rows))


def rows(chunks: list[Chunk], *, origin: bool = False) -> list[dict[str, Any]]:
    found = [row for chunk in chunks for row in chunk.rows.to_pylist()]
    return found if origin else [{k: v for k, v in r.items() if k != ORIGIN} for r in found]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("gbk", None),
        ("gb18030", "gbk"),
        ("utf-16", None),
        ("utf-16-be", "utf-16-be"),
    ],
)
def test_csv_in_every_encoding(stream: Any, tmp_path: Path, encoding: str, declared: Any) -> None:
    text = "姓名,证件号\r\n张三,510108195304071234\r\n李四,\r\n"
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    (chunk,) = pulled(stream("a.csv", encoding=declared))
    assert rows([chunk]) == PEOPLE
    assert chunk.rows[ORIGIN].to_pylist() == ["a.csv!2", "a.csv!3"]
    assert (chunk.last, chunk.complete) == (True, True)


@pytest.mark.parametrize("ended", ["\r\n", ""])
def test_the_mark_that_ends_a_text_of_dos_is_no_row(
    stream: Any, tmp_path: Path, ended: str
) -> None:
    text = f"姓名,证件号\r\n张三,510108195304071234\r\n李四,{ended}\x1a"
    (tmp_path / "a.csv").write_bytes(text.encode("gbk"))
    assert rows(pulled(stream("a.csv"))) == PEOPLE


def test_unicode_text_has_tabs(stream: Any, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("姓名\t证件号\r\n张三\t1\r\n".encode("utf-16"))
    assert rows(pulled(stream("*.txt"))) == [{"姓名": "张三", "证件号": "1"}]


def test_csv_cells_stay_as_they_are(stream: Any, tmp_path: Path) -> None:
    cells = ["'510108", "\t510108", "0101", "1e5", " a ", "NULL", "TRUE", "１２", 'a"b', "", "nan"]
    body = "".join(f"{cell},{place}\n" for place, cell in enumerate(cells))
    (tmp_path / "a.csv").write_text("姓名,证件号\n" + body, encoding="utf-8")
    assert [row["姓名"] for row in rows(pulled(stream("a.csv")))] == cells


def test_quoted_cells_may_hold_anything(stream: Any, tmp_path: Path) -> None:
    body = '"张,三",1\n"行一\n行二","2"\n"说""好""",3\n"合计\n",4\n李四,5'
    (tmp_path / "a.csv").write_text("姓名,证件号\n" + body, encoding="utf-8")
    chunks = pulled(stream("a.csv"))
    assert [r["姓名"] for r in rows(chunks)] == ["张,三", "行一\n行二", '说"好"', "李四"]
    assert rows(chunks, origin=True)[-1][ORIGIN] == "a.csv!8"


def test_csv_titles_totals_and_footers_are_left_out_and_counted(
    stream: Any, tmp_path: Path
) -> None:
    text = (
        "青龙街道低保名册,,\n单位：网格办,,\n序号,姓名,证件号\n1,张三,510108195304071234\n,,\n"
        "2,李四,\n小计,2,\n序号,姓名,证件号\n3,计划生,7\n合计：,3 人,\n填表人：王五,,审核人：赵六\n"
    )
    (tmp_path / "a.csv").write_text(text, encoding="gbk")
    chunks = pulled(stream("a.csv"))
    assert rows(chunks) == [*PEOPLE, {"姓名": "计划生", "证件号": "7"}]
    (note,) = chunks[-1].notes
    assert note == "a.csv：略过合计行 2 行、重复的表头行 1 行、表尾行 1 行。"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("q.csv", '姓名,证件号\n张三,1\n"李四,2\n"王五",3\n'.encode(), "q.csv 第 3 行起"),
        ("q.csv", '姓名,证件号\n张三,1\n李四,"2\n王五,3\n'.encode(), "q.csv 第 3 行起"),
        ("c.csv", "姓名,证件号,电话\n张三,1,2\n李四,2".encode(), "c.csv 第 3 行有 2 格"),
        ("w.csv", "姓名,证件号\n张三,1\n李四,2,3\n".encode(), "w.csv 第 3 行有 3 格"),
        ("e.csv", "姓名,证件号\n张三,1\n李四".encode() + b"\xff,2\n", "e.csv 第 3 行"),
        ("t.csv", "姓名,证件号\n张三,1\n李四,王".encode()[:-1], "t.csv 第 3 行"),
        ("h.csv", "名字,证件号\n张三,1\n".encode(), "h.csv 里没有列：姓名（现有：名字、证件号）"),
        ("n.csv", b"", "n.csv 里没有列：姓名、证件号"),
        ("d.csv", "姓名,姓名,证件号\n张三,李四,1\n".encode(), "d.csv 里有同名的列：姓名"),
        ("j.jsonl", '{"姓名":"张三","证件号":1}\n{"姓名":"李'.encode(), "j.jsonl 第 2 行"),
        ("l.jsonl", b"[1]\n", "l.jsonl 第 1 行"),
        ("m.jsonl", '{"姓名":"张三"}\n'.encode(), "m.jsonl 里没有列：证件号"),
        ("x.xlsx", b"PK\x03\x04 cut off", "x.xlsx 读不了"),
    ],
)
def test_damage_is_named_and_nothing_claims_to_be_complete(
    stream: Any, tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(content)
    encoding = "utf-8" if name.startswith(("e", "t")) else None
    connector = open_connector(stream(name, encoding=encoding), Path("/"))
    chunks: list[Chunk] = []
    with pytest.raises(SourceChangedError) as caught:
        chunks.extend(connector.pull("people", None, resume=False, chunk_rows=1))
    assert says in caught.value.zh
    assert "王五" not in str(caught.value) + caught.value.zh
    assert not any(chunk.complete for chunk in chunks)
    (finding,) = connector.check()
    assert not finding.ok
    assert says in finding.advice


def test_jsonl_values_are_the_text_of_the_file(stream: Any, tmp_path: Path) -> None:
    lines = [
        '{"姓名": "张三", "证件号": 510108195304071234567, "face": "aGk="}',
        "",
        '{"姓名": 1.0E5, "证件号": {"a": [1.50, true, null, "字"]}, "face": ""}',
        '{"姓名": true, "证件号": null, "face": "aGk="}\0',
        '{"姓名": ""}',
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (chunk,) = pulled(stream("a.jsonl", drop_columns=["face"]))
    assert rows([chunk]) == [
        {"姓名": "张三", "证件号": "510108195304071234567"},
        {"姓名": "1.0E5", "证件号": '{"a":[1.50,true,null,"字"]}'},
        {"姓名": "true", "证件号": None},
        {"姓名": "", "证件号": None},
    ]
    assert chunk.dropped == {"face": 2}
    assert "aGk" not in str(chunk)


def test_only_changed_files_are_read_again(stream: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("姓名,证件号\n张三,1\n", encoding="utf-8")
    platform = stream("*.csv")
    first = pulled(platform)[-1].cursor
    (chunk,) = pulled(platform, json.loads(json.dumps(first)))
    assert (chunk.rows.num_rows, chunk.last, chunk.complete) == (0, True, False)
    os.utime(file, (1, 1))  # touched, but the same
    (chunk,) = pulled(platform, first)
    assert (chunk.rows.num_rows, chunk.complete) == (0, False)
    (tmp_path / "b.csv").write_text("姓名,证件号,电话\n李四,2,3\n", encoding="utf-8")
    (chunk,) = pulled(platform, first)
    assert rows([chunk]) == [{"姓名": "张三", "证件号": "1"}, {"姓名": "李四", "证件号": "2"}]
    assert chunk.complete
    assert chunk.notes == ("文件多了列：电话（没有读取）。",)
    (tmp_path / "a.csv").unlink()
    (chunk,) = pulled(platform, chunk.cursor)
    assert (rows([chunk]), chunk.complete) == ([{"姓名": "李四", "证件号": "2"}], True)


def test_a_file_older_than_the_one_before_is_told(stream: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("姓名,证件号\n张三,1\n", encoding="utf-8")
    platform = stream("*.csv")
    first = pulled(platform)[-1].cursor
    file.write_text("姓名,证件号\n李四,1\n", encoding="utf-8")
    (chunk,) = pulled(platform, first)
    assert chunk.notes == ()
    os.utime(file, (1, 1))
    (chunk,) = pulled(platform, first)
    assert rows([chunk]) == [{"姓名": "李四", "证件号": "1"}]
    assert "文件 a.csv 换过了，修改时间却比上次读到的早" in chunk.notes[0]


def test_no_file(stream: Any, tmp_path: Path) -> None:
    (tmp_path / "~$a.xlsx").write_bytes(b"")
    with pytest.raises(SourceDownError) as caught:
        pulled(stream("*.xlsx"))
    assert "没有找到文件 *.xlsx" in caught.value.zh


def test_a_file_named_in_gbk(stream: Any, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode("名单.csv".encode("gbk"))).write_bytes(b"")
    with pytest.raises(SourceDownError) as caught:
        pulled(stream("*.csv"))
    assert "文件名不是 UTF-8 编码" in caught.value.zh


def test_unknown_encoding(stream: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("姓名,证件号\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        pulled(stream("a.csv", encoding="gb-18030x"))
    assert "gb-18030x" in caught.value.zh


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.integers(0, 6), min_size=1, max_size=4), chunk=st.integers(1, 5))
def test_each_row_comes_once_and_none_is_sure_before_the_last(
    stream: Any, tmp_path: Path, sizes: list[int], chunk: int
) -> None:
    for old in tmp_path.glob("*.csv"):
        old.unlink()
    for place, size in enumerate(sizes):
        body = "".join(f"人{place}-{row},{row}\n" for row in range(size))
        (tmp_path / f"{place}.csv").write_text(f"姓名,证件号\n{body}", encoding="utf-8")
    found = pulled(stream("*.csv"), rows=chunk)
    names = [f"人{place}-{row}" for place, size in enumerate(sizes) for row in range(size)]
    assert [row["姓名"] for row in rows(found)] == names
    assert [one.sure for one in found] == [False] * (len(found) - 1) + [True]
    assert all(one.rows.num_rows == chunk for one in found[:-1])
    assert [one.last for one in found] == [one.sure for one in found]


def test_columns(stream: Any, tmp_path: Path) -> None:
    text = "名册\n,\n序号,姓名,电话\n1,张三,2\n"
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    connector = open_connector(stream("a.csv"), Path("/"))
    assert connector.columns("people") == ["序号", "姓名", "电话"]
    (tmp_path / "a.jsonl").write_text('{"人": {"姓名": "张三", "证": {}}, "电话": 1}\n', "utf-8")
    connector = open_connector(stream("a.jsonl"), Path("/"))
    assert connector.columns("people") == ["人.姓名", "人.证", "电话"]


def test_jsonl_columns_inside_others(make_platform: Any, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"人": {"姓名": "张三", "脸": "aGk="}, "a.b": 1}', "utf-8")
    platform = make_platform(
        {"kind": "files", "path": str(tmp_path)},
        people={"files": "*.jsonl", "read": ["人", "人.姓名", "a.b"], "drop_columns": ["人.脸"]},
    )
    (chunk,) = pulled(platform)
    assert rows([chunk]) == [{"人": '{"姓名":"张三"}', "人.姓名": "张三", "a.b": "1"}]
    assert chunk.dropped == {"人.脸": 1}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark(stream: Any, tmp_path: Path, encoding: str) -> None:
    text = "姓名\t证件号\r\n" + "张三\t510108195304071234\r\n" * 3
    (tmp_path / "a.txt").write_bytes(text.encode(encoding))
    assert rows(pulled(stream("a.txt"))) == [PEOPLE[0]] * 3


@pytest.mark.parametrize("after", [5, 200_000])
def test_pasted_lines_of_another_encoding_are_named(
    stream: Any, tmp_path: Path, after: int
) -> None:
    names = "姓名,证件号\n" + "张三丰,1\n" * after
    ways = (("gb18030", "utf-8", 4), ("gb18030", "utf-8", 3), ("utf-8", "gbk", 4))
    for first, second, count in ways:
        pasted = "青龙街道"[:count] + ",2\n"
        content = names.encode(first) + pasted.encode(second) + b"x,3\n"
        (tmp_path / "a.csv").write_bytes(content)
        with pytest.raises(SourceChangedError) as caught:
            pulled(stream("a.csv"))
        assert f"文件 a.csv 第 {after + 2} 行 读不了：不是 {first} 编码" in caught.value.zh
        assert "混用了两种编码" in caught.value.zh


@settings(max_examples=150)
@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF), min_size=1, max_size=12))
def test_good_gb18030_is_not_taken_for_pasted_utf8(text: str) -> None:
    refuse_utf8(f"{text},1\n".encode("gb18030"))


def test_two_tables_in_one_csv_are_refused(stream: Any, tmp_path: Path) -> None:
    tables = "姓名,证件号\n张三,1\n类别,数量\n低保,2\n"
    (tmp_path / "a.csv").write_text(tables, "utf-8")
    with pytest.raises(SourceChangedError) as caught:
        pulled(stream("a.csv"))
    assert "文件 a.csv 第 3 行像是另一张表的表头" in caught.value.zh


cells = st.text(st.sampled_from(list("ab 1\"',\r计：位人\u3000\0𠮷\t")), max_size=5)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(table=st.lists(st.tuples(cells, cells), max_size=12), data=st.data())
def test_csv_is_what_pythons_reader_makes_of_it(
    stream: Any, tmp_path: Path, table: list[tuple[str, str]], data: Any
) -> None:
    """Every record once, in order; only rows that are no records are left out, and counted."""
    text = io.StringIO()
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    ends = data.draw(st.sampled_from(["\n", "\r\n"]))
    writer = csv.writer(text, quoting=quoting, lineterminator=ends)
    writer.writerows([("姓名", "证件号"), *table])
    (tmp_path / "a.csv").write_text(text.getvalue(), "utf-8", newline="")
    try:
        read = list(csv.reader(io.StringIO(text.getvalue(), newline="\n")))[1:]
    except csv.Error:  # a lone carriage return outside of quotes
        with pytest.raises(SourceChangedError, match="unreadable") as caught:
            pulled(stream("a.csv"))
        assert "回车符" in caught.value.zh
        return
    expected = [row for row in read if not no_record(row, ("姓名", "证件号"))]
    chunk = pulled(stream("a.csv"))[-1]
    assert [list(row.values()) for row in rows([chunk])] == expected


def test_a_csv_header_over_two_lines(stream: Any, tmp_path: Path) -> None:
    text = '名册,\n"姓\n名","证件\r\n号"\n张三,1\n'
    (tmp_path / "a.csv").write_text(text, "utf-8", newline="")
    assert rows(pulled(stream("a.csv")), origin=True) == [
        {"姓名": "张三", "证件号": "1", ORIGIN: "a.csv!5"}
    ]


@pytest.mark.parametrize("end", ["\n", "\r"])
def test_a_list_without_a_header_is_told_without_a_person(
    stream: Any, tmp_path: Path, end: str
) -> None:
    lines = ["姓名,证件号"] if end == "\r" else []
    text = end.join([*lines, "张三丰,510108195304071234", "李四,510108195304071235", ""])
    (tmp_path / "a.csv").write_bytes(text.encode())
    with pytest.raises(SourceChangedError) as caught:
        pulled(stream("*.csv"))
    told = f"{caught.value}{caught.value.zh}"
    assert ("单独的回车符" if end == "\r" else "第一行像是一条记录，不是表头") in told
    assert "张三" not in told
    assert "5101" not in told


def test_rows_that_end_short_know_their_lines(stream: Any, tmp_path: Path) -> None:
    lines = ["姓名,证件号,", *(f"张三,{n}," for n in range(3)), "李四,3,多了"]
    (tmp_path / "a.csv").write_text("\n".join(lines[:-1]), "utf-8")
    found = rows(pulled(stream("*.csv")), origin=True)
    assert [row[ORIGIN] for row in found] == ["a.csv!2", "a.csv!3", "a.csv!4"]
    (tmp_path / "a.csv").write_text("\n".join(lines), "utf-8")
    with pytest.raises(SourceChangedError) as caught:
        pulled(stream("*.csv"))
    assert "第 5 行有 3 格" in caught.value.zh


@pytest.mark.parametrize("quoted", [False, True])
def test_texts_that_are_kept_from_excel(stream: Any, tmp_path: Path, *, quoted: bool) -> None:
    cells = [["姓名", "证件号"], ["张三", "0123"], ["李\n四" if quoted else "李四", ""]]
    wrapped = [[f'="{cell}"' for cell in row] for row in cells]
    out = io.StringIO()
    if quoted:
        csv.writer(out).writerows(wrapped)
    else:
        out.write("\n".join(",".join(row) for row in wrapped))
    (tmp_path / "a.csv").write_text(out.getvalue(), "utf-8")
    assert [list(row.values()) for row in rows(pulled(stream("*.csv")))] == cells[1:]


@pytest.mark.parametrize("mark", [";", "|", "，", "、", "^"])
def test_another_delimiter_is_told(stream: Any, tmp_path: Path, mark: str) -> None:
    (tmp_path / "a.csv").write_text(f"姓名{mark}证件号\n张三{mark}1\n", "utf-8")
    with pytest.raises(SourceChangedError) as caught:
        pulled(stream("*.csv"))
    assert f'请在平台文件里写 delimiter: "{mark}"' in caught.value.zh
    assert rows(pulled(stream("*.csv", delimiter=mark))) == [{"姓名": "张三", "证件号": "1"}]


def test_a_delimiter_is_one_character(stream: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        stream("*.csv", delimiter=r"\t")
    assert in_chinese(caught.value.errors()[0]).startswith("应为一个字符")


def test_a_column_that_was_renamed_is_guessed(stream: Any, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("姓名,证件号,电话\n张三,1,2\n", "utf-8")
    (first,) = pulled(stream("*.csv"))
    (tmp_path / "a.csv").write_text("姓名,身份证,电话\n张三,1,2\n", "utf-8")
    with pytest.raises(SourceChangedError) as caught:
        pulled(stream("*.csv"), first.cursor)
    assert (
        "里没有列：证件号（现有：姓名、身份证、电话；上次没有身份证，可能是改了名）"
        in caught.value.zh
    )
    (tmp_path / "a.csv").write_text("姓名,电话\n张三,2\n", "utf-8")
    with pytest.raises(SourceChangedError) as caught:
        pulled(stream("*.csv"), first.cursor)
    assert "（现有：姓名、电话）" in caught.value.zh
