"""Whose a column is, told by the columns beside it."""

import pytest

from hub.reflected import ReflectedColumn, ReflectedTable
from schemas.matching.proposal import StreamProposal, propose
from tests.matching.people import CELLS, TODAY, cells, person

ROWS = 60


def proposed(columns: dict[str, str], name: str = "t_ry") -> StreamProposal:
    made = tuple(ReflectedColumn(n, values=tuple(cells(k, ROWS))) for n, k in columns.items())
    found = propose(ReflectedTable(name, made, {"table": name}), today=TODAY)
    assert isinstance(found, StreamProposal), found
    return found


def fields(found: StreamProposal) -> dict[str, str | None]:
    return {one.column: one.field if one.active else None for one in found.decisions}


def test_of_two_who_are_named_the_one_of_whom_more_is_known_is_the_person() -> None:
    found = fields(
        proposed(
            {
                "zkxm": "name", "zkxb": "sex_12", "zksfzh": "id", "zkmz": "nation_code",
                "zksjh": "phone", "czrxm": "other_name", "czrdh": "other_phone",
            }
        )
    )  # fmt: skip
    assert found == {
        "zkxm": "name", "zksfzh": "id_number", "zkxb": "sex_code", "zkmz": "ethnicity_code",
        "zksjh": "phone", "czrxm": None, "czrdh": None,
    }  # fmt: skip


def test_where_a_row_is_about_staff_the_staff_are_the_people() -> None:
    found = fields(
        proposed(
            {
                "staff.name": "name", "staff.idNo": "id", "staff.gender": "sex_zh",
                "staff.nowAddr": "address_full", "leader.name": "operator",
            }
        )
    )  # fmt: skip
    assert [*found.values()] == ["name", "id_number", "sex_code", "residence_address", None]


def test_a_relation_beside_a_contact_is_not_one_to_the_head() -> None:
    person = {"NAME": "name", "ID_NO": "id", "SEX": "sex_zh"}
    beside = proposed({**person, "NEXT_OF_KIN": "other_name", "RELATIONSHIP": "relation_few"})
    assert fields(beside)["RELATIONSHIP"] is None
    alone = next(
        one
        for one in proposed({**person, "RELATIONSHIP": "relation_few"}).decisions
        if one.column == "RELATIONSHIP"
    )
    assert (alone.field, alone.active) == ("relation_code", False), "with whom is asked"
    headed = proposed({**person, "HH_NO": "household_no", "RELATIONSHIP": "relation_zh"})
    assert fields(headed)["RELATIONSHIP"] == "relation_code"


def test_a_password_is_never_read_and_refuses_no_people() -> None:
    found = proposed(
        {
            "rdname": "name", "id_card": "id", "sex": "sex_zh", "address": "address_full",
            "birthday": "birth_iso", "passwd": "digest",
        }
    )  # fmt: skip
    assert found.entity == "resident"
    assert [one.column for one in found.decisions if one.dropped] == ["passwd"]


def test_what_stands_behind_says_whose_it_is_too() -> None:
    found = fields(
        proposed({"xm": "name", "sfzh": "id", "PHONE_NUMBER_HOME": "phone", "xm_jhr": "other_name"})
    )
    assert found["PHONE_NUMBER_HOME"] == "phone"
    assert found["xm_jhr"] is None


def test_a_latin_word_that_ends_as_somebody_does_is_somebody_else() -> None:
    person = {"usr_nm": "name", "usr_mob": "phone", "usr_idc": "id"}
    found = fields(proposed({**person, "inviter_nm": "other_name", "inviter_mob": "other_phone"}))
    assert (found["inviter_nm"], found["inviter_mob"]) == (None, None)
    assert (found["usr_mob"], found["usr_idc"]) == ("phone", "id_number")


def test_the_time_of_a_row_is_nobody_s_and_that_of_something_else_is_not_the_row_s() -> None:
    child = {
        "chilName": "name",
        "chilSex": "sex_zh",
        "chilBirthday": "birth_iso",
        "chilNation": "nation_zh",
    }
    assert fields(proposed({**child, "chilUpdTime": "updated"}))["chilUpdTime"] == "updated_at"
    person = {"NAME": "name", "ID_NO": "id", "SEX": "sex_zh"}
    for other in ("crt_ts", "qqlogin_ts"):
        assert fields(proposed({**person, other: "updated"}))[other] is None, other


def test_relatives_behind_the_person_s_own_word_are_extras() -> None:
    child = {"stuName": "name", "stuSex": "sex_zh", "stuBirthday": "birth_iso"}
    found = proposed({**child, "stuMother": "other_name"})
    assert found.extras == {"母亲姓名": "stuMother"}


def test_a_user_name_is_a_name_where_it_holds_names() -> None:
    person = {"certNo": "id", "useAddr": "address_full", "linkTel": "phone"}
    assert fields(proposed({**person, "userName": "name"}))["userName"] == "name"
    assert fields(proposed({**person, "userName": "login"}))["userName"] is None


@pytest.mark.parametrize(
    ("column", "kind", "field", "told"),
    [
        ("csrq", "other_birth", "birth_date", "与证件号码里的出生日期不一致"),
        ("出生日期", "other_birth", "birth_date", "与证件号码里的出生日期不一致"),
        ("年龄", "other_age", "birth_year", "与证件号码里的年龄不一致"),
    ],
)
def test_what_the_numbers_contradict_is_left_to_the_officer(
    column: str, kind: str, field: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CELLS, "other_birth", lambda one: person(one.number + 7).born.isoformat())
    monkeypatch.setitem(CELLS, "other_age", lambda one: CELLS["age"](person(one.number + 7)))
    found = proposed({"xm": "name", "sfzh": "id", "xb": "sex_zh", column: kind}).decisions[-1]
    assert (found.field, found.active) == (field, False)
    assert told in found.why


def test_of_whom_something_is_asked_again_is_somebody_else() -> None:
    """`证件号码` is the row's own person's, so `代办人证件号码` is another's."""
    listed = (
        ("psn_name", "参保人姓名", "name"), ("cert_no", "证件号码", "id"),
        ("gend", "性别", "sex_12"), ("tel", "本人联系电话", "phone"),
        ("agnt_name", "代办人姓名", "other_name"), ("agnt_cert_no", "代办人证件号码", "id"),
        ("agnt_tel", "代办人联系电话", "other_phone"),
    )  # fmt: skip
    columns = tuple(ReflectedColumn(n, c, values=tuple(cells(k, ROWS))) for n, c, k in listed)
    found = propose(ReflectedTable("t_ry", columns, {"table": "t_ry"}), today=TODAY)
    assert isinstance(found, StreamProposal), found
    assert fields(found) == {
        "psn_name": "name", "cert_no": "id_number", "gend": "sex_code", "tel": "phone",
        "agnt_name": None, "agnt_cert_no": None, "agnt_tel": None,
    }  # fmt: skip
