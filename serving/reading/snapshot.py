"""The published snapshot, kept open between requests; a new one is moved to as it appears."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

import duckdb

from hub.errors import NotFoundError
from hub.settings import Home
from warehouse.snapshots import current_number, reading

MOST = 100
"""Scopes whose numbers are kept."""
T = TypeVar("T")


@dataclass(frozen=True)
class Brain:
    """One cursor on one snapshot, for one request."""

    connection: duckdb.DuckDBPyConnection
    number: int
    counted: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    def once(self, key: Hashable, count: Callable[[], T]) -> T:
        """What was counted of this snapshot before under the same key; else it is counted now.

        `key` must name all that the numbers depend on, the scope first of all.
        """
        if key not in self.counted:
            if len(self.counted) >= MOST:
                self.counted.clear()
            self.counted[key] = count()
        found: T = self.counted[key]
        return found


class Snapshots:
    """Opening a snapshot costs tens of milliseconds, a cursor on an open one less than one."""

    def __init__(self, home: Home) -> None:
        """Open nothing yet."""
        self._home = home
        self._lock = Lock()
        self._opened = ExitStack()
        self._number: int | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._counted: dict[Hashable, Any] = {}

    @contextmanager
    def brain(self) -> Iterator[Brain]:
        """Give a cursor on the current snapshot.

        Raises:
            NotFoundError: nothing is published yet.
        """
        with self._lock:
            connection, number = self._current()
            counted = self._counted
            cursor = connection.cursor()
        try:
            cursor.execute("USE brain")
            cursor.execute("SET TimeZone = 'UTC'")
            yield Brain(cursor, number, counted)
        finally:
            cursor.close()

    def close(self) -> None:
        """Let go of the snapshot."""
        with self._lock:
            self._opened.close()
            self._connection, self._number = None, None

    def _current(self) -> tuple[duckdb.DuckDBPyConnection, int]:
        number = current_number(self._home)
        if self._connection is not None and number == self._number:
            return self._connection, number or 0
        opened = ExitStack()
        self._connection = opened.enter_context(reading(self._home, number))
        self._opened.close()  # cursors on the former one go on until they are closed
        self._opened, self._number, self._counted = opened, number, {}
        if number is None:  # `reading` has refused it already
            raise NotFoundError("no snapshot is published yet", zh="还没有任何数据。")
        return self._connection, number
