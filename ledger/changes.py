"""What changed at the sources: the shape a stream had, what was told, what an officer accepted."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ledger.ledger import Ledger
from ledger.tables import ChangeRow, PullRow, ShapeRow

Kind = Literal["columns", "codes"]
Status = Literal["told", "stopped", "broken"]
"""Told and gone on; stopped until it is accepted; broken until the source or the mapping fits."""
Shape = dict[str, str]
"""Column name → kind of type (blank where the source has none), in the source's order."""


@dataclass(frozen=True)
class Change:
    """One change as it is listed; `sentences` are for the officer."""

    change_id: int
    platform: str
    stream: str
    kind: str  # columns, codes
    status: str  # told, stopped, broken, accepted
    found_at: datetime
    accepted_at: datetime | None
    sentences: tuple[str, ...]


def shape_of(ledger: Ledger, platform: str, stream: str) -> Shape | None:
    """The columns that the stream's source had when it was last read."""
    with Session(ledger.engine) as session:
        row = session.get(ShapeRow, (platform, stream))
        return None if row is None else dict(row.columns)


def keep_shape(ledger: Ledger, platform: str, stream: str, shape: Shape) -> None:
    """Compare with this one from now on."""
    with Session(ledger.engine) as session, session.begin():
        session.merge(
            ShapeRow(
                platform=platform, stream=stream, columns=_listed(shape), seen_at=datetime.now(UTC)
            )
        )


def note_change(
    ledger: Ledger,
    where: tuple[str, str],
    kind: Kind,
    sentences: list[str],
    *,
    shape: Shape | None = None,
    status: Status = "told",
) -> None:
    """Keep what changed at (platform, stream); what waits already is not noted twice."""
    columns = None if shape is None else _listed(shape)
    with Session(ledger.engine) as session, session.begin():
        for row in session.scalars(_waiting(where, kind)):  # found before: not how it is now
            session.delete(row)
        session.add(
            ChangeRow(
                platform=where[0], stream=where[1], kind=kind, sentences=sentences,
                status=status, found_at=datetime.now(UTC),
                accepted_at=None, columns=columns,
            )
        )  # fmt: skip


def forget_stops(ledger: Ledger, where: tuple[str, str], kind: Kind) -> None:
    """Drop what waits to be accepted: the source is again as it was."""
    with Session(ledger.engine) as session, session.begin():
        for row in session.scalars(_waiting(where, kind)):
            session.delete(row)


def accept_changes(ledger: Ledger, platform: str) -> list[Change]:
    """Accept what stopped streams of the platform; from now on that is how they are."""
    with Session(ledger.engine) as session, session.begin():
        found = session.scalars(
            sa.select(ChangeRow)
            .where(ChangeRow.platform == platform, ChangeRow.status == "stopped")
            .order_by(ChangeRow.change_id)
        ).all()
        now = datetime.now(UTC)
        for row in found:
            row.status, row.accepted_at = "accepted", now
            if row.columns is not None:
                shape = ShapeRow(
                    platform=platform, stream=row.stream, columns=row.columns, seen_at=now
                )
                session.merge(shape)
        return [_change(row) for row in found]


def accepted_since(ledger: Ledger, where: tuple[str, str], kind: Kind, moment: datetime) -> bool:
    """Whether an officer accepted such a change of the stream at `moment` or later."""
    query = _of(where, kind).where(ChangeRow.accepted_at >= moment)
    with Session(ledger.engine) as session:
        return session.scalars(query).first() is not None


def changes(
    ledger: Ledger, platform: str | None = None, *, within: timedelta | None = None
) -> list[Change]:
    """What changed, newest first."""
    query = sa.select(ChangeRow).order_by(ChangeRow.change_id.desc())
    if platform is not None:
        query = query.where(ChangeRow.platform == platform)
    if within is not None:
        query = query.where(ChangeRow.found_at >= datetime.now(UTC) - within)
    with Session(ledger.engine) as session:
        return [_change(row) for row in session.scalars(query)]


def add_notes(ledger: Ledger, where: tuple[str, str], notes: list[str]) -> None:
    """Let the stream's last pull say these sentences too."""
    query = (
        sa.select(PullRow)
        .where(PullRow.platform == where[0], PullRow.stream == where[1], PullRow.kind == "sync")
        .order_by(PullRow.pull_id.desc())
    )
    with Session(ledger.engine) as session, session.begin():
        row = session.scalars(query).first()
        if row is not None:
            row.notes = [*row.notes, *(one for one in notes if one not in row.notes)]


def _of(where: tuple[str, str], kind: Kind) -> sa.Select[ChangeRow]:
    return sa.select(ChangeRow).where(
        ChangeRow.platform == where[0], ChangeRow.stream == where[1], ChangeRow.kind == kind
    )


def _waiting(where: tuple[str, str], kind: Kind) -> sa.Select[ChangeRow]:
    return _of(where, kind).where(ChangeRow.status.in_(("stopped", "broken")))


def _change(row: ChangeRow) -> Change:
    return Change(
        row.change_id, row.platform, row.stream, row.kind, row.status, row.found_at,
        row.accepted_at, tuple(row.sentences),
    )  # fmt: skip


def _listed(shape: Shape) -> list[list[str]]:
    return [[name, kind] for name, kind in shape.items()]
