"""A proposal as the platform file that an officer reads: at most fifty lines, reasons behind `#`.

What is sure is mapped; what is not stands as a comment with its candidates, to be uncommented.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from schemas.matching.decide import Decision
    from schemas.matching.proposal import StreamProposal

MOST_LINES = 50
MOST_WIDTH = 150
STREAMS = {"resident": "residents", "household": "households", "dwelling": "dwellings",
           "grid": "grids", "event": "events"}  # fmt: skip
NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True)
class Heading:
    """What the file says before its streams."""

    platform: str
    title: str
    owner: dict[str, str]
    connection: dict[str, Any]
    schedule: str = "0 2 * * *"
    notes: tuple[str, ...] = field(default=())


def stream_names(streams: Sequence["StreamProposal"]) -> list[str]:
    """A name for each: the table's own where it is one, else what its rows are."""
    made: list[str] = []
    for one in streams:
        own = one.table.name.rpartition(".")[2].lower()
        name = own if NAME.fullmatch(own) else STREAMS[one.entity]
        count = 2
        while name in made:
            name = f"{STREAMS[one.entity]}_{count}"
            count += 1
        made.append(name)
    return made


def file_text(
    heading: Heading, streams: Sequence["StreamProposal"], today: date
) -> tuple[str, int]:
    """The whole file and how many streams are in it; those that do not fit stand at its end."""
    top = _top(heading, today)
    ways = [_filled(top, streams, detail) for detail in (2, 1, 0)]
    short = [way for way in ways if len(way[0]) <= MOST_LINES]
    whole = [way for way in short if way[1] == len(streams)]
    lines, kept = next(iter(whole or short or ways[-1:]))
    left = [one.table.name for one in streams[kept:]]
    if left:
        lines.append(f"# 放不下的表：{'、'.join(left)}；请用 --table 另存一个平台文件。")
    return "\n".join(lines) + "\n", kept


def _filled(
    top: Sequence[str], streams: Sequence["StreamProposal"], detail: int
) -> tuple[list[str], int]:
    lines = list(top)
    for kept, (name, one) in enumerate(zip(stream_names(streams), streams, strict=True)):
        more = _stream(name, one, detail)
        if kept and len(lines) + len(more) > MOST_LINES - 1:
            return lines, kept
        lines += more
    return lines, len(streams)


def _top(heading: Heading, today: date) -> list[str]:
    lines = [
        f"# {today.isoformat()} 由 hub platform add 拟出。行尾是把握（0–1）和理由；"
        "以 # 开头的列没有把握，核对后去掉 #。",
        *(f"# 注意：{one}" for one in heading.notes[:3]),
        f"platform: {heading.platform}",
        f"title: {flow(heading.title)}",
        f"owner: {flow(heading.owner)}  # 请核对归口",
        *_connection(heading.connection),
        f"schedule: {flow(heading.schedule)}",
        "streams:",
    ]
    return lines


def _connection(connection: dict[str, Any]) -> list[str]:
    whole = f"connection: {flow(connection)}"
    if len(whole) <= MOST_WIDTH:
        return [whole]
    return ["connection:", *(f"  {name}: {flow(value)}" for name, value in connection.items())]


def _stream(name: str, one: "StreamProposal", detail: int) -> list[str]:
    lines = [f"  {name}:"]
    about = "；".join(filter(None, [one.table.comment.strip()[:40], _counted(one)]))
    for at, (key, value) in enumerate(_places(one)):
        lines.append(f"    {key}: {flow(value)}" + (f"  # {about}" if about and not at else ""))
    for key in ("key", "increment", "deletes", "drop_columns"):
        why = one.remarks.get(key, "")
        if key in one.settings:
            lines.append(_commented(f"    {key}: {flow(one.settings[key])}", why))
        elif why:
            lines.append(f"    # {key}：{why}")
    if one.extras:
        lines.append(f"    extras: {flow(one.extras)}  # 附加项目，表单常要")
    lines += [f"    entity: {one.entity}", "    map:"]
    lines += _mapped(one, detail)
    return lines + _undecided(one, detail)


def _places(one: "StreamProposal") -> list[tuple[str, Any]]:
    return [(key, value) for key, value in one.table.place.items() if value is not None]


def _counted(one: "StreamProposal") -> str:
    return "" if one.table.rows is None else f"{one.table.rows} 行"


def _mapped(one: "StreamProposal", detail: int) -> list[str]:
    by_column = {d.column: d for d in one.decisions}
    lines = []
    for name, entry in one.map.items():
        entries = entry if isinstance(entry, list) else [entry]
        if len(entries) == 1:
            lines.append(_commented(f"      {name}: {flow(entries[0])}", _why(entries, by_column)))
            continue
        if not detail:
            lines.append(f"      {name}: {flow(entries)}")
            continue
        lines.append(f"      {name}:")
        lines += [
            _commented(f"        - {flow(each)}", _why([each], by_column)) for each in entries
        ]
    return lines


def _why(entries: Sequence[Any], by_column: dict[str, "Decision"]) -> str:
    columns: list[str] = []
    for one in entries:
        source = one if isinstance(one, str) else one.get("from", [])
        columns += [source] if isinstance(source, str) else list(source)
    found = [by_column[c] for c in columns if c in by_column]
    if not found:
        return "表名这样说" if any(isinstance(o, dict) and "value" in o for o in entries) else ""
    least = min(found, key=lambda d: d.confidence)
    return f"{least.confidence:.2f} {least.why}"


def _undecided(one: "StreamProposal", detail: int) -> list[str]:
    """Columns left to the officer, a line each; then what is not read, in one line."""
    lines = []
    doubtful = [d for d in one.decisions if d.field and not d.active and not _used(one, d.column)]
    shown = doubtful if detail else []
    for d in shown:
        entry = {"from": d.column, **d.settings} if d.settings else d.column
        others = [f"{name} {chance:.2f}" for name, chance in d.others[:2]]
        tail = f"；也可能是 {'、'.join(others)}" if others else ""
        tail += f"；或 codes: {' 或 '.join(d.choices)}" if d.choices else ""
        lines.append(f"      # {d.field}: {flow(entry)}  # {d.confidence:.2f} {d.why}{tail}")
    if doubtful and not shown:
        listed = "、".join(f"{d.column}→{d.field}" for d in doubtful)
        lines.append(f"      # 待定（见 hub platform add 的表）：{listed}")
    unread = [d for d in one.decisions if d.field is None and not _used(one, d.column)]
    maybe = [d for d in unread if d.others and detail > 1]
    for d in maybe:
        name, chance = d.others[0]
        lines.append(f"      # {name}: {flow(d.column)}  # {chance:.2f} {d.why}")
    rest = [d.column for d in unread if d not in maybe]
    if rest:
        lines.append(f"      # 不读：{'、'.join(rest)}")
    return lines


def _used(one: "StreamProposal", column: str) -> bool:
    """Whether a column already stands in the stream, as a field or in another place."""
    text = repr([one.map, one.settings, one.extras])
    return repr(column) in text


def _commented(line: str, why: str) -> str:
    return f"{line}  # {why}" if why else line


def _plain(value: Any) -> Any:  # noqa: ANN401 - anything that YAML can hold
    """Tuples as lists, and every mapping as a dict."""
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, str) else value


def flow(value: Any) -> str:  # noqa: ANN401 - anything that YAML can hold
    """A value on one line, quoted where YAML would take it for something else."""
    dumped = yaml.safe_dump(
        _plain(value), allow_unicode=True, default_flow_style=True, width=10**6, sort_keys=False
    )
    return str(dumped).removesuffix("\n").removesuffix("\n...").strip()
