"""Vendors' HTTP APIs: signed requests, page by page, the whole list or what changed since.

Grain    one row per object of the list, only the stream's columns; `owner.phone` looks inside
Values   texts, and numbers as they stand in the JSON; true, false; lists and objects as JSON text
Order    as the vendor gives; several pages a chunk, the cursor is the next page
Refresh  complete when every page was read and nothing suggests that rows were missed; with a
         watermark only later rows are asked for, with an overlap, and nothing counts as gone
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from connectors.chunk import Chunk, Cursor, Finding, empty_table
from connectors.envelope import Page, shown
from connectors.http_check import findings
from connectors.http_client import HttpClient
from connectors.http_since import Since, Window, since_of
from connectors.json_rows import drop_all, missing_columns, names_of, table_of
from connectors.json_shape import FieldsSeen
from connectors.pages import Place, Walk, start
from hub.errors import ConfigError, SourceChangedError, SourceDownError
from hub.platform import Platform
from hub.platform_streams import Stream


class HttpApiConnector:
    """One platform's HTTP API."""

    def __init__(
        self, platform: Platform, home: Path, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.platform = platform
        for name, stream in platform.streams.items():
            _refuse_nonsense(platform, name, stream)
        self.client = HttpClient(platform, home, sleep=sleep)

    def check(self) -> list[Finding]:
        """Connection, signature, shape of the answer, columns, clock."""
        return findings(self.client, self.platform)

    def columns(self, stream: str) -> list[str]:
        """Every column of the first page's rows, objects opened as `owner.phone`."""
        pager = self.client.connection.pager
        page = self.client.page(stream, self.platform.streams[stream], pager.first, pager.rows)
        return names_of(page.rows)

    def pull(
        self, stream: str, cursor: Cursor | None, *, resume: bool, chunk_rows: int = 100_000
    ) -> Iterator[Chunk]:
        """Yield the pages behind `cursor`, as many a chunk as fit.

        Raises:
            SourceDownError: not reachable, too slow, or busy; what was read before was yielded.
            SourceRefusedError: the signature or the account was refused.
            SourceChangedError: an error in place of rows, a column gone, pages that repeat.
        """
        since = since_of(self.platform, self.platform.streams[stream], cursor or {}, resume=resume)
        yield from self._pages(stream, cursor, since, resume=resume, chunk_rows=chunk_rows)

    def pull_window(self, stream: str, like: str, window: Window) -> Iterator[Chunk]:
        """Yield the rows that changed in `window`; and what came later, if no `until` is declared.

        The chunks' cursors mean nothing: a window moves none. `like` is a watermark of the stream.

        Raises:
            SourceDownError, SourceRefusedError, SourceChangedError: as `pull`.
        """
        since = Since(self.platform, self.platform.streams[stream].increment, like)
        since.window = window
        yield from self._pages(stream, None, since, resume=False, chunk_rows=100_000)

    def _pages(
        self, stream: str, cursor: Cursor | None, since: Since | None, *, resume: bool,
        chunk_rows: int,
    ) -> Iterator[Chunk]:  # fmt: skip
        settings = self.platform.streams[stream]
        pager = self.client.connection.pager
        where = f"{self.platform.title} {stream}"
        before = cursor if since is None else (cursor or {}).get("place")
        place = start(before, pager, settings, resume=resume)
        walk = Walk(where, pager, settings.key, place)
        waiting = _Waiting(settings.columns, FieldsSeen())
        first = True
        while not walk.place.done:
            reached = walk.place
            try:
                rows = self._page(stream, walk.place, since)
            except SourceDownError:
                if waiting.rows:  # what was read is worth keeping
                    yield waiting.chunk(_cursor(reached, since))
                raise
            missing = missing_columns(rows.rows, settings.columns) if first else []
            dropped = waiting.look(rows, settings)
            if missing:  # whoever knows how the fields were may say what became of it
                waiting.fields = FieldsSeen(missing=frozenset(missing))
                waiting.fields.look(rows.rows)
                yield waiting.chunk(_cursor(reached, since))
                raise self._missing(stream, missing, rows)
            first = False
            table = table_of(rows.rows, settings.columns)
            if since is not None:
                since.look(table)
            waiting.add(walk.take(rows, table), dropped if reached.round == 1 else {})
            full = waiting.rows + walk.place.size > chunk_rows
            if full and not walk.place.done:
                yield waiting.chunk(_cursor(walk.place, since))
                waiting = _Waiting(settings.columns)
        end = walk.place.cursor() if since is None else since.ended(believed=walk.complete)
        complete = walk.complete and since is None
        yield replace(waiting.chunk(end), last=True, complete=complete, notes=walk.notes())

    def fields(self, stream: str) -> FieldsSeen:
        """What the rows of the first page offer, mapped or not."""
        settings, pager = self.platform.streams[stream], self.client.connection.pager
        page = self.client.page(stream, settings, pager.first, pager.rows)
        drop_all(page.rows, settings.drop_columns)
        seen = FieldsSeen(missing=frozenset(missing_columns(page.rows, settings.columns)))
        seen.look(page.rows)
        return seen

    def close(self) -> None:
        """Let go of connections."""
        self.client.close()

    def _page(self, name: str, place: Place, since: Since | None) -> Page:
        more = since.params() if since else {}
        return self.client.page(name, self.platform.streams[name], place.page, place.size, more)

    def _missing(self, name: str, missing: list[str], page: Page) -> SourceChangedError:
        there = shown(names_of(page.rows))
        return SourceChangedError(
            f"{self.platform.platform}.{name}: no row has column {', '.join(missing)}",
            zh=f"「{self.platform.title}」{name} 的回答里没有列：{'、'.join(missing)}"
            f"（现有：{there}）。它可能被改名或删除："
            "请与平台方确认后修改平台文件里的映射。",
        )


def _cursor(place: Place, since: Since | None) -> Cursor:
    return place.cursor() if since is None else since.cursor() | {"place": place.cursor()}


class _Waiting:
    """Pages that are not handed over yet; `fields` where they are to be told."""

    def __init__(self, columns: tuple[str, ...], fields: FieldsSeen | None = None) -> None:
        self.tables = [empty_table(columns)]
        self.rows = 0
        self.dropped: dict[str, int] = {}
        self.fields = fields

    def look(self, page: Page, stream: Stream) -> dict[str, int]:
        """Drop what is not to be read, counted; see what else there is."""
        dropped = drop_all(page.rows, stream.drop_columns)
        if self.fields is not None:
            self.fields.look(page.rows)
        return dropped

    def add(self, table: pa.Table, dropped: dict[str, int]) -> None:
        self.tables.append(table)
        self.rows += table.num_rows
        for column, count in dropped.items():
            self.dropped[column] = self.dropped.get(column, 0) + count

    def chunk(self, cursor: Cursor) -> Chunk:
        return Chunk(
            pa.concat_tables(self.tables), cursor, dropped=self.dropped, fields=self.fields
        )


def _refuse_nonsense(platform: Platform, name: str, stream: Stream) -> None:
    if not stream.increment.snapshot and not (
        stream.increment.watermark and stream.increment.since
    ):
        raise ConfigError(
            f"{platform.platform}.{name}: an HTTP API is pulled whole, or since a moment",
            zh=f"平台「{platform.title}」的 {name}：接口每次全部读取请写 increment: snapshot；"
            "只读更新过的，请写 increment 的 watermark（更新时间列）和 since（接口的参数名）。",
        )
    both = [
        column
        for column in stream.columns
        if any(f"{column}.".startswith(f"{one}.") for one in stream.drop_columns)
    ]
    if both:
        raise ConfigError(
            f"{platform.platform}.{name}: {', '.join(both)} both mapped and dropped",
            zh=f"平台「{platform.title}」的 {name}：{'、'.join(both)} "
            "既要读取又在 drop_columns 里，请删去一处。",
        )
