"""A brain in memory, filled with records by hand."""

from collections.abc import Iterator

import duckdb
import pytest
from small_world import empty_brain


@pytest.fixture
def brain() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = empty_brain()
    yield connection
    connection.close()
