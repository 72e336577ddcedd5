"""A hub home with two platforms in SQLite files, small enough to be synced in a second."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from hub.settings import Home, open_home
from security.keys import create_keys

Synced = Callable[[Path], Home]
"""Lays out a copy of a synced home."""

HUB = """
name: 测试社区
owners: {phone: [grid, police]}
"""
POLICE = """
platform: police
title: 人口库
owner: {level: district, department: 公安}
connection: {kind: database, url: "sqlite:///{home}/police.db"}
schedule: "0 1 * * *"
streams:
  persons:
    table: person
    key: [id]
    increment: snapshot
    entity: resident
    map: {name: xm, id_number: sfz, household_no: hh, residence_type_code: jzlx}
"""
GRID = """
platform: grid
title: 网格平台
owner: {level: street, department: 网格办}
connection: {kind: database, url: "sqlite:///{home}/grid.db"}
streams:
  residents:
    table: resident
    key: [id]
    increment: {watermark: updated, overlap: 0s}
    deletes: {column: gone, when: ["1"]}
    entity: resident
    map: {name: name, id_number: idno, phone: mobile, residence_address: addr, grid_code: grid}
  grids:
    table: grid
    key: [code]
    increment: snapshot
    entity: grid
    map: {grid_code: code, name: name, community_code: community}
"""
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
GRID_CODE = "510108019006001"


def id_number(n: int) -> str:
    """The n-th valid ID number."""
    body = f"510108{1950 + n % 50}0{1 + n % 9}1{n % 9}{n % 1000:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


@contextmanager
def database(home: Home, name: str) -> Iterator[sqlite3.Connection]:
    """Open a platform's database, and commit."""
    connection = sqlite3.connect(home.root / f"{name}.db")
    try:
        yield connection
        connection.commit()
    finally:
        connection.close()


def make_home(root: Path, people: int = 40) -> Home:
    """Lay out the home and fill both platforms with the same people."""
    (root / "platforms").mkdir(parents=True)
    (root / "hub.yaml").write_text(HUB, encoding="utf-8")
    (root / "platforms" / "police.yaml").write_text(POLICE, encoding="utf-8")
    (root / "platforms" / "grid.yaml").write_text(GRID, encoding="utf-8")
    create_keys(root / "secrets")
    home = open_home(root)
    with database(home, "police") as db:
        db.execute("CREATE TABLE person (id TEXT PRIMARY KEY, xm, sfz, hh, jzlx)")
        db.executemany(
            "INSERT INTO person VALUES (?, ?, ?, ?, '1')",
            [(f"p{n}", f"张三{n}", id_number(n), f"H{n // 3}") for n in range(people)],
        )
    with database(home, "grid") as db:
        db.execute("CREATE TABLE resident (id TEXT, name, idno, mobile, addr, grid, gone, updated)")
        db.execute("CREATE TABLE grid (code TEXT, name, community)")
        db.execute("INSERT INTO grid VALUES (?, '一网格', '510108019006')", [GRID_CODE])
        for n in range(people):
            put_resident(db, n)
    return home


def put_resident(
    db: sqlite3.Connection, n: int, updated: str = "2026-01-01 00:00:00", gone: str = "0"
) -> None:
    """Write one resident of the grid platform anew."""
    db.execute("DELETE FROM resident WHERE id = ?", [f"g{n}"])
    address = f"龙港花园{n % 9 + 1}栋1单元{n + 100}号"
    phone = f"138000{n:05d}"
    row = (f"g{n}", f"张三{n}", id_number(n), phone, address, GRID_CODE, gone, updated)
    db.execute("INSERT INTO resident VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
