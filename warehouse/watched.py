"""What alerts are made of: deaths, departures and benefits, as the brain holds them.

Every function takes an open read-only connection and gives rows of (resident_id, date, detail).
"""

from collections.abc import Mapping, Sequence
from datetime import date

import duckdb

Found = list[tuple[str, date | None, str]]


def born_on_months_day(connection: duckdb.DuckDBPyConnection, day: date, age: int) -> Found:
    """Who lives here and turns `age` in the month of `day`; dated by the birthday."""
    return connection.execute(
        """SELECT resident_id, (birth_date + to_years($age))::DATE, '' FROM resident
           WHERE lives_here AND year(birth_date) = $year AND month(birth_date) = $month
           ORDER BY birth_date, resident_id""",
        {"age": age, "year": day.year - age, "month": day.month},
    ).fetchall()


def left_since(connection: duckdb.DuckDBPyConnection, since: date, day: date) -> Found:
    """Who left between the two days; dated by the departure."""
    return connection.execute(
        """SELECT resident_id, left_on, '' FROM resident
           WHERE left_on BETWEEN $since AND $day AND died_on IS NULL
           ORDER BY left_on, resident_id""",
        {"since": since, "day": day},
    ).fetchall()


def dead_with(
    connection: duckdb.DuckDBPyConnection, labels: Sequence[str], day: date,
    titles: Mapping[str, str],
) -> Found:  # fmt: skip
    """Who died and has a label of these still, and who gives it; dated by the death.

    `titles` is what each platform is called.
    """
    return connection.execute(
        """
        WITH called AS (
            SELECT unnest($platforms::VARCHAR[]) AS platform, unnest($titles::VARCHAR[]) AS title),
        said AS (
            SELECT l.resident_id, r.platform, unnest(r.labels, recursive := true)
            FROM resident_record r JOIN resident_link l USING (record_id) WHERE len(r.labels) > 0),
        given AS (
            SELECT resident_id, label, platform, until FROM resident_label
            UNION ALL SELECT resident_id, label, platform, until FROM said),
        told AS (
            SELECT resident_id,
                   label || coalesce('（' || coalesce(title, platform) || '）', '') AS told
            FROM given LEFT JOIN called USING (platform)
            SEMI JOIN resident_label h USING (resident_id, label)
            WHERE list_contains($labels, label) AND (until IS NULL OR until >= $day))
        SELECT resident_id, r.died_on, string_agg(DISTINCT told, '、' ORDER BY told)
        FROM resident r JOIN told USING (resident_id) WHERE r.died_on IS NOT NULL
        GROUP BY ALL ORDER BY r.died_on, resident_id""",
        {
            "labels": list(labels),
            "day": day,
            "platforms": list(titles),
            "titles": list(titles.values()),
        },
    ).fetchall()


def twice(
    connection: duckdb.DuckDBPyConnection, benefits: Sequence[tuple[str, Sequence[str]]], day: date,
    titles: Mapping[str, str],
) -> Found:  # fmt: skip
    """Who is granted one benefit twice: two labels of it, or one by two records of one stream.

    Dated by the later grant, where one is given. Several platforms that repeat one grant are one.
    `titles` is what each platform is called.
    """
    found: Found = []
    for name, labels in benefits:
        found += connection.execute(
            """
            WITH granted AS (
                SELECT l.resident_id, r.platform, r.stream, r.record_key,
                       unnest(r.labels, recursive := true)
                FROM resident_record r JOIN resident_link l USING (record_id)
                WHERE len(r.labels) > 0),
            called AS (
                SELECT unnest($platforms::VARCHAR[]) AS platform,
                       unnest($titles::VARCHAR[]) AS title),
            mine AS (
                SELECT * FROM granted WHERE list_contains($labels, label)
                  AND (until IS NULL OR until >= $day)),
            each AS (
                SELECT resident_id, label, coalesce(title, platform) AS title,
                       count(DISTINCT record_key) AS times, max(since) AS since
                FROM mine LEFT JOIN called USING (platform)
                GROUP BY resident_id, label, platform, title, stream),
            told AS (
                SELECT *, label || '（' || title || CASE WHEN times > 1
                       THEN ' ' || times || ' 条' ELSE '' END || '）' AS "grant"
                FROM each)
            SELECT resident_id, max(since),
                   $name || '：' || string_agg(DISTINCT "grant", '、' ORDER BY "grant")
            FROM told GROUP BY resident_id
            HAVING count(DISTINCT label) > 1 OR max(times) > 1 ORDER BY ALL""",
            {
                "labels": list(labels),
                "day": day,
                "name": name,
                "platforms": list(titles),
                "titles": list(titles.values()),
            },
        ).fetchall()
    return found
