"""Forms of households have a row a household; notices are known by their dated titles."""

from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook

from hub.errors import ConfigError
from hub.settings import Home
from reports.by_household import by_household, one_row_each
from reports.fill import fill, people_in
from reports.people import people_of
from reports.register import Sent, register
from tests.reports.conftest import Hub


def _form(folder: Path, name: str, header: list[str], title: str = "") -> Path:
    book = Workbook()
    if title:
        book.active.append([title])
        book.active.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(header))
    book.active.append(header)
    book.save(folder / f"{name}.xlsx")
    return folder / f"{name}.xlsx"


HOUSEHOLDS = ["序号", "户主姓名", "家庭人口数", "配偶姓名", "户主联系电话", "是否低保户"]


def test_a_household_is_one_row(home: Home, tmp_path: Path, hub: Hub) -> None:
    file = _form(tmp_path, "家庭", HOUSEHOLDS)
    made = register(home, file, Sent("街道")).form
    assert by_household(made)
    assert not by_household(
        register(home, _form(tmp_path, "人员", [*HOUSEHOLDS, "姓名"]), Sent("街道")).form
    )
    with people_of(home, None) as (people, connection):
        mine = people_in(made, people).frame
        fill(home, connection, made, people, tmp_path / "out.xlsx")
    everyone = people.frame.filter("lives_here")
    alone = pl.coalesce("household_id", "resident_id").n_unique()
    assert mine.height == everyone.select(alone).item() < everyone.height
    rows = list(load_workbook(tmp_path / "out.xlsx").active.iter_rows(min_row=2, values_only=True))
    (zhang,) = (row for row in rows if row[1] == "张三丰")
    assert zhang[5] == "是"
    assert "一户一行" in hub("form", "register", file, "--department", "街道", home=home).out


def test_a_label_of_any_member_is_the_households() -> None:
    label = [{"label": "低保"}]
    people = pl.DataFrame({
        "resident_id": ["son", "head", "guest"], "household_id": ["H", "H", None],
        "head_resident_id": ["head", "head", None], "lives_here": [True, True, True],
        "labels": [label, None, None],
    })  # fmt: skip
    found = one_row_each(people.filter(pl.col("resident_id") != "head"), people)
    assert found["resident_id"].to_list() == ["head", "guest"]  # though only the son was asked for
    assert found["labels"].to_list() == [label, None]


@pytest.mark.parametrize(
    ("name", "title"), [("名单", "甲社区低保对象公示名单（2026年11月）"), ("低保公示", "")]
)
def test_a_notice_is_known_by_its_title_or_name(
    home: Home, tmp_path: Path, name: str, title: str
) -> None:
    sent = Sent("民政", population="label:低保")
    file = _form(tmp_path, name, ["姓名", "性别", "享受类别"], title)
    made = register(home, file, sent).form
    assert made.public
    with people_of(home, None) as (people, connection):
        fill(home, connection, made, people, tmp_path / "out.xlsx")
        found = list(load_workbook(tmp_path / "out.xlsx").active.values)[-1]
        assert found == ("张**", "男", "低保")  # the reason of the notice stands there clear
        file = _form(tmp_path, name, ["姓名", "身份证号"], title)
        with pytest.raises(ConfigError):
            fill(home, connection, register(home, file, sent).form, people, tmp_path / "o.xlsx")


def test_a_label_that_nobody_has_is_refused_before_the_form_is_taken(
    home: Home, hub: Hub, tmp_path: Path
) -> None:
    file = _form(tmp_path, "名单", ["姓名", "性别"])
    told = hub("form", "register", file, "--department", "民政", "--population", "label:没有这个",
               home=home)  # fmt: skip
    assert told.code == 2
    assert "没有这个" in told.err + told.out
    assert not (home.root / "forms" / "名单.yaml").exists()
