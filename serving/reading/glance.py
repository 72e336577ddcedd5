"""A quick look at the SQLite ledger, without SQLAlchemy: how the streams were last pulled.

`hub status` is asked all day and must answer at once; importing SQLAlchemy alone takes longer than
its whole answer. Read only; a test holds it equal to what `Ledger` says.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

NEWS = timedelta(days=7)
"""A change of a source is shown for so long."""


@dataclass(frozen=True)
class LastPull:
    """How one stream was last pulled, and when that last went well. Times are UTC."""

    platform: str
    stream: str
    status: str  # open, complete, held, failed
    started_at: datetime
    completed_at: datetime | None
    error: str | None  # for the officer, in Chinese
    arrived_at: datetime | None = None  # when anything new last came
    changes: tuple[str, ...] = ()  # what the source changed in the last days, for the officer
    waits: bool = False  # rows that came wait in raw until an officer has decided


@dataclass(frozen=True)
class LastRun:
    """The newest sync; `running` may also be one that was killed."""

    run_id: int
    status: str
    started_at: datetime
    finished_at: datetime | None


def glance(path: Path) -> tuple[list[LastPull], LastRun | None]:
    """Return the newest pull of every stream, and the newest run; nothing before the first."""
    if not path.is_file():
        return [], None
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as ledger:
        known = {row[0] for row in ledger.execute("SELECT name FROM sqlite_master")}
        if not {"pull", "run"} <= known:
            return [], None
        if "change" not in known:
            return [], None  # of an older version; the next sync brings it up to date
        pulls = ledger.execute("""
            SELECT p.platform, p.stream, p.status, p.started_at, well.at, p.error, came.at
            FROM pull p LEFT JOIN (
                SELECT platform, stream, max(finished_at) AS at FROM pull
                WHERE status = 'complete' AND kind = 'sync' GROUP BY platform, stream) well
            ON well.platform = p.platform AND well.stream = p.stream
            LEFT JOIN (
                SELECT platform, stream, max(committed_at) AS at FROM batch
                GROUP BY platform, stream) came
            ON came.platform = p.platform AND came.stream = p.stream
            WHERE p.pull_id IN (
                SELECT max(pull_id) FROM pull WHERE kind = 'sync' GROUP BY platform, stream)
            ORDER BY p.platform, p.stream""").fetchall()
        changed: dict[tuple[str, str], list[str]] = {}
        since = (datetime.now(UTC) - NEWS).replace(tzinfo=None).isoformat(" ")
        waiting: set[tuple[str, str]] = set()
        for platform, stream, kind, status, sentences in ledger.execute(
            "SELECT platform, stream, kind, status, sentences FROM change "
            "WHERE found_at >= ? OR status = 'stopped' ORDER BY change_id",
            [since],
        ):
            if (kind, status) == ("codes", "stopped"):
                waiting.add((platform, stream))
            changed.setdefault((platform, stream), []).extend(json.loads(sentences))
        run = ledger.execute("""
            SELECT run_id, status, started_at, finished_at FROM run
            ORDER BY run_id DESC LIMIT 1""").fetchone()
    found = [
        LastPull(
            platform, stream, status, _utc(started), _maybe(done), error, _maybe(came),
            tuple(dict.fromkeys(changed.get((platform, stream), ()))),
            (platform, stream) in waiting,
        )
        for platform, stream, status, started, done, error, came in pulls
    ]  # fmt: skip
    if run is None:
        return found, None
    return found, LastRun(run[0], run[1], _utc(run[2]), _maybe(run[3]))


def _maybe(text: str | None) -> datetime | None:
    return _utc(text) if text else None


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
