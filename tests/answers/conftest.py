"""The small home's current snapshot, open for reading."""

from collections.abc import Iterator

import duckdb
import pytest

from hub.settings import Home
from tests.cli.small_home import build
from tests.made_once import MadeHomes
from warehouse.snapshots import reading


@pytest.fixture(scope="session")
def answering_home(made_homes: MadeHomes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return made_homes.copy("small", build, tmp_path_factory.mktemp("answers") / "home")


@pytest.fixture
def brain(answering_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading(answering_home) as connection:
        yield connection


@pytest.fixture
def former(answering_home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    with reading(answering_home, 1) as connection:
        yield connection
