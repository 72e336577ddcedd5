"""Rows are handed on only when all of them could be read: nothing of a damaged file is stored."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile

import pyarrow as pa

HELD_ROWS = 50_000
"""So many rows are held in memory; more are kept in a file without a name until they are asked."""


def spooled(tables: Iterable[pa.Table], schema: pa.Schema) -> Iterator[pa.Table]:
    """The same rows in the same order, once `tables` has come to its end without an error."""
    held: list[pa.Table] = []
    rows = 0
    with ExitStack() as stack:
        writer = None
        for table in tables:
            held.append(table)
            rows += table.num_rows
            if rows >= HELD_ROWS:
                if writer is None:
                    file = stack.enter_context(TemporaryFile(prefix="hub-rows-"))
                    writer = stack.enter_context(pa.ipc.new_stream(file, schema))
                writer.write_table(pa.concat_tables(held).combine_chunks())
                held, rows = [], 0
        if writer is not None:
            writer.close()
            file.seek(0)
            with pa.ipc.open_stream(file) as reader:
                for batch in reader:
                    yield pa.table(batch)
        yield from held
