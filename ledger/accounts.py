"""Who signs in: accounts and their sessions.

Five wrong passwords lock an account for a quarter of an hour. Whatever is wrong, the answer is the
same and takes as long, so that nobody learns which names exist. A token is made new at every
sign-in, and only its hash is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.errors import ConfigError, HubError, NotFoundError
from ledger.audit import Audit, Event
from ledger.door_tables import AccountRow, SessionRow
from ledger.ledger import Ledger
from security.keys import read_keys
from security.passwords import (
    hash_password,
    new_token,
    new_totp,
    password_fits,
    token_hash,
    totp_step,
)
from security.sealing import seal, unseal

TRIES, LOCKED = 5, timedelta(minutes=15)
IDLE, LONGEST = timedelta(minutes=30), timedelta(hours=12)
NOTED = timedelta(minutes=1)  # `seen_at` is written at most so often


class SignInError(HubError):
    """Name, password or code are wrong, or the account is locked or disabled."""


@dataclass(frozen=True)
class Credentials:
    """What somebody types to sign in, and the address they come from."""

    name: str
    password: str
    code: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Account:
    """An account as it is listed."""

    account_id: int
    name: str
    role: str
    scope: tuple[str, ...]
    has_totp: bool
    disabled: bool
    locked: bool
    created_at: datetime

    @property
    def actor(self) -> str:
        """How the audit names it."""
        return f"account:{self.name}"


@dataclass(frozen=True)
class SignedIn:
    """A fresh session; `token` is for the browser's cookie and is kept nowhere else."""

    token: str
    account: Account


def sign_in(ledger: Ledger, audit: Audit, given: Credentials) -> SignedIn:
    """Begin a session; the audit notes it, and every refusal.

    Raises:
        SignInError: always the same, whatever was wrong.
    """
    with Session(ledger.engine) as session:
        row = session.scalars(sa.select(AccountRow).where(AccountRow.name == given.name)).first()
        hashed = row.password_hash if row is not None else None
    fits = password_fits(hashed, given.password)  # outside any transaction: it takes long
    with Session(ledger.engine) as session, session.begin():
        why = _judge(session, audit, given, fits=fits)
    known = f"account:{given.name}" if hashed is not None else "anonymous"
    event = Event(known, "sign_in", origin=given.origin)
    if why:
        audit.record(replace(event, outcome="refused", detail={"why": why}))
        raise SignInError(
            f"sign-in refused: {why}",
            zh="账号、口令或验证码不对，或账号已停用、暂时锁定：请核对后再试，"
            "连错 5 次要等 15 分钟。",
        )
    return _begun(ledger, audit, given.name, event)


def sign_in_named(
    ledger: Ledger, audit: Audit, name: str, subject: str, origin: str = ""
) -> SignedIn:
    """Begin a session for whom the site's own sign-in names; the audit notes it, and refusals.

    The first time, the account keeps `subject`, the provider's lasting id: from then on nobody
    else who is given the same name gets in under it.

    Raises:
        SignInError: nobody here has that name, the account is disabled or another one's.
    """
    with Session(ledger.engine) as session, session.begin():
        row = session.scalars(sa.select(AccountRow).where(AccountRow.name == name)).first()
        holder = session.scalars(sa.select(AccountRow).where(AccountRow.subject == subject)).first()
        why = _unfit(row, holder, subject)
        if row is not None and not why:
            row.subject = subject
    actor = f"account:{name}" if row is not None else "anonymous"
    event = Event(actor[:80], "sign_in", origin=origin, detail={"by": "site"})
    if why:
        audit.record(replace(event, outcome="refused", detail={"by": "site", "why": why}))
        raise SignInError(
            f"sign-in refused: {why}",
            zh="统一登录认得你，但这里没有你能用的账号：请管理员用同一个名字新建或启用账号。",
        )
    return _begun(ledger, audit, name, event)


def _unfit(row: AccountRow | None, holder: AccountRow | None, subject: str) -> str:
    if row is None:
        return "unknown"
    if row.disabled_at is not None:
        return "disabled"
    mine = row.subject in (None, subject) and holder in (None, row)
    return "" if mine else "another person"


def _begun(ledger: Ledger, audit: Audit, name: str, event: Event) -> SignedIn:
    token, now = new_token(), datetime.now(UTC)
    with Session(ledger.engine) as session, session.begin():
        row = _named(session, name)
        session.add(
            SessionRow(
                token_hash=token_hash(token), account_id=row.account_id, created_at=now, seen_at=now
            )
        )
        account = _account(row)
    audit.record(replace(event, role=account.role))
    return SignedIn(token, account)


def _judge(session: Session, audit: Audit, given: Credentials, *, fits: bool) -> str:
    """Why the sign-in is refused; blank if it is not. Counts failures and locks."""
    row = session.scalars(sa.select(AccountRow).where(AccountRow.name == given.name)).first()
    if row is None:
        return "unknown"
    now = datetime.now(UTC)
    if row.disabled_at is not None:
        return "disabled"
    if row.locked_until is not None and row.locked_until > now:
        return "locked"
    if fits and row.totp is not None:
        step = totp_step(unseal(_sealing(audit), row.totp), given.code, row.totp_step)
        row.totp_step, fits = step or row.totp_step, step is not None
    if fits:
        row.failures, row.locked_until = 0, None
        return ""
    row.failures += 1
    if row.failures >= TRIES:
        row.failures, row.locked_until = 0, now + LOCKED
    return "wrong"


def account_of(ledger: Ledger, token: str) -> Account | None:
    """Whose session a token is of; None if it ended, idled too long, or the account is disabled."""
    now = datetime.now(UTC)
    with Session(ledger.engine) as session:
        found = session.get(SessionRow, token_hash(token))
        if found is None or found.ended_at is not None:
            return None
        if found.seen_at < now - IDLE or found.created_at < now - LONGEST:
            return None
        row = session.get(AccountRow, found.account_id)
        if row is None or row.disabled_at is not None or row.password_at > found.created_at:
            return None
        if found.seen_at < now - NOTED:
            found.seen_at = now
            session.commit()
        return _account(row)


def sign_out(ledger: Ledger, audit: Audit, token: str) -> None:
    """End the session of a token."""
    account = account_of(ledger, token)
    ended = sa.update(SessionRow).where(SessionRow.token_hash == token_hash(token))
    with ledger.engine.begin() as connection:
        connection.execute(ended.values(ended_at=datetime.now(UTC)))
    if account is not None:
        audit.record(Event(account.actor, "sign_out", role=account.role))


def add_account(
    ledger: Ledger, name: str, role: str, scope: Sequence[str], password: str | None
) -> Account:
    """Make an account; role and scope are checked before (`security.policy.check_scope`).

    Without a password only the site's own sign-in opens it.

    Raises:
        ConfigError: the name is taken or is none, or the password too simple.
    """
    if not name.strip() or name != name.strip() or len(name) > 64 or ":" in name:
        raise ConfigError(
            "account name is none", zh="账号名要有 1 到 64 个字符，不能有空格或冒号。"
        )
    hashed, now = hash_password(password) if password is not None else "", datetime.now(UTC)
    row = AccountRow(
        name=name, role=role, scope=list(scope), password_hash=hashed, password_at=now,
        totp=None, totp_step=0, failures=0, created_at=now,
    )  # fmt: skip
    with Session(ledger.engine, expire_on_commit=False) as session:
        session.add(row)
        try:
            session.commit()
        except sa.exc.IntegrityError:
            raise ConfigError(
                "account name is taken", zh=f"账号 {name} 已经有了：请换一个名字。"
            ) from None
    return _account(row)


def accounts(ledger: Ledger) -> list[Account]:
    """All accounts, by name."""
    with Session(ledger.engine) as session:
        return [_account(row) for row in session.scalars(sa.select(AccountRow).order_by("name"))]


def account_named(ledger: Ledger, name: str) -> Account:
    """The account of that name.

    Raises:
        NotFoundError: there is none.
    """
    with Session(ledger.engine) as session:
        return _account(_named(session, name))


def set_password(ledger: Ledger, name: str, password: str) -> None:
    """Give a new password: the lock and every open session end."""
    hashed = hash_password(password)
    with Session(ledger.engine) as session, session.begin():
        row = _named(session, name)
        row.password_hash, row.password_at = hashed, datetime.now(UTC)
        row.failures, row.locked_until = 0, None


def relink(ledger: Ledger, name: str) -> None:
    """Let the site's own sign-in name somebody else under it; every open session ends."""
    with Session(ledger.engine) as session, session.begin():
        row = _named(session, name)
        row.subject, row.password_at = None, datetime.now(UTC)


def disable(ledger: Ledger, name: str, *, disabled: bool = True) -> None:
    """Let nobody sign in under it any more; what it did stays in the audit."""
    with Session(ledger.engine) as session, session.begin():
        _named(session, name).disabled_at = datetime.now(UTC) if disabled else None


def set_role(ledger: Ledger, name: str, role: str, scope: Sequence[str]) -> None:
    """Give another role and scope, checked before; open sessions have them at once."""
    with Session(ledger.engine) as session, session.begin():
        row = _named(session, name)
        row.role, row.scope = role, list(scope)


def set_totp(ledger: Ledger, audit: Audit, name: str, *, wanted: bool) -> str | None:
    """Ask for one-time codes from now on, or no more; return the new key, base32."""
    key = new_totp() if wanted else None
    with Session(ledger.engine) as session, session.begin():
        row = _named(session, name)
        row.totp, row.totp_step = (seal(_sealing(audit), key) if key else None), 0
    return key


def _sealing(audit: Audit) -> str:
    """One-time keys are sealed even in a home that does not encrypt its data."""
    return read_keys(audit.home.secrets, encryption=True).identity.hex()


def _named(session: Session, name: str) -> AccountRow:
    row = session.scalars(sa.select(AccountRow).where(AccountRow.name == name)).first()
    if row is None:
        raise NotFoundError(
            "no such account", zh="没有这个账号：请用 hub account list 查看账号名。"
        )
    return row


def _account(row: AccountRow) -> Account:
    locked = row.locked_until is not None and row.locked_until > datetime.now(UTC)
    return Account(
        row.account_id, row.name, row.role, tuple(row.scope), row.totp is not None,
        row.disabled_at is not None, locked, row.created_at,
    )  # fmt: skip
