"""The list behind a number."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from serving.console.frame import Visiting
from serving.reading.listing import PAGE, Choice, count, listed

router = APIRouter()
Text = Annotated[str | None, Query(max_length=64)]
Age = Annotated[int | None, Query(ge=0, le=150)]


@router.get("/list")
def one_list(  # noqa: PLR0913, PLR0917 (one a part of the address)
    visit: Visiting,
    what: Annotated[str, Query(max_length=32)] = "residents",
    grid: Text = None,
    label: Text = None,
    sex: Text = None,
    age_from: Age = None,
    age_to: Age = None,
    platform: Text = None,
    page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> Response:
    """One page of the list, and how long it is."""
    choice = Choice(what, grid, label, sex, age_from, age_to, platform)
    access, number = visit.access, count(visit.connection, visit.access, choice)
    entity = choice.listed.entity
    locked = label is not None and not access.sees("resident", "labels")
    found = [] if locked else listed(visit.connection, access, choice, (page - 1) * PAGE)
    if entity == "resident":
        visit.note_people("list", found, list=what, page=page)
    elif heads := _heads(found):
        visit.note_people("list", heads, list=what, page=page)
    else:
        visit.note("list", entity=entity, rows=len(found), list=what, page=page)
    return visit.page(
        "list.html", choice=choice, number=number, rows=found, at=page, locked=locked,
        pages=max(1, -(-number // PAGE)), entity=entity,
    )  # fmt: skip


def _heads(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Whom a list of households names."""
    return [
        {"resident_id": row["head_resident_id"], "name": row["head_name"]}
        for row in found
        if row.get("head_resident_id") and row.get("head_name")
    ]
