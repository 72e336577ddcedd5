"""Rows of MySQL and MariaDB as Arrow columns, a block of packets at a time.

The server sends every cell as its length and its text. A Python driver takes them one by one, which
is slower than all the rest of a pull; here the cells' places are found for a block at once, and
Arrow copies the texts out. The driver opens the connection and asks the question.

Source  MySQL's client protocol, "Text Resultset"
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pymysql import err
from pymysql.connections import Connection
from pymysql.constants import CR
from pymysql.cursors import SSCursor
from pymysql.protocol import MysqlPacket

from connectors.chunk import text_schema

BLOCK_BYTES = 4 << 20
HEADER = 4  # three bytes of length and one that counts the packets
FULL = (1 << 24) - 1
"""A packet of so many bytes goes on in the next one."""
NULL, END, ERROR = 0xFB, 0xFE, 0xFF
WIDER = ((0xFC, 2), (0xFD, 3), (0xFE, 8))
"""First byte of a cell that is longer than it can say, and how many bytes of length follow."""


def rows_of(connection: "Connection[SSCursor]", names: Sequence[str]) -> Iterator[pa.Table]:
    """Read what an unbuffered query answers, to its end.

    Who stops early must close the connection: the rest of the answer is still in it.

    Raises:
        pymysql.MySQLError: the server says so, or is gone.
    """
    schema = text_schema(names)
    block, last = Block(), None
    while last is None:
        block.filled += _read(connection, memoryview(block.data)[block.filled :])
        last = block.walk()
        if block.begins and (last is not None or block.is_full):
            yield _table(block, schema)
        if block.is_full:
            block = block.next()
    if last[0] == ERROR:
        MysqlPacket(last, connection.encoding).raise_for_error()


class Block:
    """Bytes as they come, and where the rows are in them."""

    def __init__(self, rest: bytearray | None = None) -> None:
        rest = rest or bytearray()
        self.filled = len(rest)
        # one packet may be larger than a block
        self.data = rest + bytearray(max(BLOCK_BYTES, 2 * len(rest)) - len(rest))
        self.begins: list[int] = []
        self.ends: list[int] = []
        self.passed = 0

    @property
    def is_full(self) -> bool:
        """Whether nothing more can be read into it."""
        return self.filled == len(self.data)

    def next(self) -> "Block":
        """What begins with the bytes of which no row was made."""
        return Block(self.data[self.passed : self.filled])

    def walk(self) -> bytes | None:
        """Pass every row that is there whole; the packet that ends all of them, once it is."""
        data, at, filled = self.data, self.passed, self.filled
        while at + HEADER < filled:
            begin = at + HEADER
            size = data[at] | data[at + 1] << 8 | data[at + 2] << 16
            if size == FULL:
                size = self._joined(at)
                filled = self.filled
            end = begin + size
            if end > filled:
                break
            if data[begin] >= END and (data[begin] == ERROR or size < 9):
                return bytes(data[begin:end])
            self.begins.append(begin)
            self.ends.append(end)
            self.passed = at = end
        return None

    def _joined(self, at: int) -> int:
        """Make one of a row in several packets; its size.

        One that is not there whole is left as it is: its size is then more than there is.
        """
        headers, begin, size = [], at, FULL
        while size == FULL:
            begin += HEADER + size
            if begin + HEADER > self.filled:
                return self.filled
            size = int.from_bytes(self.data[begin : begin + 3], "little")
            headers.append(begin)
        if begin + HEADER + size > self.filled:
            return self.filled
        for one in reversed(headers):
            self.data[one : self.filled - HEADER] = self.data[one + HEADER : self.filled]
            self.filled -= HEADER
        return len(headers) * FULL + size


def _read(connection: "Connection[SSCursor]", into: memoryview) -> int:
    """Fill `into`, or as much of it as there is now."""
    read: Callable[[int], bytes] = connection._rfile.read1  # type: ignore[attr-defined]  # the driver's buffer: it asked the question
    try:
        found = read(len(into))  # `readinto1` would wait for more than what is in the buffer
    except OSError as error:
        raise err.OperationalError(CR.CR_SERVER_LOST, type(error).__name__) from None
    if not found:
        raise err.OperationalError(CR.CR_SERVER_LOST, "the server closed the connection")
    into[: len(found)] = found
    return len(found)


def _table(block: Block, schema: pa.Schema) -> pa.Table:
    """The rows of a block: each cell is a length (or a mark of none) and a text."""
    raw, at = np.frombuffer(block.data, np.uint8), np.array(block.begins)
    edges = np.empty((len(at), len(schema), 2), np.int32)
    nulls = []
    for column in range(len(schema)):
        first = raw[at]
        sizes = first.astype(np.int64)
        at = at + 1
        nulls.append(first == NULL)
        sizes[nulls[-1]] = 0
        for mark, width in WIDER if first.max() > NULL else ():
            wider = np.flatnonzero(first == mark)
            steps = np.arange(width)
            lengths = raw[at[wider, None] + steps].astype(np.int64) << 8 * steps
            sizes[wider] = lengths.sum(axis=1)
            at[wider] += width
        edges[:, column, 0] = at
        at = at + sizes
        edges[:, column, 1] = at
    if not np.array_equal(at, block.ends):
        raise err.InternalError(CR.CR_MALFORMED_PACKET, "a row does not end where its packet does")
    return pa.table([*_columns(block.data, edges, nulls)], schema=schema)


def _columns(
    data: bytearray, edges: npt.NDArray[np.int32], nulls: Sequence[npt.NDArray[np.bool_]]
) -> Iterator[pa.Array]:
    """One text array in which cells take turns with what is between them, and each column of it."""
    rows, columns, _ = edges.shape
    offsets = np.append(edges, edges[-1, -1, 1]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(data)]
    every = pa.Array.from_buffers(pa.binary(), 2 * rows * columns, buffers)
    for column, absent in enumerate(nulls):
        places = np.arange(rows) * (2 * columns) + 2 * column
        yield every.take(pa.array(places, mask=absent)).cast(pa.string())
