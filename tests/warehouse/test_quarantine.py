"""What stands in the quarantine is the same whether batches come one by one or all again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.settings import Home, HubSettings
from schemas.entities import MODELS, core_schema
from security.keys import create_keys
from warehouse.brain import Standardised, apply_batches, create_brain
from warehouse.core import CoreFiles, write_core
from warehouse.duck import connect

DAY = datetime(2026, 1, 1, tzinfo=UTC)
ASIDE = {
    "refused": "no_name_nor_identifier",
    "duplicate": "duplicate_key",
    "withdrawn": "withdrawn",
}
ASIDE_SCHEMA = {
    "record_key": pl.String, "row_hash": pl.String, "row_no": pl.Int64, "field": pl.String,
    "raw": pl.String, "reason": pl.String,
}  # fmt: skip
Event = tuple[str, str, str]  # what became of a row, its key, its hash
EVENTS = st.tuples(
    st.sampled_from(["upsert", "delete", "refused", "duplicate", "withdrawn"]),
    st.sampled_from("ab"),
    st.sampled_from("xyz"),
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("home")
    create_keys(root / "secrets")
    return Home(root, HubSettings(name="test", encryption=False))


def written(home: Home, number: int, events: list[Event], *, full: bool) -> Standardised:
    """One core batch of these rows, in their order."""
    stem = home.data / f"{number}"
    files = CoreFiles(Path(f"{stem}.parquet"), Path(f"{stem}.aside.parquet"))
    schema = core_schema("resident")
    core = [
        {"record_key": key, "row_hash": row_hash, "row_no": n, "op": what, "id_status": "missing"}
        for n, (what, key, row_hash) in enumerate(events, 1)
        if what not in ASIDE
    ]
    aside = [
        {"record_key": key, "row_hash": row_hash, "row_no": n, "reason": ASIDE[what]}
        for n, (what, key, row_hash) in enumerate(events, 1)
        if what in ASIDE
    ]
    with connect(home) as connection:
        write_core(
            home, connection, files, pl.DataFrame(core, schema=schema),
            pl.DataFrame(aside, schema=ASIDE_SCHEMA),
        )  # fmt: skip
    batch = f"p.s.{number:06d}"
    when = DAY + timedelta(days=number)
    return Standardised(batch, number, "p", "s", "resident", "v1", when, files, full)


def quarantine(home: Home, applied: list[list[Standardised]]) -> list[tuple[object, ...]]:
    with connect(home) as connection:
        brain = empty_brain(connection)
        for batches in applied:
            apply_batches(home, brain, batches, DAY)
        return brain.execute(
            "SELECT record_key, row_hash, reason, batch_id FROM quarantine ORDER BY ALL"
        ).fetchall()


def empty_brain(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    empty = {entity: pl.DataFrame(schema=core_schema(entity)) for entity in MODELS}
    create_brain(connection, empty)  # type: ignore[arg-type]  # entities are texts
    return connection


@pytest.mark.parametrize("full", [True, False])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(EVENTS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_one_by_one_or_all_again(home: Home, full: bool, batches: list[list[Event]]) -> None:
    made = [written(home, n, events, full=full) for n, events in enumerate(batches, 1)]
    one_by_one = quarantine(home, [[one] for one in made])
    assert quarantine(home, [made]) == one_by_one
    assert quarantine(home, [*([one] for one in made), made]) == one_by_one, "a new mapping"


@pytest.mark.parametrize(
    ("batches", "left"),
    [
        ([[("refused", "a", "x")], [("upsert", "a", "y")]], []),
        ([[("refused", "a", "x")], [("delete", "a", "gone")]], []),
        ([[("upsert", "a", "x")], [("refused", "a", "y")]], [("a", "y")]),
        ([[("refused", "a", "x")], [("refused", "a", "y")]], [("a", "y")]),
        ([[("upsert", "a", "x"), ("duplicate", "a", "y")], [("upsert", "a", "z")]], [("a", "y")]),
        ([[("upsert", "a", "x"), ("duplicate", "a", "y")], [("withdrawn", "a", "y")]], []),
        ([[("upsert", "a", "x"), ("duplicate", "a", "y")], [("upsert", "a", "y")]], []),
        ([[("duplicate", "a", "y")], [("upsert", "a", "y")], [("upsert", "a", "x")]], []),
    ],
)
def test_what_is_left(home: Home, batches: list[list[Event]], left: list[tuple[str, str]]) -> None:
    made = [written(home, n, events, full=True) for n, events in enumerate(batches, 1)]
    assert [row[:2] for row in quarantine(home, [[one] for one in made])] == left
    assert [row[:2] for row in quarantine(home, [made])] == left
