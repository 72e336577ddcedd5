"""Extras 附加项目: what platforms hold of a person besides the fields of the standard.

The list of them is extras.csv: a name in Chinese, how its text is read, how sensitive it is, and
what platforms call it. A record keeps them as a list of item and value, `Extra`.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import polars as pl

from hub.platform_streams import FieldMap
from schemas.blanks import known, tidy
from schemas.dates import standard_day
from schemas.fields import FieldFacts
from schemas.id_numbers import standard_id_number
from schemas.listed import listed
from schemas.names import standard_name
from schemas.phones import standard_phone
from schemas.readings import Circumstances, Source, raw_text
from schemas.resident import Extra

PATH = files("schemas") / "extras.csv"


@dataclass(frozen=True)
class ExtraFacts:
    """One item: what it is called, how its text is read, and how it may be shown."""

    title: str
    reads: Literal["text", "name", "phone", "id_number", "day", "list"]
    level: int
    mask: str
    names: tuple[str, ...]
    description: str


@cache
def extras() -> Mapping[str, ExtraFacts]:
    """Every item there is, by its name."""
    with PATH.open(encoding="utf-8") as file:
        return {
            row["title"]: ExtraFacts(
                row["title"], row["reads"], int(row["level"]), row["mask"],  # type: ignore[arg-type]  # held by a test
                tuple(filter(None, row["names"].split("|"))), row["description"],
            )
            for row in csv.DictReader(file)
        }  # fmt: skip


def read_extras(
    frame: pl.DataFrame, maps: Mapping[str, tuple[FieldMap, ...]], about: Circumstances
) -> tuple[pl.Series, pl.DataFrame]:
    """The extras of every row of `frame` (it has a column `#row`), and the issues met, long.

    Of several maps of one item the first that has a value counts. What cannot be read is an
    issue, and the item is not held.
    """
    parts = [_one_item(frame, title, one, about) for title, of in maps.items() for one in of]
    if not parts:
        empty = frame.select("#row").clear()
        return listed(empty, rows=frame.height, struct=Extra, name="extras"), _no_issues()
    long = pl.concat(parts)
    kept = long.filter(pl.col("value").is_not_null()).unique(
        ["#row", "item"], keep="first", maintain_order=True
    )
    issues = long.filter(pl.col("reason").is_not_null()).select(
        "#row", pl.lit("extras").alias("field"), "raw", "reason"
    )
    return listed(kept, rows=frame.height, struct=Extra, name="extras"), issues


def _one_item(frame: pl.DataFrame, title: str, one: FieldMap, about: Circumstances) -> pl.DataFrame:
    """Long: #row, item, value, raw, reason; rows that say nothing are left out."""
    raw = raw_text(Source(NO_FACTS, one))
    told = frame.select("#row", raw=raw).filter(known(pl.col("raw")).is_not_null())
    reading = _reading(extras()[title].reads, pl.col("raw"), about)
    return told.select(
        "#row", pl.lit(title).alias("item"),
        reading.struct["value"].cast(pl.String).alias("value"), "raw",
        reading.struct["reason"].alias("reason"),
    )  # fmt: skip


def _reading(reads: str, raw: pl.Expr, about: Circumstances) -> pl.Expr:
    if reads == "name":
        return standard_name(raw)
    if reads == "phone":
        return standard_phone(raw)
    if reads == "day":
        return _day(standard_day(raw, timezone=about.timezone, as_of=about.as_of), raw)
    if reads == "id_number":
        return _valid(standard_id_number(raw, pl.lit(None, pl.String), as_of=about.as_of))
    return pl.struct(
        value=_values(raw) if reads == "list" else tidy(raw), reason=pl.lit(None, pl.String)
    )


def _values(raw: pl.Expr) -> pl.Expr:
    """A JSON list by its values: 助洁 3、助浴 12 of flat objects; another text as it is."""
    between = raw.str.replace_all(r"\}\s*,\s*\{", "、").str.replace_all(r'"[^"]*"\s*:\s*', "")
    one = pl.when(raw.str.contains("{", literal=True)).then(pl.lit(" ")).otherwise(pl.lit("、"))
    bare = between.str.replace_all(r"\s*,\s*", one).str.replace_all(r'[\[\]{}"]', "")
    text = pl.when(raw.str.contains(r"^\s*\[")).then(bare).otherwise(raw)
    return tidy(pl.when(text.str.strip_chars() != "").then(text))


def _day(day: pl.Expr, raw: pl.Expr) -> pl.Expr:
    """ISO; a month or a year alone stays as it was written."""
    partly = pl.when(day.struct["year"].is_not_null()).then(tidy(raw))
    value = pl.coalesce(day.struct["value"].cast(pl.String), partly)
    return pl.struct(value=value, reason=day.struct["reason"])


def _valid(number: pl.Expr) -> pl.Expr:
    """Of somebody else's number only a valid one is of use."""
    good = number.struct["status"] == "valid"
    masked = number.struct["status"] == "masked"
    why = pl.when(masked).then(pl.lit("masked_id_number")).otherwise(pl.lit("id_check_failed"))
    return pl.struct(
        value=pl.when(good).then(number.struct["value"]),
        reason=pl.coalesce(number.struct["reason"], pl.when(~good).then(why)),
    )


def _no_issues() -> pl.DataFrame:
    return pl.DataFrame(
        schema={"#row": pl.UInt32, "field": pl.String, "raw": pl.String, "reason": pl.String}
    )


NO_FACTS = FieldFacts("extras", "附加项目", "", 4, "隐藏", "text", None, "", pl.String())
"""An extra is read by its own facts, not by a field's."""
