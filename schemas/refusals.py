"""Rows that make no sense without what they lack are set aside, each with its reason."""

import polars as pl

from hub.platform_streams import Entity

QUARANTINE = {
    "record_key": pl.String,
    "row_no": pl.Int64,
    "field": pl.String,
    "raw": pl.String,
    "reason": pl.String,
}
NEEDS: dict[Entity, tuple[tuple[str, ...], str]] = {
    "resident": (("name", "id_number"), "no_name_nor_identifier"),
    "household": (("household_no", "head_name", "head_id_number"), "no_number_nor_head"),
    "dwelling": (("address", "road", "compound", "building"), "no_address"),
    "grid": (("grid_code",), "no_grid_code"),
    "event": (("happened_at",), "no_time"),
}
"""Of which fields a record must have at least one, and the reason if it has none."""


def accepted(
    entity: Entity, core: pl.DataFrame, read: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The core rows that make sense, and the quarantine of the others.

    `read` has the same rows, with the raw text the field was read from.
    """
    fields, reason = NEEDS[entity]
    enough = core.select(pl.any_horizontal(pl.col(fields).is_not_null())).to_series()
    if enough.all():
        return core, pl.DataFrame(schema=QUARANTINE)
    raws = [f"{f}.raw" for f in fields if f"{f}.raw" in read.columns]
    refused = read.filter(~enough).select(
        record_key="_key",
        row_no="_row",
        field=pl.lit(fields[0]),
        raw=pl.coalesce(raws) if raws else pl.lit(None, pl.String),
        reason=pl.lit(reason),
    )
    return core.filter(enough), refused.cast(QUARANTINE)  # type: ignore[arg-type]  # names to types


UNREADABLE = (
    "unknown_code", "bad_date", "bad_age", "bad_time", "bad_number", "bad_division_code",
)  # fmt: skip
"""Reasons that say of a cell: not what the mapping expects of its column."""


def all_readable(core: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The core rows whose every cell was read, and the quarantine of the others.

    For streams whose contract sets aside what does not fit, where others empty the cell.
    """
    issues = pl.col("issues").list.eval(pl.element().struct["reason"].is_in(UNREADABLE))
    bad = core.select(issues.list.any()).to_series()
    if not bad.any():
        return core, pl.DataFrame(schema=QUARANTINE)
    first = (
        pl.col("issues").list.filter(pl.element().struct["reason"].is_in(UNREADABLE)).list.first()
    )
    refused = core.filter(bad).select(
        "record_key",
        "row_no",
        field=first.struct["field"],
        raw=first.struct["raw"],
        reason=first.struct["reason"],
    )
    return core.filter(~bad), refused.cast(QUARANTINE)  # type: ignore[arg-type]  # names to types


def without_key(lost: pl.DataFrame) -> pl.DataFrame:
    """The quarantine of rows that no later pull could recognise."""
    return lost.select(
        record_key="_key",
        row_no="_row",
        field=pl.lit("record_key"),
        raw=pl.lit(None, pl.String),
        reason=pl.lit("no_record_key"),
    ).cast(QUARANTINE)  # type: ignore[arg-type]  # names to types
