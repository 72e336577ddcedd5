"""A form comes back as it was sent, with people in it, and the same each time."""

import csv
import re
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Border, Font, Side
from openpyxl.worksheet.datavalidation import DataValidation

import reports.fill
from hub.errors import ConfigError, NotFoundError
from hub.settings import Home, open_home
from reports.fill import fill, origins_path
from reports.form_file import load_form, save_form
from reports.people import people_of
from reports.register import Sent, register
from tests.children import ended, kill_oneself
from tests.cli.small_home import COMMUNITY, COMPOUND, GRID, WANG_NUMBER, ZHANG_NUMBER
from tests.reports.conftest import Hub
from warehouse.snapshots import publish_work, working

HEADERS = (
    "序号",
    "姓名",
    "性别",
    "身份证号码",
    "出生日期（YYYYMMDD）",
    "家庭人口",
    "联系电话",
    "银行卡号",
)


def _sheet(headers: Sequence[str] = HEADERS, rows: int = 1) -> tuple[Workbook, Any]:
    book = Workbook()
    sheet = book.active
    sheet["A1"] = "花名册"
    sheet.merge_cells("A1:H1")
    for column, header in enumerate(headers, 1):
        sheet.cell(2, column, header).font = Font(bold=True)
    for row in range(3, 3 + rows):
        for column in range(1, len(headers) + 1):
            sheet.cell(row, column).border = Border(left=Side(style="dashed"))
    last = 3 + rows
    sheet.cell(last, 1, "合计")
    sheet.cell(last, 6, f"=SUM(F3:F{last - 1})")
    sheet.cell(last + 1, 1, "填表人：")
    sheet.merge_cells(start_row=last + 1, end_row=last + 1, start_column=1, end_column=4)
    rule = DataValidation(type="list", formula1='"男性,女性"')
    rule.add(f"C3:C{last - 1}")
    sheet.add_data_validation(rule)
    sheet.print_area = f"A1:H{last + 1}"
    sheet.freeze_panes = "A3"
    sheet.row_dimensions[3].height = 31
    return book, sheet


def _filled(home: Home, book: Workbook, tmp_path: Path, sent: Sent | None = None) -> Any:
    """Register, fill, and open again."""
    book.save(tmp_path / "花名册.xlsx")
    form = register(home, tmp_path / "花名册.xlsx", sent or Sent("民政")).form
    with people_of(home, None) as (people, connection):
        fill(home, connection, form, people, tmp_path / "out.xlsx")
    return load_workbook(tmp_path / "out.xlsx").active


def _column(sheet: Any, letter: str, rows: range) -> list[object]:
    return [sheet[f"{letter}{row}"].value for row in rows]


def test_people_stand_in_the_departments_own_sheet(home: Home, tmp_path: Path) -> None:
    book, _ = _sheet()
    sheet = _filled(home, book, tmp_path)
    names = _column(sheet, "B", range(3, 6))
    assert set(names) == {"张三丰", "王小红", "张五"}
    zhang = 3 + names.index("张三丰")
    assert _column(sheet, "A", range(3, 6)) == [1, 2, 3]
    assert sheet[f"C{zhang}"].value == "男性"
    assert sheet[f"D{zhang}"].value == ZHANG_NUMBER
    assert sheet[f"D{zhang}"].number_format == "@"
    assert sheet[f"E{zhang}"].value == "19530407"
    assert sheet[f"F{zhang}"].value == 2
    assert sheet[f"H{zhang}"].value is None
    assert sheet[f"B{zhang}"].border.left.style == "dashed"
    assert {sheet.row_dimensions[row].height for row in range(3, 6)} == {31}


def test_what_is_below_the_body_moves_with_it(home: Home, tmp_path: Path) -> None:
    book, _ = _sheet()
    sheet = _filled(home, book, tmp_path)
    assert sheet["A6"].value == "合计"
    assert sheet["F6"].value == "=SUM(F3:F5)"
    assert sheet["B6"].value == 3  # how many people
    assert sheet["A7"].value == "填表人："
    assert {str(one) for one in sheet.merged_cells.ranges} == {"A1:H1", "A7:D7"}
    assert sheet.print_area == "'Sheet'!$A$1:$H$7"
    assert [str(one.sqref) for one in sheet.data_validations.dataValidation] == ["C3:C5"]
    assert sheet.freeze_panes == "A3"


def test_rows_that_are_too_many_stay_blank(home: Home, tmp_path: Path) -> None:
    book, drawn = _sheet(rows=9)
    drawn["B3"] = "示例张某"
    sheet = _filled(home, book, tmp_path)
    assert _column(sheet, "B", range(6, 12)) == [None] * 6
    assert sheet["A12"].value == "合计"
    assert "示例张某" not in _column(sheet, "B", range(3, 12))


def test_an_empty_list_is_an_empty_form(home: Home, tmp_path: Path) -> None:
    book, _ = _sheet(rows=2)
    sheet = _filled(home, book, tmp_path, Sent("民政", population="label:孤儿"))
    assert _column(sheet, "B", range(3, 5)) == [None, None]
    assert sheet["A5"].value == "合计"


def test_a_number_is_split_into_boxes(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    drawn = book.active
    drawn["A1"], drawn["B1"], drawn["T1"] = "姓名", "公民身份号码", "性别"
    drawn.merge_cells("B1:S1")
    sheet = _filled(home, book, tmp_path)
    numbers = {"".join(cell.value or "" for cell in row) for row in sheet["B2:S4"]}
    assert {ZHANG_NUMBER, WANG_NUMBER} <= numbers


def test_filled_twice_it_is_the_same_byte_for_byte(home: Home, tmp_path: Path) -> None:
    book, _ = _sheet()
    _filled(home, book, tmp_path)
    first = (tmp_path / "out.xlsx").read_bytes(), origins_path(tmp_path / "out.xlsx").read_bytes()
    form = load_form(home, "花名册")
    with people_of(home, None) as (people, connection):
        fill(home, connection, form, people, tmp_path / "out.xlsx")
    assert first == (
        (tmp_path / "out.xlsx").read_bytes(), origins_path(tmp_path / "out.xlsx").read_bytes(),
    )  # fmt: skip


def test_every_cell_says_where_it_is_from(home: Home, tmp_path: Path) -> None:
    book, _ = _sheet()
    sheet = _filled(home, book, tmp_path)
    with origins_path(tmp_path / "out.xlsx").open(encoding="utf-8-sig") as file:
        lines = {line["单元格"]: line for line in csv.DictReader(file)}
    zhang = 3 + _column(sheet, "B", range(3, 6)).index("张三丰")
    assert (lines[f"D{zhang}"]["平台"], lines[f"D{zhang}"]["记录键"]) == ("police", "P1")
    assert (lines[f"G{zhang}"]["平台"], lines[f"G{zhang}"]["记录键"]) == ("street_grid", "G1")
    assert lines[f"F{zhang}"]["说明"] == "数据大脑计算"
    assert lines[f"H{zhang}"]["说明"] == "各平台都没有这一项"
    text = origins_path(tmp_path / "out.xlsx").read_text(encoding="utf-8")
    assert ZHANG_NUMBER not in text
    assert "张三丰" not in text


def test_nothing_written_can_run(home: Home, tmp_path: Path) -> None:
    import polars as pl

    from reports.spreadsheet import safe

    risky = ["=1+1", "+1", "-1", "@a", "\t=1", "a\x00b", "普通"]
    made = pl.Series(risky).to_frame("v").select(safe(pl.col("v")))["v"].to_list()
    assert made == ["'=1+1", "'+1", "'-1", "'@a", "'\t=1", "ab", "普通"]


def test_a_public_form_masks_and_refuses_what_is_sensitive(
    hub: Hub, home: Home, tmp_path: Path
) -> None:
    book = Workbook()
    book.active.append(["低保对象公示", None, None])
    book.active.append(["序号", "姓名", "家庭住址"])
    sheet = _filled(home, book, tmp_path, Sent("民政"))
    assert set(_column(sheet, "B", range(3, 6))) == {"张**", "王**"}
    book = Workbook()
    book.active.append(["低保对象公示", None, None])
    book.active.append(["序号", "姓名", "身份证号码"])
    book.save(tmp_path / "公示.xlsx")
    hub("form", "register", tmp_path / "公示.xlsx", "--department", "民政", home=home)
    ran = hub("form", "fill", "公示", "--out", tmp_path / "x.xlsx", home=home)
    assert ran.code == 2
    assert "身份证号码" in ran.err
    assert not (tmp_path / "x.xlsx").exists()


def test_a_table_of_counts_is_counted(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    drawn = book.active
    drawn.append(["人口汇总表"])
    drawn.append(["网格", "总人口", "男", "女", "60岁以上", "党员", "户数"])
    drawn.append([None] * 7)
    drawn.append(["合计"])
    sheet = _filled(home, book, tmp_path)
    assert [cell.value for cell in sheet[3]] == ["第一网格", 3, 1, 1, 1, 1, 2]
    assert [cell.value for cell in sheet[4]] == ["合计", 3, 1, 1, 1, 1, 2]


def test_who_is_in_no_row_of_a_table_of_counts_is_told(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["人口汇总表"])
    for row in (["小区", "总人口", "男", "女"], [None] * 4, ["合计"]):
        book.active.append(row)
    book.save(tmp_path / "小区.xlsx")
    form = register(home, tmp_path / "小区.xlsx", Sent("民政")).form
    with people_of(home, None) as (people, connection):
        nowhere = people.of(people.frame.with_columns(compound=pl.lit(None, pl.String)))
        for known, left in ((people, 0), (nowhere, 3)):
            told = fill(home, connection, form, known, tmp_path / "out.xlsx")
            sheet = load_workbook(tmp_path / "out.xlsx").active
            rows = [sheet[f"B{n}"].value or 0 for n in range(3, sheet.max_row)]
            assert sum(rows) + left == len(told.residents) == 3
            assert told.unplaced == ({"小区": left} if left else {})


def test_a_table_that_counts_by_an_unknown_label_is_refused(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["网格", "总人数", "低保人数"])
    book.active.append(["第一网格"])
    book.save(tmp_path / "低保.xlsx")
    form = register(home, tmp_path / "低保.xlsx", Sent("民政")).form
    (sheet,) = form.sheets
    across = tuple(
        one.model_copy(update={"when": one.when.replace("低保", "低饱")}) for one in sheet.across
    )
    wrong = form.model_copy(update={"sheets": (sheet.model_copy(update={"across": across}),)})
    with people_of(home, None) as (people, connection):
        with pytest.raises(ConfigError) as refused:
            fill(home, connection, wrong, people, tmp_path / "out.xlsx")
        fill(home, connection, form, people, tmp_path / "out.xlsx")
    assert "低饱" in refused.value.zh


def test_members_of_a_household_are_summed_once(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["序号", "姓名", "家庭人口"])
    book.active.append([])
    book.active.append(["合计"])
    for row in book.active["A1:C3"]:
        for cell in row:
            cell.border = Border(*(Side(style="thin") for _ in range(4)))
    book.save(tmp_path / "人口.xlsx")
    form = register(home, tmp_path / "人口.xlsx", Sent("应急")).form
    with people_of(home, None) as (people, connection):
        own = people.frame.with_columns(household_id=pl.lit("H1"), member_count=pl.lit(3))
        fill(home, connection, form, people.of(own), tmp_path / "out.xlsx")
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert [one.value for one in sheet["C"]] == ["家庭人口", 3, 3, 3, 3]


def test_the_command_fills_and_counts(hub: Hub, home: Home, tmp_path: Path) -> None:
    book, _ = _sheet()
    book.save(tmp_path / "花名册.xlsx")
    ran = hub("form", "register", tmp_path / "花名册.xlsx", "--department", "民政", home=home)
    assert ran.code == 0
    assert "银行账号" in ran.out
    out = tmp_path / "上报.xlsx"
    told = hub(
        "form", "fill", "花名册", "--scope", COMMUNITY, "--out", out, "--json", home=home
    ).json
    assert told["rows"] == 3
    assert told["asked"] == 3 * 7
    assert told["answered"] < told["asked"]
    event = hub("audit", "list", "--json", home=home).json[0]
    assert (event["action"], event["rows"]) == ("form", 3)
    assert event["detail"]["answered"] == told["answered"]
    assert hub("form", "list", "--json", home=home).json[0]["fields"] == len(HEADERS)
    assert (
        hub("form", "fill", "花名册", "--scope", "510108999999", "--out", out, home=home).code == 1
    )
    assert hub("form", "fill", "没有的", "--out", out, home=home).code == 1


@pytest.mark.parametrize("private", ["out.xlsx", "out.来源.csv"])
def test_what_is_written_is_for_its_owner_only(home: Home, tmp_path: Path, private: str) -> None:
    book, _ = _sheet()
    _filled(home, book, tmp_path)
    assert (tmp_path / private).stat().st_mode & 0o077 == 0


def _rezipped(path: Path, change: dict[str, bytes]) -> None:
    with ZipFile(path) as file:
        parts = {one: file.read(one) for one in file.namelist()}
    with ZipFile(path, "w") as file:
        for name, content in (parts | change).items():
            file.writestr(name, content)


def test_parts_that_nobody_knows_stay_byte_for_byte(home: Home, tmp_path: Path) -> None:
    book, _ = _sheet()
    path = tmp_path / "花名册.xlsx"
    book.save(path)
    _rezipped(path, {"xl/media/stamp.png": b"\x89PNG stamp", "customXml/item1.xml": b"<a/>"})
    form = register(home, path, Sent("民政")).form
    with people_of(home, None) as (people, connection):
        fill(home, connection, form, people, tmp_path / "out.xlsx")
    with ZipFile(path) as before, ZipFile(tmp_path / "out.xlsx") as after:
        assert before.namelist() == after.namelist()
        changed = {n for n in before.namelist() if before.read(n) != after.read(n)}
    assert changed == {"xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/workbook.xml"}


def test_a_workbook_whose_elements_have_a_prefix_is_filled_too(home: Home, tmp_path: Path) -> None:
    book, _ = _sheet()
    path = tmp_path / "花名册.xlsx"
    book.save(path)
    with ZipFile(path) as file:
        xml = file.read("xl/worksheets/sheet1.xml").decode()
    xml = re.sub(r"<(/?)(?=\w)", r"<\1x:", xml).replace("xmlns=", "xmlns:x=", 1)
    picture = {"xl/media/image1.png": b"a logo"}
    _rezipped(path, {"xl/worksheets/sheet1.xml": xml.encode()} | picture)
    form = register(home, path, Sent("民政")).form
    with people_of(home, None) as (people, connection):
        fill(home, connection, form, people, tmp_path / "out.xlsx")
    with ZipFile(tmp_path / "out.xlsx") as file:
        assert file.read("xl/media/image1.png") == b"a logo"
    sheet = load_workbook(tmp_path / "out.xlsx").active
    assert set(_column(sheet, "B", range(3, 6))) == {"张三丰", "王小红", "张五"}


def test_an_order_of_calculation_is_dropped_with_the_rows_that_moved(
    home: Home, tmp_path: Path
) -> None:
    book, _ = _sheet()
    path = tmp_path / "花名册.xlsx"
    book.save(path)
    with ZipFile(path) as file:
        types = file.read("[Content_Types].xml").decode()
    chain = '<Override PartName="/xl/calcChain.xml" ContentType="application/x"/></Types>'
    _rezipped(path, {
        "xl/calcChain.xml": b'<calcChain><c r="F4" i="1"/></calcChain>',
        "[Content_Types].xml": types.replace("</Types>", chain).encode(),
    })  # fmt: skip
    form = register(home, path, Sent("民政")).form
    with people_of(home, None) as (people, connection):
        fill(home, connection, form, people, tmp_path / "out.xlsx")
    with ZipFile(tmp_path / "out.xlsx") as file:
        assert "xl/calcChain.xml" not in file.namelist()
        assert b"calcChain" not in file.read("[Content_Types].xml")


def test_what_stands_above_the_table_is_filled_where_known(home: Home, tmp_path: Path) -> None:
    divisions = home.root / "divisions.csv"
    with divisions.open("a", encoding="utf-8") as file:
        file.write("510108019006,测试社区,community,510108019000,2020-01-01,\n")
    book = Workbook()
    drawn = book.active
    drawn["A1"] = "花名册"
    drawn["A2"] = "填报单位（盖章）：            填报日期：    年  月  日      单位：人"
    drawn.merge_cells("A2:D2")
    drawn["A3"], drawn["C3"] = "网格员：", "审核人："
    for column, header in enumerate(("序号", "姓名", "性别", "身份证号码"), 1):
        drawn.cell(4, column, header)
        drawn.cell(5, column).border = Border(left=Side(style="thin"))
    drawn["A6"] = "填表人：        审核人：        统计日期：  年  月"
    sheet = _filled(home, book, tmp_path)
    assert sheet["A2"].value.split() == [
        "填报单位（盖章）：测试社区", "填报日期：2026年1月1日", "单位：人",
    ]  # fmt: skip
    assert (sheet["B3"].value, sheet["D3"].value) == ("周敏", None)
    assert sheet["A8"].value == "填表人：        审核人：        统计日期：2026年1月"
    form = load_form(home, "花名册")
    (own,) = [one for one in form.sheets[0].tops if one.label == "填表人"]
    assert own.item == ""


def test_who_fills_it_in_is_the_officers_word(home: Home, tmp_path: Path) -> None:
    book, drawn = _sheet()
    drawn["A4"] = "合计"
    _filled(home, book, tmp_path)
    form = load_form(home, "花名册")
    sheet = form.sheets[0]
    tops = tuple(one.model_copy(update={"value": "=李四"}) for one in sheet.tops)
    save_form(home, form.model_copy(update={"sheets": (sheet.model_copy(update={"tops": tops}),)}))
    book.save(tmp_path / "花名册.xlsx")
    again = _filled(home, book, tmp_path)  # registered once more: the word stays
    assert again["A7"].value == "填表人：=李四"


def filled_until(step: str, root: Path, out: Path) -> None:
    """Fill the form, and be killed instead of taking the step."""
    setattr(reports.fill, step, kill_oneself)
    home = open_home(root)
    with people_of(home, None) as (people, connection):
        fill(home, connection, load_form(home, "花名册"), people, out)


@pytest.mark.parametrize("step", ["write_package", "_write_origins"])
def test_a_filling_that_is_killed_leaves_no_half_a_form(
    home: Home, tmp_path: Path, step: str
) -> None:
    book, _ = _sheet()
    _filled(home, book, tmp_path)
    out, other = tmp_path / "out.xlsx", tmp_path / "killed.xlsx"
    whole = out.read_bytes()
    assert ended(filled_until, step, home.root, other) == -signal.SIGKILL
    assert not other.exists() or other.read_bytes() == whole
    form = load_form(home, "花名册")
    with people_of(home, None) as (people, connection):
        fill(home, connection, form, people, other)
    assert other.read_bytes() == whole
    assert origins_path(other).read_bytes() == origins_path(out).read_bytes()
    assert not list(tmp_path.glob(".*.tmp"))


def test_a_form_about_nobody_is_filled_with_nobody(home: Home, tmp_path: Path) -> None:
    book, _ = _sheet(("所属社区", "姓名", "身份证号码"))
    sheet = _filled(home, book, tmp_path, Sent("民政", population="age > 140"))
    assert sheet["B3"].value is None


@pytest.mark.parametrize(
    "population",
    ["grid_name = 第九十九网格", f"grid_code in {GRID}|510108019006099", "compound != 无名苑",
     "community_code = 110101001001", "building = 九十九栋", "label:低宝"],
)  # fmt: skip
def test_a_place_or_a_label_nobody_knows_is_no_empty_list(
    population: str, home: Home, tmp_path: Path
) -> None:
    book, _ = _sheet()
    book.save(tmp_path / "花名册.xlsx")
    with pytest.raises(ConfigError, match="not known") as refused:
        register(home, tmp_path / "花名册.xlsx", Sent("民政", population=population))
    assert "510108019006099" not in refused.value.zh or GRID in refused.value.zh, "what there is"
    assert not (home.root / "forms").exists() or not [*(home.root / "forms").iterdir()]
    form = register(home, tmp_path / "花名册.xlsx", Sent("民政")).form
    wrong = form.model_copy(update={"population": population})  # as an officer may write it
    with people_of(home, None) as (people, connection), pytest.raises(ConfigError):
        fill(home, connection, wrong, people, tmp_path / "out.xlsx")
    assert not (tmp_path / "out.xlsx").exists()


def test_a_compound_that_is_there_chooses_its_people(home: Home, tmp_path: Path) -> None:
    book, _ = _sheet()
    sheet = _filled(home, book, tmp_path, Sent("民政", population=f"compound = {COMPOUND}"))
    assert sheet["B3"].value is not None


def test_whose_grid_nobody_knows_is_told_where_a_scope_is_empty(home: Home) -> None:
    with working(home) as work:
        work.connection.execute("UPDATE resident SET grid_code = NULL WHERE name = '张五'")
        work.close()
        publish_work(work)
    with pytest.raises(NotFoundError) as refused, people_of(home, "110101"):
        pass
    assert "1 位居民没有网格" in refused.value.zh
    assert "divisions" in refused.value.zh
