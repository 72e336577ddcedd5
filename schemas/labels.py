"""Labels 标签: from tags in one cell, from flag columns, from a roster whose every row has one."""

from functools import partial

import polars as pl

from schemas.blanks import is_blank, known, tidy
from schemas.codes import inputs_of, standard_code
from schemas.dates import standard_day
from schemas.listed import listed
from schemas.readings import Circumstances, Source, raw_text
from schemas.resident import Label

NOT_SO = ("否", "不是", "N", "NO", "FALSE", "F", "no", "n", "false", "False", "No")
"""Answers of a yes/no column that give no label."""
TWINS = {",": "，、", "、": "，,", ";": "；", "|": "｜", "/": "／"}
"""Separators that people type for each other."""


def read_labels(
    frame: pl.DataFrame, sources: tuple[Source, ...], about: Circumstances
) -> tuple[pl.Series, pl.DataFrame]:
    """The labels of every row of `frame` (it has a column `row`), and the issues met, long.

    A label named twice for one row is kept once, with what any of the places tells of it.
    """
    parts = [_one_source(frame, source, about) for source in sources]
    if not parts:
        return listed(
            frame.select("#row").clear(), rows=frame.height, struct=Label, name="labels"
        ), (_no_issues())
    long = pl.concat(parts)
    kept = long.filter(pl.col("label").is_not_null())
    if len(parts) > 1 or sources[0].map.split is not None:
        told = (pl.col(c).drop_nulls().first() for c in ("detail", "since", "until"))
        kept = kept.group_by("#row", "label", maintain_order=True).agg(told)
    labels = listed(kept, rows=frame.height, struct=Label, name="labels")
    issues = [
        long.filter(pl.col(reason).is_not_null()).select(
            "#row", pl.lit("labels").alias("field"), raw=raw, reason=reason
        )
        for raw, reason in (
            ("raw", "reason"),
            ("since_raw", "since_reason"),
            ("until_raw", "until_reason"),
        )
    ]
    return labels, pl.concat(issues)


def _one_source(frame: pl.DataFrame, source: Source, about: Circumstances) -> pl.DataFrame:
    """Long: row, label, detail, since, until, and what could not be read."""
    day = partial(standard_day, timezone=about.timezone)
    nothing = pl.lit(None, pl.String)
    at = {
        name: pl.col(column) if column is not None else nothing
        for name, column in (
            ("detail", source.map.detail),
            ("since", source.map.since),
            ("until", source.map.until),
        )
    }
    long = frame.select("#row", raw=raw_text(source), **at)
    if source.map.split is not None:
        twins = dict.fromkeys(TWINS.get(source.map.split, ()), source.map.split)
        pieces = pl.col("raw").str.replace_many(twins).str.split(source.map.split)
        long = long.with_columns(raw=pieces).explode("raw", empty_as_null=True, keep_nulls=True)
    listed_tags = source.codes or {}
    long = long.with_columns(tag=tidy(pl.col("raw"))).filter(
        pl.col("tag").is_in(list(listed_tags))
        | ~(is_blank(pl.col("tag")) | pl.col("tag").is_in(list(NOT_SO)))
    )
    long = long.with_columns(_label(source, pl.col("tag")).alias("read"))
    return long.select(
        "#row",
        pl.col("read").struct["value"].alias("label"),
        known(pl.col("detail")).alias("detail"),
        day(pl.col("since")).struct["value"].alias("since"),
        day(pl.col("until")).struct["value"].alias("until"),
        pl.col("raw"),
        pl.col("read").struct["reason"].alias("reason"),
        pl.col("since").alias("since_raw"),
        day(pl.col("since")).struct["reason"].alias("since_reason"),
        pl.col("until").alias("until_raw"),
        day(pl.col("until")).struct["reason"].alias("until_reason"),
    )


def _label(source: Source, tag: pl.Expr) -> pl.Expr:
    """With `codes` only what they know; else the usual writings in one, and any other as it is."""
    if source.codes is not None:
        return standard_code(tag, source.codes)
    usual = standard_code(tag, inputs_of("label")).struct["value"]
    return pl.struct(value=pl.coalesce(usual, tag), reason=pl.lit(None, pl.String))


def _no_issues() -> pl.DataFrame:
    return pl.DataFrame(
        schema={"#row": pl.UInt32, "field": pl.String, "raw": pl.String, "reason": pl.String}
    )
