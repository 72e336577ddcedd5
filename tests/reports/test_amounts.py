"""Columns that ask how many or how much, of whom a couple's columns are, and since when what."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from hub.settings import Home
from reports.columns import propose
from reports.layout import HeaderColumn
from reports.register import Sent, register


def _proposed(headers: str, granted: tuple[str, ...] = ()) -> dict[str, str]:
    paths = [tuple(one.split("/")) for one in headers.split()]
    columns = [HeaderColumn(at, 1, path) for at, path in enumerate(paths, 1)]
    found = propose(columns, granted)
    return {one.header: found.item for one, found in zip(columns, found, strict=True)}


def test_how_many_of_a_household_is_no_yes_or_no() -> None:
    found = _proposed("户主姓名 家庭人口数 其中/党员 其中/残疾人 低保人口 是否低保户 党员（人）")
    assert found["家庭人口数"] == "member_count"
    assert found["是否低保户"] == "label:低保"
    for header in ("其中/党员", "其中/残疾人", "低保人口", "党员（人）"):
        assert found[header].startswith("other:")


def test_who_is_registered_is_not_who_lives_together() -> None:
    found = _proposed("户主姓名 家庭人口/户籍人口数 家庭人口/常住人口数")
    assert found["家庭人口/户籍人口数"].startswith("other:")
    assert found["家庭人口/常住人口数"] == "member_count"
    assert _proposed("户主姓名 住址 保障人口", ("低保",))["保障人口"] == "other:保障人口"


@pytest.mark.parametrize("groups", ["女方 男方", "男方 女方"])
def test_of_a_couple_one_is_the_row(groups: str) -> None:
    mine, other = groups.split()
    told = (f"{one}/{what}" for one in (mine, other) for what in ("姓名", "身份证号"))
    found = _proposed(f"序号 {' '.join(told)} 现住址 婚姻状况")
    assert (found[f"{mine}/姓名"], found[f"{mine}/身份证号"]) == ("name", "id_number")
    assert found[f"{other}/姓名"] == "spouse_name"


def test_a_subsidy_is_not_the_relief_and_no_label() -> None:
    """Of who has 低保 as well, the amount and the days of that stood in the list of a subsidy."""
    paid = "姓名 身份证号 残疾类别 发放金额 起始时间 截止时间"
    found = _proposed(paid, ("残疾",))
    for header in ("发放金额", "起始时间", "截止时间"):
        assert found[header] == f"other:残疾{header}"
    assert _proposed("姓名 身份证号 补贴金额")["补贴金额"] == "other:补贴金额"
    relief = _proposed("姓名 身份证号 发放金额 起始时间", ("低保",))
    assert (relief["发放金额"], relief["起始时间"]) == ("other:保障金额", "since:低保")
    assert _proposed("姓名 身份证号 起始时间", ("残疾",))["起始时间"] == "since:残疾"


def test_where_the_dead_were_registered_is_not_where_they_lived() -> None:
    assert _proposed("姓名 死亡时间 生前户籍地址")["生前户籍地址"] == "hukou_address"


def test_labels_to_choose_from_are_no_kind_of_residence() -> None:
    found = _proposed("姓名 身份证号 人员属性（低保、特困、残疾、其他）")
    assert found["人员属性（低保、特困、残疾、其他）"].startswith("labels")


def test_since_when_on_a_sheet_is_of_the_sheets_label(home: Home, tmp_path: Path) -> None:
    """One answer for 起始时间 filled the sheets of 低保 and of 残疾 alike."""
    book = Workbook()
    for nth, label in enumerate(("低保", "残疾")):
        sheet = book.active if nth == 0 else book.create_sheet()
        assert sheet is not None
        sheet.title = label
        sheet.append(["序号", "姓名", "身份证号", "起始时间"])
    book.save(tmp_path / "台账.xlsx")
    form = register(home, tmp_path / "台账.xlsx", Sent("民政")).form
    assert [one.columns[3].item for one in form.sheets] == ["since:低保", "since:残疾"]
    assert [one.when for one in form.sheets] == ["label:低保", "label:残疾"]
