"""A snapshot's look-up file: one sealed card a person, found by id or by an exact value.

A snapshot is written for syncs, which read whole columns: finding one person in it costs DuckDB
milliseconds of planning and scanning, and an index there would make every sync wait. So whoever
serves it makes this file beside it, once for a snapshot. It is SQLite:

    card    nth (in the order of ids), resident_id, sealed: the person's row with labels, extras,
            sources and household, a JSON list in the order of `about.columns`, AES-256-GCM under a
            key of this file's own (as it is, if the home does not encrypt)
    seek    mark → nth: 60 bits of a keyed hash of a field's name and value
    merged  resident_id → merged_into

Days and times in a card are text, ISO 8601, times in UTC. `python -m warehouse.doors HOME NUMBER`
makes the file in a process of its own, at low priority.
"""

import fcntl
import hashlib
import json
import os
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hub.priority import yield_to_readers
from hub.settings import Home, open_home
from security.keys import read_keys
from warehouse.answers import rows
from warehouse.duck import attach, connect, literal, publish
from warehouse.snapshots import snapshot_path

Row = dict[str, Any]
SOUGHT = ("id_number", "phone", "residence_address", "name")
"""What people are found by, the surest first."""
FOLDED = {"id_number": "upper(id_number)"}
FORM = 2
"""Which form a card has: a file of another form is made anew."""
NESTED = ("community_code", "labels", "extras", "sources", "members")
TABLES = """
    CREATE TABLE about (columns TEXT, salt BLOB);
    CREATE TABLE card (nth INTEGER PRIMARY KEY, resident_id TEXT, sealed BLOB);
    CREATE TABLE seek (mark INTEGER, nth INTEGER, PRIMARY KEY (mark, nth)) WITHOUT ROWID;
    CREATE TABLE merged (resident_id TEXT PRIMARY KEY, merged_into TEXT) WITHOUT ROWID;"""
CARDS = """
    WITH labels AS (
        SELECT resident_id, list({{label: label, detail: detail, since: since, until: until,
            platform: platform}}) AS labels
        FROM resident_label GROUP BY resident_id),
    extras AS (
        SELECT resident_id, list({{item: x.item, value: x.value, platform: platform,
            stream: stream, 'at': said_at}} ORDER BY moment DESC, record_id) AS extras
        FROM (SELECT l.resident_id, l.record_id, t.platform, t.stream, unnest(t.extras) AS x,
                coalesce(t.updated_at, t.valid_from) AS moment, {said} AS said_at
            FROM resident_link l JOIN resident_record t USING (record_id) WHERE len(t.extras) > 0)
        GROUP BY resident_id),
    sources AS (
        SELECT l.resident_id, list({{platform: t.platform, stream: t.stream,
            said_at: {said}}}) AS sources
        FROM resident_link l JOIN resident_record t USING (record_id) GROUP BY l.resident_id),
    members AS (
        SELECT household_id, list({{resident_id: resident_id, name: name, sex_code: sex_code,
            birth_year: birth_year, relation_code: relation_code, lives_here: lives_here,
            grid_code: grid_code}}) AS members
        FROM resident WHERE household_id IS NOT NULL GROUP BY household_id)
    SELECT r.resident_id, json_array({columns})::VARCHAR AS card
    FROM resident r LEFT JOIN grid g USING (grid_code) LEFT JOIN labels USING (resident_id)
    LEFT JOIN extras USING (resident_id) LEFT JOIN sources USING (resident_id)
    LEFT JOIN members USING (household_id)
    ORDER BY r.resident_id"""
AT_ONCE = 5000  # cards under way in memory


class Cards:
    """The look-up file of one snapshot, open for reading by any thread."""

    def __init__(self, home: Home, number: int) -> None:
        """Open the file; `prepare` has made it."""
        self._path, self._lock = _path(home, number), Lock()
        self._idle: list[sqlite3.Connection] = []
        self._secret = _secret(home)
        columns, salt = self._ask("SELECT columns, salt FROM about", ())[0]
        self._columns: list[str] = json.loads(columns)
        self._cipher = _cipher(home, salt)

    def card(self, resident_id: str) -> Row | None:
        """One person's row; an id that was merged leads to the one it became."""
        for _ in range(20):
            query = "SELECT nth, sealed FROM card WHERE resident_id = ?"
            for nth, sealed in self._ask(query, (resident_id,)):
                return self._open(nth, sealed)
            merged = self._ask(
                "SELECT merged_into FROM merged WHERE resident_id = ?", (resident_id,)
            )
            if not merged:
                return None
            resident_id = merged[0][0]
        return None

    def seek(self, field: str, value: str) -> Iterator[Row]:
        """Everybody with exactly this value, in the order of ids; `field` is of `SOUGHT`."""
        value = _folded(field, value)
        mark, after = _mark(self._secret, field, value), 0
        while True:
            found = self._ask(
                """SELECT nth, sealed FROM seek JOIN card USING (nth)
                   WHERE mark = ? AND nth > ? ORDER BY nth LIMIT 100""", (mark, after)
            )  # fmt: skip
            for nth, sealed in found:
                row = self._open(nth, sealed)
                if _folded(field, row[field]) == value:  # two texts may have one mark
                    yield row
            if len(found) < 100:
                return
            after = found[-1][0]

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            for one in self._idle:
                one.close()
            self._idle = []

    def _open(self, nth: int, sealed: bytes) -> Row:
        text = sealed if self._cipher is None else self._cipher.decrypt(_nonce(nth), sealed, None)
        return dict(zip(self._columns, json.loads(text), strict=True))

    def _ask(self, query: str, values: Sequence[object]) -> list[Any]:
        with self._lock:
            book = self._idle.pop() if self._idle else None
        if book is None:  # the file never changes: no lock is ever needed
            address = f"{self._path.as_uri()}?mode=ro&immutable=1"
            book = sqlite3.connect(address, uri=True, check_same_thread=False)
        found = book.execute(query, values).fetchall()
        with self._lock:
            self._idle.append(book)
        return found


def prepare(home: Home, number: int) -> None:
    """Make the look-up file of a snapshot, unless it is there.

    Of several processes one does, the others wait.

    Raises:
        NotFoundError: that snapshot is not kept.
    """
    path = _path(home, number)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path.parent / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.is_file():
            _make(home, number, path)
            _sweep(path)
    finally:
        os.close(lock)


def _make(home: Home, number: int, path: Path) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.unlink(missing_ok=True)
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT, 0o600))
    brain, book = connect(home), sqlite3.connect(temporary)
    try:
        attach(home, brain, snapshot_path(home, number), read_only=True)
        brain.execute("SET threads = 1")  # readers need the other cores
        book.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + TABLES)
        salt, columns = os.urandom(16), _columns(brain)
        book.execute("INSERT INTO about VALUES (?, ?)", (json.dumps(list(columns)), salt))
        book.executemany("INSERT INTO card VALUES (?, ?, ?)", _cards(home, brain, columns, salt))
        book.execute("CREATE UNIQUE INDEX card_by_id ON card (resident_id)")
        book.executemany("INSERT INTO seek VALUES (?, ?)", _marks(home, brain))
        book.executemany("INSERT INTO merged VALUES (?, ?)", _all(brain.execute(
            """SELECT resident_id, merged_into FROM resident_identity
               WHERE merged_into IS NOT NULL""")))  # fmt: skip
        book.commit()
    finally:
        book.close()
        brain.close()
    publish(temporary, path)


def _columns(brain: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Name of each value of a card → the SQL that writes it."""
    own = rows(
        brain,
        """SELECT column_name AS name, data_type AS type FROM duckdb_columns()
           WHERE database_name = 'brain' AND table_name = 'resident' ORDER BY column_index""",
    )
    found = {
        one["name"]: _time(f"r.{one['name']}") if "TIME ZONE" in one["type"] else f"r.{one['name']}"
        for one in own
    }
    return found | dict(zip(NESTED, ("g.community_code", *NESTED[1:]), strict=True))


def _time(sql: str) -> str:
    return f"replace(strftime({sql}, '%Y-%m-%dT%H:%M:%S.%f+00:00'), '.000000', '')"


def _cards(
    home: Home, brain: duckdb.DuckDBPyConnection, columns: dict[str, str], salt: bytes
) -> Iterator[tuple[int, str, bytes]]:
    cipher = _cipher(home, salt)
    query = CARDS.format(
        columns=", ".join(columns.values()), said=_time("coalesce(t.updated_at, t.valid_from)")
    )
    for nth, (resident_id, card) in enumerate(_all(brain.execute(query)), 1):
        text = card.encode()
        yield nth, resident_id, cipher.encrypt(_nonce(nth), text, None) if cipher else text


def _marks(home: Home, brain: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """(mark, nth) of every value that people are found by, in order: so the tree only grows."""
    each = " UNION ALL ".join(
        f"SELECT nth, '{one}' AS field, {FOLDED.get(one, one)} AS value FROM numbered"
        for one in SOUGHT
    )
    text = f"{literal(_secret(home))} || chr(31) || field || chr(31) || value"
    return _all(
        brain.execute(f"""
        WITH numbered AS (SELECT row_number() OVER (ORDER BY resident_id) AS nth, * FROM resident)
        SELECT DISTINCT ('0x' || left(sha256({text}), 15))::BIGINT AS mark, nth
        FROM ({each}) WHERE value IS NOT NULL ORDER BY mark, nth""")
    )


def _all(found: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    for batch in found.to_arrow_reader(AT_ONCE):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _mark(secret: str, field: str, value: str) -> int:
    text = "\x1f".join((secret, field, value))
    return int(hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:15], 16)


def _folded(field: str, value: str) -> str:
    return value.upper() if field in FOLDED else value


def _secret(home: Home) -> str:
    """What keys the marks; not the key itself."""
    identity = read_keys(home.secrets, encryption=False).identity
    return hashlib.sha256(b"doors" + identity).hexdigest()


def _cipher(home: Home, salt: bytes) -> AESGCM | None:
    """The cipher of one file: its key is its own, so a card's number can be its nonce."""
    key = read_keys(home.secrets, encryption=home.settings.encryption).data
    return AESGCM(hashlib.sha256(b"card" + salt + key.encode()).digest()) if key else None


def _nonce(nth: int) -> bytes:
    return nth.to_bytes(12, "big")


def _sweep(path: Path) -> None:
    """Drop the files of other snapshots; who has one open can still read it."""
    for other in path.parent.iterdir():
        if other.name not in (path.name, "lock"):
            other.unlink(missing_ok=True)


def _path(home: Home, number: int) -> Path:
    return home.data / "doors" / f"{number}.{FORM}.cards"


if __name__ == "__main__":
    yield_to_readers()
    prepare(open_home(Path(sys.argv[1])), int(sys.argv[2]))
