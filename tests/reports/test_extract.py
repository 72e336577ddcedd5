"""Extracts: what is given, what is refused, what changed, and to whom a copy went."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from hub.errors import ConfigError, NotFoundError
from hub.settings import Home
from reports.extract_file import Extract, load_extract, load_extracts, wrong_extracts
from reports.extract_run import applied, changes_since, run_extract, trace
from reports.tables import write_table
from tests.cli.small_home import COMMUNITY, GRID, WANG_NUMBER, ZHANG_NUMBER
from tests.reports.conftest import Hub
from warehouse.snapshots import publish_work, working

NOW = datetime(2026, 1, 2, 6, tzinfo=UTC)
FILE = f"""
extract: elders
title: 高龄津贴核对
recipient: {{department: 区民政局, contact: 王科长, scope: "510108"}}
purpose: 核对高龄津贴
basis:
  document: 《政务数据共享条例》第二十条
  fields: [name, id_number, birth_date, age, sex_code, phone, labels]
fields:
  - name
  - {{item: id_number, name: 身份证号}}
  - {{item: sex_code, codes: words}}
  - birth_date
  - {{item: phone, mask: true}}
population: age >= 40
scope: "{COMMUNITY}"
formats: [csv, xlsx, parquet, json]
"""


OTHER = {"department": "区残联", "scope": "510108"}


def _extract(home: Home, **changed: object) -> Extract:
    content = yaml.safe_load(FILE) | changed
    path = home.root / "extracts" / f"{content['extract']}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_extract(home, content["extract"])


def test_a_run_is_a_folder_that_describes_itself(home: Home) -> None:
    done = run_extract(home, _extract(home), now=NOW)
    assert {one.name for one in done.folder.iterdir()} == {
        "elders.csv", "elders.xlsx", "elders.parquet", "elders.json",
        "contract.odcs.yaml", "datapackage.json", "manifest.json",
    }  # fmt: skip
    manifest = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["rows"] == 2
    for file in manifest["files"]:
        content = (done.folder / file["name"]).read_bytes()
        assert (len(content), sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    assert all(one.stat().st_mode & 0o077 == 0 for one in [done.folder, *done.folder.iterdir()])


def test_every_format_holds_the_same_rows(home: Home) -> None:
    folder = run_extract(home, _extract(home), now=NOW).folder
    frame = pl.read_parquet(folder / "elders.parquet").cast(pl.String)
    assert frame["身份证号"].to_list() == [ZHANG_NUMBER, WANG_NUMBER] or set(frame["身份证号"]) == {
        ZHANG_NUMBER, WANG_NUMBER,
    }  # fmt: skip
    assert set(frame["phone"]) == {"138****8888", "139****1111"}
    assert set(frame["sex_code"]) == {"男", "女"}
    assert (folder / "elders.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert pl.read_csv(folder / "elders.csv", infer_schema=False).equals(frame)
    assert pl.read_ndjson(folder / "elders.json").select(frame.columns).equals(frame)
    rows = list(load_workbook(folder / "elders.xlsx")["数据"].iter_rows(values_only=True))
    assert rows == [tuple(frame.columns), *frame.rows()]


def test_gb18030_keeps_rare_characters(tmp_path: Path) -> None:
    frame = pl.DataFrame({"name": ["\U00020bb7田", "=1+1", None]})
    write_table(frame, tmp_path / "a.csv", encoding="gb18030")
    assert (tmp_path / "a.csv").read_text(encoding="gb18030").splitlines() == [
        "name", "\U00020bb7田", "'=1+1", "",
    ]  # fmt: skip


def test_the_contract_names_every_column(home: Home) -> None:
    folder = run_extract(home, _extract(home), now=NOW).folder
    told = yaml.safe_load((folder / "contract.odcs.yaml").read_text(encoding="utf-8"))
    assert (told["apiVersion"], told["kind"], told["status"]) == (
        "v3.1.0",
        "DataContract",
        "active",
    )
    columns = pl.read_parquet(folder / "elders.parquet").columns
    assert [one["name"] for one in told["schema"][0]["properties"]] == columns
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        assert [one["name"] for one in resource["schema"]["fields"]] == columns


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"fields": ["name", "ethnicity_code"]}, "民族"),
        ({"population": "marital_code = 10"}, "婚姻状况"),
        ({"scope": "51"}, "范围"),
        ({"scope": None}, "范围"),
        ({"public": True}, "证件号码"),
        ({"fresh_within": "1h"}, "没有更新"),
    ],
)
def test_what_is_not_covered_is_refused(home: Home, changed: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError) as refused:
        run_extract(home, _extract(home, **changed), now=NOW)
    assert says in refused.value.zh
    assert not (home.data / "out" / "elders").exists()


@pytest.mark.parametrize(
    "changed", [{"fields": ["nonsense"]}, {"population": "nonsense = 1"}, {"count_by": ["age"]}]
)
def test_what_is_unknown_is_refused(home: Home, changed: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        _extract(home, **changed)


def test_a_public_extract_is_masked(home: Home) -> None:
    one = _extract(home, public=True, fields=["name", "phone", "birth_date"], formats=["parquet"])
    frame = pl.read_parquet(run_extract(home, one, now=NOW).folder / "elders.parquet")
    assert set(frame["name"]) == {"张**", "王**"}
    assert set(frame["phone"]) == {"138****8888", "139****1111"}
    assert "1953-**-**" in frame["birth_date"].to_list()


def test_a_public_extract_links_nobody_to_another_list(home: Home) -> None:
    fields = ["sex_code", "age"]
    one = _extract(home, public=True, fields=fields, formats=["parquet", "csv"])
    done = run_extract(home, one, now=NOW)
    rows = pl.read_parquet(done.folder / "elders.parquet")
    assert rows.columns == ["sex_code", "age", "watermark"]
    assert rows.rows() == sorted(rows.rows(), key=str), "in the order of no id"
    for name in ("contract.odcs.yaml", "datapackage.json"):
        assert "resident_id" not in (done.folder / name).read_text(encoding="utf-8")
    asked = _extract(home, public=True, fields=["resident_id", *fields], formats=["parquet"])
    done = run_extract(home, asked, now=NOW)
    assert "resident_id" in pl.read_parquet(done.folder / "elders.parquet").columns
    with pytest.raises(ConfigError) as refused:
        _extract(home, public=True, mode="changes", fields=fields)
    assert "公示" in refused.value.zh


@pytest.mark.parametrize(
    "name", ["=电话", "'电话", '年龄"', " 电话", "@x", "a\nb", "证件.号码", "长" * 61]
)
def test_a_column_is_called_so_that_nothing_runs_or_breaks(home: Home, name: str) -> None:
    with pytest.raises(ConfigError) as refused:
        _extract(home, fields=[{"item": "phone", "name": name}])
    assert "列名" in refused.value.zh


def test_columns_that_differ_by_case_only_are_one(home: Home) -> None:
    with pytest.raises(ConfigError) as refused:
        _extract(home, fields=["age", {"item": "phone", "name": "AGE"}])
    assert "AGE" in refused.value.zh or "age" in refused.value.zh


def test_a_heading_is_no_formula(tmp_path: Path) -> None:
    write_table(pl.DataFrame({"=1+1": ["a"]}), tmp_path / "表.xlsx")
    assert load_workbook(tmp_path / "表.xlsx").active["A1"].value == "'=1+1"


def test_small_counts_are_hidden(home: Home) -> None:
    one = _extract(home, fields=[], count_by=["sex_code"], hide_below=5, formats=["parquet"])
    frame = pl.read_parquet(run_extract(home, one, now=NOW).folder / "elders.parquet")
    assert frame["persons"].to_list() == [None, None]


def test_the_watermark_leads_to_the_recipient(home: Home, hub: Hub) -> None:
    one = _extract(home, formats=["parquet"])
    first, second = (run_extract(home, one, now=NOW + timedelta(hours=n)) for n in (0, 1))
    assert first.watermark != second.watermark
    assert set(pl.read_parquet(first.folder / "elders.parquet")["watermark"]) == {first.watermark}
    assert trace(home, first.watermark)["recipient"]["department"] == "区民政局"
    assert "王科长" in hub("extract", "trace", second.watermark, home=home).out
    with pytest.raises(NotFoundError):
        trace(home, "W" + "a" * 20)


def test_a_second_run_gives_only_changes(home: Home) -> None:
    one = _extract(home, mode="changes", formats=["parquet"])
    assert run_extract(home, one, now=NOW).mode == "full"
    again = run_extract(home, one, now=NOW + timedelta(hours=1))
    assert (again.mode, again.rows) == ("changes", 0)
    whole = run_extract(home, one, full=True, now=NOW + timedelta(hours=2))
    assert (whole.mode, whole.rows) == ("full", 2)
    last = (home.data / "extracts" / "elders" / "last.parquet").read_bytes()
    assert ZHANG_NUMBER.encode() not in last


def test_why_changes_came_out_whole_is_told(home: Home, hub: Hub) -> None:
    fields = ["name", "birth_date"]
    changed = {"item": "birth_date", "date": "YYYYMMDD"}
    basis = {"document": "某文件", "fields": [*fields, "age"]}
    runs: list[tuple[dict[str, object], bool]] = [
        ({"mode": "full", "fields": fields}, False),
        ({"mode": "changes", "fields": fields}, False),
        ({"mode": "changes", "fields": ["name", changed]}, False),  # no date any more, but text
        ({"mode": "changes", "fields": ["name", changed]}, True),
        ({"mode": "changes", "fields": ["name", changed]}, False),
        ({"mode": "changes", "fields": ["name", changed], "recipient": OTHER}, False),
    ]
    told = []
    for nth, (asked, full) in enumerate(runs):
        one = _extract(home, basis=basis, **asked)
        told.append(run_extract(home, one, full=full, now=NOW + timedelta(hours=nth)).why_full)
    for why, part in zip(told, ("", "没有留下", "写法", "--full", "", "区残联"), strict=True):
        assert part in why
        assert bool(part) == bool(why)
    _extract(home, extract="first", mode="changes", fresh_within="9999d")
    said = hub("extract", "run", "first", home=home).out
    assert "这一次给的是全量，不是变化：第一次运行。" in said


ROWS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.tuples(st.sampled_from(["x", "y", None]), st.integers(0, 2) | st.none()),
)


def _frame(rows: dict[str, tuple[str | None, int | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(key, *rows[key]) for key in sorted(rows)],
        schema={"resident_id": pl.String, "name": pl.String, "age": pl.Int64}, orient="row",
    )  # fmt: skip


@given(ROWS, ROWS)
def test_changes_applied_to_the_last_full_give_the_next(
    before: dict[str, tuple[str | None, int | None]],
    after: dict[str, tuple[str | None, int | None]],
) -> None:
    old, new = _frame(before), _frame(after)
    changes = changes_since(old, new, {"a": "b"})
    assert applied(old, changes).equals(new)
    assert changes.height == len({k for k in before | after if before.get(k) != after.get(k)})
    merged = changes.filter(change="removed", resident_id="a")["redirected_to"].to_list()
    assert merged in ([], ["b"])


def test_the_command_runs_and_lists(home: Home, hub: Hub) -> None:
    _extract(home, formats=["csv"], fresh_within="40000d")
    ran = hub("extract", "run", "elders", "--json", home=home)
    assert ran.json["rows"] == 2
    (listed,) = hub("extract", "list", "--json", home=home).json
    assert listed["last"]["watermark"] == ran.json["watermark"]
    assert hub("extract", "run", "nothing", home=home).code == 1


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"fields": ["name", "shoe_size"]}, "shoe_size"),
        ({"fields": ["name", {"item": "name", "mask": True}]}, "name"),
        ({"fields": ["name", {"item": "age", "name": "watermark"}]}, "watermark"),
        ({"fields": [], "count_by": ["id_number"], "public": True}, "证件号码"),
        ({"fields": [], "count_by": ["sex_code", "birth_date"]}, "出生日期"),
        ({"schedule": "99 * * *"}, "99 * * *"),
        ({"purpose": " "}, "purpose"),
        ({"basis": {"document": "", "fields": ["name"]}}, "basis.document"),
        ({"population": "shoe = 3"}, "elders.yaml"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(
    home: Home, changed: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        _extract(home, **changed)
    assert says in refused.value.zh


def test_a_wrong_file_keeps_no_other_from_running(home: Home, hub: Hub) -> None:
    good = _extract(home)
    with pytest.raises(ConfigError):
        _extract(home, extract="younger", fields=["shoe_size"])
    (home.root / "extracts" / "alias.yaml").write_text(FILE, encoding="utf-8")  # says elders
    assert load_extracts(home) == [good]
    told = hub("extract", "list", home=home)
    assert told.code == 0
    assert "shoe_size" in told.out
    assert "alias.yaml" in told.out
    names = [one["extract"] for one in hub("extract", "list", "--json", home=home).json]
    assert names == ["elders", "alias", "younger"]
    with pytest.raises(NotFoundError):
        load_extract(home, "../hub")
    _extract(home, extract="of-all")
    _extract(home, extract="of_all")
    assert "of-all 和 of_all" in wrong_extracts(home)["of_all"].zh
    assert [one.extract for one in load_extracts(home)] == ["elders", "of-all"]


@pytest.mark.parametrize(
    "changed", [{"population": "label:没有这个"}, {"fields": ["name", "since:没有这个"]}]
)
def test_a_label_that_nobody_knows_is_refused(home: Home, changed: dict[str, object]) -> None:
    basis = {"document": "依据", "fields": ["name", "since:没有这个"]}
    one = _extract(
        home, basis=basis, **{"fields": ["name"]} | {"population": "residents"} | changed
    )
    with pytest.raises(ConfigError) as refused:
        run_extract(home, one, now=NOW)
    assert "没有这个" in refused.value.zh
    dictionary = "labels: [{name: 没有这个, kind: granted}]"
    (home.root / "labels.yaml").write_text(dictionary, encoding="utf-8")
    run_extract(home, one, now=NOW)


def test_two_runs_in_one_second_are_two(home: Home) -> None:
    first, second = (run_extract(home, _extract(home), now=NOW).folder for _ in range(2))
    assert first != second
    assert first.is_dir()
    assert second.is_dir()


@pytest.mark.parametrize(
    ("within", "says"), [("6h", "6 小时"), ("90m", "90 分钟"), ("2d", "2 天"), ("5s", "5 秒")]
)
def test_how_old_data_may_be_is_said_in_its_own_unit(home: Home, within: str, says: str) -> None:
    one = _extract(home, fresh_within=within)
    with pytest.raises(ConfigError) as refused:
        run_extract(home, one, now=NOW + timedelta(days=900))
    assert f" {says}没有更新" in refused.value.zh


def test_runs_are_told_by_the_clock_of_beijing(home: Home, hub: Hub) -> None:
    done = run_extract(home, _extract(home), now=datetime(2026, 1, 2, 20, tzinfo=UTC))
    assert "2026-01-03" in hub("extract", "list", home=home).out
    assert "2026-01-03 04:00" in hub("extract", "trace", done.watermark, home=home).out


@pytest.mark.parametrize(("item", "value"), [("compound", "无名苑"), ("grid_name", "第九十九网格")])
def test_a_place_nobody_knows_is_refused(item: str, value: str, home: Home) -> None:
    basis = {"document": "约定", "fields": [item]}
    one = _extract(home, population=f"{item} = {value}", basis=basis, fields=[item])
    with pytest.raises(ConfigError, match="not known") as refused:
        run_extract(home, one, now=NOW)
    assert "不存在" in refused.value.zh


def test_who_may_be_in_the_scope_or_not_is_told(home: Home, hub: Hub) -> None:
    with working(home) as work:
        work.connection.execute("UPDATE resident SET grid_code = NULL WHERE name = '张五'")
        work.close()
        publish_work(work)
    _extract(home, scope=GRID, fresh_within="9999d")
    assert "另有 1 人不知道在哪个网格" in hub("extract", "run", "elders", home=home).out
