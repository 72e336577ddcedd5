"""From core batches to a published snapshot: apply, resolve, judge, publish. The only writer."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from time import perf_counter
from zoneinfo import ZoneInfo

import polars as pl

from hub.errors import ConfigError, GateError
from hub.platform import Platform
from hub.settings import Home
from identity.resolve import resolve_entities, resolve_identity
from identity.tables import create_tables
from ledger import Ledger
from pipelines.deciding import Told, told_now, told_otherwise
from pipelines.retired import Streams, left_behind, retired
from pipelines.standardise import ready_batches
from reports.labels import label_rules
from schemas.entities import MODELS, core_schema
from security.keys import read_keys
from warehouse.brain import (
    Standardised,
    applied,
    apply_batches,
    carry_over,
    create_brain,
    retire_streams,
)
from warehouse.gate_page import write_gate_page
from warehouse.gates import GateProcess, GateReport
from warehouse.labels import LabelRule, labels_differ, update_labels
from warehouse.lock import locked
from warehouse.snapshots import (
    Work,
    current_number,
    discard_work,
    publish_work,
    reading,
    snapshot_path,
    working,
)
from warehouse.version import of_this_version

ZONE = ZoneInfo("Asia/Shanghai")
"""Whose day a birthday falls on."""


@dataclass
class Publication:
    """What one update of the brain did."""

    number: int | None = None  # None: nothing new, nothing published
    batches: int = 0
    gates: GateReport | None = None
    steps: dict[str, float] = field(default_factory=dict)  # seconds
    facts: dict[str, dict[str, int]] = field(default_factory=dict)


def waiting_batches(
    home: Home, ledger: Ledger, platforms: dict[str, Platform]
) -> list[list[Standardised]]:
    """Batches that are not in the current snapshot, a list a stream.

    All of them, if its tables are those of another version.
    """
    known: dict[str, str] = {}
    if current_number(home) is not None and _up_to_date(home):
        with reading(home, older=True) as connection:
            known = applied(connection)
    waiting = []
    for platform in platforms.values():
        for stream in platform.streams:
            try:
                waiting.append(ready_batches(home, ledger, platform, stream, known))
            except ConfigError:
                continue  # its mapping is wrong: said where the stream was standardised
    return [one for one in waiting if one]


def _up_to_date(home: Home) -> bool:
    """Whether the current snapshot, if there is one, has the tables that this code knows."""
    if current_number(home) is None:
        return True
    with reading(home, older=True) as connection:
        return of_this_version(connection)


def update_brain(
    home: Home,
    ledger: Ledger,
    platforms: dict[str, Platform],
    gates: GateProcess,
    accept_drop: tuple[str, ...] = (),
) -> Publication:
    """Publish a snapshot that holds every core batch; nothing if there is nothing new.

    Raises:
        GateError: the work copy failed its gates; the last snapshot stays.
        BusyError: another process is writing.
    """
    done = Publication()
    with locked(home, "brain"):
        gone = retired(home, left_behind(home, platforms)) if home.settings.retired else {}
        waiting = waiting_batches(home, ledger, platforms)
        told = told_now(home, ledger, platforms)
        done.batches = sum(map(len, waiting))
        rules, day = label_rules(home), datetime.now(ZONE).date()
        same = not told_otherwise(home, told) and not _labels_differ(home, rules, day)
        if not waiting and not gone and same:
            discard_work(home)
            return done
        gates.start()
        with working(home, anew=not _up_to_date(home)) as work:
            _apply_and_resolve(home, work, waiting, told, done, gone)
            _label(work, rules, day, done)
            with _timed(done, "gates"):
                accepted = (*accept_drop, *(platform for platform, _ in gone))
                request = _gate_request(home, work, platforms, accepted)
                done.gates = gates.judge(request)
                number = work.number if done.gates.passed else None
                page = write_gate_page(home, done.gates, number)
            if not done.gates.passed:
                raise GateError(
                    "gates failed: " + ", ".join(r.suite for r in done.gates.failed),
                    zh=f"{done.gates.sentence} 本次没有发布，仍使用上一个快照；详见 {page}。",
                )
            with _timed(done, "publish"):
                done.number = publish_work(work)
    return done


def _apply_and_resolve(
    home: Home,
    work: Work,
    waiting: list[list[Standardised]],
    told: Told,
    done: Publication,
    gone: Streams,
) -> None:
    now, key = datetime.now(UTC), read_keys(home.secrets, encryption=False).identity
    connection = work.connection
    if work.empty:
        create_brain(connection, {e: pl.DataFrame(schema=core_schema(e)) for e in MODELS})
        create_tables(connection)
        if work.base is not None:
            carry_over(connection)
    with _timed(done, "apply"):
        retire_streams(connection, gone, now)
        for batches in waiting:
            apply_batches(home, connection, batches, now, told.erased)
    with _timed(done, "identity"):
        resolve_identity(connection, key, now, told.model, told.bindings)
    with _timed(done, "entities"):
        resolve_entities(connection, key, told.owners, now)


def _labels_differ(home: Home, rules: Sequence[LabelRule], day: date) -> bool:
    """Whether the current snapshot, if there is one, has other labels than hold on the day."""
    if current_number(home) is None:
        return False
    if not _up_to_date(home):
        return True
    with reading(home, older=True) as connection:
        return labels_differ(connection, rules, day)


def _label(work: Work, rules: Sequence[LabelRule], day: date, done: Publication) -> None:
    """Compute the labels that follow from data; then close the work copy."""
    with _timed(done, "labels"):
        update_labels(work.connection, rules, day)
    with _timed(done, "checkpoint"):
        done.facts = _facts(work)
        work.close()


def _facts(work: Work) -> dict[str, dict[str, int]]:
    """Row counts for the run's metadata."""
    tables = {
        "identity": ("resident_link", "ambiguous", "identity_event"),
        "entities": ("resident", "household", "dwelling", "grid", "resident_label"),
        "labels": ("computed_label",),
    }
    return {
        asset: {
            table: work.connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
            for table in names
        }
        for asset, names in tables.items()
    }


def _gate_request(
    home: Home, work: Work, platforms: dict[str, Platform], accept_drop: tuple[str, ...]
) -> dict[str, object]:
    return {
        "home": str(home.root),
        "path": str(work.path),
        "base_path": None if work.base is None else str(snapshot_path(home, work.base)),
        "allow_drop": {
            name: {stream: one.allow_drop for stream, one in platform.streams.items()}
            for name, platform in platforms.items()
        },
        "residents_drop": home.settings.gates.residents_drop,
        "accept_drop": list(accept_drop),
    }


@contextmanager
def _timed(done: Publication, step: str) -> Iterator[None]:
    started = perf_counter()
    yield
    done.steps[step] = perf_counter() - started
