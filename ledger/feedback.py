"""校核纠错: values said to be wrong, from departments and from residents, until one decides."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.errors import NotFoundError
from ledger.door_tables import FeedbackRow
from ledger.ledger import Ledger
from security.sealing import seal, unseal


def note_feedback(
    ledger: Ledger, actor: str, about: tuple[str, str, str], proposed: str | None, key: str
) -> int:
    """Keep one; `about` is resident, field and kind, `proposed` is sealed. Return its number."""
    row = FeedbackRow(
        at=datetime.now(UTC), actor=actor, resident_id=about[0], field=about[1], kind=about[2],
        proposed=seal(key, proposed) if proposed is not None else None, status="open",
    )  # fmt: skip
    with Session(ledger.engine, expire_on_commit=False) as session, session.begin():
        session.add(row)
    return row.feedback_id


def feedback_of(ledger: Ledger, number: int, actor: str) -> str | None:
    """The status of the actor's own feedback; None if there is none of that number."""
    with Session(ledger.engine) as session:
        row = session.get(FeedbackRow, number)
        return row.status if row is not None and row.actor == actor else None


def open_feedback(ledger: Ledger, key: str, residents: Sequence[str] = ()) -> list[dict[str, Any]]:
    """What waits, the oldest first, its proposed values unsealed."""
    query = sa.select(FeedbackRow).where(FeedbackRow.status == "open")
    if residents:
        query = query.where(FeedbackRow.resident_id.in_(residents))
    with Session(ledger.engine) as session:
        return [
            {"feedback": row.feedback_id, "at": row.at, "actor": row.actor,
             "resident_id": row.resident_id, "field": row.field, "kind": row.kind,
             "proposed": unseal(key, row.proposed) if row.proposed else None}
            for row in session.scalars(query.order_by(FeedbackRow.feedback_id))
        ]  # fmt: skip


def decide_feedback(
    ledger: Ledger, number: int, status: Literal["accepted", "refused"], decided_by: str
) -> None:
    """Close one.

    Raises:
        NotFoundError: none of that number waits.
    """
    with Session(ledger.engine) as session, session.begin():
        row = session.get(FeedbackRow, number)
        if row is None or row.status != "open":
            raise NotFoundError("no such open feedback", zh="没有这条待处理的反馈：请核对编号。")
        row.status, row.decided_at, row.decided_by = status, datetime.now(UTC), decided_by
