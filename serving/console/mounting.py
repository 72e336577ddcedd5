"""The console as one application of its own, mounted at /console."""

import logging
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from hub.errors import HubError, NotFoundError
from ledger.accounts import account_of
from ledger.audit import Event
from security.policy import NotAllowedError
from serving.console.bounded import Bounded
from serving.console.frame import (
    COOKIE,
    PREFIX,
    Console,
    NotSignedInError,
    framing,
    origin_of,
    status_of,
    to_sign_in,
)
from serving.console.pages import (
    admin,
    audit,
    forms,
    lists,
    myself,
    overview,
    places,
    platforms,
    residents,
    sign_in,
    work,
)
from serving.console.showing import FOLDER
from serving.console.syncing import Syncing
from serving.doors import Doors, TooManyError
from serving.site_sign_in import SiteSignIn

PAGES = (
    sign_in, overview, lists, residents, places, work, platforms, forms, audit, admin,
    myself,
)  # fmt: skip
LOGGER = logging.getLogger("hub.console")
KEYS = {"resident_id": "resident", "household_id": "household", "dwelling_id": "dwelling",
        "grid_code": "grid"}  # fmt: skip
SERVER_ERROR = 500
ID = re.compile(r"[A-Z][a-z2-7]{20}")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers hide the Origin of our own forms
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Next = Callable[[Request], Awaitable[Response]]


def mount_console(app: FastAPI, doors: Doors) -> Console:
    """Put the console below /console, and lead / to it."""
    told = doors.home.settings.sign_in
    site = SiteSignIn(doors.home, told) if told else None
    console = Console(doors, Syncing(doors.home), site=site)
    pages = FastAPI(title=doors.home.settings.name, docs_url=None, redoc_url=None, openapi_url=None)
    pages.state.console = console
    for page in PAGES:
        pages.include_router(page.router)
    pages.mount("/static", StaticFiles(directory=FOLDER / "static"))
    _answer_errors(pages)
    pages.add_middleware(Bounded)
    pages.middleware("http")(_with_headers)
    app.mount(PREFIX, pages)

    @app.get("/", include_in_schema=False)
    def front_door() -> RedirectResponse:
        """Lead to the console."""
        return RedirectResponse(f"{PREFIX}/")

    return console


async def _with_headers(request: Request, call_next: Next) -> Response:
    try:
        response = await call_next(request)
    except Exception as error:  # a request ends here; a traceback may hold values
        kind, place = type(error).__name__, request.scope.get("route")
        LOGGER.error("console: %s at %s", kind, getattr(place, "path", "?"))
        text = f"程序内部出错（{kind}），数据没有被改动。请告诉维护人员。"
        response = _page(request, 500, text)
    for name, value in HEADERS.items():
        response.headers[name] = value
    kept = request.url.path.startswith(f"{PREFIX}/static/")
    response.headers["Cache-Control"] = "private, max-age=3600" if kept else "no-store"
    return response


def _answer_errors(pages: FastAPI) -> None:
    """Every error is a page in plain words."""

    @pages.exception_handler(NotSignedInError)
    def not_signed_in(request: Request, _error: NotSignedInError) -> Response:
        return to_sign_in(request)

    @pages.exception_handler(HubError)
    def told(request: Request, error: HubError) -> Response:
        if isinstance(error, NotAllowedError | TooManyError):
            _note_refusal(request, str(error))
        elif isinstance(error, NotFoundError) and (asked := _asked_for(request)):
            _note_miss(request, *asked)
        return _page(request, status_of(error), error.zh)

    @pages.exception_handler(RequestValidationError)
    def malformed(request: Request, _error: RequestValidationError) -> Response:
        return _page(request, 400, "这个地址或表单写得不对：请从菜单重新进入。")

    @pages.exception_handler(HTTPException)
    def no_page(request: Request, error: HTTPException) -> Response:
        said = {413: "上传的内容太大：空表不超过 20 MB。"}
        text = said.get(error.status_code, "没有这个页面：请从菜单重新进入。")
        return _page(request, error.status_code, text)


def _page(request: Request, status: int, text: str) -> HTMLResponse:
    console: Console = request.app.state.console
    token = request.cookies.get(COOKIE, "")
    account = account_of(console.ledger, token) if token and status < SERVER_ERROR else None
    framed: dict[str, Any] = {"prefix": PREFIX, "home_name": console.home.settings.name}
    if account is not None:
        with suppress(NotAllowedError):  # a role that policy.yaml no longer has
            framed = framing(console, token, account, console.doors.access(account))
    rendered = console.templates.get_template("problem.html").render(
        frame="frame.html" if "menu" in framed else "plain.html",
        status=status,
        text=text,
        snapshot=None,
        **framed,
    )
    return HTMLResponse(rendered, status, headers=HEADERS | {"Cache-Control": "no-store"})


def _note_refusal(request: Request, why: str) -> None:
    _note(request, Event("", "refused", outcome="refused", detail={"why": why}))


def _note_miss(request: Request, entity: str, subject: str) -> None:
    """Who asks for many that are not theirs, or are not at all, is told of to the auditor."""
    _note(request, Event("", "look", outcome="not_found", entity=entity, subject=subject))


def _asked_for(request: Request) -> tuple[str, str] | None:
    """What a page is of, and its id if it is one of ours: what else is there may be a number."""
    for name, value in request.path_params.items():
        if name in KEYS:
            return KEYS[name], value if ID.fullmatch(value) else ""
    return None


def _note(request: Request, event: Event) -> None:
    console: Console = request.app.state.console
    account = account_of(console.ledger, request.cookies.get(COOKIE, ""))
    actor, role = (account.actor, account.role) if account else ("anonymous", "")
    told = replace(event, actor=actor, role=role, origin=origin_of(request),
                   detail={"door": "console", **event.detail})  # fmt: skip
    console.doors.note(None, told)
