"""What a connector hands over: a piece of a stream as text, and where the next piece begins."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import pyarrow as pa

from connectors.json_shape import FieldsSeen
from hub.imports import without

with without("pandas"):  # Arrow imports it once, to see whether it is given something of it
    pa.array([])

Cursor = dict[str, Any]
"""JSON-able; only the connector that wrote it reads it."""

ORIGIN = "_origin"
"""Optional column of file streams: `名册.xlsx#低保!12` (file, sheet, row)."""


@dataclass(frozen=True)
class Chunk:
    """Rows as the platform gave them: every column text, null where the platform has null."""

    rows: pa.Table
    cursor: Cursor  # where to go on once this chunk is committed
    sure: bool = True  # else it counts only together with the next chunk that is
    last: bool = False  # no chunk follows in this pull; it may be empty
    complete: bool = False  # with last: every row of the stream was read, unseen keys are gone
    dropped: dict[str, int] = field(default_factory=dict)  # column -> biometric values dropped
    notes: tuple[str, ...] = ()  # Chinese sentences for the officer
    header: tuple[str, ...] | None = None  # files: every column that they have; of the last chunk
    fields: FieldsSeen | None = None  # JSON: what the rows offer, mapped or not; of the first chunk
    on_commit: Callable[[], tuple[str, ...]] | None = None
    """To be called once the chunk is committed: tells the platform; gives notes for the officer."""


@dataclass(frozen=True)
class Finding:
    """One thing that was checked at a platform, for the officer (Chinese)."""

    ok: bool
    what: str
    advice: str = ""


class Connector(Protocol):
    """How one platform is pulled."""

    def check(self) -> list[Finding]:
        """Test connection, rights, columns, keys; failures are findings, not exceptions."""

    def columns(self, stream: str) -> list[str]:
        """Every column that the source offers for the stream, in its order."""

    def pull(
        self, stream: str, cursor: Cursor | None, *, resume: bool, chunk_rows: int = 100_000
    ) -> Iterator[Chunk]:
        """Yield the stream's rows from `cursor` on; the final chunk has `last`.

        `cursor` is None at the first pull ever. With `resume` an earlier pull was cut after
        `cursor` was committed: go on right behind it. Without, a new pull begins: a snapshot from
        its start, a watermark or batch number from the cursor on.
        """

    def close(self) -> None:
        """Let go of connections."""


def text_table(columns: Sequence[str], values: Sequence[Sequence[str | None]]) -> pa.Table:
    """A table of text columns from one list of values per column."""
    arrays = [pa.array(one, pa.string()) for one in values]
    return pa.table(arrays, schema=text_schema(columns))


def empty_table(columns: Iterable[str]) -> pa.Table:
    """No rows, all columns text."""
    return text_schema(columns).empty_table()


def text_schema(columns: Iterable[str]) -> pa.Schema:
    """Every column text."""
    return pa.schema([(name, pa.string()) for name in columns])


def regrouped(tables: Iterable[pa.Table], rows: int) -> Iterator[pa.Table]:
    """The same rows in tables of `rows` rows; only the final one may be shorter."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        while count >= rows:
            joined = pa.concat_tables(waiting)
            yield joined.slice(0, rows)
            waiting, count = [joined.slice(rows)], count - rows
    if count:
        yield pa.concat_tables(waiting)
