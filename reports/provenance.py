"""Where every cell of a filled list is from: platform, row, time; or that nobody holds it."""

from collections.abc import Collection, Iterator, Mapping

import polars as pl

from reports.form_file import Sheet
from reports.items import FREE, facts_of_item, is_held
from reports.people import People
from reports.spreadsheet import safe

NOT_HELD, NOT_KNOWN, OURS = "各平台都没有这一项", "有这一项，但没有这个人的", "数据大脑计算"
NONE_SUCH = "不涉及"
AT_ONCE = 10_000
"""Cells described in one go: what is told of one takes ten times its place."""


def provenance_of(
    sheet: Sheet,
    people: People,
    texts: Mapping[str, pl.Series],
    sources: Iterator[pl.DataFrame],
    own: Collection[str] = (),
) -> Iterator[pl.DataFrame]:
    """One line a cell, without its value: which cell and item, whose, and the record it is of.

    Args:
        sheet: What its columns ask for.
        people: Who stands on it.
        texts: What is written of them, by letter of the column.
        sources: Of each column that asks for something, in their order.
        own: Cells in which the department itself wrote something: of these nothing is told.
    """
    first = sheet.body[0]
    rows = {resident: row for row, resident in sheet.given.items()}
    asked = [one for one in sheet.columns if one.item not in FREE]
    for column, mine in zip(asked, sources, strict=True):
        held = texts[column.at].is_not_null()
        them = people.of(people.frame.slice(*sheet.part(column, people.frame.height)))
        lines = them.frame.select(
            pl.lit(sheet.sheet).alias("工作表"),
            pl.format(
                "{}{}",
                pl.lit(column.at),
                pl.col("resident_id").replace_strict(rows, return_dtype=pl.Int64)
                if rows
                else pl.int_range(pl.len()) + first,
            ).alias("单元格"),
            safe(pl.lit(facts_of_item(column.item).title)).alias("项目"),
            "resident_id",
        ).with_columns(held=held, applies=them.applies(column.item))
        lines = lines.filter(~pl.col("单元格").is_in(own)) if own else lines
        known = is_held(column.item) or bool(held.any())
        for some in lines.iter_slices(AT_ONCE):
            yield _described(some, mine, NOT_KNOWN if known else NOT_HELD)


def _described(lines: pl.DataFrame, mine: pl.DataFrame, why_blank: str) -> pl.DataFrame:
    joined = lines.join(mine, on="resident_id", how="left", maintain_order="left")
    missing = pl.when("applies").then(pl.lit(why_blank)).otherwise(pl.lit(NONE_SUCH))
    ours = pl.when(pl.col("platform").is_null()).then(pl.lit(OURS))
    told = pl.when("held").then(ours).otherwise(missing)
    source = [pl.when("held").then(one) for one in ("platform", "stream", "record_key")]
    moment = pl.col("said_at").dt.convert_time_zone("Asia/Shanghai").dt.to_string("%Y-%m-%d %H:%M")
    return joined.select(
        safe(pl.col("工作表")).alias("工作表"), "单元格", "项目",
        pl.col("resident_id").alias("居民编码"),
        source[0].alias("平台"), source[1].alias("数据流"),
        safe(source[2]).alias("记录键"),
        pl.when("held").then(moment).alias("时间"),
        told.alias("说明"),
    )  # fmt: skip
