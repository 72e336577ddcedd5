"""The pairs that a person is asked about: the doubtful, those that fit two persons, and two names.

Two wholly unlike names under one number are one resident until somebody says otherwise.
"""

from typing import Any

import duckdb

from security.policy import Predicate

TWO_NAMES = "two_names"
ASKED = ("doubtful", "twice", "two_persons", "told_apart", TWO_NAMES)
"""Reasons of a refusal that a person can settle."""


def pairs_to_review(
    connection: duckdb.DuckDBPyConnection, limit: int, inside: Predicate | None = None
) -> list[dict[str, Any]]:
    """The heaviest refused pair of each two residents, the heaviest first.

    `inside` is a condition on `resident r` that both of a pair satisfy. Each has `weight`,
    `reason`, and `left` and `right`: resident id, platform, stream, record key and what that
    record says.
    """
    reasons = ", ".join(f"'{one}'" for one in ASKED)
    both = ""
    if inside is not None:
        mine = f"IN (SELECT r.resident_id FROM resident r WHERE {inside.sql})"
        both = f"AND x.resident_id {mine} AND y.resident_id {mine}"
    rows = connection.execute(
        f"""
        WITH asked AS (
            SELECT x.resident_id AS one, y.resident_id AS other, f.a, f.b, f.weight, f.reason
            FROM refused f JOIN resident_link x ON x.record_id = f.a
            JOIN resident_link y ON y.record_id = f.b
            WHERE f.reason IN ({reasons})
            AND (x.resident_id <> y.resident_id OR f.reason = '{TWO_NAMES}') {both}),
        heaviest AS (
            SELECT * FROM asked QUALIFY row_number() OVER (
                PARTITION BY least(one, other), greatest(one, other)
                ORDER BY round(weight, 6) DESC, a, b) = 1)
        SELECT h.weight, h.reason, {_side("h.a", "h.one")}, {_side("h.b", "h.other")}
        FROM heaviest h ORDER BY round(h.weight, 6) DESC, h.a, h.b LIMIT {limit}""",
        inside.values if inside else {},
    ).fetchall()
    return [
        {"weight": weight, "reason": reason, "left": left, "right": right}
        for weight, reason, left, right in rows
    ]


def _side(record: str, resident: str) -> str:
    return f"""(
        SELECT {{'resident_id': {resident}, 'platform': r.platform, 'stream': r.stream,
            'record_key': r.record_key, 'name': r.name, 'sex_code': r.sex_code,
            'birth_date': r.birth_date, 'birth_year': r.birth_year, 'id_number': r.id_number,
            'phone': r.phone, 'residence_address': r.residence_address}}
        FROM resident_record r WHERE r.record_id = {record})"""
