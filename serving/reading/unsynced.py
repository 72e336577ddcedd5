"""What decisions have not changed yet: numbers and lists are the snapshot's until the next sync."""

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from hub.schedule import next_run
from hub.settings import Home
from security.policy import Access
from serving.reading.settled import Settled
from serving.reading.work import residents_inside


@dataclass(frozen=True)
class Unsynced:
    """By how many residents the scope will be fewer, and when a sync is planned, if one is."""

    persons: int
    planned: datetime | None


def unsynced(
    connection: duckdb.DuckDBPyConnection, access: Access, home: Home, over: Settled
) -> Unsynced | None:
    """Say what of the scope is decided and not yet in its numbers; None if nothing is."""
    if not over.groups:
        return None
    inside = residents_inside(connection, access, set(over.groups))
    parts = [sum(one in inside for one in group) for group in set(over.groups.values())]
    persons = sum(part - 1 for part in parts if part > 1)
    if not persons:
        return None
    known = home.read_platforms()[0].values()
    planned = [(one.schedule, one.timezone) for one in known if one.schedule]
    return Unsynced(persons, next_run(planned, datetime.now(UTC)))
