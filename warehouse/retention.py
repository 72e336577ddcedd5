"""What a platform no longer says, and has not for as long as its file keeps it: found and let go.

In raw a row is outdated when its record got a newer one, or was deleted, before the day; in the
brain a past version when it ended before the day. What is still said is neither, however old.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from hub.settings import Home
from warehouse.answers import ENTITIES
from warehouse.duck import literal, parquet, write_parquet

LET_GO = "let go:"
"""In the place of the key of a record of which nothing is held any more."""
SAME_PERSON = ("id_number", "phone", "residence_address", "birth_date")
"""Of a version of the same name one of these must be the same, for it to speak of that person."""
BY_ADDRESS = ("place", "building", "unit", "room", "room_key", "dwelling_id")
RUN = timedelta(days=1)
"""A merged version ends when a run is done, hours behind the pull that ended it."""


def mark_outdated(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    files: Sequence[tuple[Path, datetime]],
    before: datetime,
) -> list[int]:
    """Fill `outdated(nth, _row)`; return which of the files have such rows.

    Args:
        home: The hub home.
        connection: A scratch connection of it.
        files: Every raw file of one stream with the time of its pull, oldest first.
        before: What ended before it is outdated.
    """
    told = ", ".join(
        f"({literal(path)}, {nth}, TIMESTAMPTZ {literal(at.isoformat())})"
        for nth, (path, at) in enumerate(files)
    )
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE outdated AS
        WITH every AS (
            SELECT _key, _hash, _op, _row, nth, pulled_at
            FROM {parquet(home, [path for path, _ in files], filename=True)}
            JOIN (VALUES {told}) AS o(filename, nth, pulled_at) USING (filename)),
        version AS (
            SELECT nth, _row, CASE _op WHEN 'delete' THEN pulled_at
                ELSE lead(pulled_at) OVER (PARTITION BY _key ORDER BY nth, _row) END AS ended
            FROM every WHERE _op IN ('upsert', 'delete')),
        aside AS (
            SELECT nth, _row, min(pulled_at) FILTER (_op = 'withdrawn') OVER (
                PARTITION BY _key, _hash ORDER BY nth, _row
                ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS ended
            FROM every WHERE _op IN ('duplicate', 'nokey', 'withdrawn'))
        SELECT nth, _row FROM version WHERE ended < $before
        UNION ALL SELECT nth, _row FROM aside WHERE ended < $before""",
        {"before": before},
    )
    found = connection.execute("SELECT DISTINCT nth FROM outdated ORDER BY nth").fetchall()
    return [nth for (nth,) in found]


def write_without(
    home: Home, connection: duckdb.DuckDBPyConnection, path: Path, number: str, nth: int
) -> bool:
    """Write one file without the outdated rows of the nth; `number` is its column of row numbers.

    False if it had none of them.
    """
    source = parquet(home, [path])
    gone = f"{number} IN (SELECT _row FROM outdated WHERE nth = {nth})"
    count = connection.execute(f"SELECT count(*) FROM {source} WHERE {gone}").fetchall()[0][0]
    if count:
        kept = f"SELECT * FROM {source} WHERE NOT ({gone}) ORDER BY {number}"
        write_parquet(home, connection, kept, path)
    return bool(count)


def past_outdated(
    connection: duckdb.DuckDBPyConnection, platform: str, before: datetime
) -> bool:  # fmt: skip
    """Whether a brain holds versions of a platform's records that ended before the day."""
    either = " UNION ALL ".join(
        f"SELECT 1 FROM {entity}_record_past WHERE platform = $platform AND valid_to < $before"
        for entity in ENTITIES
    )
    query = f"SELECT count(*) > 0 FROM ({either})"
    found = connection.execute(query, {"platform": platform, "before": before}).fetchall()
    return bool(found[0][0])


def drop_past(connection: duckdb.DuckDBPyConnection, platform: str, before: datetime) -> int:
    """Delete what a brain holds of a platform's past before the day; return how many versions.

    Of merged past versions that ended before it, only what some kept version still says stays.
    """
    run, given = connection.execute, {"platform": platform, "before": before}
    dropped = 0
    ended = "platform = $platform AND valid_to < $before"
    for entity in ENTITIES:
        query = f"DELETE FROM {entity}_record_past WHERE {ended}"
        dropped += int(run(query, given).fetchall()[0][0])
    run(
        """DELETE FROM correction WHERE closed_at < $before AND record_id IN (
               SELECT record_id FROM record_id WHERE platform = $platform)""",
        given,
    )
    _forget_keys(connection, platform)
    _drop_merged(connection, before + RUN)
    return dropped


def _forget_keys(connection: duckdb.DuckDBPyConnection, platform: str) -> None:
    """Blank the keys of records of which nothing is left; one that comes back is a new record."""
    held = " UNION ALL ".join(
        f"SELECT record_id FROM {entity}_record{past}" for entity in ENTITIES
        for past in ("", "_past")
    )  # fmt: skip
    connection.execute(
        f"""UPDATE record_id SET record_key = '{LET_GO}' || record_id
            WHERE platform = $platform AND NOT starts_with(record_key, '{LET_GO}')
            AND NOT starts_with(record_key, 'erased:') AND record_id NOT IN ({held})
            AND (stream, record_key) NOT IN (
                SELECT (stream, record_key) FROM quarantine
                WHERE platform = $platform AND record_key IS NOT NULL)""",
        {"platform": platform},
    )


def _drop_merged(connection: duckdb.DuckDBPyConnection, before: datetime) -> None:
    """Blank in old merged versions what no kept version says of that person any more."""
    said = _shared_columns(connection)
    versions = " UNION ALL ".join(
        f"SELECT {', '.join(said)} FROM resident_record{past}" for past in ("", "_past")
    )
    backed = ", ".join(f"bool_or(v.{one} = p.{one}) AS {one}" for one in said)
    either = " OR ".join(f"v.{one} = p.{one}" for one in SAME_PERSON)
    connection.execute(
        f"""CREATE OR REPLACE TEMP TABLE backed AS
            SELECT p.rowid AS nth, {backed} FROM resident_past p JOIN ({versions}) v
                ON v.name = p.name AND ({either})
            WHERE p.valid_to < $before GROUP BY p.rowid""",
        {"before": before},
    )
    connection.execute(
        """DELETE FROM resident_past
           WHERE valid_to < $before AND rowid NOT IN (SELECT nth FROM backed)""",
        {"before": before},
    )
    places = dict.fromkeys(BY_ADDRESS, "residence_address")
    kept = ", ".join(
        f"{one} = CASE WHEN b.{places.get(one, one)} THEN resident_past.{one} END"
        for one in (*said, *BY_ADDRESS)
    )
    connection.execute(
        f"UPDATE resident_past SET {kept} FROM backed b WHERE resident_past.rowid = b.nth"
    )
    connection.execute("DROP TABLE backed")


def _shared_columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """The fields of a merged version that records say."""
    found = connection.execute(
        """SELECT column_name FROM duckdb_columns()
           WHERE database_name = 'brain' AND table_name = 'resident_past' INTERSECT
           SELECT column_name FROM duckdb_columns()
           WHERE database_name = 'brain' AND table_name = 'resident_record'"""
    ).fetchall()
    own = {"valid_from", *BY_ADDRESS}
    return sorted(name for (name,) in found if name not in own)
