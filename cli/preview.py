"""The first rows of a stream, as the platform gives them beside what the standard reads in them."""

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from security.masks import HIDDEN, masked
from serving.reading.wording import mask_of, reason, shown, title

if TYPE_CHECKING:
    import polars as pl

    from hub.platform import Platform
    from hub.platform_streams import Stream
    from hub.settings import Home

Row = dict[str, Any]
OWN = ("record_key", "op", "row_hash", "row_no", "issues")


def preview_rows(
    home: "Home", platform: "Platform", stream: str, rows: int, *, clear: bool
) -> list[Row]:
    """Pull the first rows and standardise them; nothing is stored, no cursor moves.

    Each has `fields` (a list of field, title, value, columns, raw), `issues`, and `quarantined`:
    the reason if it would be set aside.
    """
    from schemas.contract import check
    from schemas.mapping import compile_mapping

    mapping = compile_mapping(platform, stream)
    raw = _first_rows(home, platform, stream, rows)
    setting = platform.streams[stream]
    made = mapping.apply(raw, as_of=datetime.now(ZoneInfo(platform.timezone)).date())
    core, broken = check(setting.entity, made.core)
    standard = {row["row_no"]: row for row in core.to_dicts()}
    aside = {row["row_no"]: row for row in [*made.quarantine.to_dicts(), *broken.to_dicts()]}
    return [
        {
            "fields": _fields(row, standard.get(row["_row"], {}), setting, clear=clear),
            "issues": _issues(standard.get(row["_row"], {}), setting, clear=clear),
            "quarantined": reason(aside[row["_row"]]["reason"]) if row["_row"] in aside else None,
        }
        for row in raw.to_dicts()
    ]


def _first_rows(home: "Home", platform: "Platform", stream: str, rows: int) -> "pl.DataFrame":
    import polars as pl

    from connectors import open_connector

    wanted = platform.streams[stream].columns
    with closing(open_connector(platform, home.root)) as connector:
        first = next(iter(connector.pull(stream, None, resume=False, chunk_rows=rows)), None)
    if first is None or not first.rows.num_rows:
        texts = dict.fromkeys(("_key", "_op", "_hash", *wanted), pl.String)
        return pl.DataFrame(schema={**texts, "_row": pl.Int64})
    table = pl.DataFrame(first.rows.slice(0, rows))
    key = list(platform.streams[stream].key) or table.columns
    return table.with_columns(
        _key=pl.concat_str(key, separator="|", ignore_nulls=True),
        _op=pl.lit("upsert"),
        _hash=pl.lit(""),
        _row=pl.int_range(1, pl.len() + 1, dtype=pl.Int64),
    )


def _fields(raw: Row, core: Row, stream: "Stream", *, clear: bool) -> list[Row]:
    """First the mapped fields with their raw texts, then what was read out of them."""
    entity, made = stream.entity, []
    for field, maps in stream.map.items():
        columns = list(dict.fromkeys(c for one in maps for c in one.columns))
        texts = {column: raw.get(column) for column in columns}
        if not clear:
            texts = {c: masked(text, mask_of(field, entity)) for c, text in texts.items()}
        made.append(_field(field, core.get(field), stream, clear=clear) | {"raw": texts})
    for field, value in core.items():
        if field not in OWN and field not in stream.map and value not in (None, []):
            made.append(_field(field, value, stream, clear=clear) | {"raw": {}})
    return made


def _field(field: str, value: object, stream: "Stream", *, clear: bool) -> Row:
    read = shown(field, value if value != [] else None, clear=clear, entity=stream.entity)
    return {"field": field, "title": title(field, stream.entity), "value": _in_words(read)}


def _in_words(value: object) -> object:
    """Labels and covered buildings in one line."""
    if not isinstance(value, list):
        return value
    return "、".join(
        str(one.get("label") or "".join(str(part) for part in one.values() if part))
        for one in value
    )


def _spoken(value: object) -> object:
    """A year without thousands."""
    return str(value) if isinstance(value, int) else value


def _issues(core: Row, stream: "Stream", *, clear: bool) -> list[Row]:
    return [
        {
            "field": title(issue["field"], stream.entity),
            "raw": issue["raw"] if clear or issue["raw"] is None else HIDDEN,
            "reason": reason(issue["reason"]),
        }
        for issue in core.get("issues") or []
    ]


def show_preview(platform: "Platform", stream: str, found: list[Row]) -> None:
    """Print row by row."""
    from cli.screen import heading, say, table

    heading(f"{platform.title} · {stream}")
    if not found:
        say("这个数据流现在没有记录。")
    for nth, row in enumerate(found, start=1):
        aside = f"（将被隔离：{row['quarantined']}）" if row["quarantined"] else ""
        say("", f"第 {nth} 行{aside}")
        table(
            ("标准字段", "读作", "平台的列", "原样"),
            [
                (one["title"], _spoken(one["value"]), " + ".join(one["raw"]),
                 " + ".join("∅" if text is None else text for text in one["raw"].values()))
                for one in row["fields"]
            ],
        )  # fmt: skip
        for issue in row["issues"]:
            say(f"  ! {issue['field']}：{issue['reason']}（原值 {issue['raw'] or ''}）")
