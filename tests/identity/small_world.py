"""Records as tests write them, and the rules of identity in plain Python, as an oracle."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations

import duckdb
import polars as pl

from identity.resolve import resolve_entities, resolve_identity
from identity.tables import create_tables
from schemas.entities import MODELS, core_schema
from warehouse.brain import create_brain

KEY = b"k" * 32
START = datetime(2026, 1, 1, tzinfo=UTC)


def empty_brain() -> duckdb.DuckDBPyConnection:
    """A brain in memory, with all its tables."""
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    frames = {entity: pl.DataFrame(schema=core_schema(entity)) for entity in MODELS}
    create_brain(connection, frames)
    create_tables(connection)
    return connection


@dataclass(frozen=True)
class Record:
    """What one platform says of one person; `id_number` only where valid."""

    name: str | None = None
    id_number: str | None = None
    phone: str | None = None
    room: str | None = None
    sex_code: str | None = None
    birth_year: int | None = None
    platform: str = "p"


class Hub:
    """Applies records to a brain as a sync would."""

    def __init__(
        self, brain: duckdb.DuckDBPyConnection, owners: dict[str, list[str]] | None = None
    ):
        self.brain, self.owners, self.moment = brain, owners or {}, START
        self.numbers: dict[str, int] = {}

    def sync(self, records: dict[str, Record | None], **columns: object) -> None:
        """Put records (None: gone) in and resolve. `columns` go into every record."""
        self.moment += timedelta(days=1)
        run = self.brain.execute
        run("DROP TABLE IF EXISTS changed")
        run("CREATE TEMP TABLE changed (record_id BIGINT)")
        for key, record in records.items():
            number = self.numbers.setdefault(key, len(self.numbers) + 1)
            run("DELETE FROM resident_record WHERE record_id = ?", [number])
            run("DELETE FROM record_id WHERE record_id = ?", [number])
            run("INSERT INTO changed VALUES (?)", [number])
            platform = record.platform if record else "p"
            run("INSERT INTO record_id VALUES (?, ?, 's', ?)", [number, platform, key])
            if record is not None:
                self._insert(number, key, record, columns)
        resolve_identity(self.brain, KEY, self.moment)
        resolve_entities(self.brain, KEY, self.owners, self.moment)

    def _insert(self, number: int, key: str, record: Record, columns: dict[str, object]) -> None:
        row: dict[str, object] = {
            "record_id": number, "platform": record.platform, "stream": "s", "record_key": key,
            "valid_from": self.moment, "name": record.name, "id_number": record.id_number,
            "id_status": "valid" if record.id_number else "missing", "phone": record.phone,
            "compound": record.room and "龙港花园", "room": record.room,
            "residence_address": record.room and f"龙港花园{record.room}",
            "sex_code": record.sex_code, "birth_year": record.birth_year,
        } | columns  # fmt: skip
        self.brain.execute(
            f"INSERT INTO resident_record ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
            list(row.values()),
        )

    def groups(self) -> set[frozenset[str]]:
        """Return the record keys of each resident."""
        rows = self.brain.execute("""
            SELECT list(record_key) FROM resident_link JOIN record_id USING (record_id)
            GROUP BY resident_id""").fetchall()
        return {frozenset(keys) for (keys,) in rows}

    def ids(self) -> dict[str, str]:
        """Return the resident id of each record key."""
        rows = self.brain.execute("""
            SELECT record_key, resident_id FROM resident_link JOIN record_id USING (record_id)""")
        return dict(rows.fetchall())


def compatible(a: Record, b: Record) -> bool:
    sexes = a.sex_code is None or b.sex_code is None or a.sex_code == b.sex_code
    years = a.birth_year is None or b.birth_year is None or abs(a.birth_year - b.birth_year) <= 1
    return sexes and years


def _sound(records: list[Record]) -> bool:
    return all(compatible(a, b) for a, b in combinations(records, 2))


def oracle(records: dict[str, Record]) -> set[frozenset[str]]:
    """Group records by the three rules, by brute force."""
    home: dict[str, str] = {k: f"id:{r.id_number}" for k, r in records.items() if r.id_number}
    numbered = dict(home)

    def fits(keys: list[str], attribute: str, pool: dict[str, str]) -> set[str]:
        return {
            root
            for key in keys
            for other, root in pool.items()
            if (a := records[key]).name is not None
            and a.name == (b := records[other]).name
            and getattr(a, attribute) is not None
            and getattr(a, attribute) == getattr(b, attribute)
            and compatible(a, b)
        }

    open_keys = [k for k in records if k not in home]
    phones = {k: fits([k], "phone", numbered) for k in open_keys}
    for key, roots in phones.items():
        if len(roots) == 1:
            home[key] = roots.pop()
    open_keys = [k for k in open_keys if k not in home]
    units: dict[str, list[str]] = {}
    for key in open_keys:
        r = records[key]
        grouped = r.name is not None and r.phone is not None and not phones[key]
        units.setdefault(f"{r.name}|{r.phone}" if grouped else f"only|{key}", []).append(key)
    loose = [
        part
        for unit in units.values()
        for part in ([unit] if _sound([records[k] for k in unit]) else [[k] for k in unit])
    ]
    for component in _components(records, loose):
        whole = [key for unit in component for key in unit]
        parts = [whole] if _sound([records[k] for k in whole]) else component
        for part in parts:
            roots = fits(part, "room", home_of_numbered(home))
            root = roots.pop() if len(roots) == 1 else f"unit:{min(part)}"
            for key in part:
                home.setdefault(key, root if root.startswith("unit:") else f"late:{root}")
    groups: dict[str, set[str]] = {}
    for key, root in home.items():
        groups.setdefault(root.removeprefix("late:"), set()).add(key)
    return {frozenset(keys) for keys in groups.values()}


def home_of_numbered(home: dict[str, str]) -> dict[str, str]:
    """Records that reached a number by rule 1 or 2; rule 3 does not feed itself."""
    return {key: root for key, root in home.items() if root.startswith("id:")}


def _components(records: dict[str, Record], units: list[list[str]]) -> list[list[list[str]]]:
    components = [[unit] for unit in units]
    merged = True
    while merged:
        merged = False
        for a, b in combinations(range(len(components)), 2):
            rooms = [
                {
                    (records[k].name, records[k].room)
                    for unit in components[i]
                    for k in unit
                    if records[k].name is not None and records[k].room is not None
                }
                for i in (a, b)
            ]
            if rooms[0] & rooms[1]:
                components[a] += components.pop(b)
                merged = True
                break
    return components
