"""Snapshots: immutable brains, one of them current; and the work copy the next is made from."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from hub.errors import BusyError, NotFoundError
from hub.settings import Home
from warehouse.duck import attach, connect, publish
from warehouse.version import of_this_version

PACKED_EVERY = 16
"""Snapshots; in between a file has a few rows in a hundred that are deleted."""


@dataclass(frozen=True)
class Snapshot:
    """One published brain."""

    number: int
    path: Path
    published_at: datetime
    bytes: int
    current: bool


def _folder(home: Home) -> Path:
    return home.data / "snapshots"


def current_number(home: Home) -> int | None:
    """Return the number that CURRENT points to; None before the first sync."""
    try:
        return int((_folder(home) / "CURRENT").read_text(encoding="ascii"))
    except FileNotFoundError:
        return None


def snapshot_path(home: Home, number: int) -> Path:
    """Name the file of a snapshot."""
    return _folder(home) / f"{number}.duckdb"


def list_snapshots(home: Home) -> list[Snapshot]:
    """Every snapshot that is kept, oldest first."""
    current = current_number(home)
    found = []
    for path in _folder(home).glob("*.duckdb"):
        stat = path.stat()
        number = int(path.stem)
        made = datetime.fromtimestamp(stat.st_mtime, UTC)
        found.append(Snapshot(number, path, made, stat.st_size, number == current))
    return sorted(found, key=lambda one: one.number)


@contextmanager
def reading(
    home: Home, number: int | None = None, *, older: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a snapshot read-only, the current one by default.

    A reader is never blocked and blocks nobody: snapshots do not change, and one that is swept
    while it is open stays readable until it is closed.

    Args:
        home: The hub home.
        number: Which snapshot.
        older: Whether the caller knows what to do with tables of another version.

    Raises:
        NotFoundError: nothing is published yet, or that number is not kept, or its tables are
            those of another version of the hub.
    """
    connection = connect(home)
    try:
        _attach_for_reading(home, connection, number)
        if not older and not of_this_version(connection):
            raise NotFoundError(
                "the snapshot has the tables of another version",
                zh="这个快照是别的版本的程序做的，现在的程序读不了：请先运行 hub sync，"
                "它会用已有数据重新做一个，居民编码不变。",
            )
        yield connection
    finally:
        connection.close()


def _attach_for_reading(
    home: Home, connection: duckdb.DuckDBPyConnection, number: int | None
) -> None:
    for _ in range(3):  # CURRENT may move, and its old target be swept, between the two steps
        wanted = current_number(home) if number is None else number
        if wanted is None:
            raise NotFoundError(
                "no snapshot is published yet",
                zh="还没有任何数据：请先运行 hub sync 做第一次同步。",
            )
        try:
            attach(home, connection, snapshot_path(home, wanted), read_only=True)
        except duckdb.IOException:
            if snapshot_path(home, wanted).exists():
                raise
            continue
        return
    raise NotFoundError(
        f"snapshot {number} is not kept",
        zh=f"没有编号为 {number} 的快照：请用 hub snapshots 查看现有的编号。",
    )


@dataclass
class Work:
    """A private copy of the current snapshot, to which new batches are applied."""

    home: Home
    path: Path
    base: int | None
    connection: duckdb.DuckDBPyConnection
    empty: bool  # there was no snapshot, or its tables are made anew

    @property
    def number(self) -> int:
        """The number it will be published under."""
        newest = max((one.number for one in list_snapshots(self.home)), default=0)
        return newest + 1

    def close(self, *, anew: bool = False) -> None:
        """Checkpoint and close the file, so that it may be copied or read by others.

        What was deleted leaves the file for certain only if that is written `anew`. To pack its
        tables is most of a checkpoint: of few changes, it is done every so manieth time.
        """
        if anew:
            self._write_anew()
        elif self.base is not None and self.number % PACKED_EVERY:
            self.connection.execute("SET max_vacuum_tasks = 0")
        self.connection.execute("CHECKPOINT brain")
        self.connection.close()

    def _write_anew(self) -> None:
        """Let `brain` be a new file with the same tables."""
        run, path = self.connection.execute, self.path.with_suffix(".anew")
        attach(self.home, self.connection, path, read_only=False, name="anew")
        run("COPY FROM DATABASE brain TO anew; USE memory; DETACH brain; DETACH anew")
        path.replace(self.path)
        attach(self.home, self.connection, self.path, read_only=False)


@contextmanager
def working(home: Home, *, anew: bool = False) -> Iterator[Work]:
    """Give a fresh work copy; what is left of it afterwards is removed.

    Of a brain that is made `anew` the copy is empty, and the current one attached as `former`.
    """
    folder = discard_work(home)
    folder.mkdir(parents=True)
    base = current_number(home)
    path = folder / "brain.duckdb"
    if base is not None and not anew:
        shutil.copyfile(snapshot_path(home, base), path)
    connection = connect(home)
    if base is not None and not anew:  # a few rows more in each table: written once, at the end
        connection.execute("SET checkpoint_threshold = '1TB'")
    try:
        if base is not None and anew:
            former = snapshot_path(home, base)
            attach(home, connection, former, read_only=True, name="former")
        attach(home, connection, path, read_only=False)
        yield Work(home, path, base, connection, empty=base is None or anew)
    finally:
        connection.close()
        discard_work(home)


def discard_work(home: Home) -> Path:
    """Remove what a killed run left of its work copy; return the folder for the next."""
    folder = home.data / "work"
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def publish_work(work: Work) -> int:
    """Make the closed work copy the current snapshot; return its number.

    Raises:
        BusyError: CURRENT moved since the copy was made.
    """
    home, number = work.home, work.number
    if current_number(home) != work.base:
        raise BusyError(
            "CURRENT moved while the work copy was made",
            zh="同步期间当前快照被切换了（回退或另一次同步）：请再运行一次 hub sync。",
        )
    _folder(home).mkdir(parents=True, exist_ok=True)
    publish(work.path, snapshot_path(home, number))
    point_to(home, number)
    sweep(home)
    return number


def point_to(home: Home, number: int) -> None:
    """Swap CURRENT to `number`, atomically.

    Raises:
        NotFoundError: that snapshot is not kept.
    """
    if not snapshot_path(home, number).is_file():
        raise NotFoundError(
            f"snapshot {number} is not kept",
            zh=f"没有编号为 {number} 的快照：请用 hub snapshots 查看现有的编号。",
        )
    temporary = _folder(home) / "CURRENT.tmp"
    temporary.write_text(str(number), encoding="ascii")
    publish(temporary, _folder(home) / "CURRENT")


def drop_older(home: Home) -> None:
    """Keep the current snapshot only: what was erased is in the others still."""
    for one in list_snapshots(home):
        if not one.current:
            one.path.unlink(missing_ok=True)
    for path in (home.data / "doors").glob("*.*"):
        path.unlink(missing_ok=True)


def sweep(home: Home) -> None:
    """Keep the newest snapshots (retention) and always the current one."""
    kept = list_snapshots(home)[-home.settings.retention.snapshots :]
    for one in list_snapshots(home):
        if one not in kept and not one.current:
            one.path.unlink(missing_ok=True)
