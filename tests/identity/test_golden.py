"""The golden record by the rule, one field at a time, and what is asked of the platforms."""

from datetime import UTC, datetime

import duckdb
import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from identity.golden import AGREED, PART, _update_labels
from identity.views import show
from tests.identity.small_world import Hub, Record, empty_brain

NUMBER = "510107199003074512"
OTHER = "510108195304071234"
Said = tuple[str, int, str | None, str | None]  # platform, year, ethnicity, marital state


def rule(field: str, said: list[tuple[str, datetime, object]], owners: list[str]) -> object:
    """Choose as a person would: the owner, then the most platforms, then the newest."""
    given_values = [(platform, at, value) for platform, at, value in said if value is not None]
    if not given_values:
        return None
    for owner in owners:
        own = [one for one in given_values if one[0] == owner]
        if own:
            return max(own, key=lambda one: one[1])[2]
    votes = {v: len({p for p, _, w in given_values if w == v}) for _, _, v in given_values}
    most = {v for v in votes if field not in AGREED or votes[v] == max(votes.values())}
    return max((one for one in given_values if one[2] in most), key=lambda one: one[1])[2]


def test_where_platforms_agree_one_newer_word_does_not_win(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain)
    one = {"id_number": NUMBER, "name": "张伟"}
    for nth, (phone, room, month) in enumerate((("1", "101", 1), ("1", "101", 2), ("2", "202", 5))):
        at = datetime(2025, month, 1, tzinfo=UTC)
        platform = f"p{nth}"
        hub.sync(
            {platform: Record(phone=phone, room=room, platform=platform, **one)}, updated_at=at
        )
    shown = "SELECT phone, room FROM resident"
    assert brain.execute(shown).fetchall() == [("1", "101")]
    (resident_id,) = set(hub.ids().values())
    said = show(brain, resident_id, {}).said
    assert [(s.value, s.why) for s in said["phone"]] == [
        ("1", "votes"), ("1", "same"), ("2", "outvoted"),
    ]  # fmt: skip
    at = datetime(2027, 1, 1, tzinfo=UTC)
    hub.sync({"p2": Record(phone="2", room="202", platform="p2", **one)}, updated_at=at)
    assert brain.execute(shown).fetchall() == [("2", "101")], "a telephone is sooner out of date"
    at = datetime(2028, 1, 1, tzinfo=UTC)
    hub.sync({"p2": Record(phone="2", room="202", platform="p2", **one)}, updated_at=at)
    assert brain.execute(shown).fetchall() == [("2", "202")]


person = st.lists(
    st.tuples(
        st.sampled_from(["police", "grid", "health", "door"]),
        st.integers(2012, 2023),
        st.sampled_from(["01", "05", None]),
        st.sampled_from(["20", "30", None]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda one: one[1],
)
CHOSEN = ("ethnicity_code", "marital_code")
OWNERS = {"ethnicity_code": ["police"], "marital_code": ["grid", "police"]}


@pytest.mark.parametrize("owners", [OWNERS, {}])
@settings(max_examples=2, deadline=None)
@given(people=st.lists(person, min_size=15, max_size=15))
def test_each_field_is_chosen_by_the_rule(
    owners: dict[str, list[str]], people: list[list[Said]]
) -> None:
    brain = empty_brain()
    hub = Hub(brain, owners)
    numbers = [f"51010719900{nth + 310}4512" for nth in range(len(people))]
    for turn in range(max(map(len, people))):  # of each person one record a sync
        records, own = {}, {}
        for number, said in zip(numbers, people, strict=True):
            for platform, year, *values in said[turn : turn + 1]:
                key = f"{number} {turn}"
                records[key] = Record("张伟", number, platform=platform)
                own[key] = dict(zip(CHOSEN, values, strict=True)) | {"updated_at": at(year)}
        hub.sync(records, own)
    found = brain.execute("SELECT id_number, ethnicity_code, marital_code FROM resident").fetchall()
    assert {number: tuple(values) for number, *values in found} == {
        number: tuple(
            rule(field, [(o[0], at(o[1]), o[2 + nth]) for o in said], owners.get(field, []))
            for nth, field in enumerate(CHOSEN)
        )
        for number, said in zip(numbers, people, strict=True)
    }
    for resident_id in set(hub.ids().values()):
        view = show(brain, resident_id, owners)
        for field in CHOSEN:
            won = [one.value for one in view.said.get(field, []) if one.won]
            assert won == [view.golden[field]] * (view.golden[field] is not None)
    brain.close()


def at(year: int) -> datetime:
    """The middle of a year."""
    return datetime(year, 6, 1, tzinfo=UTC)


def test_values_chosen_part_by_part_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for part in (PART, 2):  # seven records: in one part, and in four
        monkeypatch.setattr("identity.golden.PART", part)
        brain = empty_brain()
        Hub(brain).sync(
            {str(n): Record(f"张{name}", phone=str(n)) for n, name in enumerate("一二三四五六七")}
        )
        found.append(brain.execute("SELECT name, phone FROM resident ORDER BY ALL").fetchall())
        brain.close()
    assert found[0] == found[1]
    assert len(found[0]) == 7


def test_why_a_value_won_or_lost(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain, {"phone": ["police"]})
    early, late = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
    one = {"id_number": NUMBER, "name": "张伟"}
    hub.sync({"1": Record(phone="1", platform="police", **one)}, updated_at=early)
    hub.sync({"2": Record(phone="2", platform="grid", **one)}, updated_at=late)
    hub.sync({"3": Record(id_number=NUMBER, name="张玮", phone="1")}, updated_at=late)
    (resident_id,) = set(hub.ids().values())
    said = show(brain, resident_id, hub.owners).said
    assert {(s.value, s.why) for s in said["phone"]} == {
        ("1", "owner"), ("1", "same"), ("2", "not_owner"),
    }  # fmt: skip
    assert {(s.value, s.why) for s in said["name"]} == {
        ("张伟", "votes"), ("张伟", "same"), ("张玮", "outvoted"),
    }  # fmt: skip


def test_somebody_elses_number_is_not_shown_as_ones_own(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", NUMBER)})
    brain.execute("UPDATE resident_record SET id_status = 'borrowed'")
    from identity.resolve import resolve_entities
    from tests.identity.small_world import KEY

    brain.execute("CREATE OR REPLACE TEMP TABLE affected AS SELECT resident_id FROM resident")
    resolve_entities(brain, KEY, {}, hub.moment)
    assert brain.execute("SELECT id_number, id_status FROM resident").fetchall() == [(None, None)]


def test_a_contradiction_is_asked_about_until_the_platform_changes_it(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain, {"name": ["police"]})
    hub.sync({"1": Record("张伟", NUMBER, platform="police")})
    hub.sync({"2": Record("张玮", NUMBER, platform="grid")})
    rows = "SELECT field, said, held, backed_by, closed_at IS NULL FROM correction"
    assert brain.execute(rows).fetchall() == [("name", "张玮", "张伟", "police", True)]
    opened = brain.execute("SELECT opened_at FROM correction").fetchall()
    hub.sync({"3": Record("张伟", NUMBER, platform="door")})
    assert brain.execute("SELECT opened_at FROM correction WHERE closed_at IS NULL").fetchall() == (
        opened
    ), "the same question is not asked twice"
    hub.sync({"2": Record("张伟", NUMBER, platform="grid")})
    assert brain.execute(rows).fetchall() == [("name", "张玮", "张伟", "police", False)]


def test_other_writings_and_masks_are_no_contradiction(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    names = ["买买提·吐尔逊", "买买提吐尔逊", "买买提•吐尔逊", "买*"]
    hub.sync({str(n): Record(name, NUMBER) for n, name in enumerate(names)})
    assert brain.execute("SELECT * FROM correction").fetchall() == []


def test_traditional_characters_are_no_contradiction(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain, {"name": ["police"]})
    hub.sync({"1": Record("张丽娟", NUMBER, platform="police")})
    hub.sync({"2": Record("張麗娟", NUMBER, platform="grid")})
    hub.sync({"3": Record("张莉娟", NUMBER, platform="door")})
    said = brain.execute("SELECT said, held FROM correction").fetchall()
    assert said == [("张莉娟", "张丽娟")]


def test_a_move_closes_one_membership_and_opens_another(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", NUMBER)}, household_no="7")
    moved = hub.moment
    hub.sync({"1": Record("张伟", NUMBER)}, household_no="8")
    rows = brain.execute("SELECT since, until FROM membership ORDER BY since").fetchall()
    assert rows == [(moved, hub.moment), (hub.moment, None)]
    hub.sync({"1": None})
    open_ones = "SELECT count(*) FROM membership WHERE until IS NULL"
    assert brain.execute(open_ones).fetchall() == [(0,)]


def households(connection: duckdb.DuckDBPyConnection) -> set[frozenset[str]]:
    """The names in each household."""
    rows = connection.execute(
        "SELECT list(name) FROM resident WHERE household_id IS NOT NULL GROUP BY household_id"
    )
    return {frozenset(names) for (names,) in rows.fetchall()}


def heads(brain: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """The head's name of each household, by the household's number or the head's flat."""
    rows = brain.execute("""
        SELECT coalesce(h.household_no, r.room), r.name FROM household h
        JOIN resident r ON r.resident_id = h.head_resident_id""")
    return dict(rows.fetchall())


def test_of_two_heads_the_one_who_lives_is_it_and_the_dead_are_members_no_more(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    """Whoever has the lesser id: tried with many numbers of households."""
    hub = Hub(brain)
    for nth in range(4):
        people = {
            f"A{nth}": Record(f"张伟{nth}", None, f"1{nth}"),
            f"B{nth}": Record(f"李娜{nth}", None, f"2{nth}"),
        }  # fmt: skip
        own: dict[str, dict[str, object]] = {
            f"A{nth}": {"relation_code": "02"}, f"B{nth}": {"relation_code": "10"},
        }  # fmt: skip
        hub.sync(people, own, household_no=str(nth))
        assert heads(brain)[str(nth)] == f"张伟{nth}"
        own[f"A{nth}"]["died_on"] = "2026-01-03"
        own[f"B{nth}"]["relation_code"] = "02"
        hub.sync(people, own, household_no=str(nth))
        assert heads(brain)[str(nth)] == f"李娜{nth}"
        of = f"FROM membership JOIN resident USING (resident_id) WHERE name = '张伟{nth}'"
        ((since, until),) = brain.execute(f"SELECT since, until {of}").fetchall()
        assert until == max(since, datetime(2026, 1, 2, 16, tzinfo=UTC)), "that day, in Beijing"
    own["A3"]["died_on"] = "2026-01-09"
    hub.sync(people, own | {"A3": {"relation_code": "02"}}, household_no="3")
    hub.sync(people, own, household_no="3")
    opened = (
        "SELECT count(*) FROM membership JOIN resident USING (resident_id) WHERE name = '张伟3'"
    )
    assert brain.execute(opened + " AND until IS NULL").fetchall() == [(0,)]
    assert brain.execute(opened).fetchall() == [(2,)], "alive again by mistake, and corrected"


def test_the_relation_is_that_to_the_household_of_the_number(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    """Married into another household, which one platform knows; the other is newer."""
    hub = Hub(brain)
    hub.sync(
        {str(n): Record("王芳", NUMBER, platform=p) for n, p in enumerate(("police", "grid"), 1)},
        {"1": {"household_no": "8", "relation_code": "12", "updated_at": "2026-01-01"},
         "2": {"relation_code": "30", "updated_at": "2026-06-01"}},
    )  # fmt: skip
    relation = "SELECT relation_code FROM resident"
    assert brain.execute(relation).fetchall() == [("12",)]
    (resident_id,) = set(hub.ids().values())
    said = show(brain, resident_id, {}).said["relation_code"]
    assert [(one.value, one.why) for one in said] == [("12", "sounder"), ("30", "less_sound")]
    hub.owners = {"relation_code": ["grid"]}
    hub.sync({})
    assert brain.execute(relation).fetchall() == [("30",)], "unless the other owns the field"


def test_nobody_joins_the_household_of_one_who_left_the_flat(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain)
    hub.sync(
        {"1": Record("张伟", NUMBER, room="101")}, relation_code="02", left_on="2026-01-01"
    )  # fmt: skip
    hub.sync({"2": Record("王芳", None, "139", "101")}, relation_code="10")
    rows = brain.execute("SELECT name, household_id IS NULL FROM resident ORDER BY name")
    assert rows.fetchall() == [("张伟", False), ("王芳", True)]


def test_tenants_of_a_flat_are_households_of_their_own(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("赵六", None, "5", "101")}, relation_code="02")
    hub.sync({"2": Record("赵小", None, "6", "101")}, relation_code="20")
    hub.sync({"3": Record("钱八", None, "7", "101"), "4": Record("孙九", None, "8", "101")})
    family = frozenset({"赵六", "赵小"})
    assert households(brain) == {family, frozenset({"钱八"}), frozenset({"孙九"})}
    heads = "SELECT count(*) FROM household WHERE head_resident_id IS NOT NULL"
    assert brain.execute(heads).fetchall() == [(3,)]
    hub.sync({"5": Record("钱小", None, "7", "101")}, relation_code="20", head_name="钱八")
    assert frozenset({"钱八", "钱小"}) in households(brain), "others name him as their head"
    hub.sync({"3": Record("钱八", None, "7")})
    assert frozenset({"钱八"}) not in households(brain), "without a flat he is placed nowhere"


def test_registered_here_and_living_there_are_two_facts(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", NUMBER, "1", "101")}, household_no="7", relation_code="02")
    hub.sync({"2": Record("张小伟", None, "2", "202")}, household_no="7", relation_code="20")
    assert households(brain) == {frozenset({"张伟", "张小伟"})}
    rooms = """SELECT r.name, d.room, h.dwelling_id = r.dwelling_id FROM resident r
        JOIN dwelling d USING (dwelling_id) JOIN household h USING (household_id) ORDER BY 2"""
    assert brain.execute(rooms).fetchall() == [("张伟", "101", True), ("张小伟", "202", False)]


def test_another_order_of_foreign_words_is_no_correction(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    names = ("John O'Brien", "OBRIEN JOHN", "O'BRIEN, John", "John Brian")
    hub.sync({name: Record(name, NUMBER, platform=f"p{len(name)}") for name in names})
    said = brain.execute("SELECT DISTINCT said, held FROM correction").fetchall()
    held = {one for _, one in said}
    assert len(held) == 1
    assert {one for one, _ in said} | held >= {"John Brian"}
    assert len(said) == 1


def test_why_says_what_was_weighed_and_no_more(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    masked = Record("张伟", "510107********4512", "1", id_status="masked", platform="q")
    hub.sync({"1": Record("张伟", NUMBER, "1"), "2": masked, "3": Record("张先生", NUMBER)})
    said = show(brain, hub.ids()["1"], {}).said
    why = {field: {s.value: s.why for s in said[field] if s.why != "same"} for field in said}
    assert why["id_number"] == {NUMBER: "sounder", "510107********4512": "less_sound"}, "no owner"
    assert why["name"] == {"张伟": "sounder", "张先生": "less_sound"}
    hub.sync({"4": Record("李娜", phone="2")})
    alone = show(brain, hub.ids()["4"], {}).said
    assert {one.why for values in alone.values() for one in values if one.value} == {"only"}
    tie = {"5": Record("王丽", OTHER, "3"), "6": Record("王丽", OTHER, "4", platform="q")}
    hub.sync(tie | {"7": Record("王丽", OTHER, "3", platform="r"),
                    "8": Record("王丽", OTHER, "4", platform="s")})  # fmt: skip
    tied = {s.why for s in show(brain, hub.ids()["5"], {}).said["phone"] if s.won}
    assert tied == {"newest"}, "two platforms against two are no majority"


def test_the_family_and_what_is_likelier_decide_where_platforms_differ(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain)
    one = {"id_number": NUMBER, "name": "张伟"}
    hub.sync({"1": Record(platform="p", phone="1", room="101", **one)}, household_no="7")
    hub.sync({"2": Record(platform="q", phone="2", room="202", **one)})
    shown = f"SELECT phone, room FROM resident WHERE id_number = '{NUMBER}'"
    assert brain.execute(shown).fetchall() == [("2", "202")], "the newest"
    hub.sync({"3": Record("李娜", phone="1", room="101")}, household_no="7")
    assert brain.execute(shown).fetchall() == [("1", "101")], "the family's"
    said = show(brain, hub.ids()["1"], {}).said
    assert [(s.value, s.why) for s in said["phone"]] == [("1", "family"), ("2", "outvoted")]
    hub.sync({"3": None, "4": Record("王芳", phone="9", room="202")})
    at = {"updated_at": datetime(2025, 1, 1, tzinfo=UTC)}
    again = {"1": Record(platform="p", phone="1", room="101", **one),
             "2": Record(platform="q", phone="2", room="202", **one)}  # fmt: skip
    hub.sync(again, **at)
    assert brain.execute(shown).fetchall()[0][1] == "101", "nobody else's"


def test_of_two_spellings_the_full_and_the_common_one_is_shown(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain)
    others = {f"o{n}": Record(f"{c}伟", phone=str(n)) for n, c in enumerate("王李赵钱孙周")}
    hub.sync(others)
    names = "SELECT name FROM resident WHERE id_number IS NOT NULL ORDER BY 1"
    for wrong, right in (("张玮", "张伟"), ("张伟", "张学伟")):
        for first, second in ((wrong, right), (right, wrong)):
            hub.sync({"a": Record(first, NUMBER), "b": Record(second, NUMBER, platform="q")})
            assert brain.execute(names).fetchall() == [(right,)]
            said = show(brain, hub.ids()["a"], {}).said["name"]
            assert [one.why for one in said] == ["likelier", "less_likely"]


def test_a_name_that_its_platform_corrected_goes_before_a_commoner_one(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain)
    hub.sync({f"o{n}": Record(f"{c}伟", phone=str(n)) for n, c in enumerate("王李赵钱孙周")})
    hub.sync({"a": Record("张伟", NUMBER), "b": Record("张伟", NUMBER, platform="q")})
    brain.execute(
        "INSERT INTO resident_record_past "
        "SELECT *, now() FROM resident_record WHERE record_key = 'b'"
    )
    hub.sync({"b": Record("张玮", NUMBER, platform="q")})
    names = "SELECT name FROM resident WHERE id_number IS NOT NULL"
    assert brain.execute(names).fetchall() == [("张玮",)]


def test_who_names_a_head_without_a_flat_is_found_by_telephone_or_family(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", NUMBER, "1")}, household_no="7", relation_code="02")
    hub.sync({"2": Record("张红", None, "2", "101")}, household_no="7", relation_code="30")
    hub.sync({"3": Record("李娜", None, "3", "101")}, head_name="张伟", relation_code="10")
    hub.sync({"4": Record("张小", None, "1", "202")}, head_name="张伟", relation_code="20")
    hub.sync({"5": Record("王芳", None, "5", "303")}, head_name="张伟", relation_code="20")
    assert households(brain) == {frozenset({"张伟", "张红", "李娜", "张小"})}


def test_a_household_number_gets_the_head_it_lacks(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("李娜", None, "1", "101")}, household_no="7", relation_code="10")
    hub.sync({"2": Record("张伟", NUMBER, "2", "101"), "3": Record("钱八", None, "3", "101")})
    own = {frozenset({"李娜"}), frozenset({"张伟"}), frozenset({"钱八"})}
    assert households(brain) == own, "nobody names either of them"
    hub.sync({"4": Record("张小", None, "4", "101")}, head_name="张伟", relation_code="20")
    assert households(brain) == {frozenset({"李娜", "张伟", "张小"}), frozenset({"钱八"})}
    head = "SELECT name FROM household JOIN resident ON resident_id = head_resident_id ORDER BY 1"
    assert brain.execute(head).fetchall() == [("张伟",), ("钱八",)]
    hub.sync({"5": Record("赵六", None, "5", "202")}, household_no="7", relation_code="02")
    assert frozenset({"张伟", "张小"}) in households(brain), "the number has a head"


@pytest.mark.parametrize("ended_first", [True, False])
def test_of_two_grants_in_one_stream_the_running_one_counts(*, ended_first: bool) -> None:
    """What ended is newer, and has a detail; the same source says that another runs on."""
    run = duckdb.connect().execute
    ended, running = (1, 2) if ended_first else (2, 1)
    run("CREATE TABLE affected AS SELECT 'R' AS resident_id")
    run("CREATE TABLE members AS SELECT 'R' AS resident_id, unnest([1, 2]) AS record_id")
    run("CREATE TABLE ordered AS SELECT unnest([1, 2]) AS record_id, unnest([1, 2]) AS nth")
    run(f"""
        CREATE TABLE member_record AS SELECT * FROM (VALUES
            ({ended}, 'civil', 'relief', 'k1', [{{label: '低保', detail: 'A', since: NULL::DATE,
                                                  until: DATE '2020-01-01'}}]),
            ({running}, 'civil', 'relief', 'k2', [{{label: '低保', detail: NULL, since: NULL::DATE,
                                                    until: NULL::DATE}}])
        ) t(record_id, platform, stream, record_key, labels)""")
    connection = run("""
        CREATE TABLE resident_label (
            resident_id VARCHAR, label VARCHAR, detail VARCHAR, platform VARCHAR, stream VARCHAR,
            record_key VARCHAR, since DATE, until DATE)""")
    _update_labels(connection)
    found = connection.execute("SELECT label, record_key, until FROM resident_label").fetchall()
    assert found == [("低保", "k2", None)]
