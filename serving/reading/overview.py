"""一屏统览: the numbers of a scope; each is the length of a list that can be opened."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import duckdb

from security.policy import Access
from serving.reading.listing import AGE, LISTS, Choice, count
from serving.reading.snapshot import Brain
from serving.reading.work import issue_places
from warehouse.answers import STAYS, TODAY, rows
from warehouse.labels import HELD

BANDS = 5  # years of age in a bar
OLDEST = 90  # the last bar holds them and older ones
NUMBERS = ("residents", "registered", "households", "dwellings", "grids")
MOVES = ("new", "left", "died")
DOUBTS = ("no_grid", "no_household", "apart")

WITHIN = "l.resident_id IN (SELECT r.resident_id FROM resident r WHERE {inside})"


@dataclass(frozen=True)
class Figure:
    """One number, and what opens the list behind it."""

    title: str
    value: int
    choice: Choice


@dataclass(frozen=True)
class Bar:
    """One age band of one sex."""

    label: str
    men: Figure
    women: Figure


@dataclass(frozen=True)
class GridTile:
    """One grid: its numbers, and what its page needs."""

    grid_code: str
    name: str
    residents: int
    households: int


def figures(
    connection: duckdb.DuckDBPyConnection, access: Access, which: tuple[str, ...]
) -> list[Figure]:
    """Some numbers of LISTS, in order; `no_grid` is only told of a whole home."""
    return [
        Figure(LISTS[one].title, count(connection, access, Choice(one)), Choice(one))
        for one in which
        if one != "no_grid" or access.whole
    ]


def labels(connection: duckdb.DuckDBPyConnection, access: Access) -> list[Figure]:
    """Persons per label, the most first; an ended label counts no more."""
    inside = access.where("r")
    found = rows(
        connection,
        f"""SELECT l.label, count(DISTINCT l.resident_id) AS n
            FROM {HELD} l JOIN resident r USING (resident_id)
            WHERE {STAYS} AND (l.until IS NULL OR l.until >= {TODAY}) AND ({inside.sql})
            GROUP BY l.label ORDER BY n DESC, l.label""",
        inside.values,
    )
    return [Figure(one["label"], one["n"], Choice("people", label=one["label"])) for one in found]


def pyramid(connection: duckdb.DuckDBPyConnection, access: Access) -> list[Bar]:
    """Residents by sex and age band, the oldest first; the list `no_age` is of all others."""
    inside = access.where("r")
    found = rows(
        connection,
        f"""SELECT least({AGE} // {BANDS} * {BANDS}, {OLDEST})::INTEGER AS band, r.sex_code AS sex,
                   count(*) AS n
            FROM resident r WHERE r.lives_here AND {AGE} >= 0 AND ({inside.sql}) GROUP BY ALL""",
        inside.values,
    )
    counted = {(one["band"], one["sex"]): int(one["n"]) for one in found}

    def figure(band: int, sex: str) -> Figure:
        last = None if band == OLDEST else band + BANDS - 1
        choice = Choice("residents", sex=sex, age_from=band, age_to=last)
        return Figure("男" if sex == "1" else "女", counted.get((band, sex), 0), choice)

    return [
        Bar(
            f"{band}+" if band == OLDEST else f"{band}–{band + BANDS - 1}",
            figure(band, "1"),
            figure(band, "2"),
        )
        for band in range(OLDEST, -1, -BANDS)
    ]


def told_of(connection: duckdb.DuckDBPyConnection, access: Access) -> dict[str, Figure]:
    """How many persons of the scope each platform has told of, by its name."""
    inside = access.where("r")
    found = rows(
        connection,
        f"""WITH told AS (
                SELECT DISTINCT t.platform, l.resident_id FROM resident_record t
                JOIN resident_link l USING (record_id)
                WHERE {"true" if access.whole else WITHIN.format(inside=inside.sql)})
            SELECT platform, count(*) AS n FROM told GROUP BY ALL""",
        inside.values,
    )
    return {
        one["platform"]: Figure("人", one["n"], Choice("people", platform=one["platform"]))
        for one in found
    }


def tiles(connection: duckdb.DuckDBPyConnection, access: Access) -> list[GridTile]:
    """The grids of the scope, by code, with residents and households of each."""
    inside = access.where("g")
    found = rows(
        connection,
        f"""
        WITH people AS (SELECT grid_code, count(*) AS n FROM resident WHERE lives_here GROUP BY 1),
        homes AS (SELECT grid_code, count(*) AS n FROM household WHERE member_count > 0 GROUP BY 1)
        SELECT g.grid_code, coalesce(g.name, g.grid_code) AS name,
               coalesce(people.n, 0) AS residents, coalesce(homes.n, 0) AS households
        FROM grid g LEFT JOIN people USING (grid_code) LEFT JOIN homes USING (grid_code)
        WHERE {inside.sql} ORDER BY g.grid_code""",
        inside.values,
    )
    return [GridTile(**one) for one in found]


def counted(brain: Brain, access: Access) -> dict[str, Any]:
    """All numbers of the scope, by the names that the page has; counted once a snapshot and day."""
    key = ("overview", repr(access.where("r")), access.whole, access.may("review"),
           datetime.now(UTC).date())  # fmt: skip
    return brain.once(key, lambda: _count(brain.connection, access))


def _count(connection: duckdb.DuckDBPyConnection, access: Access) -> dict[str, Any]:
    bars, grids = pyramid(connection, access), tiles(connection, access)
    return {
        "numbers": figures(connection, access, NUMBERS),
        "moves": figures(connection, access, MOVES),
        "doubts": figures(connection, access, DOUBTS),
        "labels": labels(connection, access),
        "bars": bars,
        "unknown": figures(connection, access, ("no_age",))[0],
        "longest": max((max(one.men.value, one.women.value) for one in bars), default=0) or 1,
        "tiles": grids,
        "most": max((one.residents for one in grids), default=0) or 1,
        "told": told_of(connection, access),
        "places": _places(connection, access),
    }


def _places(connection: duckdb.DuckDBPyConnection, access: Access) -> dict[str, int] | None:
    """Fields with issues by platform, for who may open the list of them."""
    if not access.may("review"):
        return None
    found: dict[str, int] = {}
    for (platform, _), number in issue_places(connection, access).items():
        found[platform] = found.get(platform, 0) + number
    return found
