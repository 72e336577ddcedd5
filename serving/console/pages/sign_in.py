"""Signing in and out; stating a purpose."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse

from ledger.accounts import Credentials, SignInError, sign_in, sign_out
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


def _login_page(request: Request, wanted: str, problem: str = "") -> HTMLResponse:
    console: Console = request.app.state.console
    text = console.templates.get_template("sign_in.html").render(
        prefix=PREFIX, home_name=console.home.settings.name, wanted=wanted, problem=problem
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
    try:
        given = Credentials(name.strip(), password, code.strip(), origin_of(request))
        begun = sign_in(console.ledger, console.doors.audit, given)
    except SignInError as error:
        return _login_page(request, inner(wanted), error.zh)
    answer = go(inner(wanted))
    answer.set_cookie(
        COOKIE, begun.token, path=PREFIX, httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


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
