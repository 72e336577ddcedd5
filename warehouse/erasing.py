"""Erasure: take one resident out of a brain, and keep their records from coming back.

What stays is the id itself (state `gone`), so that nobody else is ever given it, and of each
record a keyed hash: a later batch that brings the record again is taken as its deletion.
"""

import hashlib
from collections.abc import Collection, Sequence

import duckdb

from hub.errors import NotFoundError
from hub.settings import Home
from schemas.extras import extras
from security.keys import read_keys
from warehouse.answers import rows
from warehouse.duck import literal

Record = tuple[str, str, str]
"""platform, stream, record_key"""
NUMBER = "证件号码"
"""Ends the name of an extra that is another person's number: 监护人证件号码."""
IDS_ONLY = ("resident_identity", "identity_event", "record_id")
"""Tables that hold codes and times only."""
MARK = "sha256($secret || chr(31) || {0} || chr(31) || {1} || chr(31) || {2})"


def erasing_secret(home: Home) -> str:
    """What keys the marks; not the key itself."""
    identity = read_keys(home.secrets, encryption=False).identity
    return hashlib.sha256(b"erased" + identity).hexdigest()


def mark_of(record: Record, secret: str) -> str:
    """The keyed hash of a record, as `drop_erased` computes it."""
    return hashlib.sha256("\x1f".join((secret, *record)).encode()).hexdigest()


def records_of(connection: duckdb.DuckDBPyConnection, resident_id: str) -> list[Record]:
    """Every record that is a resident's.

    Raises:
        NotFoundError: no such resident, or none of their records is left.
    """
    found = rows(
        connection,
        f"""SELECT i.platform, i.stream, i.record_key FROM {_linked(connection)} l
            JOIN record_id i USING (record_id) ORDER BY ALL""",
        {"id": resident_id},
    )
    if not found:
        raise NotFoundError(
            "no records of that resident",
            zh="没有这位居民，或者已经没有任何记录：请先用 hub resident find 查到编码。",
        )
    return [(row["platform"], row["stream"], row["record_key"]) for row in found]


def purge(connection: duckdb.DuckDBPyConnection, resident_id: str) -> dict[str, int]:
    """Delete whatever a brain holds of a resident, past versions too; return rows by table."""
    run = connection.execute
    run(
        f"""CREATE OR REPLACE TEMP TABLE erased AS
            SELECT record_id, platform, stream, record_key FROM {_linked(connection)}
            JOIN record_id USING (record_id)""",
        {"id": resident_id},
    )
    run(
        """CREATE OR REPLACE TEMP TABLE erased_home AS
           SELECT household_id FROM membership WHERE resident_id = $1
           UNION SELECT household_id FROM resident WHERE resident_id = $1""",
        [resident_id],
    )
    numbers = run(
        "SELECT DISTINCT id_number FROM resident WHERE resident_id = ? AND id_number IS NOT NULL",
        [resident_id],
    ).fetchall()
    done: dict[str, int] = {}
    for table, column, condition in _conditions(connection):
        values = [resident_id] if column == "resident_id" else []
        gone = run(f"DELETE FROM {table} WHERE {condition}", values).fetchall()[0][0]
        if gone:
            done[table] = done.get(table, 0) + int(gone)
    _forget_head(connection, resident_id, [number for (number,) in numbers])
    run("UPDATE record_id SET record_key = 'erased:' || record_id WHERE record_id IN "
        "(SELECT record_id FROM erased)")  # fmt: skip
    if done:  # else it was done before
        run("UPDATE resident_identity SET state = 'gone' WHERE resident_id = ?", [resident_id])
        run("INSERT INTO identity_event VALUES (now(), 'gone', ?, NULL, 'erased')", [resident_id])
        if "identity_state" in _columns(connection):  # who resembled them is to be looked at anew
            run("UPDATE identity_state SET mark = 'erased ' || mark")
    run("DROP TABLE erased; DROP TABLE erased_home")
    return done


def _linked(connection: duckdb.DuckDBPyConnection) -> str:
    """The records of the resident `$id` and of their events, which older brains do not have."""
    tables = [one for one in ("resident_link", "event_link") if one in _columns(connection)]
    each = (f"SELECT record_id FROM {one} WHERE resident_id = $id" for one in tables)
    return f"({' UNION '.join(each)})"


def _conditions(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Table, column and which rows of it are the resident's."""
    ids = "(SELECT record_id FROM erased)"
    keys = "(platform, stream, record_key) IN (SELECT (platform, stream, record_key) FROM erased)"
    found = []
    for table, columns in _columns(connection).items():
        if table in IDS_ONLY:
            continue
        if "resident_id" in columns:
            found.append((table, "resident_id", "resident_id = ?"))
        if "record_id" in columns:
            found.append((table, "record_id", f"record_id IN {ids}"))
        elif {"platform", "stream", "record_key"} <= columns and "resident_id" not in columns:
            found.append((table, "record_key", keys))
        if {"a", "b"} <= columns:
            found.append((table, "a", f"a IN {ids} OR b IN {ids}"))
    return found


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, set[str]]:
    found = rows(
        connection,
        """SELECT c.table_name, list(c.column_name) AS columns FROM duckdb_columns() c
           JOIN duckdb_tables() t USING (database_name, table_name)
           WHERE database_name = 'brain' GROUP BY ALL ORDER BY ALL""",
    )
    return {row["table_name"]: set(row["columns"]) for row in found}


def _forget_head(
    connection: duckdb.DuckDBPyConnection, resident_id: str, numbers: Sequence[str]
) -> None:
    """Others' rows name the resident as head of their household."""
    for table in ("resident", "resident_past", "resident_record", "resident_record_past",
                  "household_record", "household_record_past"):  # fmt: skip
        for number in numbers:
            connection.execute(
                f"UPDATE {table} SET head_name = NULL, head_id_number = NULL "
                "WHERE head_id_number = ?", [number]
            )  # fmt: skip
    for number in numbers:
        _forget_in_extras(connection, number)
    connection.execute(
        "UPDATE household SET head_resident_id = NULL WHERE head_resident_id = ?", [resident_id]
    )
    connection.execute(
        """UPDATE household SET member_count = (SELECT count(*) FROM resident r
           WHERE r.household_id = household.household_id AND r.lives_here)
           WHERE household_id IN (SELECT household_id FROM erased_home)"""
    )


def _forget_in_extras(connection: duckdb.DuckDBPyConnection, number: str) -> None:
    """Others' rows name the resident as a parent or guardian: all that is told of that one goes."""
    for table in ("resident_record", "resident_record_past"):
        for whose in (one.removesuffix(NUMBER) for one in extras() if one.endswith(NUMBER)):
            connection.execute(
                f"""UPDATE {table}
                    SET extras = list_filter(extras, lambda x: NOT starts_with(x.item, $whose))
                    WHERE len(list_filter(
                        extras, lambda x: x.item = $item AND x.value = $number)) > 0""",
                {"whose": whose, "item": whose + NUMBER, "number": number},
            )


def kept_out(platform: str, stream: str, erased: Collection[str], secret: str) -> str:
    """SQL of `_key` that is true for the erased records of a stream; blank if there are none."""
    if not erased:
        return ""
    mark = MARK.format(literal(platform), literal(stream), "_key")
    marks = ", ".join(map(literal, sorted(erased)))
    return f"{mark.replace('$secret', literal(secret))} IN ({marks})"


def drop_erased(
    connection: duckdb.DuckDBPyConnection, platform: str, stream: str, erased: Collection[str],
    secret: str,
) -> None:  # fmt: skip
    """Turn the rows of `incoming` that were erased into deletions."""
    if not erased:
        return
    mark = MARK.format("$platform", "$stream", "record_key")
    connection.execute(
        f"UPDATE incoming SET op = 'delete' WHERE {mark} IN (SELECT unnest($erased))",
        {"secret": secret, "platform": platform, "stream": stream, "erased": list(erased)},
    )
