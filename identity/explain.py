"""Why two records are, or are not, one person: each kind of evidence and its weight."""

from dataclasses import dataclass
from typing import Any

import duckdb

from identity.joining import Node, Person, obstacle
from identity.model import Model
from identity.pairs import Meant, put_pair
from identity.scoring import make_profiles, score_query

SHOWN = (
    "name", "sex_code", "birth_date", "birth_year", "id_number", "id_status", "phone",
    "residence_address", "household_no", "relation_code",
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One kind of evidence: what was found, and its weight in bits (log2 of the odds)."""

    name: str
    title: str
    label: str
    weight: float


@dataclass(frozen=True)
class Explanation:
    """Two records, the sum of evidence, and what came of it."""

    left: dict[str, Any]
    right: dict[str, Any]
    start: float
    parts: tuple[Part, ...]
    weight: float
    probability: float
    join: float
    ask: float
    obstacle: str | None
    decision: str | None
    one_person: bool
    model: str


def explain(
    connection: duckdb.DuckDBPyConnection, one: Meant, other: Meant, model: Model
) -> Explanation:
    """Weigh two records as a run would, and say what stands between them."""
    put_pair(connection, one, other)
    make_profiles(connection, model, "explained")
    cursor = connection.execute(score_query(model, "meant_pair"))
    names = [column[0] for column in cursor.description or ()]
    row = dict(zip(names, cursor.fetchall()[0], strict=True))
    parts = []
    for comparison in model.comparisons:
        level = comparison.levels[row[f"level_{comparison.name}"]]
        weight = float(row[f"weight_{comparison.name}"])
        parts.append(Part(comparison.name, comparison.title, level.label, weight))
    odds = 2.0 ** min(row["weight"], 500)
    return Explanation(
        _shown(connection, one),
        _shown(connection, other),
        model.prior_weight,
        tuple(parts),
        row["weight"],
        odds / (1 + odds),
        model.join,
        model.ask,
        _stands_between(connection, one, other),
        _decided(connection, one, other),
        one.resident_id == other.resident_id,
        model.version,
    )


def _shown(connection: duckdb.DuckDBPyConnection, one: Meant) -> dict[str, Any]:
    cursor = connection.execute(
        f"SELECT {', '.join(SHOWN)} FROM resident_record WHERE record_id = ?", [one.record_id]
    )
    row = dict(zip(SHOWN, cursor.fetchall()[0], strict=True))
    platform, stream, key = one.named
    return {
        "resident_id": one.resident_id, "platform": platform, "stream": stream, "record_key": key,
    } | row  # fmt: skip


def _stands_between(connection: duckdb.DuckDBPyConnection, one: Meant, other: Meant) -> str | None:
    rows = connection.execute(
        """SELECT reason FROM refused WHERE a = least($1, $2) AND b = greatest($1, $2)
           OR b = least($1, $2) AND a = greatest($1, $2)""",
        [one.record_id, other.record_id],
    ).fetchall()
    if rows:
        return str(rows[0][0])
    return obstacle(*(_person(connection, meant) for meant in (one, other)))


def _person(connection: duckdb.DuckDBPyConnection, one: Meant) -> Person:
    row = connection.execute(
        """SELECT id_number, sex_code, sex_code, birth_year, birth_year, 1,
                  CASE WHEN bare IS NOT NULL THEN [bare] END,
                  CASE WHEN household_no IS NOT NULL AND relation_code IS NOT NULL
                       THEN [household_no || ':' || relation_code] END,
                  CASE WHEN not_number IS NOT NULL THEN [not_number] END,
                  CASE WHEN birth_date IS NOT NULL THEN [birth_date] END, NULL, NULL, NULL,
                  CASE WHEN number_kind = 'document' THEN [number] END
           FROM evidence WHERE record_id = ?""",
        [one.record_id],
    ).fetchall()[0]
    return Person(one.record_id, Node(*row))


def _decided(connection: duckdb.DuckDBPyConnection, one: Meant, other: Meant) -> str | None:
    rows = connection.execute(
        "SELECT verdict FROM binding WHERE a = least($1, $2) AND b = greatest($1, $2)",
        [one.record_id, other.record_id],
    ).fetchall()
    return str(rows[0][0]) if rows else None
