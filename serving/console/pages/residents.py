"""居民: search, and one resident whole."""

from contextlib import nullcontext
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Response

from hub.errors import NotFoundError
from ledger.feedback import note_feedback
from serving.console.frame import Posted, Visit, Visiting, go
from serving.console.pages.places import past
from serving.reading.audited import ACTIONS, OUTCOMES, Named, all_ids
from serving.reading.besides import NOTHING, Besides, besides, words_on
from serving.reading.correcting import KINDS, is_correctable, sealing_key
from serving.reading.resident import Seen, see
from serving.reading.search import WAYS, Hits, search
from serving.reading.together import see_settled
from serving.reading.usage import used_by, who_looked
from serving.reading.work import verdicts_of

router = APIRouter()


@router.post("/search")
def find(visit: Posted, text: Annotated[str, Form(max_length=100)] = "") -> Response:
    """Keep what was typed out of the address, and show what it finds."""
    if not text.strip():
        return go("/residents")
    return go(f"/residents?s={visit.console.kept.put(visit.token, text.strip())}")


@router.get("/residents")
def residents(visit: Visiting, s: Annotated[str | None, Query(max_length=32)] = None) -> Response:
    """The search page, with what was found."""
    visit.access.require("search")
    text = visit.console.kept.get(visit.token, s)
    hits: Hits | None = None
    if text is not None:
        hits = search(visit.connection, visit.access, text, visit.settled)
        ways = sorted({way for _, way in hits.found})
        visit.note_people("search", [row for row, _ in hits.found], ways=ways)
    return visit.page(
        "residents.html",
        text=text,
        hits=hits,
        lapsed=s is not None and text is None,
        shown_ways=[WAYS[way] for _, way in hits.found] if hits else [],
    )


@router.post("/residents/{resident_id}/feedback")
def say_wrong(
    visit: Posted,
    resident_id: str,
    field: Annotated[str, Form(max_length=40)],
    kind: Annotated[Literal["wrong", "outdated", "died", "moved", "unknown", "request"], Form()],
    proposed: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """Say that a value is wrong; what it should be is kept sealed until somebody decides."""
    visit.access.require("feedback")
    home, ledger = visit.console.home, visit.console.ledger
    if not is_correctable(field):
        raise NotFoundError("no such field", zh="没有这个字段：请刷新页面。")
    seen = see(visit.connection, visit.access, resident_id, home.settings.owners)
    visit.note("feedback", entity="resident", subject=seen.resident_id, fields=(field,))
    about = (seen.resident_id, field, kind)
    note_feedback(ledger, visit.account.actor, about, proposed.strip() or None, sealing_key(home))
    return go(f"/residents/{seen.resident_id}?said=1")


@router.get("/residents/{resident_id}")
def one_resident(
    visit: Visiting, resident_id: str, as_of: date | None = None, said: bool = False
) -> Response:
    """Everything of one resident that the visitor may see."""
    home = visit.console.home
    as_of = past(as_of)
    visit.access.require("look")
    visit.console.doors.throttle(visit.access, [resident_id])
    owners, over = home.settings.owners, visit.settled
    if as_of is not None:
        seen = see(visit.connection, visit.access, resident_id, owners, as_of)
    else:
        seen = see_settled(visit.connection, visit.access, resident_id, owners, over)
    if resident_id in seen.together:
        return go(f"/residents/{seen.resident_id}")
    told = _besides(visit, seen)
    mark: dict[str, Any] = dict(visit.console.doors.surname_mark(seen.name))
    beside = [*seen.members, *seen.neighbours]
    shown = [seen.resident_id, *seen.together, *(one["resident_id"] for one in beside)]
    if len(subjects := list(dict.fromkeys(shown))) > 1:
        mark["subjects"] = subjects
    theirs = {name for one in beside for name in visit.access.clear_fields("resident", one)}
    visit.note(
        "look", entity="resident", subject=seen.resident_id, rows=1,
        fields=tuple(dict.fromkeys((*seen.clear, *told.clear, *sorted(theirs)))),
        as_of=as_of.isoformat() if as_of else "", **mark,
    )  # fmt: skip
    ids = {each for one in (seen.resident_id, *seen.together)
           for each in all_ids(visit.connection, one)}  # fmt: skip
    return visit.page(
        "resident.html", seen=seen, told=told, said=said, kinds=KINDS,
        correctable=[one for one in [*seen.fields, *told.fields] if is_correctable(one.name)],
        used=used_by(home, ids),
        decided=verdicts_of(visit.connection, visit.access, visit.console.ledger, seen),
        looked=who_looked(visit.console.ledger, visit.access, ids),
        named=Named(visit.console.ledger),
        actions=ACTIONS, outcomes=OUTCOMES,
    )  # fmt: skip


def _besides(visit: Visit, seen: Seen) -> Besides:
    """附加项目 of whom the page shows; of a past day nobody knows them."""
    if seen.as_of is not None or visit.brain is None:
        return NOTHING
    ids = (seen.resident_id, *seen.together)
    given, _ = visit.console.doors.answers.given(
        visit.brain.number, lambda: nullcontext(visit.connection), ids
    )
    return besides(visit.access, words_on(visit.connection, ids, given))
