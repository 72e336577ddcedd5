"""Tables of counts as people draw them: a sum above the grids, groups of which others are part."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook

from hub.errors import ConfigError
from hub.settings import Home
from reports.conditions import parse_population
from reports.counted import counted
from reports.doubts import remarks
from reports.fill import FillReport, fill
from reports.form_file import Line, Sheet
from reports.people import LABELS, People, _with_age, people_of
from reports.register import Sent, register
from reports.row_places import unknown_places
from reports.summary_sheet import counts, of_unknown_kind, write_summary
from tests.cli.small_home import GRID
from tests.reports.conftest import Hub


def drawn(folder: Path) -> Path:
    book = Workbook()
    sheet = book.active
    sheet["A1"] = "各网格老年人口统计表"
    sheet.merge_cells("A1:H1")
    for cells, text in (
        ("A2:A3", "网格名称"), ("B2:D2", "60岁及以上"), ("E2:F2", "其中：80岁以上"),
        ("G2:G3", "独居老人（人）"), ("H2:H3", "低保户（户）"),
    ):  # fmt: skip
        sheet.merge_cells(cells)
        sheet[cells[:2]] = text
    for letter, text in zip("BCDEF", ["合计", "男", "女", "男", "女"], strict=True):
        sheet[f"{letter}3"] = text
    sheet["A4"] = "合计"
    sheet["A8"] = "注：数据截至月底。"
    file = folder / "老年统计.xlsx"
    book.save(file)
    return file


def test_a_group_is_part_of_the_group_before_it(home: Home, tmp_path: Path) -> None:
    (sheet,) = register(home, drawn(tmp_path), Sent("民政")).form.sheets
    assert [(one.when, one.count) for one in sheet.across] == [
        ("age >= 60", "residents"), ("age >= 60 & sex_code = 1", "residents"),
        ("age >= 60 & sex_code = 2", "residents"), ("age >= 80 & sex_code = 1", "residents"),
        ("age >= 80 & sex_code = 2", "residents"), ("label:独居", "residents"),
        ("label:低保", "households"),
    ]  # fmt: skip


def test_below_a_sum_every_grid_has_a_row(home: Home, tmp_path: Path) -> None:
    made = register(home, drawn(tmp_path), Sent("民政")).form
    with people_of(home, None) as (people, connection):
        fill(home, connection, made, people, tmp_path / "out.xlsx")
    rows = list(load_workbook(tmp_path / "out.xlsx").active.iter_rows(min_row=4, values_only=True))
    told = [row for row in rows[1:] if row[1] is not None]
    assert rows[0][0] == "合计"
    assert told, "one row a grid"
    assert all(row[0] for row in told)
    assert list(rows[0][1:]) == [sum(column) for column in zip(*(r[1:] for r in told), strict=True)]
    assert rows[-1][0] == "注：数据截至月底。"


def test_rows_are_part_of_the_row_before_them(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    for row in (
        ["类别", "户数", "人数"],
        ["低保对象"],
        ["其中：残疾人"],
        ["其中：女"],
        ["特困人员"],
    ):
        book.active.append(row)
    book.save(tmp_path / "困难.xlsx")
    (sheet,) = register(home, tmp_path / "困难.xlsx", Sent("民政")).form.sheets
    assert [one.when for one in sheet.down] == [
        "label:低保", "label:低保 & label:残疾", "label:低保 & sex_code = 2", "label:特困",
    ]  # fmt: skip


def test_a_code_is_written_where_the_header_asks_for_one(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["姓名", "身份证号码", "文化程度代码", "文化程度"])
    book.save(tmp_path / "档案.xlsx")
    (sheet,) = register(home, tmp_path / "档案.xlsx", Sent("卫健")).form.sheets
    assert [one.codes for one in sheet.columns[2:]] == ["codes", "words"]


def test_more_grids_than_rows_leave_the_row_of_sums_its_own() -> None:
    cells = "".join(f'<row r="{n}"><c r="A{n}"/><c r="B{n}"/></row>' for n in (1, 2, 3))
    total = '<row r="4"><c r="A4" t="inlineStr"><is><t>合计</t></is></c><c r="B4"/></row>'
    xml = f"<worksheet><sheetData>{cells}{total}</sheetData></worksheet>"
    sheet = Sheet(sheet="x", kind="summary", header=(1, 1), body=(2, 3), total=4,
                  across=(Line(at="B", header="人数"),))  # fmt: skip
    lines = [Line(at=str(2 + n), header=f"第{n}网格", when="grid_code = 1") for n in range(5)]
    numbers = {(one.at, "B"): 10 + n for n, one in enumerate(lines)}
    written = b"".join(write_summary(xml, sheet, lines, numbers)[1]).decode()
    rows = re.findall(r'<row r="(\d+)".*?</row>', written)
    sums = re.search(r'<row r="7".*?</row>', written)
    assert rows == ["1", "2", "3", "4", "5", "6", "7"]
    assert sums is not None
    assert "合计" in sums[0]
    assert f"<v>{sum(numbers.values())}</v>" in sums[0]


def test_the_sum_of_labels_is_whoever_has_one(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    for row in (
        ["类别", "男", "女", "合计"],
        ["低保对象"],
        ["其中：60岁以上"],
        ["特困人员"],
        ["合计"],
    ):
        book.active.append(row)
    book.save(tmp_path / "困难.xlsx")
    (sheet,) = register(home, tmp_path / "困难.xlsx", Sent("民政")).form.sheets
    assert [one.when for one in sheet.down][-1] == "label:低保|特困"
    assert [one.when for one in sheet.across][-1] == ""  # of either sex: everybody


def test_old_people_with_a_label_are_old() -> None:
    assert counted(("低保老人",)).when == "label:低保 & age >= 60"
    assert counted(("80岁以上低保老人",)).when == "age >= 80 & label:低保"
    assert counted(("独居老人",)).when == "label:独居"
    assert counted(("6-11岁", "男孩")).when == "age >= 6 & age <= 11 & sex_code = 1"


def test_who_is_told_of_personal_data_has_some(home: Home, hub: Hub, tmp_path: Path) -> None:
    register(home, drawn(tmp_path), Sent("民政"))
    assert (
        "个人信息"
        not in hub("form", "fill", "老年统计", "--out", tmp_path / "o.xlsx", home=home).out
    )


def _by_place(folder: Path, stub: list[str], rows: list[list[str]]) -> Path:
    book = Workbook()
    for row in ([*stub, "总人数", "女"], *rows):
        book.active.append(row)
    book.save(folder / "分布.xlsx")
    return folder / "分布.xlsx"


def test_rows_that_name_a_grid_are_that_grid(home: Home, hub: Hub, tmp_path: Path) -> None:
    named = ["1号网格", "第一 网格", "甲社区01网格", GRID, "幸福里网格", "60岁以上", "合计"]
    file = _by_place(tmp_path, ["序号", "网格名称"], [[str(n), one] for n, one in enumerate(named)])
    ran = hub("form", "register", file, "--department", "民政", home=home)
    assert "留空：幸福里网格。" in ran.out
    out = tmp_path / "out.xlsx"
    told = hub("form", "fill", "分布", "--out", out, "--json", home=home).json
    assert told["unnamed"] == ["幸福里网格"]
    rows = {row[1]: row[2:] for row in load_workbook(out).active.iter_rows(values_only=True)}
    whole = rows["1号网格"]
    assert whole[0]
    assert rows["第一 网格"] == rows["甲社区01网格"] == rows[GRID] == whole
    assert rows["幸福里网格"] == (None, None)
    assert None not in rows["60岁以上"]


def test_rows_that_name_a_compound_or_a_community_and_its_grid(home: Home, tmp_path: Path) -> None:
    file = _by_place(tmp_path, ["小区名称"], [["龙港花园小区"], ["老年公寓"], ["其中：60岁以上"]])
    (sheet,) = register(home, file, Sent("民政")).form.sheets
    assert [one.when for one in sheet.down][:2] == [
        "compound = 龙港花园小区",
        "compound = 老年公寓",
    ]
    with people_of(home, None) as (people, _):
        _, numbers = counts(sheet, people, "residents")
        assert unknown_places(sheet.down, people) == ["老年公寓"]
    assert [numbers[one.at, "B"] is None for one in sheet.down][:2] == [False, True]
    file = _by_place(
        tmp_path, ["社区", "网格"], [["甲社区", "第一网格"], ["甲社区", "第二网格"], ["合计", ""]]
    )
    (sheet,) = register(home, file, Sent("民政")).form.sheets
    assert [one.when for one in sheet.down] == [
        "grid_name = 甲社区第一网格", "grid_name = 甲社区第二网格", "",
    ]  # fmt: skip
    assert sheet.stub == "B"
    with people_of(home, None) as (people, _):
        for called, unknown in (("甲社区居委会", 1), ("乙社区", 2)):
            named = replace(people, places=people.places | {"510108019006": called})
            assert len(unknown_places(sheet.down, named)) == unknown


def test_two_grids_of_one_name_are_not_guessed_between(home: Home) -> None:
    with people_of(home, None) as (people, _):
        frame = people.frame.with_columns(
            grid_code=pl.Series([f"51010801900{n % 2}001" for n in range(people.frame.height)]),
            grid_name=pl.lit("第一网格"),
        )
        line = Line(at="4", header="第一网格", when="grid_name = 第一网格")
        assert unknown_places([line], people.of(frame)) == ["第一网格"]


def test_rows_that_name_a_community(home: Home, tmp_path: Path) -> None:
    file = _by_place(tmp_path, ["社区名称"], [["甲社区"], ["无名社区"]])
    (sheet,) = register(home, file, Sent("民政")).form.sheets
    assert [one.when for one in sheet.down] == [
        "community_code = 甲社区", "community_code = 无名社区",
    ]  # fmt: skip
    with people_of(home, None) as (people, _):
        named = replace(people, places=people.places | {"510108019006": "甲社区居委会"})
        assert unknown_places(sheet.down, named) == ["无名社区"]
        _, numbers = counts(sheet, named, "residents")
    assert numbers["2", "B"]
    assert numbers["3", "B"] is None


def test_what_an_officer_said_of_a_row_stays_in_a_later_version(home: Home, tmp_path: Path) -> None:
    file = _by_place(tmp_path, ["网格名称"], [["幸福里网格"], ["第一网格"]])
    done = register(home, file, Sent("民政"))
    text = done.path.read_text(encoding="utf-8")
    done.path.write_text(
        text.replace("when: grid_name = 幸福里网格", f"when: grid_code = {GRID}"), encoding="utf-8"
    )
    file = _by_place(tmp_path, ["网格名称"], [["第一网格"], ["第三网格"], ["幸福里网格"]])
    again = register(home, file, Sent("民政"))
    assert [one.zh for one in again.differences] == ["新增一行“第三网格”"]
    (sheet,) = again.form.sheets
    assert [one.when for one in sheet.down] == [
        "grid_name = 第一网格", "grid_name = 第三网格", f"grid_code = {GRID}",
    ]  # fmt: skip


def test_a_code_beside_the_name_is_the_grid(home: Home, tmp_path: Path) -> None:
    file = _by_place(tmp_path, ["网格编码", "网格名称"], [[GRID, "第九网格"], ["合计", ""]])
    (sheet,) = register(home, file, Sent("民政")).form.sheets
    assert [one.when for one in sheet.down] == [f"grid_code = {GRID}", ""]


def test_of_whom_is_said_in_the_same_cell(home: Home, tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["网格名称", "低保", "（其中：男）", "80岁以上其中：女"])
    book.save(tmp_path / "同格.xlsx")
    (sheet,) = register(home, tmp_path / "同格.xlsx", Sent("民政")).form.sheets
    assert [one.when for one in sheet.across] == [
        "label:低保", "label:低保 & sex_code = 1", "age >= 80 & sex_code = 2",
    ]  # fmt: skip


def test_nobody_of_a_label_that_nobody_gives_is_not_none(home: Home, tmp_path: Path) -> None:
    """Where some platform grants the label nobody is 0; where none does nobody can tell."""
    book = Workbook()
    for row in (["网格", "低保人数", "孤儿人数"], [GRID]):
        book.active.append(row)
    book.save(tmp_path / "困难.xlsx")
    (sheet,) = register(home, tmp_path / "困难.xlsx", Sent("民政")).form.sheets
    assert [one.when for one in sheet.across] == ["label:低保", "label:孤儿"]
    with people_of(home, None) as (people, _):
        nobody = people.of(
            people.frame.with_columns(labels=pl.lit(None, people.frame["labels"].dtype))
        )
        told = [list(counts(sheet, one, "residents")[1].values()) for one in (people, nobody)]
        assert set(nobody.value("label:低保")) == {False}
    assert [one[:2] for one in told] == [[1, None], [0, None]]


def test_disabled_people_by_kind(home: Home, tmp_path: Path) -> None:
    """Whose kind nobody tells is in none of them, and is told; where no kind is known: blank."""
    file = _headed(tmp_path, ["网格", "残疾人数", "视力残疾", "残疾类别/肢体"], [GRID])
    (sheet,) = register(home, file, Sent("残联")).form.sheets
    assert [one.when for one in sheet.across[:2]] == ["label:残疾", "label:残疾 & detail:残疾 = 61"]
    with people_of(home, None, {"grid_code", "household_id", "labels"}) as (people, _):
        there = people.of(people.frame.filter(lives_here=True, grid_code=GRID))
    kinds = ["视力二级", "肢体", None]
    for told, wanted, unknown in ((kinds, [3, 1], 1), ([None, None, None], [3, None], 3)):
        labels = [[{"label": "残疾", "detail": one, "platform": "cdpf"}] for one in told]
        frame = pl.concat([there.frame[:1]] * 3).with_columns(
            labels=pl.Series(labels, dtype=LABELS).cast(there.frame["labels"].dtype)
        )
        three = replace(there.of(frame), granted=frozenset({"残疾"}))
        three = three.with_details(["detail:残疾"])
        counted_now = [*counts(sheet, three, "residents")[1].values()]
        assert counted_now[:2] == wanted
        assert of_unknown_kind(sheet, three, "residents") == unknown
    with pytest.raises(ConfigError, match="not understood"):
        parse_population("detail:党员 = 1")
    assert "不知道是哪一类" in "".join(remarks(FillReport("表", of_unknown_kind=2)))


def test_who_is_born_later_in_the_year_is_a_year_younger(home: Home) -> None:
    """Of every day of a year: twelve times a hundred does not fit where a month does."""
    with people_of(home, None) as (people, _):
        pass
    today = people.today
    born = pl.date_range(date(1953, 1, 1), date(1953, 12, 31), eager=True)
    frame = pl.DataFrame({"birth_date": born, "youngest_born": born, "birth_year": [1953] * 365})
    told = _with_age(frame, today)
    for day, age, youngest in told.select("birth_date", "age", "household_youngest").iter_rows():
        later = (day.month, day.day) > (today.month, today.day)
        assert age == youngest == today.year - 1953 - later


def _headed(folder: Path, *rows: list[str], merged: tuple[str, ...] = ()) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for cells in merged:
        book.active.merge_cells(cells)
    book.save(folder / "汇总.xlsx")
    return folder / "汇总.xlsx"


def test_what_is_no_number_of_people_is_not_counted(home: Home, tmp_path: Path) -> None:
    file = _headed(tmp_path, ["网格名称", "总人数", "人口数", "负责人", "联系电话", "备注"],
                   ["第一网格"])  # fmt: skip
    (sheet,) = register(home, file, Sent("统计")).form.sheets
    assert [one.when for one in sheet.across] == ["", "", None, None, None]


def test_a_month_is_filled_and_what_it_is_compared_with_left(home: Home, tmp_path: Path) -> None:
    file = _headed(
        tmp_path, ["指标名称", "计量单位", "代码", "本月", "上月", "同比增减（%）"],
        ["常住人口", "人", "01"], ["常住人口", "万人", "02"], ["常住户数", "户", "03"],
        ["户籍人口", "人", "04"], ["其中：60岁及以上老年人", "人", "05"], ["流动人口", "人", "06"],
    )  # fmt: skip
    (sheet,) = register(home, file, Sent("统计")).form.sheets
    assert [one.when for one in sheet.across] == ["", None, None]
    assert [(one.when, one.count) for one in sheet.down] == [
        ("residents", "residents"), (None, "residents"), ("residents", "households"),
        ("registered", "residents"), ("registered & age >= 60", "residents"),
        ("residence_type_code = 3", "residents"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("units", "rows", "counts"),
    [
        (["户数", "人数"], ["低保户", "低保家庭", "特困人员"], ["residents"] * 3),
        (["数量"], ["低保户", "低保家庭", "特困人员"], ["households", "households", "residents"]),
        (["人数"], ["总户数", "残疾人户数", "残疾人"], ["households", "households", "residents"]),
    ],
)
def test_a_row_named_after_families_is_counted_as_its_columns_say(
    home: Home, tmp_path: Path, units: list[str], rows: list[str], counts: list[str]
) -> None:
    file = _headed(tmp_path, ["类别", *units], *([one] for one in rows))
    (sheet,) = register(home, file, Sent("民政")).form.sheets
    assert [one.count for one in sheet.down] == counts


def test_a_number_in_a_column_of_ages_is_one(home: Home, tmp_path: Path) -> None:
    rows = (["0"], ["1-4"], ["85及以上"], ["合计"])
    file = _headed(tmp_path, ["年龄组（岁）", "男", "女"], *rows)
    (sheet,) = register(home, file, Sent("统计")).form.sheets
    assert [one.when for one in sheet.down] == ["age = 0", "age >= 1 & age <= 4", "age >= 85", ""]


def test_the_ages_of_a_group_hold_for_its_parts(home: Home, tmp_path: Path) -> None:
    file = _headed(
        tmp_path, ["网格", "婚姻状况（20岁以上）", "", "劳动年龄段（16—59岁）", "", "学生"],
        ["", "未婚", "已婚", "男", "女", ""], ["第一网格"], ["第二网格"], ["小计"], ["第三网格"],
        ["小计"], ["总计"], merged=("A1:A2", "B1:C1", "D1:E1", "F1:F2"),
    )  # fmt: skip
    (sheet,) = register(home, file, Sent("统计")).form.sheets
    assert sheet.kind == "summary"
    assert [one.when for one in sheet.across] == [
        "age >= 20 & marital_code = 10", "age >= 20 & marital_code = 20",
        "age >= 16 & age <= 59 & sex_code = 1", "age >= 16 & age <= 59 & sex_code = 2",
        "employment_code = 31",
    ]  # fmt: skip
    assert [(one.header, one.when) for one in sheet.down][2:] == [
        ("小计", None), ("第三网格", "grid_name = 第三网格"), ("小计", None), ("合计", ""),
    ]  # fmt: skip


def test_a_row_each_compound_with_its_number(home: Home, tmp_path: Path) -> None:
    file = _headed(
        tmp_path, ["序号", "小区名称", "实有人口", "", "实有户数"],
        ["", "", "小计", "户籍人口", ""],
        ["1", "", "", "", ""], ["合计"],
        merged=("A1:A2", "B1:B2", "C1:D1", "E1:E2", "A4:B4"),
    )  # fmt: skip
    made = register(home, file, Sent("统计")).form
    assert [one.when for one in made.sheets[0].across] == [
        "residents", "residents & residence_type_code in 1|2", "residents",
    ]  # fmt: skip
    with people_of(home, None) as (people, connection):
        living = people.frame.filter("lives_here")["compound"].drop_nulls().unique().sort()
        fill(home, connection, made, people, tmp_path / "out.xlsx")
    rows = list(load_workbook(tmp_path / "out.xlsx").active.iter_rows(min_row=3, values_only=True))
    assert [row[:2] for row in rows[:-1]] == list(enumerate(living, 1))
    assert rows[-1][0] == "合计"


def test_a_sum_of_labels_one_of_which_is_not_understood(home: Home, tmp_path: Path) -> None:
    file = _headed(tmp_path, ["类别", "人数"], ["低保对象"], ["重点优抚甲类"], ["特困人员"],
                   ["合计"])  # fmt: skip
    (sheet,) = register(home, file, Sent("民政")).form.sheets
    assert [one.when for one in sheet.down] == ["label:低保", None, "label:特困", None]


def test_a_grid_is_found_by_its_name_without_the_community(home: Home) -> None:
    with people_of(home, None) as (people, _):
        named = people.of(people.frame.with_columns(grid_name=pl.lit("甲社区第一网格")))
        line = Line(at="4", header="第一网格", when="grid_name = 第一网格")
        assert unknown_places([line], named) == []


def test_a_sum_of_labels_says_which_of_them_nobody_gives(
    home: Home, hub: Hub, tmp_path: Path
) -> None:
    file = _headed(tmp_path, ["类别", "人数"], ["低保对象"], ["孤儿"], ["合计"])
    said = hub("form", "register", file, "--department", "民政", home=home).out
    assert "合计里没有孤儿" in said
    told = hub("form", "fill", "汇总", "--out", tmp_path / "o.xlsx", "--json", home=home).json
    assert told["ungiven"] == ["孤儿"]


def test_a_band_within_a_band_is_the_narrower(home: Home, tmp_path: Path) -> None:
    assert counted(("15-49岁育龄妇女", "其中：15-19岁")).when == (
        "age >= 15 & sex_code = 2 & age <= 19"
    )
    assert counted(("60岁以上", "60-69岁")).when == "age >= 60 & age <= 69"
    assert counted(("0-17岁", "其中：0-3岁婴幼儿")).when == "age >= 0 & age <= 3"


def test_the_unit_of_a_row_stands_at_its_right(home: Home, tmp_path: Path) -> None:
    file = _headed(tmp_path, ["序号", "项目", "数量", "单位", "其中：女", "占比"],
                   ["1", "60岁以上老年人", "", "人", "", ""], ["2", "低保户", "", "户", "", ""],
                   ["3", "常住人口", "", "万人", "", ""])  # fmt: skip
    (sheet,) = register(home, file, Sent("民政")).form.sheets
    assert [one.when for one in sheet.across] == ["", None, "sex_code = 2", None]
    assert [(one.when, one.count) for one in sheet.down] == [
        ("age >= 60", "residents"), ("label:低保", "households"), (None, "residents"),
    ]  # fmt: skip


def test_rows_that_nobody_understands_are_no_list_of_people(home: Home, tmp_path: Path) -> None:
    """It was filled with everybody, a row each, and the sum counted them."""
    file = _headed(tmp_path, ["残疾类别", "人数", "一级", "二级", "未定级"], ["视力残疾甲"],
                   ["听力残疾乙"], ["肢体残疾丙"], ["合计"])  # fmt: skip
    (sheet,) = register(home, file, Sent("残联")).form.sheets
    assert sheet.kind == "summary"
    assert {one.when for one in sheet.down} == {None}


def _living_in(people: People, grids: dict[str, str]) -> People:
    """Everybody in one grid after the other, with its name."""
    codes = [*grids] * people.frame.height
    frame = people.frame.with_columns(
        grid_code=pl.Series(codes[: people.frame.height]), lives_here=pl.lit(value=True)
    )
    return people.of(frame.with_columns(grid_name=pl.col("grid_code").replace(grids)))


THREE_GRIDS = {f"51010801900600{nth}": f"第{one}网格" for nth, one in enumerate("一二三", 1)}


def _filled(home: Home, file: Path, folder: Path) -> tuple[FillReport, list[list[object]]]:
    form = register(home, file, Sent("统计")).form
    with people_of(home, None) as (people, connection):
        lived = _living_in(people, THREE_GRIDS)
        report = fill(home, connection, form, lived, folder / "out.xlsx")
    rows = load_workbook(folder / "out.xlsx").active.iter_rows(values_only=True)
    return report, [list(row) for row in rows]


def test_a_sum_is_of_the_rows_above_it(home: Home, tmp_path: Path) -> None:
    """Of two of three grids the sum said everybody."""
    file = _headed(tmp_path, ["网格", "总人数", "男"], ["第一网格"], ["第三网格"], ["合计"])
    report, rows = _filled(home, file, tmp_path)
    first, second, total = ([int(str(one)) for one in row[1:]] for row in rows[1:])
    assert total == [one + other for one, other in zip(first, second, strict=True)]
    with people_of(home, None) as (people, _):
        everybody = people.frame.height
    assert report.outside == everybody - total[0] > 0


def test_an_officer_may_sum_up_everybody(home: Home, tmp_path: Path) -> None:
    file = _headed(tmp_path, ["网格", "总人数"], ["第一网格"], ["第三网格"], ["合计"])
    path = register(home, file, Sent("统计")).path
    text = path.read_text(encoding="utf-8").replace("header: 合计", "header: 合计, when: residents")
    path.write_text(text, encoding="utf-8")
    report, rows = _filled(home, file, tmp_path)
    with people_of(home, None) as (people, _):
        assert rows[3][1] == people.frame.height
    assert report.outside == 0


def test_a_sum_of_bands_leaves_out_who_is_in_none_and_says_so(
    home: Home, hub: Hub, tmp_path: Path
) -> None:
    file = _headed(tmp_path, ["年龄", "人数"], ["60-69岁"], ["70-79岁"], ["合计"])
    said = hub("form", "register", file, "--department", "民政", home=home).out
    assert "“60-69岁”至“70-79岁” 2 行之和" in said
    assert "人不在任何一行里" in said
    said = hub("form", "fill", "汇总", "--out", tmp_path / "o.xlsx", home=home).out
    assert "人不在任何一行里" in said
    rows = [row[1] for row in load_workbook(tmp_path / "o.xlsx").active.iter_rows(values_only=True)]
    assert rows == ["人数", 0, 1, 1]


def test_a_sum_of_a_part_is_of_the_rows_since_the_sum_above_it(home: Home, tmp_path: Path) -> None:
    file = _headed(tmp_path, ["网格", "总人数"], ["第一网格"], ["第二网格"], ["小计"], ["第三网格"],
                   ["小计"], ["总计"])  # fmt: skip
    report, rows = _filled(home, file, tmp_path)
    one, two, first, three, second, total = (int(str(row[1])) for row in rows[1:])
    assert (first, second, total) == (one + two, three, one + two + three)
    assert report.blank_rows == []


def test_a_sum_above_its_rows_is_left_and_told_each_time(home: Home, tmp_path: Path) -> None:
    file = _headed(tmp_path, ["网格", "总人数"], ["小计"], ["第一网格"], ["小计"], ["第二网格"],
                   ["总计"])  # fmt: skip
    report, rows = _filled(home, file, tmp_path)
    assert [rows[1][1], rows[3][1]] == [None, None]
    assert report.blank_rows == ["第 2 行“小计”", "第 4 行“小计”"]
    assert rows[5][1] == int(str(rows[2][1])) + int(str(rows[4][1]))


def test_a_sum_of_the_rows_of_one_name(home: Home, tmp_path: Path) -> None:
    """The part of a group counted everybody where its name is a heading."""
    file = _headed(tmp_path, ["类别", "分项", "人数"], ["性别", "男"], ["", "女"], ["", "小计"],
                   ["年龄", "60-69岁"], ["", "70-79岁"], ["", "小计"], ["总计"],
                   merged=("A2:A4", "A5:A7"))  # fmt: skip
    _, rows = _filled(home, file, tmp_path)
    men, women, both, old, older, either, _ = (int(str(row[2])) for row in rows[1:])
    assert (both, either) == (men + women, old + older)


def test_a_share_of_two_columns_of_the_table(home: Home, hub: Hub, tmp_path: Path) -> None:
    file = _headed(
        tmp_path,
        ["网格", "总人口", "男", "占总人口比例（%）", "70岁以上", "占总人口的比重(%)", "占比（%）"],
        ["第一网格"], ["第二网格"], ["合计"],
    )  # fmt: skip
    book = load_workbook(file)
    book.active["F4"].number_format = "0.00%"
    book.save(file)
    report, rows = _filled(home, file, tmp_path)
    for row, whole in zip(rows[1:], (100, 100, 1), strict=True):  # the last shows 0.5 as 50 %
        _, everybody, men, of_men, old, of_old, unknown = row
        assert of_men == round(100 * int(str(men)) / int(str(everybody)), 2)
        assert of_old == pytest.approx(whole * int(str(old)) / int(str(everybody)), abs=0.005)
        assert unknown is None
    assert [one.header for one in report.columns if one.filled < one.applies] == ["占比(%)"]
    said = hub("form", "register", file, "--department", "统计", home=home).out
    assert "“男”占“总人口”的百分比" in said
    assert "请核对：占比(%)。" in said


def test_the_share_of_the_sum_is_no_sum_of_shares(home: Home, tmp_path: Path) -> None:
    file = _headed(tmp_path, ["网格名称", "总人口", "男", "占总人口比例（%）"], [""], [""], [""],
                   ["合计"])  # fmt: skip
    _, rows = _filled(home, file, tmp_path)
    _, everybody, men, told = rows[4]
    assert rows[4][0] == "合计"
    assert told == round(100 * int(str(men)) / int(str(everybody)), 2)


def test_rows_below_a_sum_are_rows_too(home: Home, tmp_path: Path) -> None:
    """They were left blank, and it was said that all was filled."""
    file = _headed(tmp_path, ["项目", "人数"], ["男"], ["女"], ["合计"], ["60-69岁"], ["70-79岁"],
                   ["合计"], ["总计"])  # fmt: skip
    _, rows = _filled(home, file, tmp_path)
    men, women, both, old, older, either, _ = (int(str(row[1])) for row in rows[1:])
    assert (both, either) == (men + women, old + older)
    file = _headed(tmp_path, ["网格", "人数"], ["第一网格"], ["小计"], ["第二网格"], ["第三网格"],
                   ["注：以上为常住人口"])  # fmt: skip
    _, rows = _filled(home, file, tmp_path)
    one, first, two, three = (int(str(row[1])) for row in rows[1:5])
    assert one == first
    assert two
    assert three
    assert rows[5][1] is None


@pytest.mark.parametrize(
    "below", ["以上数据截至月底，由社区核实。", "本表一式两份", "说明：无", "填表人"]
)
def test_a_remark_below_the_sum_is_no_row(home: Home, tmp_path: Path, below: str) -> None:
    wide = () if "：" in below or below == "填表人" else ("A5:B5",)
    file = _headed(tmp_path, ["网格", "人数"], ["第一网格"], ["第二网格"], ["合计"], [below],
                   merged=wide)  # fmt: skip
    (sheet,) = register(home, file, Sent("统计")).form.sheets
    assert (sheet.body, sheet.total) == ((2, 3), 4)


def test_sums_above_their_rows(home: Home, tmp_path: Path) -> None:
    file = _headed(tmp_path, ["网格", "人数"], ["合计"], ["第一网格"], ["第二网格"], ["合计"],
                   ["第三网格"])  # fmt: skip
    _, rows = _filled(home, file, tmp_path)
    first, one, two, second, three = (int(str(row[1])) for row in rows[1:])
    assert (first, second) == (one + two, three)


def test_a_column_of_sums_says_how_many_are_in_no_band(
    home: Home, hub: Hub, tmp_path: Path
) -> None:
    file = _headed(tmp_path, ["网格名称", "60-69岁", "70岁以上", "合计"], [""], ["合计"])
    assert hub("form", "register", file, "--department", "民政", home=home).code == 0
    ran = hub("form", "fill", "汇总", "--out", tmp_path / "o.xlsx", home=home)
    rows = list(load_workbook(tmp_path / "o.xlsx").active.iter_rows(values_only=True))
    everybody, older = rows[-1][3], sum(int(str(one)) for one in rows[-1][1:3])
    assert f"其中{everybody - older}人不在各年龄段的列里" in "".join(ran.out.split())
