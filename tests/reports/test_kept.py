"""What a department drew beside the cells that are filled is still there, and still right."""

from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table

from hub.errors import ConfigError
from hub.settings import Home
from reports.asking import questions
from reports.doubts import doubts, remarks
from reports.fill import fill, measure, origins_path
from reports.form_file import FormFile, load_form, save_form
from reports.listed import now_called
from reports.people import people_of
from reports.register import Sent, register
from reports.sheet_ranges import shifted_part
from reports.sheet_rows import Shift
from tests.cli.small_home import WANG_NUMBER, ZHANG_NUMBER
from tests.reports.conftest import Hub

NEWER = (
    '<extLst><ext xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main" '
    'uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"><x14:dataValidations '
    'xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main" count="1">'
    '<x14:dataValidation type="list" allowBlank="1"><x14:formula1><xm:f>字典!$A$1:$A$2</xm:f>'
    "</x14:formula1><xm:sqref>C4</xm:sqref></x14:dataValidation></x14:dataValidations></ext>"
    "</extLst></worksheet>"
)
HEADERS = ("序号", "姓名", "性别", "身份证号码", "是否独居", "月标准（元）", "全年（元）")


def _drawn() -> Workbook:
    """A list of one empty row with a row of sums, words for a drop-down beside it, a summary."""
    book = Workbook()
    sheet = book.active
    sheet.title = "花名册"
    sheet["A1"] = "补贴花名册"
    sheet.merge_cells("A1:G1")
    sheet["A2"] = "填报日期："
    sheet["B2"] = "=TODAY()"
    for column, header in enumerate(HEADERS, 1):
        sheet.cell(3, column, header)
    sheet["G4"] = "=F4*12"
    sheet["A5"], sheet["B5"], sheet["G5"] = "合计", "=COUNTA(B4:B4)", "=SUM(G4:G4)"
    sheet["A6"] = "填表人："
    sheet["A6"].comment = Comment("本人签字", "民政局")
    sheet["A7"] = "政策"
    sheet["A7"].hyperlink = "http://example.cn"
    for row, word in enumerate(("选项", "有", "无"), 1):
        sheet[f"Z{row}"] = word
    rule = DataValidation(type="list", formula1="$Z$2:$Z$3")
    rule.add("E4")
    sheet.add_data_validation(rule)
    sheet.conditional_formatting.add("A4:G4", FormulaRule(["$G4>$G$5"], font=Font(bold=True)))
    other = book.create_sheet("汇总")
    other["A1"], other["B1"] = "人数", "=COUNTA(花名册!B4:B4)"
    other["A2"], other["B2"] = "全年", "='花名册'!G5"
    return book


def _filled(home: Home, book: Workbook, tmp_path: Path) -> tuple[FormFile, Path]:
    book.save(tmp_path / "表.xlsx")
    return _filled_file(home, tmp_path / "表.xlsx", tmp_path)


def _filled_file(home: Home, file: Path, tmp_path: Path) -> tuple[FormFile, Path]:
    form = register(home, file, Sent("民政")).form
    with people_of(home, None) as (people, connection):
        fill(home, connection, form, people, tmp_path / "out.xlsx")
    return form, tmp_path / "out.xlsx"


def test_formulas_go_on_for_every_row_and_speak_of_all_rows(home: Home, tmp_path: Path) -> None:
    form, out = _filled(home, _drawn(), tmp_path)
    assert [one.sheet for one in form.sheets] == ["花名册"]  # formulas are no headers
    assert form.sheets[0].columns[-1].item == "remark"
    assert any("公式" in one and "全年" in one for one in doubts(form))
    book = load_workbook(out)
    sheet, other = book["花名册"], book["汇总"]
    assert [sheet[f"G{row}"].value for row in (4, 5, 6)] == ["=F4*12", "=F5*12", "=F6*12"]
    assert (sheet["B7"].value, sheet["G7"].value) == ("=COUNTA(B4:B6)", "=SUM(G4:G6)")
    assert (other["B1"].value, other["B2"].value) == ("=COUNTA(花名册!B4:B6)", "='花名册'!G7")
    assert sheet["B2"].value == "=TODAY()"
    assert book.calculation.fullCalcOnLoad


def test_what_formulas_came_to_before_is_not_kept(home: Home, tmp_path: Path) -> None:
    _drawn().save(tmp_path / "表.xlsx")
    file = tmp_path / "旧.xlsx"
    with ZipFile(tmp_path / "表.xlsx") as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name).replace(b"</f><v></v>", b"</f><v>0</v>")
            new.writestr(name, part.replace(b"</f><v />", b"</f><v>0</v>"))
    book = load_workbook(file, data_only=True)
    assert (book["花名册"]["B5"].value, book["汇总"]["B1"].value) == (0, 0)
    _, out = _filled_file(home, file, tmp_path)
    book = load_workbook(out, data_only=True)
    assert (book["花名册"]["B7"].value, book["汇总"]["B1"].value) == (None, None)


def test_words_of_a_drop_down_beside_the_table_stay_and_are_used(
    home: Home, tmp_path: Path
) -> None:
    form, out = _filled(home, _drawn(), tmp_path)
    assert [one.header for one in form.sheets[0].columns][:2] == ["序号", "姓名"]
    alone = form.sheets[0].columns[4]
    assert (alone.item, alone.yes, alone.no) == ("label:独居", "有", "无")
    sheet = load_workbook(out)["花名册"]
    assert [sheet[f"Z{row}"].value for row in range(1, 4)] == ["选项", "有", "无"]
    rule = sheet.data_validations.dataValidation[0]
    assert (str(rule.sqref), rule.formula1) == ("E4:E6", "$Z$2:$Z$3")


def test_remarks_links_conditions_and_tables_move_with_their_cells(
    home: Home, tmp_path: Path
) -> None:
    book = _drawn()
    book["花名册"].add_table(Table(displayName="名单", ref="A3:G4"))
    _, out = _filled(home, book, tmp_path)
    sheet = load_workbook(out)["花名册"]
    assert sheet["A8"].comment.text == "本人签字"
    assert sheet["A9"].hyperlink.target == "http://example.cn"
    assert sheet.tables["名单"].ref == "A3:G6"
    (area,) = sheet.conditional_formatting
    assert (str(area.sqref), area.rules[0].formula) == ("A4:G6", ["$G4>$G$7"])


def test_pictures_below_the_table_move_with_it() -> None:
    shift = Shift(4, 4, 3)
    drawn = "<xdr:from><xdr:col>1</xdr:col><xdr:row>{}</xdr:row></xdr:from>"
    assert shifted_part(drawn.format(0), shift) == drawn.format(0)
    assert shifted_part(drawn.format(4), shift) == drawn.format(6)
    older = "<x:Anchor>1, 15, {}, 2, 3, 54, {}, 4</x:Anchor><x:Row>{}</x:Row>"
    assert shifted_part(older.format(5, 9, 5), shift) == older.format(7, 11, 7)


def test_a_drop_down_from_another_sheet_is_read_and_grows(home: Home, tmp_path: Path) -> None:
    book = _drawn()
    other = book.create_sheet("字典")
    other["A1"], other["A2"] = "男性", "女性"
    book.save(tmp_path / "旧.xlsx")
    with ZipFile(tmp_path / "旧.xlsx") as old, ZipFile(tmp_path / "表.xlsx", "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                part = part.replace(b"</worksheet>", NEWER.encode())
            new.writestr(name, part)
    form, out = _filled_file(home, tmp_path / "表.xlsx", tmp_path)
    codes: Any = form.sheets[0].columns[2].codes
    assert codes == {"1": "男性", "2": "女性"}
    with ZipFile(out) as filled:
        assert b"<xm:sqref>C4:C6</xm:sqref>" in filled.read("xl/worksheets/sheet1.xml")


def test_people_side_by_side_fill_one_half_after_the_other(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "签领表"
    sheet["A1"] = "签领表"
    sheet.merge_cells("A1:F1")
    for column, header in enumerate(("序号", "姓名", "联系电话") * 2, 1):
        sheet.cell(2, column, header)
    for row in (3, 4):
        sheet.cell(row, 1, row - 2)
        sheet.cell(row, 4, row)
        sheet.cell(row, 7, "备用")
    sheet["A5"] = "经办人："
    form, out = _filled(home, book, tmp_path)
    assert [one.item for one in form.sheets[0].columns] == ["seq", "name", "phone"] * 2
    filled = load_workbook(out)["签领表"]
    names = [filled[at].value for at in ("B3", "B4", "E3", "E4")]
    assert {*names} == {"张三丰", "王小红", "张五", None}
    assert [filled[at].value for at in ("A3", "A4", "D3", "D4")] == [1, 2, 3, None]
    assert filled["A5"].value == "经办人："
    with people_of(home, None) as (people, _):
        assert measure(form, people).asked == 6
    origins = origins_path(out).read_text(encoding="utf-8-sig")
    assert "签领表,E3,姓名" in origins
    assert "签领表,E4,姓名" not in origins


def _lists(home: Home, tmp_path: Path, *names: str) -> FormFile:
    """A workbook with a list on each sheet."""
    book = Workbook()
    for nth, name in enumerate(names):
        sheet = book.active if not nth else book.create_sheet()
        sheet.title = name
        sheet.append([f"{name}登记表"])
        sheet.append(["序号", "姓名", "银行账号"])
    book.save(tmp_path / "台账.xlsx")
    return register(home, tmp_path / "台账.xlsx", Sent("民政")).form


def test_each_sheet_holds_those_whom_it_is_called_by(home: Home, tmp_path: Path) -> None:
    form = _lists(home, tmp_path, "低保", "女性", "甲网格", "其他", "示例")
    assert [one.sheet for one in form.sheets] == ["低保", "女性", "甲网格", "其他"]
    assert [bool(one.when) for one in form.sheets] == [True, True, True, False]
    (said,) = [one for one in doubts(form) if "工作表" in one]
    assert "“其他”" in said
    assert "低保" not in said.partition("例如")[0]
    with people_of(home, None) as (people, connection):
        report = fill(home, connection, form, people, tmp_path / "out.xlsx")
        asked = questions([form], people)
    book = load_workbook(tmp_path / "out.xlsx")
    held = {one: [row[1] for row in book[one].iter_rows(min_row=3, values_only=True) if row[1]]
            for one in ("低保", "女性", "其他")}  # fmt: skip
    assert set(held["其他"]) == {"张三丰", "王小红", "张五"}
    assert held["低保"] == ["张三丰"]
    assert held["女性"] == ["王小红"]
    assert [one for one in report.unnamed if "甲网格" in one]  # no grid is called so
    assert report.rows == sum(map(len, held.values()))
    assert len(report.residents) == 3
    assert asked.height == 3  # each once, on however many sheets they stand


def test_what_an_officer_says_of_a_sheet_stays(home: Home, tmp_path: Path) -> None:
    form = _lists(home, tmp_path, "低保", "其他")
    sheets = (form.sheets[0], form.sheets[1].model_copy(update={"when": "no label:低保"}))
    save_form(home, form.model_copy(update={"sheets": sheets}))
    again = _lists(home, tmp_path, "低保", "其他")
    assert [one.when for one in again.sheets] == ["label:低保", "no label:低保"]


def test_a_label_that_nobody_gives_is_no_empty_list(home: Home, tmp_path: Path) -> None:
    form = _lists(home, tmp_path, "低保", "孤儿")
    with people_of(home, None) as (people, _):
        (said,) = remarks(measure(form, people))
    assert "没有平台给孤儿的标签" in said


def test_a_second_table_below_is_left_as_it_is_and_told(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "名册"
    for row in (["党员名册"], ["序号", "姓名", "性别"], [1], [2], ["流动党员名册"],
                ["序号", "姓名", "流入地", "联系电话"], [1]):  # fmt: skip
        sheet.append(row)
    form, out = _filled(home, book, tmp_path)
    assert form.sheets[0].body == (3, 4)
    assert any("第 6 行又是表头" in one for one in doubts(form))
    filled = load_workbook(out)["名册"]
    rows = list(filled.iter_rows(min_row=6, max_col=4, values_only=True))
    assert rows == [("流动党员名册", None, None, None), ("序号", "姓名", "流入地", "联系电话"),
                    (1, None, None, None)]  # fmt: skip


def test_nobody_stands_in_a_row_that_is_hidden(home: Home, tmp_path: Path) -> None:
    book = _drawn()
    book["花名册"].row_dimensions[4].hidden = True
    _, out = _filled(home, book, tmp_path)
    sheet = load_workbook(out)["花名册"]
    assert not any(sheet.row_dimensions[row].hidden for row in (4, 5, 6))


def test_several_rows_of_one_person_are_told(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(["姓名", "身份证号", "照片", "监督电话"])
    sheet.merge_cells("A2:A3")
    form, _ = _filled(home, book, tmp_path)
    assert any("上下合并" in one for one in doubts(form))
    assert [one.item for one in form.sheets[0].columns][2:] == ["remark", "remark"]  # nobody asks


@pytest.mark.parametrize("kind", ["sheet.macroEnabled.main+xml", "template.main+xml"])
def test_macros_and_templates_by_the_name_of_xlsx_are_refused(
    kind: str, home: Home, tmp_path: Path
) -> None:
    _drawn().save(tmp_path / "旧.xlsx")
    with ZipFile(tmp_path / "旧.xlsx") as old, ZipFile(tmp_path / "表.xlsx", "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"sheet.main+xml", kind.encode()))
    with pytest.raises(ConfigError) as refused:
        register(home, tmp_path / "表.xlsx", Sent("民政"))
    assert "另存为" in refused.value.zh


def test_whom_a_department_named_keep_their_rows(home: Home, tmp_path: Path, hub: Hub) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "核查表"
    for row in (["核查表"], ["序号", "姓名", "身份证号", "联系电话", "核查结果"],
                [1, "王小红", None, None, "待查"], [2, "没有这人", "51010819530407122X"],
                [3, "张三丰", ZHANG_NUMBER, "旧号码"], [4, "王小明", WANG_NUMBER],
                [5], ["合计", 4], ["核查人："]):  # fmt: skip
        sheet.append(row)
    file = tmp_path / "核查表.xlsx"
    book.save(file)
    ran = hub("form", "register", file, "--department", "民政", "--listed", home=home)
    assert "已写好的 2 人" in ran.out
    assert "第 4、6 行的人对不上" in ran.out.replace("\n", "")
    form = load_form(home, "核查表")
    with people_of(home, None) as (people, connection):
        report = fill(home, connection, form, people, tmp_path / "out.xlsx")
        assert set(questions([form], people)["item"]) == {"other:核查结果"}
        empty = people.of(people.frame.clear())  # a scope in which they are not
        assert measure(form, empty).rows == 0
    assert report.rows == 2
    filled = load_workbook(tmp_path / "out.xlsx")["核查表"]
    rows = list(filled.iter_rows(min_row=3, max_row=9, max_col=5, values_only=True))
    assert [row[:2] for row in rows] == [
        (1, "王小红"), (2, "没有这人"), (3, "张三丰"), (4, "王小明"), (5, None), ("合计", 4),
        ("核查人：", None),
    ]  # fmt: skip
    assert rows[0][2:] == (WANG_NUMBER, rows[0][3], "待查")
    assert rows[2][2:] == (ZHANG_NUMBER, "旧号码", None)
    assert rows[1][3] is rows[3][3] is None
    (sheet_now,) = now_called(form, dict.fromkeys(form.sheets[0].given.values(), "R1")).sheets
    assert sheet_now.given == {3: "R1"}  # both were merged into one, whose row is the first
    origins = origins_path(tmp_path / "out.xlsx").read_text(encoding="utf-8-sig")
    assert "核查表,C3," in origins
    assert "核查表,D5," not in origins  # theirs


def test_a_second_table_of_counts_is_not_counted_as_the_first(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "统计"
    for row in (["人口统计表"], ["网格", "常住人口", "其中：女", "60岁以上", "占比"],
                ["第一网格"], ["第二网格"], ["合计"], [], ["二、残疾人类别"],
                ["网格", "肢体", "视力", "听力"], ["第一网格"], ["填表人："]):  # fmt: skip
        sheet.append(row)
    for row in (3, 4):
        sheet[f"E{row}"] = f"=D{row}/B{row}"
    form, out = _filled(home, book, tmp_path)
    (read,) = form.sheets
    assert [one.at for one in read.down] == ["3", "4", "5"]
    assert [one.at for one in read.across] == ["B", "C", "D"]  # the share is worked out there
    assert any("第 8 行又是表头" in one for one in doubts(form))
    filled = load_workbook(out)["统计"]
    assert [one.value for one in filled[9]][:4] == ["第一网格", None, None, None]
    assert filled["E4"].value == "=D4/B4"


def test_a_sheet_of_any_name_is_spoken_of_elsewhere(home: Home, tmp_path: Path) -> None:
    book = _drawn()
    sheet, other = book["花名册"], book["汇总"]
    sheet.title = "1.低保 & '乙'(一)"
    sheet.print_area = "A1:G6"
    other["B1"] = "=COUNTA('1.低保 & ''乙''(一)'!B4:B4)"
    other["B2"] = "='1.低保 & ''乙''(一)'!G5"
    _, out = _filled(home, book, tmp_path)
    filled = load_workbook(out)
    assert filled.worksheets[0].print_area == "'1.低保 & ''乙''(一)'!$A$1:$G$8"
    other = filled["汇总"]
    assert other["B1"].value == "=COUNTA('1.低保 & ''乙''(一)'!B4:B6)"
    assert other["B2"].value == "='1.低保 & ''乙''(一)'!G7"


def test_a_grids_sheet_counts_that_grid(home: Home, tmp_path: Path) -> None:
    with people_of(home, None) as (people, _):
        grid = str(next(one for one in people.value("grid_name") if one))
    book = Workbook()
    for nth, name in enumerate((grid, "无人网格")):
        sheet = book.active if not nth else book.create_sheet()
        sheet.title = name
        for row in (["人口统计表"], ["年龄段", "人数"], ["60岁以上"], ["60岁以下"], ["合计"]):
            sheet.append(row)
    form, out = _filled(home, book, tmp_path)
    assert [bool(one.when) for one in form.sheets] == [True, True]
    filled = load_workbook(out)
    assert filled[grid]["B5"].value == 2
    assert [filled["无人网格"][f"B{row}"].value for row in (3, 4, 5)] == [None] * 3


def test_a_line_across_the_table_is_no_row_of_it(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "慰问"
    for row in (["慰问登记表"], ["序号", "姓名", "联系电话", "慰问金额"], [1],
                ["合计（大写）：     元  （小写）￥："], ["分管领导：  经办人："]):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("A4:D4")
    form, out = _filled(home, book, tmp_path)
    assert form.sheets[0].body == (3, 3)
    filled = load_workbook(out)["慰问"]
    assert [one.coord for one in filled.merged_cells.ranges] == ["A6:D6"]
    assert str(filled["A6"].value).startswith("合计（大写）")
    assert None not in [filled[f"B{row}"].value for row in (3, 4, 5)]


def test_what_stands_between_the_header_and_the_people_stays(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    sheet.title = "名册"
    for row in (["名册"], ["序号", "姓名", "家庭人口", "是否独居（1是0否）"], ["示例：张三"],
                ["合计", "=COUNTA(B5:B6)"], [1], [2]):  # fmt: skip
        sheet.append(row)
    sheet.merge_cells("A3:D3")
    form, out = _filled(home, book, tmp_path)
    (read,) = form.sheets
    assert (read.body, read.total) == ((5, 6), 4)
    assert (read.columns[3].yes, read.columns[3].no) == ("1", "0")
    filled = load_workbook(out)["名册"]
    assert filled["A3"].value == "示例：张三"
    assert [one.value for one in filled[4]][:2] == ["合计", "=COUNTA(B5:B7)"]
    assert isinstance(filled["C4"].value, int)
    assert {filled[f"B{row}"].value for row in (5, 6, 7)} == {"张三丰", "王小红", "张五"}
    assert {filled[f"D{row}"].value for row in (5, 6, 7)} <= {"1", "0", None}


@pytest.mark.parametrize("nth", [1, 2])
def test_a_hidden_row_of_a_programs_names_stays(nth: int, home: Home, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    rows = [["姓名", "身份证号", "联系电话"]]
    rows.insert(nth - 1, ["XM", "SFZH", "LXDH"])
    for row in rows:
        sheet.append(row)
    sheet.row_dimensions[nth].hidden = True
    form, out = _filled(home, book, tmp_path)
    assert [one.header for one in form.sheets[0].columns] == ["姓名", "身份证号", "联系电话"]
    filled = load_workbook(out).active
    assert [[one.value for one in filled[row]] for row in (1, 2)] == rows
    assert filled.row_dimensions[nth].hidden
    assert {filled[f"A{row}"].value for row in (3, 4, 5)} == {"张三丰", "王小红", "张五"}
    assert not any(filled.row_dimensions[row].hidden for row in (3, 4, 5))


def test_what_a_drop_down_does_not_offer_is_told(home: Home, tmp_path: Path) -> None:
    book = _drawn()
    rule = DataValidation(type="list", formula1='"男,其他"')
    rule.add("C4")
    book["花名册"].add_data_validation(rule)
    book.save(tmp_path / "表.xlsx")
    form = register(home, tmp_path / "表.xlsx", Sent("民政")).form
    with people_of(home, None) as (people, connection):
        report = fill(home, connection, form, people, tmp_path / "out.xlsx")
        women = int((people.value("sex_code") == "2").sum())
    assert [(one.header, one.cells) for one in report.unoffered] == [("性别", women)]
    assert any(f"“性别”{women} 格" in one for one in remarks(report))
