"""The ledger's tables of the doors: accounts, clients, the audit. Every time is UTC."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ledger.tables import Base, UtcDateTime


class AccountRow(Base):
    """A person who signs in. `name` is the sign-in name."""

    __tablename__ = "account"
    account_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(64))
    scope: Mapped[list[str]] = mapped_column(JSON)
    password_hash: Mapped[str] = mapped_column(Text)  # argon2id; blank: no password fits
    password_at: Mapped[datetime] = mapped_column(UtcDateTime)
    totp: Mapped[str | None] = mapped_column(Text)  # sealed
    totp_step: Mapped[int] = mapped_column(Integer)  # the last one used: none works twice
    failures: Mapped[int] = mapped_column(Integer)
    locked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    subject: Mapped[str | None] = mapped_column(String(255))  # the site's sign-in: its lasting id
    __table_args__ = (Index("account_by_subject", "subject", unique=True),)


class SessionRow(Base):
    """Somebody signed in, at one browser. Only the token's hash is kept."""

    __tablename__ = "session"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[int] = mapped_column(Integer, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ClientRow(Base):
    """A department's system."""

    __tablename__ = "client"
    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(64))
    scope: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    recipients: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    """Departments whose extracts and forms it may have; none unless named."""


class SecretRow(Base):
    """A client's secret, as scrypt leaves it. For a while after a rotation there are two."""

    __tablename__ = "client_secret"
    secret_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), index=True)
    hash: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class TokenRow(Base):
    """An access token of a client. Only its hash is kept."""

    __tablename__ = "client_token"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), index=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class KeyRow(Base):
    """A client's public key, by which it signs for its tokens (RFC 7523)."""

    __tablename__ = "client_key"
    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)  # RFC 7638 thumbprint
    client_id: Mapped[str] = mapped_column(String(64), index=True)
    public_key: Mapped[str] = mapped_column(Text)  # JWK
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AssertionRow(Base):
    """An assertion that was spent: none counts twice. Kept until it would have expired."""

    __tablename__ = "client_assertion"
    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    jti_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class EventRow(Base):
    """One link of the audit chain; never updated, never deleted."""

    __tablename__ = "audit_event"
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(20))
    entity: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(64))
    fields: Mapped[list[str]] = mapped_column(JSON)
    purpose: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(64))
    snapshot: Mapped[int] = mapped_column(Integer)  # 0: none
    rows: Mapped[int] = mapped_column(Integer)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)  # no personal value
    hash: Mapped[str] = mapped_column(String(64))
    __table_args__ = (Index("audit_by_actor", "actor", "seq"),)


class SeenRow(Base):
    """A subject that an event showed, alone or in a list; see `ledger/seen.py`."""

    __tablename__ = "audit_seen"
    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 (SQLAlchemy's own form)


class SeenToRow(Base):
    """To which event that index reaches."""

    __tablename__ = "audit_seen_to"
    one: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Integer)


class HeadRow(Base):
    """The end of the chain, signed; its one row is what writers of all processes lock."""

    __tablename__ = "audit_head"
    one: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(100))
    turns: Mapped[int] = mapped_column(Integer)  # how often it was written


class CheckpointRow(Base):
    """A signed place of the chain."""

    __tablename__ = "audit_checkpoint"
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    hash: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    signature: Mapped[str] = mapped_column(String(100))


class WarningRow(Base):
    """Something out of the usual that an auditor should look at; one a kind, actor and day."""

    __tablename__ = "audit_warning"
    warning_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    day: Mapped[str] = mapped_column(String(10))
    actor: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    count: Mapped[int] = mapped_column(Integer)
    seen_by: Mapped[str | None] = mapped_column(String(80))
    __table_args__ = (Index("one_warning_a_day", "day", "actor", "kind", unique=True),)


class IdempotencyRow(Base):
    """What a write answered under its idempotency key."""

    __tablename__ = "idempotency"
    actor: Mapped[str] = mapped_column(String(80), primary_key=True)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(Integer)  # 0: under way
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class FeedbackRow(Base):
    """校核纠错: a value said to be wrong, by a department or the resident; it waits for review."""

    __tablename__ = "feedback"
    feedback_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    actor: Mapped[str] = mapped_column(String(80))
    resident_id: Mapped[str] = mapped_column(String(64), index=True)
    field: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))  # wrong, outdated, died, moved, unknown, request
    proposed: Mapped[str | None] = mapped_column(Text)  # sealed
    status: Mapped[str] = mapped_column(String(20))  # open, accepted, refused
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by: Mapped[str | None] = mapped_column(String(80))


class TombstoneRow(Base):
    """A record that was erased: no sync takes it in again. Only a keyed hash of it is kept."""

    __tablename__ = "tombstone"
    mark: Mapped[str] = mapped_column(String(64), primary_key=True)
    resident_id: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    erased_by: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(String(200))


class RemovalRow(Base):
    """A resident who is being erased, until nothing is left in any file; a sync goes on with it."""

    __tablename__ = "removal"
    removal_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    resident_id: Mapped[str] = mapped_column(String(64))
    asked_by: Mapped[str] = mapped_column(String(80))
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class RetentionRow(Base):
    """One application of a platform's retention; `before`: what ended earlier goes."""

    __tablename__ = "retention"
    run_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    platform: Mapped[str] = mapped_column(String(64))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    before: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rows: Mapped[int] = mapped_column(Integer)  # of raw
    files: Mapped[int] = mapped_column(Integer)
    versions: Mapped[int] = mapped_column(Integer)  # past ones, of the brain
