"""The benchmark itself, small: it puts in what it says, and the hub's accounting is held to it."""

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl
import pytest

from bench import child
from bench.cases import Result, Town, WrongResultError, check_accounting, standardise
from bench.measure import Measured
from bench.people import make_people
from bench.records import SHARES, change, make_world
from bench.table import steps_table, table
from examples.community_a.numbers import is_valid
from warehouse.answers import counts
from warehouse.snapshots import reading

RECORDS = 6_000


def in_this_process(_what: str, root: Path) -> Measured:
    """A sync without the seconds that a new process takes to import everything."""
    started = perf_counter()
    answer = child.sync(root)
    return Measured(perf_counter() - started, 0.0, 0.0, answer)


@pytest.fixture(scope="module")
def town(
    servers_folder: Path,
    postgres_url: str,
    mariadb_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Town]:
    made = Town.build(tmp_path_factory.mktemp("town") / "it", RECORDS, 1, servers=servers_folder)
    yield made
    made.sources.stop()


@pytest.fixture(scope="module")
def results(town: Town) -> dict[str, Result]:
    """The three syncs in their order; each raises if the accounting is not what was put in."""
    first = town.first()
    town.measure = in_this_process
    return {"first": first, "nothing": town.nothing(1), "changed": town.changed(1)}


def test_three_syncs_do_what_they_are_measured_for(results: dict[str, Result]) -> None:
    assert results["first"].records == results["nothing"].records == RECORDS
    assert results["changed"].records == RECORDS / 100
    assert 100 < results["first"].peak_mb < 4096
    pulled = {step.split()[1].split(".")[0] for step in results["first"].steps if "pull" in step}
    assert pulled == set(SHARES)
    assert {"standardise", "apply", "identity", "entities", "gates", "publish"} <= set(
        results["first"].steps
    )
    assert "publish" not in results["nothing"].steps


def test_residents_are_nearly_the_people(results: dict[str, Result], town: Town) -> None:
    with reading(town.home) as connection:
        assert counts(connection).people == pytest.approx(town.world.people.height, rel=0.02)


def test_the_tables_print(results: dict[str, Result]) -> None:
    lines = table(list(results.values())).splitlines()
    assert [line.split()[0] for line in lines] == ["what", "first", "nothing", "changed"]
    assert steps_table(list(results.values())).count("\n") > 8


def test_standardise_keeps_every_row(tmp_path: Path) -> None:
    result = standardise(tmp_path, 600, 1, 1)
    assert result.records == 600
    assert result.peak_mb > 50
    assert result.cpu_seconds > 0


def test_a_sync_that_says_something_else_is_no_result(town: Town, results: object) -> None:
    run = in_this_process("sync", town.home.root)
    with pytest.raises(WrongResultError, match="stored"):
        check_accounting(run, town.world, published=False, stored=1)


def test_numbers_are_valid_and_nobody_has_anothers() -> None:
    people = make_people(np.random.default_rng(3), 5_000)
    number = pl.col("id_number")
    assert people["id_number"].is_unique().all()
    assert all(map(is_valid, people["id_number"]))
    assert people.select(
        (number.str.slice(6, 8) == pl.col("birth").dt.strftime("%Y%m%d")).all()
    ).item()


def test_a_world_is_its_seed_and_its_size() -> None:
    world, again, other = (make_world(RECORDS, seed) for seed in (5, 5, 6))
    assert world.records == RECORDS
    for platform, held in world.held.items():
        assert held.rows.equals(again.held[platform].rows)
        assert not held.rows.equals(other.held[platform].rows)


def test_a_change_is_as_large_as_it_says() -> None:
    world = make_world(RECORDS, 7)
    after, changed = change(world, 0.01, 8)
    for platform, held in after.held.items():
        before = world.held[platform].rows
        differs = pl.any_horizontal(
            held.rows[column].ne_missing(before[column]) for column in before.columns
        )
        assert held.rows.select(differs.sum()).item() == changed[platform].height
        assert changed[platform].height == round(before.height * 0.01)
