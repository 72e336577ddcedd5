"""Which records were erased: keyed hashes that every later sync compares with."""

from collections.abc import Sequence
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ledger.door_tables import TombstoneRow
from ledger.ledger import Ledger


def bury(ledger: Ledger, marks: Sequence[str], resident_id: str, by: str, reason: str) -> None:
    """Keep records from coming back; one that is buried already stays so."""
    now = datetime.now(UTC)
    with Session(ledger.engine) as session, session.begin():
        for mark in marks:
            session.merge(
                TombstoneRow(
                    mark=mark, resident_id=resident_id, at=now, erased_by=by, reason=reason
                )
            )


def tombstones(ledger: Ledger) -> frozenset[str]:
    """The marks of all erased records."""
    with Session(ledger.engine) as session:
        return frozenset(session.scalars(sa.select(TombstoneRow.mark)))
