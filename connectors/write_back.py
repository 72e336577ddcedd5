"""A platform is told what was stored: its own flag column, and nothing else, is written.

A row is marked only if it still reads as it was read: what the platform changed meanwhile keeps
its flag, and is read again next time.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from connectors.database_source import DatabaseSource
from connectors.dialects import as_text, bound, orderable
from connectors.keyset import waits
from hub.errors import HubError, SourceRefusedError
from hub.platform_streams import Flag, Stream

CELLS = 1_500
"""Values in one statement; SQL Server takes 2,100."""


def mark_rows(
    source: DatabaseSource, table: sa.Table, flag: Flag, key: Sequence[str], rows: pa.Table
) -> tuple[str, ...]:
    """Write `flag.done` to the rows that were stored; a note for the officer if it cannot be.

    Args:
        source: The database.
        table: The table as it was reflected.
        flag: Its flag column.
        key: Columns that tell one row from another; rows with a null there stay unmarked.
        rows: As they were read, every column text.
    """
    if flag.done is None or not rows.num_rows:
        return ()
    try:
        source.write(_updates(source, table, flag, (key, rows)), "写回标志")
    except HubError as error:
        return (f"标志列 {flag.column} 没有写回，这些行下次还会读到：{_why(error, 'done')}",)
    return ()


def mark_batches(
    source: DatabaseSource, table: sa.Table, stream: Stream, done: list[str]
) -> tuple[str, ...]:
    """Write `batch_taken` to the batches `done` that are still ready; a note if it cannot be."""
    number, ready = table.columns[stream.batch_no], table.columns[stream.batch_ready or ""]
    mine = sa.or_(
        *(orderable(number, source.dialect) == bound(number, one, source.dialect) for one in done)
    )
    try:
        as_read = as_text(ready, source.dialect).in_(stream.batch_ready_values)
        marked = sa.update(table).where(mine, as_read).values({ready: stream.batch_taken})
        source.write([marked], "写回批次")
    except HubError as error:
        return (f"批次表的 {ready.name} 没有写回：{_why(error, 'batch_taken')}",)
    return ()


def _why(error: HubError, setting: str) -> str:
    """The account has just read; what it lacks is the right to write."""
    if isinstance(error, SourceRefusedError):
        return f"账号没有更新这一列的权限，请平台方授予；不需要写回就删去 {setting}。"
    return error.zh


def _updates(
    source: DatabaseSource, table: sa.Table, flag: Flag, of: tuple[Sequence[str], pa.Table]
) -> Iterator[sa.Update]:
    key, rows = of
    column = table.columns[flag.column]
    size = max(1, CELLS // max(1, rows.num_columns))
    waiting = waits(table, flag, source.dialect)
    for start in range(0, rows.num_rows, size):
        same = [
            _same(source.dialect, table, key, row)
            for row in rows.slice(start, size).to_pylist()
            if all(row[one] is not None for one in key)
        ]
        if same:
            yield sa.update(table).where(waiting, sa.or_(*same)).values({column: flag.done})


def _same(
    dialect: str, table: sa.Table, key: Sequence[str], row: dict[str, Any]
) -> sa.ColumnElement[bool]:
    """The row of this key, if every column that was read still says what it said."""
    parts: list[sa.ColumnElement[bool]] = []
    for name, text in row.items():
        column = table.columns[name]
        if text is None:
            parts.append(column.is_(None))
        elif name in key:
            parts.append(orderable(column, dialect) == bound(column, text, dialect))
        else:
            parts.append(as_text(column, dialect) == sa.literal(text, sa.Text))
    return sa.and_(*parts)
