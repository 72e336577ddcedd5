"""The expectation suites: what must hold in every published brain.

Each check looks at the few columns it needs, fetched as a small frame: the keys that are odd, the
distinct codes with their counts, the rows that an anti-join leaves, one row a stream.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from hub.platform_streams import Entity
from hub.settings import open_home
from schemas.codes import code_sets
from schemas.entities import FIELDS, TITLES
from warehouse.duck import literal
from warehouse.expectations import (
    Check,
    count_of,
    evaluate_all,
    frame_of,
    in_set,
    new_frames,
    no_rows,
    not_null,
    reading_file,
    records_of,
    unique,
)
from warehouse.gates import GateReport, GateRequest
from warehouse.losses import Before, batches, drops

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
    """A column that must point to a row of another table, under the same name or `target_key`."""

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
              "t.platform || '.' || t.stream || ' ' || t.resident_id"),
    Reference("事项的居民", "event_link", "resident_id", "resident", "resident_id",
              "'记录号 ' || t.record_id"),
    Reference("事项的房屋", "event_link", "dwelling_id", "dwelling", "dwelling_id",
              "'记录号 ' || t.record_id"),
    Reference("记录归属的居民", "resident_link", "resident_id", "resident", "resident_id",
              "'记录号 ' || t.record_id"),
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
    before = Before.of(home, request)
    frames = new_frames()
    with reading_file(home, request.path) as connection:
        results = evaluate_all(frames, [*_checks(connection, request, before)])
    passed = all(one.passed or one.severity == "warning" for one in results)
    return GateReport(passed, results)


def _checks(
    connection: duckdb.DuckDBPyConnection, request: GateRequest, before: Before
) -> Iterator[Check]:
    yield from _keys(connection)
    yield from _references(connection)
    yield from _links(connection)
    yield from _codes(connection)
    yield from _numbers(connection)
    yield from drops(connection, request, before)
    yield from batches(connection, before)


def _keys(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """One frame a key: the rows without one, and those of keys that come more than once."""
    for title, table, column in KEYS:
        frame = frame_of(
            connection,
            f"""
            SELECT {column} FROM {table} WHERE {column} IS NULL OR hash({column}) IN (
                SELECT hash({column}) FROM {table} GROUP BY ALL HAVING count(*) > 1)""",
        )
        rules = {f"{title}不重复": unique(column), f"{title}不为空": not_null(column)}
        checked = count_of(connection, f"SELECT count(*) FROM {table}")
        yield Check("keys", frame, rules, checked)


def _references(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    grids = count_of(connection, "SELECT count(*) FROM grid")
    for one in REFERENCES:
        if one.target == "grid" and not grids:
            continue  # no platform gives grids yet; the residents' are as stated
        # by hashes: a third of the time that comparing texts takes
        orphans = f"""
            SELECT {one.example} AS example FROM {one.table} t
            WHERE t.{one.column} IS NOT NULL AND hash(t.{one.column}) NOT IN (
                SELECT hash({one.target_key}) FROM {one.target}
                WHERE {one.target_key} IS NOT NULL)"""
        checked = count_of(connection, f"SELECT count({one.column}) FROM {one.table}")
        rule = {f"{one.title}存在": no_rows()}
        yield Check("references", frame_of(connection, orphans), rule, checked)


def _links(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """Records against links, both ways, in one pass."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE odd AS
        SELECT record_id, sum(record) AS records, sum(link) AS links FROM (
            SELECT record_id, 1::UTINYINT AS record, 0::UTINYINT AS link FROM resident_record
            UNION ALL SELECT record_id, 0, 1 FROM resident_link)
        GROUP BY record_id HAVING sum(record) <> 1 OR sum(link) <> 1""")
    unlinked = f"""
        SELECT {RECORD_NAME} AS example FROM resident_record
        WHERE record_id IN (SELECT record_id FROM odd WHERE records > 0 AND links <> 1)"""
    stale = """
        SELECT resident_id || ' 记录号 ' || record_id AS example FROM resident_link
        WHERE record_id IN (SELECT record_id FROM odd WHERE records = 0)"""
    for title, table, query in (
        ("每条居民记录恰好归属一位居民", "resident_record", unlinked),
        ("归属所指的来源记录存在", "resident_link", stale),
    ):
        checked = count_of(connection, f"SELECT count(*) FROM {table}")
        yield Check("references", frame_of(connection, query), {title: no_rows()}, checked)
    others = records_of("record_id", besides=("resident",))
    twice = f"""
        WITH others AS ({others}), twice AS (
            SELECT record_id FROM odd WHERE records > 1
            UNION SELECT record_id FROM others GROUP BY record_id HAVING count(*) > 1
            UNION SELECT record_id FROM others SEMI JOIN resident_record USING (record_id))
        SELECT '记录号 ' || record_id AS example FROM twice ORDER BY record_id"""
    checked = count_of(connection, f"SELECT count(*) FROM ({records_of('record_id')})")
    rule = {"每条来源记录只有一个现行版本": no_rows()}
    yield Check("keys", frame_of(connection, twice), rule, checked)


def _codes(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """One frame an entity: each code field's distinct values, written `field=code`."""
    for table, key in CODED:
        queries, allowed = [], set[str]()
        for field in FIELDS[table].values():
            if field.code_set is None:
                continue
            allowed |= {f"{field.name}={code}" for code in code_sets()[field.code_set].codes}
            # a value that is no code at all may be a personal one: it is not repeated
            queries.append(f"""
                SELECT '{field.name}=' || {field.name} AS code, count(*) AS rows,
                       {literal(field.title)} || ' ' || min({key}) || CASE
                           WHEN regexp_full_match({field.name}, '[A-Za-z0-9]{{1,3}}')
                           THEN '（代码 ' || {field.name} || '）' ELSE '' END AS example
                FROM {table} WHERE {field.name} IS NOT NULL GROUP BY {field.name}""")
        frame = frame_of(connection, " UNION ALL ".join(queries))
        # Great Expectations copies the set dozens of times: only what may come up is in it
        known = sorted(allowed & set(frame["code"])) or sorted(allowed)[:1]
        rule = {f"{TITLES[table]}的各项代码都在代码表内": in_set("code", known)}
        yield Check("codes", frame, rule)


def _numbers(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """Valid ID numbers against residents, both ways, by 64-bit hashes of each."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE held AS
        SELECT hash(l.resident_id) AS resident, hash(r.id_number) AS number
        FROM resident_record r JOIN resident_link l USING (record_id)
        WHERE r.id_status = 'valid' AND r.id_number IS NOT NULL
        UNION ALL SELECT hash(resident_id), hash(id_number) FROM resident
        WHERE id_status = 'valid' AND id_number IS NOT NULL""")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE shared AS
        SELECT DISTINCT number, resident FROM held WHERE number IN (
            SELECT number FROM held GROUP BY number HAVING min(resident) <> max(resident))""")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE several AS
        SELECT resident FROM held GROUP BY resident HAVING min(number) <> max(number)""")
    named = """
        named AS (
            SELECT resident_id, hash(resident_id) AS resident FROM resident_link
            WHERE hash(resident_id) IN (SELECT resident FROM {0})
            UNION SELECT resident_id, hash(resident_id) FROM resident
            WHERE hash(resident_id) IN (SELECT resident FROM {0}))"""
    one_number = f"""
        WITH {named.format("shared")}
        SELECT array_to_string(list_slice(list_sort(list(resident_id)), 1, 3), ' 与 ') AS example
        FROM shared JOIN named USING (resident) GROUP BY number ORDER BY example"""
    one_resident = f"WITH {named.format('several')} SELECT resident_id FROM named ORDER BY ALL"
    checked = count_of(connection, "SELECT count(*) FROM held")
    for title, query in (
        ("一个有效证件号码只属于一位居民", one_number),
        ("一位居民至多有一个有效证件号码", one_resident),
    ):
        yield Check("numbers", frame_of(connection, query), {title: no_rows()}, checked)
