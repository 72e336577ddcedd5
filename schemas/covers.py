"""What a grid covers: `龙港花园1-8栋、10栋；昭觉寺横路10号1-3栋` as one entry per building."""

import polars as pl

from schemas.addresses import parse_address
from schemas.blanks import tidy_series
from schemas.grid import Cover
from schemas.listed import listed

PIECES = r"[、，,；;\n|]+|\s+"
RANGE = r"^(.*?)([0-9]+)(?:栋|幢|座|号楼)?(?:-|~|至|到|—)([0-9]+)(栋|幢|座|号楼|号院?|#)?$"
WIDEST = 300
"""A range wider than this is taken for something else, and kept as it stands."""


def parse_covers(text: pl.Series) -> pl.Series:
    """One list of `Cover` per text; a piece without a place belongs to the place before it."""
    long = _pieces(text)
    if long.is_empty():
        return listed(long, rows=text.len(), struct=Cover, name="covers")
    long = _expanded(long)
    parts = pl.col("parts")
    long = long.with_columns(parse_address(pl.col("piece")).alias("parts")).select(
        "#row", **{p: parts.struct[p] for p in Cover.to_schema()}
    )
    named = pl.any_horizontal(pl.col("road", "door_no", "compound").is_not_null())
    place = pl.when(named).then(pl.struct("road", "door_no", "compound"))
    long = long.with_columns(place=place.forward_fill().over("#row", order_by=None))
    long = long.select("#row", pl.col("place").struct.unnest(), "building")
    some = pl.any_horizontal(pl.exclude("#row").is_not_null())
    return listed(
        long.filter(some).unique(maintain_order=True), rows=text.len(), struct=Cover, name="covers"
    )


def _pieces(text: pl.Series) -> pl.DataFrame:
    frame = tidy_series(text).alias("piece").to_frame().with_row_index("#row")
    flat = pl.col("piece").str.replace_all(r"[()（）]|全部|所有|楼栋[:：]?|[:：]", "")
    flat = flat.str.replace_all(r"[~～—–]|至|到", "-").str.replace_all(r"\s*-\s*", "-")
    flat = flat.str.replace_all(r"([0-9])(?:和|及)([0-9])", "$1、$2").str.replace_all(
        "[和及与]", "、"
    )
    pieces = flat.str.replace_all(PIECES, "、").str.split("、")
    long = frame.with_columns(piece=pieces).explode("piece", empty_as_null=True, keep_nulls=True)
    return long.filter(pl.col("piece").str.len_chars() > 0)


def _expanded(long: pl.DataFrame) -> pl.DataFrame:
    """`1-8栋` as eight pieces; anything that is no range stays one."""
    groups = pl.col("piece").str.extract_groups(RANGE)
    long = long.with_columns(
        head=groups.struct[0],
        first=groups.struct[1].cast(pl.Int64, strict=False),
        last=groups.struct[2].cast(pl.Int64, strict=False),
        mark=groups.struct[3].fill_null("栋"),
    )
    ranged = (pl.col("last") >= pl.col("first")) & (pl.col("last") - pl.col("first") < WIDEST)
    ranged = ranged.fill_null(value=False)
    long = long.with_columns(
        number=pl.when(ranged)
        .then(pl.int_ranges(pl.col("first"), pl.col("last") + 1))
        .otherwise(pl.lit([None], pl.List(pl.Int64)))
    ).explode("number", empty_as_null=True, keep_nulls=True)
    one = pl.col("head") + pl.col("number").cast(pl.String) + pl.col("mark")
    return long.select("#row", piece=pl.coalesce(one, "piece"))
