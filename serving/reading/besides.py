"""附加项目: what is told of a resident besides the fields of the standard, as a reader may see it.

Two sorts of word: platforms' extras, which lie in the snapshot, and answers to what was asked once,
which lie beside it (`reports.collected`). The newest word on an item is the one that is shown, as
in forms. What would show nothing of its value is counted and not named: 低保证号 alone says a lot.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import Any

import duckdb

from hub.settings import Home
from reports.collected import PLATFORM, STREAM, read_collected
from security.masks import HIDDEN
from security.policy import EXTRA, Access
from serving.reading.resident import Field, Other
from warehouse.answers import merged_ids, rows

Row = dict[str, Any]
Cursor = Callable[[], AbstractContextManager[duckdb.DuckDBPyConnection]]
FRESH = 1.0
"""Seconds until new answers are looked for."""
WORDS = """
    SELECT x.item AS item, x.value AS value, platform, stream, "at"
    FROM (SELECT r.platform, r.stream, r.record_id, unnest(r.extras) AS x,
                 coalesce(r.updated_at, r.valid_from) AS "at"
          FROM resident_record r JOIN resident_link l USING (record_id)
          WHERE list_contains($ids, l.resident_id) AND len(r.extras) > 0)
    ORDER BY "at" DESC, record_id"""
"""Every platform's word on every item of some residents, the newest first."""


class Answers:
    """What was asked once and answered, by resident; one object a process."""

    def __init__(self, home: Home) -> None:
        """Read nothing yet."""
        self._home, self._lock = home, Lock()
        self._of: dict[str, list[Row]] = {}
        self._mark, self._number, self._at = "", 0, 0.0

    def given(self, number: int, cursor: Cursor, residents: Iterable[str]) -> tuple[list[Row], str]:
        """Answers about residents of a snapshot, and a text that is another once there are others.

        `cursor` gives the snapshot's tables, if they must be asked who was merged.
        """
        with self._lock:
            if not self.known(number):
                self._look(number, cursor)
            return [row for one in residents for row in self._of.get(one, ())], self._mark

    def known(self, number: int) -> bool:
        """Whether `given` would ask nobody."""
        return monotonic() - self._at <= FRESH and number == self._number

    def _look(self, number: int, cursor: Cursor) -> None:
        files = sorted((self._home.data / "collected").glob("*.parquet"))
        told = " ".join(f"{one.stem}-{one.stat().st_mtime_ns}" for one in files)
        mark = sha256(told.encode()).hexdigest()[:16] if told else ""
        if mark != self._mark or (mark and number != self._number):
            with cursor() as connection:
                self._of = answers_of(self._home, connection)
        self._mark, self._number, self._at = mark, number, monotonic()


def answers_of(home: Home, connection: duckdb.DuckDBPyConnection) -> dict[str, list[Row]]:
    """The newest answer on each item that no field of the standard holds, by resident."""
    found: dict[str, list[Row]] = {}
    for one in read_collected(home, merged_ids(connection)).iter_rows(named=True):
        if one["item"].startswith(EXTRA):
            found.setdefault(one["resident_id"], []).append({
                "item": one["item"].removeprefix(EXTRA), "value": one["value"],
                "platform": PLATFORM, "stream": STREAM, "at": one["at"],
            })  # fmt: skip
    return found


def words_on(
    connection: duckdb.DuckDBPyConnection, residents: Sequence[str], answers: Iterable[Row]
) -> dict[str, list[Row]]:
    """Every word on each item of one person, the newest first: item → rows (value, platform …)."""
    return by_item([*answers, *rows(connection, WORDS, {"ids": list(residents)})])


def by_item(words: Iterable[Row]) -> dict[str, list[Row]]:
    """Words on one person, by item: the newest first, of two as new the one that was first."""
    found: dict[str, list[Row]] = {}
    for one in sorted(words, key=lambda each: _moment(each["at"]), reverse=True):
        found.setdefault(one["item"], []).append(one)
    return dict(sorted(found.items()))


def _moment(given: datetime | str) -> datetime:
    return datetime.fromisoformat(given) if isinstance(given, str) else given


@dataclass(frozen=True)
class Besides:
    """The items that may be shown, each as a field; how many may not; and what the audit keeps."""

    fields: list[Field]
    hidden: int
    clear: tuple[str, ...]


NOTHING = Besides([], 0, ())


def besides(access: Access, words: Mapping[str, Sequence[Row]]) -> Besides:
    """What of these words an actor may see."""
    shown, clear = [], dict[str, object]()
    for item, said in words.items():
        name = EXTRA + item
        decision = access.decide("resident", name)
        others = [_other(access, name, nth, one, said[0]) for nth, one in enumerate(said)]
        if decision.shown == "hidden" or others[0].value == HIDDEN:
            continue
        shown.append(Field(name, item, others[0].value, decision.shown, decision.why, others[0],
                           others[1:]))  # fmt: skip
        clear[name] = said[0]["value"]
    return Besides(shown, len(words) - len(shown), access.clear_fields("resident", clear))


def _other(access: Access, name: str, nth: int, one: Row, best: Row) -> Other:
    why = "newest" if nth == 0 else "same" if one["value"] == best["value"] else "older"
    value = access.view("resident", {name: one["value"]}).get(name)
    return Other(value, one["platform"], one["stream"], _moment(one["at"]), why, nth == 0)
