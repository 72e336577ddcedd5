"""Each kind of warning comes once, to the auditor and to whoever is told."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from ledger import Ledger, open_ledger
from ledger.audit import Event
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
def book(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def look(n: int, surname: str = "", outcome: str = "ok") -> Event:
    detail = {"surname": surname} if surname else {}
    return Event("account:a", "look", entity="resident", subject=f"R{n}", detail=detail,
                 outcome=outcome)  # type: ignore[arg-type]  # fmt: skip


def test_each_kind_of_warning(book: Ledger) -> None:
    told: list[str] = []
    watch = Watch(book, told.append)
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


def test_a_list_counts_all_it_showed_and_a_person_once(book: Ledger) -> None:
    watch = Watch(book)
    watch.note(Event("a", "list", entity="resident", detail={"subjects": ["R1", "R2"]}))
    watch.note(Event("a", "look", entity="resident", subject="R1"))
    assert watch.seen_today("a") == 2
    assert watch.seen_today("b") == 0


def test_a_new_process_takes_up_what_was_seen_today(book: Ledger, tmp_path: Path) -> None:
    from cli.init import make_home
    from hub.settings import open_home
    from ledger.audit import Audit

    make_home(tmp_path / "home", "测试")
    audit = Audit(open_home(tmp_path / "home"), book)
    audit.record(look(1), look(2))
    assert Watch(book).seen_today("account:a") == 2
