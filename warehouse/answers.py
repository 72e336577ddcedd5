"""What the brain answers: counts, look-ups, what was set aside, and the crosswalk.

Every function takes an open read-only connection (`warehouse.snapshots.reading`). Personal values
come back clear; masking is the business of whoever shows them.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import duckdb

from hub.platform_streams import Entity
from warehouse.duck import literal, publish
from warehouse.labels import HELD

ENTITIES: tuple[str, ...] = get_args(Entity)
STAYS = "r.died_on IS NULL AND r.left_on IS NULL"
TODAY = "CAST(now() AT TIME ZONE 'Asia/Shanghai' AS DATE)"
"""What day it is where the people live; by the session's clock yesterday lasts until 8."""

Row = dict[str, Any]


@dataclass(frozen=True)
class StreamCounts:
    """One stream in the brain: `issues` counts records that have any, not the issues."""

    platform: str
    stream: str
    entity: str
    records: int
    issues: int
    quarantined: int


@dataclass(frozen=True)
class Counts:
    """One screen of numbers. A label counts the persons who have it and neither died nor left."""

    residents: int  # 常住人口
    registered: int  # 户籍人口
    households: int  # 常住户
    grids: int
    compounds: int
    area_hectare: float
    people: int  # everyone known, also those who died or left
    records: int  # resident records, of which `duplicates` said nothing about a further person
    duplicates: int
    without_grid: int  # of the residents
    without_household: int
    ambiguous: int  # records that a person is asked about
    issues: int
    quarantined: int
    labels: dict[str, int]
    label_details: dict[str, dict[str, int]]
    streams: tuple[StreamCounts, ...]


def counts(connection: duckdb.DuckDBPyConnection) -> Counts:
    """Count everything that one screen shows."""
    one = rows(connection, _PEOPLE)[0]
    streams = stream_counts(connection)
    labels, details = _labels(connection)
    return Counts(
        **one,
        duplicates=one["records"] - one["people"],
        issues=sum(s.issues for s in streams),
        quarantined=sum(s.quarantined for s in streams),
        labels=labels,
        label_details=details,
        streams=streams,
    )


_PEOPLE = f"""
    WITH written AS (
        SELECT compound FROM place_alias
        UNION SELECT compound FROM resident_record
        UNION SELECT compound FROM dwelling_record
        UNION SELECT compound FROM household_record),
    people AS (
        SELECT count(*) AS people,
            count(*) FILTER (r.lives_here) AS residents,
            count(*) FILTER (r.residence_type_code IN ('1', '2') AND {STAYS}) AS registered,
            count(*) FILTER (r.lives_here AND r.grid_code IS NULL) AS without_grid,
            count(*) FILTER (r.lives_here AND r.household_id IS NULL) AS without_household
        FROM resident r)
    SELECT people.*,
        (SELECT count(*) FROM household WHERE member_count > 0) AS households,
        (SELECT count(*) FROM grid) AS grids,
        (SELECT coalesce(sum(area_hectare), 0) FROM grid) AS area_hectare,
        (SELECT count(DISTINCT d.place) FROM dwelling d
         WHERE d.place IN (SELECT compound FROM written)
           AND d.dwelling_id IN (SELECT dwelling_id FROM resident WHERE lives_here)) AS compounds,
        (SELECT count(*) FROM resident_record) AS records,
        (SELECT count(DISTINCT record_id) FROM ambiguous) AS ambiguous
    FROM people"""


def stream_counts(connection: duckdb.DuckDBPyConnection) -> tuple[StreamCounts, ...]:
    """Count records, records with issues and rows set aside, stream by stream."""
    held = " UNION ALL ".join(
        f"SELECT platform, stream, '{entity}' AS entity, count(*) AS records, "
        f"count(*) FILTER (len(issues) > 0) AS issues FROM {entity}_record GROUP BY ALL"
        for entity in ENTITIES
    )
    found = rows(
        connection,
        f"""
        WITH held AS ({held}),
        aside AS (SELECT platform, stream, count(*) AS quarantined FROM quarantine GROUP BY ALL),
        named AS (
            SELECT platform, stream, any_value(entity) AS entity FROM batch GROUP BY ALL
            UNION SELECT platform, stream, entity FROM held)
        SELECT platform, stream, named.entity, coalesce(records, 0) AS records,
               coalesce(issues, 0) AS issues, coalesce(quarantined, 0) AS quarantined
        FROM named LEFT JOIN held USING (platform, stream) LEFT JOIN aside USING (platform, stream)
        ORDER BY platform, stream""",
    )
    return tuple(StreamCounts(**row) for row in found)


def _labels(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[dict[str, int], dict[str, dict[str, int]]]:
    """Persons per label, and per detail of it; an ended label counts no more."""
    found = rows(
        connection,
        f"""
        SELECT l.label, l.detail, count(DISTINCT l.resident_id) AS persons
        FROM {HELD} l JOIN resident r USING (resident_id)
        WHERE {STAYS} AND (l.until IS NULL OR l.until >= {TODAY})
        GROUP BY ALL ORDER BY l.label, l.detail""",
    )
    labels: dict[str, int] = {}
    details: dict[str, dict[str, int]] = {}
    for row in found:
        labels[row["label"]] = labels.get(row["label"], 0) + row["persons"]
        if row["detail"] is not None:
            details.setdefault(row["label"], {})[row["detail"]] = row["persons"]
    return labels, details


FOUND = """resident_id, name, sex_code, birth_date, birth_year, id_number, phone,
    residence_address, grid_code, lives_here, platforms"""
WAYS = {
    "resident_id": "resident_id = $text",
    "id_number": "id_number = upper($text)",
    "phone": "phone = $text",
    "name": "name = $text",
    "name_prefix": "starts_with(name, $text)",
    "address": "contains(residence_address, $text)",
}
RECORD_WAYS = ("id_number", "phone", "name")


LED_TO = """now(id) AS (
    SELECT $text UNION SELECT merged_into FROM resident_identity
    JOIN now ON resident_id = id WHERE merged_into IS NOT NULL)"""
"""SQL of the ids that `$text`, if it is one, leads to: itself, and those it was merged into."""


def find(connection: duckdb.DuckDBPyConnection, text: str, limit: int = 20) -> list[Row]:
    """People found by `text`: id, number, phone, name, start of a name, piece of an address.

    `way` says how each was found. What only one platform's record says (a former phone, another
    spelling of a name) finds the person too, as `record`.
    """
    wanted = unicodedata.normalize("NFKC", text).strip()
    if not wanted:
        return []
    ways = " UNION ALL ".join(
        f"SELECT resident_id, {nth} AS nth, '{way}' AS way FROM resident WHERE {condition}"
        for nth, (way, condition) in enumerate(WAYS.items())
    )
    other = " OR ".join(WAYS[way] for way in RECORD_WAYS)
    return rows(
        connection,
        f"""
        WITH RECURSIVE {LED_TO},
        hits AS (
            {ways}
            UNION ALL SELECT id, 0, 'resident_id' FROM now WHERE id <> $text
            UNION ALL SELECT l.resident_id, 9, 'record' FROM resident_record
            JOIN resident_link l USING (record_id) WHERE {other}),
        best AS (SELECT resident_id, min(nth) AS nth, arg_min(way, nth) AS way FROM hits
                 GROUP BY resident_id)
        SELECT {FOUND}, way FROM resident JOIN best USING (resident_id)
        ORDER BY nth, lives_here DESC, name, resident_id LIMIT $limit""",
        {"text": wanted, "limit": limit},
    )


def was_an_id(connection: duckdb.DuckDBPyConnection, text: str) -> bool:
    """Whether `text` is, or ever was, the id of a resident."""
    return bool(
        rows(connection, "SELECT 1 FROM resident_identity WHERE resident_id = $id", {"id": text})
    )


def best_known(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Return the id of the resident whom the most platforms know, as an example to look at."""
    found = rows(
        connection,
        """SELECT resident_id FROM resident WHERE lives_here
           ORDER BY platforms DESC, household_id IS NULL, records DESC, resident_id LIMIT 1""",
    )
    return str(found[0]["resident_id"]) if found else None


def quarantine_counts(
    connection: duckdb.DuckDBPyConnection, platforms: Sequence[str] = ()
) -> list[Row]:
    """Rows set aside, per platform, stream, field and reason."""
    return rows(
        connection,
        f"""
        SELECT platform, stream, field, reason, count(*) AS rows, min(set_aside_at) AS since
        FROM quarantine WHERE {_of(platforms)} GROUP BY ALL
        ORDER BY platform, stream, rows DESC, reason""",
    )


def quarantine_rows(
    connection: duckdb.DuckDBPyConnection,
    platforms: Sequence[str] = (),
    limit: int | None = None,
) -> list[Row]:
    """Rows set aside, one each: where it is from, what was wrong, the raw value or row."""
    return rows(
        connection,
        f"""
        SELECT platform, stream, record_key, row_no, field, raw, reason, batch_id, set_aside_at,
               row_hash
        FROM quarantine WHERE {_of(platforms)}
        ORDER BY platform, stream, row_no, record_key {_at_most(limit)}""",
    )


def issue_counts(connection: duckdb.DuckDBPyConnection, platforms: Sequence[str] = ()) -> list[Row]:
    """Fields that were blanked or doubted, per platform, stream, field and reason."""
    return rows(
        connection,
        f"""
        SELECT platform, stream, entity, field, reason, count(*) AS rows
        FROM issue WHERE {_of(platforms)} GROUP BY ALL
        ORDER BY platform, stream, rows DESC, field, reason""",
    )


def issue_rows(
    connection: duckdb.DuckDBPyConnection,
    platforms: Sequence[str] = (),
    limit: int | None = None,
) -> list[Row]:
    """Fields that were blanked or doubted, one a row, with the raw value and the row's hash."""
    hashes = " UNION ALL ".join(
        f"SELECT platform, stream, record_key, row_hash FROM {entity}_record" for entity in ENTITIES
    )
    return rows(
        connection,
        f"""
        SELECT platform, stream, entity, record_key, field, raw, reason, row_hash
        FROM issue JOIN ({hashes}) USING (platform, stream, record_key) WHERE {_of(platforms)}
        ORDER BY platform, stream, record_key, field {_at_most(limit)}""",
    )


CROSSWALK = """
    SELECT i.platform, i.stream, i.record_key, l.resident_id, r.household_id, r.grid_code
    FROM resident_link l JOIN record_id i USING (record_id)
    LEFT JOIN resident r USING (resident_id)
    UNION ALL
    SELECT t.platform, t.stream, t.record_key, NULL, h.household_id,
           coalesce(h.grid_code, t.grid_code)
    FROM household_record t LEFT JOIN household h USING (household_no)
    UNION ALL
    SELECT platform, stream, record_key, NULL, NULL, grid_code FROM dwelling_record
    UNION ALL
    SELECT platform, stream, record_key, NULL, NULL, grid_code FROM grid_record"""


def write_crosswalk(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Write the crosswalk to `path`, Parquet or (by the suffix `.csv`) CSV; return its rows.

    It is plain, not encrypted: it leaves the hub and holds codes only. CSV is UTF-8 with a BOM,
    since spreadsheets read it wrongly without.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    csv = path.suffix.lower() == ".csv"
    options = "FORMAT csv, HEADER" if csv else "FORMAT parquet, COMPRESSION zstd"
    query = f"{CROSSWALK} ORDER BY ALL"
    try:
        written = connection.execute(
            f"COPY ({query}) TO {literal(temporary)} ({options})"
        ).fetchall()
        if csv:
            _begin_with_bom(temporary)
        temporary.chmod(0o600)  # a record key may itself be somebody's number
        publish(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return int(written[0][0])


def _begin_with_bom(path: Path) -> None:
    whole = path.with_suffix(".bom")
    with path.open("rb") as given, whole.open("wb") as made:
        made.write(b"\xef\xbb\xbf")
        while block := given.read(1 << 20):
            made.write(block)
    whole.replace(path)


def rows(
    connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any] | None = None
) -> list[Row]:
    """Run `query` and return its whole result, a dictionary a row."""
    cursor = connection.execute(query, values) if values else connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _of(platforms: Sequence[str]) -> str:
    return f"platform IN ({', '.join(map(literal, platforms))})" if platforms else "true"


def _at_most(limit: int | None) -> str:
    return "" if limit is None else f"LIMIT {int(limit)}"


def merged_ids(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Every id that was merged, and the one it is now, after however many merges."""
    into: dict[str, str] = dict(
        connection.execute(
            "SELECT resident_id, merged_into FROM resident_identity WHERE merged_into IS NOT NULL"
        ).fetchall()
    )
    found = {}
    for resident_id, now in into.items():
        met = {resident_id}
        while now in into and now not in met:
            met.add(now)
            now = into[now]  # noqa: PLW2901 (one step on)
        found[resident_id] = now
    return found


def split_ids(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Every id from which somebody was parted."""
    return {
        resident_id
        for (resident_id,) in connection.execute(
            """SELECT DISTINCT other_id FROM identity_event
               WHERE kind IN ('founded', 'returned') AND other_id IS NOT NULL"""
        ).fetchall()
    }


def newest_pull(connection: duckdb.DuckDBPyConnection) -> datetime | None:
    """When the newest batch of a snapshot was pulled (UTC); None for an empty one."""
    newest = connection.execute("SELECT max(pulled_at) FROM batch").fetchall()[0][0]
    return newest if isinstance(newest, datetime) else None
