"""Rosters as they are made by hand in Excel and WPS."""

from datetime import date, datetime, time
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from connectors import open_connector
from connectors.chunk import ORIGIN
from connectors.excel import sheet_part
from connectors.sheet_header import SEARCHED_ROWS, find_header
from connectors.sheet_rows import no_record
from connectors.tabular import Reader
from connectors.workbook import Sheet
from connectors.workbook_child import BLOCK, uncomputed
from hub.errors import SourceChangedError
from hub.platform import Platform


@pytest.fixture
def roster(make_platform: Any, tmp_path: Path) -> Any:
    def made(*columns: str, **settings: Any) -> Platform:
        people = {"files": "*.xlsx", "key": [], "read": list(columns)} | settings
        platform: Platform = make_platform({"kind": "files", "path": str(tmp_path)}, people=people)
        return platform

    return made


def pulled(platform: Platform) -> Any:
    (chunk,) = open_connector(platform, Path("/")).pull("people", None, resume=False)
    return chunk


def fill(sheet: Worksheet, *rows: list[Any]) -> None:
    for row in rows:
        sheet.append(row)


def test_a_roster_with_everything_at_once(roster: Any, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "低保"
    fill(
        sheet,
        ["青龙街道低保名册", None, None, None, None, None],
        ["填报单位：青龙街道", None, None, "2024年3月", None, None],
        ["序号", "户主\n姓名", "成员", None, "联系人", None],
        [None, None, "姓名", "证件号", "姓 名", "手机"],
        [1, "张三", "张三", "510108195304071234", "张小三", 13800000001],
        [2, None, "李 四", 510108195304071234, None, None],
        [None, None, None, None, None, None],
        [3, "王五", "王五", date(1953, 4, 7), "王小五", None],
        ["第二网格", None, None, None, None, None],
        [4, "赵六", "赵六", "x", None, "0101"],
        ["合  计", None, 4, None, None, None],
        [None, "小计", 4, None, None, None],
        ["填表人：张三", None, "审核人：李四", None, None, None],
        ["备注：本表一式两份", None, None, None, None, None],
    )
    for merged in ("A1:F1", "A3:A4", "B3:B4", "C3:D3", "E3:F3", "B5:B6", "A9:F9", "A11:B11"):
        sheet.merge_cells(merged)
    sheet.row_dimensions[10].hidden = True
    book.save(tmp_path / "名册.xlsx")
    columns = ["序号", "户主姓名", "成员/姓名", "成员/证件号", "联系人/姓名", "联系人/手机"]
    chunk = pulled(roster(*columns))
    assert [list(row.values()) for row in chunk.rows.to_pylist()] == [
        ["1", "张三", "张三", "510108195304071234", "张小三", "13800000001", "名册.xlsx#低保!5"],
        ["2", "张三", "李 四", "510108195304071000", None, None, "名册.xlsx#低保!6"],
        ["3", "王五", "王五", "1953-04-07", "王小五", None, "名册.xlsx#低保!8"],
        ["4", "赵六", "赵六", "x", None, "0101", "名册.xlsx#低保!10"],
    ]
    assert chunk.notes == (
        "名册.xlsx#低保：略过说明行 1 行、合计行 2 行、表尾行 2 行。",
        "名册.xlsx#低保：列「成员/证件号」有 1 格是数字格式，超过 15 位的末几位已经丢失，"
        "请对方把这一列改为文本格式后重新填写。",
    )


def test_a_group_that_was_not_merged(roster: Any, tmp_path: Path) -> None:
    book = Workbook()
    sheet: Any = book.active
    fill(
        sheet,
        ["序号", "联系人", None, "备注"],
        [None, "姓名", "手机", None],
        [1, "张三", 138, "好"],
    )
    book.save(tmp_path / "a.xlsx")
    chunk = pulled(roster("序号", "联系人/姓名", "联系人/手机", "备注"))
    assert list(chunk.rows.drop_columns([ORIGIN]).to_pylist()[0].values()) == [
        "1", "张三", "138", "好",
    ]  # fmt: skip


def test_a_header_merged_over_two_columns_is_no_group(roster: Any, tmp_path: Path) -> None:
    book = Workbook()
    sheet: Any = book.active
    fill(sheet, ["姓名", "备注", None], ["张三", "好", "更好"], ["李四", None, None])
    sheet.merge_cells("B1:C1")
    book.save(tmp_path / "a.xlsx")
    chunk = pulled(roster("姓名", "备注"))
    assert chunk.rows["姓名"].to_pylist() == ["张三", "李四"]
    assert chunk.rows["备注"].to_pylist() == ["好", None]


def test_cells_of_every_kind(roster: Any, tmp_path: Path) -> None:
    book = Workbook()
    sheet: Any = book.active
    cells = {
        7: "7", 1.5: "1.5", 0.1 + 0.2: "0.3", 1e15: "1000000000000000", 1e-7: "0.0000001",
        "0101": "0101", " x ": " x ", "'5": "'5", date(1953, 4, 7): "1953-04-07",
        datetime(2024, 1, 2, 3, 4, 5): "2024-01-02 03:04:05", time(8, 30): "08:30:00",
        -2: "-2",
    }  # fmt: skip
    fill(sheet, ["名", "值"], *(["x", cell] for cell in cells), ["真", True])
    book.save(tmp_path / "a.xlsx")
    assert pulled(roster("值")).rows["值"].to_pylist() == [*cells.values(), "true"]


def test_several_sheets(roster: Any, tmp_path: Path) -> None:
    book = Workbook()
    for name, person in (("一网格", "张三"), ("二网格", "李四")):
        fill(book.create_sheet(name), ["姓名", "电话"], [person, "1"])
    fill(book.create_sheet("填表说明"), ["如何填写", "说明"], ["请用文本格式", "是"])
    book.save(tmp_path / "a.xlsx")
    chunk = pulled(roster("姓名"))
    assert chunk.rows.to_pylist() == [
        {"姓名": "张三", ORIGIN: "a.xlsx#一网格!2"},
        {"姓名": "李四", ORIGIN: "a.xlsx#二网格!2"},
    ]
    assert chunk.notes == ("a.xlsx#填表说明：没有需要的列，略过了这张工作表。",)
    assert pulled(roster("姓名", sheets=["二网格"])).rows["姓名"].to_pylist() == ["李四"]
    with pytest.raises(SourceChangedError) as caught:
        pulled(roster("姓名", sheets=["三网格"]))
    assert "没有工作表：三网格（现有：Sheet、一网格、二网格、填表说明）" in caught.value.zh


def test_a_column_that_vanished_stops_the_file(roster: Any, tmp_path: Path) -> None:
    book = Workbook()
    sheet: Any = book.active
    fill(sheet, ["姓名", "手机号码"], ["张三", "1"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(SourceChangedError) as caught:
        pulled(roster("姓名", "联系电话"))
    assert "a.xlsx#Sheet 里没有列：联系电话（现有：姓名、手机号码）" in caught.value.zh


def test_dropped_columns_are_counted(roster: Any, tmp_path: Path) -> None:
    book = Workbook()
    sheet: Any = book.active
    fill(sheet, ["姓名", "人脸"], ["张三", "aGk="], ["李四", None])
    book.save(tmp_path / "a.xlsx")
    chunk = pulled(roster("姓名", drop_columns=["人脸"]))
    assert (chunk.dropped, chunk.rows.column_names) == ({"人脸": 1}, ["姓名", ORIGIN])


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ("合计", "合计行"),
        ("总 计", "合计行"),
        ("本页小计", "合计行"),
        ("合计（人）", "合计行"),
        ("总计12", "合计行"),
        ("填表人：张三", "表尾行"),
        ("填表人", "表尾行"),
        ("审核人（签字）：", "表尾行"),
        ("单位负责人：", "表尾行"),
        ("统计日期:2024-01-01", "表尾行"),
        ("备注：一式两份", "表尾行"),
        ("　", "空行"),
        ("张三", None),
        ("计划", None),
        ("合计生", None),
        ("12", None),
        ("负责人", None),
        ("三人小组", None),
    ],
)
def test_which_rows_are_records(first: str, why: str | None) -> None:
    assert no_record([None, first, None], ["序号", "姓名", "电话"]) == why


def test_only_the_first_cell_is_judged() -> None:
    assert no_record(["1", "合计", "填表人：张三"], ["序号", "姓名", "电话"]) is None


def test_a_remark_beside_other_cells_is_a_record() -> None:
    assert no_record(["备注：空", "张三", "1"], ["甲", "乙", "丙"]) is None


def test_without_known_columns_the_fullest_row_is_the_header() -> None:
    rows: list[list[str | None]] = [
        ["名册", None, None],
        ["日期", "2024", None],
        ["序号", "姓名", "电话"],
        ["1", "张三", "2"],
    ]
    header = find_header(rows, [((0, 0), (0, 2))], [])
    assert header is not None
    assert (header.names, header.start, header.end) == (("序号", "姓名", "电话"), 2, 3)


def header_of(rows: list[list[str | None]], wanted: list[str], merges: Any = ()) -> Any:
    header = find_header(rows, merges, wanted)
    return header and (header.names, header.end)


def test_a_group_over_one_column() -> None:
    rows: list[list[str | None]] = [
        ["序号", "联系人", "备注"],
        [None, "姓名", None],
        ["1", "张三", "好"],
        ["2", "李四", None],
    ]
    joined = (("序号", "联系人/姓名", "备注"), 2)
    assert header_of(rows, ["联系人/姓名"]) == joined  # because it is asked for
    assert header_of(rows, ["联系人"]) == (("序号", "联系人", "备注"), 1)
    merges = [((0, 0), (1, 0)), ((0, 2), (1, 2))]
    assert header_of(rows, [], merges) == joined  # because its neighbours go down
    assert header_of(rows, ["备注"], merges) == joined


def test_a_first_record_is_no_header_because_it_could_be_joined() -> None:
    rows: list[list[str | None]] = [
        ["姓名", "电话", "备注"],
        [None, None, "空"],
        ["张三", "1", "好"],
    ]
    assert header_of(rows, ["姓名", "电话"]) == (("姓名", "电话", "备注"), 1)


@pytest.mark.parametrize("blank", [True, False])
def test_two_tables_in_one_sheet_are_refused(roster: Any, tmp_path: Path, blank: bool) -> None:
    book = Workbook()
    sheet: Any = book.active
    fill(sheet, ["姓名", "电话", "备注"], ["张三", "1", "好"])
    fill(sheet, *([[None]] if blank else []), ["类别", "数量", "金额"], ["低保", 3, 900])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(SourceChangedError) as caught:
        pulled(roster("姓名", "电话"))
    number = 4 if blank else 3
    assert f"a.xlsx#Sheet 第 {number} 行像是另一张表的表头（类别、数量、金额…）" in caught.value.zh


def test_two_tables_side_by_side_are_refused(roster: Any, tmp_path: Path) -> None:
    book = Workbook()
    sheet: Any = book.active
    fill(sheet, ["姓名", "电话", None, "姓名", "电话"], ["张三", "1", None, "李四", "2"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(SourceChangedError) as caught:
        pulled(roster("姓名", "电话"))
    assert "a.xlsx#Sheet 里有同名的列：姓名、电话" in caught.value.zh


@given(
    st.lists(st.sampled_from(["", "张三", "李四", 1.0, 5.1e17]), min_size=40, max_size=80),
    st.lists(st.tuples(st.integers(1, 90), st.integers(1, 30)), max_size=5),
    st.lists(st.integers(SEARCHED_ROWS, 79), max_size=4),
)
def test_a_sheet_in_pieces_is_the_whole_sheet(
    cells: list[Any], merged: list[tuple[int, int]], cuts: list[int]
) -> None:
    """Also where a merged cell goes on in the next piece."""
    merges = [((top, 1), (top + deep, 1)) for top, deep in merged]

    def part(bounds: list[int]) -> Any:
        rows = [["序号", "姓名"], *([f"{n}", cell] for n, cell in enumerate(cells, 1))]
        pieces = [rows[a:b] for a, b in pairwise([0, *bounds, len(rows)])]
        reader = Reader("人员", "people", ("序号", "姓名"), drop=("姓名",))
        return sheet_part(reader, "名册", Sheet("名册", iter(pieces), list(merges)))

    assert part(sorted({one for one in cuts if one <= len(cells)})) == part([])


@pytest.mark.parametrize(
    "numbers", [["1", "2", "3", "4"], ["(1)", "（2）", "（3）", None], ["甲", "1", "2", "3"]]
)
def test_a_row_that_numbers_the_columns_is_of_the_header(numbers: list[str | None]) -> None:
    rows = [["人员名册", None, None, None], ["序号", "姓名", "年龄", "楼层"], numbers]
    header = find_header([*rows, ["1", "张伟", "3", "4"]], [], [])
    assert header is not None
    assert (header.start, header.end) == (1, 3)
    header = find_header([*rows[:2], ["1", "2", "3", "张伟"]], [], ["姓名"])
    assert header is not None
    assert header.end == 2


@pytest.mark.parametrize("before", [0, BLOCK - 60, BLOCK - 25, BLOCK - 1, BLOCK, 3 * BLOCK - 40])
def test_formulas_without_a_result_are_counted(before: int) -> None:
    made = (
        "<c r='B1'><f>1+1</f><v></v></c><c r='B2'><f>1</f></c><c r='B3'><f t='shared' si='0'/></c>"
    )
    computed = "<c r='C1'><f>1+1</f><v>2</v></c><c r='C2' t='str'><f>A1</f><v></v></c>"
    cells = "<c r='A1'><v>1</v></c>" * (before // 23)
    file = BytesIO()
    with ZipFile(file, "w") as package:
        package.writestr(
            "xl/worksheets/sheet1.xml", f"<row>{cells:<{before}}{made}{computed}</row>"
        )
    assert uncomputed(file) == 3
