"""Code tables as data, and the many ways in which platforms write a code."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.codes import code_sets, inputs_of, standard_code
from tests.schemas.reading import quick, value_of, values_of

SETS = sorted(code_sets())
UNKNOWN = {"value": None, "reason": "unknown_code"}


def read(code_set: str, text: str | None) -> dict[str, str | None]:
    return value_of(partial(standard_code, known=inputs_of(code_set)), text)


@pytest.mark.parametrize("code_set", SETS)
def test_every_table_is_unambiguous_and_says_its_source(code_set: str) -> None:
    described = code_sets()[code_set]
    assert described.source
    assert described.title
    assert set(inputs_of(code_set).values()) <= {code for code, _, _ in described.rows}


@pytest.mark.parametrize("code_set", SETS)
def test_every_code_of_a_set_is_in_its_table(code_set: str) -> None:
    described = code_sets()[code_set]
    table = code_sets()[described.table].codes
    for code, _, _ in described.rows:
        assert set(code.split("/")) <= set(table)


@pytest.mark.parametrize("code_set", SETS)
def test_every_name_leads_back_to_its_code(code_set: str) -> None:
    described = code_sets()[code_set]
    names = [name for _, name, _ in described.rows]
    found = values_of(partial(standard_code, known=inputs_of(code_set)), *names)
    assert [one["value"] for one in found] == [code for code, _, _ in described.rows]


@pytest.mark.parametrize(
    "code_set",
    # a label's code is its name
    [s for s in SETS if code_sets()[s].inputs == "codes_and_words" and s != "label"],
)
def test_a_code_with_its_name_in_any_arrangement(code_set: str) -> None:
    for code, name in list(code_sets()[code_set].codes.items())[:12]:
        texts = [code, f"{code}-{name}", f"{code} {name}", f"{code}:{name}", f"{name}({code})"]
        found = values_of(partial(standard_code, known=inputs_of(code_set)), *texts)
        assert found == [{"value": code, "reason": None}] * len(texts)


@pytest.mark.parametrize(
    ("code_set", "text", "code"),
    [
        ("sex", "1-男", "1"),
        ("sex", "M", "1"),
        ("sex", "male", "1"),
        ("sex", "男性", "1"),
        ("sex", "Female", "2"),
        ("sex", "２", "2"),
        ("sex", "1.0", "1"),
        ("sex", " 女 ", "2"),
        ("sex", "0", "0"),
        ("ethnicity", "汉族", "01"),
        ("ethnicity", "汉", "01"),
        ("ethnicity", "1", "01"),
        ("ethnicity", "01", "01"),
        ("ethnicity", "维吾尔族", "05"),
        ("marital", "离异", "40"),
        ("education", "本科", "20"),
        ("education", "72", "73"),
        ("education", "82", "83"),
        ("education_1984", "72", "71"),
        ("education_1984", "79", "73"),
        ("education_1984", "文盲", "90"),
        ("political", "群众", "13"),
        ("political", "党员", "01"),
        ("employment", "退休", "80"),
        ("nationality", "美国", "USA"),
        ("nationality", "us", "USA"),
        ("nationality", "CHN", "CHN"),
        ("id_type", "身份证", "111"),
        ("disability", "肢体", "64"),
        ("disability_1", "4", "64"),
        ("household_type", "集体户", "2"),
        ("residence_type", "人户分离", "2"),
        ("relation", "01", "01"),
        ("relation", "长子", "22"),
        ("relation", "子女", "20/30"),
        ("relation_zh", "配偶", "10"),
        ("relation_1", "2", "20"),
        ("relation_census", "2", "20/30"),
        ("relation_census", "3", "50"),
        ("relation_census", "0", "02"),
    ],
)
def test_known_writings(code_set: str, text: str, code: str) -> None:
    assert read(code_set, text) == {"value": code, "reason": None}


@pytest.mark.parametrize("digit", list("123456789"))
def test_a_bare_digit_of_a_relation_is_never_guessed(digit: str) -> None:
    assert read("relation", digit) == UNKNOWN
    assert read("relation_zh", digit) == UNKNOWN


@pytest.mark.parametrize(
    ("code_set", "text"), [("sex", "x"), ("sex", "1-女"), ("ethnicity", "99"), ("marital", "2")]
)
def test_what_no_table_knows_is_said(code_set: str, text: str) -> None:
    assert read(code_set, text) == UNKNOWN


@pytest.mark.parametrize("text", [None, "", "无", "-", "　", "不详"])
def test_a_blank_is_nothing(text: str | None) -> None:
    assert read("marital", text) == {"value": None, "reason": None}


@quick
@given(st.lists(st.text(), min_size=1), st.sampled_from(SETS))
def test_any_text_gives_a_code_of_the_table_or_a_reason_or_nothing(
    texts: list[str], code_set: str
) -> None:
    codes = {code for code, _, _ in code_sets()[code_set].rows}
    for found in values_of(partial(standard_code, known=inputs_of(code_set)), *texts):
        assert (found["value"] in codes) != (found["value"] is None)
        assert found["value"] is None or found["reason"] is None
