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

Only those whose row may differ are placed anew: of the residents in `affected` those whose golden
row is another, those of whose household one of them may be the head, and everybody when the grids
changed.
"""

from datetime import datetime

import duckdb

from identity.ids import minted_ids
from identity.support import BARE

LIVES_HERE = """
    g.died_on IS NULL AND g.left_on IS NULL AND g.residence_type_code IS DISTINCT FROM '2'"""
ALONE = "room_key IS NOT NULL AND coalesce(relation_code, head_name, head_id_number) IS NULL"
MAY_LEAD = f"household_no IS NULL AND (relation_code IN ('01', '02') OR {ALONE})"
PERSON = f"""
    resident_id, {BARE.format("name")} AS name, {BARE.format("head_name")} AS head_name, room_key,
    phone, id_number, household_no, head_id_number, relation_code, {MAY_LEAD} AS may_lead,
    coalesce(died_on, left_on) IS NOT NULL AS away"""
"""All by which people are placed, and place others."""
PLACING = "household_id, dwelling_id, grid_code, lives_here, valid_from"


def update_places(connection: duckdb.DuckDBPyConnection, key: bytes, now: datetime) -> None:
    """Put the rows of `golden` and all they bear upon into residents, dwellings and households."""
    everybody = _grids(connection)
    _people(connection)
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


def _people(connection: duckdb.DuckDBPyConnection) -> None:
    """`former`: the rows of the affected till now; `person`: what is now true of everybody."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE former AS
        FROM resident SEMI JOIN affected USING (resident_id)""")
    run(f"""
        CREATE OR REPLACE TEMP TABLE person AS
        SELECT {PERSON} FROM golden
        UNION ALL SELECT {PERSON} FROM resident ANTI JOIN affected USING (resident_id)""")


def _rewritten(connection: duckdb.DuckDBPyConnection, *, everybody: bool) -> None:
    """Collect in `rewritten` those whose rows may differ; the gone ones among them too."""
    run = connection.execute
    if everybody:
        run("""
            CREATE OR REPLACE TEMP TABLE rewritten AS
            SELECT resident_id FROM affected UNION SELECT resident_id FROM resident""")
    else:
        _differing(connection)
        _led(connection)
    run("""
        INSERT INTO former FROM resident
        WHERE resident_id IN (FROM rewritten) AND resident_id NOT IN (FROM affected)""")


def _differing(connection: duckdb.DuckDBPyConnection) -> None:
    """`rewritten`: whose golden row is another, new or gone; `two_states`: as they were and are.

    `moved`: those of them who place others otherwise, not for a telephone alone.
    """
    run = connection.execute
    till_now = f"SELECT * EXCLUDE ({PLACING}) FROM former"
    run(f"""
        CREATE OR REPLACE TEMP TABLE rewritten AS
        SELECT resident_id FROM (FROM golden EXCEPT {till_now})
        UNION SELECT resident_id FROM ({till_now} EXCEPT FROM golden)""")
    run(f"""
        CREATE OR REPLACE TEMP TABLE two_states AS
        SELECT {PERSON} FROM golden SEMI JOIN rewritten USING (resident_id)
        UNION SELECT {PERSON} FROM former SEMI JOIN rewritten USING (resident_id)""")
    run("""
        CREATE OR REPLACE TEMP TABLE moved AS
        FROM (SELECT DISTINCT * EXCLUDE (phone) FROM two_states)
        QUALIFY count(*) OVER (PARTITION BY resident_id) > 1 OR resident_id NOT IN (
            SELECT resident_id FROM golden SEMI JOIN former USING (resident_id))""")


def _led(connection: duckdb.DuckDBPyConnection) -> None:
    """Add to `rewritten` those whose household may be another since these moved or telephone."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE moved_room AS
        SELECT room_key FROM moved
        UNION SELECT room_key FROM person WHERE household_no IN (
            SELECT household_no FROM moved UNION SELECT household_no FROM person
            WHERE room_key IN (SELECT room_key FROM moved))""")
    run("""
        CREATE OR REPLACE TEMP TABLE leader AS
        SELECT resident_id, name, id_number FROM person
        WHERE may_lead AND room_key IN (FROM moved_room)
        UNION SELECT resident_id, name, id_number FROM person
        WHERE household_no IN (SELECT household_no FROM moved)
        UNION SELECT NULL, name, id_number FROM moved""")
    run("""
        INSERT INTO rewritten
        SELECT resident_id FROM person
        WHERE household_no IS NULL AND resident_id NOT IN (FROM rewritten) AND (
            resident_id IN (SELECT resident_id FROM leader WHERE resident_id IS NOT NULL)
            OR head_id_number IN (SELECT id_number FROM leader WHERE id_number IS NOT NULL)
            OR head_name IN (SELECT name FROM leader WHERE name IS NOT NULL)
            OR (head_name, phone) IN (
                SELECT (name, phone) FROM two_states WHERE phone IS NOT NULL AND name IS NOT NULL)
            OR head_name IS NULL AND relation_code IS NOT NULL
            AND room_key IN (SELECT room_key FROM moved_room WHERE room_key IS NOT NULL))""")


def _belongs(connection: duckdb.DuckDBPyConnection) -> None:
    """Find the household key of the rewritten: `no:` a number, or `head:` the head's resident id.

    Leaves `belonging(resident_id, room_key, household_key)`.
    """
    _missing_heads(connection)
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE belonging AS
        WITH keyed AS (
            SELECT p.*, CASE WHEN household_no IS NOT NULL THEN 'no:' || household_no
                             WHEN a.no IS NOT NULL THEN 'no:' || a.no
                             WHEN may_lead THEN 'head:' || resident_id END AS key
            FROM person p LEFT JOIN missing_head a USING (resident_id)),
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
            JOIN person m ON m.household_no = h.household_no AND m.room_key = g.room_key
            WHERE g.household_no IS NULL),
        by_family AS (
            SELECT resident_id, min(key) AS key FROM near GROUP BY ALL
            HAVING count(DISTINCT key) = 1),
        in_room AS (
            SELECT room_key, min(key) AS key FROM heads
            WHERE relation_code = '02' AND NOT away GROUP BY ALL HAVING count(*) = 1),
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
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE missing_head AS
        WITH lead AS (
            SELECT resident_id, room_key FROM person
            WHERE may_lead AND (room_key, name) IN (
                SELECT (room_key, head_name) FROM person
                WHERE head_name IS NOT NULL AND room_key IS NOT NULL)),
        headless AS (
            SELECT DISTINCT room_key, household_no FROM person
            WHERE room_key IN (SELECT room_key FROM lead) AND household_no IS NOT NULL
            AND relation_code BETWEEN '10' AND '79'
            AND household_no NOT IN (
                SELECT household_no FROM person
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
    """Make the rows of the rewritten; keep in `renewed` those that differ, in `ended` as before."""
    run = connection.execute
    run(f"""
        CREATE OR REPLACE TEMP TABLE renewed AS
        WITH row AS (
            FROM golden UNION ALL BY NAME
            SELECT * EXCLUDE ({PLACING}) FROM former ANTI JOIN affected USING (resident_id))
        SELECT g.*, k.household_id, d.dwelling_id,
               CASE WHEN s.grid_code IS NOT NULL THEN s.grid_code
                    ELSE coalesce(c.grid_code, whole.grid_code) END AS grid_code,
               {LIVES_HERE} AS lives_here
        FROM row g JOIN belonging p USING (resident_id)
        LEFT JOIN household_key k ON k.household_key = p.household_key
        LEFT JOIN dwelling_key d ON d.room_key = g.room_key
        LEFT JOIN grid s ON s.grid_code = g.stated_grid
        LEFT JOIN cover c ON c.place = g.place AND c.building = g.building
        LEFT JOIN cover whole ON whole.place = g.place AND whole.building IS NULL""")
    run("""
        CREATE OR REPLACE TEMP TABLE ended AS
        FROM former SEMI JOIN rewritten USING (resident_id)""")
    run("""
        CREATE OR REPLACE TEMP TABLE same AS
        SELECT resident_id FROM (
            FROM renewed INTERSECT SELECT * EXCLUDE (valid_from) FROM ended)""")
    for table in ("renewed", "ended"):
        run(f"DELETE FROM {table} WHERE resident_id IN (FROM same)")


def _touched(connection: duckdb.DuckDBPyConnection) -> None:
    """Collect the dwellings and households of which a resident's row was, or is, another."""
    run = connection.execute
    for entity in ("dwelling", "household"):
        run(f"""
            CREATE OR REPLACE TEMP TABLE touched_{entity} AS
            SELECT {entity}_id FROM renewed WHERE {entity}_id IS NOT NULL
            UNION SELECT {entity}_id FROM ended WHERE {entity}_id IS NOT NULL""")
    run("""
        CREATE OR REPLACE TEMP TABLE stated_household AS
        SELECT household_no, min(household_type_code) AS household_type_code
        FROM household_record GROUP BY household_no""")
    run("""
        INSERT INTO touched_household
        SELECT h.household_id FROM household h LEFT JOIN stated_household s USING (household_no)
        WHERE h.household_type_code IS DISTINCT FROM s.household_type_code""")


def _resident_rows(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Put the rows that differ in; the former ones go to `resident_past`."""
    run = connection.execute
    moment = f"TIMESTAMPTZ '{now.isoformat()}'"
    run(f"INSERT INTO resident_past SELECT *, {moment} FROM ended")
    run("DELETE FROM resident WHERE resident_id IN (SELECT resident_id FROM ended)")
    run(f"INSERT INTO resident SELECT *, {moment} FROM renewed")
    _memberships(connection, moment)


def _memberships(connection: duckdb.DuckDBPyConnection, moment: str) -> None:
    """Close the membership of who moved to another household, or is gone, and open the next.

    Who died or left is of no household from that day on.
    """
    run = connection.execute
    run(f"""
        UPDATE membership m SET until = greatest(m.since, least({moment}, coalesce(
            (SELECT timezone('Asia/Shanghai', least(r.died_on, r.left_on)::TIMESTAMP)
             FROM renewed r WHERE r.resident_id = m.resident_id), {moment})))
        WHERE until IS NULL AND resident_id IN (SELECT resident_id FROM ended)
        AND (resident_id, household_id) NOT IN (
            SELECT (resident_id, household_id) FROM renewed
            WHERE household_id IS NOT NULL AND coalesce(died_on, left_on) IS NULL)""")
    run(f"""
        INSERT INTO membership
        SELECT resident_id, household_id, {moment}, NULL FROM renewed
        WHERE household_id IS NOT NULL AND coalesce(died_on, left_on) IS NULL
        AND resident_id NOT IN (SELECT resident_id FROM membership WHERE until IS NULL)""")


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
            SELECT k.household_key, r.*, coalesce(r.died_on, r.left_on) IS NOT NULL AS away,
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
               arg_min(m.resident_id, (m.away, m.head, m.resident_id))
                   FILTER (m.head IS NOT NULL),
               min(t.household_type_code),
               arg_min(m.dwelling_id, (m.away, coalesce(m.head, 9), m.resident_id)),
               arg_min(m.grid_code, (m.away, coalesce(m.head, 9), m.resident_id)),
               count(*) FILTER (m.lives_here)
        FROM members m LEFT JOIN stated_household t ON t.household_no = m.no
        GROUP BY m.household_id, m.household_key, m.no""")
