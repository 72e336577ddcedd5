"""Clients' public keys, and the assertions that were spent.

A key expires; a newer one lets the older work for a week more.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from hub.errors import ConfigError
from ledger.clients import LIVES, OVERLAP, give_token, live_client
from ledger.door_tables import AssertionRow, ClientRow, KeyRow
from ledger.ledger import Ledger
from security.client_keys import (
    LEEWAY,
    AssertionRefusedError,
    PublicKey,
    checked_assertion,
    signer_of,
)
from security.passwords import token_hash


@dataclass(frozen=True)
class HeldKey:
    """A client's key as it is listed."""

    client_id: str
    key_id: str
    expires_at: datetime


def add_key(ledger: Ledger, client_id: str, key: PublicKey) -> HeldKey:
    """Let a client sign with a key from now on, and with its older ones for a week more.

    Raises:
        NotFoundError: there is no such client, or it was revoked.
        ConfigError: the key is registered already, with this client or another.
    """
    now = datetime.now(UTC)
    row = KeyRow(
        key_id=key.key_id, client_id=client_id, public_key=key.jwk, created_at=now,
        expires_at=now + LIVES,
    )  # fmt: skip
    with Session(ledger.engine, expire_on_commit=False) as session, session.begin():
        live_client(session, client_id)
        if session.get(KeyRow, key.key_id) is not None:
            raise ConfigError(
                "the key is registered already",
                zh="这个公钥已经登记过：一个系统一对密钥，换密钥请让对方重新生成。",
            )
        older = sa.update(KeyRow).where(
            KeyRow.client_id == client_id, KeyRow.expires_at > now + OVERLAP
        )
        session.execute(older.values(expires_at=now + OVERLAP))
        session.add(row)
    return _held(row)


def keys_of(ledger: Ledger, client_id: str | None = None) -> list[HeldKey]:
    """The keys of a client, or of all, that have not expired; the newest first."""
    query = sa.select(KeyRow).where(KeyRow.expires_at > datetime.now(UTC))
    if client_id is not None:
        query = query.where(KeyRow.client_id == client_id)
    with Session(ledger.engine) as session:
        return [_held(row) for row in session.scalars(query.order_by(KeyRow.created_at.desc()))]


def token_by_assertion(
    ledger: Ledger, assertion: str, audiences: tuple[str, ...], client_id: str | None = None
) -> tuple[str, str]:
    """A client and its new access token, for an assertion that holds; it is spent thereby.

    Args:
        ledger: The ledger.
        assertion: The JWT as it was sent.
        audiences: The addresses of this hub's token endpoint.
        client_id: The client that the request names beside it, if it does.

    Raises:
        AssertionRefusedError: it does not hold, or was used before.
    """
    named, now = signer_of(assertion), datetime.now(UTC)
    if client_id is not None and client_id != named:
        raise AssertionRefusedError(
            "assertion refused: of another client", zh="client_id 与签名的不是同一个。"
        )
    query = (
        sa.select(KeyRow.public_key)
        .join(ClientRow, ClientRow.client_id == KeyRow.client_id)
        .where(KeyRow.client_id == named, KeyRow.expires_at > now, ClientRow.revoked_at.is_(None))
        .order_by(KeyRow.created_at.desc())
        .limit(3)
    )
    with Session(ledger.engine) as session:
        keys = list(session.scalars(query))
    held = checked_assertion(assertion, keys, named, audiences)
    _spend(ledger, named, held.jti, held.expires_at)
    return named, give_token(ledger, named)


def _spend(ledger: Ledger, client_id: str, jti: str, expires_at: datetime) -> None:
    """Note that an assertion was used; of two at the same time one is refused."""
    now = datetime.now(UTC)
    row = AssertionRow(client_id=client_id, jti_hash=token_hash(jti), expires_at=expires_at)
    try:
        with Session(ledger.engine) as session, session.begin():
            past = now.timestamp() - 2 * LEEWAY
            session.execute(
                sa.delete(AssertionRow).where(
                    AssertionRow.expires_at < datetime.fromtimestamp(past, UTC)
                )
            )
            session.add(row)
    except IntegrityError:
        raise AssertionRefusedError(
            "assertion refused: used before", zh="这个签名已经用过：每次请求都要新的 jti。"
        ) from None


def _held(row: KeyRow) -> HeldKey:
    return HeldKey(row.client_id, row.key_id, row.expires_at)
