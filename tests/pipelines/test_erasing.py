"""Erased is erased: in no table of any snapshot, and no later sync brings the resident back."""

import csv
import json
import signal
import sqlite3
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest
from small_home import GRID_CODE, HUB, Synced, database, id_number, make_home

from cli.main import main
from hub.settings import Home, open_home
from identity.pairs import whose
from identity.review import pairs_to_review
from ledger import Ledger, open_ledger
from ledger.tombstones import open_removals
from pipelines.deciding import bindings_of
from pipelines.erasing import erase
from pipelines.sync import run_sync
from tests.children import ended, kill_oneself
from warehouse.answers import rows
from warehouse.duck import memory, parquet
from warehouse.snapshots import list_snapshots, reading


@pytest.fixture(scope="module")
def home(synced: Synced, tmp_path_factory: pytest.TempPathFactory) -> Home:
    made = synced(tmp_path_factory.mktemp("erasing") / "home")
    (made.root / "extracts").mkdir()
    return made


def person(home: Home) -> dict[str, str]:
    with reading(home) as connection:
        found = rows(connection, "SELECT * FROM resident WHERE lives_here ORDER BY name LIMIT 1")
    return found[0]


def whole(home: Home) -> str:
    """Every value of every table of the current snapshot."""
    with reading(home) as connection:
        tables = rows(
            connection, "SELECT table_name FROM duckdb_tables() WHERE database_name = 'brain'"
        )
        return "".join(
            str(connection.execute(f"SELECT * FROM {one['table_name']}").fetchall())
            for one in tables
        )


def run(home: Home, *arguments: str) -> int:
    return main([*arguments, "--home", str(home.root)])


def say_something_new(home: Home, number: str) -> None:
    """Both platforms have something new of the person, and one is mapped anew: all is applied."""
    path = home.root / "platforms" / "police.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("jzlx}", "jzlx, head_name: xm}"), encoding="utf-8")
    with database(home, "police") as db:
        db.execute("UPDATE person SET hh = 'H-new' WHERE sfz = ?", [number])
    with database(home, "grid") as db:
        db.execute(
            "UPDATE resident SET mobile = '13912345678', updated = '2031-01-01 00:00:00' "
            "WHERE idno = ?", [number]
        )  # fmt: skip


EXTRACT = """
extract: names
title: 名册
recipient: {department: 老龄办, scope: "51"}
purpose: 核对
basis: {document: 办法, fields: [name]}
fields: [name]
population: everyone
scope: "51"
"""


CHANGES = """
extract: numbers
title: 证件核对
recipient: {department: 公安, scope: "51"}
purpose: 核对
basis: {document: 办法, fields: [name, id_number]}
fields: [name, id_number]
population: everyone
mode: changes
scope: "51"
"""


def test_an_export_holds_all_that_is_held_and_who_saw_it(home: Home, tmp_path: Path) -> None:
    one = person(home)
    path = tmp_path / "out.json"
    assert run(home, "export", one["resident_id"], "--out", str(path)) == 0
    (home.root / "extracts" / "names.yaml").write_text(EXTRACT, encoding="utf-8")
    assert run(home, "extract", "run", "names") == 0
    assert run(home, "export", one["resident_id"], "--out", str(tmp_path / "second.json")) == 0
    told = json.loads((tmp_path / "second.json").read_text(encoding="utf-8"))
    held = {each["field"]: each["value"] for each in told["held"]}
    assert (held["name"], held["id_number"]) == (one["name"], one["id_number"])
    assert {each["platform"] for each in told["records"]} == {"police", "grid"}
    assert [each["department"] for each in told["from"]] == ["网格办", "公安"]
    assert [each["action"] for each in told["seen_by"]] == ["export"]
    assert [(each["title"], each["recipient"]) for each in told["used_by"]] == [("名册", "老龄办")]
    narrower = EXTRACT.replace("population: everyone", "population: name = 查无此人")
    (home.root / "extracts" / "names.yaml").write_text(narrower, encoding="utf-8")
    for nth in ("third", "fourth"):  # they are in it no longer, and stay told of
        assert run(home, "extract", "run", "names") == 0
        assert run(home, "export", one["resident_id"], "--out", str(tmp_path / nth)) == 0
        later = json.loads((tmp_path / nth).read_text(encoding="utf-8"))["used_by"]
        assert later == told["used_by"]
    assert path.stat().st_mode & 0o077 == 0
    assert run(home, "export", one["resident_id"], "--out", str(path)) == 2


def test_nothing_of_an_erased_resident_is_left_or_comes_back(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither when both platforms say something new, nor when all batches are applied again."""
    one = person(home)
    number, name, resident = one["id_number"], one["name"], one["resident_id"]
    assert number in whole(home)
    (home.root / "extracts" / "numbers.yaml").write_text(CHANGES, encoding="utf-8")
    assert run(home, "extract", "run", "numbers") == 0
    assert number in files(home)
    assert run(home, "erase", resident, "--reason", "申请 1 号") == 2  # not confirmed
    assert run(home, "erase", resident, "--reason", "申请 1 号", "--yes") == 0
    assert "不会再收进来" in capsys.readouterr().out
    assert [(one.number, one.current) for one in list_snapshots(home)] == [(2, True)]
    assert number not in whole(home)
    assert name not in whole(home)
    assert run(home, "resident", "find", resident) == 0
    assert "各平台已没有此人的记录" in capsys.readouterr().out
    assert run(home, "resident", "show", resident) == 0
    shown = capsys.readouterr().out
    assert "按删除申请删除了资料" in shown
    assert "erased" not in shown
    say_something_new(home, number)
    report = run_sync(home, ())
    assert (report.status, report.failures) == ("ok", [])
    left = whole(home)
    assert number not in left
    assert "13912345678" not in left
    with reading(home) as connection:
        assert rows(connection, "SELECT count(*) AS n FROM resident")[0]["n"] == 11
    assert run(home, "erase", resident, "--reason", "再一次", "--yes") == 1
    held = files(home)
    assert number not in held
    assert run(home, "extract", "run", "numbers") == 0
    *_, told = sorted((home.data / "out" / "numbers").glob("*/numbers.csv"))
    given = csv.DictReader(told.read_text(encoding="utf-8-sig").splitlines())
    gone = [row for row in given if row["resident_id"] == resident]
    assert [(row["change"], row["id_number"]) for row in gone] == [("removed", "")]
    assert "13912345678" not in held
    notes = [pull.notes for pull in ledger_of(home).last_pulls().values() if pull.notes]
    assert notes == [["1 行属于已依法删除的居民，没有收进来。"]] * 2


def test_a_window_read_again_brings_nobody_back(
    synced: Synced, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = synced(tmp_path / "home")
    one = person(home)
    assert run(home, "erase", one["resident_id"], "--reason", "申请", "--yes") == 0
    assert run(home, "backfill", "grid", "--from", "2025-12-31", "--to", "2026-01-02") == 0
    assert "1 行属于已依法删除的居民，没有收进来。" in capsys.readouterr().out
    assert one["id_number"] not in files(home) + whole(home)


def files(home: Home) -> str:
    """Every cell of every raw, core and collected file, and of what extracts keep."""
    with memory(home) as connection:
        return "".join(
            str(connection.execute(f"SELECT * FROM {parquet(home, [path])}").fetchall())
            for kind in ("raw", "core", "collected", "extracts")
            for path in sorted((home.data / kind).rglob("*.parquet"))
        )


def ledger_of(home: Home) -> Ledger:
    return open_ledger(home.data / "ledger.sqlite")


def digests_hold(home: Home) -> bool:
    """Whether the ledger knows every raw file as it is."""
    return all(
        sha256((home.data / one.path).read_bytes()).hexdigest() == one.sha256
        for one in ledger_of(home).batches()
    )


def erased_until(root: Path, resident: str, steps: int) -> None:
    """Erase, and be killed behind that many steps."""
    passed = count(1)

    def tick(_: str) -> None:
        if next(passed) == steps:
            kill_oneself()

    home = open_home(root)
    erase(home, open_ledger(home.data / "ledger.sqlite"), resident, "t", "t", tick)


def test_a_killed_erasure_is_finished_by_the_next_sync(synced: Synced, tmp_path: Path) -> None:
    """Killed behind each step in turn; the sync that follows leaves nothing in any file."""
    home = synced(tmp_path / "home")
    kills = 0
    while True:
        one = person(home)
        number, resident = one["id_number"], one["resident_id"]
        assert number in files(home)
        code = ended(erased_until, home.root, resident, kills + 1)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        kills += 1
        assert open_removals(ledger_of(home))
        report = run_sync(home, ())
        assert (report.status, report.failures) == ("ok", [])
        assert number not in files(home) + whole(home)
        assert digests_hold(home)
        assert not open_removals(ledger_of(home))
    assert kills >= 4  # buried, published, raw and core files
    assert number not in files(home) + whole(home)


def test_an_erasure_that_was_cut_short_goes_on_when_it_is_asked_again(
    synced: Synced, tmp_path: Path
) -> None:
    home = synced(tmp_path / "home")
    one = person(home)
    assert ended(erased_until, home.root, one["resident_id"], 3) == -signal.SIGKILL
    assert one["id_number"] in files(home)
    assert run(home, "erase", one["resident_id"], "--reason", "再一次", "--yes") == 0
    assert one["id_number"] not in files(home) + whole(home)


def test_decisions_about_the_erased_go_and_who_resembled_them_is_looked_at_anew(
    tmp_path: Path,
) -> None:
    """Of three records alike two are told apart: the third fits the one who is left."""
    home = make_home(tmp_path / "home", people=4)
    alike = (
        "欧阳静瑶",
        "13800009999",
        "龙港花园9栋1单元909号",
        GRID_CODE,
        "0",
        "2026-01-01 00:00:00",
    )
    with database(home, "grid") as db:
        for key, given in (("g90", id_number(90)), ("g91", None), ("g92", None)):
            name, *rest = alike
            db.execute("INSERT INTO resident VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       (key, name, given, *rest))  # fmt: skip
    assert run_sync(home, ()).published == 1
    one, other = "grid/residents/g90", "grid/residents/g91"
    assert run(home, "review", "decide", one, other, "different") == 0
    assert run_sync(home, ()).published == 2
    with reading(home) as connection:
        assert [found["reason"] for found in pairs_to_review(connection, 9)] == ["told_apart"] * 2
        resident = whose(connection, other)
    assert run(home, "erase", str(resident), "--reason", "申请", "--yes") == 0
    assert bindings_of(home, ledger_of(home)) == []
    with sqlite3.connect(home.data / "ledger.sqlite") as ledger:
        assert ledger.execute("SELECT left_record, right_record FROM decision").fetchall() == [
            ("", ""),
        ]  # fmt: skip
    assert run_sync(home, ()).published
    with reading(home) as connection:
        assert pairs_to_review(connection, 9) == []
        assert whose(connection, "grid/residents/g92") == whose(connection, one)
    assert not run_sync(home, ()).published


def test_who_was_somebodys_guardian_is_forgotten_there_too(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", people=4)
    path = home.root / "platforms" / "police.yaml"
    added = "    extras: {监护人姓名: jhr, 监护人证件号码: jhrh, 工作单位: dw}\n"
    path.write_text(path.read_text(encoding="utf-8") + added, encoding="utf-8")
    with database(home, "police") as db:
        for column in ("jhr", "jhrh", "dw"):
            db.execute(f"ALTER TABLE person ADD COLUMN {column}")
        db.execute("UPDATE person SET jhr = xm, jhrh = sfz, dw = '某厂' WHERE id = 'p0'")
        db.execute(
            "UPDATE person SET (jhr, jhrh, dw) = (SELECT xm, sfz, '另一厂' FROM person "
            "WHERE id = 'p0') WHERE id = 'p1'"
        )
    assert run_sync(home, ()).published == 1
    one = person(home)
    out = tmp_path / "out.json"
    assert run(home, "export", one["resident_id"], "--out", str(out)) == 0
    told = json.loads(out.read_text(encoding="utf-8"))["besides"]
    assert {each["item"]: each["value"] for each in told}["other:工作单位"] == "某厂"
    assert run(home, "erase", one["resident_id"], "--reason", "申请 2 号", "--yes") == 0
    left = whole(home)
    assert one["id_number"] not in left
    assert "某厂" not in left
    assert "另一厂" in left


def test_the_bytes_of_an_erased_resident_leave_every_file(tmp_path: Path) -> None:
    """DuckDB only marks rows as deleted: in a file that is not encrypted they could be read."""
    home = make_home(tmp_path / "home", people=40)
    (home.root / "hub.yaml").write_text(HUB + "encryption: false\n", encoding="utf-8")
    home = open_home(home.root)
    assert run_sync(home).status == "ok"
    one = person(home)
    told = [one["id_number"].encode(), one["phone"].encode()]

    def held() -> list[str]:
        files = [path for path in home.data.rglob("*.*") if path.suffix in (".duckdb", ".parquet")]
        return [path.name for path in files if any(each in path.read_bytes() for each in told)]

    assert "1.duckdb" in held()
    assert run(home, "erase", one["resident_id"], "--reason", "申请", "--yes") == 0
    assert held() == []
    with reading(home) as connection:
        assert rows(connection, "SELECT count(*) AS n FROM resident")[0]["n"] == 39
        assert rows(connection, "SELECT count(*) AS n FROM issue")[0]["n"] == 0
    assert run_sync(home).status == "ok"
