"""What changed at a source since it was last read: columns, before the first row is taken.

A mapped column that is gone always stops its stream, with the column named that may have taken its
place. What else changed stops the stream under `contract: stop`, until an officer accepts it
(`hub changes accept`); otherwise it is told and the stream goes on. An API tells no columns: the
fields of its first pages are compared before any row of them is stored.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from connectors.chunk import Chunk, Connector
from connectors.column_kinds import Shaped
from connectors.json_shape import Fielded, FieldsSeen
from hub.errors import SourceChangedError
from hub.platform import Platform
from ledger import Ledger, Pull
from ledger.changes import Shape, Status, forget_stops, keep_shape, note_change, shape_of

USUAL = 0.5
"""A field that fewer of an API's rows have is no news."""
ENOUGH = 50
"""Rows without a field, from which it is gone and not only left out."""
ALIKE = 0.6
"""Names at least so similar may be one column's; `phone` and `phone_no` are."""


@dataclass(frozen=True)
class Change:
    """One column that is not as it was."""

    what: Literal["new", "gone", "renamed", "retyped"]
    column: str
    mapped: bool
    other: str = ""  # renamed: the name it may have now
    kinds: tuple[str, str] = ("", "")  # retyped: before and now

    @property
    def zh(self) -> str:
        """One clause for the officer."""
        match self.what:
            case "new":
                return f"新增了列 {self.column}" + ("" if self.mapped else "（映射没有用到）")
            case "gone":
                return f"没有了列 {self.column}" + ("" if self.mapped else "（映射没有用到）")
            case "renamed":
                return f"列 {self.column} 没有了，新出现的列 {self.other} 可能就是它改的名"
        before, now = (kind or "未知" for kind in self.kinds)
        return f"列 {self.column} 的类型由{before}变成了{now}"


def watch_shape(
    ledger: Ledger, connector: Connector, platform: Platform, stream: str
) -> tuple[str, ...]:
    """Compare the source with how it last was; return what the officer should hear.

    Raises:
        SourceChangedError: a mapped column is gone, or anything changed under `contract: stop`.
            Nothing has been read.
    """
    if not isinstance(connector, Shaped):
        return ()
    now = connector.shape(stream)
    last = shape_of(ledger, platform.platform, stream)
    if last is None:
        if set(platform.streams[stream].columns) <= now.keys():
            keep_shape(ledger, platform.platform, stream, now)
        return ()
    return _weigh(ledger, platform, stream, last, now)


def watched(
    ledger: Ledger, platform: Platform, pull: Pull, chunks: Iterable[Chunk]
) -> Iterator[Chunk]:
    """The chunks of an API, compared by their fields before they are stored.

    Of files the columns are compared under `contract: stop` only, behind their last row: before it
    nothing is stored. Of them all else is told by the connector.

    Raises:
        SourceChangedError: as `watch_shape`. Nothing of the pages has been stored.
    """
    for chunk in chunks:
        if chunk.fields is not None:
            whole = chunk.last and chunk.complete
            pull.notes += _watch_fields(ledger, platform, pull.stream, chunk.fields, whole=whole)
        if chunk.header is not None:
            _watch_header(ledger, platform, pull.stream, dict.fromkeys(chunk.header, ""))
        yield chunk


def _watch_header(ledger: Ledger, platform: Platform, stream: str, now: Shape) -> None:
    last = shape_of(ledger, platform.platform, stream)
    if last is None or platform.streams[stream].contract != "stop":
        keep_shape(ledger, platform.platform, stream, now)
    else:
        _weigh(ledger, platform, stream, last, now)


def _watch_fields(
    ledger: Ledger, platform: Platform, stream: str, seen: FieldsSeen, *, whole: bool
) -> tuple[str, ...]:
    if not seen.rows:
        return ()
    last = shape_of(ledger, platform.platform, stream)
    now = shape_of_fields(seen, last or {}, whole=whole)
    if last is None:
        if all(_is_there(column, now) for column in platform.streams[stream].columns):
            keep_shape(ledger, platform.platform, stream, now)
        return ()
    known = {name: kind or now.get(name, "") for name, kind in last.items()}
    return _weigh(ledger, platform, stream, known, now)


def shape_of_fields(seen: FieldsSeen, last: Shape, *, whole: bool) -> Shape:
    """How an API's rows are now: what it leaves out of few rows, or below a null, is not gone."""
    now: Shape = {}
    for name, count in seen.found.items():
        kinds = seen.kinds[name]
        nothing = not kinds and any(one.startswith(f"{name}.") for one in last)
        if nothing or (name not in last and count < USUAL * seen.rows):
            continue
        as_before = not kinds or last.get(name) in kinds
        now[name] = last.get(name, "") if as_before else kinds.most_common(1)[0][0]
    unsure = not whole and seen.rows < ENOUGH
    kept = {
        name: kind
        for name, kind in last.items()
        if (unsure and name not in seen.missing) or _is_below(name, seen.found)
    }
    return now | {name: kind for name, kind in kept.items() if name not in now}


def _is_below(name: str, found: Iterable[str]) -> bool:
    """Whether an object on the way to the field is there, but null or empty."""
    steps = name.split(".")
    return any(".".join(steps[:at]) in found for at in range(1, len(steps)))


def _is_there(column: str, shape: Shape) -> bool:
    inside = any(name.startswith(f"{column}.") for name in shape)
    return column in shape or inside or _is_below(column, shape)


def _weigh(
    ledger: Ledger, platform: Platform, stream: str, last: Shape, now: Shape
) -> tuple[str, ...]:
    """Tell what changed and go on, or stop."""
    settings, where = platform.streams[stream], (platform.platform, stream)
    found = changes_between(last, now, settings.columns)
    if not found:
        forget_stops(ledger, where, "columns")
        if now != shape_of(ledger, *where):  # of a field that was null so far the kind is known
            keep_shape(ledger, *where, now)
        return ()
    sentences = tell(found)
    lost = [one for one in found if one.mapped and one.what in ("gone", "renamed")]
    refused = settings.contract == "stop" and not all(_expected(one) for one in found)
    if lost or refused:
        status: Status = "broken" if lost else "stopped"
        note_change(ledger, where, "columns", sentences, shape=now, status=status)
        raise _stopped(platform, stream, sentences, lost)
    note_change(ledger, where, "columns", sentences)
    keep_shape(ledger, *where, now)
    return tuple(sentences)


def since_last_time(
    ledger: Ledger, connector: Connector, platform: Platform, stream: str
) -> list[Change]:
    """What changed, without noting it: for a check."""
    last = shape_of(ledger, platform.platform, stream)
    if last is None:
        return []
    if isinstance(connector, Fielded):
        now = shape_of_fields(connector.fields(stream), last, whole=False)
    elif isinstance(connector, Shaped):
        now = connector.shape(stream)
    else:
        return []
    return changes_between(last, now, platform.streams[stream].columns)


def changes_between(last: Shape, now: Shape, mapped: Sequence[str]) -> list[Change]:
    """Every column that is new, gone, maybe renamed, or of another kind. Order is no change."""
    gone = [name for name in last if name not in now]
    new = [name for name in now if name not in last]
    found = []
    for name in gone:
        other = _successor(name, last, now, new)
        if other is None:
            found.append(Change("gone", name, name in mapped))
        else:
            new.remove(other)
            found.append(Change("renamed", name, name in mapped, other))
    found += [Change("new", name, name in mapped) for name in new]
    found += [
        Change("retyped", name, name in mapped, kinds=(last[name], kind))
        for name, kind in now.items()
        if name in last and last[name] != kind
    ]
    return found


def tell(found: Sequence[Change]) -> list[str]:
    """Sentences for the officer, the mapped columns first."""
    if not found:
        return []
    ordered = sorted(found, key=lambda one: not one.mapped)
    return ["和上次相比，" + "；".join(one.zh for one in ordered) + "。"]


def _successor(name: str, last: Shape, now: Shape, new: Sequence[str]) -> str | None:
    """The new column of the same kind that stands where `name` stood, or is called much like it."""
    same = [one for one in new if now[one] == last[name]]
    place = list(last).index(name)
    there = [one for one in same if list(now).index(one) == place]
    near = sorted(same, key=lambda one: -_likeness(one, name))
    close = [one for one in near if _likeness(one, name) >= ALIKE]
    return next(iter([*close, *there]), None)


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()


def _expected(change: Change) -> bool:
    """Whether the officer's own mapping says that it knows of the change."""
    return change.what == "new" and change.mapped


def _stopped(
    platform: Platform, stream: str, sentences: Sequence[str], lost: Sequence[Change]
) -> SourceChangedError:
    where = f"{platform.platform}.{stream}"
    told = f"「{platform.title}」{stream}：{''.join(sentences)}"
    if lost:
        renamed = [one for one in lost if one.what == "renamed"]
        advice = "；".join(f"若确是改名，请把映射里的 {o.column} 改为 {o.other}" for o in renamed)
        return SourceChangedError(
            f"{where}: mapped columns gone: {', '.join(one.column for one in lost)}",
            zh=f"{told}{advice or '请与平台方确认后修改平台文件里的映射'}。本次没有读入任何数据。",
        )
    return SourceChangedError(
        f"{where}: the source changed, and its contract is stop",
        zh=f"{told}按约定（contract: stop）没有读入：核对后运行 "
        f"hub changes accept {platform.platform}，再同步。",
    )
