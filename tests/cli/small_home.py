"""A small hub home with everything in it: two snapshots, issues, quarantine, a held platform."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl

from cli.init import make_home
from hub.settings import Home, open_home
from identity.resolve import resolve_entities, resolve_identity
from identity.tables import create_tables
from ledger import open_ledger
from schemas.entities import MODELS, core_schema
from security.keys import read_keys
from warehouse.brain import create_brain
from warehouse.snapshots import publish_work, working

ZHANG_NUMBER, WANG_NUMBER = "510108195304071234", "510108198002021239"
CERTIFICATE, NEXT_OF_KIN = "6222001122334455", "13566667777"
"""Extras of 张三丰."""
COMPOUND, COMMUNITY = "龙港花园", "510108019006"
GRID = f"{COMMUNITY}001"
HUB_YAML = """
name: 测试社区数据大脑
divisions: ["510108019006"]
owners:
  phone: [street_grid, police]
"""
PLATFORM_YAML = """
platform: {name}
title: {title}
owner: {{level: street, department: 网格办}}
connection: {{kind: database, url: "sqlite:///{{home}}/source.sqlite"}}
streams:
  residents:
    table: person
    key: [id]
    increment: snapshot
    entity: resident
    map:
      name: xm
      id_number: sfz
      sex_code: {{from: xb, codes: sex}}
      phone: dh
      residence_address: dz
      labels: {{from: bq, split: ","}}
"""
PLATFORMS = {"police": "公安人口库", "street_grid": "街道网格化平台", "door": "门禁"}
RECORDS: list[dict[str, object]] = [
    {"platform": "police", "record_key": "P1", "name": "张三丰", "id_number": ZHANG_NUMBER,
     "phone": "13812341234", "sex_code": "1", "birth_date": date(1953, 4, 7), "birth_year": 1953,
     "residence_type_code": "1", "household_no": "H9", "relation_code": "02", "room": "202"},
    {"platform": "police", "record_key": "P2", "name": "王小红", "id_number": WANG_NUMBER,
     "phone": "13900001111", "sex_code": "2", "birth_year": 1980, "residence_type_code": "1",
     "household_no": "H9", "relation_code": "10", "room": "202"},
    {"platform": "police", "record_key": "P3", "name": "赵走了", "id_number": "510108194001011232",
     "residence_type_code": "1", "died_on": date(2025, 1, 1)},
    {"platform": "street_grid", "record_key": "G1", "name": "张三丰", "phone": "13812341234",
     "room": "202", "sex_code": "1",
     "labels": [{"label": "党员", "detail": "流动党员"}, {"label": "低保", "detail": None}],
     "issues": [{"field": "birth_date", "raw": "不详53", "reason": "bad_date"}],
     "extras": [{"item": "残疾证号", "value": CERTIFICATE},
                {"item": "紧急联系人电话", "value": NEXT_OF_KIN},
                {"item": "责任民警", "value": "孙所长"}]},
    {"platform": "street_grid", "record_key": "G2", "name": "张五", "phone": "13700002222",
     "room": "301", "residence_type_code": "3"},
    {"platform": "street_grid", "record_key": "G3", "name": "李四", "phone": "13600003333",
     "residence_type_code": "2"},
]  # fmt: skip


def build(folder: Path) -> Home:
    """Lay out the home and publish two snapshots."""
    make_home(folder, "测试社区数据大脑")
    (folder / "hub.yaml").write_text(HUB_YAML, encoding="utf-8")
    for name, title in PLATFORMS.items():
        text = PLATFORM_YAML.format(name=name, title=title)
        (folder / "platforms" / f"{name}.yaml").write_text(text, encoding="utf-8")
    _source(folder / "source.sqlite")
    home = open_home(folder)
    _first_snapshot(home)
    _second_snapshot(home)
    _ledger(home)
    return home


def copied(home: Home, folder: Path) -> Home:
    """Copy the home, for a test that changes it."""
    shutil.copytree(home.root, folder)
    return open_home(folder)


def _source(path: Path) -> None:
    with closing(sqlite3.connect(path)) as source, source:
        source.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, xm, sfz, xb, dh, dz, bq)")
        source.executemany(
            "INSERT INTO person VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (1, "张三丰", ZHANG_NUMBER, "男", "13812341234", f"{COMPOUND}7-1-202", "党员"),
                (2, None, "无", "男", None, f"{COMPOUND}7-1-301", None),
                (3, "王小红", "510108198002021230", "三", "13900001111", None, "不认识的"),
            ],
        )


def _first_snapshot(home: Home) -> None:
    with working(home) as work:
        frames = {str(e): pl.DataFrame(schema=core_schema(e)) for e in MODELS}
        create_brain(work.connection, frames)
        create_tables(work.connection)
        for number, record in enumerate(RECORDS, start=1):
            _insert(work.connection, number, record)
        _grid(work.connection)
        _rest(work.connection)
        _resolve(home, work.connection, range(1, len(RECORDS) + 1), day=1)
        work.close()
        publish_work(work)


def _second_snapshot(home: Home) -> None:
    """The grid platform has a new phone for Zhang, and learns Zhang Wu's number."""
    with working(home) as work:
        run = work.connection.execute
        run("UPDATE resident_record SET phone = '13899998888' WHERE record_key = 'G1'")
        _insert(work.connection, 7, {
            "platform": "police", "record_key": "P4", "name": "张五", "room": "301",
            "id_number": "510108199003033336", "phone": "13700002222", "residence_type_code": "3",
        })  # fmt: skip
        _resolve(home, work.connection, (4, 7), day=2)
        run("""
            INSERT INTO resident_identity
            SELECT 'Rformer', 5, resident_id, 'merged' FROM resident WHERE name = '张五'""")
        work.close()
        publish_work(work)


def _insert(connection: duckdb.DuckDBPyConnection, number: int, record: dict[str, object]) -> None:
    room = record.get("room")
    row = {
        "record_id": number, "stream": "residents", "seq": 1, "valid_from": _day(1),
        "id_status": "valid" if record.get("id_number") else "missing",
        "compound": room and COMPOUND, "building": room and "7", "unit": room and "1",
        "residence_address": room and f"{COMPOUND}7-1-{room}",
    } | record  # fmt: skip
    if labels := row.get("labels"):
        row["labels"] = [{"since": None, "until": None} | dict(one) for one in labels]  # type: ignore[attr-defined]  # a list of pairs
    connection.execute(
        f"INSERT INTO resident_record ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
        list(row.values()),
    )
    connection.execute(
        "INSERT INTO record_id VALUES (?, ?, 'residents', ?)",
        [number, record["platform"], record["record_key"]],
    )


def _grid(connection: duckdb.DuckDBPyConnection) -> None:
    row = {
        "record_id": 100, "platform": "street_grid", "stream": "grids", "seq": 2,
        "valid_from": _day(1), "record_key": "W1", "grid_code": GRID, "name": "第一网格",
        "community_code": COMMUNITY, "grid_type_code": "1", "worker_name": "周敏",
        "worker_phone": "13511112222", "buildings": f"{COMPOUND}1-8栋", "area_hectare": 4.5,
        "covers": [{"road": None, "door_no": None, "compound": COMPOUND, "building": "7"}],
    }  # fmt: skip
    connection.execute(
        f"INSERT INTO grid_record ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
        list(row.values()),
    )


def _rest(connection: duckdb.DuckDBPyConnection) -> None:
    """What a sync writes beside the records: batches, and rows that were set aside."""
    for name in ("police", "street_grid"):
        connection.execute(
            "INSERT INTO batch VALUES (?, 1, ?, 'residents', 'resident', 'v1', ?, ?, 3, 0, 1, 1)",
            [f"{name}.residents.000001", name, _day(1), _day(1)],
        )
    for key, raw in (("P8", "=1+1"), ("P9", "@无")):
        connection.execute(
            "INSERT INTO quarantine VALUES ('police', 'residents', ?, 'h', 8, 'name', ?, "
            "'no_name_nor_identifier', 'police.residents.000001', ?)",
            [key, raw, _day(1)],
        )


def _resolve(
    home: Home, connection: duckdb.DuckDBPyConnection, changed: object, *, day: int
) -> None:
    key = read_keys(home.secrets, encryption=False).identity
    connection.execute("CREATE OR REPLACE TEMP TABLE changed (record_id BIGINT)")
    for number in changed:  # type: ignore[attr-defined]  # a range or a tuple
        connection.execute("INSERT INTO changed VALUES (?)", [number])
    resolve_identity(connection, key, _day(day))
    resolve_entities(connection, key, home.settings.owners, _day(day))


def _ledger(home: Home) -> None:
    ledger = open_ledger(home.data / "ledger.sqlite")
    run = ledger.begin_run()
    ledger.close_pull(ledger.open_pull("police", "residents"), "complete")
    ledger.close_pull(ledger.open_pull("street_grid", "residents"), "complete")
    ledger.close_pull(ledger.open_pull("street_grid", "residents"), "held", "少了 9 条，等人确认。")
    ledger.end_run(run, "partial", {})
    ledger.close()


def _day(number: int) -> datetime:
    return datetime(2026, 1, number, 4, tzinfo=UTC)
