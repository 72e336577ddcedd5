"""Records as tests write them, applied to a brain in memory as a sync would."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl

from identity.decisions import Binding
from identity.model import Model
from identity.resolve import resolve_entities, resolve_identity
from identity.tables import create_tables
from schemas.entities import MODELS, core_schema
from warehouse.brain import create_brain

KEY = b"k" * 32
START = datetime(2026, 1, 1, tzinfo=UTC)


def empty_brain() -> duckdb.DuckDBPyConnection:
    """A brain in memory, with all its tables."""
    connection = duckdb.connect(config={"threads": 1})  # for so few, others only wait and poll
    connection.execute("SET TimeZone = 'UTC'")
    frames = {entity: pl.DataFrame(schema=core_schema(entity)) for entity in MODELS}
    create_brain(connection, frames)
    create_tables(connection)
    return connection


@dataclass(frozen=True)
class Record:
    """What one platform says of one person; `id_number` is valid unless `id_status` says other."""

    name: str | None = None
    id_number: str | None = None
    phone: str | None = None
    room: str | None = None
    sex_code: str | None = None
    birth_year: int | None = None
    platform: str = "p"
    id_status: str | None = None
    birth_date: str | None = None
    stated_birth: str | None = None  # where a valid number says another
    maybe_cut: bool = False  # valid, but ends in 000


class Hub:
    """Applies records to a brain as a sync would."""

    def __init__(
        self, brain: duckdb.DuckDBPyConnection, owners: dict[str, list[str]] | None = None
    ):
        self.brain, self.owners, self.moment = brain, owners or {}, START
        self.numbers: dict[str, int] = {}
        self.model: Model | None = None
        self.bindings: list[Binding] = []

    def sync(
        self,
        records: dict[str, Record | None],
        own: dict[str, dict[str, object]] | None = None,
        **columns: object,
    ) -> None:
        """Put records (None: gone) in and resolve. `columns` go into all, `own` into one record."""
        self.link(records, own, **columns)
        resolve_entities(self.brain, KEY, self.owners, self.moment)

    def link(
        self,
        records: dict[str, Record | None],
        own: dict[str, dict[str, object]] | None = None,
        **columns: object,
    ) -> None:
        """As `sync`, without golden records, households and so on."""
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
                self._insert(number, key, record, columns | (own or {}).get(key, {}))
        resolve_identity(self.brain, KEY, self.moment, self.model, self.bindings)

    def _insert(self, number: int, key: str, record: Record, columns: dict[str, object]) -> None:
        row: dict[str, object] = {
            "record_id": number, "platform": record.platform, "stream": "s", "record_key": key,
            "valid_from": self.moment, "name": record.name, "id_number": record.id_number,
            "id_status": record.id_status or ("valid" if record.id_number else "missing"),
            "phone": record.phone, "birth_date": record.birth_date, "issues": _issues(record),
            "compound": record.room and "龙港花园", "room": record.room,
            "residence_address": record.room and f"龙港花园{record.room}",
            "sex_code": record.sex_code, "birth_year": record.birth_year,
        } | _by_number(record) | columns  # fmt: skip
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


def _by_number(record: Record) -> dict[str, object]:
    """Birth and sex as the standard fills them in from a valid number."""
    number = record.id_number
    if number is None or record.id_status is not None:
        return {}
    birth = f"{number[6:10]}-{number[10:12]}-{number[12:14]}"
    sex = "1" if int(number[16]) % 2 else "2"
    return {"birth_date": birth, "birth_year": int(number[6:10]), "sex_code": sex}


def _issues(record: Record) -> list[dict[str, str]]:
    found = []
    if record.stated_birth is not None:
        reason = "disagrees_with_id_number"
        found.append({"field": "birth_date", "raw": record.stated_birth, "reason": reason})
    if record.maybe_cut:
        found.append(
            {"field": "id_number", "raw": str(record.id_number), "reason": "maybe_truncated"}
        )
    return found
