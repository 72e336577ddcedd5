"""The snapshot that the API answers from: looked up by key; a new one is made ready beside it."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic

import duckdb

from hub.errors import NotFoundError
from hub.settings import Home
from warehouse.doors import Cards, prepare
from warehouse.duck import attach, connect
from warehouse.snapshots import current_number, snapshot_path

LOGGER = logging.getLogger(__name__)
AGAIN = 10.0  # seconds until one that could not be made is tried again


@dataclass(frozen=True)
class Opened:
    """One snapshot, open: its tables, and its look-up file."""

    number: int
    connection: duckdb.DuckDBPyConnection
    cards: Cards
    idle: list[duckdb.DuckDBPyConnection] = field(default_factory=list)
    """Cursors to be used again."""


class Lookups:
    """One open snapshot a process; requests never wait for a sync."""

    def __init__(self, home: Home) -> None:
        """Open nothing yet."""
        self._home, self._lock = home, Lock()
        self._now: Opened | None = None
        self._pointer = str(home.data / "snapshots" / "CURRENT")
        self._pointed: tuple[tuple[int, int], int | None] = ((0, 0), None)
        self._next: Future[Opened] | None = None
        self._not_before = 0.0
        self._making = ThreadPoolExecutor(1, "lookups")

    @contextmanager
    def cursor(self) -> Iterator[tuple[duckdb.DuckDBPyConnection, int]]:
        """A cursor and the number of its snapshot.

        Raises:
            NotFoundError: nothing is published yet.
        """
        with self._lock:
            now = self._current()
            cursor = now.idle.pop() if now.idle else None
        if cursor is None:
            cursor = now.connection.cursor()
            cursor.execute("USE brain")
        try:
            yield cursor, now.number
        finally:
            with self._lock:
                kept = self._now is now
                if kept:
                    now.idle.append(cursor)
            if not kept:
                cursor.close()

    def cards(self) -> tuple[Cards, int]:
        """The look-up file and the number of its snapshot.

        Raises:
            NotFoundError: nothing is published yet.
        """
        with self._lock:
            now = self._current()
            return now.cards, now.number

    @property
    def number(self) -> int | None:
        """The number of the snapshot that is open; None before anybody asked."""
        now = self._now
        return now.number if now else None

    def prepare(self) -> None:
        """Open the snapshot before the first request asks; nothing if none is published yet."""
        with suppress(NotFoundError), self._lock:
            self._current()

    def _current(self) -> Opened:
        number = self._published()
        if number is None:
            raise NotFoundError(
                "no snapshot is published yet", zh="还没有任何数据：请先运行 hub sync。"
            )
        if self._now is None:
            prepare(self._home, number)
            self._now = _opened(self._home, number)
        elif self._now.number != number:
            self._now = self._moved(self._now, number)
        return self._now

    def _published(self) -> int | None:
        """The number that CURRENT names; it is read again only once another file took its place."""
        try:
            told = os.stat(self._pointer)  # noqa: PTH116 (each request does: a Path costs ten times)
        except FileNotFoundError:
            return None
        mark = (told.st_ino, told.st_mtime_ns)
        if mark != self._pointed[0]:
            self._pointed = mark, current_number(self._home)
        return self._pointed[1]

    def _moved(self, now: Opened, number: int) -> Opened:
        """The next one if it is ready, else the one at hand; begin to make it if nobody does."""
        if self._next is None:
            if monotonic() >= self._not_before:
                self._next = self._making.submit(_made, self._home, number)
        elif self._next.done():
            made, self._next = self._next, None
            if made.exception() is None:
                return made.result()
            self._not_before = monotonic() + AGAIN
            LOGGER.warning("snapshot %s: %s", number, type(made.exception()).__name__)
        return now

    def close(self) -> None:
        """Let go of the snapshot."""
        self._making.shutdown(wait=True)
        with self._lock:
            if self._now is not None:
                self._now.connection.close()
                self._now.cards.close()
            self._now = None


def _made(home: Home, number: int) -> Opened:
    """Make the look-up file in a process of its own, which takes no time from requests."""
    command = [sys.executable, "-P", "-m", "warehouse.doors", str(home.root), str(number)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return _opened(home, number)


def _opened(home: Home, number: int) -> Opened:
    connection = connect(home)
    try:
        attach(home, connection, snapshot_path(home, number), read_only=True)
        connection.execute("SET threads = 1")  # requests share the cores, not the parts of one
        return Opened(number, connection, Cards(home, number))
    except BaseException:
        connection.close()
        raise
