"""Who calls, under which purpose, and what they get: authentication, audit, ETags."""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, Any
from urllib.parse import unquote

import duckdb
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool

from hub.errors import HubError, NotFoundError
from ledger.audit import Event
from ledger.clients import Client
from security.policy import Access, Action, NotAllowedError
from serving.api.problems import Problem
from serving.doors import Doors, TooManyError
from serving.parameters import parameters
from warehouse.doors import Cards

Row = dict[str, Any]
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="hub"'}
OURS = re.compile(r"[A-Z][a-z2-7]{20}|[a-z][a-z0-9_\-]{1,60}")
"""Ids and names of our own making: what else stands in an address may be anybody's number."""
LONGEST = 200
PURPOSE: Mapping[str, Any] = {
    "name": "X-Purpose", "in": "header", "required": False,
    "schema": {"anyOf": [{"type": "string", "maxLength": LONGEST}, {"type": "null"}]},
    "description": "用途，UTF-8 按百分号编码；看 4 级字段的原值必须写",
}  # fmt: skip
"""For the OpenAPI document. `caller` reads its headers itself: as FastAPI's parameters they were a
fifth of what a view costs."""
REFUSALS = (NotAllowedError, TooManyError, NotFoundError)
BEARER = re.compile(r"Bearer ([A-Za-z0-9_\-]{10,200})", re.IGNORECASE)


@dataclass
class Caller:
    """An authenticated request."""

    request: Request
    doors: Doors
    client: Client
    access: Access
    snapshot: int = 0
    lies_over: str = ""  # which decisions and answers lay over the snapshot

    @contextmanager
    def brain(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor on the current snapshot, whose number is then in `snapshot`.

        Raises:
            Problem: nothing is published yet.
        """
        with _published(), self.doors.lookups.cursor() as (cursor, self.snapshot):
            yield cursor

    def cards(self) -> Cards:
        """The look-up file of the current snapshot, whose number is then in `snapshot`.

        Raises:
            Problem: nothing is published yet.
        """
        with _published():
            found, self.snapshot = self.doors.lookups.cards()
        return found

    def together(self, card: Row | None) -> list[Row]:
        """The card, and those of whom decisions make the same person, as far as of the scope.

        The one whose id stays is first; none, if the card itself is of another scope.
        """
        if card is None or not self._covers(card):
            return []
        own = card["resident_id"]
        over = self.doors.settling.over(self.snapshot, self.doors.tables)
        self.lies_over = over.mark
        cards = self.cards() if over.others(own) else None
        found = [
            card if one == own else cards.card(one) if cards else None
            for one in over.groups.get(own, (own,))
        ]
        return [one for one in found if one is not None and self._covers(one)]

    def answers(self, residents: Iterable[str]) -> list[Row]:
        """What was asked once about these and answered, beside the snapshot."""
        given, mark = self.doors.answers.given(self.snapshot, self.doors.tables, residents)
        self.lies_over += mark and f" {mark}"
        return given

    def _covers(self, card: Row) -> bool:
        return self.access.covers(card["grid_code"], card["community_code"])

    def event(self, action: str, **facts: Any) -> Event:  # noqa: ANN401 (parts of an Event)
        """An event of this caller, now."""
        return Event(
            self.access.actor, action, role=self.access.role, purpose=self.access.purpose or "",
            origin=origin_of(self.request), snapshot=self.snapshot, **facts,
        )  # fmt: skip

    def note(self, action: str, **facts: Any) -> None:  # noqa: ANN401 (parts of an Event)
        """Write down what was done; it is durable before the answer leaves."""
        self.doors.note(self.access, self.event(action, **facts))

    def note_people(self, entity: str, found: Sequence[Row]) -> None:
        """Write down whom a household or a dwelling showed; they count as if they were listed.

        Raises:
            TooManyError: it is more than the role may see today.
        """
        self.doors.throttle(self.access, [one["resident_id"] for one in found])
        if found:
            clear = {one for row in found for one in self.access.clear_fields("resident", row)}
            self.note(
                "list", entity="resident", rows=len(found), fields=sorted(clear),
                detail=marks(found) | {"list": entity},
            )  # fmt: skip

    @contextmanager
    def doing(self, action: Action, entity: str = "", subject: str = "") -> Iterator[None]:
        """Refuse what the role may not do, and note each refusal or miss with its subject."""
        try:
            self.access.require(action)
            yield
        except REFUSALS as error:
            self.doors.note(self.access, self.failed(error, action, entity, subject))
            raise

    @asynccontextmanager
    async def looking(self, action: Action, subject: str = "") -> AsyncIterator[None]:
        """The same for residents on the event loop, once all that a view needs is at hand."""
        try:
            self.access.require(action)
            if not self.doors.at_hand():
                with _published():
                    await run_in_threadpool(self.doors.fetch)
            yield
        except REFUSALS as error:
            await self.doors.written(self.access, self.failed(error, action, "resident", subject))
            raise

    def failed(self, error: HubError, action: str, entity: str, subject: str) -> Event:
        """The event of what was refused, or not found."""
        told = self.event(action, entity=entity, subject=subject if OURS.fullmatch(subject) else "")
        if isinstance(error, NotFoundError):
            return replace(told, outcome="not_found")
        return replace(told, outcome="refused", snapshot=0, detail={"why": str(error)})

    def answer(self, body: Any, status: int = 200) -> Response:  # noqa: ANN401 (any JSON)
        """The body with an ETag of snapshot, actor, rights and body; 304 if the caller has it.

        The body counts, since not all of it is the snapshot's: how a run or a feedback stands, how
        fresh a platform is, and what is counted from today on change without a sync.
        """
        text = as_json(body)
        seen = f"{self.snapshot} {self.lies_over} {self.access.mark} {self.request.url.query}"
        mark = hashlib.sha256(seen.encode() + text).hexdigest()
        tag = f'"{self.snapshot}-{mark[:16]}"'
        headers = {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Authorization"}
        given = self.request.headers.get("if-none-match", "")
        known = [one.strip().removeprefix("W/") for one in given.split(",")]
        if self.request.method == "GET" and tag in known:
            return Response(status_code=304, headers=headers)
        return Response(text, status, headers, media_type="application/json")


@contextmanager
def _published() -> Iterator[None]:
    try:
        yield
    except NotFoundError as error:
        if "snapshot" not in str(error):
            raise
        raise Problem(503, error.zh) from None


def named(request: Request) -> None:
    """Tell the outermost layer which route it was: its pattern, not the address."""
    request.state.route = request.scope["route"].path


def origin_of(request: Request) -> str:
    """The address the request comes from, as the server sees it."""
    return request.client.host if request.client else ""


def as_json(body: object) -> bytes:
    """JSON as UTF-8; days and times in ISO 8601."""
    return JSON.encode(body).encode("utf-8", "replace")


def _text(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


JSON = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), default=_text, allow_nan=False
)  # fmt: skip


def known_only(request: Request) -> None:
    """Refuse a query parameter that the route does not know, or that is given twice.

    Raises:
        Problem: 400; an unknown filter would otherwise be a silent wider answer.
    """
    known = parameters(request.scope["route"])
    given = [name for name, _ in request.query_params.multi_items()]
    if unknown := sorted({name for name in given if name not in known}):
        shown = "、".join(one for one in unknown[:5] if re.fullmatch(r"[a-z_]{1,30}", one))
        raise Problem(400, f"有不认识的参数（{shown or '…'}）。可以用的见 openapi.json。")
    if len(given) != len(set(given)):
        raise Problem(400, "有参数写了两次：每个参数只写一次。")


async def caller(request: Request) -> Caller:
    """The client whose token the request brings; only what asks the ledger takes a thread.

    Raises:
        Problem: 401, whatever is wrong with the token.
        NotAllowedError: the role has no such purpose.
    """
    named(request)
    doors: Doors = request.app.state.doors
    authorization, purpose = (request.headers.get(one) for one in ("authorization", "x-purpose"))
    if purpose and len(purpose) > LONGEST:
        raise Problem(400, f"X-Purpose 太长：最多 {LONGEST} 个字符。")
    found = BEARER.fullmatch(authorization or "")
    client = doors.recent_client(found[1]) if found else None
    if client is None and found:
        client = await run_in_threadpool(doors.client, found[1])
    if client is None:
        if authorization is not None:
            told = Event("anonymous", "api", outcome="refused", origin=origin_of(request))
            await run_in_threadpool(doors.note, None, told)
        raise Problem(401, "请先用 /api/v1/token 取访问令牌，并写在 Authorization 里。", CHALLENGE)
    known_only(request)
    try:
        access = doors.access(client, unquote(purpose) if purpose else None)
    except NotAllowedError as error:
        told = Event(client.actor, "api", role=client.role, outcome="refused",
                     origin=origin_of(request), detail={"why": str(error)})  # fmt: skip
        await run_in_threadpool(doors.note, None, told)
        raise
    return Caller(request, doors, client, access)


Called = Annotated[Caller, Depends(caller)]


def marks(rows: Sequence[dict[str, Any]], key: str = "resident_id") -> dict[str, Any]:
    """Which residents an answer with several showed, for the audit."""
    return {"subjects": [row[key] for row in rows if row.get(key)]}
