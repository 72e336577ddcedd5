"""Whose an event is: only what leads to one person, and no event ever joins two records."""

from typing import Any

import pytest

from tests.identity.small_world import Hub, Record, empty_brain

ZHANG = "510107199003074512"
LI = "510107198501011236"


def event(hub: Hub, number: int, **columns: Any) -> None:
    row = {"record_id": number, "platform": "p", "stream": "tickets", "valid_from": hub.moment,
           "happened_at": hub.moment, "kind": "走访"} | columns  # fmt: skip
    hub.brain.execute(
        f"INSERT INTO event_record ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",
        list(row.values()),
    )


@pytest.fixture
def hub() -> Hub:
    one = Hub(empty_brain())
    people = {
        "a": Record("张伟", ZHANG, "13800000001", "101"),
        "b": Record("李娜", LI, "13800000002", "102"),
        "c": Record("王芳", None, "13800000003", "103"),
        "d": Record("王芳", None, "13800000003", "203", sex_code="1", birth_year=1950),
        "e": Record("王芳", None, "13800000003", "203", sex_code="2", birth_year=2015),
    }
    one.sync(people)
    return one


def whose(hub: Hub) -> dict[int, tuple[str | None, str | None]]:
    hub.sync({})
    key = {resident: key for key, resident in hub.ids().items()}
    found = hub.brain.execute("SELECT record_id, resident_id, found_by FROM event_link").fetchall()
    return {number: (key.get(resident), by) for number, resident, by in found}


def test_by_number_by_key_and_by_name_with_telephone(hub: Hub) -> None:
    event(hub, 101, id_number=ZHANG)
    event(hub, 102, person_key="b")
    event(hub, 103, name="李 娜", phone="13800000002")
    event(hub, 104, phone="13800000002")
    event(hub, 105, name="李娜")
    assert whose(hub) == {
        101: ("a", "number"), 102: ("b", "key"), 103: ("b", "phone"), 104: (None, None),
        105: (None, None),
    }  # fmt: skip


def test_what_contradicts_itself_is_nobodys(hub: Hub) -> None:
    event(hub, 101, id_number=ZHANG, person_key="b")
    event(hub, 102, id_number=ZHANG, name="李娜")
    event(hub, 103, person_key="b", name="李女士")
    event(hub, 104, person_key="b", name="张伟", phone="13800000001")
    event(hub, 105, platform="q", person_key="b")
    assert whose(hub) == {
        101: (None, None), 102: (None, None), 103: ("b", "key"), 104: (None, None),
        105: (None, None),
    }  # fmt: skip


def test_of_several_of_one_name_and_telephone_none_is_guessed(hub: Hub) -> None:
    assert len({hub.ids()[one] for one in "cde"}) > 1
    event(hub, 101, name="王芳", phone="13800000003")
    assert whose(hub) == {101: (None, None)}


def test_it_is_at_the_dwelling_it_names_and_moves_with_its_person(hub: Hub) -> None:
    event(hub, 101, id_number=ZHANG, compound="龙港花园", room="102")
    assert whose(hub)[101] == ("a", "number")
    at = "SELECT room_key FROM event_link JOIN dwelling USING (dwelling_id)"
    assert hub.brain.execute(at).fetchall() == [("龙港花园|||102",)]
    hub.sync({"a": None})
    assert whose(hub)[101] == (None, None)
    hub.brain.execute("DELETE FROM event_record")
    assert whose(hub) == {}


def test_events_join_nobody(hub: Hub) -> None:
    before = hub.groups()
    for nth, one in enumerate(("c", "d", "e")):
        event(hub, 101 + nth, person_key=one, id_number=ZHANG, name="王芳", phone="13800000003")
    hub.sync({"c": Record("王芳", None, "13800000003", "103")})
    assert hub.groups() == before
