"""Which pairs are worth a look: records that share one of several keys, none of them a crowd.

A key is a 64-bit hash of its kind and values, kept in `block_key`, so that a sync finds the few
records that meet those that changed. Two records with valid numbers of their own are never
weighed: their numbers decide.
"""

import duckdb

CAP, NAME_CAP = 80, 12
"""A key of more records than this is a crowd and makes no pairs; keys of a mere name are odd."""
CAPPED = f"CASE WHEN key % 2 = 1 THEN {NAME_CAP} ELSE {CAP} END"
BY_NAME = 11
DOCUMENT = "CASE WHEN number_kind = 'document' THEN "
LATIN = "CASE WHEN bare < '一' THEN '' END"
KINDS = (
    (1, "phone", "c1"),
    (2, "room_key", "c1"),
    (3, "room_key", "sound[len(split_part(sound, ' ', 2)) + 2:]"),
    (4, "sound", "birth_year"),
    (5, "birth_date", "c1"),
    (6, "area || tail", "c1"),
    (7, "tail", "sound"),
    (8, "number_14", "''"),
    (9, "number_9", "''"),
    (10, "household_no", "sound"),
    (12, "phone", "sound[len(split_part(sound, ' ', 2)) + 2:]"),
    (BY_NAME, "bare", "''"),
    (13, "birth_date", LATIN),
    (14, "household_no", LATIN),
    (15, "CASE WHEN whole IS NULL AND number_kind IN ('check_failed', 'document') "
     "THEN number END", "''"),
    (16, DOCUMENT + "number[:len(number) // 2] END", LATIN),
    (17, DOCUMENT + "number[len(number) // 2 + 1:] END", LATIN),
    (18, "list_sort(regexp_extract_all(written, '[0-9]+'))", "''"),
    (19, "written[-4:]", "c1"),
)  # fmt: skip
"""Number of the kind, and its two values (SQL); a record without one of them has no such key."""
KEYED = """
    SELECT *, CASE WHEN len(whole) >= 14 THEN whole[:14] END AS number_14,
           CASE WHEN len(whole) >= 9 THEN whole[-9:] END AS number_9
    FROM (SELECT *, CASE WHEN regexp_full_match(coalesce(id_number, number), '[0-9]{14,20}[0-9X]')
                    THEN coalesce(id_number, number) END AS whole
          FROM fresh)"""


def refresh_keys(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring `block_key` up to date with `changed`; whose key became or was a crowd: `rescore`."""
    run = connection.execute
    first = run("SELECT count(*) = 0 FROM block_key").fetchall()[0][0]
    keys = ", ".join(
        f"CASE WHEN {value} IS NOT NULL AND {other} IS NOT NULL "
        f"THEN hash({kind}, {value}, {other}) // 2 * 2 + {int(kind == BY_NAME)} END"
        for kind, value, other in KINDS
    )
    made = f"""
        SELECT * FROM (
            SELECT unnest([{keys}]) AS key, record_id, id_number IS NOT NULL AS settled
            FROM ({KEYED}))
        WHERE key IS NOT NULL"""
    if first:  # straight into their table: of ten million records they are gigabytes
        run(f"INSERT INTO block_key {made}")
        for table in ("new_key", "meeting"):
            run(f"CREATE OR REPLACE TEMP TABLE {table} AS FROM block_key LIMIT 0")
        return
    run("""
        CREATE OR REPLACE TEMP TABLE old_key AS
        SELECT key, record_id FROM block_key SEMI JOIN changed USING (record_id)""")
    run("DELETE FROM block_key WHERE record_id IN (SELECT record_id FROM changed)")
    run(f"CREATE OR REPLACE TEMP TABLE new_key AS {made}")
    run("INSERT INTO block_key FROM new_key")
    _note_crossings(connection)


def _note_crossings(connection: duckdb.DuckDBPyConnection) -> None:
    """Leaves in `meeting` all records under a key that a changed one has or had."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE meeting AS
        FROM block_key SEMI JOIN (SELECT key FROM new_key UNION SELECT key FROM old_key) USING (key)
    """)
    run(f"""
        INSERT INTO rescore
        WITH came AS (SELECT key, count(*) AS n FROM new_key GROUP BY key),
        went AS (SELECT key, count(*) AS n FROM old_key GROUP BY key),
        touched AS (
            SELECT key, coalesce(c.n, 0) AS came, coalesce(w.n, 0) AS went
            FROM came c FULL JOIN went w USING (key) WHERE came <> went),
        held AS (
            SELECT key, count(*) AS n FROM meeting SEMI JOIN touched USING (key) GROUP BY key),
        crossed AS (
            SELECT key FROM touched LEFT JOIN held USING (key)
            WHERE (coalesce(n, 0) > {CAPPED}) <> (coalesce(n, 0) - came + went > {CAPPED}))
        SELECT record_id FROM meeting SEMI JOIN crossed USING (key)""")


def find_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `pair(a, b)`, a < b: those with a record of `rescore`, at least one without a number."""
    run = connection.execute
    run("CREATE OR REPLACE TEMP TABLE rescore AS SELECT DISTINCT record_id FROM rescore")
    left = run("SELECT count(*) FROM evidence ANTI JOIN rescore USING (record_id)").fetchall()
    if left[0][0]:
        _some_pairs(connection)
    else:
        _all_pairs(connection)


def _all_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run(f"""
        CREATE OR REPLACE TEMP TABLE seeking AS
        SELECT key, record_id FROM block_key WHERE NOT settled AND key NOT IN (
            SELECT key FROM block_key GROUP BY key HAVING count(*) > {CAPPED})""")
    run("""
        CREATE OR REPLACE TEMP TABLE pair AS
        SELECT DISTINCT least(s.record_id, m.record_id) AS a,
                        greatest(s.record_id, m.record_id) AS b
        FROM block_key m JOIN seeking s USING (key)
        WHERE m.settled OR s.record_id < m.record_id""")


def _some_pairs(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE further AS
        FROM block_key WHERE record_id IN (FROM rescore)
        AND record_id NOT IN (SELECT record_id FROM new_key)""")
    run("""
        INSERT INTO meeting
        FROM block_key WHERE key IN (SELECT key FROM further)
        AND key NOT IN (SELECT key FROM meeting)""")
    run("CREATE OR REPLACE TEMP TABLE seeking AS FROM new_key UNION ALL FROM further")
    run(f"""
        CREATE OR REPLACE TEMP TABLE pair AS
        WITH crowd AS (SELECT key FROM meeting GROUP BY key HAVING count(*) > {CAPPED})
        SELECT DISTINCT least(s.record_id, m.record_id) AS a,
                        greatest(s.record_id, m.record_id) AS b
        FROM seeking s JOIN meeting m USING (key) ANTI JOIN crowd USING (key)
        WHERE s.record_id <> m.record_id AND NOT (s.settled AND m.settled)""")
