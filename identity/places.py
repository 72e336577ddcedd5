"""Where people live and with whom: dwellings, households, grids, and the finished resident rows.

A household is a relation between people: by household number, else by a stated relation to a
head who is named and has the same flat, or a flat of the head's household, or the same telephone;
else to the only head in the same flat. Who lives in a flat and states no relation to anybody (a
tenant) is a household of their own, and its head if others name them so; if they are the head that
the household of a number in that flat lacks, they belong to that.
Where somebody is registered (the household) and where they live (the dwelling) are two facts, and
may differ (人户分离).
A grid is the one stated where that grid exists, else the one that covers the building. Who has
neither is counted and listed, never guessed.

Only those whose placing may differ are placed anew: the residents in `affected`, those of whose
household one of them may be the head, and everybody when the grids changed.
"""

from datetime import datetime

import duckdb

from identity.ids import minted_ids
from identity.support import BARE

LIVES_HERE = """
    g.died_on IS NULL AND g.left_on IS NULL AND g.residence_type_code IS DISTINCT FROM '2'"""
ALONE = "room_key IS NOT NULL AND coalesce(relation_code, head_name, head_id_number) IS NULL"
MAY_LEAD = f"household_no IS NULL AND (relation_code IN ('01', '02') OR {ALONE})"
NAME, HEAD_NAME = BARE.format("name"), BARE.format("head_name")
PLACING = "household_id, dwelling_id, grid_code, lives_here, valid_from"


def update_places(connection: duckdb.DuckDBPyConnection, key: bytes, now: datetime) -> None:
    """Put the rows of `golden` and all they bear upon into residents, dwellings and households."""
    everybody = _grids(connection)
    _everyone(connection)
    _rewritten(connection, everybody=everybody)
    _belongs(connection)
    _mint_new(connection, "dwelling", "D", key, "SELECT room_key FROM belonging")
    _mint_new(connection, "household", "H", key, "SELECT household_key FROM belonging")
    _renewed(connection)
    _touched(connection)
    _resident_rows(connection, now)
    _dwelling_rows(connection)
    _household_rows(connection)


def _grids(connection: duckdb.DuckDBPyConnection) -> bool:
    """Make the grids anew; return whether anybody's grid may differ for it."""
    run = connection.execute
    before = run("SELECT list(grid_code ORDER BY grid_code) FROM grid").fetchall()
    run("DELETE FROM grid")
    run("""
        INSERT INTO grid BY NAME
        SELECT grid_code, name, community_code, grid_type_code, worker_name, worker_phone,
               buildings, area_hectare FROM grid_record
        QUALIFY row_number() OVER (
            PARTITION BY grid_code ORDER BY coalesce(updated_at, valid_from) DESC, record_id) = 1
    """)
    run("""
        CREATE OR REPLACE TEMP TABLE new_cover AS
        WITH each AS (SELECT grid_code, unnest(covers, recursive := true) FROM grid_record)
        SELECT coalesce(c.compound, a.compound, c.road || c.door_no) AS place, c.building,
               min(c.grid_code) AS grid_code
        FROM each c LEFT JOIN place_alias a ON a.road = c.road AND a.door_no = c.door_no
        GROUP BY ALL HAVING count(DISTINCT c.grid_code) = 1""")
    other = run("""
        SELECT count(*) > 0 FROM (
            (FROM new_cover EXCEPT FROM cover) UNION ALL (FROM cover EXCEPT FROM new_cover))
    """).fetchall()[0][0]
    run("DELETE FROM cover")
    run("INSERT INTO cover FROM new_cover")
    after = run("SELECT list(grid_code ORDER BY grid_code) FROM grid").fetchall()
    return bool(other) or before != after


def _everyone(connection: duckdb.DuckDBPyConnection) -> None:
    """Show in the view `everyone` what is now true of everybody, before they are placed."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP VIEW everyone AS
        FROM golden
        UNION ALL BY NAME
        SELECT * EXCLUDE ({PLACING}) FROM resident ANTI JOIN affected USING (resident_id)""")


def _rewritten(connection: duckdb.DuckDBPyConnection, *, everybody: bool) -> None:
    """Collect in `rewritten` those whose placing may differ; the gone ones among them too."""
    run = connection.execute
    if everybody:
        run("""
            CREATE OR REPLACE TEMP TABLE rewritten AS
            SELECT resident_id FROM affected UNION SELECT resident_id FROM resident""")
        return
    run("""
        CREATE OR REPLACE TEMP TABLE moved AS
        SELECT name, room_key, id_number, household_no FROM golden
        UNION SELECT name, room_key, id_number, household_no
            FROM resident SEMI JOIN affected USING (resident_id)""")
    run("""
        CREATE OR REPLACE TEMP TABLE moved_room AS
        SELECT room_key FROM moved
        UNION SELECT room_key FROM everyone WHERE household_no IN (
            SELECT household_no FROM moved UNION SELECT household_no FROM everyone
            WHERE room_key IN (SELECT room_key FROM moved))""")
    run(f"""
        CREATE OR REPLACE TEMP TABLE leader AS
        SELECT resident_id, name, id_number FROM everyone
        WHERE {MAY_LEAD} AND room_key IN (FROM moved_room)
        UNION SELECT resident_id, name, id_number FROM everyone
        WHERE household_no IN (SELECT household_no FROM moved)
        UNION SELECT NULL, name, id_number FROM moved""")
    run(f"""
        CREATE OR REPLACE TEMP TABLE rewritten AS
        SELECT resident_id FROM affected
        UNION SELECT resident_id FROM everyone SEMI JOIN leader USING (resident_id)
            WHERE household_no IS NULL
        UNION SELECT resident_id FROM everyone
            WHERE household_no IS NULL AND head_id_number IN (SELECT id_number FROM leader)
        UNION SELECT resident_id FROM everyone
            WHERE household_no IS NULL AND {HEAD_NAME} IN (SELECT {NAME} FROM leader)
        UNION SELECT resident_id FROM everyone
            WHERE household_no IS NULL AND head_name IS NULL AND relation_code IS NOT NULL
            AND room_key IN (FROM moved_room)""")


def _belongs(connection: duckdb.DuckDBPyConnection) -> None:
    """Find the household key of the rewritten: `no:` a number, or `head:` the head's resident id.

    Leaves `belonging(resident_id, room_key, household_key)`.
    """
    _missing_heads(connection)
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE belonging AS
        WITH keyed AS (
            SELECT resident_id, {NAME} AS name, room_key, phone, id_number, household_no,
                   {HEAD_NAME} AS head_name, head_id_number, relation_code,
                   CASE WHEN household_no IS NOT NULL THEN 'no:' || household_no
                        WHEN a.no IS NOT NULL THEN 'no:' || a.no
                        WHEN {MAY_LEAD} THEN 'head:' || resident_id END AS key
            FROM everyone LEFT JOIN missing_head a USING (resident_id)),
        heads AS (SELECT * FROM keyed WHERE key IS NOT NULL),
        mine AS (SELECT * FROM keyed SEMI JOIN rewritten USING (resident_id)),
        by_number AS (
            SELECT g.resident_id, min(h.key) AS key
            FROM mine g JOIN heads h ON h.id_number = g.head_id_number
            WHERE g.household_no IS NULL GROUP BY ALL HAVING count(*) = 1),
        by_name AS (
            SELECT g.resident_id, min(h.key) AS key
            FROM mine g JOIN heads h ON h.name = g.head_name AND h.room_key = g.room_key
            WHERE g.household_no IS NULL GROUP BY ALL HAVING count(*) = 1),
        near AS (
            SELECT g.resident_id, h.key
            FROM mine g JOIN heads h ON h.name = g.head_name AND h.phone = g.phone
            WHERE g.household_no IS NULL AND h.resident_id <> g.resident_id
            UNION SELECT g.resident_id, h.key
            FROM mine g JOIN heads h ON h.name = g.head_name
            JOIN everyone m ON m.household_no = h.household_no AND m.room_key = g.room_key
            WHERE g.household_no IS NULL),
        by_family AS (
            SELECT resident_id, min(key) AS key FROM near GROUP BY ALL
            HAVING count(DISTINCT key) = 1),
        in_room AS (
            SELECT room_key, min(key) AS key FROM heads
            WHERE relation_code = '02' GROUP BY ALL HAVING count(*) = 1),
        by_room AS (
            SELECT g.resident_id, h.key FROM mine g JOIN in_room h USING (room_key)
            WHERE g.household_no IS NULL AND g.head_name IS NULL AND g.head_id_number IS NULL
                AND g.relation_code BETWEEN '10' AND '79')
        SELECT f.resident_id, f.room_key,
               coalesce(f.key, n.key, m.key, y.key, o.key) AS household_key
        FROM mine f LEFT JOIN by_number n USING (resident_id)
        LEFT JOIN by_name m USING (resident_id) LEFT JOIN by_family y USING (resident_id)
        LEFT JOIN by_room o USING (resident_id)""")


def _missing_heads(connection: duckdb.DuckDBPyConnection) -> None:
    """`missing_head(resident_id, no)`: whom others in a flat name as head, and who has no number.

    Theirs is the household of that flat whose number has no head, if there is one only.
    """
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE missing_head AS
        WITH lead AS (
            SELECT h.resident_id, h.room_key FROM everyone h
            WHERE {MAY_LEAD} AND (h.room_key, {BARE.format("h.name")}) IN (
                SELECT (room_key, {HEAD_NAME}) FROM everyone
                WHERE head_name IS NOT NULL AND room_key IS NOT NULL)),
        headless AS (
            SELECT DISTINCT room_key, household_no FROM everyone
            WHERE room_key IN (SELECT room_key FROM lead) AND household_no IS NOT NULL
            AND relation_code BETWEEN '10' AND '79'
            AND household_no NOT IN (
                SELECT household_no FROM everyone
                WHERE household_no IS NOT NULL AND relation_code IN ('01', '02')))
        SELECT min(l.resident_id) AS resident_id, min(u.household_no) AS no
        FROM lead l JOIN headless u USING (room_key) GROUP BY room_key
        HAVING count(DISTINCT l.resident_id) = 1 AND count(DISTINCT u.household_no) = 1
        QUALIFY count(*) OVER (PARTITION BY min(u.household_no)) = 1""")


def _mint_new(
    connection: duckdb.DuckDBPyConnection, entity: str, prefix: str, key: bytes, wanted: str
) -> None:
    """Add to the table of keys and ids of `entity` those keys of the query `wanted` it lacks."""
    new = connection.execute(f"""
        SELECT DISTINCT key FROM ({wanted}) AS w(key) WHERE key IS NOT NULL
        AND key NOT IN (SELECT #1 FROM {entity}_key)""").to_arrow_table()
    ids = minted_ids(key, prefix, new["key"])
    connection.register("new_keys", new.append_column("id", ids))
    connection.execute(f"INSERT INTO {entity}_key FROM new_keys")
    connection.unregister("new_keys")


def _renewed(connection: duckdb.DuckDBPyConnection) -> None:
    """Make in `renewed` the rows of the rewritten as they now are."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE renewed AS
        SELECT g.*, k.household_id, d.dwelling_id,
               CASE WHEN s.grid_code IS NOT NULL THEN s.grid_code
                    ELSE coalesce(c.grid_code, whole.grid_code) END AS grid_code,
               {LIVES_HERE} AS lives_here
        FROM everyone g JOIN belonging p USING (resident_id)
        LEFT JOIN household_key k ON k.household_key = p.household_key
        LEFT JOIN dwelling_key d ON d.room_key = g.room_key
        LEFT JOIN grid s ON s.grid_code = g.stated_grid
        LEFT JOIN cover c ON c.place = g.place AND c.building = g.building
        LEFT JOIN cover whole ON whole.place = g.place AND whole.building IS NULL""")


def _touched(connection: duckdb.DuckDBPyConnection) -> None:
    """Collect the dwellings and households that the rewritten live, or lived, in."""
    run = connection.execute
    for entity in ("dwelling", "household"):
        run(f"""
            CREATE OR REPLACE TEMP TABLE touched_{entity} AS
            SELECT {entity}_id FROM renewed WHERE {entity}_id IS NOT NULL
            UNION SELECT {entity}_id FROM resident SEMI JOIN rewritten USING (resident_id)""")
    run("""
        CREATE OR REPLACE TEMP TABLE stated_household AS
        SELECT household_no, min(household_type_code) AS household_type_code
        FROM household_record GROUP BY household_no""")
    run("""
        INSERT INTO touched_household
        SELECT h.household_id FROM household h LEFT JOIN stated_household s USING (household_no)
        WHERE h.household_type_code IS DISTINCT FROM s.household_type_code""")


def _resident_rows(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Rewrite the rows that differ; the former ones go to `resident_past`."""
    run = connection.execute
    moment = f"TIMESTAMPTZ '{now.isoformat()}'"
    run("""
        CREATE OR REPLACE TEMP TABLE same AS
        SELECT resident_id FROM (
            FROM renewed INTERSECT
            SELECT * EXCLUDE (valid_from) FROM resident SEMI JOIN rewritten USING (resident_id))""")
    run(f"""
        INSERT INTO resident_past
        SELECT *, {moment} FROM resident SEMI JOIN rewritten USING (resident_id)
        ANTI JOIN same USING (resident_id)""")
    _memberships(connection, moment)
    run("""
        DELETE FROM resident WHERE resident_id IN (SELECT resident_id FROM rewritten)
        AND resident_id NOT IN (SELECT resident_id FROM same)""")
    run(f"""
        INSERT INTO resident
        SELECT *, {moment} FROM renewed ANTI JOIN same USING (resident_id)""")


def _memberships(connection: duckdb.DuckDBPyConnection, moment: str) -> None:
    """Close the membership of who moved to another household, or is gone, and open the next."""
    run = connection.execute
    run(f"""
        UPDATE membership SET until = {moment}
        WHERE until IS NULL AND resident_id IN (SELECT resident_id FROM rewritten)
        AND (resident_id, household_id) NOT IN (
            SELECT (resident_id, household_id) FROM renewed WHERE household_id IS NOT NULL)""")
    run(f"""
        INSERT INTO membership
        SELECT resident_id, household_id, {moment}, NULL FROM renewed
        WHERE household_id IS NOT NULL AND resident_id NOT IN (
            SELECT resident_id FROM membership WHERE until IS NULL)""")


def _dwelling_rows(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run("DELETE FROM dwelling WHERE dwelling_id IN (SELECT dwelling_id FROM touched_dwelling)")
    run("""
        INSERT INTO dwelling
        SELECT dwelling_id, room_key, min(place), min(building), min(unit), min(room),
               mode(grid_code ORDER BY grid_code)
        FROM resident SEMI JOIN touched_dwelling USING (dwelling_id)
        GROUP BY dwelling_id, room_key""")


def _household_rows(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run("DELETE FROM household WHERE household_id IN (SELECT household_id FROM touched_household)")
    run("""
        INSERT INTO household
        WITH members AS (
            SELECT k.household_key, r.*,
                   CASE WHEN k.household_key LIKE 'no:%' THEN substr(k.household_key, 4) END AS no,
                   CASE WHEN 'head:' || r.resident_id = k.household_key THEN 0
                        WHEN r.relation_code = '02' THEN 1
                        WHEN r.relation_code = '01' THEN 2
                        WHEN r.household_no IS NULL AND coalesce(
                            r.relation_code, r.head_name, r.head_id_number) IS NULL THEN 3
                        END AS head
            FROM resident r SEMI JOIN touched_household USING (household_id)
            JOIN household_key k USING (household_id))
        SELECT m.household_id, m.household_key, m.no,
               arg_min(m.resident_id, (m.head, m.resident_id)) FILTER (m.head IS NOT NULL),
               min(t.household_type_code),
               arg_min(m.dwelling_id, (coalesce(m.head, 9), m.resident_id)),
               arg_min(m.grid_code, (coalesce(m.head, 9), m.resident_id)),
               count(*) FILTER (m.lives_here)
        FROM members m LEFT JOIN stated_household t ON t.household_no = m.no
        GROUP BY m.household_id, m.household_key, m.no""")
