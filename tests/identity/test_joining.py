"""Best edge first: what may never meet, what is asked, and no order of input."""

from datetime import date
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from identity.components import components
from identity.joining import Edge, Node, join_nodes
from identity.model import read_model

MODEL = read_model().at(1_000)
TOWN = read_model().at(100_000)


def node(number=None, sex=None, year=None, names=("张伟",), records=1, roles=None) -> Node:
    return Node(number, sex, sex, year, year, records, list(names) or None, roles, None)


def edge(weight: float, a: int, b: int) -> Edge:
    return Edge(weight, a, b, "name_phone", a, b)


def joined(
    nodes: dict[int, Node], edges: list[Edge], told=(), model=MODEL
) -> tuple[set[frozenset[int]], dict]:
    edges = sorted(edges, key=lambda e: (-e.weight, e.a, e.b))
    outcome = join_nodes(nodes, edges, told, model)
    groups: dict[int, set[int]] = {}
    for name, root in outcome.root.items():
        groups.setdefault(root, set()).add(name)
    reasons = {(a, b): reason for a, b, _, reason in outcome.refused}
    return {frozenset(one) for one in groups.values()}, reasons


def test_a_chain_never_brings_two_numbers_together() -> None:
    nodes = {1: node("A"), 2: node(), 3: node(), 4: node("B")}
    groups, reasons = joined(nodes, [edge(20, 1, 2), edge(18, 3, 4), edge(12, 2, 3)])
    assert groups == {frozenset({1, 2}), frozenset({3, 4})}
    assert reasons == {(2, 3): "two_numbers"}


def test_every_rule_has_its_reason() -> None:
    cases = {
        "two_sexes": (node(sex="1"), node(sex="2")),
        "two_births": (node(year=1990), node(year=1992)),
        "two_roles": (node(roles=["H1:02"]), node(roles=["H1:20"])),
        "too_many": (node(records=50), node(records=50)),
    }
    for reason, (one, other) in cases.items():
        _, reasons = joined({1: one, 2: other}, [edge(30, 1, 2)])
        assert reasons == {(1, 2): reason}
    assert joined({1: node(), 2: node()}, [edge(3, 1, 2)])[1] == {(1, 2): "doubtful"}
    same = {1: node(roles=["H1:02"]), 2: node(roles=["H1:01", "H2:20"])}
    assert joined(same, [edge(30, 1, 2)])[0] == {frozenset({1, 2})}


def test_fitting_two_persons_is_asked() -> None:
    nodes = {1: node("A"), 2: node("B"), 3: node()}
    groups, reasons = joined(nodes, [edge(20, 1, 3), edge(19, 2, 3)])
    assert len(groups) == 3
    assert set(reasons.values()) == {"two_persons"}
    groups, _ = joined(nodes, [edge(20, 1, 3), edge(12, 2, 3)])
    assert frozenset({1, 3}) in groups


def test_who_stands_alone_needs_less_in_a_town() -> None:
    nodes = {1: node("A", records=3), 2: node()}
    assert len(joined(nodes, [edge(2, 1, 2)], model=TOWN)[0]) == 1
    groups, reasons = joined(nodes, [edge(2, 1, 2)])
    assert (len(groups), reasons) == (2, {(1, 2): "doubtful"}), "a small home cannot tell"
    assert joined(nodes, [edge(1, 1, 2)])[1] == {}, "too light to ask about"
    third = nodes | {3: node("B", records=2)}
    assert len(joined(third, [edge(2, 1, 2), edge(1, 2, 3)], model=TOWN)[0]) == 3, "fits another"
    more = nodes | {3: node()}
    edges = [edge(9, 1, 3), edge(2, 1, 2)]
    assert len(joined(more, edges, model=TOWN)[0]) == 2, "a record of that name speaks against it"
    assert len(joined(more, [*edges, edge(1, 2, 3)], model=TOWN)[0]) == 1
    other = {1: node("A", records=3), 2: node(names=("张丽",))}
    assert len(joined(other, [edge(2, 1, 2)], model=TOWN)[0]) == 2, "another name"
    told = [(1, 2, "different")]
    assert len(joined(nodes, [edge(2, 1, 2)], told, TOWN)[0]) == 2


def born(*days: str) -> Node:
    dates = [date.fromisoformat(day) for day in days]
    years = [day.year for day in dates]
    return node()._replace(first_year=min(years), last_year=max(years), dates=dates)


def test_a_year_mistyped_by_one_slip_is_no_other_birth() -> None:
    for one, other, same in (
        ("1956-04-09", "1986-04-09", True),
        ("1956-04-09", "1965-04-09", True),
        ("1956-04-09", "1986-04-10", False),
        ("1956-04-09", "1978-04-09", False),
    ):
        groups, _ = joined({1: born(one), 2: born(other)}, [edge(30, 1, 2)])
        assert (len(groups) == 1) is same, (one, other)


def test_a_title_does_not_choose_between_names() -> None:
    nodes = {1: node(names=()), 2: node(names=("张丽",)), 3: node(names=("张静",))}
    assert len(joined(nodes, [edge(9, 1, 2), edge(8, 1, 3)])[0]) == 3


def test_a_title_brings_no_two_names_together() -> None:
    """A twin, or a mother, at home with whoever the title is of: 王女士 under 王芳's number."""
    nodes = {1: node("A", names=("王芳",)), 2: node(names=()), 3: node(names=("王丽娜",))}
    groups, reasons = joined(nodes, [edge(22, 1, 2), edge(18, 2, 3), edge(3, 1, 3)])
    assert groups == {frozenset({1, 2}), frozenset({3})}
    assert reasons == {(2, 3): "two_persons", (1, 3): "doubtful"}
    groups, _ = joined(nodes, [edge(22, 1, 2), edge(18, 2, 3), edge(6, 1, 3)])
    assert len(groups) == 1, "the names by themselves are near enough"


def test_told_apart_binds_and_a_third_is_asked() -> None:
    nodes = {1: node(), 2: node(), 3: node()}
    edges = [edge(30, 1, 2), edge(25, 1, 3), edge(10, 2, 3)]
    groups, reasons = joined(nodes, edges, [(1, 2, "different")])
    assert len(groups) == 3, "however much nearer the third is to one of them"
    assert reasons == {(1, 2): "decided", (1, 3): "told_apart", (2, 3): "told_apart"}
    groups, _ = joined({1: node("A"), 2: node("B")}, [], [(1, 2, "same")])
    assert groups == {frozenset({1, 2})}


def test_who_hardly_resembles_one_of_two_told_apart_stays_with_the_other() -> None:
    nodes = {1: node("A"), 2: node(), 3: node()}
    edges = [edge(20, 1, 2), edge(8, 1, 3), edge(MODEL.join - 1, 2, 3)]
    groups, reasons = joined(nodes, edges, [(1, 3, "different")])
    assert groups == {frozenset({1, 2}), frozenset({3})}
    assert reasons[1, 3] == "decided"


graphs = st.integers(0, 10**6).map(Random)


@settings(max_examples=60, deadline=None)
@given(rng=graphs)
def test_the_order_of_input_changes_nothing(rng: Random) -> None:
    names = rng.sample(range(100), 8)
    nodes = {
        n: node(rng.choice(("A", "B", None, None)), rng.choice(("1", "2", None)),
                rng.choice((1990, 1991, 1993, None)), rng.choice((("张伟",), ("李娜",), ())))
        for n in names
    }  # fmt: skip
    edges = [
        edge(rng.choice((3.0, 8.0, 8.0, 20.0)), a, b)
        for a in names for b in names if a < b and rng.random() < 0.5
    ]  # fmt: skip
    first = joined(nodes, edges)
    shuffled = list(nodes.items())
    rng.shuffle(shuffled)
    rng.shuffle(edges)
    assert joined(dict(shuffled), edges) == first
    for group in first[0]:
        members = [nodes[n] for n in group]
        assert len({m.number for m in members} - {None}) <= 1
        assert len({m.sex for m in members} - {None}) <= 1
        years = [m.first_year for m in members if m.first_year]
        assert not years or max(years) - min(years) <= 1


@given(edges=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1))
def test_components_are_those_of_a_plain_search(edges: list[tuple[int, int]]) -> None:
    import numpy as np

    a, b = (np.array(side, np.uint64) for side in zip(*edges, strict=True))
    names, roots = components(a, b)
    reach = {n: {n} for n in {x for pair in edges for x in pair}}
    for _ in edges:
        for x, y in edges:
            reach[x] = reach[y] = reach[x] | reach[y]
    for n, near in reach.items():
        reach[n] = near.union(*(reach[m] for m in near))
    assert dict(zip(names.tolist(), roots.tolist(), strict=True)) == {
        n: min(found) for n, found in reach.items()
    }


def test_masked_numbers_that_show_other_digits_never_meet() -> None:
    whole = node("510108199003070017")
    for shown, groups in (("5101080017", 1), ("5101080011", 1), ("5101080071", 2)):
        masked = node()._replace(shown=[shown])
        found, reasons = joined({1: whole, 2: masked}, [edge(20, 1, 2)])
        assert len(found) == groups, shown
        assert set(reasons.values()) == ({"two_numbers"} if groups == 2 else set())


def test_a_platform_that_would_have_a_person_twice_speaks_against_it() -> None:
    one, other = node("A")._replace(sources=[1, 2]), node()._replace(sources=[1])
    light, heavy = MODEL.join + MODEL.twice / 2, MODEL.join + MODEL.twice * 2
    groups, reasons = joined({1: one, 2: other}, [edge(light, 1, 2)])
    assert (len(groups), reasons) == (2, {(1, 2): "twice"}), "not that it weighs too little"
    assert len(joined({1: one, 2: other}, [edge(heavy, 1, 2)])[0]) == 1
    weighed = edge(light, 1, 2)._replace(one_source=True)  # that was counted when it was weighed
    assert len(joined({1: one, 2: other}, [weighed])[0]) == 1
    assert len(joined({1: one, 2: other}, [edge(2, 1, 2)], model=TOWN)[0]) == 2, "not alone either"


def test_every_list_that_has_two_names_side_by_side_speaks_for_twins() -> None:
    one = node("A")._replace(sources=[1, 2])
    weighed = edge(MODEL.join + MODEL.twice / 2, 1, 2)._replace(one_source=True)
    for name, groups in (("张强", 2), ("张伟", 1)):
        nodes = {1: one, 2: node(names=(name,))._replace(sources=[1, 2])}
        assert len(joined(nodes, [weighed])[0]) == groups
        assert len(joined(nodes, [weighed._replace(weight=weighed.weight + 9)])[0]) == 1


def test_who_stands_alone_has_the_name_that_most_records_have() -> None:
    lone = node(names=("张玮",))
    for times, groups in ((2, 2), (1, 1)):
        tally = {"张伟": times, "张玮": 1}
        chosen = node("A", names=("张伟", "张玮"), records=3)._replace(tally=tally)
        assert len(joined({1: chosen, 2: lone}, [edge(2, 1, 2)], model=TOWN)[0]) == groups


def test_two_titles_are_no_two_names() -> None:
    nodes = {1: node(), 2: node(names=()), 3: node(names=())}
    assert len(joined(nodes, [edge(17, 1, 2), edge(16, 1, 3), edge(15, 2, 3)])[0]) == 1
