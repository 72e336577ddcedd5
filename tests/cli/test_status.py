"""`hub status`, `hub snapshots`, `hub rollback`."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cli.init import make_home
from hub.platform import load_platform
from hub.settings import Home
from ledger.ledger import open_ledger
from serving.reading.freshness import freshness
from serving.reading.glance import LastPull, glance
from tests.cli.conftest import Hub
from tests.cli.small_home import copied

NOW = datetime(2026, 5, 1, tzinfo=UTC)


def test_the_numbers(hub: Hub, small_home: Home) -> None:
    ran = hub("status", "--json", home=small_home)
    answer = ran.json
    assert ran.code == 0
    assert not ran.err
    expected = {
        "residents": 3, "registered": 3, "households": 2, "compounds": 1, "grids": 1,
        "area_hectare": 4.5, "people": 5, "records": 7, "duplicates": 2, "without_grid": 0,
        "without_household": 0, "ambiguous": 0, "issues": 1, "quarantined": 2,
        "labels": {"党员": 1, "低保": 1}, "label_details": {"党员": {"流动党员": 1}}, "snapshot": 2,
    }  # fmt: skip
    assert {name: answer[name] for name in expected} == expected


def test_the_platforms(hub: Hub, small_home: Home) -> None:
    listed = {p["name"]: p for p in hub("status", "--json", home=small_home).json["platforms"]}
    assert {n: p["freshness"] for n, p in listed.items()} == {
        "police": "fresh", "street_grid": "held", "door": "never",
    }  # fmt: skip
    assert listed["police"]["records"] == 4
    assert listed["police"]["quarantined"] == 2
    assert listed["street_grid"]["issues"] == 1
    assert listed["street_grid"]["message"] == "少了 9 条，等人确认。"
    assert listed["door"]["last_sync"] is None


def test_the_screen(hub: Hub, small_home: Home) -> None:
    out = hub("status", home=small_home).out
    for text in ("测试社区数据大脑", "快照 2", "常住人口", "公安人口库", "待确认", "部分成功"):
        assert text in out


def test_before_the_first_sync(hub: Hub, tmp_path: Path) -> None:
    make_home(tmp_path / "new", "新社区")
    answer = hub("status", "--json", home=tmp_path / "new").json
    assert (answer["snapshot"], answer["residents"], answer["labels"]) == (None, 0, {})
    assert "hub sync" in hub("status", home=tmp_path / "new").out
    assert "hub sync" in hub("snapshots", home=tmp_path / "new").out


def test_a_wrong_platform_file_is_said_and_the_rest_is_shown(
    hub: Hub, small_home: Home, tmp_path: Path
) -> None:
    home = copied(small_home, tmp_path / "home")
    (home.root / "platforms" / "bad.yaml").write_text("platform: bad\n", encoding="utf-8")
    ran = hub("status", home=home)
    assert "公安人口库" in ran.out
    assert "bad.yaml" in ran.err


def test_records_whose_platform_has_no_file_any_more_are_told(
    hub: Hub, small_home: Home, tmp_path: Path
) -> None:
    home = copied(small_home, tmp_path / "home")
    before = hub("status", "--json", home=home).json
    (home.root / "platforms" / "police.yaml").unlink()
    (held,) = [p["records"] for p in before["platforms"] if p["name"] == "police"]
    after = hub("status", "--json", home=home).json
    (told,) = (one for one in after["remarks"] if one not in before["remarks"])
    assert f"police.residents，它的 {held:,} 条记录还在用" in told
    assert "police.residents" in hub("status", home=home).out
    (home.root / "platforms" / "police.yaml").write_text("platform: bad\n", encoding="utf-8")
    assert hub("status", "--json", home=home).json["remarks"] == [], "its file has a fault"


def test_snapshots_and_back(hub: Hub, small_home: Home, tmp_path: Path) -> None:
    home = copied(small_home, tmp_path / "home")
    listed = hub("snapshots", "--json", home=home).json
    assert [(s["number"], s["current"]) for s in listed] == [(1, False), (2, True)]
    back = hub("rollback", 1, home=home)
    assert back.code == 0
    assert "hub rollback 2" in back.out
    assert hub("status", "--json", home=home).json["snapshot"] == 1
    assert "没有改动" in hub("rollback", 1, home=home).out
    missing = hub("rollback", 9, home=home)
    assert (missing.code, missing.out) == (1, "")
    assert "9" in missing.err


def test_the_glance_is_what_the_ledger_says(small_home: Home) -> None:
    path = small_home.data / "ledger.sqlite"
    pulls, run = glance(path)
    ledger = open_ledger(path)
    rows, last = ledger.last_pulls(), ledger.last_run()
    ledger.close()
    assert {(p.platform, p.stream): (p.status, p.started_at, p.error) for p in pulls} == {
        key: (row.status, row.started_at, row.error) for key, row in rows.items()
    }
    assert last is not None
    assert run is not None
    assert (run.run_id, run.status, run.finished_at) == (
        last.run_id, last.status, last.finished_at
    )  # fmt: skip
    assert glance(path.with_name("none")) == ([], None)


WELL = LastPull("police", "residents", "complete", NOW, NOW, None)


@pytest.mark.parametrize(
    ("pull", "state"),
    [
        (WELL, "fresh"),
        (replace(WELL, completed_at=NOW - timedelta(days=3)), "late"),
        (replace(WELL, status="failed", error="连不上"), "failed"),
        (replace(WELL, status="held", error="少了"), "held"),
        (replace(WELL, waits=True), "held"),
        (replace(WELL, status="failed", completed_at=None), "failed"),
        (replace(WELL, status="open", completed_at=None), "failed"),
        (None, "never"),
    ],
)
def test_freshness(small_home: Home, pull: LastPull | None, state: str) -> None:
    platform = load_platform(small_home.root / "platforms" / "police.yaml")
    pulls = {} if pull is None else {("police", "residents"): pull}
    assert freshness(platform, pulls, NOW).state == state


def test_status_imports_nothing_heavy(small_home: Home) -> None:
    """What is asked all day must answer at once."""
    program = (
        "import sys; from cli.main import main; code = main(sys.argv[1:]); "
        "heavy = {'polars', 'pandas', 'pandera', 'dagster', 'sqlalchemy', 'openpyxl'};"
        "sys.stderr.write(' '.join(sorted(heavy & sys.modules.keys()))); sys.exit(code)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, "status", "--json", "--home", str(small_home.root)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert ran.stderr == ""


def test_a_pull_under_way_is_no_failure(small_home: Home) -> None:
    platform = load_platform(small_home.root / "platforms" / "police.yaml")
    pulls = {("police", "residents"): replace(WELL, status="open")}
    assert freshness(platform, pulls, NOW, running=True).state == "fresh"
