"""Beside a person's own columns those of other people: none may be taken for the person's."""

from hub.reflected import ReflectedColumn, ReflectedTable
from schemas.matching.decide import Decision, decide
from schemas.matching.seen import look
from tests.matching.measuring import CORPUS
from tests.matching.people import TODAY, cells

ROWS = 40
OWN = {
    "编号": "uuid",
    "姓名": "name",
    "身份证号": "id",
    "联系电话": "phone",
    "住址": "address_full",
}


def decided(columns: dict[str, str]) -> dict[str, Decision]:
    made = tuple(ReflectedColumn(n, values=tuple(cells(k, ROWS))) for n, k in columns.items())
    seen = look(ReflectedTable("居民", made, {"files": "居民.csv"}), today=TODAY)
    return {one.column: one for one in decide(seen, "resident")}


def lines() -> list[list[str]]:
    text = (CORPUS / "other_people.txt").read_text("utf-8")
    return [one.split("|") for one in text.splitlines() if not one.startswith("#")]


def test_nobody_else_is_taken_for_the_person() -> None:
    wrong = []
    for name, kind, truth in lines():
        one = decided({**OWN, name: kind})[name]
        found = one.field or "-"
        if found != truth and (one.confidence > 0.9 or (one.active and truth == "-")):
            wrong.append((name, found, one.confidence))
    assert len(lines()) > 70
    assert not wrong


def test_of_an_owner_and_a_tenant_one_is_the_person() -> None:
    found = decided(
        {
            "房号": "room", "业主姓名": "name", "业主身份证": "id", "业主电话": "phone",
            "租户姓名": "other_name", "租户电话": "other_phone",
        }
    )  # fmt: skip
    assert {n for n, one in found.items() if one.active} == {
        "房号", "业主姓名", "业主身份证", "业主电话"
    }  # fmt: skip


def test_a_code_of_sex_is_told_by_the_numbers_of_its_rows() -> None:
    found = decided({**OWN, "性别": "sex_0m1f"})["性别"]
    assert found.settings == {"codes": {"0": "男", "1": "女"}}
    assert found.active
    alone = decided({"姓名": "name", "电话": "phone", "性别": "sex_0m1f"})["性别"]
    assert not alone.active
    assert len(alone.choices) == 2


def test_where_nobody_else_is_named_a_name_on_every_row_is_the_person_s_to_be_confirmed() -> None:
    without = {name: kind for name, kind in OWN.items() if name != "姓名"}
    found = decided(without | {"来访者": "name"})["来访者"]
    assert (found.field, found.active) == ("name", False)
    assert decided(OWN | {"来访者": "name"})["来访者"].field is None
    few = decided(without | {"经办人": "constant:张伟"})["经办人"]
    assert few.field is None, "staff come again and again"


def test_an_address_is_known_by_its_values_and_left_to_be_confirmed() -> None:
    without = {name: kind for name, kind in OWN.items() if name != "住址"}
    for name in ("家住哪里", "room", "门牌"):
        found = decided(without | {name: "address_full"})[name]
        assert (found.field, found.active) == ("residence_address", False)
    assert decided(without | {"房号": "room"})["房号"].field == "room"
