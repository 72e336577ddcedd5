"""一屏统览: the scope in numbers; each opens the list behind it."""

from typing import Any

from fastapi import APIRouter, Response

from security.policy import Access
from serving.console.frame import Visit, Visiting, go
from serving.console.pages.platforms import places_of
from serving.reading import overview
from serving.reading.boundaries import shapes_of
from serving.reading.platforms import read_states
from serving.reading.usage import Spared, forms_spared

router = APIRouter()


def may_open(access: Access) -> bool:
    """Whether the lists behind the numbers may be opened."""
    return access.may("look") and "resident" in access.rules.entities


@router.get("/")
def one_screen(visit: Visiting) -> Response:
    """The overview; who may not see numbers goes to the first page that they may see."""
    if not visit.access.may("statistics"):
        return go("/audit" if visit.access.may("audit") else "/residents")
    connection, access = visit.connection, visit.access
    bars = overview.pyramid(connection, access)
    tiles = overview.tiles(connection, access)
    values: dict[str, Any] = {
        "numbers": overview.figures(connection, access, overview.NUMBERS),
        "moves": overview.figures(connection, access, overview.MOVES),
        "doubts": overview.figures(connection, access, overview.DOUBTS),
        "labels": overview.labels(connection, access),
        "bars": bars,
        "unknown": overview.figures(connection, access, ("no_age",))[0],
        "longest": max((max(one.men.value, one.women.value) for one in bars), default=0) or 1,
        "tiles": tiles,
        "most": max((one.residents for one in tiles), default=0) or 1,
        "shapes": shapes_of(visit.console.home, [one.grid_code for one in tiles]),
        "states": read_states(visit.console.home, visit.console.ledger, connection),
        "told": overview.told_of(connection, access),
        "places": _places(visit),
        "forms": (spared := forms_spared(visit.console.home, visit.console.ledger, access)),
        "saved": sum(spared.values(), Spared()),
        "opens": may_open(access),
    }
    visit.note("statistics", rows=0, page="overview")
    return visit.page("overview.html", **values)


def _places(visit: Visit) -> dict[str, int] | None:
    """Fields with issues by platform, for who may open the list of them."""
    by_stream = places_of(visit)
    if by_stream is None:
        return None
    found: dict[str, int] = {}
    for (platform, _), number in by_stream.items():
        found[platform] = found.get(platform, 0) + number
    return found
