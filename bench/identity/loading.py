"""A world's records through the standard into a brain in memory, as a sync would bring them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random

import duckdb
import polars as pl

from bench.identity.people import TODAY
from bench.identity.platforms import BIRTHS, SHARES, Row
from hub.platform import Platform
from identity.tables import create_tables
from schemas.contract import check
from schemas.entities import MODELS, core_schema
from schemas.mapping import compile_mapping
from warehouse.brain import create_brain

PULLED = datetime(2026, 6, 1, tzinfo=UTC)
PLAIN = ("name", "id_number", "phone", "residence_address")


def empty_brain(threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A brain in memory, with all its tables."""
    connection = duckdb.connect(config={"threads": threads, "preserve_insertion_order": False})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute("SET enable_progress_bar = false")
    create_brain(connection, {str(e): pl.DataFrame(schema=core_schema(e)) for e in MODELS})
    create_tables(connection)
    return connection


def standardised(rows: Sequence[Row]) -> pl.DataFrame:
    """Core records of all platforms, with `platform`; `stream` is always `people`."""
    made = []
    for platform in SHARES:
        held = [one for one in rows if one.platform == platform]
        columns = sorted({name for one in held for name in one.cells})
        raw = pl.DataFrame(
            {name: [one.cells.get(name) for one in held] for name in columns},
            schema=dict.fromkeys(columns, pl.String),
        ).with_columns(
            pl.Series("_key", [one.key for one in held], pl.String),
            pl.lit("upsert").alias("_op"),
            pl.lit("").alias("_hash"),
        )
        raw = raw.with_row_index("_row").with_columns(pl.col("_row").cast(pl.Int64))
        core = compile_mapping(_platform(platform, columns), "people").apply(raw, as_of=TODAY).core
        accepted, _ = check("resident", core)
        made.append(accepted.with_columns(platform=pl.lit(platform)))
    return pl.concat(made)


def _platform(name: str, columns: Sequence[str]) -> Platform:
    fields: dict[str, object] = {one: one for one in PLAIN}
    fields["sex_code"] = {"from": "sex_code", "codes": "sex"}
    if name in BIRTHS:
        fields["birth_date"] = {"from": "birth_date", "as": "date"}
    for one in ("household_no", "head_name"):
        if one in columns:
            fields[one] = one
    if "relation_code" in columns:
        fields["relation_code"] = {"from": "relation_code", "codes": "relation"}
    stream = {
        "files": "*.csv", "format": "csv", "key": ["key"], "increment": "snapshot",
        "entity": "resident", "map": fields,
    }  # fmt: skip
    return Platform.model_validate(
        {
            "platform": name, "title": name, "owner": {"level": "street", "department": "x"},
            "connection": {"kind": "files", "path": "x"}, "streams": {"people": stream},
        }
    )  # fmt: skip


def put(connection: duckdb.DuckDBPyConnection, core: pl.DataFrame, order: Random | None) -> None:
    """Add core records to the brain; `changed` names them. With `order`, they arrive shuffled."""
    places = list(range(core.height))
    if order:
        order.shuffle(places)
    first = connection.execute("SELECT coalesce(max(record_id), 0) FROM record_id").fetchall()[0][0]
    arriving = core[places].with_columns(
        pl.int_range(first + 1, first + 1 + core.height, dtype=pl.Int64).alias("record_id")
    )
    connection.register("arriving", arriving.to_arrow())
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE changed AS SELECT record_id FROM arriving;
        INSERT INTO record_id SELECT record_id, platform, 'people', record_key FROM arriving""")
    connection.execute(
        "INSERT INTO resident_record BY NAME SELECT * EXCLUDE (op), 'people' AS stream, "
        "1::BIGINT AS seq, $now::TIMESTAMPTZ AS valid_from FROM arriving",
        {"now": PULLED},
    )
    connection.unregister("arriving")
