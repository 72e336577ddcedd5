"""Each rule of the gates, broken once: it fails by its name and says which rows."""

from pathlib import Path

import pytest

from hub.settings import Home
from tests.gates.conftest import Ask, Judge
from tests.gates.small_brain import make_brain, request_for
from warehouse.gates import GateReport, failed_sentence


def test_sound_brain_passes(judge: Judge) -> None:
    report = judge()
    assert report.passed
    assert report.failed == report.warnings == []
    assert {one.suite for one in report.results} == {
        "keys", "references", "codes", "numbers", "drops", "batches",
    }  # fmt: skip
    checked = {one.title: one.rows_checked for one in report.results}
    assert checked["居民编码不重复"] == 60
    assert checked["每条居民记录恰好归属一位居民"] == 120
    assert checked["居民的各项代码都在代码表内"] == 300


def test_first_brain_passes_without_a_snapshot(judge: Judge) -> None:
    assert judge(first=True).passed


def test_first_brain_may_be_empty(home: Home, ask: Ask) -> None:
    links = ("resident_link", "resident_label", "batch", "quarantine")
    records = ("resident_record", "household_record", "grid_record")
    tables = ("resident", "household", "dwelling", "grid", *links, *records)
    path = make_brain(home, "empty.duckdb", [f"DELETE FROM {table}" for table in tables])
    assert ask(request_for(home, path, None))["passed"]


BROKEN = {
    "resident twice": (
        "INSERT INTO resident SELECT * FROM resident WHERE resident_id = 'R5'",
        "居民编码不重复", 2, "R5",
    ),
    "resident without id": (
        "INSERT INTO resident (lives_here) VALUES (true)", "居民编码不为空", 1, "",
    ),
    "household twice": (
        "INSERT INTO household SELECT * FROM household WHERE household_id = 'H3'",
        "户编码不重复", 2, "H3",
    ),
    "dwelling twice": (
        "INSERT INTO dwelling SELECT * FROM dwelling WHERE dwelling_id = 'D3'",
        "房屋编码不重复", 2, "D3",
    ),
    "grid without code": ("INSERT INTO grid (name) VALUES ('一')", "网格编码不为空", 1, ""),
    "two versions of a record": (
        "INSERT INTO household_record SELECT * FROM household_record WHERE record_id = 203",
        "每条来源记录只有一个现行版本", 1, "记录号 203",
    ),
    "two versions of a resident's record": (
        "INSERT INTO resident_record SELECT * FROM resident_record WHERE record_id = 3",
        "每条来源记录只有一个现行版本", 1, "记录号 3",
    ),
    "a record of two entities": (
        "UPDATE household_record SET record_id = 3 WHERE record_id = 203",
        "每条来源记录只有一个现行版本", 1, "记录号 3",
    ),
    "no such household": (
        "UPDATE resident SET household_id = 'H99' WHERE resident_id = 'R7'",
        "居民的户存在", 1, "R7",
    ),
    "no such dwelling": (
        "UPDATE resident SET dwelling_id = 'D99' WHERE resident_id = 'R7'",
        "居民的房屋存在", 1, "R7",
    ),
    "no such grid": (
        "UPDATE resident SET grid_code = 'G9' WHERE resident_id = 'R7'", "居民的网格存在", 1, "R7",
    ),
    "no such head": (
        "UPDATE household SET head_resident_id = 'R99' WHERE household_id = 'H2'",
        "户的户主存在", 1, "H2",
    ),
    "household in no dwelling": (
        "UPDATE household SET dwelling_id = 'D99' WHERE household_id = 'H2'",
        "户的房屋存在", 1, "H2",
    ),
    "household in no grid": (
        "UPDATE household SET grid_code = 'G9' WHERE household_id = 'H2'", "户的网格存在", 1, "H2",
    ),
    "dwelling in no grid": (
        "UPDATE dwelling SET grid_code = 'G9' WHERE dwelling_id = 'D2'", "房屋的网格存在", 1, "D2",
    ),
    "label of nobody": (
        "UPDATE resident_label SET resident_id = 'R99'", "标签的居民存在", 1, "R99",
    ),
    "linked to nobody": (
        "UPDATE resident_link SET resident_id = 'R99' WHERE record_id = 107",
        "记录归属的居民存在", 1, "记录号 107",
    ),
    "record without link": (
        "DELETE FROM resident_link WHERE record_id = 7",
        "每条居民记录恰好归属一位居民", 1, "street.residents 记录号 7（键 s7）",
    ),
    "record with two links": (
        "INSERT INTO resident_link VALUES (107, 'R7', 'name_phone')",
        "每条居民记录恰好归属一位居民", 1, "police.people 记录号 107",
    ),
    "link of a record that is gone": (
        "INSERT INTO resident_link VALUES (999, 'R7', 'id_number')",
        "归属所指的来源记录存在", 1, "R7 记录号 999",
    ),
    "unknown code": (
        "UPDATE resident SET sex_code = '7' WHERE resident_id IN ('R7', 'R8')",
        "居民的各项代码都在代码表内", 2, "性别 R7（代码 7）",
    ),
    "a name where a code belongs": (
        "UPDATE resident SET education_code = name WHERE resident_id = 'R7'",
        "居民的各项代码都在代码表内", 1, "文化程度 R7",
    ),
    "unknown status": (
        "UPDATE resident SET id_status = 'good' WHERE resident_id = 'R7'",
        "居民的各项代码都在代码表内", 1, "证件号码状态 R7",
    ),
    "unknown household type": (
        "UPDATE household SET household_type_code = '8' WHERE household_id = 'H2'",
        "户的各项代码都在代码表内", 1, "H2（代码 8）",
    ),
    "unknown grid type": (
        "UPDATE grid SET grid_type_code = '8' WHERE grid_code = 'G1'",
        "网格的各项代码都在代码表内", 1, "G1（代码 8）",
    ),
    "batch twice": (
        "INSERT INTO batch SELECT * FROM batch WHERE seq = 4",
        "批次号不重复", 2, "street.grids.000001",
    ),
    "batch without id": (
        "INSERT INTO batch (seq, upserts, deletes, set_aside, with_issues) VALUES (9, 0, 0, 0, 0)",
        "批次号不为空", 1, "",
    ),
    "batch lost": (
        "DELETE FROM grid_record; DELETE FROM batch WHERE seq = 4",
        "已入库的批次没有丢失", 1, "street.grids.000001",
    ),
    "batch with impossible counts": (
        "UPDATE batch SET with_issues = 2 WHERE seq = 4",
        "批次的各项条数合理", 1, "street.grids.000001",
    ),
    "batch not counted": (
        "UPDATE batch SET deletes = NULL WHERE seq = 4",
        "批次的各项条数合理", 1, "street.grids.000001",
    ),
    "records of no batch": (
        "UPDATE household_record SET seq = 8 WHERE record_id < 203",
        "现行记录都来自已入库的批次", 3, "police.households 第 8 批",
    ),
    "set aside off the books": (
        "INSERT INTO quarantine FROM quarantine",
        "隔离的行都记在批次账上", 1, "police.people.000001",
    ),
}  # fmt: skip


APART = (
    ["two versions of a resident's record", "record with two links", "a name where a code belongs",
     "batch lost"],
    ["a record of two entities", "unknown status", "batch with impossible counts"],
    ["batch not counted"],
)  # fmt: skip
"""What breaks a rule that another breaks too; all the rest goes into one brain."""

FOLLOWS = {
    "linked to nobody": "一个有效证件号码只属于一位居民",
    "batch lost": "各平台记录数没有骤减",
}
"""What is not sound either behind that, and rightly."""

TOGETHER = [
    [name for name in BROKEN if not any(name in some for some in APART)],
    *APART,
]


@pytest.fixture(scope="module")
def reports(judge: Judge) -> list[GateReport]:
    """Of each brain in which several rules are broken at once; a judge of each takes a second."""
    return [judge(*(BROKEN[name][0] for name in names)) for names in TOGETHER]


@pytest.mark.parametrize("name", BROKEN)
def test_broken_rule_is_named(reports: list[GateReport], name: str) -> None:
    _, title, rows, example = BROKEN[name]
    (report,) = [one for one, names in zip(reports, TOGETHER, strict=True) if name in names]
    assert not report.passed
    (found,) = [one for one in report.failed if one.title == title]
    assert found.rows_failed == rows
    assert example in "".join(found.examples)
    assert bool(found.examples) == bool(example)
    assert title in failed_sentence(GateReport(False, [found]))
    assert example in failed_sentence(GateReport(False, [found]))


def test_nothing_else_is_named(reports: list[GateReport]) -> None:
    for report, names in zip(reports, TOGETHER, strict=True):
        broken = {BROKEN[name][1] for name in names}
        behind = {FOLLOWS[name] for name in names if name in FOLLOWS}
        assert {one.title for one in report.failed} == broken | behind
        assert f"有 {len(broken | behind)} 项不合格" in failed_sentence(report)


def test_number_of_two_residents(judge: Judge) -> None:
    report = judge("""
        UPDATE resident_record SET id_number = (
            SELECT id_number FROM resident WHERE resident_id = 'R1') WHERE record_id = 2""")
    failed = {one.title: one.examples for one in report.failed}
    assert failed == {
        "一个有效证件号码只属于一位居民": ["R1 与 R2"],
        "一位居民至多有一个有效证件号码": ["R2"],
    }


def test_number_of_two_residents_in_the_golden_rows_only(judge: Judge) -> None:
    report = judge("""
        UPDATE resident SET id_number = (
            SELECT id_number FROM resident WHERE resident_id = 'R1') WHERE resident_id = 'R2'""")
    assert {one.suite for one in report.failed} == {"numbers"}


def test_number_that_is_not_valid_may_be_shared(judge: Judge) -> None:
    assert judge("""
        UPDATE resident_record SET id_status = 'check_failed', id_number = (
            SELECT id_number FROM resident WHERE resident_id = 'R1') WHERE record_id = 2""").passed


def test_grids_are_not_asked_for_where_no_platform_gives_them(judge: Judge) -> None:
    assert judge("DELETE FROM grid").passed


def gone(entity: str, records: str) -> str:
    unlink = f"DELETE FROM resident_link WHERE {records};" if entity == "resident" else ""
    return f"DELETE FROM {entity}_record WHERE {records}; {unlink}"


@pytest.mark.parametrize(
    ("change", "passes"),
    [
        pytest.param(gone("household", "record_id < 202"), True, id="2 of 20, as allowed"),
        pytest.param(gone("household", "record_id < 203"), False, id="3 of 20"),
        pytest.param(gone("resident", "record_id BETWEEN 100 AND 102"), True, id="3 of 60"),
        pytest.param(gone("resident", "record_id BETWEEN 100 AND 103"), False, id="4 of 60"),
        pytest.param(gone("grid", "true"), False, id="the only one"),
        pytest.param(gone("household", "true"), False, id="all"),
    ],
)
def test_records_gone(judge: Judge, change: str, passes: bool) -> None:
    report = judge(change)
    assert report.passed == passes
    assert {one.title for one in report.failed} <= {"各平台记录数没有骤减"}


def test_drop_says_how_many(judge: Judge) -> None:
    report = judge(gone("household", "record_id < 205"))
    (failed,) = report.failed
    assert failed.examples == ["police.households 原有 20，现有 15，至少应有 18"]
    assert "--accept-drop" in failed_sentence(report)


def test_accepted_drop_passes(judge: Judge) -> None:
    change = gone("household", "true")
    assert judge(change, accept_drop=["police"]).passed
    assert not judge(change, accept_drop=["street"]).passed


LEFT = "UPDATE resident SET lives_here = false WHERE resident_id IN "


def test_residents_gone(judge: Judge) -> None:
    assert judge(LEFT + "('R1', 'R2', 'R3')").passed
    (failed,) = judge(LEFT + "('R1', 'R2', 'R3', 'R4')").failed
    assert failed.title == "在住居民数没有骤减"
    assert judge(LEFT + "('R1', 'R2', 'R3', 'R4')", residents_drop=0.1).passed


def test_residents_gone_with_an_accepted_platform(judge: Judge) -> None:
    """Those who lost a record there are excused, and nobody else."""
    lost = gone("resident", "record_id BETWEEN 100 AND 109")
    change = lost + LEFT + "('R1', 'R2', 'R3', 'R4', 'R5')"
    assert len(judge(change).failed) == 2
    assert judge(change, accept_drop=["police"]).passed
    others = lost + LEFT + "('R21', 'R22', 'R23', 'R24')"
    (failed,) = judge(others, accept_drop=["police"]).failed
    assert failed.title == "在住居民数没有骤减"


def test_former_readings_are_a_warning(judge: Judge) -> None:
    """They do not keep the brain from being published."""
    report = judge("UPDATE batch SET upserts = 18 WHERE seq = 3")
    assert report.passed
    (found,) = report.warnings
    assert found.title == "现行记录都按最新映射读入"
    assert (found.rows_failed, found.examples) == (2, ["police.households.000001"])


def test_engine_error_is_not_bad_data(ask: Ask) -> None:
    answer = ask({"missing_column": True})
    assert answer["kind"] == "GateError"
    assert "不是数据不合格" in answer["zh"]


def test_brain_without_a_table_is_an_error(home: Home, base: Path, ask: Ask) -> None:
    path = make_brain(home, "work/torn.duckdb", ["DROP TABLE household"])
    assert ask(request_for(home, path, base))["kind"] == "CatalogException"
