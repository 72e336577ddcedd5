"""Tables and views of a platform's database: snapshots, rows past a watermark, or rows flagged.

Grain    one row per row of the table, only the stream's columns, every value as text
Order    by key (snapshot) or by watermark and key, so that a cut pull goes on where it stopped
Refresh  a snapshot is complete; a watermark pull begins `overlap` before the last one's end
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import sqlalchemy as sa

from connectors.chunk import Chunk, Cursor, Finding, empty_table, regrouped
from connectors.column_kinds import shape_of
from connectors.database_check import findings
from connectors.database_errors import translated
from connectors.database_source import DatabaseSource
from connectors.keyset import Place, Reading, phases_of
from connectors.watermarks import written_like
from connectors.write_back import mark_rows
from hub.errors import ConfigError, SourceChangedError
from hub.platform import Platform
from hub.platform_streams import Stream

CHUNK_ROWS = 100_000
PAGE_ROWS = 1_000_000  # of one statement: bounds its time and the platform's open transaction


class DatabaseConnector:
    """One platform's database."""

    def __init__(self, platform: Platform, home: Path) -> None:
        self.platform = platform
        self.source = DatabaseSource(platform, home)

    def check(self) -> list[Finding]:
        """Connection, tables, columns, keys, watermarks, clock."""
        return findings(self.source, self.platform)

    def columns(self, stream: str) -> list[str]:
        """Every column of the table, in its order."""
        table = self.source.table(_table_name(self.platform, stream), stream)
        return [one.name for one in table.columns]

    def shape(self, stream: str) -> dict[str, str]:
        """Every column of the table and its kind of type."""
        return shape_of(self.source.table(_table_name(self.platform, stream), stream))

    def pull(
        self, stream: str, cursor: Cursor | None, *, resume: bool, chunk_rows: int = 100_000
    ) -> Iterator[Chunk]:
        """Yield the rows behind `cursor`.

        Raises:
            SourceDownError: not reachable, cut off, locked, or too slow; safe to call again.
            SourceRefusedError: the account may not read.
            SourceChangedError: the table or a column is gone.
        """
        settings = self.platform.streams[stream]
        reading = self._reading(stream, settings)
        place = reading.start(cursor, settings.increment.overlap, resume=resume)
        snapshot = settings.increment.snapshot
        waiting: Chunk | None = None
        for table, reached in self._tables(stream, reading, place, chunk_rows):
            if waiting:
                yield waiting
            waiting, place = (
                Chunk(table, reached.cursor(), on_commit=self._mark(reading, table)),
                reached,
            )
        rows = waiting.rows if waiting else empty_table(settings.columns)
        end = Place(high=place.high, done=True, kinds=reading.kinds).cursor()
        mark = waiting.on_commit if waiting else None
        yield Chunk(
            rows, end, last=True, complete=snapshot, notes=_notes(reading, place), on_commit=mark
        )

    def pull_window(
        self, stream: str, like: str, window: tuple[datetime, datetime]
    ) -> Iterator[Chunk]:
        """Yield the rows whose watermark lies in `window` (from, up to but not), in its order.

        The chunks' cursors mean nothing: a window moves none.

        Args:
            stream: A stream with a watermark.
            like: A watermark of it, for its format.
            window: Both in the platform's time zone.

        Raises:
            ConfigError: the watermark is no time, so no window can be cut from it.
            SourceDownError, SourceRefusedError, SourceChangedError: as `pull`.
        """
        since, until = (written_like(one, like) for one in window)
        reading = self._reading(stream, self.platform.streams[stream])
        if since is None or until is None or reading.is_loose(like):
            raise ConfigError(
                f"{self.platform.platform}.{stream}: the watermark is no time",
                zh=f"平台「{self.platform.title}」的 {stream} 的更新时间列不是能识别的时间，"
                "或是月日不补零的文字（如 2026/9/1），没法按日期补取："
                "请改用 increment: snapshot 全量读取一次。",
            )
        reading = replace(reading, phases=reading.phases[:1], until=until)
        for table, _ in self._tables(stream, reading, Place(low=since), CHUNK_ROWS):
            yield Chunk(table, {})
        yield Chunk(empty_table(self.platform.streams[stream].columns), {}, last=True)

    def close(self) -> None:
        """Let go of the engine."""
        self.source.close()

    def _mark(self, reading: Reading, rows: pa.Table) -> Callable[[], tuple[str, ...]] | None:
        """What tells the platform that the rows are stored, where it wants to hear it."""
        flag = reading.flag
        if flag is None or flag.done is None:
            return None
        return lambda: mark_rows(self.source, reading.table, flag, reading.key, rows)

    def _tables(
        self, stream: str, reading: Reading, place: Place, chunk_rows: int
    ) -> Iterator[tuple[pa.Table, Place]]:
        """Tables of `chunk_rows` rows and the place behind each, phase by phase, page by page."""
        columns = list(reading.columns)
        while not place.done:
            read = 0
            with translated(self.platform.title, stream):
                pages = self.source.stream(columns, reading.page(place, PAGE_ROWS))
                for table in regrouped(pages, chunk_rows):
                    read += table.num_rows
                    place = reading.behind(place, table)
                    yield table, place
            if read < PAGE_ROWS:
                place = reading.next_phase(place)

    def _reading(self, stream: str, settings: Stream) -> Reading:
        """Look at the table as it is today and plan how to read it."""
        watermark, flag = settings.increment.watermark, settings.increment.flag
        if (watermark or flag) and not settings.key:
            what = "watermark" if watermark else "flag"
            raise ConfigError(
                f"{self.platform.platform}.{stream}: a {what} needs a key",
                zh=f"平台「{self.platform.title}」的 {stream} 用了 {what}，"
                "还要写 key（主键列），才认得出读过的是哪些行。",
            )
        table = self.source.table(_table_name(self.platform, stream), stream)
        wanted = [*settings.columns, *([flag.column] if flag else [])]
        missing = [name for name in wanted if name not in table.columns]
        if missing:
            raise missing_columns(self.platform, stream, missing, table)
        mark = table.columns[watermark] if watermark else None
        key = tuple(table.columns[name] for name in settings.key)
        return Reading(
            table=table,
            columns=tuple(table.columns[name] for name in settings.columns),
            phases=phases_of(key, mark, self.source.dialect),
            watermark=mark,
            dialect=self.source.dialect,
            timezone=self.platform.timezone,
            where=settings.where,
            flag=flag,
            key=settings.key,
        )


def missing_columns(
    platform: Platform, stream: str, missing: list[str], table: sa.Table
) -> SourceChangedError:
    """What a person must hear when columns that the mapping reads are not there.

    Oracle and Dameng fold names to capitals, PostgreSQL to small letters: that is then said.
    """
    folded = {one.name.casefold(): one.name for one in table.columns}
    cased = [one for one in missing if one.casefold() in folded]
    written = "、".join(f"{one} 在库里写作 {folded[one.casefold()]}" for one in cased)
    why = f"{written}：大小写请照库里的写。" if cased else "它可能被改名或删除："
    return SourceChangedError(
        f"{platform.platform}.{stream}: table {table.name} has no column {', '.join(missing)}",
        zh=f"「{platform.title}」{stream} 的表 {table.name} 里没有列：{'、'.join(missing)}。{why}"
        "请与平台方确认后修改平台文件里的映射。本次没有读入任何数据。",
    )


def _table_name(platform: Platform, stream: str) -> str:
    name = platform.streams[stream].table
    if name is None:
        raise ConfigError(
            f"{platform.platform}.{stream}: no table",
            zh=f"平台「{platform.title}」的 {stream} 没有写 table：请写明要读哪张表。",
        )
    return name


def _notes(reading: Reading, place: Place) -> tuple[str, ...]:
    if place.high and reading.watermark is not None and reading.before(place.high, 0) is None:
        return (
            f"列 {reading.watermark.name} 的值不是能识别的时间或数字，"
            "或是按文字排先后的数字，每次都会从头读取："
            "请换一个更新时间列，或改用 snapshot。",
        )
    return ()
