"""Behind every page: who is signed in, what they may see, what is audited, how it is rendered.

A page without a session goes to the sign-in page. Every form carries a token that only its own
session knows, and is taken from this host only. What a page shows is in the audit before it is
sent.
"""

import hmac
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Form, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from hub.errors import BusyError, HubError, NotFoundError, SourceDownError
from hub.settings import Home
from ledger import Ledger
from ledger.accounts import Account, SignInError, account_of
from ledger.audit import Event, Outcome
from reports.collected import ANSWERS
from reports.requested import REQUESTED
from schemas.entities import FIELDS
from security.oidc import TokenRefusedError
from security.policy import Access, Action, NotAllowedError
from serving.console.kept import Kept
from serving.console.showing import environment
from serving.console.syncing import Syncing
from serving.doors import Doors, TooManyError
from serving.parameters import parameters
from serving.reading.settled import NOTHING, Settled
from serving.reading.snapshot import Brain
from serving.reading.unsynced import Unsynced, unsynced
from serving.site_sign_in import SiteSignIn

COOKIE = "hub_session"
PREFIX = "/console"
PURPOSE_SECONDS = 600.0
MENU: tuple[tuple[str, str, str, tuple[Action, ...]], ...] = (
    ("overview", "统览", "/", ("statistics",)),
    ("residents", "居民", "/residents", ("search",)),
    ("work", "待办", "/work", ("review", "forms")),
    ("platforms", "平台", "/platforms", ("platforms",)),
    ("forms", "表单", "/forms", ("forms",)),
    ("audit", "审计", "/audit", ("audit",)),
    ("admin", "管理", "/admin", ("accounts",)),
)


@dataclass(frozen=True)
class Console:
    """What all pages share in one process."""

    doors: Doors
    syncing: Syncing
    kept: Kept = field(default_factory=Kept)
    templates: Environment = field(default_factory=environment)
    site: SiteSignIn | None = None

    @property
    def home(self) -> Home:
        """The home that is served."""
        return self.doors.home

    @property
    def ledger(self) -> Ledger:
        """Its ledger."""
        return self.doors.ledger


class NotSignedInError(HubError):
    """Nobody is signed in here, or no longer."""


class ForgedError(HubError):
    """A form that did not come from a page of this session."""


@dataclass(frozen=True)
class Visit:
    """One request of one person."""

    console: Console
    request: Request
    token: str
    account: Account
    access: Access
    brain: Brain | None  # None before the first sync, and of another version's snapshot
    missing: NotFoundError | None = None  # why there is none

    @property
    def connection(self) -> Any:  # noqa: ANN401 (DuckDB's cursor)
        """The cursor on the snapshot.

        Raises:
            NotFoundError: nothing is published yet.
        """
        return self.opened.connection

    @property
    def opened(self) -> Brain:
        """The snapshot itself.

        Raises:
            NotFoundError: nothing is published yet.
        """
        if self.brain is None:
            raise self.missing or NotFoundError("no snapshot", zh="还没有任何数据。")
        return self.brain

    @property
    def settled(self) -> Settled:
        """What was decided about persons and the snapshot does not know yet."""
        if self.brain is None:
            return NOTHING
        return self.console.doors.settling.over(
            self.brain.number, lambda: nullcontext(self.connection)
        )

    @property
    def csrf(self) -> str:
        """What forms of this session carry."""
        return csrf_of(self.token)

    def note(
        self,
        action: str,
        *,
        entity: str = "",
        subject: str = "",
        fields: tuple[str, ...] = (),
        rows: int = 0,
        outcome: Outcome = "ok",
        **detail: Any,  # noqa: ANN401 (JSON, without personal values)
    ) -> None:
        """Write one event; it is durable when this returns."""
        event = Event(
            self.account.actor, action, role=self.account.role, outcome=outcome,
            entity=entity, subject=subject, fields=fields, purpose=self.access.purpose or "",
            origin=origin_of(self.request), snapshot=self.brain.number if self.brain else 0,
            rows=rows, detail={"door": "console"} | detail,
        )  # fmt: skip
        self.console.doors.note(self.access, event)

    def note_people(
        self,
        action: str,
        found: Sequence[Mapping[str, Any]],
        clear: Collection[str] = (),
        **detail: Any,  # noqa: ANN401 (as above)
    ) -> None:
        """Write that residents were listed, after asking whether that many may still be seen.

        `clear` are fields shown in clear that do not stand in the rows under their names.

        Raises:
            TooManyError: the day's limit of the role is reached.
        """
        if not found:
            self.note(action, entity="resident", **detail)
            return
        people = [row["resident_id"] for row in found]
        self.console.doors.throttle(self.access, people)
        seen = {one for row in found for one in self.access.clear_fields("resident", row)}
        self.note(
            action, entity="resident", fields=tuple(sorted(seen.union(clear))), rows=len(found),
            subjects=people, **detail,
        )  # fmt: skip

    def page(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """Render a page inside the frame."""
        frame = framing(self.console, self.token, self.account, self.access)
        text = self.console.templates.get_template(template).render(
            visit=self, snapshot=self.brain.number if self.brain else None,
            path=self.request.url.path.removeprefix(PREFIX) or "/",
            titles=self.titles(), gains=self.gains(), unsynced=self.unsynced(), **frame, **values,
        )  # fmt: skip
        return HTMLResponse(text, status)

    def gains(self) -> list[str]:
        """Fields of a resident that stating a purpose would show in clear."""
        purposes = self.access.rules.purposes
        if not purposes or self.access.purpose:
            return []
        stated = self.access.for_purpose(purposes[0])
        return [
            facts.title
            for name, facts in FIELDS["resident"].items()
            if facts.level >= 4 and name != "issues" and stated.sees("resident", name)
        ]

    def unsynced(self) -> Unsynced | None:
        """What decisions have not changed yet in the numbers of the scope."""
        over = self.settled
        if not over.groups or "resident" not in self.access.rules.entities:
            return None
        return unsynced(self.connection, self.access, self.console.home, over)

    def titles(self) -> dict[str, str]:
        """The platforms' Chinese names."""
        known, _ = self.console.home.read_platforms()
        ours = {one.platform: one.title for one in (ANSWERS, REQUESTED)}
        return ours | {name: one.title for name, one in known.items()}


def framing(console: Console, token: str, account: Account, access: Access) -> dict[str, Any]:
    """What the frame around every page needs: the menu, and who is signed in."""
    menu = [one for one in MENU if any(access.may(each) for each in one[3])]
    return {
        "access": access, "account": account, "menu": menu, "prefix": PREFIX,
        "now": datetime.now(UTC), "home_name": console.home.settings.name, "csrf": csrf_of(token),
    }  # fmt: skip


def csrf_of(token: str) -> str:
    """The token that forms of a session carry; it does not tell the session's."""
    return hmac.new(token.encode(), b"csrf", sha256).hexdigest()


def origin_of(request: Request) -> str:
    """From where: the address of whoever asks."""
    return request.client.host if request.client else ""


def visit(request: Request, v: str | None = None) -> Iterator[Visit]:
    """Whoever is signed in, with a cursor on the snapshot for as long as the page is made.

    `v` is the key of a purpose stated for this very page, good for some minutes.

    Raises:
        RequestValidationError: the address asks for what the page does not know; to leave that
            out would show more than was asked for.
        NotSignedInError: nobody is.
        NotAllowedError: policy.yaml has no such role any more.
    """
    if set(request.query_params) - parameters(request.scope["route"]):
        raise RequestValidationError([])
    console: Console = request.app.state.console
    token = request.cookies.get(COOKIE, "")
    account = account_of(console.ledger, token) if token else None
    if account is None:
        raise NotSignedInError("nobody is signed in", zh="请先登录。")
    access = console.doors.access(account)
    stated = console.kept.get(token, v, PURPOSE_SECONDS)
    path, _, purpose = (stated or "").partition("\n")
    if purpose and path == request.url.path:
        access = access.for_purpose(purpose)
    try:
        opened = console.doors.snapshots.brain()
        brain = opened.__enter__()
    except NotFoundError as error:
        yield Visit(console, request, token, account, access, None, error)
        return
    try:
        yield Visit(console, request, token, account, access, brain)
    finally:
        opened.__exit__(None, None, None)


def posted(
    request: Request,
    visit: Annotated[Visit, Depends(visit)],
    csrf: Annotated[str, Form()] = "",
) -> Visit:
    """Whoever sent a form of ours.

    Raises:
        ForgedError: the form is not of this session, or was sent from another host's page.
    """
    if not hmac.compare_digest(csrf, visit.csrf) or not same_host(request):
        visit.note("refused", outcome="refused", why="forged")
        raise ForgedError("form is not of this session", zh="页面已过期：请返回、刷新后再试一次。")
    return visit


def same_host(request: Request) -> bool:
    """Whether the browser says that the form is of this host (or says nothing)."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


Visiting = Annotated[Visit, Depends(visit)]
Posted = Annotated[Visit, Depends(posted)]


def go(path: str) -> RedirectResponse:
    """Send the browser to a page of the console."""
    return RedirectResponse(PREFIX + path, 303)


def inner(path: str) -> str:
    """`path` if it is one inside the console, else its first page: nobody is sent elsewhere."""
    clean = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if clean and path.isascii() and path.isprintable() else "/"


def to_sign_in(request: Request) -> RedirectResponse:
    """Send whoever is not signed in to the sign-in page, and back to this page afterwards."""
    wanted = request.url.path.removeprefix(PREFIX) if request.method == "GET" else "/"
    return go(f"/login?next={quote(wanted, safe='/')}" if wanted not in {"", "/"} else "/login")


STATUSES: tuple[tuple[type[HubError], int], ...] = (
    (NotFoundError, 404), (NotAllowedError, 403), (ForgedError, 403), (TooManyError, 429),
    (SignInError, 401), (TokenRefusedError, 401), (SourceDownError, 503),
    (BusyError, 409), (HubError, 400),
)  # fmt: skip


def status_of(error: HubError) -> int:
    """The HTTP status of an error that is told to whoever asked."""
    return next(status for kind, status in STATUSES if isinstance(error, kind))
