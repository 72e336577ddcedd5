"""Where a record is: its address taken apart, its head's number, a grid's reach."""

import polars as pl

from hub.platform_streams import Entity
from schemas.addresses import PARTS, parse_address
from schemas.covers import parse_covers
from schemas.divisions import DivisionCodes

ADDRESS_FIELD: dict[Entity, str] = {
    "resident": "residence_address",
    "household": "address",
    "dwelling": "address",
    "event": "address",
}
"""The field whose text gives the parts; of a grid it is `buildings`, into `covers`."""


JUDGED = frozenset({"community_code", "grid_code"})
"""Fields that name a community by its code."""
ISSUES = {"#row": pl.UInt32, "field": pl.String, "raw": pl.String, "reason": pl.String}


def take_apart(frame: pl.DataFrame, field: str) -> pl.DataFrame:
    """Add the parts of the address; a part with a column of its own keeps that.

    `address.parsed` is the reason where there is an address of which no part was understood.
    """
    if f"{field}.value" not in frame.columns:
        return frame
    frame = frame.with_columns(parse_address(pl.col(f"{field}.value")).alias("_parts"))
    parts = {p: pl.col("_parts").struct[p] for p in PARTS}
    own = [p for p in PARTS if f"{p}.value" in frame.columns]
    nothing = pl.all_horizontal(parts[p].is_null() for p in PARTS if p != "floor")
    unclear = nothing & pl.col(f"{field}.value").is_not_null()
    return frame.with_columns(
        pl.when(unclear).then(pl.lit("address_not_understood")).alias("address.parsed"),
        *(
            (pl.coalesce(f"{p}.value", parts[p]) if p in own else parts[p]).alias(f"{p}.value")
            for p in PARTS
        ),
    ).drop("_parts")


def only_good_numbers(frame: pl.DataFrame, field: str) -> pl.DataFrame:
    """A number that is used as a key is kept if it is valid only; the issue keeps the rest."""
    if f"{field}.value" not in frame.columns:
        return frame
    status = pl.col(f"{field}.status")
    return frame.with_columns(
        pl.when(status == "valid").then(f"{field}.value").alias(f"{field}.value"),
        pl.when(status == "masked")
        .then(pl.lit("masked_id_number"))
        .otherwise(f"{field}.reason")
        .alias(f"{field}.reason"),
    )


def unknown_divisions(frame: pl.DataFrame, divisions: DivisionCodes) -> pl.DataFrame:
    """Issues, long, of codes whose community the table does not know, or knows as abolished.

    A grid's code begins with its community's 12 digits if it has 15; a platform's own code says
    nothing of it.
    """
    parts = [pl.DataFrame(schema=ISSUES)]
    now, past = (pl.Series(sorted(one), dtype=pl.String) for one in (divisions.now, divisions.past))
    judged = [field for field in sorted(JUDGED) if f"{field}.value" in frame.columns]
    for field in judged[:1]:  # a grid's own code has given its community
        code = pl.col(f"{field}.value")
        if field == "grid_code":
            code = code.str.extract(r"^([0-9]{12})[0-9]{3}$")
        odd = frame.select("#row", raw=f"{field}.value", community=code).filter(
            pl.col("community").is_not_null() & ~pl.col("community").is_in(now.implode())
        )
        known = pl.col("community").is_in(past.implode())
        reason = pl.when(known).then(pl.lit("past_division")).otherwise(pl.lit("unknown_division"))
        parts.append(odd.select("#row", field=pl.lit(field), raw="raw", reason=reason))
    return pl.concat(parts)


def settle_grids(frame: pl.DataFrame) -> pl.DataFrame:
    """A grid's community from its own 15-digit code where not given; its reach from the text."""
    if "community_code.value" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.String).alias("community_code.value"))
    own = pl.col("grid_code.value").str.extract(r"^([0-9]{12})[0-9]{3}$")
    frame = frame.with_columns(
        pl.coalesce("community_code.value", own).alias("community_code.value")
    )
    if "buildings.value" not in frame.columns:
        return frame
    return frame.with_columns(parse_covers(frame["buildings.value"]).alias("covers.value"))
