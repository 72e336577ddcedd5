"""Stewards' decisions as they bind: which of the brain's records each of them is about."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

Named = tuple[str, str, str]
"""A record by platform, stream and key."""


@dataclass(frozen=True)
class Binding:
    """Two records that are one person (`same`) or are not (`different`)."""

    left: Named
    right: Named
    verdict: str


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
    """Put `wanted` in the place of `binding`; records they newly speak of become `changed`."""
    run = connection.execute
    if not bindings_differ(connection, wanted):
        return
    run("""
        INSERT INTO changed
        SELECT unnest([a, b]) FROM (
            (FROM wanted_binding EXCEPT FROM binding)
            UNION ALL (FROM binding EXCEPT FROM wanted_binding))""")
    run("DELETE FROM binding")
    run("INSERT INTO binding FROM wanted_binding")


def _wanted(connection: duckdb.DuckDBPyConnection, wanted: Sequence[Binding]) -> None:
    rows = {
        f"{side}_{part}": [getattr(one, side)[nth] for one in wanted]
        for side in ("left", "right")
        for nth, part in enumerate(("platform", "stream", "key"))
    }
    rows["verdict"] = [one.verdict for one in wanted]
    schema = pa.schema([(name, pa.string()) for name in rows])
    connection.register("wanted_rows", pa.table(rows, schema=schema))
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE wanted_binding AS
        SELECT DISTINCT least(l.record_id, r.record_id) AS a, greatest(l.record_id, r.record_id)
               AS b, w.verdict
        FROM wanted_rows w
        JOIN record_id l ON l.platform = left_platform AND l.stream = left_stream
            AND l.record_key = left_key
        JOIN record_id r ON r.platform = right_platform AND r.stream = right_stream
            AND r.record_key = right_key""")
    connection.unregister("wanted_rows")
