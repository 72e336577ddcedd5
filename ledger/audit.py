"""The audit: an append-only chain of everything that was looked at, decided, given or refused.

Each event's hash covers the one before it (SHA-256), so that none can be altered, dropped or moved
without all behind it changing. The end of the chain is signed at every append, and every
thousandth event for ever (Ed25519); these checkpoints also go to `data/audit/checkpoints.jsonl`, of
which an auditor keeps a copy elsewhere. All processes write one chain: an append locks its head.

An event is on the disk before `record` returns. Those that threads record at the same time share
one transaction: while one writes, the others' events wait and then go together.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock
from typing import Any, Literal

import sqlalchemy as sa

from hub.settings import Home
from ledger.door_tables import CheckpointRow, EventRow, HeadRow
from ledger.ledger import Ledger
from security.audit_key import sign, signing_key

EVERY = 1000
"""Events from one checkpoint to the next."""
FIRST = "0" * 64
LOCK = sa.update(HeadRow).values(turns=HeadRow.turns + 1).returning(HeadRow.seq, HeadRow.hash)
WRITE = sa.insert(EventRow)
MOVE = sa.update(HeadRow).values(
    seq=sa.bindparam("new_seq"), hash=sa.bindparam("new_hash"), signature=sa.bindparam("new_mark")
)
"""Built once: SQLAlchemy would take longer to build them than the database to run them."""
Outcome = Literal["ok", "refused", "not_found", "failed"]


@dataclass(frozen=True)
class Event:
    """What happened. No personal value: `subject` is an id of ours, `fields` are names.

    `actor` is `account:NAME`, `client:ID`, `command:USER` or `anonymous`; `action` what was done:
    look, search, verify, decide, extract, sign_in, …; `detail` what else there is to say.
    """

    actor: str
    action: str
    role: str = ""
    outcome: Outcome = "ok"
    entity: str = ""
    subject: str = ""
    fields: Sequence[str] = ()
    purpose: str = ""
    origin: str = ""
    snapshot: int = 0
    rows: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)


class _Ticket:
    """Events of one caller, until they are on the disk."""

    def __init__(self, events: Sequence[Event]) -> None:
        self.events, self.written = events, False


class Audit:
    """The one way to write the chain of a home; one object a process."""

    def __init__(self, home: Home, ledger: Ledger) -> None:
        """Take the chain up where it ends.

        Raises:
            ConfigError: there are events, but their signing key is missing.
        """
        self.home, self.ledger = home, ledger
        with ledger.engine.connect() as connection:
            begun = connection.execute(sa.select(HeadRow.seq)).scalar_one() > 0
        self._key = signing_key(home.secrets, create=not begun)
        self._waiting: list[_Ticket] = []
        self._queue, self._turn = Lock(), Lock()

    def record(self, *events: Event) -> None:
        """Write the events; they are durable when this returns."""
        ticket = _Ticket(events)
        with self._queue:
            self._waiting.append(ticket)
        with self._turn:
            if not ticket.written:  # else whoever had the turn before us took them along
                self._write(ticket)

    def _write(self, mine: _Ticket) -> None:
        with self._queue:
            tickets, self._waiting = self._waiting, []
        try:
            made = self._append([event for ticket in tickets for event in ticket.events])
        except BaseException:
            with self._queue:  # each caller writes its own again, or fails by itself
                self._waiting += [one for one in tickets if one is not mine]
            raise
        for ticket in tickets:
            ticket.written = True
        if made:
            self._keep_outside(made)

    def _append(self, events: Sequence[Event]) -> list[dict[str, Any]]:
        now = datetime.now(UTC)
        with self.ledger.engine.begin() as connection:
            seq, link = connection.execute(LOCK).one()
            rows, made = [], []
            for event in events:
                seq += 1
                row = _row(seq, now, event)
                link = row["hash"] = link_of(link, row)
                rows.append(row)
                if seq % EVERY == 0:
                    mark = sign(self._key, signed_text("checkpoint", seq, link))
                    made.append({"seq": seq, "hash": link, "at": now, "signature": mark})
            connection.execute(WRITE, rows)
            if made:
                connection.execute(sa.insert(CheckpointRow), made)
            signature = sign(self._key, signed_text("head", seq, link))
            connection.execute(MOVE, {"new_seq": seq, "new_hash": link, "new_mark": signature})
        return made

    def _keep_outside(self, made: Sequence[Mapping[str, Any]]) -> None:
        path = self.home.data / "audit" / "checkpoints.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("a", encoding="utf-8") as file:
            for one in made:
                told = {name: one[name] for name in ("seq", "hash", "signature")}
                file.write(json.dumps(told) + "\n")


def record(audit: Audit, *events: Event) -> None:
    """Write the events; they are durable when this returns."""
    audit.record(*events)


def _row(seq: int, at: datetime, event: Event) -> dict[str, Any]:
    return {
        "seq": seq, "at": at, "actor": event.actor[:80], "role": event.role,
        "action": event.action, "outcome": event.outcome, "entity": event.entity,
        "subject": event.subject[:64], "fields": list(event.fields), "purpose": event.purpose,
        "origin": event.origin[:64], "snapshot": event.snapshot, "rows": event.rows,
        "detail": dict(event.detail),
    }  # fmt: skip


TOLD = (
    "seq", "actor", "role", "action", "outcome", "entity", "subject", "fields", "purpose",
    "origin", "snapshot", "rows", "detail",
)  # fmt: skip


def link_of(before: str, row: Mapping[str, Any]) -> str:
    """The hash of an event behind the one with hash `before`."""
    told = [before, row["at"].isoformat(), *(row[name] for name in TOLD)]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return sha256(text.encode()).hexdigest()


def signed_text(kind: Literal["head", "checkpoint"], seq: int, link: str) -> str:
    """What is signed; an old checkpoint cannot be passed off as the end of the chain."""
    return f"audit-{kind}:{seq}:{link}"
