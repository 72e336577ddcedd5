"""A raw batch: a file written whole, and what the ledger is told of it in the transaction."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa

from hub.settings import Home
from ledger import Batch, Ledger, Pull
from warehouse.duck import memory, parquet, write_parquet

Made = dict[str, object]
"""A raw file: `batch_id`, `path` below the data folder, `rows`, `sha256`."""


def commit_rows(
    home: Home,
    ledger: Ledger,
    connection: duckdb.DuckDBPyConnection,
    pull: Pull,
    table: pa.Table,
) -> None:
    """Store `table` (cells, `_row`, `_hash`, `_key`, `_op`) as the next raw batch of a side pull.

    The stream's cursor stays where it is.
    """
    pull.read = pull.stored = table.num_rows

    def write(path: Path) -> int:
        query = "SELECT * FROM corrected ORDER BY _row"
        return write_parquet(home, connection, query, path)

    connection.register("corrected", table)
    try:
        batch = raw_batch(home, ledger, pull, write)
    finally:
        connection.unregister("corrected")
    ledger.commit(pull, batch, ledger.cursor(pull.platform, pull.stream))
    ledger.close_pull(pull, "complete")


def raw_batch(
    home: Home, ledger: Ledger, pull: Pull, write: Callable[[Path], int], waiting: int = 0
) -> Made:
    """Let `write` make the stream's next raw file, behind those that wait to be committed.

    Returns what the ledger commits of it. A crash before leaves a file that `sweep_uncommitted`
    takes away.
    """
    batch_id = ledger.next_batch_id(pull.platform, pull.stream, waiting)
    path = Path("raw", pull.platform, pull.stream, f"{batch_id.rsplit('.', 1)[1]}.parquet")
    rows = write(home.data / path)
    digest = _digest(home.data / path)
    return {"batch_id": batch_id, "path": path.as_posix(), "rows": rows, "sha256": digest}


def sweep_uncommitted(home: Home, ledger: Ledger, platform: str, stream: str) -> None:
    """Remove what a pull wrote and did not commit: it was killed, or its file was damaged.

    To be called by who holds the stream's lock.
    """
    committed = {home.data / one.path for one in ledger.batches(platform, stream)}
    for path in (home.data / "raw" / platform / stream).glob("*"):
        if path.is_file() and path not in committed:
            path.unlink()


def files_in_core(home: Home, batch: Batch) -> list[Path]:
    """The core files of a batch, under whichever mapping."""
    raw = Path(batch.path)
    return sorted((home.data / "core" / Path(*raw.parts[1:-1])).glob(f"{raw.stem}-*.parquet"))


def other_than_noted(home: Home, batch: Batch) -> tuple[int, str] | None:
    """Rows and hash of a raw file that was written anew; None if it is as the ledger has it."""
    path = home.data / batch.path
    digest = _digest(path)
    if digest == batch.sha256:
        return None
    with memory(home) as connection:
        query = f"SELECT count(*) FROM {parquet(home, [path])}"
        return int(connection.execute(query).fetchall()[0][0]), digest


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
