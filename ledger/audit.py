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
from ledger.door_tables import HeadRow
from ledger.ledger import Ledger
from security.audit_key import sign, signing_key

EVERY = 1000
"""Events from one checkpoint to the next."""
FIRST = "0" * 64
COLUMNS = (
    "seq", "at", "actor", "role", "action", "outcome", "entity", "subject", "fields", "purpose",
    "origin", "snapshot", "rows", "detail", "hash",
)  # fmt: skip
LOCK = "UPDATE audit_head SET turns = turns + 1 RETURNING seq, hash"
WRITE = f"""INSERT INTO audit_event ({", ".join(f'"{one}"' for one in COLUMNS)})
    VALUES ({", ".join("?" for _ in COLUMNS)})"""
MOVE = "UPDATE audit_head SET seq = ?, hash = ?, signature = ?"
MARK = "INSERT INTO audit_checkpoint (seq, hash, at, signature) VALUES (:seq, :hash, :at, :mark)"
"""Given to the driver as they are: every look pays for them, and through SQLAlchemy ten times."""
LINKED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True)
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
        self.events, self.written, self.last = events, False, 0


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

    def record(self, *events: Event) -> int:
        """Write the events; they are durable when this returns the number of the last one."""
        ticket = _Ticket(events)
        with self._queue:
            self._waiting.append(ticket)
        with self._turn:
            if not ticket.written:  # else whoever had the turn before us took them along
                self._write(ticket)
        return ticket.last

    def _write(self, mine: _Ticket) -> None:
        with self._queue:
            tickets, self._waiting = self._waiting, []
        try:
            last, made = self._append([event for ticket in tickets for event in ticket.events])
        except BaseException:
            with self._queue:  # each caller writes its own again, or fails by itself
                self._waiting += [one for one in tickets if one is not mine]
            raise
        for ticket in reversed(tickets):
            ticket.written, ticket.last = True, last
            last -= len(ticket.events)
        if made:
            self._keep_outside(made)

    def _append(self, events: Sequence[Event]) -> tuple[int, list[dict[str, Any]]]:
        now = datetime.now(UTC)
        at = stored_time(now)
        book = self.ledger.engine.raw_connection()
        try:
            cursor = book.cursor()
            cursor.execute(LOCK)
            ((seq, link),) = cursor.fetchall()
            rows, made = [], []
            for event in events:
                seq += 1
                row = _row(seq, now, event)
                link = link_of(link, row)
                rows.append(_stored(row, at, link))
                if seq % EVERY == 0:
                    mark = sign(self._key, signed_text("checkpoint", seq, link))
                    made.append({"seq": seq, "hash": link, "at": at, "mark": mark})
            cursor.executemany(WRITE, rows)
            cursor.executemany(MARK, made)
            cursor.execute(MOVE, (seq, link, sign(self._key, signed_text("head", seq, link))))
            book.commit()
        finally:
            book.close()  # back to the pool, rolled back unless it was committed
        return seq, made

    def _keep_outside(self, made: Sequence[Mapping[str, Any]]) -> None:
        path = self.home.data / "audit" / "checkpoints.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("a", encoding="utf-8") as file:
            for one in made:
                told = {"seq": one["seq"], "hash": one["hash"], "signature": one["mark"]}
                file.write(json.dumps(told) + "\n")


def record(audit: Audit, *events: Event) -> int:
    """Write the events; they are durable when this returns the number of the last one."""
    return audit.record(*events)


def _row(seq: int, at: datetime, event: Event) -> dict[str, Any]:
    return {
        "seq": seq, "at": at, "actor": event.actor[:80], "role": event.role,
        "action": event.action, "outcome": event.outcome, "entity": event.entity,
        "subject": event.subject[:64], "fields": list(event.fields), "purpose": event.purpose,
        "origin": event.origin[:64], "snapshot": event.snapshot, "rows": event.rows,
        "detail": dict(event.detail),
    }  # fmt: skip


def _stored(row: Mapping[str, Any], at: str, link: str) -> tuple[Any, ...]:
    """The event's values in the order of the table's columns."""
    seq, _, *told = row.values()
    told[6], told[-1] = json.dumps(row["fields"]), json.dumps(row["detail"])
    return seq, at, *told, link


def stored_time(at: datetime) -> str:
    """A time as the ledger's own tables keep it: UTC, without zone."""
    return at.replace(tzinfo=None).isoformat(" ", "microseconds")


TOLD = (
    "seq", "actor", "role", "action", "outcome", "entity", "subject", "fields", "purpose",
    "origin", "snapshot", "rows", "detail",
)  # fmt: skip


def link_of(before: str, row: Mapping[str, Any]) -> str:
    """The hash of an event behind the one with hash `before`."""
    told = [before, row["at"].isoformat(), *(row[name] for name in TOLD)]
    return sha256(LINKED.encode(told).encode()).hexdigest()


def signed_text(kind: Literal["head", "checkpoint"], seq: int, link: str) -> str:
    """What is signed; an old checkpoint cannot be passed off as the end of the chain."""
    return f"audit-{kind}:{seq}:{link}"
