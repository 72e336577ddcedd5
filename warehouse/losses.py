"""The suites that look back: nothing much is less than before, and the batches' books are right."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import duckdb
import pandas as pd

from hub.platform_streams import Entity
from hub.settings import Home
from warehouse.duck import literal
from warehouse.expectations import (
    Check,
    at_least,
    count_of,
    frame_of,
    no_rows,
    not_null,
    reading_file,
    records_of,
    unique,
)
from warehouse.gates import GateRequest
from warehouse.version import has_table


@dataclass(frozen=True)
class Before:
    """What the current snapshot has; nothing before the first."""

    streams: Mapping[tuple[str, str], int]
    residents: int
    batches: frozenset[str]
    accepted: pd.DataFrame  # resident_id, record_id: of the platforms whose losses are accepted

    @classmethod
    def of(cls, home: Home, request: GateRequest) -> "Before":
        """Read it from the snapshot that the work copy was made from."""
        if request.base_path is None:
            return cls({}, 0, frozenset(), pd.DataFrame())
        named = ", ".join(map(literal, request.accept_drop)) or "NULL"
        with reading_file(home, request.base_path) as base:
            accepted = frame_of(
                base,
                f"""
                SELECT l.resident_id, l.record_id
                FROM resident_record r JOIN resident_link l USING (record_id)
                JOIN resident p USING (resident_id)
                WHERE p.lives_here AND r.platform IN ({named})""",
            )
            ids = frozenset(str(one[0]) for one in _rows(base, "SELECT batch_id FROM batch"))
            return cls(_streams(base), _living(base), ids, accepted)


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()


def _note_arrivals(connection: duckdb.DuckDBPyConnection) -> None:
    """Make `arrived(platform, stream, seq, rows)`: the current records by the batch they are of.

    The snapshot from before may be of another version, which did not know every entity.
    """
    unknown = [one for one in get_args(Entity) if not has_table(connection, f"{one}_record")]
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE arrived AS
        SELECT platform, stream, seq, count(*) AS rows
        FROM ({records_of("platform, stream, seq", besides=unknown)}) GROUP BY ALL""")


def _streams(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    _note_arrivals(connection)
    rows = _rows(connection, "SELECT platform, stream, sum(rows) FROM arrived GROUP BY ALL")
    return {(platform, stream): int(count) for platform, stream, count in rows}


def _living(connection: duckdb.DuckDBPyConnection) -> int:
    return count_of(connection, "SELECT count(*) FROM resident WHERE lives_here")


def least_allowed(before: int, share: float) -> int:
    """How many must be left of `before`: one may always go, but never the last.

    The same count as a pull may lose before its deletions are held back.
    """
    return max(before - max(1, int(before * share)), min(before, 1))


def drops(
    connection: duckdb.DuckDBPyConnection, request: GateRequest, before: Before
) -> Iterator[Check]:
    """Records a stream and residents living here, against what must be left of them."""
    now = _streams(connection)
    rows = []
    for stream in sorted({*before.streams, *now}):
        share = request.allow_drop.get(stream[0], {}).get(stream[1], 0.05)
        had = before.streams.get(stream, 0)
        least = 0 if stream[0] in request.accept_drop else least_allowed(had, share)
        rows.append((".".join(stream), had, now.get(stream, 0), least))
    yield _drop_check("各平台记录数没有骤减", rows)
    excused = _excused(connection, before)
    least = max(least_allowed(before.residents, request.residents_drop) - excused, 0)
    living = [("居住在本辖区的居民", before.residents, _living(connection), least)]
    yield _drop_check("在住居民数没有骤减", living)


def _drop_check(title: str, rows: Sequence[tuple[str, int, int, int]]) -> Check:
    frame = pd.DataFrame(rows, columns=["name", "before", "after", "least"])
    numbers = ["before", "after", "least"]
    frame[numbers] = frame[numbers].astype("int64")
    frame["example"] = [
        f"{name} 原有 {before}，现有 {after}，至少应有 {least}"
        for name, before, after, least in rows
    ]
    return Check("drops", frame, {title: at_least("after", "least")})


def _excused(connection: duckdb.DuckDBPyConnection, before: Before) -> int:
    """Residents who are gone together with a record whose loss was accepted."""
    if before.accepted.empty:
        return 0
    connection.register("accepted", before.accepted)
    gone = count_of(
        connection,
        """
        SELECT count(DISTINCT resident_id) FROM accepted
        WHERE record_id NOT IN (SELECT record_id FROM resident_record)
          AND resident_id NOT IN (SELECT resident_id FROM resident WHERE lives_here)""",
    )
    connection.unregister("accepted")
    return gone


def batches(connection: duckdb.DuckDBPyConnection, before: Before) -> Iterator[Check]:
    """The table of batches: whole, plausible, and every record and set-aside row on its books.

    Needs the table `arrived` that `drops` makes.
    """
    applied = count_of(connection, "SELECT count(*) FROM batch")
    kept = {str(one[0]) for one in _rows(connection, "SELECT batch_id FROM batch")}
    rules = {"批次号不重复": unique("batch_id"), "批次号不为空": not_null("batch_id")}
    yield Check("batches", frame_of(connection, "SELECT batch_id FROM batch"), rules)
    lost = pd.DataFrame({"example": sorted(before.batches - kept)})
    yield Check("batches", lost, {"已入库的批次没有丢失": no_rows()}, len(before.batches))
    wrong = """
        SELECT batch_id AS example FROM batch
        WHERE NOT coalesce(upserts >= 0 AND deletes >= 0 AND set_aside >= 0
                           AND with_issues BETWEEN 0 AND upserts, false)"""
    yield Check("batches", frame_of(connection, wrong), {"批次的各项条数合理": no_rows()}, applied)
    checked = count_of(connection, "SELECT coalesce(sum(rows), 0) FROM arrived")
    strays = """
        SELECT platform || '.' || stream || ' 第 ' || seq || ' 批' AS example, rows
        FROM arrived ANTI JOIN batch USING (platform, stream, seq)"""
    yield Check(
        "batches", frame_of(connection, strays), {"现行记录都来自已入库的批次": no_rows()}, checked
    )
    aside = """
        SELECT coalesce(q.batch_id, '（无批次号）') AS example
        FROM (SELECT batch_id, count(*) AS rows FROM quarantine GROUP BY batch_id) q
        LEFT JOIN batch b USING (batch_id) WHERE NOT coalesce(q.rows <= b.set_aside, false)"""
    waiting = count_of(connection, "SELECT count(*) FROM quarantine")
    yield Check(
        "batches", frame_of(connection, aside), {"隔离的行都记在批次账上": no_rows()}, waiting
    )
    # after a change of mapping, a record whose new reading was set aside keeps its former one
    older = """
        SELECT b.batch_id AS example, a.rows - b.upserts AS rows
        FROM arrived a JOIN batch b USING (platform, stream, seq) WHERE a.rows > b.upserts"""
    title = "现行记录都按最新映射读入"
    yield Check("batches", frame_of(connection, older), {title: no_rows("warning")}, checked)
