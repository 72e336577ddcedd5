"""Telephone numbers as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.phones import standard_phone
from tests.schemas.reading import quick, value_of, values_of

MOBILE = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True).filter(lambda n: n != "1" * 11)


@quick
@given(MOBILE, st.sampled_from(["", "+86", "+86 ", "86", "0086", "(+86)", "0"]))
def test_a_mobile_number_under_any_prefix(number: str, prefix: str) -> None:
    assert value_of(standard_phone, prefix + number) == {"value": number, "reason": None}


@quick
@given(MOBILE, st.sampled_from([" ", "-", "　", "－", "."]))
def test_a_mobile_number_in_groups(number: str, gap: str) -> None:
    grouped = gap.join((number[:3], number[3:7], number[7:]))
    assert value_of(standard_phone, grouped) == {"value": number, "reason": None}


@quick
@given(MOBILE, MOBILE, st.sampled_from(["/", "、", ",", "，", ";", " ", "\n", "或"]))
def test_of_several_the_first_is_kept(one: str, other: str, mark: str) -> None:
    found = value_of(standard_phone, one + mark + other)
    assert found == {"value": one, "reason": "several_values" if one != other else None}


@pytest.mark.parametrize(
    ("text", "value", "reason"),
    [
        ("１３８１２３４５６７８", "13812345678", None),
        ("13812345678.0", "13812345678", None),
        ("'13812345678", "13812345678", None),
        ("028-83123456", "028-83123456", None),
        ("(028)83123456", "028-83123456", None),
        ("02883123456", "028-83123456", None),
        ("０２８－８３１２３４５６", "028-83123456", None),
        ("0833-1234567", "0833-1234567", None),
        ("010 88888888", "010-88888888", None),
        ("83123456", None, "bad_phone"),
        ("1381234567", None, "bad_phone"),
        ("家里没有电话", None, "bad_phone"),
        ("138****1234", None, "masked_phone"),
        ("13812345678/028-83123456", "13812345678", "several_values"),
        ("无/13812345678", "13812345678", None),
        ("", None, None),
        ("11111111111", None, None),
        ("无", None, None),
        (None, None, None),
    ],
)
def test_one_spelling(text: str | None, value: str | None, reason: str | None) -> None:
    assert value_of(standard_phone, text) == {"value": value, "reason": reason}


@quick
@given(
    st.lists(st.text(st.characters(codec="utf-8") | st.sampled_from("0123456789-+ ")), min_size=1)
)
def test_any_text_is_taken_and_a_second_reading_agrees(texts: list[str]) -> None:
    once = [one["value"] for one in values_of(standard_phone, *texts)]
    assert [one["value"] for one in values_of(standard_phone, *once)] == once
