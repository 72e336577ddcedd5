"""数据回流: of each platform its own rows that lack, or spoil, what is held from others.

What contradicts is in `identity.corrections`. Nothing is counted as missing in a stream that never
gives the field: it has no place for it.
"""

from collections.abc import Sequence
from typing import cast

import duckdb
import polars as pl

FIELDS = (
    "name", "id_number", "sex_code", "birth_date", "ethnicity_code", "phone", "hukou_address",
    "residence_address", "marital_code", "education_code", "political_code", "employment_code",
    "residence_type_code", "household_no", "relation_code",
)  # fmt: skip
MISSING = pl.Schema({
    "platform": pl.String(), "stream": pl.String(), "record_key": pl.String(),
    "resident_id": pl.String(), "field": pl.String(), "held": pl.String(), "held_by": pl.String(),
})  # fmt: skip
WRONG = pl.Schema({**MISSING, "raw": pl.String(), "reason": pl.String()})


def missing(connection: duckdb.DuckDBPyConnection, platforms: Sequence[str] = ()) -> pl.DataFrame:
    """Blank fields of living people's records, held from another platform: `MISSING`, by record."""
    return _fetched(connection, " UNION ALL ".join(map(_missing_field, FIELDS)), platforms, MISSING)


def wrong(connection: duckdb.DuckDBPyConnection, platforms: Sequence[str] = ()) -> pl.DataFrame:
    """Fields that could not be read as given, with what is held instead: `WRONG`, by record."""
    held = " ".join(f"WHEN '{f}' THEN g.{f}::VARCHAR" for f in FIELDS)
    said = " ".join(f"WHEN '{f}' THEN o.{f}::VARCHAR" for f in FIELDS)
    query = f"""
        WITH each AS (
            SELECT r.platform, r.stream, r.record_key, r.record_id,
                   unnest(r.issues, recursive := true)
            FROM resident_record r WHERE len(r.issues) > 0)
        SELECT e.platform, e.stream, e.record_key, l.resident_id, e.field,
               CASE e.field {held} END AS held,
               (SELECT string_agg(DISTINCT o.platform, '、' ORDER BY o.platform)
                FROM resident_link ol JOIN resident_record o USING (record_id)
                WHERE ol.resident_id = l.resident_id AND o.record_id <> e.record_id
                  AND CASE e.field {said} END = CASE e.field {held} END) AS held_by,
               e.raw, e.reason
        FROM each e LEFT JOIN resident_link l USING (record_id)
        LEFT JOIN resident g USING (resident_id)"""
    return _fetched(connection, query, platforms, WRONG)


def _missing_field(field: str) -> str:
    return f"""
        SELECT r.platform, r.stream, r.record_key, l.resident_id, '{field}' AS field,
               g.{field}::VARCHAR AS held, b.held_by
        FROM resident_record r JOIN resident_link l USING (record_id)
        JOIN resident g USING (resident_id)
        JOIN (SELECT l.resident_id, r.{field} AS said,
                     string_agg(DISTINCT r.platform, '、' ORDER BY r.platform) AS held_by
              FROM resident_record r JOIN resident_link l USING (record_id)
              WHERE r.{field} IS NOT NULL GROUP BY ALL) b
            ON b.resident_id = l.resident_id AND b.said = g.{field}
        WHERE r.{field} IS NULL AND g.died_on IS NULL AND g.left_on IS NULL
          AND NOT list_contains(list_transform(coalesce(r.issues, []), lambda i: i.field),
                                '{field}')
          AND (r.platform, r.stream) IN (
              SELECT (platform, stream) FROM resident_record WHERE {field} IS NOT NULL)"""


def _fetched(
    connection: duckdb.DuckDBPyConnection, query: str, platforms: Sequence[str], schema: pl.Schema
) -> pl.DataFrame:
    found = connection.execute(
        f"""SELECT {", ".join(schema)} FROM ({query})
            WHERE len($platforms) = 0 OR list_contains($platforms, platform)
            ORDER BY platform, stream, record_key, field""",
        {"platforms": list(platforms)},
    )
    return cast(pl.DataFrame, pl.from_arrow(found.to_arrow_table())).cast(schema)
