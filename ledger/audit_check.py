"""Verify the chain without anything but the ledger and the public key; and read it."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hub.errors import ConfigError
from ledger.audit import EVERY, FIRST, link_of, signed_text
from ledger.door_tables import CheckpointRow, EventRow, HeadRow
from ledger.ledger import Ledger
from ledger.seen import amiss, showing
from security.audit_key import signed

Row = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """What is wrong, at which event; `kind`: altered, missing, checkpoint, end, kept, seen."""

    kind: str
    seq: int


@dataclass
class Verified:
    """What was gone through, and what is wrong with it."""

    events: int = 0
    checkpoints: int = 0
    last_hash: str = FIRST
    faults: list[Fault] = field(default_factory=list)


def verify(ledger: Ledger, key: Ed25519PublicKey, kept: Sequence[Path] = ()) -> Verified:
    """Go through the whole chain.

    Every event altered, dropped, added or moved is found, also at the end. Only someone with the
    private key could write another chain; a copy of the checkpoints `kept` elsewhere finds that
    too, and a ledger that was put back to an older state.

    Args:
        ledger: Opened; it is only read.
        key: `audit.pub`.
        kept: Copies of `checkpoints.jsonl`.

    Raises:
        ConfigError: a copy is not there, or is none.
    """
    done = Verified()
    with ledger.engine.connect() as connection:
        points = {
            row.seq: row for row in connection.execute(sa.select(CheckpointRow.__table__)).all()
        }
        told = _kept_points(kept)
        for row in _events(connection):
            _one(done, row, points, told, key)
        _end(done, connection.execute(sa.select(HeadRow.__table__)).all(), key)
        done.faults += [Fault("seen", seq) for seq in amiss(connection)]
    due = set(range(EVERY, done.events + 1, EVERY))
    lost = (due | set(points)) - (due & set(points))
    done.faults += [Fault("checkpoint", seq) for seq in sorted(lost)]
    done.faults += [Fault("kept", seq) for seq in sorted(told) if seq > done.events]
    done.checkpoints = len(points)
    return done


def _one(
    done: Verified, row: Row, points: dict[int, Any], told: dict[int, Row], key: Ed25519PublicKey
) -> None:
    if row["seq"] != done.events + 1:
        done.faults.append(Fault("missing", done.events + 1))
    elif link_of(done.last_hash, row) != row["hash"]:
        done.faults.append(Fault("altered", row["seq"]))
    done.events, done.last_hash = row["seq"], row["hash"]
    point = points.get(row["seq"])
    if point is not None:
        text = signed_text("checkpoint", row["seq"], row["hash"])
        if point.hash != row["hash"] or not signed(key, text, point.signature):
            done.faults.append(Fault("checkpoint", row["seq"]))
    if (outside := told.get(row["seq"])) and outside["hash"] != row["hash"]:
        done.faults.append(Fault("kept", row["seq"]))


def _end(done: Verified, heads: Sequence[Any], key: Ed25519PublicKey) -> None:
    text = signed_text("head", done.events, done.last_hash)
    here = len(heads) == 1 and (heads[0].seq, heads[0].hash) == (done.events, done.last_hash)
    if not here or (done.events and not signed(key, text, heads[0].signature)):
        done.faults.append(Fault("end", done.events))


def _events(connection: sa.Connection) -> Iterator[Row]:
    query = sa.select(EventRow.__table__).order_by(EventRow.seq)
    names = EventRow.__table__.columns.keys()
    for row in connection.execution_options(yield_per=2000).execute(query):
        yield dict(zip(names, row, strict=True))


def _kept_points(paths: Sequence[Path]) -> dict[int, Row]:
    found = {}
    for path in paths:
        try:
            for line in path.read_text(encoding="utf-8").splitlines():
                one = json.loads(line)
                found[int(one["seq"])] = {"hash": str(one["hash"])}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"kept checkpoints cannot be read ({type(error).__name__})",
                zh=f"读不了另存的签名点 {path}：请核对文件名，它应是 checkpoints.jsonl 的副本。",
            ) from None
    return found


def events(
    ledger: Ledger,
    *,
    actor: str | None = None,
    subject: str | Sequence[str] | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Row]:
    """The newest events first: all, of one actor (what X looked at), of one subject (who saw R).

    Of a subject also the lists and searches that showed it; of somebody who had several ids, give
    them all.

    `before` is the number of the last event of the page before.
    """
    query = sa.select(EventRow.__table__).order_by(EventRow.seq.desc()).limit(limit)
    if actor is not None:
        query = query.where(EventRow.actor == actor)
    if subject is not None:
        query = query.where(showing(ledger, *([subject] if isinstance(subject, str) else subject)))
    if before is not None:
        query = query.where(EventRow.seq < before)
    with ledger.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def about(ledger: Ledger, *resident_ids: str) -> list[Row]:
    """Every event that showed or used a resident, also as one of a list; the oldest first.

    Give every id that they had.
    """
    query = sa.select(EventRow.__table__).where(showing(ledger, *resident_ids))
    with ledger.engine.connect() as connection:
        return [dict(row) for row in connection.execute(query.order_by(EventRow.seq)).mappings()]
