"""Clusters: which records are one person, by three rules, strongest first.

1. `id_number`   the same valid ID number.
2. `name_phone`  a record without one joins the only person with a valid number who shares its
                 exact name and phone; records without number join each other.
3. `name_room`   what is still without a number, by exact name and parsed room, in the same way.

Two different valid numbers never meet: rules 2 and 3 only ever bring records without a number to
one that has it. Where two persons with numbers would fit, the record stays apart and is noted in
`ambiguous`. Nor do two sexes meet, nor births more than a year apart.
"""

import duckdb

COMPATIBLE = """
    coalesce(a.sex_code = b.sex_code, true)
    AND coalesce(abs(a.birth_year - b.birth_year) <= 1, true)"""


def cluster(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill `clustered(record_id, root, rule)` for every record that the changes may concern."""
    _touch(connection)
    _by_number(connection)
    _by_phone(connection)
    _by_room(connection)
    connection.execute("""
        DELETE FROM ambiguous WHERE record_id IN (SELECT record_id FROM assigned)""")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE clustered AS
        SELECT record_id, root, rule FROM assigned
        UNION ALL
        SELECT record_id, 'unit:' || component, CASE WHEN alone THEN 'single' ELSE rule END
        FROM (SELECT *, count(*) OVER (PARTITION BY component) = 1 AS alone FROM rest)""")


def _touch(connection: duckdb.DuckDBPyConnection) -> None:
    """Collect in `touched` the changed records and all that share a key with them, to the end.

    A record with a valid number does not pass the question on: its own answer is its number.
    """
    run = connection.execute
    keys = """
        SELECT name || chr(31) || phone AS key FROM {0} WHERE name IS NOT NULL AND phone IS NOT NULL
        UNION SELECT name || chr(30) || room_key FROM {0}
        WHERE name IS NOT NULL AND room_key IS NOT NULL
        UNION SELECT id_number FROM {0} WHERE id_number IS NOT NULL"""
    run("""
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT e.record_id, e.id_number IS NOT NULL AS settled
        FROM evidence e SEMI JOIN changed USING (record_id)""")
    run("CREATE OR REPLACE TEMP TABLE frontier AS FROM old_evidence")
    run("INSERT INTO frontier SELECT e.* FROM evidence e SEMI JOIN changed USING (record_id)")
    while True:
        run(f"CREATE OR REPLACE TEMP TABLE keys AS {keys.format('frontier')}")
        run("""
            CREATE OR REPLACE TEMP TABLE reached AS
            SELECT e.* FROM evidence e ANTI JOIN touched USING (record_id)
            WHERE e.name || chr(31) || e.phone IN (FROM keys)
               OR e.name || chr(30) || e.room_key IN (FROM keys)
               OR e.id_number IN (FROM keys)""")
        run("INSERT INTO touched SELECT record_id, id_number IS NOT NULL FROM reached")
        run("CREATE OR REPLACE TEMP TABLE frontier AS FROM reached WHERE id_number IS NULL")
        if run("SELECT count(*) FROM frontier").fetchall()[0][0] == 0:
            break
    _add_fellows(connection)


def _add_fellows(connection: duckdb.DuckDBPyConnection) -> None:
    """Add those linked with a touched record till now, and all under a touched number."""
    connection.execute("""
        INSERT INTO touched
        SELECT record_id, true FROM evidence WHERE record_id IN (
            SELECT record_id FROM resident_link WHERE resident_id IN (
                SELECT resident_id FROM resident_link
                WHERE record_id IN (SELECT record_id FROM touched)
                   OR record_id IN (SELECT record_id FROM changed)))
        AND record_id NOT IN (SELECT record_id FROM touched)""")
    connection.execute("""
        INSERT INTO touched
        SELECT record_id, true FROM evidence
        WHERE id_number IN (
            SELECT id_number FROM evidence SEMI JOIN touched USING (record_id))
        AND record_id NOT IN (SELECT record_id FROM touched)""")


def _by_number(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE assigned AS
        SELECT record_id, 'id:' || id_number AS root, 'id_number' AS rule
        FROM evidence SEMI JOIN touched USING (record_id) WHERE id_number IS NOT NULL""")
    connection.execute("""
        DELETE FROM ambiguous WHERE record_id IN (SELECT record_id FROM touched)
        OR record_id NOT IN (SELECT record_id FROM evidence)""")


def _by_phone(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run(f"""
        CREATE OR REPLACE TEMP TABLE by_phone AS
        SELECT a.record_id, min(b.id_number) AS id_number, count(DISTINCT b.id_number) AS persons
        FROM evidence a SEMI JOIN touched USING (record_id)
        JOIN evidence b ON b.name = a.name AND b.phone = a.phone
        WHERE a.id_number IS NULL AND b.id_number IS NOT NULL AND {COMPATIBLE}
        GROUP BY a.record_id""")
    run("""
        INSERT INTO assigned
        SELECT record_id, 'id:' || id_number, 'name_phone' FROM by_phone WHERE persons = 1""")
    run("INSERT INTO ambiguous SELECT record_id, 'name_phone' FROM by_phone WHERE persons > 1")
    # what is left, in units: records that share name and phone and contradict in nothing
    run("""
        CREATE OR REPLACE TEMP TABLE units AS
        WITH open AS (
            SELECT e.* FROM evidence e SEMI JOIN touched USING (record_id)
            ANTI JOIN assigned USING (record_id)),
        asked AS (
            SELECT o.*, o.phone IS NOT NULL AND o.name IS NOT NULL
                AND o.record_id NOT IN (SELECT record_id FROM by_phone) AS groups FROM open o)
        SELECT record_id, name, room_key, sex_code, birth_year,
            CASE WHEN groups AND
                count(DISTINCT sex_code) OVER same <= 1
                AND coalesce(max(birth_year) OVER same - min(birth_year) OVER same, 0) <= 1
            THEN min(record_id) OVER same ELSE record_id END AS unit
        FROM asked
        WINDOW same AS (PARTITION BY groups, name, phone,
                        CASE WHEN NOT groups THEN record_id END)""")


def _by_room(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    _components(connection)
    run("""
        CREATE OR REPLACE TEMP TABLE joined AS
        SELECT u.*, c.component FROM units u JOIN component c USING (unit)""")
    run("""
        CREATE OR REPLACE TEMP TABLE rest AS
        WITH sound AS (
            SELECT component FROM joined GROUP BY component
            HAVING count(DISTINCT sex_code) <= 1
               AND coalesce(max(birth_year) - min(birth_year), 0) <= 1)
        SELECT j.* EXCLUDE (component),
               CASE WHEN s.component IS NULL THEN j.unit ELSE j.component END AS component
        FROM joined j LEFT JOIN sound s USING (component)""")
    run(f"""
        CREATE OR REPLACE TEMP TABLE by_room AS
        WITH numbered AS (
            SELECT e.name, e.room_key, e.sex_code, e.birth_year, s.root
            FROM evidence e JOIN assigned s USING (record_id)
            WHERE s.root IS NOT NULL AND e.room_key IS NOT NULL
            UNION
            SELECT name, room_key, sex_code, birth_year, 'id:' || id_number
            FROM evidence WHERE id_number IS NOT NULL AND room_key IS NOT NULL)
        SELECT a.component, min(b.root) AS root, count(DISTINCT b.root) AS persons
        FROM rest a JOIN numbered b ON b.name = a.name AND b.room_key = a.room_key
        WHERE {COMPATIBLE}
        GROUP BY a.component""")
    run("""
        INSERT INTO assigned
        SELECT r.record_id, b.root, 'name_room' FROM rest r JOIN by_room b USING (component)
        WHERE b.persons = 1""")
    run("""
        INSERT INTO ambiguous
        SELECT r.record_id, 'name_room' FROM rest r JOIN by_room b USING (component)
        WHERE b.persons > 1""")
    run("""
        CREATE OR REPLACE TEMP TABLE rest AS
        SELECT r.record_id, r.component,
               CASE WHEN count(DISTINCT r.unit) OVER (PARTITION BY r.component) > 1
                    THEN 'name_room' ELSE 'name_phone' END AS rule
        FROM rest r ANTI JOIN assigned USING (record_id)""")


def _components(connection: duckdb.DuckDBPyConnection) -> None:
    """Connected components of units over shared (name, room): smallest unit number spreads."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE component AS
        SELECT DISTINCT unit, unit AS component FROM units""")
    run("""
        CREATE OR REPLACE TEMP TABLE room_of AS
        SELECT DISTINCT unit, name, room_key FROM units
        WHERE name IS NOT NULL AND room_key IS NOT NULL""")
    while True:
        run("""
            CREATE OR REPLACE TEMP TABLE lower AS
            WITH rooms AS (
                SELECT name, room_key, min(component) AS least
                FROM room_of JOIN component USING (unit) GROUP BY ALL)
            SELECT c.unit, least(c.component, min(r.least)) AS component
            FROM component c JOIN room_of o USING (unit) JOIN rooms r USING (name, room_key)
            GROUP BY c.unit, c.component HAVING min(r.least) < c.component""")
        if run("SELECT count(*) FROM lower").fetchall()[0][0] == 0:
            return
        run("""
            UPDATE component SET component = l.component
            FROM lower l WHERE l.unit = component.unit""")
