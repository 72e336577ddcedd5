"""Which records were erased: keyed hashes that every later sync compares with."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ledger.door_tables import RemovalRow, TombstoneRow
from ledger.ledger import Ledger


def begin_removal(
    ledger: Ledger, marks: Sequence[str], resident_id: str, by: str, reason: str
) -> None:
    """Keep records from coming back, and note that a resident is being erased."""
    now = datetime.now(UTC)
    with Session(ledger.engine) as session, session.begin():
        for mark in marks:
            session.merge(
                TombstoneRow(
                    mark=mark, resident_id=resident_id, at=now, erased_by=by, reason=reason
                )
            )
        session.add(RemovalRow(at=now, resident_id=resident_id, asked_by=by))


def open_removals(ledger: Ledger) -> dict[int, str]:
    """Erasures that were begun and not finished: number → resident."""
    query = sa.select(RemovalRow.removal_id, RemovalRow.resident_id)
    with Session(ledger.engine) as session:
        found = session.execute(query.where(RemovalRow.finished_at.is_(None)))
        return {one.removal_id: one.resident_id for one in found}


def finish_removal(ledger: Ledger, number: int) -> None:
    """Note that nothing of it is left."""
    with Session(ledger.engine) as session, session.begin():
        session.get_one(RemovalRow, number).finished_at = datetime.now(UTC)


def tombstones(ledger: Ledger) -> frozenset[str]:
    """The marks of all erased records."""
    with Session(ledger.engine) as session:
        return frozenset(session.scalars(sa.select(TombstoneRow.mark)))
