"""校核纠错: where a platform says otherwise than what is held true, its owner is asked to look.

A request names one record, one field, what is said there and what is held, and who backs that.
It is closed when the platform's value changes, or what is held does. Different writings of one
name, masked values and forms of address (张女士) are no contradiction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb

FIELDS = ("name", "id_number", "sex_code", "birth_date", "ethnicity_code")
BARE = "regexp_replace({}, '[·•・．.\\s]', '', 'g')"
FOREIGN = "regexp_full_match({}, '[A-Za-z .,''·-]+')"
WORDS = "list_sort(regexp_extract_all(upper(replace({}, '''', '')), '[A-Z]+'))"
"""SQL of a name in foreign letters, whatever the order of its words: `SMITH John`."""
OTHERWISE = {
    "name": f"{BARE.format('r.name')} <> {BARE.format('g.name')} "
    f"AND NOT ({FOREIGN.format('r.name')} AND {FOREIGN.format('g.name')} "
    f"AND {WORDS.format('r.name')} = {WORDS.format('g.name')}) "
    "AND NOT contains(r.name, '*') AND NOT contains(g.name, '*') "
    "AND NOT coalesce(e.titled, false)",
    "id_number": "r.id_number <> g.id_number AND g.id_status = 'valid' "
    "AND r.id_status IN ('valid', 'check_failed', 'borrowed')",
}


def update_corrections(connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Open and close requests for the residents in `affected`; needs what golden leaves."""
    run = connection.execute
    found = ", ".join(
        f"CASE WHEN {OTHERWISE.get(field, f'r.{field} <> g.{field}')} THEN {{field: '{field}', "
        f"said: r.{field}::VARCHAR, held: g.{field}::VARCHAR}} END"
        for field in FIELDS
    )
    run(f"""
        CREATE OR REPLACE TEMP TABLE differing AS
        WITH each AS (
            SELECT m.resident_id, m.record_id, unnest([{found}]) AS one
            FROM members m JOIN member_record r USING (record_id)
            JOIN member_evidence e USING (record_id) JOIN golden g USING (resident_id))
        SELECT resident_id, record_id, one.field AS field, one.said AS said, one.held AS held
        FROM each WHERE one IS NOT NULL""")
    run("""
        DELETE FROM differing d  -- 張麗娟 is no other name than 张丽娟
        USING evidence e, members m, member_record r, evidence h
        WHERE d.field = 'name' AND e.record_id = d.record_id AND m.resident_id = d.resident_id
            AND r.record_id = m.record_id AND h.record_id = m.record_id AND r.name = d.held
            AND (e.c1, e.c2, e.rest) = (h.c1, h.c2, h.rest)""")
    run("""
        CREATE OR REPLACE TEMP TABLE still_open AS
        SELECT c.* FROM correction c JOIN differing USING (
            resident_id, record_id, field, said, held) WHERE c.closed_at IS NULL""")
    run(
        """
        UPDATE correction SET closed_at = $now::TIMESTAMPTZ
        WHERE closed_at IS NULL AND resident_id IN (SELECT resident_id FROM affected)
        AND (resident_id, record_id, field) NOT IN (
            SELECT (resident_id, record_id, field) FROM still_open)""",
        {"now": now},
    )
    run(
        f"""
        INSERT INTO correction
        SELECT d.*, {_backers()}, $now::TIMESTAMPTZ, NULL
        FROM differing d ANTI JOIN still_open USING (resident_id, record_id, field)""",
        {"now": now},
    )


def _backers() -> str:
    """SQL of the platforms that say what is held, by name."""
    value = " ".join(f"WHEN '{field}' THEN r.{field}::VARCHAR" for field in FIELDS)
    return f"""(
        SELECT string_agg(DISTINCT r.platform, '、' ORDER BY r.platform)
        FROM members m JOIN member_record r USING (record_id)
        WHERE m.resident_id = d.resident_id AND CASE d.field {value} END = d.held)"""


def requests(
    connection: duckdb.DuckDBPyConnection, platforms: Sequence[str] = (), limit: int | None = None
) -> list[dict[str, Any]]:
    """List the open requests of some platforms, or of all, the oldest first.

    One row a request: platform, stream, record_key, resident_id, field, said, held, backed_by (the
    platforms that say what is held, joined by 、), opened_at.
    """
    cursor = connection.execute(
        f"""
        SELECT i.platform, i.stream, i.record_key, c.resident_id, c.field, c.said, c.held,
               c.backed_by, c.opened_at
        FROM correction c JOIN record_id i USING (record_id)
        WHERE c.closed_at IS NULL AND ($every OR list_contains($platforms, i.platform))
        ORDER BY c.opened_at, i.platform, i.stream, i.record_key, c.field
        {"" if limit is None else f"LIMIT {limit}"}""",
        {"every": not platforms, "platforms": list(platforms)},
    )
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def request_counts(
    connection: duckdb.DuckDBPyConnection, platforms: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """Count the requests by platform and field: `open`, and `closed` till now."""
    cursor = connection.execute(
        """
        SELECT i.platform, c.field, count(*) FILTER (c.closed_at IS NULL) AS open,
               count(*) FILTER (c.closed_at IS NOT NULL) AS closed
        FROM correction c JOIN record_id i USING (record_id)
        WHERE $every OR list_contains($platforms, i.platform)
        GROUP BY ALL ORDER BY open DESC, i.platform, c.field""",
        {"every": not platforms, "platforms": list(platforms)},
    )
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
