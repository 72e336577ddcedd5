"""From applied batches to residents, in the order of the method."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

import duckdb

from identity.blocking import find_pairs, refresh_keys
from identity.borrowed import judge_numbers
from identity.clusters import cluster
from identity.corrections import update_corrections
from identity.crowds import refresh_crowds
from identity.decisions import Binding, apply_bindings
from identity.events import update_events
from identity.evidence import update_evidence
from identity.golden import update_golden
from identity.ids import assign_ids
from identity.model import Model, read_model
from identity.places import update_places
from identity.scoring import MAY_MEET, make_profiles, score_query
from identity.state import begin_anew_if_other
from identity.support import refresh_support


def resolve_identity(
    connection: duckdb.DuckDBPyConnection,
    key: bytes,
    now: datetime,
    model: Model | None = None,
    bindings: Sequence[Binding] = (),
) -> None:
    """Link the records that changed, and their neighbours, to residents.

    Needs the temporary table `changed(record_id)` that applying batches leaves; leaves
    `affected(resident_id)`.

    Args:
        connection: The work copy of the brain.
        key: The home's key for ids.
        now: The moment of the run.
        model: The model to weigh with; the shipped one if none is given.
        bindings: Stewards' decisions that hold.
    """
    run = connection.execute
    run("CREATE TEMP TABLE IF NOT EXISTS changed (record_id BIGINT)")
    records = run("SELECT count(*) FROM resident_record").fetchall()[0][0]
    scaled = (model or read_model()).at(records)
    begin_anew_if_other(connection, scaled)
    apply_bindings(connection, bindings)
    whole = update_evidence(connection)
    run("CREATE OR REPLACE TEMP TABLE rescore (record_id BIGINT)")
    refresh_crowds(connection, scaled.scale, whole=whole)
    judge_numbers(connection, now.date(), whole=whole)
    run("INSERT INTO rescore SELECT record_id FROM changed")
    refresh_keys(connection)
    find_pairs(connection)
    _score(connection, scaled)
    _hand_on(connection, "changed", "fresh_rows", "seed", "old_evidence", "told_otherwise")
    cluster(connection, scaled)
    _hand_on(connection, "changed", "clustered", "old_evidence", "told_otherwise")
    assign_ids(connection, key, now)
    _hand_on(connection, "changed", "affected", "old_evidence")


def _hand_on(connection: duckdb.DuckDBPyConnection, *kept: str) -> None:
    """Drop what the next step does not read: of ten million records it fills the memory."""
    tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE temporary").fetchall()
    for (table,) in tables:
        if table not in kept:
            connection.execute(f"DROP TABLE temp.{table}")


def _score(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Replace the edges of `rescore`; `seed` collects whose neighbourhood may have changed."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE seed AS
        SELECT record_id FROM rescore
        UNION SELECT b FROM edge WHERE a IN (FROM rescore)
        UNION SELECT a FROM edge WHERE b IN (FROM rescore)""")
    run("DELETE FROM edge WHERE a IN (FROM rescore) OR b IN (FROM rescore)")
    run("""
        CREATE OR REPLACE TEMP TABLE paired AS
        SELECT a AS record_id FROM pair UNION SELECT b FROM pair""")
    make_profiles(connection, model, "paired")
    run(f"""
        INSERT INTO edge
        SELECT a, b, weight, rule FROM ({score_query(model, "pair", MAY_MEET)})
        WHERE weight >= {model.least}""")


def resolve_entities(
    connection: duckdb.DuckDBPyConnection,
    key: bytes,
    owners: Mapping[str, Sequence[str]],
    now: datetime,
) -> None:
    """Make golden records, dwellings, households, grids and resident rows for `affected`.

    For everybody, where other owners decide than the last time.
    """
    rule = owners_text(owners)
    if decided_by(connection) != rule:
        connection.execute("DELETE FROM meta WHERE name = 'owners'")
        connection.execute("INSERT INTO meta VALUES ('owners', ?)", [rule])
        connection.execute("""
            INSERT INTO affected SELECT DISTINCT resident_id FROM resident_link
            WHERE resident_id NOT IN (FROM affected)""")
    refresh_support(connection)
    update_golden(connection, owners)
    update_corrections(connection, now)
    _hand_on(connection, "affected", "golden")
    update_places(connection, key, now)
    update_events(connection)


def owners_text(owners: Mapping[str, Sequence[str]]) -> str:
    """Write owners so that the same ones are the same text."""
    return json.dumps({field: list(names) for field, names in owners.items()}, sort_keys=True)


def decided_by(connection: duckdb.DuckDBPyConnection) -> str | None:
    """Give the owners by which the values shown were chosen, as JSON."""
    rows = connection.execute("SELECT value FROM meta WHERE name = 'owners'").fetchall()
    return str(rows[0][0]) if rows else None
