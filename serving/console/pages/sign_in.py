"""Signing in and out; stating a purpose."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from hub.errors import NotFoundError, SourceDownError
from ledger.accounts import Credentials, SignInError, sign_in, sign_in_named, sign_out
from ledger.audit import Event
from security.oidc import TokenRefusedError
from serving.console.frame import (
    COOKIE,
    PREFIX,
    Console,
    ForgedError,
    Posted,
    go,
    inner,
    origin_of,
    same_host,
)

router = APIRouter()
UNDER_WAY = "hub_login"
Code = Annotated[str, Query(max_length=2000)]


def _login_page(request: Request, wanted: str, problem: str = "") -> HTMLResponse:
    console: Console = request.app.state.console
    text = console.templates.get_template("sign_in.html").render(
        prefix=PREFIX,
        home_name=console.home.settings.name,
        wanted=wanted,
        problem=problem,
        site=console.site.settings if console.site else None,
    )
    return HTMLResponse(text, 401 if problem else 200)


@router.get("/login")
def login(request: Request, next: str = "/") -> Response:
    """The sign-in page."""
    return _login_page(request, inner(next))


@router.post("/login")
def begin(
    request: Request,
    name: Annotated[str, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=1024)] = "",
    code: Annotated[str, Form(max_length=16)] = "",
    wanted: Annotated[str, Form(max_length=400)] = "/",
) -> Response:
    """Begin a session with a fresh token."""
    console: Console = request.app.state.console
    if not same_host(request):
        raise ForgedError("sign-in from another host's page", zh="请从本系统的登录页登录。")
    if console.site is not None and not console.site.settings.passwords:
        return _login_page(request, inner(wanted), "这里只用统一登录。")
    try:
        given = Credentials(name.strip(), password, code.strip(), origin_of(request))
        begun = sign_in(console.ledger, console.doors.audit, given)
    except SignInError as error:
        return _login_page(request, inner(wanted), error.zh)
    answer = go(inner(wanted))
    _keep(request, answer, begun.token)
    return answer


@router.get("/login/site")
def to_the_site(request: Request, next: str = "/") -> Response:
    """Send the browser to the site's own sign-in."""
    console: Console = request.app.state.console
    if console.site is None:
        raise NotFoundError("no site sign-in", zh="这里没有开通统一登录：请用账号和口令登录。")
    key, address = console.site.begin(inner(next))
    answer = RedirectResponse(address, 303)
    answer.set_cookie(
        UNDER_WAY, key, path=f"{PREFIX}/login", httponly=True, max_age=600,
        samesite="lax",  # the provider sends the browser back from another site
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


@router.get("/login/back")
def back(request: Request, state: Code = "", code: Code = "", error: Code = "") -> Response:
    """Begin a session for whom the provider names.

    The answer is a page that goes on by itself: after a redirect from another site, browsers
    would keep our own cookie back.
    """
    console: Console = request.app.state.console
    if console.site is None:
        raise NotFoundError("no site sign-in", zh="这里没有开通统一登录：请用账号和口令登录。")
    doors, origin = console.doors, origin_of(request)
    try:
        if error or not code:
            raise TokenRefusedError("the provider refused", zh="统一登录没有通过：请重新登录。")
        named, wanted = console.site.finish(request.cookies.get(UNDER_WAY, ""), state, code)
    except (TokenRefusedError, SourceDownError) as problem:
        doors.note(None, Event("anonymous", "sign_in", outcome="refused", origin=origin,
                               detail={"by": "site", "why": str(problem)}))  # fmt: skip
        return _login_page(request, "/", problem.zh)
    try:
        begun = sign_in_named(doors.ledger, doors.audit, named.name, named.subject, origin)
    except SignInError as problem:
        return _login_page(request, "/", problem.zh)
    text = console.templates.get_template("signed_in.html").render(
        prefix=PREFIX, home_name=console.home.settings.name, wanted=inner(wanted)
    )
    answer = HTMLResponse(text)
    _keep(request, answer, begun.token)
    answer.delete_cookie(UNDER_WAY, path=f"{PREFIX}/login")
    return answer


def _keep(request: Request, answer: Response, token: str) -> None:
    answer.set_cookie(
        COOKIE, token, path=PREFIX, httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip


@router.post("/logout")
def end(visit: Posted) -> Response:
    """End the session."""
    sign_out(visit.console.ledger, visit.console.doors.audit, visit.token)
    visit.console.kept.forget(visit.token)
    answer = go("/login")
    answer.delete_cookie(COOKIE, path=PREFIX)
    return answer


@router.post("/purpose")
def state_purpose(
    visit: Posted,
    purpose: Annotated[str, Form(max_length=64)],
    page: Annotated[str, Form(max_length=400)],
) -> Response:
    """State what a page is looked at for; it holds for that page and some minutes."""
    visit.access.for_purpose(purpose)
    wanted = inner(page)
    path, _, query = wanted.partition("?")
    key = visit.console.kept.put(visit.token, f"{PREFIX}{path}\n{purpose}")
    kept = "&".join(part for part in query.split("&") if part and not part.startswith("v="))
    return go(f"{path}?{kept + '&' if kept else ''}v={key}")
