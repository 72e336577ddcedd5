"""Signing in: what works, what is refused, and that all refusals look the same."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from cli.init import make_home
from hub.errors import ConfigError, NotFoundError
from hub.settings import open_home
from ledger import open_ledger
from ledger.accounts import (
    TRIES,
    Credentials,
    SignInError,
    account_of,
    accounts,
    add_account,
    disable,
    set_password,
    set_totp,
    sign_in,
    sign_out,
)
from ledger.audit import Audit
from ledger.audit_check import events
from ledger.clients import add_client, client_of, clients, issue_token, revoke, rotate
from ledger.door_tables import AccountRow, SecretRow, SessionRow, TokenRow

WORD = "correct-horse-7"


@pytest.fixture
def audit(tmp_path: Path) -> Iterator[Audit]:
    make_home(tmp_path / "home", "测试")
    home = open_home(tmp_path / "home")
    book = open_ledger(home.data / "ledger.sqlite")
    add_account(book, "li", "网格员", ["510108019006001"], WORD)
    yield Audit(home, book)
    book.close()


def enter(audit: Audit, name: str = "li", password: str = WORD, code: str = "") -> str:
    return sign_in(audit.ledger, audit, Credentials(name, password, code, "10.0.0.9")).token


def refused(audit: Audit, name: str = "li", password: str = WORD, code: str = "") -> str:
    with pytest.raises(SignInError) as caught:
        enter(audit, name, password, code)
    return caught.value.zh


def test_sign_in_and_out(audit: Audit) -> None:
    token = enter(audit)
    account = account_of(audit.ledger, token)
    assert account is not None
    assert (account.name, account.role, account.scope) == ("li", "网格员", ("510108019006001",))
    sign_out(audit.ledger, audit, token)
    assert account_of(audit.ledger, token) is None
    told = [(e["actor"], e["action"], e["outcome"]) for e in events(audit.ledger)]
    assert told == [("account:li", "sign_out", "ok"), ("account:li", "sign_in", "ok")]


def test_every_refusal_reads_the_same_and_is_audited(audit: Audit) -> None:
    add_account(audit.ledger, "gone", "网格员", ["510108019006001"], WORD)
    disable(audit.ledger, "gone")
    said = {refused(audit, "nobody"), refused(audit, password="wrong"), refused(audit, "gone")}
    assert len(said) == 1
    told = [(e["actor"], e["outcome"], e["detail"]["why"]) for e in events(audit.ledger)]
    assert told == [
        ("account:gone", "refused", "disabled"),
        ("account:li", "refused", "wrong"),
        ("anonymous", "refused", "unknown"),
    ]


def test_five_mistakes_lock_even_the_right_password_out(audit: Audit) -> None:
    for _ in range(TRIES):
        refused(audit, password="wrong-wrong")
    refused(audit)
    assert accounts(audit.ledger)[0].locked
    with audit.ledger.engine.begin() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(sa.update(AccountRow).values(locked_until=past))
    assert enter(audit)


def test_a_session_ends_by_idling_by_age_and_with_the_password(audit: Audit) -> None:
    for column, age in (("seen_at", 31), ("created_at", 12 * 60 + 1)):
        token = enter(audit)
        with audit.ledger.engine.begin() as connection:
            past = datetime.now(UTC) - timedelta(minutes=age)
            connection.execute(sa.update(SessionRow).values({column: past}))
        assert account_of(audit.ledger, token) is None
    token = enter(audit)
    set_password(audit.ledger, "li", "another-horse-8")
    assert account_of(audit.ledger, token) is None
    refused(audit)


def test_a_new_sign_in_never_takes_over_a_token(audit: Audit) -> None:
    assert enter(audit) != enter(audit)
    assert account_of(audit.ledger, "given-by-an-attacker") is None


def test_one_time_codes_work_once(audit: Audit) -> None:
    key = set_totp(audit.ledger, audit, "li", wanted=True)
    code = pyotp.TOTP(key or "").now()
    refused(audit)
    assert enter(audit, code=code)
    refused(audit, code=code)
    with Session(audit.ledger.engine) as session:
        assert (key or "") not in str(session.scalars(sa.select(AccountRow.totp)).one())
    set_totp(audit.ledger, audit, "li", wanted=False)
    assert enter(audit)


def test_no_secret_is_kept_in_clear(audit: Audit) -> None:
    client, secret = add_client(audit.ledger, "民政局", "部门", ["510108000000"])
    token = issue_token(audit.ledger, client.client_id, secret) or ""
    session = enter(audit)
    written = (audit.home.data / "ledger.sqlite").read_bytes()
    written += (audit.home.data / "ledger.sqlite-wal").read_bytes()
    for text in (WORD, secret, token, session):
        assert text
        assert text.encode() not in written


@pytest.mark.parametrize("word", ["short", "aaaaaaaaaaaa", ""])
def test_simple_passwords_are_refused(audit: Audit, word: str) -> None:
    with pytest.raises(ConfigError):
        add_account(audit.ledger, "wang", "网格员", ["x"], word)


@pytest.mark.parametrize("name", ["", " a", "a:b", "x" * 65, "li"])
def test_names(audit: Audit, name: str) -> None:
    with pytest.raises(ConfigError):
        add_account(audit.ledger, name, "网格员", ["x"], WORD)


def test_a_client_gets_a_token_for_its_secret_only(audit: Audit) -> None:
    book = audit.ledger
    client, secret = add_client(book, "民政局", "部门", ["510108000000"])
    assert issue_token(book, client.client_id, "wrong") is None
    assert issue_token(book, "c_nobody", secret) is None
    token = issue_token(book, client.client_id, secret) or ""
    found = client_of(book, token)
    assert found is not None
    assert found.client_id == client.client_id
    assert client_of(book, "nothing") is None
    with book.engine.begin() as connection:
        connection.execute(sa.update(TokenRow).values(expires_at=datetime.now(UTC)))
    assert client_of(book, token) is None


def test_rotation_leaves_a_week_and_revocation_nothing(audit: Audit) -> None:
    book = audit.ledger
    client, old = add_client(book, "民政局", "部门", ["510108000000"])
    new = rotate(book, client.client_id)
    assert issue_token(book, client.client_id, old)
    token = issue_token(book, client.client_id, new) or ""
    with book.engine.begin() as connection:
        week = datetime.now(UTC) + timedelta(days=8)
        late = sa.update(SecretRow).where(SecretRow.expires_at < week)
        connection.execute(late.values(expires_at=datetime.now(UTC)))
    assert issue_token(book, client.client_id, old) is None
    revoke(book, client.client_id)
    assert client_of(book, token) is None
    assert issue_token(book, client.client_id, new) is None
    assert [one.revoked for one in clients(book)] == [True]
    with pytest.raises(NotFoundError):
        rotate(book, client.client_id)
    with pytest.raises(NotFoundError):
        revoke(book, "c_nobody")
