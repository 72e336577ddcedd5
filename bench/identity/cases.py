"""What is measured of one world: who was found, what was asked, how fast, how steady."""

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random

import duckdb
import polars as pl

from bench.identity.grids import draw_grids, put_grids
from bench.identity.loading import PULLED, empty_brain, put, standardised
from bench.identity.people import Person, Town
from bench.identity.platforms import Row, hold
from bench.identity.recipes import RECIPES
from bench.identity.scores import Score, b_cubed, pairwise
from bench.identity.shown import Shown, shown
from identity.decisions import Binding
from identity.model import Model
from identity.resolve import resolve_entities, resolve_identity
from identity.review import pairs_to_review

KEY = b"bench" * 8
LINKED = """
    SELECT record_id, platform, record_key, resident_id AS resident
    FROM resident_link JOIN record_id USING (record_id)"""


@dataclass(frozen=True)
class Found:
    """How well one world was resolved."""

    recipe: str
    seed: int
    records: int
    exact: Score  # by valid numbers alone
    pairs: Score
    cubed: Score
    asked: float  # share of the records
    answered: Score  # once every question is answered by the truth
    largest: int
    seconds: float
    shown: Shown


@dataclass(frozen=True)
class World:
    """People, and the records that platforms hold of them."""

    people: list[Person]
    rows: list[Row]


@dataclass(frozen=True)
class Steady:
    """Whether ids are stable, and what a small change costs."""

    records: int
    full_seconds: float
    changed_seconds: float
    changed_cpu: float  # of the full run's CPU time
    peak_mb: float
    same_on_rerun: bool
    same_shuffled: bool


def measure(recipe: str, people: int, seed: int) -> Found:
    """Make a world, resolve it, and compare with its truth."""
    made = world(recipe, people, seed)
    rows, grids = made.rows, draw_grids(made.people)
    connection = empty_brain()
    put(connection, standardised(rows), None)
    put_grids(connection, grids)
    started = time.perf_counter()
    _resolve(connection)
    seconds = time.perf_counter() - started
    resolve_entities(connection, KEY, {}, PULLED)
    links = linked(connection, rows)
    asked = connection.execute("SELECT count(DISTINCT record_id) FROM ambiguous").fetchall()[0][0]
    largest = links.group_by("resident").len()["len"].max()
    right = shown(connection, links, made.people, grids)
    found = Found(
        recipe, seed, len(rows), _exact(connection, links), pairwise(links), b_cubed(links),
        asked / len(rows), _answered(connection, rows), int(str(largest)), seconds, right,
    )  # fmt: skip
    connection.close()
    return found


def measure_core(core: pl.DataFrame, model: Model | None = None) -> tuple[Score, float]:
    """Resolve records that bring their `person`; the score, and the seconds."""
    connection = empty_brain()
    put(connection, core.drop("person"), None)
    started = time.perf_counter()
    resolve_identity(connection, KEY, PULLED, model)
    seconds = time.perf_counter() - started
    found = pl.DataFrame(connection.execute(LINKED).to_arrow_table())
    connection.close()
    return pairwise(found.join(core, on=("platform", "record_key"))), seconds


def steady(people: int, seed: int, share: float = 0.01) -> Steady:
    """Resolve at once, again, shuffled, and after a change of a share of the records."""
    core = standardised(world("ordinary", people, seed).rows)
    ids = []
    cpu = seconds = peak = 0.0
    for order in (None, Random(seed)):
        connection = empty_brain()
        put(connection, core, order)
        with _clock() as full:
            _resolve(connection)
        ids.append(_ids(connection))
        if order is None:
            cpu, seconds, peak = full.cpu, full.wall, _peak_mb()
            connection.execute("CREATE OR REPLACE TEMP TABLE changed (record_id BIGINT)")
            _resolve(connection)
            ids.append(_ids(connection))
            _change(connection, share)
            with _clock() as small:
                _resolve(connection, days=1)
        connection.close()
    once, again, shuffled = ids
    return Steady(
        core.height, seconds, small.wall, small.cpu / cpu, peak, once == again, once == shuffled
    )


def world(recipe: str, people: int, seed: int) -> World:
    """Make one world up."""
    town = Town(RECIPES[recipe], seed)
    living = town.fill(people)
    return World(living, hold(town, living))


def linked(connection: duckdb.DuckDBPyConnection, rows: list[Row]) -> pl.DataFrame:
    """Each record with its `resident` and its `person`."""
    truth = pl.DataFrame({"record_key": [r.key for r in rows], "person": [r.person for r in rows]})
    found = pl.DataFrame(connection.execute(LINKED).to_arrow_table())
    return found.join(truth, on="record_key")


def _resolve(
    connection: duckdb.DuckDBPyConnection, bindings: tuple[Binding, ...] = (), days: int = 0
) -> None:
    resolve_identity(connection, KEY, PULLED + timedelta(days=days), bindings=bindings)


def _exact(connection: duckdb.DuckDBPyConnection, links: pl.DataFrame) -> Score:
    numbers = pl.DataFrame(
        connection.execute("""
            SELECT record_id, coalesce(id_number, record_id::VARCHAR) AS resident
            FROM evidence""").to_arrow_table()
    )
    return pairwise(links.drop("resident").join(numbers, on="record_id"))


def _answered(connection: duckdb.DuckDBPyConnection, rows: list[Row]) -> Score:
    """Answer what is asked by the truth, as a steward would, and resolve again."""
    person = {row.key: row.person for row in rows}
    bindings = []
    for pair in pairs_to_review(connection, 10**6):
        sides = [pair["left"], pair["right"]]
        left, right = ((s["platform"], s["stream"], s["record_key"]) for s in sides)
        same = person[left[2]] == person[right[2]]
        bindings.append(Binding(left, right, "same" if same else "different"))
    connection.execute("CREATE OR REPLACE TEMP TABLE changed (record_id BIGINT)")
    _resolve(connection, tuple(bindings), days=1)
    return pairwise(linked(connection, rows))


def _change(connection: duckdb.DuckDBPyConnection, share: float) -> None:
    """Give that share of the records another telephone."""
    chosen = f"hash(record_key) % 10000 < {round(share * 10_000)}"
    connection.execute(f"""
        UPDATE resident_record SET phone = '139' || (hash(record_key, 1) % 100000000)::VARCHAR
        WHERE {chosen}""")
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE changed AS
        SELECT record_id FROM resident_record WHERE {chosen}""")


def _ids(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(
        connection.execute("""
            SELECT record_key, resident_id
            FROM resident_link JOIN record_id USING (record_id)""").fetchall()
    )


@dataclass
class _Clock:
    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def _clock() -> Iterator[_Clock]:
    made, wall, cpu = _Clock(), time.perf_counter(), time.process_time()
    yield made
    made.wall, made.cpu = time.perf_counter() - wall, time.process_time() - cpu


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
