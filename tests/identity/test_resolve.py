"""Whom the evidence joins, whom it must never join, and ids that live."""

import duckdb
from small_world import Hub, Record

A, B = "510108199003070017", "510108195304071234"


def test_same_number_is_one_person(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", A), "2": Record("张玮", A), "3": Record("张伟", B)})
    assert hub.groups() == {frozenset("12"), frozenset("3")}


def test_phone_then_room_reach_the_numbered_person(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync(
        {
            "1": Record("张伟", A, "138", "101"),
            "2": Record("张伟", None, "138"),
            "3": Record("张伟", None, None, "101"),
            "4": Record("李娜", None, "138", "101"),
        }
    )
    assert hub.groups() == {frozenset("123"), frozenset("4")}


def test_two_numbers_never_meet_and_the_doubtful_is_noted(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain)
    hub.sync(
        {
            "1": Record("张伟", A, "138"),
            "2": Record("张伟", B, "138"),
            "3": Record("张伟", None, "138"),
        }
    )
    assert hub.groups() == {frozenset("1"), frozenset("2"), frozenset("3")}
    assert brain.execute("SELECT reason FROM ambiguous").fetchall() == [("two_persons",)]
    hub.sync({"2": None})
    assert hub.groups() == {frozenset("13")}, "no longer doubtful once one of the two is gone"
    assert brain.execute("FROM ambiguous").fetchall() == []


def test_other_sex_or_birth_keeps_apart(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync(
        {
            "1": Record("王敏", A, "138", sex_code="1", birth_year=1990),
            "2": Record("王敏", None, "138", sex_code="2", birth_year=1990),
            "3": Record("王敏", None, "138", birth_year=1960),
            "4": Record("王敏", None, "138", sex_code="1", birth_year=1991),
        }
    )
    assert hub.groups() == {frozenset("14"), frozenset("2"), frozenset("3")}


def test_blanks_are_no_evidence(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({str(i): Record("张伟") for i in range(5)} | {"x": Record(None, None, "138", "1")})
    assert len(hub.groups()) == 6


def test_ids_stay_over_merge_and_split(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", A, "138")})
    hub.sync({"2": Record("张伟", None, "139")})
    first = hub.ids()
    assert first["1"] != first["2"]
    hub.sync({"2": Record("张伟", None, "138")})
    assert set(hub.ids().values()) == {first["1"]}, "the older id stays"
    merged = "SELECT resident_id, merged_into FROM resident_identity WHERE state = 'merged'"
    assert brain.execute(merged).fetchall() == [(first["2"], first["1"])]
    hub.sync({"2": Record("张伟", None, "139")})
    assert hub.ids() == first, "split again, both have the ids they had"
    hub.sync({"1": None})
    assert hub.ids() == {"2": first["2"]}
    hub.sync({"1": Record("张伟", A, "138")})
    assert hub.ids() == first, "who comes back is who they were"
    told = brain.execute("SELECT kind, reason FROM identity_event ORDER BY happened_at").fetchall()
    assert told == [
        ("founded", "new record"), ("founded", "new record"),
        ("merged", "one person by name_phone"),
        ("returned", "split: changed"), ("gone", "no record left"), ("returned", "new record"),
    ]  # fmt: skip


def test_owner_wins_then_the_newest(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain, {"phone": ["police"]})
    hub.sync({"1": Record("张伟", A, "1", platform="police")})
    hub.sync({"2": Record("张玮", A, "2", platform="grid"), "3": Record(None, A, platform="q")})
    assert brain.execute("SELECT name, phone, records FROM resident").fetchall() == [
        ("张玮", "1", 3)
    ]


def test_past_is_kept(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", A, "1")})
    hub.sync({"1": Record("张伟", A, "2")})
    assert brain.execute("SELECT phone FROM resident").fetchall() == [("2",)]
    past = brain.execute("SELECT phone, valid_from, valid_to FROM resident_past").fetchall()
    assert len(past) == 1
    assert past[0][0] == "1"
    assert past[0][1] < past[0][2] == hub.moment


def test_households_by_number_then_head(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", A)}, household_no="77", relation_code="02")
    hub.sync({"2": Record("张小", B)}, household_no="77", relation_code="20")
    hub.sync({"3": Record("赵六", None, "5", "101")}, relation_code="02")
    hub.sync({"4": Record("赵七", None, "6", "101")}, relation_code="20", head_name="赵六")
    hub.sync({"5": Record("钱八", None, "7", "101")}, relation_code="20", head_name="无此人")
    rows = brain.execute("""
        SELECT household_no, member_count FROM household ORDER BY household_no""").fetchall()
    assert rows == [("77", 2), (None, 2)]
    alone = brain.execute("SELECT name FROM resident WHERE household_id IS NULL").fetchall()
    assert alone == [("钱八",)]


def test_road_and_number_are_an_alias_of_the_compound(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    where = {"road": "昭觉寺横路", "door_no": "10"}
    hub.sync({"1": Record("张伟", A, None, "101")})
    hub.sync({"2": Record("张伟", None, "5")}, room="101", compound=None, **where)
    assert len(hub.groups()) == 2
    hub.sync({"3": Record("李娜", B, None, "303")}, **where)  # gives both: the alias is learnt
    assert hub.groups() == {frozenset("12"), frozenset("3")}
