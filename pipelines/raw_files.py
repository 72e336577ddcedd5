"""A raw batch: a file written whole, and what the ledger is told of it in the transaction."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa

from hub.settings import Home
from ledger import Ledger, Pull
from warehouse.duck import write_parquet


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
    home: Home, ledger: Ledger, pull: Pull, write: Callable[[Path], int]
) -> dict[str, object]:
    """Let `write` make the stream's next raw file; what the ledger commits of it.

    A crash before the commit leaves a file that the next batch overwrites.
    """
    batch_id = ledger.next_batch_id(pull.platform, pull.stream)
    path = Path("raw", pull.platform, pull.stream, f"{batch_id.rsplit('.', 1)[1]}.parquet")
    rows = write(home.data / path)
    with (home.data / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"batch_id": batch_id, "path": path.as_posix(), "rows": rows, "sha256": digest}
