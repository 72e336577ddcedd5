"""数据回流: an Excel for each platform of its own rows that contradict, lack or spoil what is held.

In the words of the owner: what stands there, what is held elsewhere and by whom. What is missing
there is shown under its mask unless the steward asks for it in clear: the owner need not have it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from identity.corrections import requests
from identity.given_back import missing, wrong
from reports.collected import PLATFORM
from reports.formats import written
from reports.items import facts_of_item, is_item
from reports.tables import workbook

CONFLICT, WRONG, MISSING = "矛盾", "有误", "缺失"
CONFLICTS = ("数据流", "记录键", "居民编码", "字段", "平台现值", "核对值", "依据", "核对结果")
ISSUES = ("数据流", "记录键", "居民编码", "字段", "平台原值", "原因", "核对值", "依据", "核对结果")
BLANKS = ("数据流", "记录键", "居民编码", "字段", "核对值", "依据", "核对结果")
Words = Callable[[str], str]


@dataclass(frozen=True)
class GivenBack:
    """What goes to one platform, sheet by sheet."""

    platform: str
    sheets: dict[str, pl.DataFrame]

    @property
    def rows(self) -> dict[str, int]:
        """How many of each kind."""
        return {name: one.height for name, one in self.sheets.items()}

    @property
    def content(self) -> bytes:
        """The Excel file."""
        return workbook(self.sheets)


def given_back(
    connection: duckdb.DuckDBPyConnection,
    titles: Mapping[str, str],
    reason: Words,
    platforms: Sequence[str] = (),
    *,
    clear: bool = False,
) -> list[GivenBack]:
    """Collect for each platform its conflicts, mistakes and blanks; those without any are left out.

    Args:
        connection: An open snapshot.
        titles: What each platform is called.
        reason: A reason code in the owner's words.
        platforms: Only these; none: all.
        clear: What is missing is shown as it is, not under its mask.
    """
    conflicts = pl.DataFrame(
        requests(connection, platforms), infer_schema_length=None
    )  # fmt: skip
    mistakes, blanks = wrong(connection, platforms), missing(connection, platforms)
    conflicts, mistakes, blanks = map(_without_echoes, (conflicts, mistakes, blanks))
    named = {one["platform"].to_list()[0] for part in (conflicts, mistakes, blanks)
             if part.height for one in part.partition_by("platform")}  # fmt: skip
    return [
        GivenBack(name, {
            CONFLICT: _conflicts(_mine(conflicts, name), titles),
            WRONG: _mistakes(_mine(mistakes, name), titles, reason),
            MISSING: _blanks(_mine(blanks, name), titles, clear=clear),
        })
        for name in sorted(named)
    ]  # fmt: skip


def empty_workbook() -> bytes:
    """What is given back to a platform that has nothing to look at."""
    return workbook({"没有要核对的值": pl.DataFrame(schema=dict.fromkeys(CONFLICTS, pl.String))})


def write_given_back(found: Sequence[GivenBack], folder: Path) -> list[Path]:
    """Write a file for each platform (mode 0600, in a folder of mode 0700)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = []
    for one in found:
        path = folder / f"{one.platform}.xlsx"
        temporary = path.with_name(f".{path.name}.tmp")
        temporary.touch(mode=0o600)
        temporary.write_bytes(one.content)
        temporary.replace(path)
        made.append(path)
    return made


def _without_echoes(told: pl.DataFrame) -> pl.DataFrame:
    """An answer is about its own item: whose it is stands beside it, and the rest is no blank."""
    if not told.height:
        return told
    asked = pl.col("record_key").str.ends_with(pl.format("|{}", "field"))
    return told.filter((pl.col("platform") != PLATFORM) | asked)


def _mine(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    return frame.filter(pl.col("platform") == name) if frame.height else frame


def _conflicts(mine: pl.DataFrame, titles: Mapping[str, str]) -> pl.DataFrame:
    if not mine.height:
        return pl.DataFrame(schema=dict.fromkeys(CONFLICTS, pl.String))
    said = _shown(mine, "said", clear=True)
    held, by = _shown(mine, "held", clear=True), _named(mine["backed_by"], titles)
    return _sheet(mine, CONFLICTS, said, held, by)


def _mistakes(mine: pl.DataFrame, titles: Mapping[str, str], reason: Words) -> pl.DataFrame:
    if not mine.height:
        return pl.DataFrame(schema=dict.fromkeys(ISSUES, pl.String))
    why = pl.Series([reason(one) for one in mine["reason"]], dtype=pl.String)
    elsewhere = pl.Series([
        "、".join(one for one in (by or "").split("、") if one != own)
        for own, by in mine.select("platform", "held_by").iter_rows()
    ], dtype=pl.String)  # fmt: skip
    named, held = _named(elsewhere, titles), _shown(mine, "held", clear=True)
    alike = (held == mine["raw"]).fill_null(value=False)  # no value to correct it by
    told = pl.DataFrame([held.alias("held"), named.alias("by"), alike.alias("alike")]).select(
        pl.when(~pl.col("alike") & (pl.col("by") != "")).then("held").alias("held"),
        pl.when(pl.col("alike") & (pl.col("by") != "")).then(pl.col("by") + "也是这个值")
        .otherwise("by").alias("by"),
    )  # fmt: skip
    return _sheet(mine, ISSUES, mine["raw"], why, told["held"], told["by"])


def _blanks(mine: pl.DataFrame, titles: Mapping[str, str], *, clear: bool) -> pl.DataFrame:
    if not mine.height:
        return pl.DataFrame(schema=dict.fromkeys(BLANKS, pl.String))
    held, by = _shown(mine, "held", clear=clear), _named(mine["held_by"], titles)
    return _sheet(mine, BLANKS, held, by)


def _sheet(mine: pl.DataFrame, columns: Sequence[str], *told: pl.Series) -> pl.DataFrame:
    fields = pl.Series([_title(one) for one in mine["field"]], dtype=pl.String)
    blank = pl.Series([""] * mine.height, dtype=pl.String)
    parts = [mine["stream"], mine["record_key"], mine["resident_id"], fields, *told, blank]
    return pl.DataFrame([one.alias(name) for one, name in zip(parts, columns, strict=True)])


def _title(field: str) -> str:
    return facts_of_item(field).title if is_item(field) else field


def _named(platforms: pl.Series, titles: Mapping[str, str]) -> pl.Series:
    told = [
        "、".join(titles.get(one, one) for one in (text or "").split("、") if one)
        for text in platforms.to_list()
    ]
    return pl.Series(told, dtype=pl.String)


def _shown(mine: pl.DataFrame, column: str, *, clear: bool) -> pl.Series:
    """Values of many fields as people read them: codes in words, and masked unless clear."""
    indexed = mine.select("field", pl.col(column).alias("v")).with_row_index("nth")
    parts = []
    for (field,), one in indexed.group_by("field"):
        values = one["v"]
        if is_item(str(field)):
            values = written(values, str(field), mask=not clear)
        parts.append(one.select("nth").with_columns(values.cast(pl.String).alias("v")))
    return pl.concat(parts).sort("nth")["v"]
