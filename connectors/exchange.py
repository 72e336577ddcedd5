"""Exchange databases 前置库: batches that a platform leaves to be fetched.

Grain    one row per change in a batch; the later batch counts
Order    batch by batch, in the order of their numbers; only complete ones
Refresh  each batch once; a batch whose rows are not all there is not taken
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from connectors.chunk import Chunk, Cursor, Finding, empty_table, regrouped
from connectors.column_kinds import shape_of
from connectors.database import missing_columns
from connectors.database_check import findings, may_mark
from connectors.database_errors import translated
from connectors.database_source import DatabaseSource
from connectors.dialects import as_text, bound, orderable, sorted_as_text
from connectors.write_back import mark_batches
from hub.errors import ConfigError, HubError, SourceChangedError
from hub.platform import Platform

LOOKED_AT = 100  # batches that wait are counted in a check


@dataclass(frozen=True)
class Delivery:
    """A batch as the batch table announces it."""

    number: str
    rows: int


def late_note(late: list[Delivery]) -> str:
    """What to do about batches that came after later ones were taken: their rows may be older."""
    numbers = "、".join(one.number for one in late[:5]) + ("等" if len(late) > 5 else "")
    return (
        f"有 {len(late)} 个批次（{numbers}）来晚了：更大的批次号已经取过，没有读它。"
        "请平台方换成更大的批次号重新提供。"
    )


def twice_note(number: str, rows: int) -> str:
    """What to do about rows of a batch of which nothing says which came later."""
    return (
        f"批次 {number} 里有 {rows} 行与同一批的另一行主键相同、内容不同，分不出先后，"
        "只有一行算数：请平台方一批里每条记录只给最后一行；若本是不同的记录，"
        "说明 key 不够区分，请联系维护人员。"
    )


def _keys_again(rows: pa.Table, key: Sequence[str]) -> int:
    """How many rows, which come in the order of their keys, have the key of the one before.

    The very same row once more is nothing to tell.
    """
    if not key or rows.num_rows < 2:
        return 0
    same = {name: _as_before(rows[name].combine_chunks()) for name in rows.column_names}
    there = (pc.fill_null(pc.not_equal(rows[name].combine_chunks()[1:], ""), False) for name in key)
    alike = reduce(pc.and_, (*(same[name] for name in key), *there))  # blank keys are set aside
    return int(pc.sum(pc.and_not(alike, reduce(pc.and_, same.values()))).as_py() or 0)


def _as_before(cells: pa.Array) -> pa.Array:
    one, other = cells[1:], cells[:-1]
    return pc.or_(
        pc.fill_null(pc.equal(one, other), False), pc.and_(one.is_null(), other.is_null())
    )


def _shape(number: str) -> str:
    """What stands around the digits of a batch number."""
    return re.sub(r"\d+", "0", number)


def _turn(number: str) -> tuple[int, ...]:
    """The place of a batch among those of the same shape."""
    return tuple(map(int, re.findall(r"\d+", number)))


class ExchangeConnector:
    """One platform's exchange database.

    Cursor: `batch` is the number of the last batch taken, `taken` those that are taken and still
    announced: another one before `batch` came late, and is told.
    """

    def __init__(self, platform: Platform, home: Path) -> None:
        self.platform = platform
        self.source = DatabaseSource(platform, home)

    def check(self, at: Mapping[str, Cursor | None] | None = None) -> list[Finding]:
        """Look at connection, tables, columns and keys, and at the batches behind `at`."""
        found = findings(self.source, self.platform)
        if all(one.ok for one in found):
            for name, stream in self.platform.streams.items():
                if stream.batch_taken is not None and stream.batch_ready is not None:
                    ready = self._batch_table(name).columns[stream.batch_ready]
                    found += may_mark(self.source, name, ready, "batch_taken（不写回批次）")
                found += self._waiting(name, (at or {}).get(name))
        return found

    def _waiting(self, stream: str, cursor: Cursor | None) -> Iterator[Finding]:
        """The batches that wait, and those that a pull will refuse."""
        ready = self._deliveries(stream)
        waiting, late = self._apart(stream, ready, cursor)
        if late:
            yield Finding(ok=False, what=f"{stream}：{late_note(late)}")
        for place, one in enumerate(waiting[:LOOKED_AT], 1):
            if (found := self._count(stream, one)) == one.rows:
                continue
            behind = len(waiting) - place
            yield Finding(
                ok=False,
                what=f"{stream}：批次 {one.number} 应有 {one.rows} 条，实有 {found} 条",
                advice="同步会在这一批停下"
                + (f"，后面的 {behind} 个批次也要等它" if behind else "")
                + "。请平台方补齐或更正这个批次。",
            )
            break
        what = f"{stream}：批次表里有 {len(ready)} 个已就绪的批次"
        yield Finding(ok=True, what=f"{what}，{len(waiting)} 个还没有取" if cursor else what)

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
        ready = self._deliveries(stream)
        waiting, late = self._apart(stream, ready, cursor)
        still = {one.number for one in ready} - {one.number for one in [*waiting, *late]}
        at: Cursor = {"batch": cursor["batch"] if cursor else None, "taken": sorted(still)}
        notes = [late_note(late)] if late else []
        held, key = 0, self.platform.streams[stream].key
        parts: list[pa.Table] = []
        done: list[str] = []
        try:
            for delivery in waiting:
                if parts and held + delivery.rows > chunk_rows:
                    yield Chunk(pa.concat_tables(parts), at, on_commit=self._mark(stream, done))
                    parts, held, done = [], 0, []
                own, count, twice = empty_table(self.platform.streams[stream].columns), 0, 0
                for table in self._rows(stream, delivery, chunk_rows):
                    if (
                        own.num_rows
                    ):  # of a large batch, of which only the end says that it is whole
                        yield Chunk(own, at, sure=False)
                    twice += _keys_again(pa.concat_tables([own[-1:], table]), key)
                    own, count = table, count + table.num_rows
                self._refuse_other(stream, delivery, count)
                notes += [twice_note(delivery.number, twice)] if twice else []
                parts.append(own)
                held += own.num_rows
                still.add(delivery.number)
                at = {"batch": delivery.number, "taken": sorted(still)}
                done.append(delivery.number)
        except HubError:
            if parts:  # the batches before are good
                rows = pa.concat_tables(parts)
                yield Chunk(rows, at, notes=tuple(notes), on_commit=self._mark(stream, done))
            raise
        rows = pa.concat_tables([empty_table(self.platform.streams[stream].columns), *parts])
        yield Chunk(rows, at, last=True, notes=tuple(notes), on_commit=self._mark(stream, done))

    def _apart(
        self, stream: str, ready: list[Delivery], cursor: Cursor | None
    ) -> tuple[list[Delivery], list[Delivery]]:
        """The batches behind the last one that was taken, and those before it that came since."""
        last = cursor["batch"] if cursor else None
        numbers = [*([last] if last else []), *(one.number for one in ready)]
        counted = self._is_text(stream) and len({_shape(one) for one in numbers}) == 1
        if counted:  # as texts 10 stands before 9
            ready.sort(key=lambda one: _turn(one.number))
        if cursor is None or last is None:
            return ready, []
        if counted:
            behind = {one.number for one in ready if _turn(one.number) > _turn(last)}
        else:
            behind = {one.number for one in self._deliveries(stream, last)}
        waiting = [one for one in ready if one.number in behind]
        known = set(cursor.get("taken", [one.number for one in ready]))
        late = [one for one in ready if one.number not in behind | known]
        return waiting, late

    def _is_text(self, stream: str) -> bool:
        number = self._batch_table(stream).columns[self.platform.streams[stream].batch_no]
        return sorted_as_text(number, self.source.dialect)

    def _mark(self, stream: str, done: list[str]) -> Callable[[], tuple[str, ...]] | None:
        """What tells the platform that the batches `done` are stored, where it wants to hear it."""
        settings = self.platform.streams[stream]
        if settings.batch_taken is None or not done:
            return None
        table = self._batch_table(stream)
        return lambda: mark_batches(self.source, table, settings, done)

    def close(self) -> None:
        """Let go of the engine."""
        self.source.close()

    def _deliveries(self, stream: str, after: str | None = None) -> list[Delivery]:
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
        self._refuse_other(stream, delivery, self._count(stream, delivery))
        settings, table = self.platform.streams[stream], self._detail(stream)
        dialect, mine = self.source.dialect, self._of(table, delivery, stream)
        columns = [table.columns[name] for name in settings.columns]
        rest = sa.select().select_from(table).where(mine)
        if settings.key:
            rest = rest.order_by(*(orderable(table.columns[k], dialect) for k in settings.key))
        with translated(self.platform.title, stream):
            yield from regrouped(self.source.stream(columns, rest), chunk_rows)

    def _count(self, stream: str, delivery: Delivery) -> int:
        """How many rows of a batch are there."""
        table = self._detail(stream)
        count = (
            sa.select(sa.func.count()).select_from(table).where(self._of(table, delivery, stream))
        )
        ((found,),) = self.source.ask(count, stream)
        return int(found)

    def _of(self, table: sa.Table, delivery: Delivery, stream: str) -> sa.ColumnElement[bool]:
        number, dialect = table.columns[self.platform.streams[stream].batch_no], self.source.dialect
        counted = isinstance(number.type, sa.Integer | sa.Numeric) and dialect != "sqlite"
        if counted and not re.fullmatch(r"\s*-?\d+(\.\d+)?\s*", delivery.number):
            what = f"不是数字，明细表的 {number.name} 列却是数字，对不上"
            raise self._contradiction(stream, delivery.number, what)
        return orderable(number, dialect) == bound(number, delivery.number, dialect)

    def _refuse_other(self, stream: str, delivery: Delivery, found: int) -> None:
        if found == delivery.rows:
            return
        raise SourceChangedError(
            f"{self.platform.platform}.{stream}: batch {delivery.number} announces "
            f"{delivery.rows} rows, has {found}",
            zh=f"「{self.platform.title}」{stream} 的批次 {delivery.number} 应有 "
            f"{delivery.rows} 条，实有 {found} 条，没有读入；之前的批次不受影响。"
            "请平台方补齐或更正这个批次，下次同步会接着读。",
        )

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
