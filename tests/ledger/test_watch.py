"""Each kind of warning comes once, to the auditor and to whoever is told."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest

from cli.init import make_home
from hub.settings import Home, open_home
from ledger import Ledger, open_ledger
from ledger.audit import Audit, Event
from ledger.watch import (
    NIGHT,
    OUTSIDE,
    REFUSALS,
    SURNAME,
    ZONE,
    Watch,
    _count,
    _Day,
    _unusual,
    warnings,
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    make_home(tmp_path / "home", "测试")
    return open_home(tmp_path / "home")


@pytest.fixture
def book(home: Home) -> Iterator[Ledger]:
    ledger = open_ledger(home.data / "ledger.sqlite")
    yield ledger
    ledger.close()


@dataclass
class Door:
    """What one process has: its audit, and its watch behind it."""

    audit: Audit
    watch: Watch

    def note(self, event: Event, daily: int = 0) -> None:
        self.watch.note(event, self.audit.record(event), daily)


def door(home: Home, book: Ledger, told: list[str] | None = None) -> Door:
    return Door(Audit(home, book), Watch(book, (told if told is not None else []).append))


def look(n: int, surname: str = "", outcome: str = "ok") -> Event:
    detail = {"surname": surname} if surname else {}
    return Event("account:a", "look", entity="resident", subject=f"R{n}", detail=detail,
                 outcome=outcome)  # type: ignore[arg-type]  # fmt: skip


def test_each_kind_of_warning(home: Home, book: Ledger) -> None:
    told: list[str] = []
    watch = door(home, book, told)
    for n in range(SURNAME):
        watch.note(look(n, "same"), daily=1000)
    for n in range(OUTSIDE):
        watch.note(look(n, outcome="not_found"), daily=1000)
    for n in range(REFUSALS):
        watch.note(look(n, outcome="refused"), daily=1000)
    for n in range(8):
        watch.note(look(100 + n), daily=20)
    kinds = {str(one["kind"]) for one in warnings(book)} - {"night"}
    assert kinds == {"surname", "outside", "refusals", "volume"}
    assert len([text for text in told if "夜间" not in text]) == 4  # each once
    assert all("account:a" in text for text in told)


def test_nights_are_counted_by_beijing_time() -> None:
    for hour, expected in ((23, ["night"]), (5, ["night"]), (12, [])):
        day = _Day()
        for n in range(NIGHT):
            _count(day, look(n), datetime(2026, 5, 1, hour, tzinfo=ZONE))
        assert _unusual(day, 0) == expected


def test_ordinary_work_warns_of_nothing(book: Ledger) -> None:
    day = _Day()
    for n in range(40):
        _count(day, look(n, f"surname{n % 9}"), datetime(2026, 5, 1, 10, tzinfo=ZONE))
    assert _unusual(day, 300) == []


def test_a_list_counts_all_it_showed_and_a_person_once(home: Home, book: Ledger) -> None:
    one = door(home, book)
    one.note(Event("a", "list", entity="resident", detail={"subjects": ["R1", "R2"]}))
    one.note(Event("a", "look", entity="resident", subject="R1"))
    assert one.watch.counted("a") == 2
    assert one.watch.counted("b") == 0


def test_a_new_process_takes_up_what_was_counted(home: Home, book: Ledger) -> None:
    Audit(home, book).record(look(1), look(2))
    assert Watch(book).counted("account:a") == 2


def test_what_another_process_showed_counts_at_once(home: Home, book: Ledger) -> None:
    """Whoever writes knows then all that either wrote, each event once."""
    other_book = open_ledger(home.data / "ledger.sqlite")
    one, other = door(home, book), door(home, other_book)
    for n in range(30):
        writer = one if n % 3 else other
        writer.note(look(n))
        assert writer.watch.counted("account:a") == n + 1
    other_book.close()


def test_threads_count_each_event_once(home: Home, book: Ledger) -> None:
    one = door(home, book)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: one.note(look(n // 2, outcome="ok")), range(80)))
        list(pool.map(lambda n: one.note(look(n, outcome="not_found")), range(40)))
    assert one.watch.counted("account:a") == 40
    assert one.watch._of["account:a"].not_found == 40
