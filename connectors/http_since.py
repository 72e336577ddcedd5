"""Increments of an HTTP API: what changed since, with an overlap, on a watermark of the rows."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
from pyarrow import compute

from connectors.chunk import Cursor
from connectors.watermarks import capped, minus, written_like
from hub.errors import ConfigError
from hub.platform import Platform
from hub.platform_streams import Increment, Stream

USUAL = "%Y-%m-%d %H:%M:%S"
UNITS = {"s": 1, "ms": 1000}


Window = tuple[datetime, datetime]
"""From, up to; in the platform's time zone."""


class Since:
    """The moment to ask for, and the latest one that was seen."""

    def __init__(self, platform: Platform, increment: Increment, reached: str | None) -> None:
        """`reached` is the watermark of the last pull that came to its end."""
        assert increment.watermark is not None  # noqa: S101 - the caller asked
        self.platform, self.increment, self.reached = platform, increment, reached
        self.column = increment.watermark
        self.seen: str | None = None
        self.window: Window | None = None  # asked for instead

    def params(self) -> dict[str, str]:
        """What a request says of the moment.

        Raises:
            ConfigError: the watermark is in no format that can be reckoned with.
        """
        increment = self.increment
        until = datetime.now(ZoneInfo(self.platform.timezone))
        if self.window is not None:
            begun, until = self.window
            since: str | None = self._told(begun, self.reached)
        else:
            since = self._since() if self.reached else increment.start
        made = {increment.since: since} if increment.since and since else {}
        if increment.until:
            made[increment.until] = self._told(until, since or increment.start)
        return made

    def cursor(self) -> Cursor:
        """In the middle of a pull."""
        return {"reached": self.reached, "seen": self.seen}

    def ended(self, *, believed: bool) -> Cursor:
        """At the end. If rows may have been missed, the next pull asks from the same moment."""
        return {"reached": self.next() if believed else self.reached}

    def look(self, rows: pa.Table) -> None:
        """Remember the latest watermark of these rows."""
        found = [self.seen] if self.seen else []
        column = rows.column(self.column)
        lengths = compute.utf8_length(column)
        for length in compute.unique(lengths.drop_null()).to_pylist():
            texts = column.filter(compute.equal(lengths, length))
            found += [compute.max(texts).as_py()] if length else []
        if found:
            self.seen = max(found, key=_order)

    def next(self) -> str | None:
        """The watermark from which the next pull goes on."""
        known = [one for one in (self.reached, self.seen) if one]
        return capped(max(known, key=_order), self.platform.timezone) if known else None

    def _since(self) -> str:
        early = minus(self.reached or "", self.increment.overlap)
        if early is None:
            raise self._unknown()
        if self.increment.time_format is None:
            return early
        return self._written(_moment(early, self.platform.timezone) or self._fail())

    def _told(self, moment: datetime, like: str | None) -> str:
        if self.increment.time_format is None and like:
            return written_like(moment, like) or self._written(moment)
        return self._written(moment)

    def _written(self, moment: datetime) -> str:
        wanted = self.increment.time_format or USUAL
        if wanted in UNITS:
            return str(int(moment.timestamp() * UNITS[wanted]))
        return moment.strftime(wanted)

    def _fail(self) -> datetime:
        raise self._unknown()

    def _unknown(self) -> ConfigError:
        return ConfigError(
            f"{self.platform.platform}: watermark {self.column} is no time",
            zh=f"平台「{self.platform.title}」的列 {self.column} 不是认识的时间写法，"
            "不能用作更新时间（watermark）：请换一列，或改用 increment: snapshot。",
        )


def since_of(platform: Platform, stream: Stream, cursor: Cursor, *, resume: bool) -> Since | None:
    """Where a stream's increments go on; None if it is read whole."""
    if stream.increment.watermark is None:
        return None
    since = Since(platform, stream.increment, cursor.get("reached"))
    since.seen = cursor.get("seen") if resume else None
    return since


def _order(text: str) -> tuple[int, float, str]:
    moment = _moment(text, "UTC")
    return (1, moment.timestamp(), text) if moment else (0, 0.0, text)


def _moment(text: str, timezone: str) -> datetime | None:
    if text.isdecimal() and len(text) in (10, 13):
        seconds = int(text) / (1000 if len(text) == 13 else 1)
        return datetime.fromtimestamp(seconds, ZoneInfo(timezone))
    for shaped in _shapes(text):
        try:
            moment = datetime.fromisoformat(shaped)
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))
    return None


def _shapes(text: str) -> Iterable[str]:
    """ISO 8601, or nearly: `2024/1/2 03:04:05`, `20240102030405`."""
    yield text
    if "/" in text:
        day, _, hours = text.partition(" ")
        parts = [part.zfill(2) for part in day.split("/")]
        yield " ".join(["-".join(parts), hours]).strip()
    if text.isdecimal() and len(text) == 14:
        yield f"{text[:8]}T{text[8:]}"
