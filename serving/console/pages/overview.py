"""一屏统览: the scope in numbers; each opens the list behind it."""

from datetime import UTC, datetime
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
    console, access = visit.console, visit.access
    spared = forms_spared(console.home, console.ledger, access)
    counted = _counted(visit)
    values = counted | {
        "shapes": shapes_of(console.home, [one.grid_code for one in counted["tiles"]]),
        "states": read_states(console.home, console.ledger, visit.connection),
        "forms": spared,
        "saved": sum(spared.values(), Spared()),
        "opens": may_open(access),
    }
    visit.note("statistics", rows=0, page="overview")
    return visit.page("overview.html", **values)


def _counted(visit: Visit) -> dict[str, Any]:
    """The numbers of the scope; counted once a snapshot and day."""
    connection, access = visit.connection, visit.access
    assert visit.brain is not None  # noqa: S101 - there is a connection
    key = ("overview", repr(access.where("r")), access.whole, access.may("review"),
           datetime.now(UTC).date())  # fmt: skip
    return visit.brain.once(key, lambda: _count(visit, connection))


def _count(visit: Visit, connection: Any) -> dict[str, Any]:  # noqa: ANN401 (DuckDB's cursor)
    access = visit.access
    bars = overview.pyramid(connection, access)
    tiles = overview.tiles(connection, access)
    return {
        "numbers": overview.figures(connection, access, overview.NUMBERS),
        "moves": overview.figures(connection, access, overview.MOVES),
        "doubts": overview.figures(connection, access, overview.DOUBTS),
        "labels": overview.labels(connection, access),
        "bars": bars,
        "unknown": overview.figures(connection, access, ("no_age",))[0],
        "longest": max((max(one.men.value, one.women.value) for one in bars), default=0) or 1,
        "tiles": tiles,
        "most": max((one.residents for one in tiles), default=0) or 1,
        "told": overview.told_of(connection, access),
        "places": _places(visit),
    }


def _places(visit: Visit) -> dict[str, int] | None:
    """Fields with issues by platform, for who may open the list of them."""
    by_stream = places_of(visit)
    if by_stream is None:
        return None
    found: dict[str, int] = {}
    for (platform, _), number in by_stream.items():
        found[platform] = found.get(platform, 0) + number
    return found
