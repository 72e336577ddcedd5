"""The steps of a sync one by one, without the whole: pull, standardise, and a plain snapshot.

A snapshot here holds the records as they were applied, without identity and without gates.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from hub.errors import HubError
from hub.settings import Home
from ledger import Ledger, Pull, open_ledger
from pipelines.pull import pull_stream
from pipelines.standardise import CoreCounts, ready_batches, standardise_stream
from schemas.entities import MODELS, core_schema
from warehouse.brain import applied, apply_batches, create_brain
from warehouse.snapshots import current_number, publish_work, reading, working


@dataclass
class Steps:
    """One home, pulled and standardised stream by stream."""

    home: Home

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.home.data / "ledger.sqlite")

    def pull(self, platform: str, stream: str, **how: bool) -> Pull:
        with_ledger = self.ledger
        try:
            one = self.home.platforms()[platform]
            return pull_stream(self.home, with_ledger, one, stream, _quiet, **how)
        finally:
            with_ledger.close()

    def standardise(self, platform: str, stream: str) -> CoreCounts:
        with_ledger = self.ledger
        try:
            one = self.home.platforms()[platform]
            return standardise_stream(self.home, with_ledger, one, stream, _quiet)
        finally:
            with_ledger.close()

    def both(self, platform: str, stream: str) -> tuple[Pull, CoreCounts]:
        return self.pull(platform, stream), self.standardise(platform, stream)

    def refused(self, platform: str, stream: str) -> str:
        """What the officer is told, whichever step refuses."""
        try:
            self.both(platform, stream)
        except HubError as error:
            return error.zh
        raise AssertionError("nothing was refused")

    def notes(self, platform: str, stream: str) -> list[str]:
        with_ledger = self.ledger
        row = with_ledger.last_pulls()[platform, stream]
        with_ledger.close()
        return list(row.notes)

    def publish(self) -> None:
        """Apply what is in core and not in the snapshot, and publish it."""
        book, known = self.ledger, {}
        if current_number(self.home) is not None:
            with reading(self.home) as connection:
                known = applied(connection)
        with working(self.home) as work:
            if work.base is None:
                empty = {entity: pl.DataFrame(schema=core_schema(entity)) for entity in MODELS}
                create_brain(work.connection, empty)  # type: ignore[arg-type]  # entities are texts
            for platform in self.home.platforms().values():
                for stream in platform.streams:
                    if ready := ready_batches(self.home, book, platform, stream, known):
                        apply_batches(self.home, work.connection, ready, datetime.now(UTC))
            work.close()
            publish_work(work)
        book.close()

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with reading(self.home) as connection:
            return connection.execute(sql).fetchall()

    def edit(self, platform: str, old: str, new: str) -> None:
        """Change a platform file."""
        path = Path(self.home.root / "platforms" / f"{platform}.yaml")
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def _quiet(_place: str, _rows: int) -> None:
    """Nobody watches."""
