"""The expectation suites: what must hold in every published brain.

Each check looks at the few columns it needs, fetched as a small frame: a key column, the distinct
codes with their counts, the rows that an anti-join leaves, one row a stream.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import duckdb
import pandas as pd

from hub.platform import Entity
from hub.settings import Home, open_home
from schemas.codes import code_sets
from schemas.entities import FIELDS, TITLES
from warehouse.duck import attach, connect, literal
from warehouse.expectations import (
    Check,
    at_least,
    evaluate,
    in_set,
    new_source,
    no_rows,
    not_null,
    unique,
)
from warehouse.gates import GateReport, GateRequest, GateResult

KEYS = (
    ("居民编码", "resident", "resident_id"),
    ("户编码", "household", "household_id"),
    ("房屋编码", "dwelling", "dwelling_id"),
    ("网格编码", "grid", "grid_code"),
)
CODED: tuple[tuple[Entity, str], ...] = (
    ("resident", "resident_id"),
    ("household", "household_id"),
    ("grid", "grid_code"),
)


@dataclass(frozen=True)
class Reference:
    """A column that must point to a row of another table."""

    title: str
    table: str
    column: str
    target: str
    target_key: str
    example: str  # SQL over the row `t`


REFERENCES = (
    Reference("居民的户", "resident", "household_id", "household", "household_id", "t.resident_id"),
    Reference("居民的房屋", "resident", "dwelling_id", "dwelling", "dwelling_id", "t.resident_id"),
    Reference("居民的网格", "resident", "grid_code", "grid", "grid_code", "t.resident_id"),
    Reference("户的户主", "household", "head_resident_id", "resident", "resident_id",
              "t.household_id"),
    Reference("户的房屋", "household", "dwelling_id", "dwelling", "dwelling_id", "t.household_id"),
    Reference("户的网格", "household", "grid_code", "grid", "grid_code", "t.household_id"),
    Reference("房屋的网格", "dwelling", "grid_code", "grid", "grid_code", "t.dwelling_id"),
    Reference("标签的居民", "resident_label", "resident_id", "resident", "resident_id",
              "t.platform || '.' || t.stream || ' ' || t.label"),
    Reference("记录归属的居民", "resident_link", "resident_id", "resident", "resident_id",
              "'记录号 ' || t.record_id"),
    Reference("归属所指的来源记录", "resident_link", "record_id", "resident_record", "record_id",
              "t.resident_id || ' 记录号 ' || t.record_id"),
)  # fmt: skip

RECORD_NAME = r"""
    platform || '.' || stream || ' 记录号 ' || record_id || CASE
        WHEN regexp_full_match(record_key, '[A-Za-z0-9_.|:-]{1,40}')
         AND NOT regexp_matches(record_key, '\d{7}') THEN '（键 ' || record_key || '）'
        ELSE '' END"""
"""Names a source record; a key that may itself be an ID number or a phone is left out."""


def judge(request: GateRequest) -> GateReport:
    """Run every suite on the work copy of `request`.

    Raises:
        GateError: an expectation could not be evaluated, which says nothing of the data.
        duckdb.Error: the file cannot be read, or is no brain.
    """
    home = open_home(request.home)
    before = _Before.of(home, request)
    source = new_source()
    results: list[GateResult] = []
    with _reading(home, request.path) as connection:
        for make in (_keys, _references, _codes, _numbers):
            for check in make(connection):
                results += evaluate(source, check)
        for check in (*_drops(connection, request, before), *_batches(connection, before)):
            results += evaluate(source, check)
    passed = all(one.passed or one.severity == "warning" for one in results)
    return GateReport(passed, results)


@contextmanager
def _reading(home: Home, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect(home)
    try:
        attach(home, connection, path, read_only=True)
        yield connection
    finally:
        connection.close()


def _frame(connection: duckdb.DuckDBPyConnection, query: str) -> pd.DataFrame:
    return connection.execute(query).df()


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    return int(connection.execute(query).fetchall()[0][0])


def _keys(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    for title, table, column in (*KEYS, ("批次号", "batch", "batch_id")):
        frame = _frame(connection, f"SELECT {column} FROM {table}")
        rules = {
            f"{title}不重复": unique(column),
            f"{title}不为空": not_null(column),
        }
        yield Check("batches" if table == "batch" else "keys", frame, rules)
    records = _records("record_id")
    twice = (
        f"SELECT '记录号 ' || record_id AS example FROM ({records}) GROUP BY record_id "
        "HAVING count(*) > 1"
    )
    total = _count(connection, f"SELECT count(*) FROM ({records})")
    yield Check(
        "keys", _frame(connection, twice), {"每条来源记录只有一个现行版本": no_rows()}, total
    )


def _records(columns: str) -> str:
    """SQL of all current source records, of every entity."""
    return " UNION ALL ".join(f"SELECT {columns} FROM {one}_record" for one in get_args(Entity))


def _references(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    grids = _count(connection, "SELECT count(*) FROM grid")
    for one in REFERENCES:
        if one.target == "grid" and not grids:
            continue  # no platform gives grids yet; the residents' are as stated
        orphans = f"""
            SELECT {one.example} AS example FROM {one.table} t
            WHERE t.{one.column} IS NOT NULL AND NOT EXISTS (
                FROM {one.target} o WHERE o.{one.target_key} = t.{one.column})"""
        checked = _count(connection, f"SELECT count({one.column}) FROM {one.table}")
        yield Check(
            "references", _frame(connection, orphans), {f"{one.title}存在": no_rows()}, checked
        )
    unlinked = f"""
        WITH links AS (SELECT record_id, count(*) AS links FROM resident_link GROUP BY record_id)
        SELECT {RECORD_NAME} AS example
        FROM resident_record LEFT JOIN links USING (record_id)
        WHERE coalesce(links, 0) <> 1"""
    checked = _count(connection, "SELECT count(*) FROM resident_record")
    title = "每条居民记录恰好归属一位居民"
    yield Check("references", _frame(connection, unlinked), {title: no_rows()}, checked)


def _codes(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    for table, key in CODED:
        described = connection.execute(f"SELECT * FROM {table} LIMIT 0").description or []
        columns = {str(one[0]) for one in described}
        for field in FIELDS[table].values():
            if field.code_set is None or field.name not in columns:
                continue
            # a value that is no code at all may be a personal one: it is not repeated
            query = f"""
                SELECT {field.name} AS code, count(*) AS rows,
                       min({key}) || CASE WHEN regexp_full_match({field.name}, '[A-Za-z0-9]{{1,3}}')
                           THEN '（代码 ' || {field.name} || '）' ELSE '' END AS example
                FROM {table} WHERE {field.name} IS NOT NULL GROUP BY {field.name}"""
            rule = in_set("code", code_sets()[field.code_set].codes)
            title = f"{TITLES[table]}的{field.title}在代码表内"
            yield Check("codes", _frame(connection, query), {title: rule})


def _numbers(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE held AS
        SELECT l.resident_id, r.id_number
        FROM resident_record r JOIN resident_link l USING (record_id)
        WHERE r.id_status = 'valid' AND r.id_number IS NOT NULL
        UNION SELECT resident_id, id_number FROM resident
        WHERE id_status = 'valid' AND id_number IS NOT NULL""")
    shared = """
        SELECT array_to_string(list_slice(list_sort(list(resident_id)), 1, 3), ' 与 ') AS example
        FROM held WHERE id_number IN (
            SELECT id_number FROM held GROUP BY id_number HAVING count(*) > 1)
        GROUP BY id_number ORDER BY example"""
    several = """
        SELECT resident_id AS example FROM held GROUP BY resident_id HAVING count(*) > 1
        ORDER BY example"""
    checked = _count(connection, "SELECT count(*) FROM held")
    for title, query in (
        ("一个有效证件号码只属于一位居民", shared),
        ("一位居民至多有一个有效证件号码", several),
    ):
        yield Check("numbers", _frame(connection, query), {title: no_rows()}, checked)


@dataclass(frozen=True)
class _Before:
    """What the current snapshot has; nothing before the first."""

    streams: Mapping[tuple[str, str], int]
    residents: int
    batches: frozenset[str]
    accepted: pd.DataFrame  # resident_id, record_id: of the platforms whose losses are accepted

    @classmethod
    def of(cls, home: Home, request: GateRequest) -> "_Before":
        empty = pd.DataFrame({"resident_id": pd.Series(dtype="str"), "record_id": []})
        if request.base_path is None:
            return cls({}, 0, frozenset(), empty)
        with _reading(home, request.base_path) as base:
            if request.accept_drop:
                named = ", ".join(map(literal, request.accept_drop))
                empty = _frame(
                    base,
                    f"""
                    SELECT l.resident_id, l.record_id
                    FROM resident_record r JOIN resident_link l USING (record_id)
                    JOIN resident p USING (resident_id)
                    WHERE p.lives_here AND r.platform IN ({named})""",
                )
            batches = base.execute("SELECT batch_id FROM batch").fetchall()
            return cls(
                _streams(base), _living(base), frozenset(str(one[0]) for one in batches), empty
            )


def _streams(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    rows = connection.execute(
        f"SELECT platform, stream, count(*) FROM ({_records('platform, stream')}) GROUP BY ALL"
    ).fetchall()
    return {(platform, stream): int(count) for platform, stream, count in rows}


def _living(connection: duckdb.DuckDBPyConnection) -> int:
    return _count(connection, "SELECT count(*) FROM resident WHERE lives_here")


def least_allowed(before: int, share: float) -> int:
    """How many must be left of `before`: one may always go, but never the last.

    The same count as a pull may lose before its deletions are held back.
    """
    return max(before - max(1, int(before * share)), min(before, 1))


def _drops(
    connection: duckdb.DuckDBPyConnection, request: GateRequest, before: _Before
) -> Iterator[Check]:
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


def _excused(connection: duckdb.DuckDBPyConnection, before: _Before) -> int:
    """Residents who are gone together with a record whose loss was accepted."""
    if before.accepted.empty:
        return 0
    connection.register("accepted", before.accepted)
    gone = _count(
        connection,
        """
        SELECT count(DISTINCT resident_id) FROM accepted
        WHERE record_id NOT IN (SELECT record_id FROM resident_record)
          AND resident_id NOT IN (SELECT resident_id FROM resident WHERE lives_here)""",
    )
    connection.unregister("accepted")
    return gone


def _batches(connection: duckdb.DuckDBPyConnection, before: _Before) -> Iterator[Check]:
    applied = _count(connection, "SELECT count(*) FROM batch")
    kept = {str(one[0]) for one in connection.execute("SELECT batch_id FROM batch").fetchall()}
    lost = pd.DataFrame({"example": sorted(before.batches - kept)})
    yield Check("batches", lost, {"已入库的批次没有丢失": no_rows()}, len(before.batches))
    wrong = """
        SELECT batch_id AS example FROM batch
        WHERE NOT coalesce(upserts >= 0 AND deletes >= 0 AND set_aside >= 0
                           AND with_issues BETWEEN 0 AND upserts, false)"""
    yield Check("batches", _frame(connection, wrong), {"批次的各项条数合理": no_rows()}, applied)
    records = _records("platform, stream, seq")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE arrived AS
        SELECT platform, stream, seq, count(*) AS rows FROM ({records}) GROUP BY ALL""")
    checked = _count(connection, "SELECT coalesce(sum(rows), 0) FROM arrived")
    strays = """
        SELECT platform || '.' || stream || ' 第 ' || seq || ' 批' AS example, rows
        FROM arrived ANTI JOIN batch USING (platform, stream, seq)"""
    yield Check(
        "batches", _frame(connection, strays), {"现行记录都来自已入库的批次": no_rows()}, checked
    )
    aside = """
        SELECT coalesce(q.batch_id, '（无批次号）') AS example
        FROM (SELECT batch_id, count(*) AS rows FROM quarantine GROUP BY batch_id) q
        LEFT JOIN batch b USING (batch_id) WHERE NOT coalesce(q.rows <= b.set_aside, false)"""
    waiting = _count(connection, "SELECT count(*) FROM quarantine")
    yield Check(
        "batches", _frame(connection, aside), {"隔离的行都记在批次账上": no_rows()}, waiting
    )
    # after a change of mapping, a record whose new reading was set aside keeps its former one
    older = """
        SELECT b.batch_id AS example, a.rows - b.upserts AS rows
        FROM arrived a JOIN batch b USING (platform, stream, seq) WHERE a.rows > b.upserts"""
    title = "现行记录都按最新映射读入"
    yield Check("batches", _frame(connection, older), {title: no_rows("warning")}, checked)
