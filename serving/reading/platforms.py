"""平台: how fresh each platform is, what its last pull brought, what its source changed."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

from hub.settings import Home
from ledger import Ledger
from security.policy import Access
from serving.reading.freshness import WORDS, freshness
from serving.reading.glance import LastRun, glance
from warehouse.answers import stream_counts

Row = dict[str, Any]


@dataclass(frozen=True)
class Stream:
    """One stream: what the brain holds of it, and its last pull."""

    name: str
    entity: str
    records: int
    issues: int
    quarantined: int
    read: int | None
    stored: int | None
    gone: int | None
    status: str
    at: datetime | None


@dataclass(frozen=True)
class PlatformState:
    """One platform as the page shows it; `state` is a key of freshness.WORDS."""

    name: str
    title: str
    department: str
    schedule: str | None
    retention: int | None  # days
    state: str
    word: str
    last_sync: datetime | None
    message: str | None
    changes: list[str]
    records: int
    issues: int
    quarantined: int
    streams: list[Stream] = field(default_factory=list)


@dataclass(frozen=True)
class States:
    """Every platform, the newest sync, and what is wrong with platform files."""

    platforms: list[PlatformState]
    run: LastRun | None
    wrong: list[str]


def states(
    home: Home, ledger: Ledger, access: Access, connection: duckdb.DuckDBPyConnection | None
) -> States:
    """Judge every platform; without a snapshot (`connection` None) all counts are 0.

    Raises:
        NotAllowedError: the role has no business with platforms.
    """
    access.require("platforms")
    return read_states(home, ledger, connection)


def read_states(home: Home, ledger: Ledger, connection: duckdb.DuckDBPyConnection | None) -> States:
    """The same for whoever may see freshness only, as the overview does."""
    known, wrong = home.read_platforms()
    pulls, run = glance(home.data / "ledger.sqlite")
    last = {(one.platform, one.stream): one for one in pulls}
    rows_of = ledger.last_pulls()
    counts = (
        {(one.platform, one.stream): one for one in stream_counts(connection)} if connection else {}
    )
    found = []
    for name, platform in known.items():
        state = freshness(platform, last, running=run is not None and run.status == "running")
        streams = [
            _stream(counts.get((name, stream)), rows_of.get((name, stream)), stream, one.entity)
            for stream, one in platform.streams.items()
        ]
        changes = [f"{p.stream}：{line}" for p in pulls if p.platform == name for line in p.changes]
        found.append(
            PlatformState(
                name, platform.title, platform.owner.department, platform.schedule,
                platform.retention, state.state,
                WORDS[state.state], state.last_sync, state.message, changes,
                sum(s.records for s in streams), sum(s.issues for s in streams),
                sum(s.quarantined for s in streams), streams,
            )
        )  # fmt: skip
    return States(found, run, [one.zh for one in wrong])


def _stream(count: Any, pull: Any, name: str, entity: str) -> Stream:  # noqa: ANN401 (may be None)
    return Stream(
        name, entity,
        count.records if count else 0, count.issues if count else 0,
        count.quarantined if count else 0,
        pull.rows_read if pull else None, pull.rows_stored if pull else None,
        pull.rows_gone if pull else None,
        pull.status if pull else "never", pull.started_at if pull else None,
    )  # fmt: skip
