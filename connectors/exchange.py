"""Exchange databases 前置库: batches that a platform leaves to be fetched.

Grain    one row per change in a batch; the later batch counts
Order    batch by batch, in the order of their numbers; only complete ones
Refresh  each batch once; a batch whose rows are not all there is not taken
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from connectors.chunk import Chunk, Cursor, Finding, empty_table, regrouped
from connectors.column_kinds import shape_of
from connectors.database import missing_columns
from connectors.database_check import findings, may_mark
from connectors.database_errors import translated
from connectors.database_source import DatabaseSource
from connectors.dialects import as_text, bound, orderable
from connectors.write_back import mark_batches
from hub.errors import ConfigError, HubError, SourceChangedError
from hub.platform import Platform


@dataclass(frozen=True)
class Delivery:
    """A batch as the batch table announces it."""

    number: str
    rows: int


class ExchangeConnector:
    """One platform's exchange database. Cursor: `{"batch": number of the last batch taken}`."""

    def __init__(self, platform: Platform, home: Path) -> None:
        self.platform = platform
        self.source = DatabaseSource(platform, home)

    def check(self) -> list[Finding]:
        """Look at connection, tables, columns and keys, and count the batches that wait."""
        found = findings(self.source, self.platform)
        if all(one.ok for one in found):
            for name, stream in self.platform.streams.items():
                if stream.batch_taken is not None and stream.batch_ready is not None:
                    ready = self._batch_table(name).columns[stream.batch_ready]
                    found += may_mark(self.source, name, ready, "batch_taken（不写回批次）")
                waiting = len(self._deliveries(name, None))
                found.append(Finding(ok=True, what=f"{name}：批次表里有 {waiting} 个已就绪的批次"))
        return found

    def columns(self, stream: str) -> list[str]:
        """Every column of the detail table, in its order."""
        return [one.name for one in self._detail(stream).columns]

    def shape(self, stream: str) -> dict[str, str]:
        """Every column of the detail table and its kind of type."""
        name = self.platform.streams[stream].table
        return shape_of(self._table(stream, name, "table", []))

    def pull(
        self,
        stream: str,
        cursor: Cursor | None,
        *,
        resume: bool,  # noqa: ARG002 (a cut pull goes on like a new one)
        chunk_rows: int = 100_000,
    ) -> Iterator[Chunk]:
        """Yield the rows of every complete batch behind `cursor`, several batches a chunk.

        A cursor is always the end of a batch, so a pull that was cut goes on like a new one.

        Raises:
            SourceDownError: not reachable; safe to call again.
            SourceChangedError: a batch has other rows than announced, or a table changed.
        """
        at: Cursor = {"batch": cursor["batch"]} if cursor else {"batch": None}
        held = 0
        parts: list[pa.Table] = []
        done: list[str] = []
        try:
            for delivery in self._deliveries(stream, at["batch"]):
                for table in self._rows(stream, delivery, chunk_rows):
                    if held and held + table.num_rows > chunk_rows:
                        yield Chunk(pa.concat_tables(parts), at, on_commit=self._mark(stream, done))
                        parts, held, done = [], 0, []
                    parts.append(table)
                    held += table.num_rows
                at = {"batch": delivery.number}
                done.append(delivery.number)
        except HubError:
            if parts:  # the batches before are good
                yield Chunk(pa.concat_tables(parts), at, on_commit=self._mark(stream, done))
            raise
        rows = pa.concat_tables([empty_table(self.platform.streams[stream].columns), *parts])
        yield Chunk(rows, at, last=True, on_commit=self._mark(stream, done))

    def _mark(self, stream: str, done: list[str]) -> Callable[[], tuple[str, ...]] | None:
        """What tells the platform that the batches `done` are stored, where it wants to hear it."""
        settings = self.platform.streams[stream]
        taken, ready = settings.batch_taken, settings.batch_ready
        if taken is None or ready is None or not done:
            return None
        table = self._batch_table(stream)
        columns = (settings.batch_no, ready)
        return lambda: mark_batches(self.source, table, columns, taken, done)

    def close(self) -> None:
        """Let go of the engine."""
        self.source.close()

    def _deliveries(self, stream: str, after: str | None) -> list[Delivery]:
        """Complete batches behind `after`, in the order of their numbers.

        Raises:
            SourceChangedError: the batch table does not say plainly what is in a batch.
        """
        settings = self.platform.streams[stream]
        table = self._batch_table(stream)
        dialect = self.source.dialect
        number, rows = table.columns[settings.batch_no], table.columns[settings.batch_rows]
        question = sa.select(as_text(number, dialect), as_text(rows, dialect)).order_by(
            orderable(number, dialect)
        )
        if settings.batch_ready is not None:
            ready = as_text(table.columns[settings.batch_ready], dialect)
            question = question.where(ready.in_(settings.batch_ready_values))
        if after is not None:
            question = question.where(orderable(number, dialect) > bound(number, after, dialect))
        found: dict[str, Delivery] = {}
        for number, rows in self.source.ask(question, stream):
            one = self._delivery(stream, number, rows)
            if found.setdefault(one.number, one) != one:
                raise self._contradiction(stream, one.number, "写了两次，条数不一样")
        return list(found.values())

    def _delivery(self, stream: str, number: str | None, rows: str | None) -> Delivery:
        if number is None or rows is None or not re.fullmatch(r"\s*\d+(\.0+)?\s*", rows):
            raise self._contradiction(stream, number or "（空）", "没有写明批次号或条数")
        return Delivery(number, int(float(rows)))

    def _contradiction(self, stream: str, number: str, what: str) -> SourceChangedError:
        return SourceChangedError(
            f"{self.platform.platform}.{stream}: batch {number} is not announced plainly",
            zh=f"「{self.platform.title}」{stream} 的批次表里，批次 {number} {what}，没有读入。"
            "请平台方更正批次表，下次同步会接着读。",
        )

    def _rows(self, stream: str, delivery: Delivery, chunk_rows: int) -> Iterator[pa.Table]:
        """Yield the rows of one batch, once they are all there."""
        settings, table = self.platform.streams[stream], self._detail(stream)
        dialect = self.source.dialect
        number = table.columns[settings.batch_no]
        mine = orderable(number, dialect) == bound(number, delivery.number, dialect)
        count = sa.select(sa.func.count()).select_from(table).where(mine)
        ((found,),) = self.source.ask(count, stream)
        if found != delivery.rows:
            raise SourceChangedError(
                f"{self.platform.platform}.{stream}: batch {delivery.number} announces "
                f"{delivery.rows} rows, has {found}",
                zh=f"「{self.platform.title}」{stream} 的批次 {delivery.number} 应有 "
                f"{delivery.rows} 条，实有 {found} 条，没有读入；之前的批次不受影响。"
                "请平台方补齐或更正这个批次，下次同步会接着读。",
            )
        columns = [table.columns[name] for name in settings.columns]
        rest = sa.select().select_from(table).where(mine)
        if settings.key:
            rest = rest.order_by(*(orderable(table.columns[k], dialect) for k in settings.key))
        with translated(self.platform.title, stream):
            yield from regrouped(self.source.stream(columns, rest), chunk_rows)

    def _batch_table(self, stream: str) -> sa.Table:
        settings = self.platform.streams[stream]
        wanted = [settings.batch_no, settings.batch_rows]
        wanted += [settings.batch_ready] if settings.batch_ready else []
        return self._table(stream, settings.batch_table, "batch_table", wanted)

    def _detail(self, stream: str) -> sa.Table:
        settings = self.platform.streams[stream]
        return self._table(stream, settings.table, "table", [*settings.columns, settings.batch_no])

    def _table(self, stream: str, name: str | None, setting: str, wanted: list[str]) -> sa.Table:
        if name is None:
            raise ConfigError(
                f"{self.platform.platform}.{stream}: no {setting}",
                zh=f"平台「{self.platform.title}」的 {stream} 没有写 {setting}："
                "交换库要写明批次表 batch_table 和明细表 table。",
            )
        table = self.source.table(name, stream)
        missing = [one for one in wanted if one not in table.columns]
        if missing:
            raise missing_columns(self.platform, stream, missing, table)
        return table
