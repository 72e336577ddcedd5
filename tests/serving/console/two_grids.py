"""The small home with a second grid, more people in both, and two who may be one person."""

from pathlib import Path

import duckdb

from hub.settings import Home
from tests.cli.small_home import COMMUNITY, COMPOUND, GRID, _day, _insert, _resolve, build
from warehouse.snapshots import publish_work, working

OTHER = f"{COMMUNITY}002"
NAMES = (
    "陈建国", "陈秀英", "林志强", "林美玲", "何大勇", "何小妹", "郭春花", "郭永康", "罗文斌",
    "罗晓燕", "梁国栋", "梁玉兰", "宋明辉", "宋雨桐", "唐德胜", "唐佳怡",
)  # fmt: skip
HERE, THERE = "7", "9"
"""The building of the first grid, and of the second."""
LAST = 100 + len(NAMES)


def number(nth: int) -> str:
    """A valid number, of somebody born in 1950 or later."""
    body = f"51010819{50 + nth:02d}0101{nth:02d}1"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[
        sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11
    ]  # fmt: skip


def build_two_grids(folder: Path) -> Home:
    """Lay out the small home and publish a third snapshot."""
    home = build(folder)
    with working(home) as work:
        _second_grid(work.connection)
        for nth, name in enumerate(NAMES):
            _insert(work.connection, 200 + nth, _person(nth, name))
        twin = {
            "platform": "door", "record_key": "D1", "name": "陈国建", "sex_code": "1",
            "birth_year": 1950, "phone": "13411110000", "building": HERE, "room": "808",
        }  # fmt: skip
        _insert(work.connection, 300, twin)
        _resolve(home, work.connection, (*range(200, 200 + len(NAMES)), 300), day=3)
        work.connection.execute(
            "INSERT INTO refused VALUES (200, 300, 7.5, 'doubtful'), (202, 300, 4.5, 'doubtful')"
        )
        work.connection.execute("DELETE FROM edge WHERE b = 300 OR a = 300")
        work.close()
        publish_work(work)
    return home


def _person(nth: int, name: str) -> dict[str, object]:
    building = HERE if nth % 2 == 0 else THERE
    labels = [{"label": "独居", "detail": None}] if nth % 5 == 0 else []
    return {
        "platform": "police", "record_key": f"N{nth}", "name": name, "id_number": number(nth),
        "sex_code": str(nth % 2 + 1), "birth_year": 1950 + nth, "phone": f"1350000{1000 + nth}",
        "residence_type_code": "1", "building": building, "room": f"{nth + 401}",
        "residence_address": f"{COMPOUND}{building}-1-{nth + 401}", "labels": labels,
    }  # fmt: skip


def _second_grid(connection: duckdb.DuckDBPyConnection) -> None:
    row = {
        "record_id": 101, "platform": "street_grid", "stream": "grids", "seq": 2,
        "valid_from": _day(1), "record_key": "W2", "grid_code": OTHER, "name": "第二网格",
        "community_code": COMMUNITY, "grid_type_code": "1", "worker_name": "吴桂芳",
        "worker_phone": "13511113333", "buildings": f"{COMPOUND}9栋", "area_hectare": 3.0,
        "covers": [{"road": None, "door_no": None, "compound": COMPOUND, "building": THERE}],
    }  # fmt: skip
    connection.execute(
        f"INSERT INTO grid_record ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
        list(row.values()),
    )


__all__ = ["GRID", "NAMES", "OTHER", "build_two_grids", "number"]
