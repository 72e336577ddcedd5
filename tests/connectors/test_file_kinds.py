"""Kinds of files besides CSV: JSON, Parquet, old workbooks, zips; and names that lie."""

import io
import json
import struct
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlwt
from openpyxl import Workbook

from connectors import Chunk, open_connector
from connectors.chunk import ORIGIN
from hub.errors import SourceChangedError
from hub.platform import Platform

CSV = "姓名,证件号\n张三,1\n"


@pytest.fixture
def stream(make_platform: Any, tmp_path: Path) -> Any:
    def made(files: str, *read: str, **settings: Any) -> Platform:
        people = {"files": files, "read": list(read) or ["姓名", "证件号"]} | settings
        platform: Platform = make_platform({"kind": "files", "path": str(tmp_path)}, people=people)
        return platform

    return made


def pulled(platform: Platform, cursor: Any = None) -> Chunk:
    (chunk,) = open_connector(platform, Path("/")).pull("people", cursor, resume=False)
    return chunk


def rows(chunk: Chunk) -> list[list[Any]]:
    return [list(row.values()) for row in chunk.rows.to_pylist()]


def refused(platform: Platform, cursor: Any = None) -> str:
    with pytest.raises(SourceChangedError) as caught:
        pulled(platform, cursor)
    return caught.value.zh


# -- JSON documents


def test_json_document(stream: Any, tmp_path: Path) -> None:
    text = ' [ {"姓名": "张三", "证件号": 510108195304071234567} ,\n{"证件号": 1.50, "x": []}] \n'
    (tmp_path / "a.json").write_text(text, "utf-8")
    assert rows(pulled(stream("a.json"))) == [
        ["张三", "510108195304071234567", "a.json!1"],
        [None, "1.50", "a.json!2"],
    ]
    wrapped = {"code": 0, "data": {"records": json.loads(text), "more": [{"a": 1}]}}
    (tmp_path / "b.json").write_bytes(json.dumps(wrapped).encode("utf-16"))
    assert pulled(stream("b.json", items="data.records")).rows.num_rows == 2
    assert "能找到的列表：data.records、data.more" in refused(stream("b.json"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"姓名":"张三","证件号":1},{"姓名":"李', "第 2 个对象 读不了：不是完整的 JSON"),
        ('[{"姓名":"张三","证件号":1}', "第 1 个对象之后"),
        ('[{"姓名":"张三","证件号":1},]', "第 2 个对象"),
        ('[{"姓名":"张三","证件号":1}]]', "列表之后还有别的内容"),
        ('[{"姓名":"张三","证件号":1},1]', "第 2 个对象 读不了：不是一个 JSON 对象"),
        ("[", "第 1 个对象"),
        ("{", "不是完整的 JSON"),
        ("", "不是完整的 JSON"),
        ("[" * 100_000, "不是完整的 JSON"),
        ('{"a":' * 100_000, "不是完整的 JSON"),
        ('"a"', "没有找到记录的列表（能找到的列表：没有）"),
        ('[{"名字":"张三"}]', "里没有列：姓名、证件号（现有：名字）"),
    ],
)
def test_json_documents_that_are_none(stream: Any, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.json").write_text(text, "utf-8")
    assert says in refused(stream("a.json"))


def test_an_empty_json_list_says_that_there_is_no_header(stream: Any, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[]", "utf-8")
    assert rows(pulled(stream("a.json"))) == []


# -- Parquet


def test_parquet_cells_are_texts(stream: Any, tmp_path: Path) -> None:
    table = pa.table(
        {
            "整数": pa.array([510108195304071234, None], pa.int64()),
            "小数": pa.array([5.10108195304071e17, 0.1]),
            "定点": pa.array([Decimal("1.50"), None]),
            "日": [date(1953, 4, 7), None],
            "时": pa.array([datetime(2024, 1, 2, 3, 4, 5), None], pa.timestamp("us")),
            "真": [True, None],
            "字": pa.array(["𠮷", ""]).dictionary_encode(),
            "人": [{"姓名": "张三", "脸": b"9j4"}, {"姓名": "李四", "脸": None}],
            "表": [[1, 2], []],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    read = ["整数", "小数", "定点", "日", "时", "真", "字", "人.姓名", "表"]
    chunk = pulled(stream("a.parquet", *read, drop_columns=["人.脸"]))
    assert rows(chunk) == [
        ["510108195304071234", "510108195304071000", "1.50", "1953-04-07", "2024-01-02 03:04:05",
         "true", "𠮷", "张三", "[1,2]", "a.parquet!1"],
        [None, "0.1", None, None, None, None, "", "李四", "[]", "a.parquet!2"],
    ]  # fmt: skip
    assert chunk.dropped == {"人.脸": 1}
    assert "里没有列：电话（现有：整数、" in refused(stream("a.parquet", "整数", "电话"))
    whole = (tmp_path / "a.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole[:-20])
    assert "b.parquet 读不了" in refused(stream("b.parquet", "整数"))
    connector = open_connector(stream("a.parquet", "整数"), Path("/"))
    assert connector.columns("people")[-3:] == ["人.姓名", "人.脸", "表"]


# -- old workbooks


@pytest.mark.parametrize("name", ["a.xls", "a.et"])
def test_old_workbook(stream: Any, tmp_path: Path, name: str) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("低保")
    sheet.write_merge(0, 0, 0, 3, "青龙街道名册")
    sheet.write_merge(1, 1, 0, 1, "成员")
    for place, title in enumerate(["姓名", "证件号", "户主", "生日"]):
        sheet.write(2, place, title) if place < 2 else sheet.write_merge(1, 2, place, place, title)
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for number, cells in enumerate([["张三", "0101"], ["李四", 510108195304071234.0]]):
        for place, cell in enumerate(cells):
            sheet.write(3 + number, place, cell)
        sheet.write(3 + number, 3, date(1953, 4, 7), day)
    sheet.write_merge(3, 4, 2, 2, "王五")
    sheet.write(5, 0, "合计")
    book.save(str(tmp_path / name))
    chunk = pulled(stream(name, "成员/姓名", "成员/证件号", "户主", "生日"))
    assert rows(chunk) == [
        ["张三", "0101", "王五", "1953-04-07", f"{name}#低保!4"],
        ["李四", "510108195304071000", "王五", "1953-04-07", f"{name}#低保!5"],
    ]
    assert chunk.notes[0] == f"{name}#低保：略过合计行 1 行。"
    assert "列「成员/证件号」有 1 格是数字格式" in chunk.notes[1]


def test_files_under_a_wrong_ending(stream: Any, tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes("姓名\t证件号\r\n张三\t1\r\n".encode("gbk"))
    assert rows(pulled(stream("a.xls"))) == [["张三", "1", "a.xls!2"]]
    (tmp_path / "b.xls").write_text("\ufeff<html><table><tr><td>姓名</td></tr>", "utf-8")
    assert "b.xls 其实是网页" in refused(stream("b.xls"))
    book = Workbook()
    sheet: Any = book.active
    for row in (["姓名", "证件号"], ["张三", "1"]):
        sheet.append(row)
    book.save(tmp_path / "c.xlsx")
    (tmp_path / "c.xlsx").rename(tmp_path / "c.xls")
    assert rows(pulled(stream("c.xls"))) == [["张三", "1", "c.xls#Sheet!2"]]


def test_a_cell_in_the_last_corner_does_not_take_all_memory(stream: Any, tmp_path: Path) -> None:
    book = Workbook()
    sheet: Any = book.active
    for row in (["姓名", "证件号"], ["张三", "1"]):
        sheet.append(row)
    sheet["XFD1048576"] = "x"
    book.save(tmp_path / "a.xlsx")
    assert "大得不正常" in refused(stream("a.xlsx"))


# -- zips


def zipped(path: Path, *files: tuple[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)


def test_zip_of_files(stream: Any, tmp_path: Path) -> None:
    book = io.BytesIO()
    workbook = Workbook()
    sheet: Any = workbook.active
    for row in (["姓名", "证件号"], ["李四", "2"]):
        sheet.append(row)
    workbook.save(book)
    zipped(
        tmp_path / "a.zip",
        ("名册/一网格.csv", CSV.encode("gb18030")),
        ("名册/二网格.xlsx", book.getvalue()),
        ("../../三.jsonl", '{"姓名":"王五","证件号":3}'.encode()),
        ("说明.docx", b"PK"),
        ("__MACOSX/._一网格.csv", b"\0"),
        ("名册/~$二网格.xlsx", b""),
    )
    chunk = pulled(stream("*.zip"))
    assert rows(chunk) == [
        ["张三", "1", "a.zip/名册/一网格.csv!2"],
        ["李四", "2", "a.zip/名册/二网格.xlsx#Sheet!2"],
        ["王五", "3", "a.zip/../../三.jsonl!1"],
    ]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.zip"]
    assert pulled(stream("*.zip", members="名册/*.csv")).rows.num_rows == 1
    assert "没有能读的文件" in refused(stream("*.zip", members="*.pdf"))


def test_names_in_gbk_as_windows_writes_them(stream: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    zipped(path, ("AAAAAA.csv", CSV.encode()))
    gbk = "一网格".encode("gbk")
    path.write_bytes(path.read_bytes().replace(b"AAAAAA", gbk))
    assert rows(pulled(stream("a.zip")))[0][2] == "a.zip/一网格.csv!2"


def test_a_zip_whose_list_points_before_its_beginning_is_damaged(
    stream: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.zip"
    zipped(path, ("a.csv", CSV.encode()))
    content = bytearray(path.read_bytes())
    content[content.rfind(b"PK\5\6") + 16] += 5  # where the list begins
    path.write_bytes(content)
    assert "压缩包损坏" in refused(stream("a.zip"))


def test_zip_bombs_are_not_opened(stream: Any, tmp_path: Path) -> None:
    zipped(tmp_path / "a.zip", ("a.csv", b"\0" * (40 << 20)))
    assert "压缩炸弹" in refused(stream("a.zip"))
    zipped(tmp_path / "b.xlsx", ("xl/worksheets/sheet1.xml", b" " * (40 << 20)))
    assert "压缩炸弹" in refused(stream("b.xlsx"))
    zipped(tmp_path / "c.zip", ("a.csv", CSV.encode()))
    content = bytearray((tmp_path / "c.zip").read_bytes())
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", 0xFFFFFFF0)  # a lie in the directory
    (tmp_path / "c.zip").write_bytes(content)
    assert "压缩炸弹" in refused(stream("c.zip"))


def test_zips_that_cannot_be_read(stream: Any, tmp_path: Path) -> None:
    zipped(tmp_path / "in.zip", ("a.csv", CSV.encode()))
    whole = (tmp_path / "in.zip").read_bytes()
    zipped(tmp_path / "nested.zip", ("in.zip", whole))
    (tmp_path / "cut.zip").write_bytes(whole[:-10])
    locked = bytearray(whole)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + place] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    damaged = bytearray(whole)
    damaged[damaged.index(b"a.csv") + 6] ^= 0xFF
    (tmp_path / "damaged.zip").write_bytes(damaged)
    assert "里还有压缩包 in.zip" in refused(stream("nested.zip"))
    assert "压缩包损坏" in refused(stream("cut.zip"))
    assert "设了密码" in refused(stream("locked.zip"))
    assert "压缩包损坏" in refused(stream("damaged.zip"))


# -- only new files


def test_only_new_and_changed_files_are_read(stream: Any, tmp_path: Path) -> None:
    platform = stream("*.csv", increment="new_files")
    (tmp_path / "1.csv").write_text(CSV, "utf-8")
    first = pulled(platform)
    assert (first.rows.num_rows, first.complete) == (1, False)
    (tmp_path / "2.csv").write_text(CSV.replace("张三", "李四"), "utf-8")
    second = pulled(platform, json.loads(json.dumps(first.cursor)))
    assert rows(second) == [["李四", "1", "2.csv!2"]]
    (tmp_path / "1.csv").unlink()
    (tmp_path / "2.csv").write_text(CSV.replace("张三", "王五"), "utf-8")
    third = pulled(platform, second.cursor)
    assert rows(third) == [["王五", "1", "2.csv!2"]]
    assert not third.complete
    (tmp_path / "1.csv").write_text(CSV, "utf-8")  # back again, as it was
    fourth = pulled(platform, third.cursor)
    assert rows(fourth) == []
    assert ORIGIN in fourth.rows.column_names


def test_a_file_that_is_taken_away_is_no_news(stream: Any, tmp_path: Path) -> None:
    platform = stream("*.csv", increment="new_files")
    (tmp_path / "1.csv").write_text(CSV, "utf-8")
    (tmp_path / "2.csv").write_text(CSV, "utf-8")
    *_, first = open_connector(platform, Path("/")).pull("people", None, resume=False)
    (tmp_path / "2.csv").unlink()
    second = pulled(platform, first.cursor)
    assert (rows(second), second.notes) == ([], ())
    assert second.cursor["header"] == first.cursor["header"]


# -- templates


def roster(path: Path, names: list[str], *cells: Any) -> None:
    lines = [",".join(names), *(",".join(one(n) for one in cells) for n in range(30))]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def person(n: int) -> str:
    return "张三" + "一二三四五六七八九十"[n % 10]


def id_number(n: int) -> str:
    return f"5101081953040712{n:02}"


def phone(n: int) -> str:
    return f"138000000{n:02}"


def test_a_moved_column_is_refused_until_accepted(stream: Any, tmp_path: Path) -> None:
    platform = stream("*.csv", "姓名", "证件号", "电话")
    roster(tmp_path / "1.csv", ["姓名", "证件号", "电话"], person, id_number, phone)
    cursor = json.loads(json.dumps(pulled(platform).cursor))
    roster(tmp_path / "1.csv", ["姓名", "电话", "证件号"], person, phone, id_number)
    said = refused(platform, cursor)
    assert "1.csv：列的次序和上次不一样，原来「证件号」的位置现在是「电话」" in said
    accepted = stream("*.csv", "姓名", "证件号", "电话", same_template=False)
    chunk = pulled(accepted, cursor)
    assert chunk.rows["电话"].to_pylist()[0] == phone(0)
    roster(tmp_path / "1.csv", ["姓名", "电话", "备注", "证件号"], person, phone, person, id_number)
    assert pulled(platform, chunk.cursor).rows.num_rows == 30  # a new one moves nothing


def test_cells_that_moved_below_their_names_are_refused(stream: Any, tmp_path: Path) -> None:
    platform = stream("*.csv", "姓名", "证件号", "电话")
    names = ["姓名", "证件号", "电话"]
    roster(tmp_path / "1.csv", names, person, id_number, phone)
    cursor = pulled(platform).cursor
    roster(tmp_path / "1.csv", names, id_number, phone, person)
    said = refused(platform, cursor)
    assert "1.csv：列「姓名」上次装的是汉字，这次大多不是（多为证件号）" in said
    roster(tmp_path / "1.csv", names, person, phone, id_number)
    assert "列「证件号」上次装的是证件号，这次大多不是（多为手机号）" in refused(platform, cursor)
    roster(tmp_path / "1.csv", names, person, lambda n: f"510108********{n:04}", lambda n: "")
    assert pulled(platform, cursor).rows.num_rows == 30  # masked numbers are numbers


# -- web pages under `.xls`, as systems export them

PAGE = """\ufeff<!-- made by a system --><html xmlns:x="urn:schemas-microsoft-com:office:excel">
<head><style>td {color: red}</style></head><body>
<table><tr><td><h3>导出</h3><table border=1>
<tr><td colspan=90>某社区名册
<tr><th rowspan=2>户主<th colspan=2>成员
<tr><th>姓 名<th>证件&nbsp;号</th></tr>
<tr><td rowspan="2">王五<td>张三<script>var a = "李四"</script><td>510108195304071234</tr>
<tr><td>李<b>四</b></td><td></td></tr>
<tr><td>赵六</td><td>赵&amp;七<br>（租）</td><td>&lt;无&gt;</td></tr>
<tr><td colspan=3>合计：3 人</td></tr>
</table></td></tr></table><table></table></body></html>"""

WORKBOOK_OF_2003 = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<ss:Workbook xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<ss:Worksheet ss:Name="名册"><ss:Table>
<ss:Row ss:Index="3"><ss:Cell ss:Index="2"><ss:Data ss:Type="String">姓名</ss:Data></ss:Cell>
<ss:Cell><ss:Data ss:Type="String">证件号</ss:Data></ss:Cell></ss:Row>
<ss:Row><ss:Cell ss:Index="2" ss:MergeDown="1"><ss:Data><![CDATA[张三]]></ss:Data></ss:Cell>
<ss:Cell><ss:Data ss:Type="String">510108195304071234</ss:Data></ss:Cell></ss:Row>
<ss:Row><ss:Cell ss:Index="3"><ss:Data>2</ss:Data></ss:Cell></ss:Row>
</ss:Table></ss:Worksheet><ss:Worksheet ss:Name="说明"><ss:Table><ss:Row><ss:Cell/></ss:Row>
</ss:Table></ss:Worksheet></ss:Workbook>"""


@pytest.mark.parametrize("name", ["a.xls", "a.et", "a.csv"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_web_page_is_read_as_a_sheet(
    stream: Any, tmp_path: Path, name: str, encoding: str
) -> None:
    text = PAGE if encoding == "utf-8" else PAGE.removeprefix("\ufeff")
    (tmp_path / name).write_bytes(text.encode(encoding))
    chunk = pulled(stream(name, "户主", "成员/姓名", "成员/证件号"))
    assert rows(chunk) == [
        ["王五", "张三", "510108195304071234", f"{name}#表2!4"],
        ["王五", "李四", None, f"{name}#表2!5"],
        ["赵六", "赵&七 （租）", "<无>", f"{name}#表2!6"],
    ]
    assert f"{name}#表2：略过合计行 1 行。" in chunk.notes


def test_a_workbook_of_2003_in_xml(stream: Any, tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_text(WORKBOOK_OF_2003, "utf-8")
    expected = [
        ["张三", "510108195304071234", "a.xls#名册!4"],
        ["张三", "2", "a.xls#名册!5"],
    ]
    assert rows(pulled(stream("a.xls"))) == expected
    assert rows(pulled(stream("a.xls", sheets=["名册"]))) == expected
    assert "里没有工作表：别的（现有：名册、说明）" in refused(stream("a.xls", sheets=["别的"]))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("<html><body>请先登录</body></html>", "里面没有表格，可能是登录页"),
        ("<table><tr><td>姓名<td>证件号<tr><td>张三<td>1", "表格没有写完"),
        ("<html><![bad[x]]><table></table>", "写得不完整"),
    ],
)
def test_a_web_page_that_is_no_list(stream: Any, tmp_path: Path, content: str, says: str) -> None:
    (tmp_path / "a.xls").write_text(content, "utf-8")
    assert f"文件 a.xls 其实是网页，{says}" in refused(stream("a.xls"))


def test_a_span_over_all_columns_takes_no_memory(stream: Any, tmp_path: Path) -> None:
    rows_ = "<tr><td colspan=9999999 rowspan=9999999>x</td></tr>" * 2000
    (tmp_path / "a.xls").write_text(f"<table>{rows_}</table>", "utf-8")
    assert "大得不正常" in refused(stream("a.xls"))


@pytest.mark.parametrize("name", ["a.zip", "a.xlsx", "a.csv"])
@pytest.mark.parametrize(
    ("start", "says"),
    [(b"Rar!\x1a\x07", "RAR 压缩包"), (b"%PDF-1.7\n", "PDF"), (b"7z\xbc\xaf'\x1c", "7z 压缩包")],
)
def test_what_nobody_reads_is_named(
    stream: Any, tmp_path: Path, name: str, start: bytes, says: str
) -> None:
    (tmp_path / name).write_bytes(start + b"\0" * 99)
    assert f"文件 {name} 其实是 {says}" in refused(stream(name))


def test_text_of_excel_and_workbooks_under_each_others_endings(stream: Any, tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes("姓名\t证件号\r\n张三\t1\r\n".encode("utf-16"))
    assert rows(pulled(stream("a.xls"))) == [["张三", "1", "a.xls!2"]]
    book = Workbook()
    for row in (["姓名", "证件号"], ["张三", "1"]):
        book.worksheets[0].append(row)
    book.create_sheet("说明").append(["填表说明"])
    old = book.create_sheet("旧")
    for row in (["姓名", "证件号"], ["李四", "2"]):
        old.append(row)
    old.sheet_state = "hidden"
    for name in ("b.csv", "1#楼.xlsx"):
        with (tmp_path / name).open("wb") as file:
            book.save(file)
        chunk = pulled(stream(name))
        assert [row[:2] for row in rows(chunk)] == [["张三", "1"], ["李四", "2"]]
        assert chunk.notes[1].startswith(f"{name}#旧：这张工作表是隐藏的，也读了")
