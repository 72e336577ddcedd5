"""What stewards decided: two records are one person, are not, or are to be looked at later.

A record is named by its platform, stream and key. A key may itself be a number of a person, so the
three are sealed by whoever writes here; the ledger never reads them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ledger.ledger import Ledger
from ledger.tables import DecisionRow

Verdict = Literal["same", "different", "later"]


@dataclass(frozen=True)
class Decision:
    """One decision. The records are sealed; the residents are whose they were at the time."""

    decision_id: int
    left_record: str
    right_record: str
    left_resident: str
    right_resident: str
    verdict: Verdict
    decided_at: datetime
    decided_by: str


def note_decision(
    ledger: Ledger,
    records: tuple[str, str],
    residents: tuple[str, str],
    verdict: Verdict,
    decided_by: str,
    replaces: int | None = None,
) -> int:
    """Write a decision down; the one it `replaces` no longer holds. Return its id."""
    now = datetime.now(UTC)
    with Session(ledger.engine) as session, session.begin():
        if replaces is not None:
            session.get_one(DecisionRow, replaces).undone_at = now
        row = DecisionRow(
            left_record=records[0],
            right_record=records[1],
            left_resident=residents[0],
            right_resident=residents[1],
            verdict=verdict,
            decided_at=now,
            decided_by=decided_by,
        )
        session.add(row)
        session.flush()
        return row.decision_id


def undo_decision(ledger: Ledger, decision_id: int) -> bool:
    """Let a decision no longer hold; False if there is none that does."""
    with Session(ledger.engine) as session, session.begin():
        row = session.get(DecisionRow, decision_id)
        if row is None or row.undone_at is not None:
            return False
        row.undone_at = datetime.now(UTC)
        return True


def forget_decisions(ledger: Ledger, about: Callable[[str], bool]) -> None:
    """Let decisions about such records, and their sealed names, be gone for good."""
    now = datetime.now(UTC)
    with Session(ledger.engine) as session, session.begin():
        for row in session.scalars(sa.select(DecisionRow).where(DecisionRow.left_record != "")):
            if about(row.left_record) or about(row.right_record):
                row.left_record = row.right_record = ""
                row.undone_at = row.undone_at or now


def decisions_mark(ledger: Ledger) -> str:
    """Another text once a decision was made or taken back; blank while there is none."""
    query = sa.select(
        sa.func.count(DecisionRow.undone_at), sa.func.max(DecisionRow.decision_id)
    )  # fmt: skip
    with ledger.engine.connect() as connection:
        undone, last = connection.execute(query).one()
    return "" if last is None else f"{last}-{undone}"


def decisions(ledger: Ledger) -> list[Decision]:
    """The decisions that hold, oldest first."""
    query = sa.select(DecisionRow).where(DecisionRow.undone_at.is_(None))
    with Session(ledger.engine) as session:
        return [
            Decision(
                row.decision_id,
                row.left_record,
                row.right_record,
                row.left_resident,
                row.right_resident,
                row.verdict,  # type: ignore[arg-type]  # written by note_decision only
                row.decided_at,
                row.decided_by,
            )
            for row in session.scalars(query.order_by(DecisionRow.decision_id))
        ]
