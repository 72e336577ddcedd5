"""Stewards' decisions as they bind: which of the brain's records each of them is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import duckdb
import pyarrow as pa

Named = tuple[str, str, str]
"""A record by platform, stream and key."""
Outcome = Literal["waiting", "done", "against", "gone"]
"""The next run does it; it is so; stronger evidence speaks against it; a record is gone."""


@dataclass(frozen=True)
class Binding:
    """Two records that are one person (`same`) or are not (`different`)."""

    left: Named
    right: Named
    verdict: str


def contradicted(kept: Mapping[int, Binding], new: Binding) -> list[int]:
    """Numbers of the decisions by which `new` cannot be: all those that together say otherwise.

    An older decision about the same two records is no contradiction: `new` takes its place.
    """
    both = {new.left, new.right}
    others = {number: one for number, one in kept.items() if {one.left, one.right} != both}
    left, right = _reached(others, new.left), _reached(others, new.right)
    if new.verdict == "different":
        return sorted(left.get(new.right, []))
    for number, one in others.items():
        for a, b in ((one.left, one.right), (one.right, one.left)):
            if one.verdict == "different" and a in left and b in right:
                return sorted({*left[a], number, *right[b]})
    return []


def _reached(kept: Mapping[int, Binding], start: Named) -> dict[Named, list[int]]:
    """The records that decisions make one person with `start`, and the numbers that lead there."""
    found: dict[Named, list[int]] = {start: []}
    waiting = [start]
    for record in waiting:
        for number, one in kept.items():
            if one.verdict == "same" and record in (one.left, one.right):
                other = one.right if record == one.left else one.left
                if other not in found:
                    found[other] = [*found[record], number]
                    waiting.append(other)
    return found


def bindings_differ(connection: duckdb.DuckDBPyConnection, wanted: Sequence[Binding]) -> bool:
    """Whether the brain was resolved under other decisions than `wanted`."""
    _wanted(connection, wanted)
    return bool(
        connection.execute("""
            SELECT count(*) FROM (
                (FROM wanted_binding EXCEPT FROM binding)
                UNION ALL (FROM binding EXCEPT FROM wanted_binding))""").fetchall()[0][0]
    )


def apply_bindings(connection: duckdb.DuckDBPyConnection, wanted: Sequence[Binding]) -> None:
    """Put `wanted` in the place of `binding`; records they newly speak of become `changed`.

    Leaves them in `told_otherwise`, too.
    """
    run = connection.execute
    _wanted(connection, wanted)
    run("""
        CREATE OR REPLACE TEMP TABLE told_otherwise AS
        SELECT DISTINCT unnest([a, b]) AS record_id FROM (
            (FROM wanted_binding EXCEPT FROM binding)
            UNION ALL (FROM binding EXCEPT FROM wanted_binding))""")
    if not run("SELECT count(*) FROM told_otherwise").fetchall()[0][0]:
        return
    run("INSERT INTO changed FROM told_otherwise")
    run("DELETE FROM binding")
    run("INSERT INTO binding FROM wanted_binding")


def waiting_bindings(
    connection: duckdb.DuckDBPyConnection, wanted: Sequence[Binding]
) -> list[tuple[str, str, str]]:
    """Of `wanted` those that the brain does not know yet, by residents: (one, other, verdict).

    What tells two residents apart is told also if it is known: it still holds.
    """
    _wanted(connection, wanted)
    found = connection.execute("""
        SELECT DISTINCT x.resident_id, y.resident_id, w.verdict
        FROM wanted_binding w JOIN resident_link x ON x.record_id = w.a
        JOIN resident_link y ON y.record_id = w.b
        WHERE x.resident_id <> y.resident_id
          AND (w.verdict = 'different' OR (w.a, w.b, w.verdict) NOT IN (FROM binding))
        ORDER BY ALL""").fetchall()
    return [(str(one), str(other), str(verdict)) for one, other, verdict in found]


def outcomes(connection: duckdb.DuckDBPyConnection, wanted: Sequence[Binding]) -> list[Outcome]:
    """What became of each of `wanted` in the run that the brain was resolved by."""
    _wanted(connection, wanted)
    found = connection.execute("""
        SELECT n.nth, CASE
            WHEN w.a IS NULL OR x.resident_id IS NULL OR y.resident_id IS NULL THEN 'gone'
            WHEN b.a IS NULL THEN 'waiting'
            WHEN (x.resident_id = y.resident_id) = (w.verdict = 'same') THEN 'done'
            ELSE 'against' END
        FROM range($count) n(nth) LEFT JOIN wanted_named w USING (nth)
        LEFT JOIN binding b USING (a, b, verdict)
        LEFT JOIN resident_link x ON x.record_id = w.a
        LEFT JOIN resident_link y ON y.record_id = w.b
        ORDER BY n.nth""", {"count": len(wanted)}).fetchall()  # fmt: skip
    return [one for _, one in found]


def oldest_first(connection: duckdb.DuckDBPyConnection, residents: Sequence[str]) -> list[str]:
    """Residents in the order in which a merge keeps their ids."""
    found = connection.execute(
        """
        WITH age AS (
            SELECT resident_id, min(happened_at) AS founded_at FROM identity_event
            WHERE kind = 'founded' GROUP BY resident_id)
        SELECT i.resident_id FROM resident_identity i
        JOIN record_id r ON r.record_id = i.founding_record_id
        LEFT JOIN age a USING (resident_id) WHERE list_contains($ids, i.resident_id)
        ORDER BY a.founded_at NULLS LAST, hash(r.platform, r.stream, r.record_key)""",
        {"ids": list(residents)},
    ).fetchall()
    return [str(one) for (one,) in found]


def _wanted(connection: duckdb.DuckDBPyConnection, wanted: Sequence[Binding]) -> None:
    rows = {
        f"{side}_{part}": [getattr(one, side)[nth] for one in wanted]
        for side in ("left", "right")
        for nth, part in enumerate(("platform", "stream", "key"))
    }
    rows["verdict"] = [one.verdict for one in wanted]
    schema = pa.schema([(name, pa.string()) for name in rows])
    numbers = pa.array(range(len(wanted)), pa.int64())
    connection.register("wanted_rows", pa.table(rows, schema=schema).append_column("nth", numbers))
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE wanted_named AS
        SELECT w.nth, least(l.record_id, r.record_id) AS a, greatest(l.record_id, r.record_id)
               AS b, w.verdict
        FROM wanted_rows w
        JOIN record_id l ON l.platform = left_platform AND l.stream = left_stream
            AND l.record_key = left_key
        JOIN record_id r ON r.platform = right_platform AND r.stream = right_stream
            AND r.record_key = right_key""")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE wanted_binding AS
        SELECT DISTINCT a, b, verdict FROM wanted_named""")
    connection.unregister("wanted_rows")
