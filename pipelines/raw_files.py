"""A raw batch that no pull brought: written whole, then committed in one transaction."""

import hashlib
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

    The stream's cursor stays where it is. A crash before the commit leaves a file that the next
    batch overwrites.
    """
    platform, stream = pull.platform, pull.stream
    pull.read = pull.stored = table.num_rows
    batch_id = ledger.next_batch_id(platform, stream)
    path = Path("raw", platform, stream, f"{batch_id.rsplit('.', 1)[1]}.parquet")
    connection.register("corrected", table)
    try:
        query = "SELECT * FROM corrected ORDER BY _row"
        rows = write_parquet(home, connection, query, home.data / path)
    finally:
        connection.unregister("corrected")
    with (home.data / path).open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    batch = {"batch_id": batch_id, "path": path.as_posix(), "rows": rows, "sha256": digest}
    ledger.commit(pull, batch, ledger.cursor(platform, stream))
    ledger.close_pull(pull, "complete")
