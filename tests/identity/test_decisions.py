"""What a steward decided holds in every later run, until it is undone."""

import pytest
from small_world import Hub, Record, empty_brain

from identity.decisions import Binding

A, B = "510108199003070017", "510108195304071234"


def bind(left: str, right: str, verdict: str) -> Binding:
    return Binding(("p", "s", left), ("p", "s", right), verdict)


@pytest.fixture
def hub() -> Hub:
    return Hub(empty_brain())


def test_the_doubtful_is_settled_and_taken_back(hub: Hub) -> None:
    hub.link({"1": Record("张伟", A, "138"), "2": Record("张伟", B, "138")})
    hub.link({"3": Record("张伟", None, "138")})
    before = hub.ids()
    assert len(set(before.values())) == 3
    hub.bindings = [bind("1", "3", "same")]
    hub.link({})
    assert hub.groups() == {frozenset("13"), frozenset("2")}
    hub.link({"3": Record("张伟", None, "138", "101")})
    assert hub.groups() == {frozenset("13"), frozenset("2")}, "binding after a change"
    hub.bindings = []
    hub.link({})
    assert hub.ids() == before


def test_told_apart_stay_apart_and_a_newcomer_is_asked(hub: Hub) -> None:
    hub.link({"1": Record("张小伟", None, "138"), "2": Record("张小伟", None, "138")})
    assert len(hub.groups()) == 1
    hub.bindings = [bind("1", "2", "different")]
    hub.link({})
    assert len(hub.groups()) == 2
    hub.link({"3": Record("张小伟", None, "138")})
    assert len(hub.groups()) == 3
    asked = hub.brain.execute("SELECT DISTINCT reason FROM refused ORDER BY 1").fetchall()
    assert asked == [("decided",), ("told_apart",)]


def test_one_number_can_be_told_to_be_two_persons(hub: Hub) -> None:
    hub.link({"1": Record("张伟", A, "138"), "2": Record("张伟", A, "139")})
    assert len(hub.groups()) == 1
    hub.bindings = [bind("1", "2", "different")]
    hub.link({})
    assert len(hub.groups()) == 2
    status = "SELECT id_status, count(*) FROM resident_record GROUP BY 1 ORDER BY 1"
    assert hub.brain.execute(status).fetchall() == [("borrowed", 1), ("valid", 1)]
    hub.bindings = []
    hub.link({})
    assert hub.brain.execute(status).fetchall() == [("valid", 2)]
    assert len(hub.groups()) == 1


def test_two_numbers_can_be_told_to_be_one_person(hub: Hub) -> None:
    hub.link({"1": Record("张伟", A, "138"), "2": Record("张伟", A), "3": Record("张伟", B, "138")})
    hub.bindings = [bind("1", "3", "same")]
    hub.link({})
    assert hub.groups() == {frozenset("123")}
    own = hub.brain.execute("SELECT DISTINCT id_number FROM evidence WHERE id_number IS NOT NULL")
    assert own.fetchall() == [(A,)], "the number with more records is theirs"


def test_a_decision_about_who_is_gone_waits(hub: Hub) -> None:
    hub.link({"1": Record("张伟", None, "138"), "2": Record("张伟", None, "138")})
    hub.bindings = [bind("1", "2", "different"), bind("1", "unknown", "same")]
    hub.link({"2": None})
    assert hub.groups() == {frozenset("1")}
    hub.link({"2": Record("张伟", None, "138")})
    assert len(hub.groups()) == 2
