"""Household, dwelling and grid."""

from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Response

from hub.platform_streams import Entity
from serving.console.frame import Visit, Visiting
from serving.console.pages.overview import may_open
from serving.console.showing import LOCAL
from serving.reading import overview, places
from serving.reading.listing import LISTS, Choice, count

router = APIRouter()


@router.get("/households/{household_id}")
def household(visit: Visiting, household_id: str, as_of: date | None = None) -> Response:
    """One household."""
    place = places.household(visit.connection, visit.access, household_id, past(as_of))
    return _shown(visit, "household", household_id, place)


@router.get("/dwellings/{dwelling_id}")
def dwelling(visit: Visiting, dwelling_id: str, as_of: date | None = None) -> Response:
    """One dwelling."""
    place = places.dwelling(visit.connection, visit.access, dwelling_id, past(as_of))
    return _shown(visit, "dwelling", dwelling_id, place)


def past(as_of: date | None) -> date | None:
    """A day of the past; today, in Beijing, and the days to come are now."""
    return as_of if as_of is not None and as_of < datetime.now(LOCAL).date() else None


def _shown(visit: Visit, entity: Entity, key: str, place: places.Place) -> Response:
    day = place.as_of.isoformat() if place.as_of else ""
    visit.note("look", entity=entity, subject=key, rows=1, as_of=day)
    visit.note_people("list", [*place.people, *place.former], list=entity)
    return visit.page(f"{entity}.html", place=place)


@router.get("/grids/{grid_code}")
def grid(visit: Visiting, grid_code: str) -> Response:
    """One grid: its worker, its numbers, its buildings."""
    connection, access = visit.connection, visit.access
    row: dict[str, Any] = places.grid(connection, access, grid_code)
    figures = [
        overview.Figure(LISTS[what].title, count(connection, access, choice), choice)
        for what in ("residents", "registered", "households", "dwellings")
        for choice in [Choice(what, grid=grid_code)]
    ]
    visit.note("look", entity="grid", subject=grid_code, rows=1)
    return visit.page(
        "grid.html", row=row, figures=figures, opens=may_open(access),
        buildings=places.buildings(connection, access, grid_code),
    )  # fmt: skip
