"""一屏统览: the scope in numbers; each opens the list behind it."""

from fastapi import APIRouter, Response

from security.policy import Access
from serving.console.frame import Visiting, go
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
    counted = overview.counted(visit.opened, access)
    values = counted | {
        "shapes": shapes_of(console.home, [one.grid_code for one in counted["tiles"]]),
        "states": read_states(console.home, console.ledger, visit.connection),
        "forms": spared,
        "saved": sum(spared.values(), Spared()),
        "opens": may_open(access),
    }
    visit.note("statistics", rows=0, page="overview")
    return visit.page("overview.html", **values)
