"""Warnings 风险预警: what is out of the usual in the audit, told to the auditor and the webhook.

Counted per actor and day (Beijing time) from the audit itself, in the order of its chain. Counts
are kept in memory and begin with what the ledger has of today; what other processes wrote is read
as soon as an event of ours stands behind it, before its answer leaves, so a limit holds for all of
them together, and after a restart. A warning of a kind is written once a day for an actor.
"""

import json
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from threading import Lock
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from ledger.audit import Event, stored_time
from ledger.door_tables import WarningRow
from ledger.ledger import Ledger

ZONE = ZoneInfo("Asia/Shanghai")
LATE, EARLY = 22, 6  # hours out of which looking at persons is unusual
KINDS = {
    "volume": "查看的居民数超过每日上限的八成",
    "night": "夜间（22 点至 6 点）查看居民 20 人以上",
    "outside": "多次查询管辖范围以外或不存在的编码",
    "refusals": "多次被拒绝",
    "surname": "查看的居民多为同一个姓",
}
SHOWING = ("look", "list", "search", "verify")
"""Actions that show residents."""
NIGHT, OUTSIDE, REFUSALS, SURNAME = 20, 20, 10, 15


@dataclass
class _Day:
    """What one actor did on one day."""

    residents: set[str] = field(default_factory=set)
    night: set[str] = field(default_factory=set)
    surnames: Counter[str] = field(default_factory=Counter)
    named: int = 0  # of all surnames together
    most: int = 0  # of the one met most often
    not_found: int = 0
    refused: int = 0


HEAD = "SELECT seq FROM audit_head"
SINCE = """SELECT seq, at, actor, action, outcome, entity, subject, detail FROM audit_event
    WHERE seq > ? AND at >= ? ORDER BY seq"""


class Watch:
    """Counts what the audit holds of today; says how much an actor may still see."""

    def __init__(self, ledger: Ledger, tell: Callable[[str], object] = lambda _: None) -> None:
        """Take up what the ledger holds of today; `tell` is given each new warning, in Chinese."""
        self._ledger, self._tell, self._lock = ledger, tell, Lock()
        self._day, self._seq = "", 0
        self._of: dict[str, _Day] = {}
        self._told: set[tuple[str, str, str]] = set()
        self._catch_up()

    def counted(self, actor: str, more: Collection[str] = ()) -> int:
        """How many residents they looked at today, up to this process's last event.

        With `more` how many it would be: whom they saw before counts once.
        """
        with self._lock:
            if self._day != datetime.now(ZONE).date().isoformat():
                return len(set(more))
            seen = self._of[actor].residents if actor in self._of else set()
            return len(seen) + len(set(more) - seen)

    def note(self, event: Event, seq: int, daily: int = 0) -> int:
        """Count an event that was recorded as number `seq`; `daily` is the actor's limit.

        Return how many residents the actor has seen today, through whichever process: the chain
        is known to its end, so of two processes that let somebody through one sees both.
        """
        now = datetime.now(ZONE)
        with self._lock:
            if seq == self._seq + 1 and now.date().isoformat() == self._day:
                _count(self._of.setdefault(event.actor, _Day()), event, now)
                self._seq = seq
            else:  # others wrote too, or another thread of ours was before
                self._catch_up()
            day = self._of.setdefault(event.actor, _Day())
            found = [kind for kind in _unusual(day, daily)
                     if (self._day, event.actor, kind) not in self._told]  # fmt: skip
            self._told |= {(self._day, event.actor, kind) for kind in found}
            many = len(day.residents)
        for kind in found:
            if self._write(event.actor, kind, many):
                told = f"风险预警：{event.actor} {KINDS[kind]}。"
                self._tell(f"{told}请审计员查看 hub audit warnings。")
        return many

    def _catch_up(self) -> None:
        """Count what the chain has behind the last event that was counted; begin anew each day."""
        today = datetime.now(ZONE).date()
        book = self._ledger.engine.raw_connection()
        try:
            cursor = book.cursor()
            if today.isoformat() != self._day:
                self._day, self._of, self._told, self._seq = today.isoformat(), {}, set(), 0
            ((head,),) = cursor.execute(HEAD).fetchall()
            if head <= self._seq:
                return
            midnight = datetime.combine(today, time(), ZONE).astimezone(UTC)
            after = (self._seq, stored_time(midnight))
            for seq, at, actor, action, outcome, entity, subject, detail in cursor.execute(
                SINCE, after
            ).fetchall():
                event = Event(actor, action, outcome=outcome, entity=entity, subject=subject,
                              detail=json.loads(detail))  # fmt: skip
                when = datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(ZONE)
                _count(self._of.setdefault(actor, _Day()), event, when)
                self._seq = seq
            self._seq = max(self._seq, head)
        finally:
            book.close()

    def _write(self, actor: str, kind: str, count: int) -> bool:
        row = {"day": self._day, "actor": actor, "kind": kind, "at": datetime.now(UTC),
               "count": count}  # fmt: skip
        try:
            with self._ledger.engine.begin() as connection:
                connection.execute(sa.insert(WarningRow).values(row))
        except sa.exc.IntegrityError:  # another process was first
            return False
        return True


def _count(day: _Day, event: Event, at: datetime) -> None:
    if event.outcome == "not_found":
        day.not_found += 1
    if event.outcome == "refused":
        day.refused += 1
    if event.outcome != "ok" or event.action not in SHOWING:
        return
    seen = [event.subject] if event.subject else event.detail.get("subjects", [])
    if event.entity != "resident":
        return
    fresh = set(seen) - day.residents
    day.residents |= fresh
    if at.hour >= LATE or at.hour < EARLY:
        day.night |= fresh
    if fresh and (surname := event.detail.get("surname")):
        day.surnames[surname] += 1
        day.named += 1
        day.most = max(day.most, day.surnames[surname])


def _unusual(day: _Day, daily: int) -> list[str]:
    found = []
    if daily and len(day.residents) >= daily * 0.8:
        found.append("volume")
    if len(day.night) >= NIGHT:
        found.append("night")
    if day.not_found >= OUTSIDE:
        found.append("outside")
    if day.refused >= REFUSALS:
        found.append("refusals")
    if day.most >= SURNAME and day.most * 2 > day.named:
        found.append("surname")
    return found


def warnings(ledger: Ledger, days: int = 30) -> list[dict[str, object]]:
    """The warnings of so many days, the newest first."""
    since = datetime.now(UTC) - timedelta(days=days)
    query = sa.select(WarningRow.__table__).where(WarningRow.at >= since)
    with ledger.engine.connect() as connection:
        found = connection.execute(query.order_by(WarningRow.warning_id.desc())).mappings()
        return [dict(row) for row in found]
