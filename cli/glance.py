"""A quick look at the SQLite ledger, without SQLAlchemy: how the streams were last pulled.

`hub status` is asked all day and must answer at once; importing SQLAlchemy alone takes longer than
its whole answer. Read only; a test holds it equal to what `Ledger` says.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class LastPull:
    """How one stream was last pulled, and when that last went well. Times are UTC."""

    platform: str
    stream: str
    status: str  # open, complete, held, failed
    started_at: datetime
    completed_at: datetime | None
    error: str | None  # for the officer, in Chinese


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
        pulls = ledger.execute("""
            SELECT p.platform, p.stream, p.status, p.started_at, well.at, p.error
            FROM pull p LEFT JOIN (
                SELECT platform, stream, max(finished_at) AS at FROM pull
                WHERE status = 'complete' GROUP BY platform, stream) well
            ON well.platform = p.platform AND well.stream = p.stream
            WHERE p.pull_id IN (SELECT max(pull_id) FROM pull GROUP BY platform, stream)
            ORDER BY p.platform, p.stream""").fetchall()
        run = ledger.execute("""
            SELECT run_id, status, started_at, finished_at FROM run
            ORDER BY run_id DESC LIMIT 1""").fetchone()
    found = [
        LastPull(platform, stream, status, _utc(started), _utc(done) if done else None, error)
        for platform, stream, status, started, done, error in pulls
    ]
    if run is None:
        return found, None
    ended = _utc(run[3]) if run[3] else None
    return found, LastRun(run[0], run[1], _utc(run[2]), ended)


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
