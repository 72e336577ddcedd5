"""Nobody comes in without signing in, nobody does more than their role, no form is forged."""

import re
from collections.abc import Iterator

import httpx
import pytest

from ledger.accounts import sign_out
from serving.console.frame import COOKIE, inner
from serving.console.mounting import HEADERS
from tests.serving.console.conftest import ACCOUNTS, PASSWORD, Served, csrf
from tests.serving.console.two_grids import GRID

PAGES = {
    "/": "statistics", "/residents": "search", "/list": "look", f"/grids/{GRID}": "statistics",
    "/work/pairs": "review", "/work/pairs/export": "review", "/work/quarantine": "review",
    "/work/issues": "review", "/work/corrections": "review", "/work/feedback": "review",
    "/work/collect": "forms",
    "/work/alerts": "review", "/platforms": "platforms", "/platforms/syncing": "platforms",
    "/forms": "forms", "/audit": "audit", "/admin": "accounts",
}  # fmt: skip
POSTS = (
    "/search", "/purpose", "/residents/Rsomebody/feedback", "/work/feedback",
    "/logout", "/work/pairs", "/work/undo",
    "/platforms/sync", "/forms/fill",
    "/forms/measure", "/forms/register", "/extracts/run", "/audit", "/audit/verify",
    "/admin/accounts", "/admin/accounts/role", "/admin/accounts/password", "/admin/accounts/state",
    "/admin/clients", "/admin/clients/key", "/admin/clients/rotate", "/admin/clients/revoke",
    "/me/password",
)  # fmt: skip


@pytest.fixture(scope="module", params=sorted(ACCOUNTS))
def somebody(request: pytest.FixtureRequest, served: Served) -> Iterator[tuple[str, httpx.Client]]:
    with served.client(request.param) as client:
        yield request.param, client


def test_every_page_of_a_stranger_is_the_sign_in_page(served: Served) -> None:
    with served.client() as stranger:
        for page in (*PAGES, "/me", "/residents/Rsomebody", "/households/H", "/dwellings/D"):
            answer = stranger.get(page)
            assert answer.status_code == 303, page
            assert answer.headers["location"].startswith("/console/login"), page
        for post in POSTS:
            answer = stranger.post(post, data={"csrf": "x"})
            assert answer.status_code in (303, 400), post
            assert answer.headers.get("location", "/console/login").startswith("/console/login")
        stranger.cookies.set(COOKIE, "made-up", path="/console")
        assert stranger.get("/residents").status_code == 303


def test_each_role_reads_what_its_rules_say_and_no_more(
    served: Served, somebody: tuple[str, httpx.Client]
) -> None:
    name, client = somebody
    may = served.doors.policy.roles[ACCOUNTS[name][0]].may
    for page, action in PAGES.items():
        status = client.get(page).status_code
        if page == "/work/pairs" and "forms" in may and action not in may:
            assert status == 303, "who only collects goes to what is to be collected"
            continue
        inside = 404 if name == "othergrid" and page.startswith("/grids") else 200
        assert status == (inside if action in may else 403), (name, page, status)


def test_no_form_is_taken_without_its_token_or_from_elsewhere(
    served: Served, somebody: tuple[str, httpx.Client]
) -> None:
    _, client = somebody
    token = csrf(client.get("/").text)
    for post in POSTS:
        assert client.post(post, data={"csrf": "guessed"}).status_code in (400, 403), post
    evil = {"origin": "https://evil.example"}
    answer = client.post("/search", data={"csrf": token, "text": "x"}, headers=evil)
    assert answer.status_code == 403
    answer = client.post("/logout", data={"csrf": token}, headers={"origin": "null"})
    assert answer.status_code == 403
    assert client.get("/").status_code == 200, "still signed in"


def test_every_post_is_in_the_list(served: Served) -> None:
    from fastapi.routing import APIRoute

    from serving.console import mounting

    known = {
        route.path.replace("{what}", "rotate").replace("{resident_id}", "Rsomebody")
        for page in mounting.PAGES
        for route in page.router.routes
        if isinstance(route, APIRoute) and "POST" in route.methods
    }
    assert known - {"/login"} == set(POSTS) - {"/admin/clients/revoke"}


def test_wrong_passwords_all_sound_the_same_and_lock(served: Served) -> None:
    from ledger.accounts import accounts, add_account

    add_account(served.doors.ledger, "clumsy", "网格员", [GRID], PASSWORD)
    with served.client() as client:
        unknown = client.post("/login", data={"name": "nobody", "password": "x" * 12})
        said = set()
        for _ in range(5):
            answer = client.post("/login", data={"name": "clumsy", "password": "wrong-one-1"})
            said.add(answer.text)
        assert said == {unknown.text}
        right = client.post("/login", data={"name": "clumsy", "password": PASSWORD})
    assert right.status_code == 401, "locked"
    (clumsy,) = (one for one in accounts(served.doors.ledger) if one.name == "clumsy")
    assert clumsy.locked


def test_a_session_is_new_at_every_sign_in_and_ends(served: Served) -> None:
    with served.client() as client:
        client.cookies.set(COOKIE, "fixed-by-another", path="/console")
        answer = client.post("/login", data={"name": "grid", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
    assert "fixed-by-another" not in cookie
    assert {"httponly", "samesite=strict", "path=/console"} <= {
        part.strip().lower() for part in cookie.split(";")
    }
    token = re.search(rf"{COOKIE}=([^;]+)", cookie)
    assert token is not None
    sign_out(served.doors.ledger, served.doors.audit, token[1])
    with served.client() as client:
        client.cookies.set(COOKIE, token[1], path="/console")
        assert client.get("/").status_code == 303


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/residents", "/residents"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
    ],
)
def test_nobody_is_sent_elsewhere(wanted: str, goes: str, served: Served) -> None:
    assert inner(wanted) == goes
    with served.client() as client:
        given = {"name": "grid", "password": PASSWORD, "wanted": wanted}
        assert client.post("/login", data=given).headers["location"] == f"/console{goes}"


def test_every_answer_has_the_headers(served: Served) -> None:
    with served.client("grid") as client:
        for page in ("/", "/login", "/no-such-page", "/static/console.css", "/residents/Rnobody"):
            answer = client.get(page)
            for name, value in HEADERS.items():
                assert answer.headers[name] == value, (page, name)
            stored = "private, max-age=3600" if page.startswith("/static") else "no-store"
            assert answer.headers["cache-control"] == stored
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_a_large_body_is_refused(served: Served) -> None:
    with served.client("grid") as client:
        assert client.post("/search", data={"text": "x" * 200_000}).status_code == 413
        huge = b"x" * (22 << 20)
        answer = client.post("/forms/register", files={"file": ("a.xlsx", huge)})
        assert answer.status_code == 413


def test_no_page_names_another_host(served: Served, somebody: tuple[str, httpx.Client]) -> None:
    _, client = somebody
    for page in (*PAGES, "/login", "/static/console.css", "/static/console.js"):
        text = client.get(page).text.replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text), page
        assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=", text), page
