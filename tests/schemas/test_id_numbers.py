"""The facts about identity numbers, each as the standard states it."""

from datetime import date
from functools import partial
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.id_numbers import ID_NUMBER, standard_id_number
from tests.schemas.id_oracle import (
    areas,
    check_character,
    number,
    numbers,
    wrong,
)
from tests.schemas.id_oracle import (
    births_1900s as births,
)
from tests.schemas.reading import quick, values_of

AS_OF = date(2025, 6, 1)
MANY = st.lists(numbers, min_size=1)
ELDER = number("510108", date(1953, 4, 7), 123)


def read_all(texts: list[str], type_code: str | None = None) -> list[dict[str, Any]]:
    reader = partial(standard_id_number, type_code=pl.lit(type_code, pl.String), as_of=AS_OF)
    return values_of(reader, *texts)


def read(text: str | None, type_code: str | None = None) -> dict[str, Any]:
    (found,) = read_all([text], type_code)
    assert found.keys() == ID_NUMBER.to_schema().keys()
    return found


@quick
@given(MANY)
def test_a_right_number_is_valid_and_tells_birth_and_sex(right: list[str]) -> None:
    for whole, found in zip(right, read_all(right), strict=True):
        assert (found["value"], found["status"]) == (whole, "valid")
        assert found["birth_date"].strftime("%Y%m%d") == whole[6:14]
        assert found["sex_code"] == ("1" if int(whole[16]) % 2 else "2")


@quick
@given(MANY)
def test_another_check_digit_fails_and_the_number_stays(right: list[str]) -> None:
    for whole, found in zip(right, read_all([wrong(one) for one in right]), strict=True):
        assert (found["value"], found["birth_date"]) == (wrong(whole), None)
        assert found["status"] == "check_failed"


@quick
@given(st.lists(st.tuples(areas, births, st.integers(1, 999)), min_size=1))
def test_fifteen_digits_become_eighteen(parts: list[tuple[str, date, int]]) -> None:
    old = [f"{area}{birth:%y%m%d}{sequence:03d}" for area, birth, sequence in parts]
    new = [number(area, birth, sequence) for area, birth, sequence in parts]
    found = read_all(old)
    assert [one["value"] for one in found] == new
    assert {one["status"] for one in found} == {"valid"}


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param(f"'{ELDER}", "valid", id="apostrophe"),
        pytest.param(f"\t{ELDER}", "valid", id="tab"),
        pytest.param(f"{ELDER[:6]} {ELDER[6:14]} {ELDER[14:]}", "valid", id="inner blanks"),
        pytest.param(ELDER.translate({48 + n: 0xFF10 + n for n in range(10)}), "valid", id="wide"),
        pytest.param(f"{ELDER}.0", "valid", id="float"),
        pytest.param("5.10108195304071E+17", "truncated", id="scientific"),
        pytest.param("5.10108E+17", "truncated", id="scientific, short"),
        pytest.param("510108195304072000", "truncated", id="ends in 000"),
        pytest.param("510108********1234", "masked", id="masked"),
        pytest.param("510108XXXXXXXX123X", "masked", id="masked with X"),
        pytest.param("＊＊＊＊＊＊19530407＊＊＊＊", "masked", id="masked, wide"),
        pytest.param(number("510108", date(2099, 1, 1), 123), "check_failed", id="future"),
        pytest.param("510108530407", "check_failed", id="too short"),
        pytest.param("510108531307123", "check_failed", id="15 digits, month 13"),
        pytest.param("", "missing", id="empty"),
        pytest.param("无", "missing", id="none"),
        pytest.param("证件遗失", "missing", id="words"),
        pytest.param("111111111111111111", "missing", id="filler"),
        pytest.param(None, "missing", id="null"),
    ],
)
def test_what_a_text_is_worth(text: str | None, status: str) -> None:
    found = read(text)
    assert found["status"] == status
    assert (found["value"] is None) == (status == "missing")


@pytest.mark.parametrize("text", ["王小明", "本人", "欧阳 建国", "abc"])
def test_words_are_no_number_and_are_told(text: str) -> None:
    """Another column's contents must not vanish without a word."""
    assert read(text)["reason"] == "not_id_number"


@pytest.mark.parametrize(
    "text", ["无身份证", "没有", "尚未办理", "办理中", "证件遗失", "****", None]
)
def test_words_for_none_are_none(text: str | None) -> None:
    assert read(text)["reason"] is None


def test_a_birth_date_must_exist() -> None:
    first = "51010819530230123"
    assert read(first + check_character(first))["status"] == "check_failed"


@pytest.mark.parametrize("area", ["810000", "820000", "830000"])
def test_residents_from_hong_kong_macao_and_taiwan_are_valid(area: str) -> None:
    assert read(number(area, date(1980, 1, 1), 111))["status"] == "valid"


def test_a_county_younger_than_its_people_is_valid_without_a_word() -> None:
    found = read(number("510108", date(1980, 1, 1), 111))
    assert (found["status"], found["reason"]) == ("valid", None)


def test_an_unknown_area_is_a_warning_only() -> None:
    found = read(number("780108", date(1980, 1, 1), 111))
    assert (found["status"], found["reason"]) == ("valid", "unusual_area")


@pytest.mark.parametrize(
    "text", [number("910301", date(1980, 1, 1), 111), "USA110190010112"], ids=["2023", "old"]
)
def test_both_foreign_permanent_residents_cards_are_valid(text: str) -> None:
    assert (read(text)["status"], read(text)["type_code"]) == ("valid", "553")


def test_lower_case_x_is_upper() -> None:
    x = next(
        n for n in (number("510108", date(1953, 4, 7), s) for s in range(100)) if n.endswith("X")
    )
    assert read(x.lower())["value"] == x


def test_scientific_notation_is_written_out() -> None:
    assert read("5.10108195304071E+17")["value"] == "510108195304071000"


def test_a_number_that_passes_although_it_ends_in_000_is_flagged() -> None:
    right = "510108195304071000"
    assert check_character(right[:17]) == "0"
    assert (read(right)["status"], read(right)["reason"]) == ("valid", "maybe_truncated")


def test_a_passport_has_only_a_format_and_only_where_it_is_said_to_be_one() -> None:
    assert read("e12345678", "414")["status"] == "valid"
    assert read("e12345678", "414")["value"] == "E12345678"
    assert read("E12345678")["status"] == "check_failed"
    assert read("12", "414")["status"] == "check_failed"


def test_a_household_register_number_is_a_citizens() -> None:
    assert read(ELDER, "113")["birth_date"] == date(1953, 4, 7)
    assert read(wrong(ELDER), "113")["status"] == "check_failed"


@quick
@given(st.lists(st.text(), min_size=1), st.sampled_from([None, "111", "414"]))
def test_any_text_gives_one_of_the_statuses_and_a_second_reading_agrees(
    texts: list[str], type_code: str | None
) -> None:
    once = read_all(texts, type_code)
    statuses = {"valid", "check_failed", "truncated", "masked", "missing"}
    assert {one["status"] for one in once} <= statuses
    values = [one["value"] for one in once]
    assert [one["value"] for one in read_all(values, type_code)] == values


@quick
@given(MANY)
def test_idempotent(right: list[str]) -> None:
    once = read_all(right)
    assert read_all([one["value"] for one in once]) == once
