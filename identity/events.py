"""Whose an event is, and where: found by what it says, never a reason to call two records one.

By a valid number, by the key of a record of its own platform, else by name and telephone. Where
these lead to several people, or the surname is none of theirs, it is nobody's.
"""

import duckdb

from identity.support import BARE

BARE_NAME, BARE_RECORD = BARE.format("e.name"), BARE.format("r.name")


def update_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `event_link(record_id, resident_id, found_by, dwelling_id)` anew, a row an event."""
    run = connection.execute
    run("DELETE FROM event_link")
    if not run("SELECT count(*) FROM event_record").fetchall()[0][0]:
        return
    run(f"""
        INSERT INTO event_link
        WITH found AS (
            SELECT e.record_id, e.name, 'number' AS found_by, p.resident_id
            FROM event_record e JOIN resident p ON p.id_number = e.id_number
            WHERE p.id_status = 'valid'
            UNION SELECT e.record_id, e.name, 'key', l.resident_id
            FROM event_record e
            JOIN record_id i ON i.platform = e.platform AND i.record_key = e.person_key
            JOIN resident_link l ON l.record_id = i.record_id
            UNION SELECT e.record_id, e.name, 'phone', l.resident_id
            FROM event_record e
            JOIN resident_record r ON {BARE_RECORD} = {BARE_NAME} AND r.phone = e.phone
            JOIN resident_link l ON l.record_id = r.record_id),
        surname AS (
            SELECT DISTINCT l.resident_id, r.name[1] AS surname
            FROM resident_link l JOIN resident_record r USING (record_id)
            WHERE l.resident_id IN (SELECT resident_id FROM found) AND r.name IS NOT NULL),
        surest AS (
            SELECT * FROM found
            QUALIFY found_by <> 'phone' OR bool_and(found_by = 'phone')
                OVER (PARTITION BY record_id)),
        whose AS (
            SELECT record_id, min(resident_id) AS resident_id, min(found_by) AS found_by
            FROM surest GROUP BY record_id
            HAVING count(DISTINCT resident_id) = 1 AND bool_and(name IS NULL OR (
                (resident_id, name[1]) IN (SELECT (resident_id, surname) FROM surname))))
        SELECT e.record_id, w.resident_id, w.found_by, d.dwelling_id
        FROM event_record e LEFT JOIN whose w USING (record_id)
        LEFT JOIN place_alias a ON a.road = e.road AND a.door_no = e.door_no
        LEFT JOIN dwelling d ON e.room IS NOT NULL AND d.room_key = concat(
            coalesce(e.compound, a.compound, e.road || e.door_no),
            '|', e.building, '|', e.unit, '|', e.room)""")
