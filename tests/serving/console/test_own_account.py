"""Everybody may see what their role is, and take a password of their own."""

from collections.abc import Iterator

import httpx
import pytest

from ledger.accounts import add_account
from tests.serving.console.conftest import PASSWORD, Served, csrf
from tests.serving.console.test_pages import last, post

OWN = "My-own-words-2026"


@pytest.fixture
def newcomer(served: Served) -> Iterator[tuple[str, httpx.Client]]:
    """Somebody new at every test, signed in with the password they were given."""
    name = f"new{served.doors.audit.record()}-{id(object())}"
    add_account(served.doors.ledger, name, "网格员", ["510108019006001"], PASSWORD)
    with httpx.Client(base_url=f"{served.base}/console", timeout=30) as client:
        client.post("/login", data={"name": name, "password": PASSWORD})
        yield name, client


def sign_in(served: Served, name: str, password: str) -> int:
    with httpx.Client(base_url=f"{served.base}/console", timeout=30) as client:
        return client.post("/login", data={"name": name, "password": password}).status_code


def test_my_role_is_told(newcomer: tuple[str, httpx.Client]) -> None:
    page = newcomer[1].get("/me").text
    for told in ("网格员", "510108019006001", "走访", "300", "查看"):
        assert told in page
    assert "审计、" not in page


def test_a_new_password_ends_every_session(
    served: Served, newcomer: tuple[str, httpx.Client]
) -> None:
    name, client = newcomer
    answer = post(client, "/me/password", old=PASSWORD, new=OWN, again=OWN)
    assert answer.headers["location"] == "/console/login"
    assert client.get("/me").headers["location"].startswith("/console/login")
    assert sign_in(served, name, PASSWORD) == 401
    assert sign_in(served, name, OWN) == 303
    told = last(served, action="account", subject=name)
    assert told["detail"]["change"] == "own password"  # type: ignore[index]  # a row of the audit, or a match
    assert OWN not in str(told)


@pytest.mark.parametrize(
    ("old", "new", "again", "status"),
    [
        pytest.param("wrong-one-2026", OWN, OWN, 401, id="not the one in use"),
        pytest.param(PASSWORD, OWN, f"{OWN}x", 400, id="typed in two ways"),
        pytest.param(PASSWORD, PASSWORD, PASSWORD, 400, id="the same"),
        pytest.param(PASSWORD, "aaaaaaaaaaaa", "aaaaaaaaaaaa", 400, id="too simple"),
    ],
)
def test_what_is_not_taken_changes_nothing(
    served: Served, newcomer: tuple[str, httpx.Client], old: str, new: str, again: str, status: int
) -> None:
    name, client = newcomer
    assert post(client, "/me/password", old=old, new=new, again=again).status_code == status
    assert sign_in(served, name, PASSWORD) == 303


def test_guessing_here_locks_as_at_the_sign_in(
    served: Served, newcomer: tuple[str, httpx.Client]
) -> None:
    name, client = newcomer
    token = csrf(client.get("/me").text)
    for _ in range(5):
        given = {"csrf": token, "old": "wrong-one-2026", "new": OWN, "again": OWN}
        assert client.post("/me/password", data=given).status_code == 401
    assert sign_in(served, name, PASSWORD) == 401
