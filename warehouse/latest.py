"""The raw row behind a record as it now is, found by its hash."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from hub.settings import Home
from warehouse.duck import literal, parquet

Cells = dict[str, str | None]


@dataclass(frozen=True)
class RawRow:
    """One row of raw: the record it is of, and its cells."""

    key: str
    row_hash: str
    cells: Cells


def latest_rows(
    home: Home, connection: duckdb.DuckDBPyConnection, stored: Sequence[Path], hashes: Sequence[str]
) -> dict[str, RawRow | None]:
    """The raw rows of these hashes, where they are still what the platform says.

    Args:
        home: The hub home.
        connection: A scratch connection of it.
        stored: Every committed raw file of the stream, oldest first.
        hashes: `row_hash` of the rows wanted.

    Returns:
        Hash → its row; None where the record has another row by now, or is gone. A hash that was
        never stored is not in it.
    """
    if not stored or not hashes:
        return {}
    order = ", ".join(f"({literal(path)}, {i})" for i, path in enumerate(stored))
    wanted = ", ".join(map(literal, hashes))
    found = connection.execute(f"""
        WITH all_rows AS (
            SELECT _key, _hash, _op, _row, i FROM {parquet(home, stored, filename=True)}
            JOIN (VALUES {order}) AS o(filename, i) USING (filename)),
        asked AS (SELECT DISTINCT _key, _hash FROM all_rows WHERE _hash IN ({wanted})),
        newest AS (
            SELECT * FROM all_rows SEMI JOIN asked USING (_key)
            WHERE _op IN ('upsert', 'delete')
            QUALIFY row_number() OVER (PARTITION BY _key ORDER BY i DESC, _row DESC) = 1)
        SELECT a._key, a._hash, n._op, n._hash, n.i, n._row
        FROM asked a LEFT JOIN newest n USING (_key)""").fetchall()
    made: dict[str, RawRow | None] = {}
    for key, row_hash, op, newest_hash, file, row in found:
        made[row_hash] = None
        if newest_hash == row_hash and op == "upsert":
            cells = _cells(home, connection, stored[file], row)
            made[row_hash] = RawRow(key, row_hash, cells)
    return made


def overtaken(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    stored: Sequence[Path],
    corrected: Collection[Path],
) -> list[tuple[RawRow, Cells, Cells]]:
    """Corrected rows behind which the platform's own came again, read from other columns.

    Args:
        home: The hub home.
        connection: A scratch connection of it.
        stored: Every committed raw file of the stream, oldest first.
        corrected: Those of them that hold corrections.

    Returns:
        The row as it now is, what the platform said when it was corrected, and the correction.
    """
    order = ", ".join(
        f"({literal(path)}, {i}, {str(path in corrected).lower()})" for i, path in enumerate(stored)
    )
    found = connection.execute(f"""
        WITH all_rows AS (
            SELECT _key, _hash, _op, _row, i, given FROM {parquet(home, stored, filename=True)}
            JOIN (VALUES {order}) AS o(filename, i, given) USING (filename)
            WHERE _op IN ('upsert', 'delete')),
        given AS (
            SELECT * FROM all_rows WHERE given
            QUALIFY row_number() OVER (PARTITION BY _key ORDER BY i DESC, _row DESC) = 1),
        own AS (
            SELECT * FROM all_rows SEMI JOIN given USING (_key, _hash) WHERE NOT given
            QUALIFY row_number() OVER (PARTITION BY _key ORDER BY i DESC, _row DESC) = 1),
        newest AS (
            SELECT * FROM all_rows SEMI JOIN given USING (_key)
            QUALIFY row_number() OVER (PARTITION BY _key ORDER BY i DESC, _row DESC) = 1)
        SELECT _key, n._hash, n.i, n._row, o.i, o._row, g.i, g._row
        FROM given g JOIN own o USING (_key) JOIN newest n USING (_key)
        WHERE n.i > g.i AND n._op = 'upsert' AND n._hash <> g._hash""").fetchall()
    made = []
    for key, row_hash, *places in found:
        now, own, given = (
            _cells(home, connection, stored[file], row)
            for file, row in zip(places[::2], places[1::2], strict=True)
        )
        if now.keys() != own.keys():
            made.append((RawRow(key, row_hash, now), own, given))
    return made


def origins(
    home: Home, connection: duckdb.DuckDBPyConnection, stored: Sequence[Path], hashes: Sequence[str]
) -> dict[str, str]:
    """Hash → where the row stood when it was last read: `名册.xlsx#低保!12`; of files only."""
    made: dict[str, str] = {}
    connection.register("asked", pa.table({"_hash": pa.array(hashes, pa.string())}))
    for path in reversed(stored):
        rows = connection.sql(f"SELECT * FROM {parquet(home, [path])}")
        if "_origin" not in rows.columns:  # what is gone came from nowhere
            continue
        found = connection.execute(f"""
            SELECT _hash, any_value(_origin) FROM {parquet(home, [path])} SEMI JOIN asked
            USING (_hash) GROUP BY _hash""").fetchall()
        made |= {row_hash: origin for row_hash, origin in found if origin} | made
    connection.unregister("asked")
    return made


def _cells(home: Home, connection: duckdb.DuckDBPyConnection, path: Path, number: int) -> Cells:
    cursor = connection.execute(f"SELECT * FROM {parquet(home, [path])} WHERE _row = {number}")
    names = [column[0] for column in cursor.description or ()]
    (row,) = cursor.fetchall()
    return {n: v for n, v in zip(names, row, strict=True) if not n.startswith("_")}
