"""Evidence: of each resident record what can tell who it is, in one narrow table.

`room_key` is place|building|unit|room. A place is a compound; a road with door number is an alias
of it, learnt from the rows that give both (the commonest pairing counts). Blanks are no evidence.
"""

import duckdb


def update_evidence(connection: duckdb.DuckDBPyConnection) -> None:
    """Bring `evidence` up to date with the records in `changed`.

    Leaves in `old_evidence` what changed records said before. Records whose alias was learnt or
    corrected are added to `changed`.
    """
    run = connection.execute
    _learn_aliases(connection)
    run("CREATE OR REPLACE TEMP TABLE changed AS SELECT DISTINCT record_id FROM changed")
    run("""
        CREATE OR REPLACE TEMP TABLE old_evidence AS
        SELECT * FROM evidence SEMI JOIN changed USING (record_id)""")
    run("DELETE FROM evidence WHERE record_id IN (SELECT record_id FROM changed)")
    run("""
        INSERT INTO evidence
        WITH placed AS (
            SELECT r.record_id, r.name, r.phone,
                   CASE WHEN r.id_status = 'valid' THEN r.id_number END AS id_number,
                   CASE WHEN r.sex_code IN ('1', '2') THEN r.sex_code END AS sex_code,
                   r.birth_year, r.road, r.door_no,
                   coalesce(r.compound, a.compound, r.road || r.door_no) AS place,
                   r.building, r.unit, r.room
            FROM resident_record r SEMI JOIN changed USING (record_id)
            LEFT JOIN place_alias a ON a.road = r.road AND a.door_no = r.door_no)
        SELECT *, CASE WHEN place IS NOT NULL AND room IS NOT NULL
                  THEN concat(place, '|', building, '|', unit, '|', room) END
        FROM placed""")


def _learn_aliases(connection: duckdb.DuckDBPyConnection) -> None:
    """Learn road + door number → compound; records that used another reading become `changed`."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE learnt AS
        WITH pairs AS (
            SELECT road, door_no, compound, count(*) AS times FROM (
                SELECT road, door_no, compound FROM resident_record
                UNION ALL SELECT road, door_no, compound FROM dwelling_record
                UNION ALL SELECT road, door_no, compound FROM household_record)
            WHERE road IS NOT NULL AND door_no IS NOT NULL AND compound IS NOT NULL
            GROUP BY ALL)
        SELECT road, door_no, compound FROM pairs
        QUALIFY row_number() OVER (
            PARTITION BY road, door_no ORDER BY times DESC, compound) = 1""")
    run("""
        INSERT INTO changed
        SELECT e.record_id FROM evidence e
        WHERE (e.road, e.door_no) IN (
            SELECT (road, door_no) FROM (
                (FROM learnt EXCEPT FROM place_alias)
                UNION ALL (FROM place_alias EXCEPT FROM learnt)))""")
    run("DELETE FROM place_alias")
    run("INSERT INTO place_alias FROM learnt")
