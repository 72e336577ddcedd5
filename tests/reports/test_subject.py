"""Whom a title is about, and whether one condition says more than another."""

from itertools import product
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.settings import Home
from reports.conditions import chosen, parse_population
from reports.doubts import doubts
from reports.register import Sent, register
from reports.subject import group_of, implies, possible_together
from tests.reports.department_forms import write_counts

PARTS = ("age >= 60", "age < 18", "age >= 16 & age <= 59", "age > 80", "age = 7", "sex_code = 1",
         "sex_code in 1|2", "sex_code != 1", "label:低保", "label:低保|残疾", "no label:低保",
         "no label:低保|残疾",
         "residence_type_code = 3", "registered", "")  # fmt: skip
EVERYBODY = pl.DataFrame(
    [
        {"age": age, "age_least": age, "age_most": age, "sex_code": sex, "lives_here": kind != "2",
         "residence_type_code": kind, "died_on": None, "left_on": None,
         "labels": [{"label": one} for one in labels]}
        for age, sex, kind, labels in product(
            (0, 7, 16, 17, 18, 59, 60, 80, 81), ("1", "2", None), ("1", "2", "3"),
            ((), ("低保",), ("残疾",), ("低保", "残疾")))
    ],
    schema_overrides={"died_on": pl.Date, "left_on": pl.Date},
).with_row_index("who")  # fmt: skip
CONDITIONS = st.lists(st.sampled_from(PARTS), min_size=1, max_size=2, unique=True).map(
    lambda parts: " & ".join(filter(None, parts))
)


def who(when: str) -> set[int]:
    everybody = when if "registered" in when else f"{when} & everyone".removeprefix(" & ")
    return {*chosen(EVERYBODY, parse_population(everybody))["who"]}


@given(CONDITIONS, CONDITIONS)
def test_what_is_implied_holds_of_everybody(when: str, group: str) -> None:
    if "registered" not in group and implies(when, group):
        assert who(when) <= who(group)


@given(CONDITIONS, CONDITIONS)
def test_what_is_not_possible_together_is_true_of_nobody(first: str, second: str) -> None:
    if not possible_together(first, second):
        assert not who(first) & who(second)


@pytest.mark.parametrize(
    ("title", "group"),
    [
        ("残疾人基本情况统计表", "label:残疾"),
        ("60岁以上独居老人统计表", "age >= 60 & label:独居"),
        ("残疾儿童康复统计表", "label:残疾 & age < 18"),
        ("育龄妇女和已婚人口统计表", None),
        ("妇女儿童基本情况表", None),
        ("老年人、残疾人统计表", None),
        ("实有人口和流动人口月报", None),
        ("人口基本情况月报", None),
    ],
)
def test_who_is_named_in_a_title(title: str, group: str | None) -> None:
    assert group_of(title) == group


def _counted(
    home: Home, folder: Path, name: str, across: list[str], down: list[str]
) -> list[str | None]:
    lines = {"across": [f"{one} =>" for one in across], "down": [f"{one} =>" for one in down]}
    form = {"name": name, "stub": "类别" if down else "网格", **lines}
    (sheet,) = register(home, write_counts(form, folder), Sent("民政")).form.sheets
    return [one.when for one in (*sheet.across, *sheet.down)]


def test_below_sex_or_age_stand_those_of_the_first_column(home: Home, tmp_path: Path) -> None:
    across = ["党员总数（名）", "年龄/30岁及以下", "学历/研究生", "志愿者"]
    assert _counted(home, tmp_path, "年报基础数据表", across, []) == [
        "label:党员", "label:党员 & age <= 30", "label:党员 & education_code = 10",
        "label:志愿者",
    ]  # fmt: skip
    form = {"name": "年报", "stub": "支部", "across": [f"{one} =>" for one in across], "down": []}
    made = register(home, write_counts(form, tmp_path), Sent("组织")).form
    told = "“年龄/30岁及以下”、“学历/研究生”只数“党员总数(名)”里的人。"
    assert any(one.startswith(told) for one in doubts(made))
    everybody = ["总人口", "党员", "年龄/30岁及以下"]
    assert _counted(home, tmp_path, "年报", everybody, [])[2] == "age <= 30"


def test_a_first_column_of_an_age_is_one_among_others(home: Home, tmp_path: Path) -> None:
    across = ["18周岁及以上人数", "从业状况/在校学生"]
    found = _counted(home, tmp_path, "居民文化程度", across, ["初中", "小学"])
    assert found[1] == "employment_code = 31"


def test_a_part_behind_kinds_is_of_the_group_above_them(home: Home, tmp_path: Path) -> None:
    group = "育龄妇女（15—49周岁）"
    across = [f"{group}/{one}" for one in ("总数", "未婚", "离异", "其中：流动人口")]
    assert _counted(home, tmp_path, "基本情况", across, [])[3] == (
        "age >= 15 & age <= 49 & sex_code = 2 & residence_type_code = 3"
    )


def test_a_sum_of_labels_and_ages_is_not_everybody(home: Home, tmp_path: Path) -> None:
    across = ["独居老人", "行动不便老人", "合计"]
    assert _counted(home, tmp_path, "消防底数", across, [])[2] is None


def test_a_part_behind_a_sum_and_men_is_of_the_sum(home: Home, tmp_path: Path) -> None:
    across = [f"6岁及以上人口/{one}" for one in ("合计", "男", "其中：少数民族")]
    found = _counted(home, tmp_path, "受教育程度", across, ["初中", "小学"])
    assert found[2] == "age >= 6 & ethnicity_code != 01"


def test_whom_a_table_aims_at_says_its_title(home: Home, tmp_path: Path) -> None:
    across = ["目标人群数/小计", "目标人群数/其中：女", "网格员姓名及电话"]
    assert _counted(home, tmp_path, "60岁以上老年人接种摸底表", across, []) == [
        "age >= 60", "age >= 60 & sex_code = 2", None]  # fmt: skip
    assert _counted(home, tmp_path, "接种摸底表", [*across, "老年人"], [])[:2] == [None, None]


def test_a_first_column_says_it_better_than_the_title(home: Home, tmp_path: Path) -> None:
    across = ["3岁以下婴幼儿总数", "性别/男孩", "月龄/6个月以下"]
    assert _counted(home, tmp_path, "0—3岁婴幼儿摸底", across, []) == [
        "age < 3", "age < 3 & sex_code = 1", None]  # fmt: skip


def test_ages_of_a_title_hold_for_every_column(home: Home, tmp_path: Path) -> None:
    across, rows = ["人口/小计", "人口/男", "60岁以上"], ["小学", "初中"]
    found = _counted(home, tmp_path, "受教育程度（15岁及以上）", across, rows)
    assert found[:3] == ["age >= 15", "age >= 15 & sex_code = 1", "age >= 60"]
    wider = _counted(home, tmp_path, "受教育程度（15岁及以上）", ["总人口", "男"], rows)
    assert wider[:2] == ["", "sex_code = 1"]


def test_a_table_of_the_registered_counts_them(home: Home, tmp_path: Path) -> None:
    across, rows = ["计", "男", "党员"], ["0-17岁", "18岁及以上"]
    assert _counted(home, tmp_path, "分年龄户籍人口数", across, rows)[:3] == [
        "registered", "registered & sex_code = 1", "registered & label:党员"]  # fmt: skip
    both = ["户籍人口", "常住人口", "男"]
    assert _counted(home, tmp_path, "户籍人口年报", both, rows)[2] == "sex_code = 1"


def test_a_word_for_the_young_is_of_the_ages_told_of_it(home: Home, tmp_path: Path) -> None:
    rows = ["14—35周岁青年总数", "未婚青年", "青年党员", "新兴领域青年"]
    assert _counted(home, tmp_path, "专项统计", ["人数"], rows)[1:] == [
        "age >= 14 & age <= 35", "age >= 14 & age <= 35 & marital_code = 10",
        "age >= 14 & age <= 35 & label:党员", None,
    ]  # fmt: skip
    assert _counted(home, tmp_path, "专项统计", ["人数"], ["未婚青年", "男", "女"])[1] is None


def test_men_in_a_table_of_disabled_people_are_disabled(home: Home, tmp_path: Path) -> None:
    across = ["户数（户）", "残疾人总数", "性别/男", "低保残疾人", "总人口", "出生缺陷（例）"]
    assert _counted(home, tmp_path, "残疾人基本情况统计表", across, []) == [
        "label:残疾", "label:残疾", "label:残疾 & sex_code = 1", "label:残疾 & label:低保",
        "", None,
    ]  # fmt: skip


def test_where_everybody_is_counted_too_nobody_is_left_out(home: Home, tmp_path: Path) -> None:
    across = ["辖区总人口", "残疾人数", "男"]
    assert _counted(home, tmp_path, "残疾人情况统计表", across, []) == [
        "",
        "label:残疾",
        "sex_code = 1",
    ]


def test_rows_that_say_whom_they_count_need_no_title(home: Home, tmp_path: Path) -> None:
    down = ["60—69岁", "70岁以上", "合计"]
    assert _counted(home, tmp_path, "老年人年龄构成表", ["男", "女"], down) == [
        "sex_code = 1", "sex_code = 2", "age >= 60 & age <= 69", "age >= 70", "",
    ]  # fmt: skip


def test_other_kinds_beside_those_of_the_title_are_not_among_them(
    home: Home, tmp_path: Path
) -> None:
    across = ["低保对象人数", "特困供养人员", "其中：残疾人", "男"]
    assert _counted(home, tmp_path, "最低生活保障月报", across, []) == [
        "label:低保", "label:特困", "label:特困 & label:残疾", "label:低保 & sex_code = 1",
    ]  # fmt: skip


def test_a_table_of_an_age_is_of_that_age(home: Home, tmp_path: Path) -> None:
    down = ["未婚", "离婚"]
    assert _counted(home, tmp_path, "15岁及以上人口婚姻状况统计表", ["计", "男"], down) == [
        "age >= 15", "age >= 15 & sex_code = 1", "marital_code = 10", "marital_code = 40",
    ]  # fmt: skip


def test_what_the_rows_say_a_column_need_not(home: Home, tmp_path: Path) -> None:
    down = ["14—17周岁", "18—28周岁", "29—35周岁"]
    columns = _counted(home, tmp_path, "团情况", ["青年人数", "未就业青年"], down)[:2]
    assert columns == ["", "employment_code = 70"]
    assert _counted(home, tmp_path, "团情况", ["青年人数", "男"], ["团员", "群众"])[0] is None


def test_who_is_younger_than_a_band_is_not_among_it(home: Home, tmp_path: Path) -> None:
    across = ["女", "16—59周岁", "其中：育龄妇女（15—49岁）"]
    assert (
        _counted(home, tmp_path, "人口月报", across, [])[2]
        == "sex_code = 2 & age >= 15 & age <= 49"
    )


def test_degrees_that_platforms_do_not_tell_apart(home: Home, tmp_path: Path) -> None:
    rows = ["硕士研究生", "博士研究生", "大学本科"]
    assert _counted(home, tmp_path, "文化程度", ["人数"], rows)[1:] == [
        None,
        None,
        "education_code = 20",
    ]
    assert (
        _counted(home, tmp_path, "文化程度", ["人数"], [*rows[::2], "初中"])[1]
        == "education_code = 10"
    )


def test_numbers_of_unknown_people_by_grid_are_no_list(home: Home, tmp_path: Path) -> None:
    across = ["应排查人数", "涉毒人员", "信访重点人员", "走访次数"]
    assert _counted(home, tmp_path, "排查日报", across, []) == [None] * 4


def test_who_receives_what_is_not_said_is_not_everybody(home: Home, tmp_path: Path) -> None:
    across = ["享受人数", "60岁以上"]
    assert _counted(home, tmp_path, "补贴统计表", across, []) == [None, "age >= 60"]
    assert _counted(home, tmp_path, "低保统计表", across, []) == [
        "label:低保", "label:低保 & age >= 60"]  # fmt: skip


def test_years_of_birth(home: Home, tmp_path: Path) -> None:
    form = {"name": "学龄", "stub": "出生年份", "across": ["男 =>", "女 =>"],
            "down": ["2018年 =>", "2019 =>"]}  # fmt: skip
    (sheet,) = register(home, write_counts(form, tmp_path), Sent("教育")).form.sheets
    assert [one.when for one in sheet.down] == ["birth_year = 2018", "birth_year = 2019"]


def test_a_part_behind_several_bands_is_asked(home: Home, tmp_path: Path) -> None:
    across = ["65—69岁", "70—79岁", "80岁以上", "其中：女", "其中：90岁以上"]
    assert _counted(home, tmp_path, "基数表", across, [])[3:] == [None, "age >= 90"]
    kinds = ["外国籍", "港澳台", "其中：男", "其中：60岁以上"]
    assert _counted(home, tmp_path, "境外", ["人数"], kinds)[3:] == [None, None]
    each = ["60—79岁", "其中：女", "80岁以上", "其中：女"]
    assert _counted(home, tmp_path, "基数表", each, [])[3] == "age >= 80 & sex_code = 2"


def test_what_stands_beside_says_how_much_a_word_means(home: Home, tmp_path: Path) -> None:
    alone = _counted(home, tmp_path, "救助表", ["城市低保", "特困", "低边"], [])
    beside = _counted(home, tmp_path, "救助表", ["城市低保", "农村低保", "特困"], [])
    assert (alone[0], beside[:2]) == ("label:低保", [None, None])
    both = _counted(home, tmp_path, "人口表", ["户籍/男", "常住/男", "60岁以上"], [])
    assert both[:2] == ["registered & sex_code = 1", "residents & sex_code = 1"]
    moved = _counted(home, tmp_path, "人口表", ["常住/男", "流动/男", "60岁以上"], [])
    assert moved[0] == "residence_type_code = 1 & sex_code = 1"


def test_the_others_are_whoever_is_in_no_other_row(home: Home, tmp_path: Path) -> None:
    rows = _counted(home, tmp_path, "民族", ["人数"], ["汉族", "藏族", "其他民族"])[1:]
    assert rows[2] == "ethnicity_code not in 01|04"
    rows = _counted(home, tmp_path, "从业", ["人数"], ["务农", "离退休人员", "其他", "合计"])[1:]
    assert rows[2] == "employment_code not in 27|80"
    mixed = _counted(home, tmp_path, "人群", ["人数"], ["残疾人", "低保对象", "其他"])[1:]
    assert mixed[2] is None
