"""Under which model the brain was resolved; under another, every pair is weighed anew."""

import re

import duckdb

from identity.model import Model
from identity.tables import EVIDENCE

LAYOUT = 6
"""Of the evidence, and the rules it is judged by; another number makes it anew in every home."""
MADE_ANEW = ("evidence", "block_key", "name_bucket", "crowded", "edge", "refused")


def mark_of(model: Model) -> str:
    """What a brain resolved under this (scaled) model says of itself.

    Keys are DuckDB's hashes, so its version counts too.
    """
    made = f"{model.version} 2^{model.scale} layout {LAYOUT} duckdb {duckdb.__version__}"
    return f"{made} repeating {_streams(model)}"


def resolved_so(mark: str, model: Model) -> bool:
    """Whether the mark is of this model, these rules and streams, for however many records."""
    return _unscaled(mark) == _unscaled(mark_of(model))


def _unscaled(mark: str) -> str:
    return re.sub(r" 2\^\d+ ", " ", mark, count=1)


def _streams(model: Model) -> str:
    return ",".join(sorted(map("/".join, model.repeating)))


def repeating_in(mark: str) -> frozenset[tuple[str, str]]:
    """The streams that name a person more than once, as a brain's mark says."""
    _, _, streams = mark.partition(" repeating ")
    parts = (one.partition("/") for one in streams.split(",") if one)
    return frozenset((platform, stream) for platform, _, stream in parts)


def resolved_under(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Return the mark of a brain; None if it is new, or older than marks."""
    known = connection.execute("""
        SELECT count(*) FROM duckdb_tables()
        WHERE table_name = 'identity_state' AND database_name = current_database()""").fetchall()
    if not known[0][0]:
        return None
    found = connection.execute("SELECT mark FROM identity_state").fetchall()
    return str(found[0][0]) if found else None


def begin_anew_if_other(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """If the brain has another mark, forget the evidence; all records become `changed`."""
    before = resolved_under(connection)
    if before == mark_of(model):
        return
    run = connection.execute
    if before is None:
        for statement in EVIDENCE.split(";"):
            if name := statement.partition("CREATE TABLE ")[2].split(" ")[0].split("(")[0]:
                run(f"DROP TABLE IF EXISTS {name}")
        run(EVIDENCE)
    for table in MADE_ANEW:
        run(f"DELETE FROM {table}")
    run("DELETE FROM identity_state")
    run("INSERT INTO identity_state VALUES (?)", [mark_of(model)])
    run("INSERT INTO changed SELECT record_id FROM resident_record")
