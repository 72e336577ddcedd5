"""A brain in memory, filled with records by hand."""

from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from identity.tables import create_tables
from schemas.entities import MODELS, core_schema
from warehouse.brain import create_brain


def empty_brain() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    frames = {entity: pl.DataFrame(schema=core_schema(entity)) for entity in MODELS}
    create_brain(connection, frames)
    create_tables(connection)
    return connection


@pytest.fixture
def brain() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = empty_brain()
    yield connection
    connection.close()
