"""What a steward decided holds in every later run, until it is undone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_world import Hub, Record, empty_brain

from identity.decisions import Binding, contradicted, outcomes
from identity.model import read_model
from identity.pairs import pair_meant
from identity.review import pairs_to_review

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


def test_a_merge_by_decision_says_so_whatever_else_holds(hub: Hub) -> None:
    hub.link({"1": Record("张伟", A, "138"), "4": Record("张伟", A, "138", platform="q")})
    hub.link({"2": Record("李娜", B, "139"), "3": Record("李娜", None, "139", platform="q")})
    reason = "SELECT kind, reason FROM identity_event WHERE kind <> 'founded' ORDER BY happened_at"
    hub.bindings = [bind("1", "2", "same")]
    hub.link({})
    assert hub.brain.execute(reason).fetchall() == [("merged", "one person by decided")]
    hub.bindings = []
    hub.link({})
    assert hub.brain.execute(reason).fetchall()[1:] == [("returned", "split: decided")]


def test_a_record_that_passes_to_another_person_says_why(hub: Hub) -> None:
    hub.link({"1": Record("张小伟", A, "138"), "2": Record("李小娜", B, "139")})
    hub.link({"3": Record("张小伟", None, "138", platform="q")})
    one, other = hub.ids()["1"], hub.ids()["2"]
    assert hub.ids()["3"] == one
    hub.link({"3": Record("李小娜", None, "139", platform="q")})
    assert hub.ids()["3"] == other
    hub.bindings = [Binding(("p", "s", "1"), ("q", "s", "3"), "same")]
    hub.link({})
    assert hub.ids()["3"] == one
    told = hub.brain.execute(
        "SELECT resident_id, other_id, reason FROM identity_event WHERE kind = 'passed' "
        "ORDER BY happened_at"
    ).fetchall()
    assert told == [(one, other, "passed: changed"), (other, one, "passed: decided")]


def test_a_merge_by_number_and_by_evidence(hub: Hub) -> None:
    hub.link({"1": Record("张伟", A, "138")})
    hub.link({"2": Record("张小伟", None, "139", platform="q")})
    hub.link({"3": Record("李小娜", B, "137", platform="q")})
    hub.link({"4": Record("李小娜", None, "136")})
    hub.link({"2": Record("张伟", A, "139", platform="q"), "4": Record("李小娜", None, "137")})
    reasons = "SELECT reason FROM identity_event WHERE kind = 'merged' ORDER BY reason"
    assert hub.brain.execute(reasons).fetchall() == [
        ("one person by id_number",), ("one person by name_phone",),
    ]  # fmt: skip
    hub.link({"5": Record("李小娜", None, "137", platform="r")})
    assert len(hub.groups()) == 2


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


def test_wholly_unlike_names_under_one_number_are_asked_about_and_told_by_name(hub: Hub) -> None:
    """A child under the mother's number, who states no birth: it may be a name that was changed."""
    mother, child = Record("李芳", A, "138", "101"), Record("王小宝", A, "138", "101")
    once = {key: replace(mother, platform=key) for key in "mno"}
    hub.link(once | {"c": child, "d": replace(child, phone="139"), "k": Record("李小方", A)})
    asked = "SELECT DISTINCT x.bare, y.bare FROM refused JOIN evidence x ON x.record_id = a "
    asked += "JOIN evidence y ON y.record_id = b WHERE reason = 'two_names'"
    names = {frozenset(pair) for pair in hub.brain.execute(asked).fetchall()}
    assert names == {frozenset(("李芳", "王小宝"))}, "one character in common is no other name"
    assert len(hub.groups()) == 1
    (pair,) = pairs_to_review(hub.brain, 9)
    resident = pair["left"]["resident_id"]
    meant = pair_meant(hub.brain, resident, resident, read_model())
    sides = {pair[side]["record_key"] for side in ("left", "right")}
    assert {one.named[2] for one in meant} == sides
    counted = "SELECT count(*) FROM ambiguous"
    assert hub.brain.execute(counted).fetchall() == [(5,)]
    told = Binding(meant[0].named, meant[1].named, "same")
    hub.bindings = [told]
    hub.link({})
    assert pairs_to_review(hub.brain, 9) == [], "all records of these two names are settled"
    hub.bindings = [replace(told, verdict="different")]
    hub.link({})
    assert frozenset("cd") in hub.groups()
    assert not {"c", "d"} & next(one for one in hub.groups() if "m" in one)
    hub.bindings = []
    hub.link({})
    assert len(pairs_to_review(hub.brain, 9)) == 1


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


def test_what_became_of_each_decision_is_told(hub: Hub) -> None:
    hub.link({"1": Record("张伟", A, "138"), "2": Record("李娜", None, "138"),
              "3": Record("张伟", A, "139")})  # fmt: skip
    made = [bind("1", "2", "same"), bind("1", "unknown", "same")]
    assert outcomes(hub.brain, made) == ["waiting", "gone"]
    hub.bindings = made
    hub.link({})
    assert outcomes(hub.brain, made) == ["done", "gone"]
    beyond = [*made, bind("2", "3", "different")]
    hub.bindings = beyond
    hub.link({})
    assert frozenset("123") in hub.groups(), "1 and 3 are one by their number, 2 by decision"
    assert outcomes(hub.brain, beyond) == ["done", "gone", "against"]
    assert outcomes(hub.brain, []) == []


verdicts = st.tuples(st.integers(0, 4), st.integers(0, 4), st.sampled_from(("same", "different")))


@given(st.lists(verdicts, max_size=8), verdicts)
def test_a_contradiction_is_what_a_plain_search_finds(
    made: list[tuple[int, int, str]], last: tuple[int, int, str]
) -> None:
    kept: dict[int, Binding] = {}
    for number, (left, right, verdict) in enumerate(made):
        one = bind(str(left), str(right), verdict)
        if left != right and not contradicted(kept, one):
            former = [n for n, k in kept.items() if {k.left, k.right} == {one.left, one.right}]
            kept = {n: k for n, k in kept.items() if n not in former} | {number: one}
            assert possible(list(kept.values())), "what is let in never contradicts itself"
    if last[0] != last[1]:
        new = bind(str(last[0]), str(last[1]), last[2])
        others = {n: k for n, k in kept.items() if {k.left, k.right} != {new.left, new.right}}
        numbers = contradicted(kept, new)
        assert bool(numbers) is not possible([*others.values(), new])
        assert not numbers or not possible([*(kept[n] for n in numbers), new]), "these alone do"


def possible(bindings: list[Binding]) -> bool:
    group = {one: {one} for b in bindings for one in (b.left, b.right)}
    for b in bindings:
        if b.verdict == "same":
            both = group[b.left] | group[b.right]
            group |= dict.fromkeys(both, both)
    return all(b.verdict == "same" or b.right not in group[b.left] for b in bindings)
