"""Households, dwellings, grids, and the numbers of a scope."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from security.policy import Predicate
from serving.api.bodies import (
    ID,
    DwellingView,
    GridPage,
    GridView,
    HouseholdView,
    Statistics,
)
from serving.api.caller import Called
from serving.reading import overview, places
from warehouse.answers import rows

router = APIRouter(tags=["places"])
Id = Annotated[str, Path(pattern=ID)]
NUMBERS = ("residents", "registered", "households", "dwellings", "grids", "new", "left", "died")


@router.get("/households/{household_id}", responses={200: {"model": HouseholdView}})
def get_household(household_id: Id, caller: Called) -> Response:
    """One household with its members in the scope."""
    with caller.doing("look", "household", household_id):
        with caller.brain() as connection:
            found = places.household(connection, caller.access, household_id)
        caller.note_people("household", found.people)
        caller.note("look", entity="household", subject=household_id, rows=1)
    return caller.answer({
        "snapshot": caller.snapshot, "household": found.row, "members": found.people,
        "outside": found.outside,
    })  # fmt: skip


@router.get("/dwellings/{dwelling_id}", responses={200: {"model": DwellingView}})
def get_dwelling(dwelling_id: Id, caller: Called) -> Response:
    """One dwelling with who of the scope lives there."""
    with caller.doing("look", "dwelling", dwelling_id):
        with caller.brain() as connection:
            found = places.dwelling(connection, caller.access, dwelling_id)
        caller.note_people("dwelling", found.people)
        caller.note("look", entity="dwelling", subject=dwelling_id, rows=1)
    return caller.answer({
        "snapshot": caller.snapshot, "dwelling": found.row, "residents": found.people,
        "outside": found.outside,
    })  # fmt: skip


@router.get("/grids", responses={200: {"model": GridPage}})
def list_grids(caller: Called) -> Response:
    """The grids of the scope."""
    with caller.doing("statistics", "grid"):
        inside: Predicate = caller.access.where("g")
        with caller.brain() as connection:
            found = rows(
                connection,
                f"SELECT g.* FROM grid g WHERE {inside.sql} ORDER BY g.grid_code",
                inside.values,
            )
        caller.note("list", entity="grid", rows=len(found))
    shown = [caller.access.view("grid", row) for row in found]
    return caller.answer({"snapshot": caller.snapshot, "rows": shown})


@router.get("/grids/{grid_code}", responses={200: {"model": GridView}})
def get_grid(grid_code: Id, caller: Called) -> Response:
    """One grid of the scope."""
    with caller.doing("statistics", "grid", grid_code):
        with caller.brain() as connection:
            found = places.grid(connection, caller.access, grid_code)
        caller.note("look", entity="grid", subject=grid_code, rows=1)
    return caller.answer({"snapshot": caller.snapshot, "grid": found})


@router.get("/statistics", responses={200: {"model": Statistics}})
def statistics(caller: Called) -> Response:
    """The numbers of the caller's scope, and of each of its grids."""
    with caller.doing("statistics"):
        with caller.brain() as connection:
            counts = overview.figures(connection, caller.access, NUMBERS)
            grids = overview.tiles(connection, caller.access)
        caller.note("statistics", rows=len(grids))
    return caller.answer({
        "snapshot": caller.snapshot,
        "counts": [{"name": one.choice.what, "title": one.title, "value": one.value}
                   for one in counts],
        "grids": [{"grid_code": one.grid_code, "name": one.name, "residents": one.residents,
                   "households": one.households} for one in grids],
    })  # fmt: skip
