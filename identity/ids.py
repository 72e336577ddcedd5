"""Ids for life: each cluster keeps the id its records had; a new person gets a keyed one.

A resident id is a keyed hash of the founding record: of the records that first made the person, the
least by a hash of its key, so that the order of rows in a batch does not matter. When clusters
merge the older id stays and the other redirects to it; when one splits, the part with the founding
record keeps the id, and a merged id is given back, or leads, to whom its founding record belongs.
Every change is an event with its reason.
"""

from datetime import datetime

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from security.keys import keyed_ids
from warehouse.duck import read_arrow

AT_ONCE = 200_000
"""Ids made at a time."""


def assign_ids(connection: duckdb.DuckDBPyConnection, key: bytes, now: datetime) -> None:
    """Link the records in `clustered` to residents.

    Fills `affected(resident_id)`: every resident whose records, or set of records, changed.
    """
    run = connection.execute
    run(
        "CREATE OR REPLACE TEMP TABLE moment AS SELECT $now::TIMESTAMPTZ AS happened_at",
        {"now": now},
    )
    _keepers(connection)
    _mint(connection, key)
    _relink(connection)
    _note_events(connection)


def _keepers(connection: duckdb.DuckDBPyConnection) -> None:
    """Decide for each root which id it keeps, and which others merge into that.

    Each id stays with one root (the founding record's, else the one with most of its records);
    each root takes the oldest of the ids that stay with it.
    """
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE stays AS
        WITH prior AS (
            SELECT c.root, l.resident_id, i.founding_record_id, count(*) AS records,
                   bool_or(c.record_id = i.founding_record_id) AS founder, min(c.stable) AS low
            FROM clustered c JOIN resident_link l USING (record_id)
            JOIN resident_identity i USING (resident_id) GROUP BY ALL)
        SELECT root, resident_id, founding_record_id FROM prior
        QUALIFY row_number() OVER (
            PARTITION BY resident_id ORDER BY founder DESC, records DESC, low) = 1""")
    run("""
        CREATE OR REPLACE TEMP TABLE kept AS
        WITH age AS (
            SELECT resident_id, min(happened_at) AS founded_at FROM identity_event
            SEMI JOIN stays USING (resident_id) WHERE kind = 'founded' GROUP BY resident_id)
        SELECT s.root, arg_min(s.resident_id, (
                   a.founded_at, hash(r.platform, r.stream, r.record_key))) AS resident_id
        FROM stays s JOIN record_id r ON r.record_id = s.founding_record_id
        LEFT JOIN age a USING (resident_id) GROUP BY s.root""")


def _mint(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Give each root without an id the oldest that its records founded, else one of its first."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE given_back AS
        WITH former AS (
            SELECT c.root, c.record_id, c.stable, i.resident_id FROM resident_identity i
            JOIN clustered c ON c.record_id = i.founding_record_id ANTI JOIN kept USING (root)
            WHERE i.state <> 'living'),
        age AS (
            SELECT resident_id, min(happened_at) AS founded_at FROM identity_event
            SEMI JOIN former USING (resident_id) WHERE kind = 'founded' GROUP BY resident_id)
        SELECT root, record_id, resident_id FROM former LEFT JOIN age USING (resident_id)
        QUALIFY row_number() OVER (
            PARTITION BY root ORDER BY founded_at, stable, resident_id) = 1""")
    rows = read_arrow(
        connection,
        """
        SELECT root, record_id, platform || chr(31) || stream || chr(31) || record_key AS founding
        FROM (SELECT root, arg_min(record_id, stable) AS record_id FROM clustered
              ANTI JOIN kept USING (root) ANTI JOIN given_back USING (root) GROUP BY root)
        JOIN record_id USING (record_id)""",
    )
    minted = minted_ids(key, "R", rows["founding"])
    connection.register("minted_rows", rows.append_column("resident_id", minted))
    run("""
        CREATE OR REPLACE TEMP TABLE minted AS
        FROM minted_rows
        UNION ALL BY NAME SELECT root, record_id, resident_id FROM given_back""")
    connection.unregister("minted_rows")
    # the founding record may have left a person who lives on under the id it founded
    taken = run("""
        SELECT m.root, m.record_id, m.founding FROM minted m
        JOIN resident_identity i USING (resident_id)
        WHERE i.resident_id IN (SELECT resident_id FROM kept)
           OR i.resident_id IN (SELECT resident_id FROM resident_link SEMI JOIN minted
                                USING (resident_id)
                                WHERE record_id NOT IN (SELECT record_id FROM clustered))
    """).to_arrow_table()
    if taken.num_rows:
        number = run("SELECT count(*) FROM resident_identity").fetchall()[0][0]
        texts = pc.binary_join_element_wise(taken["founding"], str(number), "\x1f")
        again = taken.append_column("resident_id", minted_ids(key, "R", texts))
        connection.register("again", again)
        run("DELETE FROM minted WHERE root IN (SELECT root FROM again)")
        run("INSERT INTO minted FROM again")
        connection.unregister("again")


def minted_ids(key: bytes, prefix: str, founding: pa.ChunkedArray) -> pa.ChunkedArray:
    """Give the keyed id of each text, some at a time: in Python they take ten times the memory."""
    parts = [founding.slice(at, AT_ONCE) for at in range(0, len(founding), AT_ONCE)]
    made = [pa.array(keyed_ids(key, prefix, one.to_pylist()), pa.string()) for one in parts]
    return pa.chunked_array(made, pa.string())


def _relink(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE relinked AS
        SELECT c.record_id, coalesce(k.resident_id, m.resident_id) AS resident_id, c.rule
        FROM clustered c LEFT JOIN kept k USING (root) LEFT JOIN minted m USING (root)""")
    run("""
        CREATE OR REPLACE TEMP TABLE before AS
        SELECT l.record_id, l.resident_id FROM resident_link l
        WHERE l.record_id IN (SELECT record_id FROM clustered)
           OR l.record_id IN (SELECT record_id FROM changed)""")
    run("""
        CREATE OR REPLACE TEMP TABLE affected AS
        SELECT b.resident_id FROM before b SEMI JOIN changed USING (record_id)
        UNION SELECT r.resident_id FROM relinked r SEMI JOIN changed USING (record_id)
        UNION SELECT unnest([b.resident_id, r.resident_id]) FROM before b
              JOIN relinked r USING (record_id) WHERE b.resident_id <> r.resident_id""")
    run("DELETE FROM resident_link WHERE record_id IN (SELECT record_id FROM before)")
    run("INSERT INTO resident_link FROM relinked")


def _note_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Note whatever became of ids and records, each with its reason; keep states."""
    run = connection.execute
    _why_merged(connection)
    _why_split(connection)
    _why_passed(connection)
    run("""
        CREATE OR REPLACE TEMP TABLE events AS
        SELECT CASE WHEN i.resident_id IS NULL THEN 'founded' ELSE 'returned' END AS kind,
               m.resident_id, s.resident_id AS other_id,
               CASE WHEN s.resident_id IS NULL THEN 'new record' ELSE 'split: ' || w.why END
                   AS reason
        FROM minted m LEFT JOIN resident_identity i USING (resident_id)
        LEFT JOIN before s ON s.record_id = m.record_id AND s.resident_id <> m.resident_id
        LEFT JOIN why_split w ON w.resident_id = m.resident_id
        UNION ALL
        SELECT 'merged', resident_id, into_id, 'one person by ' || rule FROM why_merged
        UNION ALL
        SELECT 'passed', from_id, into_id, 'passed: ' || why FROM why_passed
        UNION ALL
        SELECT DISTINCT 'gone', b.resident_id, NULL, 'no record left'
        FROM before b
        WHERE b.resident_id NOT IN (
            SELECT resident_id FROM resident_link SEMI JOIN before USING (resident_id))
          AND b.resident_id NOT IN (SELECT resident_id FROM stays)""")
    _keep_events(connection)


def _why_merged(connection: duckdb.DuckDBPyConnection) -> None:
    """`why_merged(resident_id, into_id, rule)`: what binds those who lose their id to the others.

    A steward's decision, else the same number, else the heaviest edge.
    """
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE why_merged AS
        WITH merging AS (
            SELECT s.resident_id, k.resident_id AS into_id, root FROM stays s JOIN kept k
            USING (root) WHERE s.resident_id <> k.resident_id),
        person AS (
            SELECT c.record_id, c.root, b.resident_id, e.id_number FROM clustered c
            SEMI JOIN merging USING (root) LEFT JOIN before b USING (record_id)
            JOIN evidence e USING (record_id)),
        tie AS (
            SELECT a, b, 0 AS class, 0.0 AS light, 'decided' AS rule FROM binding
            WHERE verdict = 'same'
            UNION ALL SELECT x.record_id, y.record_id, 1, 0.0, 'id_number'
            FROM person x JOIN person y ON x.id_number = y.id_number AND x.root = y.root
            UNION ALL SELECT a, b, 2, -round(weight, 6), rule FROM edge
            WHERE a IN (SELECT record_id FROM person)),
        across AS (
            SELECT unnest([x.resident_id, y.resident_id]) AS resident_id, class, light, rule
            FROM tie t JOIN person x ON x.record_id = t.a JOIN person y ON y.record_id = t.b
            WHERE x.root = y.root AND x.resident_id IS DISTINCT FROM y.resident_id)
        SELECT m.resident_id, any_value(into_id) AS into_id,
               coalesce(arg_min(rule, (class, light, rule)), 'evidence') AS rule
        FROM merging m LEFT JOIN across USING (resident_id) GROUP BY m.resident_id""")


def _why_split(connection: duckdb.DuckDBPyConnection) -> None:
    """`why_split(resident_id, why)`: why new residents left the one whom their record was of.

    decided: told apart, or no longer told to be one; changed: one of their records is another;
    evidence: the other records are.
    """
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE why_split AS
        SELECT m.resident_id,
               CASE WHEN bool_or(r.record_id IN (FROM told_otherwise)) THEN 'decided'
                    WHEN bool_or(r.record_id IN (SELECT record_id FROM changed)) THEN 'changed'
                    ELSE 'evidence' END AS why
        FROM minted m JOIN relinked r USING (resident_id) GROUP BY m.resident_id""")


def _why_passed(connection: duckdb.DuckDBPyConnection) -> None:
    """`why_passed(from_id, into_id, why)`: records that went to another, who is not all of theirs.

    decided: something was told of them, else of others of the two; changed: they are others;
    evidence: other records are.
    """
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE why_passed AS
        WITH told AS (
            SELECT resident_id FROM before WHERE record_id IN (FROM told_otherwise)
            UNION SELECT resident_id FROM relinked WHERE record_id IN (FROM told_otherwise)),
        passing AS (
            SELECT b.resident_id AS from_id, r.resident_id AS into_id, record_id
            FROM before b JOIN relinked r USING (record_id)
            WHERE b.resident_id <> r.resident_id
            AND (from_id, into_id) NOT IN (SELECT (resident_id, into_id) FROM why_merged)
            AND (from_id, into_id) NOT IN (
                SELECT (s.resident_id, m.resident_id)
                FROM minted m JOIN before s USING (record_id)))
        SELECT from_id, into_id,
               CASE WHEN bool_or(record_id IN (FROM told_otherwise)) THEN 'decided'
                    WHEN bool_or(record_id IN (SELECT record_id FROM changed)) THEN 'changed'
                    WHEN from_id IN (FROM told) OR into_id IN (FROM told) THEN 'decided'
                    ELSE 'evidence' END AS why
        FROM passing GROUP BY from_id, into_id""")


def _keep_events(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run("""
        INSERT INTO identity_event
        SELECT happened_at, kind, resident_id, other_id, reason FROM events, moment""")
    run("""
        DELETE FROM resident_identity
        WHERE resident_id IN (SELECT resident_id FROM minted)""")
    run("""
        INSERT INTO resident_identity
        SELECT resident_id, record_id, NULL, 'living' FROM minted""")
    run("""
        UPDATE resident_identity SET merged_into = e.other_id, state = 'merged'
        FROM events e WHERE e.kind = 'merged' AND e.resident_id = resident_identity.resident_id""")
    run("""
        UPDATE resident_identity SET state = 'gone'
        FROM events e WHERE e.kind = 'gone' AND e.resident_id = resident_identity.resident_id""")
    _lead_on(connection)


def _lead_on(connection: duckdb.DuckDBPyConnection) -> None:
    """Let each merged id lead to whom its founding record belongs now."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE led_on AS
        WITH RECURSIVE way AS (
            SELECT i.resident_id, i.merged_into AS now, r.resident_id AS into_id
            FROM resident_identity i JOIN relinked r ON r.record_id = i.founding_record_id
            WHERE i.merged_into IS NOT NULL
            UNION SELECT w.resident_id, i.merged_into, into_id
            FROM way w JOIN resident_identity i ON i.resident_id = w.now
            WHERE i.merged_into IS NOT NULL),
        led AS (
            SELECT w.resident_id, now, into_id FROM way w JOIN resident_identity i
            ON i.resident_id = w.now WHERE i.merged_into IS NULL AND now <> into_id)
        SELECT l.resident_id, l.into_id, coalesce(p.why, s.why, 'evidence') AS why
        FROM led l LEFT JOIN why_passed p ON p.from_id = now AND p.into_id = l.into_id
        LEFT JOIN why_split s ON s.resident_id = l.into_id""")
    run("""
        UPDATE resident_identity SET merged_into = l.into_id FROM led_on l
        WHERE l.resident_id = resident_identity.resident_id""")
    run("""
        INSERT INTO identity_event
        SELECT happened_at, 'passed', resident_id, into_id, 'passed: ' || why FROM led_on, moment
    """)
