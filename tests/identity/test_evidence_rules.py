"""Numbers that are not the person's own, names badly written, fillers, and crowds."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_world import Hub, Record, empty_brain

from identity.spelling import name_forms

PARENT, CHILD = "510108198003070017", "510108201504071234"


def form(name: str) -> dict[str, object]:
    return name_forms([name]).to_pylist()[0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("张伟", "张玮", "sound"),
        ("林琳", "凌琳", "sound"),  # ling and lin are one sound in the south-west
        ("郑晴", "郑睛", "glyphs"),
        ("王晓明", "王明晓", "letters"),
        ("阿依古丽·买买提", "阿依古丽买买提", "bare"),
        ("John Smith", "SMITH JOHN", "letters"),
        ("Harley Smith", "Haryley Smith", "sound"),
        ("张丽娟", "張麗娟", "letters"),
        ("张丽娟", "張麗娟", "c2"),
        ("戴秀芬", "淑芬戴", "c1"),
        ("戴秀芬", "秀芬戴", "glyphs"),
    ],
)
def test_slips_have_one_form(one: str, other: str, same: str) -> None:
    assert form(one)[same] == form(other)[same]


def test_titles_and_fillers_are_no_names() -> None:
    assert (form("张女士")["bare"], form("张女士")["c1"], form("张女士")["titled"]) == (
        None, "张", True,
    )  # fmt: skip
    assert form("业主")["c1"] is None
    assert form("张先")["bare"] == "张先"


@given(st.text(min_size=1, max_size=8))
def test_any_text_has_forms(name: str) -> None:
    found = form(name)
    assert found["name"] == name
    assert found["bare"] is None or found["c1"]


def test_only_what_can_be_no_surname_gives_way_to_one_at_the_end() -> None:
    for name in ("林海", "海林", "戴海", "欧阳海林", "艾力·马", "马"):
        assert form(name)["c1"] == name[0], name


def test_traditional_characters_and_given_names_first_are_no_other_names(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain)
    names = ("张丽娟", "張麗娟", "丽娟张")
    hub.link({name: Record(name, None, "138", "101", platform=name) for name in names})
    assert hub.groups() == {frozenset(names)}


def test_a_namesake_at_home_with_the_numbers_owner_tells_whose_it_is_not(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    """The child's own record tells neither flat nor telephone; but where the father lives."""
    hub = Hub(brain)
    said = "SELECT id_status FROM resident_record ORDER BY record_id"
    names = (("張寶", "张宝"), ("张小锋", "张小峰"), ("张德云", "张德云"))
    for nth, (under, own) in enumerate(names):
        number, room = f"51010819{60 + nth}03070017", f"1{nth}1"
        father = Record("张德伟", number, f"138{nth}", room)
        his = {f"f{nth}": father, f"g{nth}": father}
        hub.sync(his | {f"c{nth}": Record(under, number)})
        assert frozenset({*his, f"c{nth}"}) in hub.groups(), "a name may have been changed"
        hub.sync({f"s{nth}": Record(own, CHILD[:-1] + str(nth), f"139{nth}", room)})
        assert frozenset(his) in hub.groups()
    kinds = ["valid", "valid", "borrowed", "valid"]
    assert [kind for (kind,) in brain.execute(said).fetchall()] == kinds * 3


def test_of_two_names_that_a_character_parts_neither_is_doubted_for_a_namesake_at_home(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    """Sisters of one name, of whom one is mistyped once under her own number."""
    hub = Hub(brain)
    hub.sync(
        {
            "one": Record("崔琼瑞", PARENT, "138", "101"),
            "mistyped": Record("崔琼花", PARENT, "138", "101"),
            "sister": Record("崔琼瑞", CHILD, "139", "101"),
        }
    )
    assert hub.groups() == {frozenset({"one", "mistyped"}), frozenset({"sister"})}


def test_a_namesake_on_the_hotline_of_all_tells_nothing(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    father, child = Record("张伟", PARENT, "12345", "101"), Record("张小宝", PARENT)
    hub.sync({"father": father, "child": child, "other": Record("张伟", CHILD, "12345", "909")})
    said = "SELECT id_status FROM resident_record WHERE record_key = 'father'"
    assert brain.execute(said).fetchall() == [("borrowed",)], "as far as three records tell"
    hub.sync({f"{n}": Record(f"李{chr(0x4E10 + n)}", None, "12345") for n in range(14)})
    assert brain.execute(said).fetchall() == [("valid",)]


def test_no_name_that_its_own_records_belie_owns_a_number(brain: duckdb.DuckDBPyConnection) -> None:
    """Two records of the child under the father's number, of one of himself, without a birth."""
    hub = Hub(brain)
    for nth in range(4):  # whichever hash is the least
        number = f"51010819{60 + nth}03070017"
        father = {f"f{nth}": Record(f"张伟{nth}", number, "1380", f"10{nth}")}
        child = Record(f"王芳{nth}", number, "1380", f"10{nth}", platform="q")
        told = Record(child.name, number, "1380", child.room, stated_birth="2015年4月7日")
        hub.sync(father | {f"c{nth}": child, f"t{nth}": told})
        assert frozenset({f"f{nth}"}) in hub.groups()


def test_a_child_known_only_under_a_parents_number_owns_it_not(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    """One platform states no birth, the other the child's; nobody has the parent's own record."""
    hub = Hub(brain)
    said = "SELECT id_status, birth_year FROM resident_record ORDER BY record_id"
    silent = Record("王小宝", PARENT, "138", "101")
    told = Record("王小宝", PARENT, platform="q", stated_birth="2015-04-07")
    hub.sync({"silent": silent})
    assert brain.execute(said).fetchall() == [("valid", 1980)]
    hub.sync({"told": told})
    assert brain.execute(said).fetchall() == [("borrowed", None), ("borrowed", 2015)]
    assert len(hub.groups()) == 1
    hub.sync({"mother": Record("李芳", PARENT, platform="r")})
    assert hub.groups() == {frozenset({"silent", "told"}), frozenset({"mother"})}


def test_a_birth_mistyped_takes_no_number_away(brain: duckdb.DuckDBPyConnection) -> None:
    """One digit of the year; another's, where more say otherwise; or a namesake's of that day."""
    for nth, (stated, others) in enumerate((
        ("1950-03-07", {}),
        ("2015-04-07", {"more": Record("张伟", PARENT, "138", "101", platform="r")}),
        ("2015-04-07", {"own": Record("张伟", None, "138", "101", platform="r", birth_year=1980,
                                      birth_date="1980-03-07")}),
    )):  # fmt: skip
        hub = Hub(empty_brain())
        one = Record("张伟", PARENT, "138", "101")
        wrong = Record("张伟", PARENT, "138", "101", platform="q", stated_birth=stated)
        hub.sync({"one": one, "wrong": wrong} | others)
        kinds = "SELECT DISTINCT id_status FROM resident_record WHERE id_number IS NOT NULL"
        assert hub.brain.execute(kinds).fetchall() == [("valid",)], nth
        assert len(hub.groups()) == 1, nth


def test_any_record_of_the_owner_tells_who_has_another_role_in_the_household(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain)
    father = {f"f{n}": Record("张伟", PARENT, "138", "101", platform=f"q{n}") for n in range(6)}
    child = Record("王小宝", PARENT, None, "101")
    own = {"c": {"household_no": "H1", "relation_code": "42"}}
    for nth in range(6):  # whichever hash is the least
        given = own | {f"f{nth}": {"household_no": "H1", "relation_code": "02"}}
        hub.sync(father | {"c": child}, given)
        assert hub.groups() == {frozenset(father), frozenset({"c"})}


def test_adults_of_one_birthday_and_home_under_unlike_names_are_two(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    """A slip leaves as many characters as there were."""
    hub = Hub(brain)
    one = {"birth_date": "1983-06-21", "birth_year": 1983, "sex_code": "2"}
    names = {"1": "王书峰", "2": "王强"}
    hub.sync({key: Record(name, None, "138", "101", platform=key) for key, name in names.items()},
             dict.fromkeys(names, one))  # fmt: skip
    assert len(hub.groups()) == 2


def test_a_twin_without_a_number_is_asked_about(brain: duckdb.DuckDBPyConnection) -> None:
    """One birth, flat and sex; a character left out is a slip, another given name is not."""
    number = "510108201203210065"
    born = {"birth_date": "2012-03-21", "birth_year": 2012, "sex_code": "2"}
    for name, groups in (("王芳芳", 1), ("王丽娜", 2), ("王丽", 2)):
        hub = Hub(empty_brain())
        one = Record("王芳", number, "138", "101")
        titled = Record("王女士", f"{number[:15]}000", "138", "101", platform="r",
                        id_status="truncated")  # fmt: skip
        other = Record(name, None, "138", "101", platform="q")
        hub.link({"1": one, "2": other, "3": titled}, {"2": born, "3": born})
        assert len(hub.groups()) == groups, name
        asked = hub.brain.execute("SELECT count(*) FROM ambiguous").fetchall()
        assert (asked != [(0,)]) == (groups == 2), name


def test_child_under_a_parents_number(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync(
        {
            "father": Record("张伟", PARENT, "138", "101"),
            "child": Record("张小宝", PARENT, "138", "101", stated_birth="2015年4月7日"),
            "school": Record("张小宝", CHILD, "138", "101"),
        }
    )
    assert hub.groups() == {frozenset({"father"}), frozenset({"child", "school"})}
    said = "SELECT id_status, birth_year FROM resident_record ORDER BY record_id"
    assert brain.execute(said).fetchall()[1] == ("borrowed", 2015)
    hub.sync({"father": None, "child": Record("张小宝", PARENT, "138", "101")})
    assert brain.execute(said).fetchall()[0][0] == "valid", "nobody else has that number now"


def test_an_age_tells_a_child_under_a_parents_number(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    aged = {
        "issues": [{"field": "birth_year", "raw": "11 岁", "reason": "disagrees_with_id_number"}]
    }
    father = Record("张伟", PARENT, "138", "101")
    hub.sync({"father": father, "child": Record("张小宝", PARENT, "138", "101")}, {"child": aged})
    assert len(hub.groups()) == 2
    said = "SELECT id_status, birth_year FROM resident_record ORDER BY record_id"
    assert brain.execute(said).fetchall()[1] == ("borrowed", 2026 - 11)


def test_a_title_tells_the_sex(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    records = {title: Record(title, None, "138", "101") for title in ("张先生", "张女士", "张老师")}
    hub.link(records | {"1": Record("张丽", "510108198003070068", "138", "101")})
    told = dict(brain.execute("SELECT name, sex_code FROM evidence").fetchall())
    assert told == {"张先生": "1", "张女士": "2", "张老师": None, "张丽": "2"}
    asked = {
        frozenset(pair)
        for pair in brain.execute("""
        SELECT x.name, y.name FROM refused r JOIN evidence x ON x.record_id = r.a
        JOIN evidence y ON y.record_id = r.b""").fetchall()
    }
    assert not {one for one in asked if "张先生" in one and one & {"张丽", "张女士"}}
    stated = Record("张女士", None, "138", "101", sex_code="1")
    hub.link({"2": stated})
    what = "SELECT sex_code FROM evidence JOIN record_id USING (record_id) WHERE record_key = '2'"
    assert brain.execute(what).fetchall() == [("1",)], "what a platform states goes first"


def test_whose_a_number_is_its_namesakes_say() -> None:
    for nth in range(4):  # whatever the order of the records' hashes
        hub = Hub(empty_brain())
        hub.sync(
            {
                f"father{nth}": Record("张伟", PARENT, "138", "101"),
                f"child{nth}": Record("张小宝", PARENT, "138", "101"),
                f"school{nth}": Record("张小宝", CHILD, "139", "101", platform="q"),
            }
        )
        child = frozenset({f"child{nth}", f"school{nth}"})
        assert hub.groups() == {frozenset({f"father{nth}"}), child}


def test_a_wrong_digit_is_believed_where_the_birth_agrees() -> None:
    wrong = {"id_number": "510108198003070117", "id_status": "check_failed", "birth_year": 1980}
    for birth, groups in (("1980-03-07", 1), ("1980-08-09", 2)):
        hub = Hub(empty_brain())
        hub.sync(
            {
                "1": Record("张伟", PARENT, "138", "101"),
                "2": Record(
                    "张涛", phone="138", room="101", platform="q", birth_date=birth, **wrong
                ),
            }
        )
        assert len(hub.groups()) == groups


def test_renamed_stays_who_they_are(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", PARENT, "138"), "2": Record("向昱霏", PARENT)})
    assert len(hub.groups()) == 1


def test_placeholder_number_shared_by_strangers(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({name: Record(name, PARENT, name) for name in ("张伟", "李娜", "王芳", "赵敏")})
    assert len(hub.groups()) == 4
    hub.sync({"赵敏": None})
    assert len(hub.groups()) == 1, "three names may be one person's"


def test_number_cut_by_a_spreadsheet_that_passes_the_check(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    whole, cut = "510108198003072063", "510108198003072000"
    hub = Hub(brain)
    hub.sync({"1": Record("李娜", whole, "138")})
    hub.sync({"2": Record("李娜", cut, "138", maybe_cut=True)})
    assert hub.groups() == {frozenset("12")}
    hub.sync({"1": Record("王芳", whole, "138")})
    assert hub.groups() == {frozenset("1"), frozenset("2")}


def test_masked_and_mistyped_numbers_are_evidence(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync(
        {
            "1": Record("张小伟", PARENT),
            "2": Record("张小伟", "510108********0017", "138", id_status="masked"),
            "3": Record("张小伟", "510108198003070077", id_status="check_failed"),
            "4": Record("张小伟", "510108********0019", "139", id_status="masked"),
        }
    )
    assert hub.groups() == {frozenset("123"), frozenset("4")}


def test_blanks_and_fillers_as_a_third_of_a_column(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    people = {f"p{n}": Record(f"张{chr(0x4E00 + 37 * n)}", None, "13800000000") for n in range(90)}
    people |= {f"o{n}": Record("业主", None, f"139{n % 30}") for n in range(60)}
    hub.sync(people)
    assert max(map(len, hub.groups())) == 1
    assert brain.execute("SELECT value FROM crowded WHERE kind = 'phone'").fetchall() == [
        ("13800000000",)
    ]
