"""Departments' systems: clients, their secrets and access tokens (OAuth2 client credentials).

A secret is shown once. It expires; a rotation makes a new one and lets the old work for a week.
A client may sign with a key of its own instead (`ledger.client_keys`), and then needs no secret.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.errors import NotFoundError
from ledger.door_tables import ClientRow, SecretRow, TokenRow
from ledger.ledger import Ledger
from security.passwords import hash_secret, new_token, secret_fits, token_hash

LIVES = timedelta(days=180)
OVERLAP = timedelta(days=7)
TOKEN_LIVES = timedelta(hours=1)


@dataclass(frozen=True)
class Client:
    """A client as it is listed; `expires_at` of its newest secret."""

    client_id: str
    title: str
    role: str
    scope: tuple[str, ...]
    created_at: datetime
    revoked: bool
    expires_at: datetime | None = None
    recipients: tuple[str, ...] = ()  # whose extracts and forms it may have

    @property
    def actor(self) -> str:
        """How the audit names it."""
        return f"client:{self.client_id}"


def add_client(
    ledger: Ledger, title: str, role: str, scope: Sequence[str], recipients: Sequence[str] = (),
    *, signs: bool = False,
) -> tuple[Client, str]:  # fmt: skip
    """Make a client; role and scope are checked before. Return it and its first secret.

    One that `signs` gets none: it has no token until its key is added.

    It may have the extracts and forms of the departments in `recipients`; of no others.
    """
    row = ClientRow(
        client_id=f"c_{secrets.token_hex(8)}", title=title, role=role, scope=list(scope),
        created_at=datetime.now(UTC), recipients=list(recipients),
    )  # fmt: skip
    secret = "" if signs else new_token()
    with Session(ledger.engine, expire_on_commit=False) as session, session.begin():
        session.add_all([row, *([_secret(row.client_id, secret)] if secret else [])])
    return _client(row, None), secret


def clients(ledger: Ledger) -> list[Client]:
    """All clients, the oldest first."""
    newest = sa.select(SecretRow.client_id, sa.func.max(SecretRow.expires_at)).group_by(
        SecretRow.client_id
    )
    with Session(ledger.engine) as session:
        until = {row[0]: row[1] for row in session.execute(newest)}
        rows = session.scalars(sa.select(ClientRow).order_by(ClientRow.created_at))
        return [_client(row, until.get(row.client_id)) for row in rows]


def set_recipients(ledger: Ledger, client_id: str, recipients: Sequence[str]) -> None:
    """Let a client have the extracts and forms of these departments, and of no others.

    Raises:
        NotFoundError: there is no such client.
    """
    with Session(ledger.engine) as session, session.begin():
        _there(session, client_id).recipients = list(recipients)


def rotate(ledger: Ledger, client_id: str) -> str:
    """Make a new secret; the old ones work for a week more. Return it.

    Raises:
        NotFoundError: there is no such client, or it was revoked.
    """
    secret, last = new_token(), datetime.now(UTC) + OVERLAP
    with Session(ledger.engine) as session, session.begin():
        live_client(session, client_id)
        older = sa.update(SecretRow).where(
            SecretRow.client_id == client_id, SecretRow.expires_at > last
        )
        session.execute(older.values(expires_at=last))
        session.add(_secret(client_id, secret))
    return secret


def live_client(session: Session, client_id: str) -> ClientRow:
    """The row of a client that was not revoked.

    Raises:
        NotFoundError: there is no such client, or it was revoked.
    """
    row = _there(session, client_id)
    if row.revoked_at is not None:
        raise NotFoundError("client was revoked", zh="这个客户端已经撤销：请新建一个。")
    return row


def revoke(ledger: Ledger, client_id: str) -> None:
    """End a client at once: its secrets and its tokens.

    Raises:
        NotFoundError: there is no such client.
    """
    with Session(ledger.engine) as session, session.begin():
        _there(session, client_id).revoked_at = datetime.now(UTC)
        session.execute(sa.delete(TokenRow).where(TokenRow.client_id == client_id))


def issue_token(ledger: Ledger, client_id: str, secret: str) -> str | None:
    """An access token for the right secret, else None; a wrong one takes as long."""
    now = datetime.now(UTC)
    with Session(ledger.engine) as session:
        row = session.get(ClientRow, client_id)
        found = session.scalars(
            sa.select(SecretRow.hash)
            .where(SecretRow.client_id == client_id, SecretRow.expires_at > now)
            .order_by(SecretRow.secret_id.desc())
        ).all()
    hashes: list[str | None] = [*found[:2]] if row is not None and row.revoked_at is None else []
    if not any([secret_fits(one, secret) for one in hashes or [None]]):  # noqa: C419 (all, always)
        return None
    return give_token(ledger, client_id)


def give_token(ledger: Ledger, client_id: str) -> str:
    """Make an access token for a client that has proved to be it."""
    now, token = datetime.now(UTC), new_token()
    with Session(ledger.engine) as session, session.begin():
        session.execute(sa.delete(TokenRow).where(TokenRow.expires_at < now))
        session.add(
            TokenRow(
                token_hash=token_hash(token), client_id=client_id, expires_at=now + TOKEN_LIVES
            )
        )
    return token


def client_of(ledger: Ledger, token: str) -> Client | None:
    """Whose token it is; None if it is nobody's, expired, or the client was revoked."""
    query = (
        sa.select(ClientRow, TokenRow.expires_at)
        .join(TokenRow, TokenRow.client_id == ClientRow.client_id)
        .where(TokenRow.token_hash == token_hash(token), TokenRow.expires_at > datetime.now(UTC))
        .where(ClientRow.revoked_at.is_(None))
    )
    with Session(ledger.engine) as session:
        found = session.execute(query).first()
        return _client(found[0], None) if found is not None else None


def _secret(client_id: str, secret: str) -> SecretRow:
    now = datetime.now(UTC)
    return SecretRow(
        client_id=client_id, hash=hash_secret(secret), created_at=now, expires_at=now + LIVES
    )


def _there(session: Session, client_id: str) -> ClientRow:
    row = session.get(ClientRow, client_id)
    if row is None:
        raise NotFoundError("no such client", zh="没有这个客户端：请用 hub client list 查看编号。")
    return row


def _client(row: ClientRow, expires_at: datetime | None) -> Client:
    return Client(
        row.client_id, row.title, row.role, tuple(row.scope), row.created_at,
        row.revoked_at is not None, expires_at, tuple(row.recipients),
    )  # fmt: skip
