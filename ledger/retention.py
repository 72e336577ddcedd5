"""Retention runs: what of a platform's past was let go, when, and how much of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ledger.door_tables import RetentionRow
from ledger.ledger import Batch, Ledger
from ledger.tables import BatchRow

OFTEN = timedelta(hours=20)
"""From one run to the next: a sync at the same hour every day runs it."""


@dataclass(frozen=True)
class RetentionRun:
    """One run of one platform; what ended `before` goes. The counts are those so far."""

    number: int
    platform: str
    before: datetime
    resumed: bool
    rows: int = 0
    files: int = 0
    versions: int = 0


def begin_retention(
    ledger: Ledger, platform: str, before: datetime, now: datetime
) -> RetentionRun | None:
    """Begin a run, or take up the one that was cut short; None if one began within a day."""
    newest = sa.select(RetentionRow).where(RetentionRow.platform == platform)
    with Session(ledger.engine) as session, session.begin():
        row = session.scalars(newest.order_by(RetentionRow.run_id.desc())).first()
        if row is not None and row.finished_at is None:
            return _run(row, resumed=True)
        if row is not None and now - row.began_at < OFTEN:
            return None
        row = RetentionRow(
            platform=platform, began_at=now, before=before,
            rows=0, files=0, versions=0,
        )  # fmt: skip
        session.add(row)
        session.flush()
        return _run(row, resumed=False)


def note_file(ledger: Ledger, run: RetentionRun, batch: Batch, rows: int, sha256: str) -> None:
    """Note a raw file as it now is, and count what went with it, in one transaction."""
    with Session(ledger.engine) as session, session.begin():
        held = session.get_one(BatchRow, batch.seq)
        row = session.get_one(RetentionRow, run.number)
        row.rows, row.files = row.rows + held.rows - rows, row.files + 1
        held.rows, held.sha256 = rows, sha256


def note_past(ledger: Ledger, run: RetentionRun, versions: int) -> None:
    """Count the past versions that are about to go; done again it is the same number, or none."""
    if versions:
        with Session(ledger.engine) as session, session.begin():
            session.get_one(RetentionRow, run.number).versions = versions


def finish_retention(
    ledger: Ledger, run: RetentionRun, tell: Callable[[RetentionRun], None]
) -> RetentionRun:
    """Tell of what the run did, then note that it is done; a kill between tells of it twice."""
    with Session(ledger.engine) as session:
        done = _run(session.get_one(RetentionRow, run.number), resumed=run.resumed)
    tell(done)
    with Session(ledger.engine) as session, session.begin():
        session.get_one(RetentionRow, run.number).finished_at = datetime.now(UTC)
    return done


def _run(row: RetentionRow, *, resumed: bool) -> RetentionRun:
    return RetentionRun(
        row.run_id, row.platform, row.before, resumed, row.rows, row.files, row.versions
    )
