"""Vendors' HTTP APIs: signed requests, page by page, the whole list or what changed since.

Grain    one row per object of the list, only the stream's columns; `owner.phone` looks inside
Values   texts, and numbers as they stand in the JSON; true, false; lists and objects as JSON text
Order    as the vendor gives; several pages a chunk, the cursor is the next page
Refresh  complete when every page was read and nothing suggests that rows were missed; with a
         watermark only later rows are asked for, with an overlap, and nothing counts as gone
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa

from connectors.chunk import Chunk, Cursor, Finding, empty_table
from connectors.envelope import shown
from connectors.http_check import findings
from connectors.http_client import HttpClient
from connectors.http_since import Since, since_of
from connectors.json_rows import drop_all, missing_columns, names_of, table_of
from connectors.pages import Place, Walk, start
from hub.errors import ConfigError, SourceChangedError, SourceDownError
from hub.platform import Platform, Stream


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
        settings = self.platform.streams[stream]
        pager = self.client.connection.pager
        where = f"{self.platform.title} {stream}"
        since = since_of(self.platform, settings, cursor or {}, resume=resume)
        before = cursor if since is None else (cursor or {}).get("place")
        place = start(before, pager, settings, resume=resume)
        walk = Walk(where, pager, settings.key, place)
        waiting = _Waiting(settings.columns)
        first = True
        while not walk.place.done:
            reached = walk.place
            try:
                table, dropped = self._page(stream, walk, since, first=first)
            except SourceDownError:
                if waiting.rows:  # what was read is worth keeping
                    yield Chunk(waiting.table(), _cursor(reached, since), dropped=waiting.dropped)
                raise
            first = False
            waiting.add(table, dropped)
            full = waiting.rows + walk.place.size > chunk_rows
            if full and not walk.place.done:
                at = _cursor(walk.place, since)
                yield Chunk(waiting.table(), at, dropped=waiting.dropped)
                waiting = _Waiting(settings.columns)
        yield Chunk(
            waiting.table(),
            walk.place.cursor() if since is None else since.ended(believed=walk.complete),
            last=True,
            complete=walk.complete and since is None,
            dropped=waiting.dropped,
            notes=walk.notes(),
        )

    def close(self) -> None:
        """Let go of connections."""
        self.client.close()

    def _page(
        self, name: str, walk: Walk, since: Since | None, *, first: bool
    ) -> tuple[pa.Table, dict[str, int]]:
        """Ask for the next page and count it in."""
        stream, place = self.platform.streams[name], walk.place
        more = since.params() if since else {}
        page = self.client.page(name, stream, place.page, place.size, more)
        dropped = drop_all(page.rows, stream.drop_columns)
        missing = missing_columns(page.rows, stream.columns) if first else []
        if missing:
            there = shown(names_of(page.rows))
            raise SourceChangedError(
                f"{self.platform.platform}.{name}: no row has column {', '.join(missing)}",
                zh=f"「{self.platform.title}」{name} 的回答里没有列：{'、'.join(missing)}"
                f"（现有：{there}）。它可能被改名或删除："
                "请与平台方确认后修改平台文件里的映射。",
            )
        table = table_of(page.rows, stream.columns)
        walk.take(page, table)
        if since is not None:
            since.look(table)
        return table, dropped


def _cursor(place: Place, since: Since | None) -> Cursor:
    return place.cursor() if since is None else since.cursor() | {"place": place.cursor()}


class _Waiting:
    """Pages that are not handed over yet."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.tables = [empty_table(columns)]
        self.rows = 0
        self.dropped: dict[str, int] = {}

    def add(self, table: pa.Table, dropped: dict[str, int]) -> None:
        self.tables.append(table)
        self.rows += table.num_rows
        for column, count in dropped.items():
            self.dropped[column] = self.dropped.get(column, 0) + count

    def table(self) -> pa.Table:
        return pa.concat_tables(self.tables)


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
