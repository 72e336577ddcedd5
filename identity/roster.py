"""Residents by the thousand, for forms and extracts: a wide row each, and where values are from.

Values are clear; masking is the business of whoever writes them out.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import duckdb
import polars as pl

from identity.golden import ADDRESS, FIELDS, HEAD, NUMBER, ordered_query, rank
from warehouse.labels import HELD

PIECES = {NUMBER: "id_number", ADDRESS: "residence_address", HEAD: "head_name"}
"""Fields chosen as one piece, and the field by whose rank they are."""
SAID = tuple(
    one
    for one in (*FIELDS, *NUMBER, "residence_address", *HEAD)
    if one not in ("grid_code", "id_status")
)
"""Fields of a resident that some record says, and so have a source."""
ROSTER = f"""
    SELECT r.resident_id, r.name, r.id_type_code, r.id_number, r.id_status, r.sex_code,
           r.birth_date, r.birth_year, r.ethnicity_code, r.nationality_code, r.marital_code,
           r.education_code, r.political_code, r.employment_code, r.phone, r.hukou_address,
           r.residence_address, r.place AS compound, r.building, r.unit, r.room,
           r.residence_type_code, r.household_no, r.died_on, r.left_on,
           CASE WHEN r.relation_code = '01' AND u.head_resident_id = r.resident_id THEN '02'
                ELSE r.relation_code END AS relation_code,
           r.household_id, r.dwelling_id, r.grid_code, r.lives_here,
           coalesce(h.name, r.head_name) AS head_name,
           coalesce(h.id_number, r.head_id_number) AS head_id_number,
           h.phone AS head_phone, u.member_count, u.head_resident_id,
           s.resident_id AS spouse_resident_id, s.name AS spouse_name,
           s.id_number AS spouse_id_number, s.phone AS spouse_phone,
           CASE WHEN r.lives_here THEN y.youngest_born END AS youngest_born,
           g.name AS grid_name, g.community_code, g.worker_name, g.worker_phone,
           l.labels
    FROM resident r
    LEFT JOIN household u ON u.household_id = r.household_id
    LEFT JOIN resident h ON h.resident_id = u.head_resident_id
    LEFT JOIN (
        SELECT household_id, max(birth_date) AS youngest_born FROM resident WHERE lives_here
        GROUP BY household_id HAVING count(birth_date) = count(*)) y
        ON y.household_id = r.household_id
    LEFT JOIN (
        SELECT household_id, min(resident_id) AS partner_id FROM resident
        WHERE relation_code IN ('10', '11', '12') AND died_on IS NULL AND left_on IS NULL
        GROUP BY household_id HAVING count(*) = 1) p ON p.household_id = r.household_id
    LEFT JOIN resident s ON s.died_on IS NULL AND s.resident_id = CASE
        WHEN r.resident_id = u.head_resident_id THEN p.partner_id
        WHEN r.resident_id = p.partner_id THEN u.head_resident_id END
    LEFT JOIN grid g ON g.grid_code = r.grid_code
    LEFT JOIN (
        SELECT resident_id, list(struct_pack(
                   label, detail, since, until, platform, stream, record_key) ORDER BY label
               ) AS labels
        FROM {HELD} WHERE until IS NULL OR until >= $today
        GROUP BY resident_id) l ON l.resident_id = r.resident_id
    WHERE r.grid_code IS NULL OR len($scope) = 0
        OR list_bool_or(list_transform($scope, lambda s: starts_with(r.grid_code, s)))
    ORDER BY r.resident_id"""
LABELS = pl.List(
    pl.Struct(
        {
            "label": pl.String, "detail": pl.String, "since": pl.Date, "until": pl.Date,
            "platform": pl.String, "stream": pl.String, "record_key": pl.String,
        }
    )
)  # fmt: skip


def roster(connection: duckdb.DuckDBPyConnection, scope: Sequence[str], today: str) -> pl.DataFrame:
    """Everyone whose grid lies in `scope`, and everyone without a grid, one row each, by id.

    Args:
        connection: An open snapshot.
        scope: Beginnings of grid codes; empty: everywhere. The caller decides about `grid_code`
            null: nobody is dropped here for being without a grid.
        today: ISO date; a label that ended before it is not shown.
    """
    found = connection.execute(ROSTER, {"scope": list(scope), "today": today}).to_arrow_table()
    frame = cast(pl.DataFrame, pl.from_arrow(found))
    return frame.with_columns(pl.col("labels").cast(LABELS))


def sources(
    connection: duckdb.DuckDBPyConnection,
    owners: Mapping[str, Sequence[str]],
    residents: pl.Series,
    fields: Sequence[str],
) -> pl.DataFrame:
    """The record that each shown value is from, long.

    Columns: resident_id, field, platform, stream, record_key, said_at (the platform's own time,
    else when the hub first saw this version). A value that no record says has no row.
    """
    wanted = [one for one in SAID if one in fields] or [SAID[0]]
    connection.register("wanted", residents.rename("resident_id").to_frame().to_arrow())
    try:
        found = connection.execute(_sources_query(wanted, owners)).to_arrow_table()
    finally:
        connection.unregister("wanted")
    return cast(pl.DataFrame, pl.from_arrow(found))


def _sources_query(fields: Sequence[str], owners: Mapping[str, Sequence[str]]) -> str:
    """SQL of the best ranked record among those that say what is shown, field by field."""
    chosen = ", ".join(f"{_winner(one, owners)} AS {one}" for one in fields)
    return f"""
        WITH members AS (
            SELECT l.resident_id, l.record_id FROM resident_link l SEMI JOIN wanted
            USING (resident_id)),
        ordered AS ({ordered_query("members")}),
        won AS (
            SELECT m.resident_id, {chosen}
            FROM members m JOIN resident_record r USING (record_id)
            JOIN ordered o USING (record_id) JOIN evidence e USING (record_id)
            JOIN resident g ON g.resident_id = m.resident_id
            GROUP BY m.resident_id),
        long AS (UNPIVOT won ON {", ".join(fields)} INTO NAME field VALUE record_id)
        SELECT w.resident_id, w.field, r.platform, r.stream, r.record_key,
               coalesce(r.updated_at, r.valid_from) AS said_at
        FROM long w JOIN resident_record r USING (record_id)
        ORDER BY w.resident_id, w.field"""


def _winner(field: str, owners: Mapping[str, Sequence[str]]) -> str:
    lead = next((lead for piece, lead in PIECES.items() if field in piece), field)
    return f"arg_min(m.record_id, CASE WHEN r.{field} = g.{field} THEN {rank(lead, owners)} END)"
