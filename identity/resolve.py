"""From applied batches to residents, in the order of the method."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import duckdb

from identity.clusters import cluster
from identity.evidence import update_evidence
from identity.golden import update_golden
from identity.ids import assign_ids
from identity.places import update_places


def resolve_identity(connection: duckdb.DuckDBPyConnection, key: bytes, now: datetime) -> None:
    """Link the records that changed, and their neighbours, to residents.

    Needs the temporary table `changed(record_id)` that applying batches leaves; leaves
    `affected(resident_id)`.
    """
    connection.execute("CREATE TEMP TABLE IF NOT EXISTS changed (record_id BIGINT)")
    update_evidence(connection)
    cluster(connection)
    assign_ids(connection, key, now)


def resolve_entities(
    connection: duckdb.DuckDBPyConnection,
    key: bytes,
    owners: Mapping[str, Sequence[str]],
    now: datetime,
) -> None:
    """Make golden records, dwellings, households, grids and resident rows for `affected`."""
    update_golden(connection, owners)
    update_places(connection, key, now)
