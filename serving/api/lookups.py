"""The snapshot that the API answers from: looked up by key; a new one is made ready beside it."""

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Lock

import duckdb

from hub.errors import NotFoundError
from hub.settings import Home
from warehouse.doors import open_doors
from warehouse.snapshots import current_number

LOGGER = logging.getLogger(__name__)
Opened = tuple[duckdb.DuckDBPyConnection, int]


class Lookups:
    """One open snapshot a process; requests take a cursor each and never wait for a sync."""

    def __init__(self, home: Home) -> None:
        """Open nothing yet."""
        self._home, self._lock = home, Lock()
        self._now: Opened | None = None
        self._idle: list[duckdb.DuckDBPyConnection] = []  # cursors on `_now`, to be used again
        self._next: Future[Opened] | None = None
        self._making = ThreadPoolExecutor(1, "lookups")

    @contextmanager
    def cursor(self) -> Iterator[Opened]:
        """A cursor and the number of its snapshot.

        Raises:
            NotFoundError: nothing is published yet.
        """
        with self._lock:
            connection, number = self._current()
            cursor = self._idle.pop() if self._idle else None
        if cursor is None:
            cursor = connection.cursor()
            cursor.execute("USE brain")
        try:
            yield cursor, number
        finally:
            with self._lock:
                kept = self._now is not None and self._now[1] == number
                if kept:
                    self._idle.append(cursor)
            if not kept:
                cursor.close()

    def prepare(self) -> None:
        """Open the snapshot before the first request asks; nothing if none is published yet."""
        with suppress(NotFoundError), self._lock:
            self._current()

    def _current(self) -> Opened:
        number = current_number(self._home)
        if number is None:
            raise NotFoundError(
                "no snapshot is published yet", zh="还没有任何数据：请先运行 hub sync。"
            )
        if self._now is None:
            self._now = _opened(self._home, number)
        elif self._now[1] != number:
            self._move(number)
        return self._now

    def _move(self, number: int) -> None:
        """Take the next one if it is ready; begin to make it if nobody does."""
        if self._next is None:
            self._next = self._making.submit(_opened, self._home, number)
        elif self._next.done():
            made, self._next = self._next, None
            if made.exception() is None:  # else tried again by the next request
                self._now, self._idle = made.result(), []
            else:
                LOGGER.warning("snapshot %s: %s", number, type(made.exception()).__name__)

    def close(self) -> None:
        """Let go of the snapshot."""
        self._making.shutdown(wait=True)
        with self._lock:
            if self._now is not None:
                self._now[0].close()
            self._now, self._idle = None, []


def _opened(home: Home, number: int) -> Opened:
    connection = open_doors(home, number)
    connection.execute("SET threads = 1")  # requests share the cores, not the parts of one
    return connection, number
