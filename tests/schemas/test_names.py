"""Names in one spelling, and never shortened to a surname in silence."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.names import standard_name
from tests.schemas.reading import quick, value_of, values_of

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("张三", "张三"),
        (" 张　三 ", "张三"),
        ("张 三 丰", "张三丰"),
        ("\ufeff张三\u200b", "张三"),
        ("张三女士", "张三"),
        ("张三 先生", "张三"),
        ("欧阳娜娜老师", "欧阳娜娜"),
        ("阿依古丽.买买提", "阿依古丽·买买提"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("阿依古丽・买买提", "阿依古丽·买买提"),
        ("阿·卜.都", "阿·卜·都"),
        ("John  Smith", "John Smith"),
        ("Ｊｏｈｎ", "John"),
        ("José Núñez", "José Núñez"),
        ("Þór", "Þór"),
        ("\U00020164三", "\U00020164三"),
        ("", None),
        ("无", None),
        ("　", None),
        ("--", None),
        (None, None),
    ],
)
def test_one_spelling(text: str | None, name: str | None) -> None:
    assert value_of(standard_name, text) == {"value": name, "reason": None}


@pytest.mark.parametrize("text", ["张女士", "欧阳先生", "李老师", "王同志"])
def test_a_surname_with_a_title_stays_and_is_flagged(text: str) -> None:
    assert value_of(standard_name, text) == {"value": text, "reason": "honorific_name"}


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ("张**", None, "masked_name"),
        ("张＊三", None, "masked_name"),
        ("13812345678", None, "bad_name"),
        (";", None, "bad_name"),
        ("#", None, "masked_name"),
        ("张三丰".encode("gbk").decode("cp1252"), None, "garbled_name"),
        ("王小红".encode().decode("latin1"), None, "garbled_name"),
        ("张伟(大)", "张伟", "name_note"),
        ("张伟（租客）", "张伟", "name_note"),
    ],
)
def test_what_is_odd_is_said(text: str, name: str | None, reason: str) -> None:
    assert value_of(standard_name, text) == {"value": name, "reason": reason}


@quick
@given(st.lists(st.text(), min_size=1))
@example(["\x1f»À"])
def test_any_text_is_taken_and_a_second_reading_agrees(texts: list[str]) -> None:
    once = [one["value"] for one in values_of(standard_name, *texts)]
    assert [one["value"] for one in values_of(standard_name, *once)] == once


@quick
@given(st.text(HAN, min_size=2, max_size=4), st.sampled_from(["", " ", "　", "\t"]))
@example("不详", " ")
def test_blanks_between_characters_do_not_matter(name: str, blank: str) -> None:
    spread = value_of(standard_name, blank.join(name))
    assert spread == value_of(standard_name, name)
