"""Rows are handed on only when all of them could be read: nothing of a damaged file is stored."""

from collections.abc import Generator, Iterable
from tempfile import TemporaryFile

import pyarrow as pa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

HELD_ROWS = 50_000
"""So many rows are held in memory; more are kept in a file until they are asked for. It has no
name, and is encrypted under a key that ends with this process."""


def spooled(tables: Iterable[pa.Table], schema: pa.Schema) -> Generator[pa.Table, None, None]:
    """The same rows in the same order, once `tables` has come to its end without an error."""
    held: list[pa.Table] = []
    rows = 0
    cipher = AESGCM(AESGCM.generate_key(256))
    lengths: list[int] = []
    with TemporaryFile(prefix="hub-rows-") as file:
        for table in tables:
            held.append(table)
            rows += table.num_rows
            if rows >= HELD_ROWS:
                block = _written(pa.concat_tables(held).combine_chunks(), schema)
                lengths.append(file.write(cipher.encrypt(_nonce(len(lengths)), block, None)))
                held, rows = [], 0
        file.seek(0)
        for nth, length in enumerate(lengths):
            block = cipher.decrypt(_nonce(nth), file.read(length), None)
            yield pa.ipc.open_stream(block).read_all()
        yield from held


def _written(table: pa.Table, schema: pa.Schema) -> bytes:
    out = pa.BufferOutputStream()
    with pa.ipc.new_stream(out, schema) as writer:
        writer.write_table(table)
    return bytes(out.getvalue())


def _nonce(nth: int) -> bytes:
    """Another one for each block."""
    return nth.to_bytes(12, "big")
