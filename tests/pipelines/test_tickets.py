"""Tickets of a platform: into the resident's view, set aside without a time, erased for good."""

import json
import sqlite3
from pathlib import Path

import pytest
from small_home import GRID_CODE, Synced, database

from cli.main import main
from hub.settings import Home
from pipelines.sync import run_sync
from warehouse.answers import rows
from warehouse.snapshots import reading

TICKETS = """
platform: hotline
title: 热线
owner: {level: district, department: 热线办}
connection: {kind: database, url: "sqlite:///{home}/hotline.db"}
streams:
  tickets:
    table: ticket
    key: [id]
    increment: snapshot
    entity: event
    allow_drop: 100%
    map: {kind: kind, summary: text, happened_at: at, name: who, phone: tel, address: place}
"""


@pytest.fixture
def home(synced: Synced, tmp_path: Path) -> Home:
    one = synced(tmp_path / "home")
    (one.root / "platforms" / "hotline.yaml").write_text(TICKETS, encoding="utf-8")
    with database(one, "hotline") as db:
        db.execute("CREATE TABLE ticket (id, kind, text, at, who, tel, place)")
        tell(db, ("T1", "报修", "水管漏水", "2026-10-01 09:30:00", "张三3", "13800000003", ""))
        tell(db, ("T2", "投诉", "夜里太吵", "2026-10-02", "", "", "龙港花园4栋1单元103号"))
        tell(db, ("T3", "走访", "看望老人", "上个月", "张三3", "13800000003", ""))
    assert run_sync(one).status == "ok"
    return one


def tell(db: sqlite3.Connection, row: tuple[str, ...]) -> None:
    db.execute("INSERT INTO ticket VALUES (?, ?, ?, ?, ?, ?, ?)", row)


def query(home: Home, sql: str) -> list[tuple[object, ...]]:
    with reading(home) as connection:
        return [tuple(one.values()) for one in rows(connection, sql)]


def shown(home: Home, capsys: pytest.CaptureFixture[str], *more: str) -> list[dict[str, str]]:
    ((resident,),) = query(home, "SELECT resident_id FROM resident WHERE name = '张三3'")
    capsys.readouterr()
    assert main(["resident", "show", str(resident), "--json", *more, "--home", str(home.root)]) == 0
    found: list[dict[str, str]] = json.loads(capsys.readouterr().out)["activities"]
    return found


def test_every_ticket_is_in_the_brain_or_set_aside(home: Home) -> None:
    assert query(home, "SELECT record_key FROM event_record ORDER BY ALL") == [("T1",), ("T2",)]
    assert query(home, "SELECT record_key, reason, raw FROM quarantine") == [
        ("T3", "no_time", "上个月")
    ]
    assert query(home, "SELECT count(*) FROM resident") == [(12,)]
    place = "SELECT room, grid_code FROM event_link JOIN dwelling USING (dwelling_id)"
    assert query(home, place) == [("103", GRID_CODE)]


def test_a_resident_is_shown_with_what_happened(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = shown(home, capsys)
    assert (one["platform"], one["kind"], one["summary"]) == ("hotline", "报修", "***")
    assert one["happened_at"].startswith("2026-10-01T")
    (clear,) = shown(home, capsys, "--clear")
    assert clear["summary"] == "水管漏水"


def test_an_export_holds_every_event(home: Home, tmp_path: Path) -> None:
    with database(home, "hotline") as db:
        for nth in range(30):
            tell(db, (f"V{nth}", "走访", "看望", "2026-10-05", "张三3", "13800000003", ""))
    assert run_sync(home).status == "ok"
    ((resident,),) = query(home, "SELECT resident_id FROM resident WHERE name = '张三3'")
    out = tmp_path / "out.json"
    assert main(["export", str(resident), "--out", str(out), "--home", str(home.root)]) == 0
    told = json.loads(out.read_text(encoding="utf-8"))["events"]
    assert len(told) == 31
    assert told[-1]["summary"] == "水管漏水"


def test_a_ticket_that_changes_or_goes_is_followed(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    with database(home, "hotline") as db:
        db.execute("UPDATE ticket SET at = '2026-09-30 08:00:00' WHERE id = 'T3'")
    assert run_sync(home).status == "ok"
    assert [one["kind"] for one in shown(home, capsys)] == ["报修", "走访"]
    with database(home, "hotline") as db:
        db.execute("DELETE FROM ticket WHERE id = 'T1'")
    assert run_sync(home).status == "ok"
    assert [one["kind"] for one in shown(home, capsys)] == ["走访"]


def test_tickets_of_an_erased_resident_go_and_stay_away(home: Home) -> None:
    ((resident,),) = query(home, "SELECT resident_id FROM resident WHERE name = '张三3'")
    arguments = ["erase", str(resident), "--reason", "申请", "--yes", "--home", str(home.root)]
    assert main(arguments) == 0
    with database(home, "hotline") as db:
        db.execute("UPDATE ticket SET text = '又说了一句'")
    assert run_sync(home).status == "ok"
    assert query(home, "SELECT record_key FROM event_record") == [("T2",)]
    assert "T1" not in str(query(home, "SELECT * FROM record_id"))
