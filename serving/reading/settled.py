"""Decisions as readers see them at once: who is one person by a decision that no sync knows yet.

A snapshot never changes, so what was decided since lies over it: residents told to be one are read
together, under the id that the sync will keep. Whoever reads them needs the right to each by
itself, so a decision shows nobody more than before. What the sync then does is its own affair:
once the snapshot knows a decision, nothing lies over it any more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import Any

import duckdb

from hub.settings import Home
from identity.decisions import oldest_first, waiting_bindings
from ledger import Ledger
from ledger.decisions import decisions_mark
from pipelines.deciding import bindings_of

Cursor = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
Row = dict[str, Any]
FRESH = 1.0
"""Seconds until another process's decisions are looked for."""
PIECES: tuple[tuple[str, ...], ...] = (
    ("id_number", "id_type_code", "id_status"),
    ("birth_date", "birth_year"),
    ("residence_address", "place", "building", "unit", "room", "room_key", "dwelling_id"),
    ("head_name", "head_id_number"),
    ("household_id", "members"),
)
"""Fields that are one fact: taken together from one of the two, or not at all."""
OWN = (
    "resident_id",
    "grid_code",
    "community_code",
    "lives_here",
    "records",
    "platforms",
    "valid_from",
)
"""What stays that of the id which stays."""


@dataclass(frozen=True)
class Settled:
    """Who is one person by decisions that the snapshot does not know yet."""

    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Each of them → all of them, the one whose id stays first."""
    mark: str = ""
    """Another text where other decisions lie over the snapshot; blank for none."""

    def others(self, resident_id: str) -> tuple[str, ...]:
        """Who else is this person, in the order of their ids' age."""
        return tuple(one for one in self.groups.get(resident_id, ()) if one != resident_id)

    def one_person(self, one: str, other: str) -> bool:
        """Whether two residents are told to be one."""
        return other in self.groups.get(one, ())


NOTHING = Settled()


class Settling:
    """What lies over the snapshot in use; one object a process."""

    def __init__(self, home: Home, ledger: Ledger) -> None:
        """Read nothing yet."""
        self._home, self._ledger, self._lock = home, ledger, Lock()
        self._known: dict[int, Settled] = {}
        self._mark, self._at = "", 0.0

    def over(self, number: int, cursor: Cursor) -> Settled:
        """What lies over a snapshot; `cursor` gives its tables, if they must be asked."""
        with self._lock:
            if monotonic() - self._at > FRESH:
                mark, self._at = decisions_mark(self._ledger), monotonic()
                if mark != self._mark:
                    self._mark, self._known = mark, {}
            if not self._mark:
                return NOTHING
            if number not in self._known:
                with cursor() as connection:
                    found = settled(connection, self._home, self._ledger, self._mark)
                self._known = {number: found}
            return self._known[number]

    def known(self, number: int) -> bool:
        """Whether `over` would ask nobody."""
        fresh = monotonic() - self._at <= FRESH
        return fresh and (not self._mark or number in self._known)

    def look_again(self) -> None:
        """A decision was made or taken back here: the next reader sees it."""
        with self._lock:
            self._at = 0.0


def settled(
    connection: duckdb.DuckDBPyConnection, home: Home, ledger: Ledger, mark: str
) -> Settled:
    """Collect what lies over a snapshot.

    Two groups become one unless a decision tells any two of them apart: then the sync decides.
    """
    waiting = waiting_bindings(connection, bindings_of(home, ledger))
    apart = {frozenset(pair) for *pair, verdict in waiting if verdict == "different"}
    group: dict[str, frozenset[str]] = {}
    for one, other, verdict in waiting:
        if verdict == "same":
            both = group.get(one, frozenset({one})) | group.get(other, frozenset({other}))
            if not any(pair <= both for pair in apart):
                group |= dict.fromkeys(both, both)
    if not group:
        return NOTHING
    age = {one: nth for nth, one in enumerate(oldest_first(connection, list(group)))}
    return Settled({one: tuple(sorted(all_, key=lambda each: age.get(each, len(age))))
                    for one, all_ in group.items()}, mark)  # fmt: skip


def as_one(rows: Sequence[Row]) -> Row:
    """The row of a person who is several so far: the first's, and what it lacks from the others."""
    made = dict(rows[0])
    single = {name for piece in PIECES for name in piece}
    pieces = (*PIECES, *((name,) for name in made if name not in single and name not in OWN))
    for piece in pieces:
        if all(made.get(name) is None for name in piece):
            full = (one for one in rows if any(one.get(name) is not None for name in piece))
            given = next(full, made)
            made |= {name: given[name] for name in piece if name in made}
    return made


def one_card(cards: Sequence[Row]) -> Row:
    """The same of look-up cards: with the labels and sources of all, and once in the household."""
    if len(cards) == 1:
        return cards[0]
    made, others = as_one(cards), {one["resident_id"] for one in cards[1:]}
    members = [one for one in made["members"] or () if one["resident_id"] not in others]
    sources = [each for one in cards for each in one["sources"] or ()]
    labels = gathered(one["labels"] for one in cards)
    return made | {"labels": labels, "sources": sources, "members": members}


def gathered(lists: Iterable[Sequence[Row] | None]) -> list[Row]:
    """The rows of several lists, each once."""
    found: list[Row] = []
    for rows in lists:
        found += [one for one in rows or () if one not in found]
    return found
