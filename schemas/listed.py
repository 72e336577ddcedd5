"""Lists of structs per row, built at once from one long frame.

Polars' `concat_list` of many structs touches every row for every field; the odd cells are few, so
they are collected as rows of a long frame and cut into lists by offsets.
"""

import numpy as np
import polars as pl
import pyarrow as pa


def listed(long: pl.DataFrame, *, rows: int, struct: pl.Struct, name: str) -> pl.Series:
    """One list per row 0..rows-1, from `long`: a column `row` and the struct's fields.

    Rows without an entry get an empty list. Within a row the order of `long` is kept.
    """
    dtype = pl.List(struct)
    if long.is_empty():
        return pl.Series(name, [[]], dtype=dtype).new_from_index(0, rows)
    long = long.sort("#row", maintain_order=True)
    counts = np.bincount(long["#row"].to_numpy(), minlength=rows)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    values = long.select(pl.struct(list(struct.to_schema())).alias("v"))["v"]
    arrow = pa.LargeListArray.from_arrays(pa.array(offsets), values.to_arrow())
    return pl.Series(name, pl.from_arrow(arrow), dtype=dtype)


def gathered(frame: pl.DataFrame, odd: list[tuple[str, str, str]]) -> pl.DataFrame:
    """The issues of a frame, long: row, field, raw, reason.

    Args:
        frame: One row per record.
        odd: (field, column of the raw text, column of the reason, null where nothing is odd).
    """
    parts = [
        frame.select("#row", raw=raw, reason=reason)
        .filter(pl.col("reason").is_not_null())
        .select("#row", pl.lit(field).alias("field"), "raw", "reason")
        for field, raw, reason in odd
        if frame[reason].null_count() < frame.height
    ]
    empty = {"#row": pl.UInt32, "field": pl.String, "raw": pl.String, "reason": pl.String}
    return pl.concat(parts) if parts else pl.DataFrame(schema=empty)
