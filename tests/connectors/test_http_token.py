"""Tokens that a login endpoint gives, and that end."""

import json
from collections.abc import Iterator
from hashlib import md5
from typing import Any

import pytest

from connectors.http_token import Tokens
from hub.errors import HubError, SourceChangedError, SourceDownError, SourceRefusedError
from hub.platform_http import Token

from .misbehaving_api import SECRET, Answer, Api, Request, Trouble, body, says, serving, status
from .vendor import Run, ids, people, platform_of, pulled


class Vendor:
    """Gives tokens, each good for `good_for` requests."""

    def __init__(self, api: Api, *, good_for: int = 1000, code: Any = 0) -> None:
        self.api, self.good_for, self.code = api, good_for, code
        self.given = self.used = 0
        api.login, api.signed = self.login, self.signed

    def login(self, request: Request) -> Answer:
        if request.all.get("secret") != SECRET:
            return self.api.said(4001, "client secret 错误")
        self.given, self.used = self.given + 1, 0
        token = {"access_token": f"token-{self.given}/+", "expires_in": 7200}
        return self.api.json({"code": self.code, "data": token})

    def signed(self, request: Request) -> bool:
        self.used += 1
        sent = request.headers.get("authorization") or request.query.get("token")
        known = sent in (f"Bearer token-{self.given}/+", f"token-{self.given}/+")
        return known and self.used <= self.good_for


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("VENDOR", SECRET)
    with serving(Api(people(8))) as served:
        yield served


LOGIN = {
    "path": "login",
    "params": {"secret": {"env": "VENDOR"}},
    "at": "data.access_token",
    "expires": "data.expires_in",
    "prefix": "Bearer ",
    "expired_values": "1001",
}


@pytest.mark.parametrize("body", ["json", "form"])
def test_one_token_serves_many_pages(api: Api, body: str) -> None:
    vendor = Vendor(api)
    assert len(ids(pulled(platform_of(api, token=LOGIN | {"body": body})))) == 8
    assert (vendor.given, len(api.seen)) == (1, 4)


@pytest.mark.parametrize("good_for", [1, 2])
def test_an_ended_token_is_renewed_in_the_middle(api: Api, good_for: int) -> None:
    vendor = Vendor(api, good_for=good_for)
    with Run(platform_of(api, token=LOGIN, attempts=1)) as run:
        assert len(ids(list(run.pull()))) == 8
    assert vendor.given == -(-3 // good_for)
    assert run.waits == []


def test_401_ends_a_token_too(api: Api) -> None:
    vendor = Vendor(api)
    api.script = [None, says(0, "", status=401)]
    assert len(ids(pulled(platform_of(api, token=LOGIN)))) == 8
    assert vendor.given == 2


@pytest.mark.parametrize(
    "login_page",
    [body(b"\xef\xbb\xbf <html>"), status(302, Location="http://a.example")],
    ids=["page", "redirect"],
)
def test_a_page_to_log_in_ends_a_token_too(api: Api, login_page: Trouble) -> None:
    vendor = Vendor(api)
    api.script = [None, login_page]
    assert len(ids(pulled(platform_of(api, token=LOGIN)))) == 8
    assert vendor.given == 2


def test_a_token_in_the_query_is_signed(api: Api) -> None:
    vendor = Vendor(api)

    def signed(request: Request) -> bool:
        given = dict(request.query)
        sign = given.pop("sign")
        text = "&".join(f"{key}={given[key]}" for key in sorted(given)) + SECRET
        return sign == md5(text.encode()).hexdigest() and vendor.signed(request)

    api.signed = signed
    token = LOGIN | {"place": "query", "into": "token", "prefix": "", "method": "GET"}
    platform = platform_of(api, token=token, sign={"secret": {"env": "VENDOR"}})
    assert len(ids(pulled(platform))) == 8


@pytest.mark.parametrize(
    ("login", "error", "says"),
    [
        ({"code": 4001, "msg": "client secret 错误"}, SourceRefusedError, "client secret 错误"),
        ({"code": 0, "data": {"token": "x"}}, SourceChangedError, "没有令牌 data.access_token"),
        ({"code": 0, "data": {"access_token": {}}}, SourceChangedError, "没有令牌"),
        ({"code": 9, "msg": "系统繁忙"}, SourceDownError, "系统繁忙"),
        (b"<html>", SourceChangedError, "令牌接口的回答不是 JSON"),
        (500, SourceDownError, "HTTP 500"),
        (403, SourceRefusedError, "HTTP 403"),
    ],
)
def test_logins_that_fail_are_named(api: Api, login: Any, error: type[HubError], says: str) -> None:
    def answer(request: Request) -> Answer:
        if isinstance(login, int):
            return Answer(b"{}", login)
        return Answer(login if isinstance(login, bytes) else json.dumps(login).encode())

    api.login = answer
    with pytest.raises(error) as caught:
        pulled(platform_of(api, token=LOGIN, attempts=2))
    assert says in caught.value.zh
    assert SECRET not in caught.value.zh + str(caught.value)


def test_a_refused_new_token_is_not_renewed_for_ever(api: Api) -> None:
    vendor = Vendor(api, good_for=0)
    with pytest.raises(SourceRefusedError, match="1001"):
        pulled(platform_of(api, token=LOGIN))
    assert vendor.given == 1


def test_a_token_is_never_shown(api: Api) -> None:
    Vendor(api)
    api.script = [says("B1", "token-1/+ 无效参数")]
    with pytest.raises(HubError) as caught:
        pulled(platform_of(api, token=LOGIN))
    assert "token-1" not in caught.value.zh + str(caught.value)


def test_a_token_ends_before_the_vendor_says(api: Api) -> None:
    now = [0.0]
    tokens = Tokens(Token(path="x", at="t", expires="e"), clock=lambda: now[0])
    assert tokens.take({"t": b"12345", "e": b"100"}) == "12345"
    now[0] = 89.9
    assert tokens.value == "12345"
    now[0] = 90.1
    assert tokens.value is None
    tokens.take({"t": "a", "e": "soon"})
    now[0] += 3600 - 31
    assert tokens.value == "a"


def test_no_more_requests_a_minute_than_allowed(api: Api) -> None:
    with Run(platform_of(api, per_minute=60)) as run:
        assert len(ids(list(run.pull()))) == 8
    assert [round(one) for one in run.waits] == [1, 2]  # the second page, the third; nobody slept
