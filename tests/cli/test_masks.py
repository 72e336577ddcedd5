"""A mask shows what the standard says it shows, and nothing of the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.entities import FIELDS
from security.masks import HIDDEN, MASKS, address, masked, name
from serving.reading.wording import title

DIGITS = "0123456789"
HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)


@pytest.mark.parametrize(
    ("kind", "clear", "shown"),
    [
        ("张**", "张三丰", "张**"),
        ("张**", "欧", "**"),
        ("510***********1234", "510108195304071234", "510***********1234"),
        ("张**|510***********1234", "张伟|510108199003074517", "张**|510***********4517"),
        ("张**|510***********1234", "51010819900307451x", "510***********451x"),
        ("张**|510***********1234", "510108900307451", "510********7451"),
        ("张**|510***********1234", "13800001234", "138****1234"),
        ("张**|510***********1234", "GZ-000123|2", "GZ-000123|2"),
        ("张**|510***********1234", "20260101000000012345", "20260101000000012345"),
        ("510***********1234", "E12345678", "*******78"),
        ("138****1234", "13812341234", "138****1234"),
        ("138****1234", "028-83331234", "028*****1234"),
        ("1953-**-**", "1953-04-07", "1953-**-**"),
        ("1953-**-**", "53年", HIDDEN),
        ("只到楼栋", "龙港花园7-1-202", "龙港花园7**"),
        ("只到楼栋", "７号楼１单元２０２", "7号楼**"),
        ("只到楼栋", "七栋一单元202号", "七栋**"),
        ("只到楼栋", "成华区昭觉寺横路10号 7幢1单元202室", "成华区昭觉寺横路10号 7幢**"),
        ("只到楼栋", "昭觉寺横路10号7-1-202", "昭觉寺横路10号**"),
        ("只到楼栋", "营山县幸福村3组12号", "营山县幸福村3组**"),
        ("只到楼栋", "龙港花园二零二室", "龙港花园**"),
        ("只到楼栋", "龙港花园", "龙港花园"),
        ("隐藏", "低保", HIDDEN),
        ("没有这种", "低保", HIDDEN),
        ("", "13", "13"),
        (None, "13", "13"),
    ],
)
def test_each_kind(kind: str | None, clear: str, shown: str) -> None:
    assert masked(clear, kind) == shown


def test_every_mask_of_the_standard_is_known() -> None:
    used = {facts.mask for fields in FIELDS.values() for facts in fields.values()} - {""}
    assert used == set(MASKS)


@given(st.sampled_from(sorted(MASKS)), st.sampled_from([None, ""]))
def test_a_blank_stays_blank(kind: str, blank: str | None) -> None:
    assert masked(blank, kind) == blank


@given(st.text(HAN, min_size=2, max_size=6))
def test_a_name_shows_one_character_and_not_its_length(text: str) -> None:
    assert name(text) == text[0] + "**"


@given(st.text("0123456789X", min_size=15, max_size=18))
def test_a_number_hides_its_middle(number: str) -> None:
    shown = masked(number, "510***********1234")
    assert shown == number[:3] + "*" * (len(number) - 7) + number[-4:]


@given(st.text(DIGITS, max_size=14))
def test_a_short_number_shows_at_most_two(number: str) -> None:
    shown = masked(number, "510***********1234") or ""
    assert sum(c != "*" for c in shown) <= 2


@given(
    st.text(HAN, min_size=2, max_size=4),
    st.integers(1, 60),
    st.integers(1, 9),
    st.integers(101, 3399),
    st.sampled_from(
        ["{c}{b}-{u}-{r}", "{c}{b}栋{u}单元{r}室", "{c}{b}幢{u}-{r}", "{c} {b}号楼{r}"]
    ),
)
def test_an_address_never_shows_the_room(
    compound: str, building: int, unit: int, room: int, spelling: str
) -> None:
    text = spelling.format(c=compound, b=building, u=unit, r=room)
    shown = address(text)
    kept = shown.removesuffix("**")
    assert shown.endswith("**")
    assert text.startswith(kept)
    assert not kept.removeprefix(compound).strip().removeprefix(str(building)).strip("栋幢号楼")


@given(st.sampled_from(sorted(MASKS)), st.text())
def test_any_text_can_be_masked(kind: str, text: str) -> None:
    assert isinstance(masked(text, kind), str)


def test_every_field_of_every_entity_has_a_title_for_people() -> None:
    """Lists of issues and of what is set aside name fields without saying whose they are."""
    assert [one for fields in FIELDS.values() for one in fields if title(one) == one] == []
