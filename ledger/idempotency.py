"""Writes that are done once: what each answered, by the key that the caller chose."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ledger.door_tables import IdempotencyRow
from ledger.ledger import Ledger


@dataclass(frozen=True)
class Replay:
    """What the key was used for before: `status` 0 is still under way."""

    same: bool
    status: int
    body: dict[str, Any]


def begin(ledger: Ledger, actor: str, key: str, request: str) -> Replay | None:
    """Take the key for this request; if it was taken before, say what came of it."""
    digest = sha256(request.encode()).hexdigest()
    row = IdempotencyRow(
        actor=actor, key=key, request_hash=digest, status=0, body={}, at=datetime.now(UTC)
    )
    try:
        with Session(ledger.engine) as session, session.begin():
            session.add(row)
    except sa.exc.IntegrityError:
        with Session(ledger.engine) as session:
            held = session.get_one(IdempotencyRow, (actor, key))
            return Replay(held.request_hash == digest, held.status, dict(held.body))
    return None


def begun(ledger: Ledger, run: str) -> bool:
    """Whether a run of that id was ever begun by a request."""
    query = sa.select(IdempotencyRow.key).where(IdempotencyRow.body["run"].as_string() == run)
    with ledger.engine.connect() as connection:
        return connection.execute(query).first() is not None


def finish(ledger: Ledger, actor: str, key: str, status: int, body: Mapping[str, Any]) -> None:
    """Keep what was answered."""
    with Session(ledger.engine) as session, session.begin():
        row = session.get_one(IdempotencyRow, (actor, key))
        row.status, row.body = status, dict(body)
