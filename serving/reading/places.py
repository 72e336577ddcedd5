"""A household, a dwelling, a grid: who belongs there, as one actor may see it; or on a past day."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import duckdb

from hub.platform_streams import Entity
from identity.views import activities
from security.policy import Access
from serving.reading.resident import evening_of, outside, shown_activities
from warehouse.answers import rows

Row = dict[str, Any]
PEOPLE = """r.resident_id, r.name, r.sex_code, r.birth_date, r.birth_year, r.relation_code, r.phone,
    r.lives_here, r.household_id"""
THEN = """(
    SELECT v.* EXCLUDE (grid_code), c.grid_code FROM (
        SELECT * FROM resident WHERE valid_from < $at
        UNION ALL BY NAME
        SELECT * EXCLUDE (valid_to) FROM resident_past WHERE valid_from < $at AND valid_to >= $at
    ) v LEFT JOIN resident c USING (resident_id))"""
"""Everybody as they were, but of the grid where they live now: that tells who may see them."""


@dataclass(frozen=True)
class Place:
    """One household or dwelling: its own row, and its people."""

    row: Row
    people: list[Row]
    outside: int  # people of it who are not of the scope
    others: list[Row]  # the dwelling's households, or the household's dwelling; of today
    former: list[Row] = field(default_factory=list)  # who was of the household, until when
    activities: list[Row] = field(default_factory=list)  # visits, tickets and the like there
    as_of: date | None = None  # in the evening of which day `people` were there; None: now


def household(
    connection: duckdb.DuckDBPyConnection, access: Access, household_id: str,
    as_of: date | None = None,
) -> Place:  # fmt: skip
    """One household with its members, now or on a past day, and where they live.

    Raises:
        NotAllowedError: the role may not look.
        NotFoundError: there is none of that id in the scope.
    """
    row = _one(connection, access, "household", household_id)
    people, others = _people(connection, access, ("household_id", household_id), as_of)
    home = rows(
        connection, "SELECT * FROM dwelling WHERE dwelling_id = $id", {"id": row["dwelling_id"]}
    )
    return Place(
        access.view("household", row),
        people,
        others,
        [access.view("dwelling", one) for one in home],
        _former(connection, access, household_id) if as_of is None else [],
        as_of=as_of,
    )


def _former(
    connection: duckdb.DuckDBPyConnection, access: Access, household_id: str
) -> list[Row]:  # fmt: skip
    """Who was of a household and is of the scope still, the last to leave first."""
    inside = access.where("r")
    found = rows(
        connection,
        f"""SELECT {PEOPLE}, m.since, m.until FROM membership m JOIN resident r USING (resident_id)
            WHERE m.household_id = $key AND m.until IS NOT NULL
              AND r.household_id IS DISTINCT FROM $key AND ({inside.sql})
            ORDER BY m.until DESC, r.resident_id LIMIT 50""",
        {"key": household_id} | inside.values,
    )
    times = ("since", "until")
    return [access.view("resident", {name: one[name] for name in one if name not in times})
            | {name: one[name] for name in times} for one in found]  # fmt: skip


def dwelling(
    connection: duckdb.DuckDBPyConnection, access: Access, dwelling_id: str,
    as_of: date | None = None,
) -> Place:  # fmt: skip
    """One dwelling, who lives there, now or on a past day, and which households they are of.

    Raises:
        NotAllowedError: the role may not look.
        NotFoundError: there is none of that id in the scope.
    """
    row = _one(connection, access, "dwelling", dwelling_id)
    people, others = _people(connection, access, ("dwelling_id", dwelling_id), as_of)
    inside = access.where("h")
    homes = rows(
        connection,
        f"""SELECT h.* FROM household h WHERE (h.dwelling_id = $id OR h.household_id IN (
              SELECT household_id FROM resident WHERE dwelling_id = $id AND lives_here))
              AND h.member_count > 0 AND ({inside.sql}) ORDER BY h.household_id""",
        {"id": dwelling_id} | inside.values,
    )
    return Place(
        access.view("dwelling", row), people, others,
        [access.view("household", one) for one in homes], [],
        shown_activities(access, activities(
            connection, "dwelling_id", dwelling_id, None if as_of is None else evening_of(as_of)
        )),
        as_of,
    )  # fmt: skip


def grid(connection: duckdb.DuckDBPyConnection, access: Access, grid_code: str) -> Row:
    """One grid of the scope.

    Raises:
        NotFoundError: there is none of that code in the scope.
    """
    return access.view("grid", _one(connection, access, "grid", grid_code, "statistics"))


def buildings(connection: duckdb.DuckDBPyConnection, access: Access, grid_code: str) -> list[Row]:
    """Compound and building of a grid, with residents and lived-in dwellings."""
    inside = access.where("r")
    return rows(
        connection,
        f"""SELECT r.place, r.building, count(*) AS residents,
                   count(DISTINCT r.dwelling_id) AS dwellings
            FROM resident r WHERE r.lives_here AND r.grid_code = $grid AND ({inside.sql})
            GROUP BY r.place, r.building
            ORDER BY r.place NULLS LAST, try_cast(r.building AS INTEGER) NULLS LAST, r.building""",
        {"grid": grid_code} | inside.values,
    )


KEYS: dict[Entity, str] = {
    "household": "household_id", "dwelling": "dwelling_id", "grid": "grid_code",
}  # fmt: skip


def _one(
    connection: duckdb.DuckDBPyConnection,
    access: Access,
    entity: Entity,
    key: str,
    action: Any = "look",  # noqa: ANN401 (an Action)
) -> Row:
    access.require(action)
    inside = access.where("r")
    found = rows(
        connection,
        f"SELECT r.* FROM {entity} r WHERE r.{KEYS[entity]} = $key AND ({inside.sql})",
        {"key": key} | inside.values,
    )
    if not found:
        raise outside()
    return found[0]


def _people(
    connection: duckdb.DuckDBPyConnection, access: Access, of: tuple[str, str], as_of: date | None
) -> tuple[list[Row], int]:
    column, key = of
    inside = access.where("r")
    here = "AND r.lives_here" if column == "dwelling_id" else ""
    then = {} if as_of is None else {"at": evening_of(as_of)}
    found = rows(
        connection,
        f"""SELECT {PEOPLE}, ({inside.sql}) AS inside
            FROM {"resident" if as_of is None else THEN} r WHERE r.{column} = $key {here}
            ORDER BY r.household_id, r.relation_code IS DISTINCT FROM '02',
                     r.relation_code NULLS LAST, r.birth_year, r.resident_id""",
        {"key": key} | inside.values | then,
    )
    mine = [one for one in found if one.pop("inside")]
    return [access.view("resident", one) for one in mine], len(found) - len(mine)
