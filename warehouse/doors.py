"""A snapshot's look-up file: the same rows by key, so that one person is found in a millisecond.

A snapshot is written for syncs, which read whole columns; finding one person in it means scanning
one. Indexing it there would make every sync wait, so whoever serves it makes this file beside it,
once for a snapshot: each person's row with labels, sources and household beside it, under an index
on a 64-bit hash of the id (on the text itself it takes ten times as long to make, and a second
condition beside it would keep DuckDB from using it). It is encrypted as the snapshot is.
"""

import fcntl
import os
from pathlib import Path

import duckdb

from hub.settings import Home
from warehouse.duck import attach, connect, publish
from warehouse.snapshots import snapshot_path

TABLES = """
    CREATE TABLE doors.person AS
    WITH labels AS (
        SELECT resident_id, list({label: label, detail: detail, since: since, until: until,
            platform: platform}) AS labels
        FROM brain.resident_label GROUP BY resident_id),
    sources AS (
        SELECT l.resident_id, list({platform: t.platform, stream: t.stream,
            said_at: coalesce(t.updated_at, t.valid_from)}) AS sources
        FROM brain.resident_link l JOIN brain.resident_record t USING (record_id)
        GROUP BY l.resident_id),
    members AS (
        SELECT household_id, list({resident_id: resident_id, name: name, sex_code: sex_code,
            birth_year: birth_year, relation_code: relation_code, lives_here: lives_here,
            grid_code: grid_code}) AS members
        FROM brain.resident WHERE household_id IS NOT NULL GROUP BY household_id)
    SELECT hash(r.resident_id) AS id_hash, r.*, g.community_code, labels.labels, sources.sources,
           members.members
    FROM brain.resident r LEFT JOIN brain.grid g USING (grid_code)
    LEFT JOIN labels USING (resident_id) LEFT JOIN sources USING (resident_id)
    LEFT JOIN members USING (household_id);
    CREATE INDEX person_by_id ON doors.person (id_hash);
    CREATE TABLE doors.merged AS
    SELECT hash(resident_id) AS id_hash, resident_id, merged_into
    FROM brain.resident_identity WHERE merged_into IS NOT NULL;
    CREATE INDEX merged_by_id ON doors.merged (id_hash)"""


def open_doors(home: Home, number: int) -> duckdb.DuckDBPyConnection:
    """Open a snapshot (as `brain`) with its look-up file (as `doors`), made now if it is not there.

    Raises:
        NotFoundError: that snapshot is not kept.
    """
    path = _folder(home) / f"{number}.duckdb"
    connection = connect(home)
    try:
        attach(home, connection, snapshot_path(home, number), read_only=True)
        if not path.is_file():
            _make(home, connection, path)
        attach(home, connection, path, read_only=True, name="doors")
        connection.execute("USE brain")
    except BaseException:
        connection.close()
        raise
    return connection


def _make(home: Home, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Make the file under another name; of several processes one does, the others wait."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = os.open(path.parent / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.is_file():
            return
        temporary = path.with_suffix(".tmp")
        temporary.unlink(missing_ok=True)
        attach(home, connection, temporary, read_only=False, name="doors")
        connection.execute("SET force_compression = 'uncompressed'")  # found rows are not unpacked
        connection.execute(TABLES)
        connection.execute("RESET force_compression")
        connection.execute("CHECKPOINT doors")
        connection.execute("USE brain")
        connection.execute("DETACH doors")
        publish(temporary, path)
        _sweep(path)
    finally:
        os.close(lock)


def _sweep(path: Path) -> None:
    """Drop the files of other snapshots; who has one open can still read it."""
    for other in path.parent.glob("*.duckdb"):
        if other != path:
            other.unlink(missing_ok=True)


def _folder(home: Home) -> Path:
    return home.data / "doors"
