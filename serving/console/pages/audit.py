"""审计: who looked at whom, what whoever did, and whether the chain is whole."""

import re
from typing import Annotated

from fastapi import APIRouter, Form, Query, Response

from ledger.audit_check import Verified, events, verify
from ledger.watch import KINDS, warnings
from security.audit_key import PUBLIC, public_key
from serving.console.frame import Posted, Visit, Visiting, go
from serving.reading.audited import ACTIONS, OUTCOMES, Named, all_ids, what_of

router = APIRouter()
PAGE = 100
RESIDENT = re.compile(r"R[a-z2-7]{20}")


@router.post("/audit")
def wanted(
    visit: Posted,
    actor: Annotated[str, Form(max_length=80)] = "",
    subject: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Keep whom it is about out of the address."""
    visit.access.require("audit")
    return go(
        f"/audit?s={visit.console.kept.put(visit.token, f'{actor.strip()}|{subject.strip()}')}"
    )


@router.get("/audit")
def browse(
    visit: Visiting,
    s: Annotated[str | None, Query(max_length=32)] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Events, the newest first."""
    return _shown(visit, s, before)


@router.post("/audit/verify")
def check(visit: Posted) -> Response:
    """Verify the whole chain now."""
    visit.access.require("audit")
    console = visit.console
    found = verify(console.ledger, public_key(console.home.secrets / PUBLIC))
    visit.note("audit", entity="audit", rows=found.events, page="verify")
    return _shown(visit, None, None, found)


def _shown(
    visit: Visit, s: str | None, before: int | None, verified: Verified | None = None
) -> Response:
    visit.access.require("audit")
    ledger, named = visit.console.ledger, Named(visit.console.ledger)
    typed, _, subject = (visit.console.kept.get(visit.token, s) or "|").partition("|")
    actor = named.actor(typed)
    ids: list[str] | None = [subject] if subject else None
    if visit.brain is not None and RESIDENT.fullmatch(subject):
        ids = all_ids(visit.connection, subject)
    found = events(ledger, actor=actor or None, subject=ids, before=before, limit=PAGE)
    visit.note(
        "audit", entity="audit", rows=len(found),
        subject=subject if RESIDENT.fullmatch(subject) else "",  # what was typed may be anything
        about=actor if found else "",
    )  # fmt: skip
    return visit.page(
        "audit.html", events=found, actor=typed, subject=subject, s=s, actions=ACTIONS, kinds=KINDS,
        outcomes=OUTCOMES, verified=verified, warnings=warnings(ledger), named=named,
        what_of=what_of, more=len(found) == PAGE,
    )  # fmt: skip
