"""Who has seen a subject: the same as going through all events, and any other answer is found."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ledger.seen
from cli.init import make_home
from hub.settings import Home, open_home
from ledger import open_ledger
from ledger.audit import Audit, Event
from ledger.audit_check import about, verify
from security.audit_key import public_key

PERSONS = ("", "R1", "R2", "R10", "R%")
showings = st.tuples(st.sampled_from(PERSONS), st.lists(st.sampled_from(PERSONS[1:]), max_size=3))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    root = tmp_path_factory.mktemp("seen") / "home"
    make_home(root, "测试")
    return open_home(root)


@settings(max_examples=30, deadline=None)
@given(rounds=st.lists(st.lists(showings, min_size=1, max_size=6), min_size=1, max_size=3))
def test_who_saw_a_person_is_what_all_events_say(
    home: Home, rounds: list[list[tuple[str, list[str]]]]
) -> None:
    book = open_ledger(home.data / "ledger.sqlite")
    audit = Audit(home, book)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger.seen, "AT_ONCE", 4)
        for showed in rounds:
            first = audit.record(*(
                Event("account:a", "look", subject=one, detail={"subjects": more} if more else {})
                for one, more in showed
            )) - len(showed) + 1  # fmt: skip
            for person in PERSONS[1:]:
                wanted = {
                    first + nth for nth, (one, more) in enumerate(showed) if person in (one, *more)
                }
                found = {row["seq"] for row in about(book, person)}
                assert {seq for seq in found if seq >= first} == wanted
    assert verify(book, public_key(home.secrets / "audit.pub")).faults == []
    book.close()


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM audit_seen WHERE subject = 'R7'",
        "UPDATE audit_seen SET subject = 'R9' WHERE subject = 'R7'",
        "INSERT INTO audit_seen VALUES ('R9', (SELECT max(seq) FROM audit_event))",
    ],
)
def test_an_index_that_was_meddled_with_is_found(tmp_path: Path, change: str) -> None:
    make_home(tmp_path, "测试")
    home = open_home(tmp_path)
    book = open_ledger(home.data / "ledger.sqlite")
    seq = Audit(home, book).record(Event("account:a", "look", subject="R7"))
    assert [row["seq"] for row in about(book, "R7")] == [seq]
    with sqlite3.connect(home.data / "ledger.sqlite") as connection:
        connection.execute(change)
    found = verify(book, public_key(home.secrets / "audit.pub")).faults
    assert [(one.kind, one.seq) for one in found] == [("seen", seq)]
    book.close()
