"""What is told of people besides the fields of the standard: platforms' extras, and answers."""

from collections.abc import Collection

import duckdb
import polars as pl

from hub.settings import Home
from identity.roster import extras
from reports.collected import PLATFORM, STREAM, read_collected
from schemas.extras import extras as known_extras
from warehouse.answers import merged_ids

TOLD = pl.Schema({
    "resident_id": pl.String(), "item": pl.String(), "value": pl.String(),
    "platform": pl.String(), "stream": pl.String(), "record_key": pl.String(),
    "at": pl.Datetime("us", "UTC"),
})  # fmt: skip
"""One word on one item of a resident, by whom and when."""


def told_besides(
    connection: duckdb.DuckDBPyConnection,
    residents: pl.Series,
    items: Collection[str],
    answers: pl.DataFrame,
) -> pl.DataFrame:
    """The newest word on each item of each resident, as `TOLD`.

    Args:
        connection: An open snapshot.
        residents: Of whom platforms' extras are wanted.
        items: The extras wanted, by their titles.
        answers: What was asked once and answered, as `reports.collected` reads it.
    """
    said = pl.DataFrame(schema=TOLD)
    if items:
        held = extras(connection, residents, sorted(items)).rename({"said_at": "at"})
        named = pl.format("other:{}", "item").alias("item")
        said = held.with_columns(named).select(list(TOLD)).cast(TOLD)
    given = answers.with_columns(pl.lit(PLATFORM).alias("platform"), pl.lit(STREAM).alias("stream"))
    both = pl.concat([said, given.select(list(TOLD))])
    return both.sort("at").unique(["resident_id", "item"], keep="last", maintain_order=True)


def told_of(
    home: Home, connection: duckdb.DuckDBPyConnection, resident_id: str
) -> list[dict[str, object]]:
    """All that is told besides of one resident, a row an item."""
    answers = read_collected(home, merged_ids(connection))
    mine = answers.filter(pl.col("resident_id") == resident_id)
    one = pl.Series("resident_id", [resident_id])
    return told_besides(connection, one, list(known_extras()), mine).sort("item").to_dicts()
