"""Where people live and with whom: dwellings, households, grids, and the finished resident rows.

A household is a relation between people: by household number, else by a stated relation to a
head. A grid is the one stated where that grid exists, else the one that covers the building.
Who has neither is counted and listed, never guessed.
"""

from datetime import datetime

import duckdb
import pyarrow as pa

from security.keys import keyed_ids

LIVES_HERE = """
    g.died_on IS NULL AND g.left_on IS NULL AND g.residence_type_code IS DISTINCT FROM '2'"""


def update_places(connection: duckdb.DuckDBPyConnection, key: bytes, now: datetime) -> None:
    """Place every resident anew, and rewrite the rows of those that changed."""
    _grids(connection)
    _dwellings(connection, key)
    _households(connection, key)
    _placements(connection)
    _household_rows(connection)
    _resident_rows(connection, now)


def _grids(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run("DELETE FROM grid")
    run("""
        INSERT INTO grid BY NAME
        SELECT grid_code, name, community_code, grid_type_code, worker_name, worker_phone,
               buildings, area_hectare FROM grid_record
        QUALIFY row_number() OVER (
            PARTITION BY grid_code ORDER BY coalesce(updated_at, valid_from) DESC, record_id) = 1
    """)
    run("""
        CREATE OR REPLACE TEMP TABLE cover AS
        WITH each AS (SELECT grid_code, unnest(covers, recursive := true) FROM grid_record)
        SELECT coalesce(c.compound, a.compound, c.road || c.door_no) AS place, c.building,
               min(c.grid_code) AS grid_code
        FROM each c LEFT JOIN place_alias a ON a.road = c.road AND a.door_no = c.door_no
        GROUP BY ALL HAVING count(DISTINCT c.grid_code) = 1""")


def _mint_new(
    connection: duckdb.DuckDBPyConnection, entity: str, prefix: str, key: bytes, wanted: str
) -> None:
    """Add to the table of keys and ids of `entity` those keys of the query `wanted` it lacks."""
    new = connection.execute(f"""
        SELECT DISTINCT key FROM ({wanted}) AS w(key) WHERE key IS NOT NULL
        AND key NOT IN (SELECT #1 FROM {entity}_key)""").to_arrow_table()
    ids = pa.array(keyed_ids(key, prefix, new["key"].to_pylist()), pa.string())
    connection.register("new_keys", new.append_column("id", ids))
    connection.execute(f"INSERT INTO {entity}_key FROM new_keys")
    connection.unregister("new_keys")


def _dwellings(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    _mint_new(connection, "dwelling", "D", key, "SELECT room_key FROM golden")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE at_home AS
        SELECT g.resident_id, d.dwelling_id,
               CASE WHEN s.grid_code IS NOT NULL THEN s.grid_code
                    ELSE coalesce(c.grid_code, whole.grid_code) END AS grid_code
        FROM golden g LEFT JOIN dwelling_key d USING (room_key)
        LEFT JOIN grid s ON s.grid_code = g.stated_grid
        LEFT JOIN cover c ON c.place = g.place AND c.building = g.building
        LEFT JOIN cover whole ON whole.place = g.place AND whole.building IS NULL""")
    connection.execute("DELETE FROM dwelling")
    connection.execute("""
        INSERT INTO dwelling
        SELECT d.dwelling_id, g.room_key, any_value(g.place), any_value(g.building),
               any_value(g.unit), any_value(g.room), mode(h.grid_code ORDER BY h.grid_code)
        FROM golden g JOIN dwelling_key d USING (room_key) JOIN at_home h USING (resident_id)
        GROUP BY d.dwelling_id, g.room_key""")


def _households(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Find each resident's household key: `no:` a number, or `head:` the head's resident id."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE founded AS
        SELECT resident_id, name, room_key, id_number,
               CASE WHEN household_no IS NOT NULL THEN 'no:' || household_no
                    WHEN relation_code IN ('01', '02') THEN 'head:' || resident_id END AS key
        FROM golden""")
    run("""
        CREATE OR REPLACE TEMP TABLE belongs AS
        WITH heads AS (SELECT * FROM founded WHERE key IS NOT NULL),
        by_number AS (
            SELECT g.resident_id, min(h.key) AS key
            FROM golden g JOIN heads h ON h.id_number = g.head_id_number
            WHERE g.household_no IS NULL GROUP BY ALL HAVING count(*) = 1),
        by_name AS (
            SELECT g.resident_id, min(h.key) AS key
            FROM golden g JOIN heads h ON h.name = g.head_name AND h.room_key = g.room_key
            WHERE g.household_no IS NULL GROUP BY ALL HAVING count(*) = 1)
        SELECT f.resident_id, coalesce(f.key, n.key, m.key) AS household_key
        FROM founded f LEFT JOIN by_number n USING (resident_id)
        LEFT JOIN by_name m USING (resident_id)""")
    _mint_new(connection, "household", "H", key, "SELECT household_key FROM belongs")


def _placements(connection: duckdb.DuckDBPyConnection) -> None:
    """Find whose placement changed, and add them to `affected`."""
    run = connection.execute
    run(f"""
        CREATE OR REPLACE TEMP TABLE placed AS
        SELECT g.resident_id, k.household_id, h.dwelling_id, h.grid_code,
               {LIVES_HERE} AS lives_here
        FROM golden g JOIN at_home h USING (resident_id) JOIN belongs b USING (resident_id)
        LEFT JOIN household_key k USING (household_key)""")
    run("""
        CREATE OR REPLACE TEMP TABLE rewritten AS
        SELECT resident_id FROM affected
        UNION SELECT resident_id FROM (FROM placed EXCEPT FROM placement)""")
    run("DELETE FROM placement")
    run("INSERT INTO placement FROM placed")


def _household_rows(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run("DELETE FROM household")
    run("""
        INSERT INTO household
        WITH members AS (
            SELECT b.household_key, k.household_id, g.resident_id, g.relation_code, g.household_no,
                   g.birth_year, p.dwelling_id, p.grid_code, p.lives_here,
                   CASE WHEN 'head:' || g.resident_id = b.household_key THEN 0
                        WHEN g.relation_code = '02' THEN 1
                        WHEN g.relation_code = '01' THEN 2 END AS head
            FROM belongs b JOIN household_key k USING (household_key)
            JOIN golden g USING (resident_id) JOIN placed p USING (resident_id)),
        stated AS (
            SELECT household_no, any_value(household_type_code) AS household_type_code
            FROM household_record GROUP BY household_no)
        SELECT m.household_id, m.household_key, s.household_no,
               arg_min(m.resident_id, m.head), any_value(t.household_type_code),
               arg_min(m.dwelling_id, coalesce(m.head, 9)),
               arg_min(m.grid_code, coalesce(m.head, 9)), count(*) FILTER (m.lives_here)
        FROM members m
        CROSS JOIN LATERAL (SELECT CASE WHEN m.household_key LIKE 'no:%'
            THEN substr(m.household_key, 4) END) AS s(household_no)
        LEFT JOIN stated t ON t.household_no = s.household_no
        GROUP BY m.household_id, m.household_key, s.household_no""")


def _resident_rows(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Rewrite the rows that differ; the former ones go to `resident_past`."""
    run = connection.execute
    moment = f"TIMESTAMPTZ '{now.isoformat()}'"
    run("""
        CREATE OR REPLACE TEMP TABLE renewed AS
        SELECT g.* EXCLUDE (place, building, unit, room, room_key, head_name, head_id_number,
                            stated_grid),
               p.household_id, p.dwelling_id, p.grid_code, p.lives_here
        FROM golden g JOIN placement p USING (resident_id)
        SEMI JOIN rewritten USING (resident_id)""")
    run("""
        CREATE OR REPLACE TEMP TABLE same AS
        SELECT resident_id FROM (
            FROM renewed INTERSECT
            SELECT * EXCLUDE (valid_from) FROM resident SEMI JOIN rewritten USING (resident_id))""")
    run(f"""
        INSERT INTO resident_past
        SELECT *, {moment} FROM resident SEMI JOIN rewritten USING (resident_id)
        ANTI JOIN same USING (resident_id)""")
    run("""
        DELETE FROM resident WHERE resident_id IN (SELECT resident_id FROM rewritten)
        AND resident_id NOT IN (SELECT resident_id FROM same)""")
    run(f"""
        INSERT INTO resident
        SELECT *, {moment} FROM renewed ANTI JOIN same USING (resident_id)""")
