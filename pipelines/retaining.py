"""Retention: what a platform has not said for as long as its file keeps it is let go.

Once a day at most, at the beginning of a sync: from raw and core files, and from the brain's past.
Each step can be done again, and a run that was cut short is taken up by the next sync. Core files
go before their raw file, since the raw file tells what is outdated.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from hub.platform import Platform
from hub.settings import Home
from ledger import Batch, Ledger
from ledger.audit import Audit, Event
from ledger.retention import RetentionRun, begin_retention, finish_retention, note_file, note_past
from pipelines.raw_files import files_in_core, other_than_noted
from warehouse.duck import memory
from warehouse.lock import locked
from warehouse.retention import drop_past, mark_outdated, past_outdated, write_without
from warehouse.snapshots import current_number, publish_work, reading, working
from warehouse.version import of_this_version

Tick = Callable[[str], None]
"""Told each step that is done; a test kills at each."""


@dataclass(frozen=True)
class LetGo:
    """What was let go of one platform: rows of raw, files written anew, past versions."""

    platform: str
    before: datetime
    rows: int
    files: int
    versions: int


def let_go(
    home: Home,
    ledger: Ledger,
    platforms: Mapping[str, Platform],
    now: datetime | None = None,
    tick: Tick = lambda _: None,
) -> list[LetGo]:
    """Apply the retention of every platform that has one and is due; audited where anything went.

    Raises:
        BusyError: another process pulls or writes the brain; what was begun goes on the next time.
    """
    now = now or datetime.now(UTC)
    due = [
        begin_retention(ledger, name, before, now)
        for name, platform in platforms.items()
        if platform.retention is not None
        and _anything_older(ledger, name, before := now - timedelta(days=platform.retention))
    ]
    runs = [one for one in due if one is not None]
    if not runs:
        return []
    for run in runs:
        _rewrite(home, ledger, run, tick)
    _publish_without(home, ledger, runs, tick)
    return [_finish(home, ledger, run) for run in runs]


def _anything_older(ledger: Ledger, platform: str, before: datetime) -> bool:
    return any(one.rows and one.pulled_at < before for one in ledger.batches(platform))


def _rewrite(home: Home, ledger: Ledger, run: RetentionRun, tick: Tick) -> None:
    """Write the raw and core files of a platform anew, without what is outdated."""
    found = sorted(ledger.batches(run.platform), key=lambda one: (one.stream, one.seq))
    for stream, group in groupby(found, key=lambda one: one.stream):
        with locked(home, f"pull.{run.platform}.{stream}"), memory(home) as connection:
            batches = list(group)
            files = [(home.data / one.path, one.pulled_at) for one in batches]
            outdated = mark_outdated(home, connection, files, run.before)
            for nth in outdated:
                for path in files_in_core(home, batches[nth]):
                    if write_without(home, connection, path, "row_no", nth):
                        tick(f"rewrote {path.name}")
                write_without(home, connection, files[nth][0], "_row", nth)
                tick(f"rewrote {files[nth][0].name}")
            for nth, one in enumerate(batches):
                if run.resumed or nth in outdated:
                    _note(home, ledger, run, one)


def _note(home: Home, ledger: Ledger, run: RetentionRun, batch: Batch) -> None:
    """Let the ledger know the raw file as it now is, also if a kill came between the two."""
    facts = other_than_noted(home, batch)
    if facts is not None:
        note_file(ledger, run, batch, *facts)


def _publish_without(
    home: Home, ledger: Ledger, runs: list[RetentionRun], tick: Tick
) -> None:  # fmt: skip
    """Publish the brain without the outdated past, if it holds any.

    One of older tables is left: the sync makes it anew, and the next run sees to it.
    """
    if current_number(home) is None:
        return
    with reading(home, older=True) as connection:
        if not of_this_version(connection) or not any(
            past_outdated(connection, run.platform, run.before) for run in runs
        ):
            return
    with locked(home, "brain"), working(home) as work:
        for run in runs:
            note_past(ledger, run, drop_past(work.connection, run.platform, run.before))
        work.close(anew=True)
        tick("dropped")
        publish_work(work)
    tick("published")


def _finish(home: Home, ledger: Ledger, run: RetentionRun) -> LetGo:
    """Audit what was let go, and note that the run is done."""
    done = finish_retention(ledger, run, lambda row: _audited(home, ledger, row))
    return LetGo(run.platform, run.before, done.rows, done.files, done.versions)


def _audited(home: Home, ledger: Ledger, done: RetentionRun) -> None:
    if done.rows or done.versions:
        Audit(home, ledger).record(
            Event(
                "hub", "retention", entity="platform", subject=done.platform, rows=done.rows,
                snapshot=current_number(home) or 0,
                detail={"before": done.before.date().isoformat(), "files": done.files,
                        "versions": done.versions},
            )
        )  # fmt: skip
