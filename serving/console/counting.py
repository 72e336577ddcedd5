"""Counts the overview of a new snapshot before anybody asks, so that nobody waits for it."""

from contextlib import suppress
from threading import Event, Thread

import duckdb

from hub.errors import HubError
from ledger.accounts import accounts
from serving.doors import Doors
from serving.reading.overview import counted
from warehouse.snapshots import current_number

EVERY = 2.0  # seconds between two looks whether there is a new snapshot
WIDEST = 8
"""So many accounts, those of the widest scopes: smaller ones are counted in no time."""


class Counting:
    """A thread that looks for a new snapshot, and counts."""

    def __init__(self, doors: Doors) -> None:
        """Begin."""
        self._doors, self._end = doors, Event()
        self._thread = Thread(target=self._run, name="counting", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; what is being counted is counted to its end."""
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        done: int | None = None
        while not self._end.wait(EVERY):
            with suppress(HubError, OSError, duckdb.Error):  # told to whoever opens the page
                number = current_number(self._doors.home)
                if number is not None and number != done:
                    self._count()
                    done = number

    def _count(self) -> None:
        every = [one for one in accounts(self._doors.ledger) if one.scope and not one.disabled]
        every.sort(key=lambda one: min(map(len, one.scope)))
        for account in every[:WIDEST]:
            access = self._doors.access(account)
            if self._end.is_set() or not access.may("statistics"):
                continue
            with self._doors.snapshots.brain() as brain:
                counted(brain, access)
