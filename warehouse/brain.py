"""The brain: what every platform now says, and what it said before, in one DuckDB file.

`{entity}_record` holds each source record once, in the standard's fields, as its platform last
gave it; `{entity}_record_past` the versions it had before, with the time each ended.
`batch` lists the batches that are in the data: it is in the same file, so that "applied" and "in
the data" cannot differ. `quarantine` holds the rows that were set aside.
`record_id` numbers every record in the order of its first arrival, for ever.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

import duckdb
import polars as pl

from hub.platform_streams import Entity
from hub.settings import Home
from warehouse.core import CoreFiles
from warehouse.duck import literal, parquet
from warehouse.erasing import drop_erased, erasing_secret
from warehouse.version import SCHEMA_VERSION

LASTING = (
    "record_id", "resident_link", "resident_identity", "identity_event", "household_key",
    "dwelling_key", "membership", "resident_past", "resident_record_past", "household_record_past",
    "dwelling_record_past", "grid_record_past", "event_record_past", "computed_label",
)  # fmt: skip
"""What cannot be made again from core: who was given which id, and what was true before."""


@dataclass(frozen=True)
class Standardised:
    """A batch ready to be applied."""

    batch_id: str
    seq: int
    platform: str
    stream: str
    entity: str
    mapping_version: str
    pulled_at: datetime
    files: CoreFiles
    full: bool = False  # whether each pull of the stream reads all of it


def create_brain(
    connection: duckdb.DuckDBPyConnection, entities: Mapping[str, pl.DataFrame]
) -> None:
    """Make the tables of an empty brain; `entities` gives an empty core frame for each entity."""
    connection.execute("""
        CREATE TABLE meta (name VARCHAR, value VARCHAR);
        CREATE TABLE batch (
            batch_id VARCHAR, seq BIGINT, platform VARCHAR, stream VARCHAR, entity VARCHAR,
            mapping_version VARCHAR, pulled_at TIMESTAMPTZ, applied_at TIMESTAMPTZ,
            upserts BIGINT, deletes BIGINT, set_aside BIGINT, with_issues BIGINT);
        CREATE TABLE record_id (
            record_id BIGINT, platform VARCHAR, stream VARCHAR, record_key VARCHAR);
        CREATE TABLE quarantine (
            platform VARCHAR, stream VARCHAR, record_key VARCHAR, row_hash VARCHAR, row_no BIGINT,
            field VARCHAR, raw VARCHAR, reason VARCHAR, batch_id VARCHAR,
            set_aside_at TIMESTAMPTZ);
    """)
    connection.execute("INSERT INTO meta VALUES ('schema_version', ?)", [str(SCHEMA_VERSION)])
    for entity, frame in entities.items():
        connection.register("empty_core", frame.to_arrow())
        connection.execute(f"""
            CREATE TABLE {entity}_record AS
            SELECT 0::BIGINT AS record_id, ''::VARCHAR AS platform, ''::VARCHAR AS stream,
                   0::BIGINT AS seq, now() AS valid_from, * EXCLUDE (op)
            FROM empty_core LIMIT 0;
            CREATE TABLE {entity}_record_past AS
            SELECT *, now() AS valid_to FROM {entity}_record LIMIT 0;
        """)
        connection.unregister("empty_core")
    issues = " UNION ALL ".join(
        f"SELECT platform, stream, record_key, '{entity}' AS entity, "
        f"unnest(issues, recursive := true) FROM {entity}_record WHERE len(issues) > 0"
        for entity in entities
    )
    connection.execute(f"CREATE VIEW issue AS {issues}")


def carry_over(connection: duckdb.DuckDBPyConnection) -> None:
    """Take into an empty brain, from the one attached as `former`, what lasts.

    Columns that only one of the two knows are left out.
    """
    columns = """
        SELECT list(column_name) FROM duckdb_columns()
        WHERE database_name = '{}' AND table_name = '{}'"""
    for table in LASTING:
        here, there = (
            set(connection.execute(columns.format(base, table)).fetchall()[0][0] or ())
            for base in ("brain", "former")
        )
        if both := ", ".join(sorted(here & there)):
            connection.execute(f"INSERT INTO {table} BY NAME SELECT {both} FROM former.{table}")


def applied(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Return the mapping version under which each applied batch is in the data."""
    rows = connection.execute("SELECT batch_id, mapping_version FROM batch").fetchall()
    return dict(rows)


def apply_batches(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    batches: Sequence[Standardised],
    now: datetime,
    erased: Collection[str] = (),
) -> None:
    """Put batches of one stream into the records, and note them as applied.

    Records whose marks are in `erased` (`warehouse.erasing`) are taken as deleted.

    The temporary table `changed(record_id)` collects the resident records that are new, other or
    gone. A batch that was applied before under another mapping replaces only what still comes
    from it: a newer batch's record is never overwritten by an older one.
    """
    first = batches[0]
    run = connection.execute
    run("CREATE TEMP TABLE IF NOT EXISTS changed (record_id BIGINT)")
    _take_in(home, connection, batches)
    drop_erased(connection, first.platform, first.stream, erased, erasing_secret(home))
    table = f"{first.entity}_record"
    run(f"""
        INSERT INTO record_id
        SELECT (SELECT coalesce(max(record_id), 0) FROM record_id)
                   + row_number() OVER (ORDER BY seq, row_no),
               {literal(first.platform)}, {literal(first.stream)}, record_key
        FROM incoming WHERE op = 'upsert' AND record_key NOT IN (
            SELECT record_key FROM record_id
            WHERE platform = {literal(first.platform)} AND stream = {literal(first.stream)})""")
    run(f"""
        CREATE OR REPLACE TEMP TABLE arriving AS
        SELECT r.record_id, i.record_key, i.op, i.seq, i.row_no, i.pulled_at
        FROM incoming i JOIN record_id r
            ON r.platform = {literal(first.platform)} AND r.stream = {literal(first.stream)}
            AND r.record_key = i.record_key
        LEFT JOIN {table} t ON t.record_id = r.record_id
        WHERE t.record_id IS NULL OR t.seq <= i.seq""")
    run(f"""
        INSERT INTO {table}_past
        SELECT t.*, a.pulled_at FROM {table} t JOIN arriving a USING (record_id)""")
    run(f"DELETE FROM {table} WHERE record_id IN (SELECT record_id FROM arriving)")
    run(f"""
        INSERT INTO {table} BY NAME
        SELECT a.record_id, {literal(first.platform)} AS platform,
               {literal(first.stream)} AS stream, f.seq, f.pulled_at AS valid_from,
               c.* EXCLUDE (op, filename)
        FROM {parquet(home, [b.files.accepted for b in batches], filename=True)} c
        JOIN {_files(batches, aside=False)} USING (filename)
        JOIN arriving a ON a.record_key = c.record_key AND a.seq = f.seq AND a.row_no = c.row_no
        WHERE a.op = 'upsert'""")
    if first.entity == "resident":
        run("INSERT INTO changed SELECT record_id FROM arriving")
    _set_aside(home, connection, batches)
    _note_applied(connection, batches, now)


def retire_streams(
    connection: duckdb.DuckDBPyConnection, streams: Collection[tuple[str, str]], now: datetime
) -> None:
    """Take the records of streams out of use; as past ones they stay, and so do their ids.

    Their batches are no longer in the data: should the stream be read again, all are applied.
    """
    run = connection.execute
    run("CREATE TEMP TABLE IF NOT EXISTS changed (record_id BIGINT)")
    for platform, stream in streams:
        where = f"platform = {literal(platform)} AND stream = {literal(stream)}"
        for entity in get_args(Entity):
            table = f"{entity}_record"
            run(f"INSERT INTO {table}_past SELECT *, ? FROM {table} WHERE {where}", [now])
            if entity == "resident":
                run(f"INSERT INTO changed SELECT record_id FROM {table} WHERE {where}")
            run(f"DELETE FROM {table} WHERE {where}")
        run(f"DELETE FROM quarantine WHERE {where}")
        run(f"UPDATE batch SET mapping_version = 'retired' WHERE {where}")


def _files(batches: Sequence[Standardised], aside: bool) -> str:
    rows = ", ".join(
        f"({literal(b.files.aside if aside else b.files.accepted)}, {literal(b.batch_id)}, "
        f"{b.seq}::BIGINT, TIMESTAMPTZ {literal(b.pulled_at.isoformat())})"
        for b in batches
    )
    return f"(VALUES {rows}) AS f(filename, batch_id, seq, pulled_at)"


def _take_in(
    home: Home, connection: duckdb.DuckDBPyConnection, batches: Sequence[Standardised]
) -> None:
    """Fill `incoming`: of each record where its newest row among the batches is."""
    run = connection.execute
    run(f"""
        CREATE OR REPLACE TEMP TABLE incoming AS
        SELECT c.record_key, c.op, c.row_no, len(c.issues) AS issues,
               f.batch_id, f.seq, f.pulled_at
        FROM {parquet(home, [b.files.accepted for b in batches], filename=True)} c
        JOIN {_files(batches, aside=False)} USING (filename)""")
    repeated = "SELECT record_key FROM incoming GROUP BY record_key HAVING count(*) > 1"
    if run(f"SELECT count(*) FROM ({repeated})").fetchall()[0][0]:
        run(f"""
            DELETE FROM incoming WHERE record_key IN ({repeated})
            AND (record_key, seq << 40 | row_no) NOT IN (
                SELECT (record_key, max(seq << 40 | row_no)) FROM incoming
                WHERE record_key IN ({repeated}) GROUP BY record_key)""")


def _set_aside(
    home: Home, connection: duckdb.DuckDBPyConnection, batches: Sequence[Standardised]
) -> None:
    """Bring what is set aside up to date: the same whether batches come one by one or together.

    A row that the mapping refused stands until a newer version of its record comes. A row that the
    pull set aside (second of its key, or without one) stands until it is withdrawn or accepted; of
    a stream that is not read whole, also until its record comes again.
    """
    first = batches[0]
    where = f"platform = {literal(first.platform)} AND stream = {literal(first.stream)}"
    ids = ", ".join(literal(b.batch_id) for b in batches)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE aside AS
        SELECT c.* EXCLUDE (filename), f.batch_id, f.seq, f.pulled_at
        FROM {parquet(home, [b.files.aside for b in batches], filename=True)} c
        JOIN {_files(batches, aside=True)} USING (filename)""")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE standing AS
        WITH every AS (
            SELECT q.* EXCLUDE (platform, stream, set_aside_at), set_aside_at AS pulled_at, b.seq
            FROM quarantine q JOIN batch b USING (batch_id)
            WHERE q.platform = {literal(first.platform)} AND q.stream = {literal(first.stream)}
                AND batch_id NOT IN ({ids})
            UNION ALL BY NAME FROM aside),
        marked AS (
            SELECT *, reason IN ('duplicate_key', 'no_record_key', 'withdrawn') AS by_pull
            FROM every)
        SELECT * FROM marked
        QUALIFY row_number() OVER (
            PARTITION BY record_key, by_pull, CASE WHEN by_pull THEN row_hash END
            ORDER BY seq DESC, row_no DESC) = 1""")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE accepted AS
        SELECT record_key, row_hash, seq, row_no
        FROM {parquet(home, [b.files.accepted for b in batches], filename=True)} c
        JOIN {_files(batches, aside=False)} USING (filename)
        WHERE record_key IN (SELECT record_key FROM standing)
        UNION ALL
        SELECT record_key, row_hash, seq, row_no FROM {first.entity}_record
        WHERE {where} AND record_key IN (SELECT record_key FROM standing)""")
    connection.execute(f"DELETE FROM quarantine WHERE {where}")
    connection.execute(f"""
        INSERT INTO quarantine
        SELECT {literal(first.platform)}, {literal(first.stream)}, record_key, row_hash,
               row_no, field, raw, reason, batch_id, pulled_at
        FROM standing s
        WHERE reason <> 'withdrawn' AND NOT EXISTS (
            FROM accepted a WHERE a.record_key = s.record_key AND CASE
                WHEN NOT s.by_pull THEN (a.seq << 40 | a.row_no) > (s.seq << 40 | s.row_no)
                WHEN {"true" if first.full else "false"}
                    THEN a.row_hash = s.row_hash AND a.seq > s.seq
                ELSE a.seq > s.seq END)""")


def _note_applied(
    connection: duckdb.DuckDBPyConnection, batches: Sequence[Standardised], now: datetime
) -> None:
    ids = ", ".join(literal(b.batch_id) for b in batches)
    connection.execute(f"DELETE FROM batch WHERE batch_id IN ({ids})")
    facts = ", ".join(
        f"({literal(b.batch_id)}, {b.seq}, {literal(b.mapping_version)}, "
        f"TIMESTAMPTZ {literal(b.pulled_at.isoformat())})"
        for b in batches
    )
    first = batches[0]
    connection.execute(f"""
        INSERT INTO batch
        SELECT f.batch_id, f.seq, {literal(first.platform)}, {literal(first.stream)},
               {literal(first.entity)}, f.mapping_version, f.pulled_at,
               TIMESTAMPTZ {literal(now.isoformat())},
               coalesce(i.upserts, 0), coalesce(i.deletes, 0), coalesce(q.rows, 0),
               coalesce(i.issues, 0)
        FROM (VALUES {facts}) AS f(batch_id, seq, mapping_version, pulled_at)
        LEFT JOIN (SELECT batch_id, count(*) FILTER (op = 'upsert') AS upserts,
                          count(*) FILTER (op = 'delete') AS deletes,
                          count(*) FILTER (issues > 0) AS issues
                   FROM incoming GROUP BY batch_id) i USING (batch_id)
        LEFT JOIN (SELECT batch_id, count(*) AS rows FROM aside WHERE reason <> 'withdrawn'
                   GROUP BY batch_id) q USING (batch_id)""")
