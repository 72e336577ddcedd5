"""`hub quarantine list|export`: counted, hidden on the screen, whole and harmless in Excel."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from cli.workbook import FORMULA, safe, write_workbook
from hub.settings import Home, open_home
from tests.cli.conftest import Hub


def test_the_list(hub: Hub, small_home: Home) -> None:
    answer = hub("quarantine", "list", "--json", home=small_home).json
    (group,) = answer["quarantined"]
    assert (group["platform"], group["rows"], group["field_title"]) == ("police", 2, "姓名")
    assert group["reason_zh"] != group["reason"] == "no_name_nor_identifier"
    assert [row["raw"] for row in answer["rows"]] == ["***", "***"]
    assert answer["issues"][0]["field_title"] == "出生日期"
    clear = hub("quarantine", "list", "--clear", "--json", home=small_home).json
    assert [row["raw"] for row in clear["rows"]] == ["=1+1", "@无"]


def test_one_platform(hub: Hub, small_home: Home) -> None:
    answer = hub("quarantine", "list", "--platform", "street_grid", "--json", home=small_home).json
    assert answer["quarantined"] == []
    assert len(answer["issues"]) == 1
    unknown = hub("quarantine", "list", "--platform", "nobody", home=small_home)
    assert unknown.code == 2
    assert "hub platform list" in unknown.err


def test_the_screen(hub: Hub, small_home: Home) -> None:
    out = hub("quarantine", "list", home=small_home).out
    assert "隔离的记录" in out
    assert "=1+1" not in out


def test_the_workbook(hub: Hub, small_home: Home, tmp_path: Path) -> None:
    path = tmp_path / "给网格办" / "隔离.xlsx"
    ran = hub("quarantine", "export", "--out", path, home=small_home)
    assert ran.code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    book = load_workbook(path)
    aside = list(book["隔离的记录"].iter_rows(values_only=True))
    assert aside[0][:4] == ("平台", "数据流", "记录键", "行号")
    assert [row[5] for row in aside[1:]] == ["'=1+1", "'@无"]
    assert aside[1][0] == "公安人口库"
    assert all(cell.data_type != "f" for row in book["隔离的记录"].iter_rows() for cell in row)
    assert book["字段问题"].cell(2, 5).value == "不详53"
    assert [p.name for p in path.parent.iterdir()] == ["隔离.xlsx"]


def test_only_excel(hub: Hub, small_home: Home, tmp_path: Path) -> None:
    ran = hub("quarantine", "export", "--out", tmp_path / "a.csv", home=small_home)
    assert ran.code == 2
    assert not list(tmp_path.iterdir())


@given(st.text())
def test_no_text_is_a_formula(text: str) -> None:
    made = safe(text)
    assert not made.startswith(FORMULA)


@pytest.mark.parametrize("raw", ["=HYPERLINK(1)", "\x00坏", "\t1", "长" * 40_000, "a\ufffe", None])
def test_any_text_can_be_written(tmp_path: Path, raw: str | None) -> None:
    row = {
        "platform": "p", "stream": "s", "record_key": "=k", "row_no": 3, "field": None,
        "raw": raw, "reason": "duplicate_key", "batch_id": "b", "set_aside_at": None,
    }  # fmt: skip
    path = tmp_path / "a.xlsx"
    assert write_workbook(path, [row], [], {}) == 1
    sheet = load_workbook(path)["隔离的记录"]
    assert sheet.cell(2, 3).value == "'=k"
    assert sheet.cell(2, 4).value == 3


def test_of_a_row_set_aside_nothing_is_said_to_be_blanked(tmp_path: Path) -> None:
    row = {"platform": "a", "stream": "b", "record_key": "1", "row_no": 2,
           "field": "ethnicity_code", "raw": "甲", "reason": "unknown_code", "batch_id": "b",
           "set_aside_at": None, "entity": "resident", "row_hash": "0" * 32}  # fmt: skip
    write_workbook(tmp_path / "a.xlsx", [row], [row], {})
    book = load_workbook(tmp_path / "a.xlsx")
    said = [next(cell.value for cell in sheet[2] if "码表里" in str(cell.value)) for sheet in book]
    assert said == ["代码或说法不在码表里", "代码或说法不在码表里，已置空"]


def test_the_workbook_says_where_in_a_file(hub: Hub, tmp_path: Path) -> None:
    hub("init", tmp_path)
    home = open_home(tmp_path)
    (tmp_path / "platforms" / "roster.yaml").write_text(
        """
platform: roster
title: 名册
owner: {level: community, department: 社区}
connection: {kind: files, path: in}
streams:
  people:
    files: "*.csv"
    key: 编号
    increment: snapshot
    contract: set_aside
    allow_drop: 100%
    entity: resident
    map: {name: 姓名, sex_code: 性别}
""",
        "utf-8",
    )
    (tmp_path / "in").mkdir()
    lines = ["编号,姓名,性别", "1,王伟,男", "2,李芳,男", "3,张敏,男"]
    (tmp_path / "in" / "甲.csv").write_text("\n".join(lines), "utf-8")
    assert hub("sync", home=home).code == 0
    (tmp_path / "in" / "甲.csv").write_text("\n".join([*lines[:3], "9,赵强,X9"]), "utf-8")
    assert hub("sync", home=home).code == 0
    assert hub("quarantine", "export", "--out", tmp_path / "a.xlsx", home=home).code == 0
    header, row = load_workbook(tmp_path / "a.xlsx")["隔离的记录"].iter_rows(values_only=True)
    assert row[header.index("读入时的位置")] == "甲.csv!4"
