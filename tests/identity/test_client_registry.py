"""What a client registry is asked for, case by case, after the behaviour tests of OpenHIE.

Add, update, a second source with ids of its own, merge, unmerge, query by any id, query by
demographics, a placeholder number, and who matches two persons that a steward told apart.
"""

import pytest
from small_world import Hub, Record, empty_brain

from hub.errors import NotFoundError
from identity.decisions import Binding
from identity.review import pairs_to_review
from identity.views import ResidentView, show
from warehouse.answers import find

NUMBER, OTHER = "510108199003070017", "510108195304071234"
ZHANG = Record("张小伟", NUMBER, "13800000001", "101", platform="police")


@pytest.fixture
def hub() -> Hub:
    return Hub(empty_brain())


def found(hub: Hub, text: str) -> list[str]:
    return [row["resident_id"] for row in find(hub.brain, text)]


def shown(hub: Hub, resident_id: str) -> ResidentView:
    return show(hub.brain, resident_id, {})


def events(hub: Hub) -> list[tuple[str, str, str | None]]:
    return hub.brain.execute("""
        SELECT kind, resident_id, other_id FROM identity_event
        WHERE kind <> 'founded' ORDER BY happened_at""").fetchall()


def test_add(hub: Hub) -> None:
    hub.sync({"P1": ZHANG})
    (resident_id,) = hub.ids().values()
    view = shown(hub, resident_id)
    assert (view.state, view.golden["name"], view.golden["id_number"]) == (
        "living", "张小伟", NUMBER,
    )  # fmt: skip
    hub.sync({"P1": ZHANG})
    assert hub.ids() == {"P1": resident_id}, "the same record again is nobody new"


def test_update(hub: Hub) -> None:
    hub.sync({"P1": ZHANG})
    (resident_id,) = hub.ids().values()
    hub.sync({"P1": Record("张小伟", NUMBER, "13800000009", "202", platform="police")})
    view = shown(hub, resident_id)
    assert view.golden["phone"] == "13800000009"
    assert view.past[0]["changes"]["phone"] == ["13800000001", "13800000009"]
    hub.sync({"P1": Record("张小纬", NUMBER, "13800000009", "202", platform="police")})
    assert hub.ids() == {"P1": resident_id}, "a corrected name is the same person"


def test_add_from_a_second_source_with_another_id(hub: Hub) -> None:
    hub.sync({"P1": ZHANG})
    before = hub.ids()["P1"]
    hub.sync({"W-77": Record("张小伟", None, "13800000001", "101", platform="property")})
    assert hub.ids() == {"P1": before, "W-77": before}
    assert [(one["platform"], one["record_key"]) for one in shown(hub, before).records] == [
        ("police", "P1"), ("property", "W-77"),
    ]  # fmt: skip


def test_a_stranger_of_the_same_name_is_added(hub: Hub) -> None:
    hub.sync({"P1": ZHANG})
    hub.sync({"W-78": Record("张小伟", OTHER, "13900000002", "303", platform="property")})
    assert len(set(hub.ids().values())) == 2


def test_merge_redirects_the_younger_id(hub: Hub) -> None:
    hub.sync({"P1": ZHANG})
    hub.sync({"W-77": Record("张晓玮", None, "13800000005", platform="property")})
    older, younger = hub.ids()["P1"], hub.ids()["W-77"]
    assert older != younger
    hub.bindings = [Binding(("police", "s", "P1"), ("property", "s", "W-77"), "same")]
    hub.sync({})
    assert set(hub.ids().values()) == {older}
    view = shown(hub, younger)
    assert (view.resident_id, view.asked) == (older, younger)
    assert events(hub) == [("merged", younger, older)]


def test_unmerge_gives_each_their_id_again(hub: Hub) -> None:
    hub.sync({"P1": ZHANG})
    hub.sync({"W-77": Record("张晓玮", None, "13800000005", platform="property")})
    before = hub.ids()
    hub.bindings = [Binding(("police", "s", "P1"), ("property", "s", "W-77"), "same")]
    hub.sync({})
    hub.bindings = []
    hub.sync({})
    assert hub.ids() == before
    assert shown(hub, before["W-77"]).state == "living"
    assert [kind for kind, *_ in events(hub)] == ["merged", "returned"]


def test_what_was_joined_wrongly_is_parted_for_good(hub: Hub) -> None:
    twin = Record("张小伟", None, "13800000001", "101", platform="property")
    hub.sync({"P1": ZHANG, "W-77": twin})
    assert len(set(hub.ids().values())) == 1
    kept = hub.ids()["P1"]
    hub.bindings = [Binding(("police", "s", "P1"), ("property", "s", "W-77"), "different")]
    hub.sync({})
    assert len(set(hub.ids().values())) == 2
    assert kept in hub.ids().values()
    hub.sync({"W-77": twin})
    assert len(set(hub.ids().values())) == 2, "the evidence is as it was, and so is the decision"


def test_query_by_any_id(hub: Hub) -> None:
    hub.sync({"P1": ZHANG})
    hub.sync({"W-77": Record("张晓玮", None, "13800000005", platform="property")})
    older, younger = hub.ids()["P1"], hub.ids()["W-77"]
    hub.bindings = [Binding(("police", "s", "P1"), ("property", "s", "W-77"), "same")]
    hub.sync({})
    for text in (older, younger, NUMBER, "13800000001", "13800000005"):
        assert found(hub, text) == [older], text
    with pytest.raises(NotFoundError):
        shown(hub, "Rnobody")


def same(*pairs: tuple[str, str]) -> list[Binding]:
    return [Binding(("p", "s", one), ("p", "s", other), "same") for one, other in pairs]


def test_an_id_merged_twice_leads_on_and_its_story_is_told_whole(hub: Hub) -> None:
    for nth, name in enumerate(("张小伟", "李娜", "王芳")):
        hub.sync({name: Record(name, None, f"1380000000{nth}")})
    first, second, third = (hub.ids()[name] for name in ("张小伟", "李娜", "王芳"))
    hub.bindings = same(("李娜", "王芳"))
    hub.sync({})
    hub.bindings += same(("张小伟", "李娜"))
    hub.sync({})
    assert set(hub.ids().values()) == {first}
    assert found(hub, third) == [first]
    view = shown(hub, third)
    assert view.resident_id == first
    told = [(one["kind"], one["resident_id"], one["other_id"]) for one in view.events]
    assert [one for one in told if one[0] == "merged"] == [
        ("merged", third, second), ("merged", second, first),
    ]  # fmt: skip
    hub.bindings = same(("张小伟", "李娜"))
    hub.sync({})
    assert shown(hub, third).golden["name"] == "王芳"
    assert shown(hub, second).resident_id == first


def test_unmerge_gives_the_id_back_whichever_record_founded_it(hub: Hub) -> None:
    """Of two records of the younger, each in turn the first; the least of a hash founds others."""
    for nth, (one, other) in enumerate((("A", "B"), ("B", "A"))):
        older, name = f"P{nth}", f"王芳{nth}"
        hub.sync({older: Record(f"张小伟{nth}", None, f"1390000000{nth}")})
        hub.sync({f"{one}{nth}": Record(name, None, f"1380000000{nth}", "101")})
        hub.sync({f"{other}{nth}": Record(name, None, f"1380000000{nth}", "101", platform="q")})
        before = hub.ids()
        assert before[f"{one}{nth}"] == before[f"{other}{nth}"] != before[older]
        hub.bindings = same((older, f"{one}{nth}"))
        hub.sync({})
        assert before[older] == hub.ids()[f"{other}{nth}"]
        hub.bindings = []
        hub.sync({})
        assert hub.ids() == before
        assert shown(hub, before[f"{one}{nth}"]).golden["name"] == name


def test_a_merged_id_follows_the_record_that_founded_it(hub: Hub) -> None:
    for nth, name in enumerate(("张小伟", "李娜", "王芳")):
        hub.sync({name: Record(name, None, f"1380000000{nth}")})
    first, second, third = (hub.ids()[name] for name in ("张小伟", "李娜", "王芳"))
    hub.bindings = same(("张小伟", "王芳"))
    hub.sync({})
    assert shown(hub, third).resident_id == first
    hub.bindings = same(("李娜", "王芳"))
    hub.sync({})
    assert shown(hub, third).resident_id == second
    assert found(hub, third) == [second]
    moved = [one for one in shown(hub, third).events if one["resident_id"] == third]
    assert (moved[-1]["kind"], moved[-1]["other_id"], moved[-1]["reason"]) == (
        "passed", second, "passed: decided",
    )  # fmt: skip


def test_query_by_demographics(hub: Hub) -> None:
    hub.sync({"P1": ZHANG, "P2": Record("李娜", OTHER, "13900000002", "303", platform="police")})
    zhang = hub.ids()["P1"]
    for text in ("张小伟", "张小", "龙港花园101"):
        assert found(hub, text) == [zhang], text
    assert found(hub, "王") == []


def test_a_placeholder_number_makes_strangers_no_one_person(hub: Hub) -> None:
    names = ("张小伟", "李娜", "王芳", "赵敏", "孙丽")
    hub.sync({name: Record(name, NUMBER, f"139{n:08d}") for n, name in enumerate(names)})
    assert len(set(hub.ids().values())) == len(names)
    assert hub.brain.execute("SELECT count(id_number) FROM resident").fetchall() == [(0,)]


def test_who_matches_two_that_were_told_apart_is_asked(hub: Hub) -> None:
    twin = Record("张小伟", None, "13800000001", "101", platform="property")
    hub.sync({"P1": Record("张小伟", None, "13800000001", "101", platform="police"), "W-77": twin})
    hub.bindings = [Binding(("police", "s", "P1"), ("property", "s", "W-77"), "different")]
    hub.sync({})
    apart = set(hub.ids().values())
    assert len(apart) == 2
    hub.sync({"D-5": Record("张小伟", None, "13800000001", "101", platform="door")})
    newcomer = hub.ids()["D-5"]
    assert newcomer not in apart, "given to neither"
    asked = pairs_to_review(hub.brain, 10)
    assert {one["reason"] for one in asked} == {"told_apart"}
    sides = [{one["left"]["record_key"], one["right"]["record_key"]} for one in asked]
    assert sorted(map(sorted, sides)) == [["D-5", "P1"], ["D-5", "W-77"]]
    hub.bindings.append(Binding(("door", "s", "D-5"), ("police", "s", "P1"), "same"))
    hub.sync({})
    assert hub.ids()["D-5"] == hub.ids()["P1"] != hub.ids()["W-77"]
    assert pairs_to_review(hub.brain, 10) == []
