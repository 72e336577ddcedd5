"""Tokens for clients that sign (private_key_jwt): whose key, for us, once, and for minutes only."""

import base64
import hmac
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey

from hub.errors import ConfigError
from ledger import open_ledger
from ledger.client_keys import add_key, keys_of, token_by_assertion
from ledger.clients import add_client, revoke
from ledger.door_tables import KeyRow
from security.client_keys import AssertionRefusedError, read_public_key
from tests.serving.api.conftest import COMMUNITY, Api

pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KINDS = {"Ed25519": OKPKey.generate_key("Ed25519"), "ES256": ECKey.generate_key("P-256")}


@dataclass
class System:
    """A department's system that signs."""

    api: Api
    client_id: str
    key: Any
    alg: str

    @property
    def address(self) -> str:
        return f"{self.api.http.base_url}".rstrip("/") + "/api/v1/token"

    def assertion(self, key: Any = None, alg: str = "", **other: Any) -> str:
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": self.address,
                  "jti": uuid4().hex, "exp": int(time.time()) + 60} | other  # fmt: skip
        alg = alg or self.alg
        held = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode({"alg": alg, "kid": "theirs"}, held, key or self.key, algorithms=[alg])

    def ask(self, assertion: str, **more: str) -> httpx.Response:
        body = {"grant_type": "client_credentials", "client_assertion_type": TYPE,
                "client_assertion": assertion} | more  # fmt: skip
        return self.api.http.post("/api/v1/token", data=body)


@pytest.fixture(params=["Ed25519", "ES256", "EdDSA"])
def system(api: Api, request: pytest.FixtureRequest) -> Iterator[System]:
    yield from registered(api, request.param)


@pytest.fixture
def one(api: Api) -> Iterator[System]:
    yield from registered(api, "ES256")


def registered(api: Api, alg: str) -> Iterator[System]:
    kind = ECKey.generate_key("P-256") if alg == "ES256" else OKPKey.generate_key("Ed25519")
    client, secret = add_client(
        api.doors.ledger, "民政局的系统", "部门", [COMMUNITY], ["民政局"], signs=True
    )
    assert secret == ""
    add_key(api.doors.ledger, client.client_id, read_public_key(public(kind)))
    yield System(api, client.client_id, kind, alg)


def public(key: Any) -> str:
    return str(key.as_pem(private=False).decode())


def test_a_signed_assertion_gives_a_token_that_opens(system: System) -> None:
    answer = system.ask(system.assertion())
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    sent = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert system.api.http.get("/api/v1/grids", headers=sent).status_code == 200
    listed = system.ask(system.assertion(aud=["x", system.address]), client_id=system.client_id)
    assert listed.status_code == 200


WRONG: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "https://another.example/api/v1/token"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "c_another"},
    "another subject": {"sub": "c_another"},
    "no subject": {"sub": None},
    "expired": {"exp": int(time.time()) - 120},
    "for ever": {"exp": int(time.time()) + 10**6},
    "no end": {"exp": None},
    "an end that is no time": {"exp": "soon"},
    "not yet": {"nbf": int(time.time()) + 86400},
    "made tomorrow": {"iat": int(time.time()) + 86400},
    "no id": {"jti": None},
    "a long id": {"jti": "x" * 201},
}


@pytest.mark.parametrize("what", WRONG)
def test_an_assertion_that_does_not_hold_gives_no_token(one: System, what: str) -> None:
    answer = one.ask(one.assertion(**WRONG[what]))
    assert answer.status_code == 401, what
    assert "签名" in answer.json()["detail"]


def test_no_other_key_or_algorithm_is_taken(one: System) -> None:
    assert one.ask(one.assertion(key=ECKey.generate_key("P-256"))).status_code == 401
    head, body, _ = one.assertion().split(".")
    text = _part(b'{"alg":"HS256"}') + f".{body}"  # the public key as if it were a shared secret
    mac = hmac.new(public(one.key).encode(), text.encode(), "sha256").digest()
    assert one.ask(f"{text}.{_part(mac)}").status_code == 401
    for text in (f"{head}.{body}.", "eyJhbGciOiJub25lIn0." + body + ".", "a.b.c", ".", "x" * 3000):
        assert one.ask(text).status_code == 401
    assert one.ask("x" * 5000).status_code == 400


def _part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def test_one_way_at_a_time(one: System) -> None:
    good = one.assertion()
    assert one.ask(good, client_secret="x").status_code == 400
    assert one.ask(good, client_assertion_type="urn:other").status_code == 400
    assert one.ask(good, client_id="c_another").status_code == 401
    assert one.ask(good).status_code == 200, "none of these has spent it"


def test_an_assertion_counts_once_in_all_processes(one: System) -> None:
    """Two ledgers opened by themselves, as two processes have them."""
    used = one.assertion()
    path = one.api.doors.home.data / "ledger.sqlite"

    def spend(_: int) -> bool:
        book = open_ledger(path)
        try:
            token_by_assertion(book, used, (one.address,))
        except AssertionRefusedError:
            return False
        finally:
            book.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(spend, range(8))) == [False] * 7 + [True]
    assert one.ask(used).status_code == 401
    assert one.ask(one.assertion()).status_code == 200


def test_keys_expire_are_rotated_and_revoked(one: System) -> None:
    book, newer = one.api.doors.ledger, OKPKey.generate_key("Ed25519")
    add_key(book, one.client_id, read_public_key(public(newer)))
    week = datetime.now(UTC) + timedelta(days=7, minutes=1)
    new, old = keys_of(book, one.client_id)
    assert old.expires_at < week < new.expires_at
    assert one.ask(one.assertion()).status_code == 200
    assert one.ask(one.assertion(key=newer, alg="Ed25519")).status_code == 200
    with book.engine.begin() as connection:
        gone = sa.update(KeyRow).where(KeyRow.key_id == old.key_id)
        connection.execute(gone.values(expires_at=datetime.now(UTC)))
    assert one.ask(one.assertion()).status_code == 401
    assert one.ask(one.assertion(key=newer, alg="Ed25519")).status_code == 200
    revoke(book, one.client_id)
    assert one.ask(one.assertion(key=newer, alg="Ed25519")).status_code == 401


def test_a_key_belongs_to_one_client(one: System) -> None:
    other, _ = add_client(one.api.doors.ledger, "另一个系统", "部门", [COMMUNITY])
    with pytest.raises(ConfigError):
        add_key(one.api.doors.ledger, other.client_id, read_public_key(public(one.key)))


@pytest.mark.parametrize("kind", [*KINDS, "a private key", "P-384", "nonsense"])
def test_only_public_keys_of_two_kinds_are_read(kind: str) -> None:
    if kind in KINDS:
        by_pem, by_jwk = (read_public_key(text) for text in (
            public(KINDS[kind]), str(KINDS[kind].as_dict(private=False)).replace("'", '"'),
        ))  # fmt: skip
        assert by_pem == by_jwk
        assert '"d"' not in by_pem.jwk
        return
    texts = {"a private key": KINDS["ES256"].as_pem(private=True).decode(),
             "P-384": public(ECKey.generate_key("P-384")), "nonsense": "{}"}  # fmt: skip
    with pytest.raises(ConfigError) as refused:
        read_public_key(texts[kind])
    assert ("私钥" in refused.value.zh.split("，")[0]) is (kind == "a private key")
