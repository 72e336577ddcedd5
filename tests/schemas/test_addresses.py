"""Every spelling of an address that the platforms are known to use leads to the same parts."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.addresses import PARTS, address_part, parse_address
from tests.schemas.reading import quick, value_of, values_of

SEVEN_ONE_202 = {"building": "7", "unit": "1", "room": "202"}
COMPOUNDS = [
    "龙港花园",
    "昭青苑",
    "和平小区",
    "锦绣家园二期",
    "蓝光COCO",
    "城市花园",
    "一品天下",
    "青龙新村",
]
ROADS = [
    "昭觉寺横路",
    "二环路北四段",
    "海椒市街",
    "府青路二段",
    "东华门街",
    "青龙场正街",
    "成华大道",
]


def whole(**parts: str) -> dict[str, str | None]:
    return dict.fromkeys(PARTS) | parts


def zh(n: int) -> str:
    """A numeral as people write it on a door, below 100."""
    ones = "零一二三四五六七八九"
    tens, one = divmod(n, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{ones[tens]}十"
    return head + (ones[one] if one or not tens else "")


def wide(text: str) -> str:
    return text.translate({48 + n: 0xFF10 + n for n in range(10)})


HOUSES: dict[str, Callable[[int, int, int], str]] = {
    "dashes": lambda b, u, r: f"{b}-{u}-{r}",
    "marks": lambda b, u, r: f"{b}栋{u}单元{r}",
    "all marks": lambda b, u, r: f"{b}幢{u}单元{r}室",
    "long": lambda b, u, r: f"{b}号楼{u}单元{r}号",
    "short": lambda b, u, r: f"{b}栋{u}-{r}",
    "hash": lambda b, u, r: f"{b}#{u}-{r}",
    "Chinese": lambda b, u, r: f"{zh(b)}栋{zh(u)}单元{r}号",
    "ordinal": lambda b, u, r: f"第{b}栋第{u}单元{r}室",
    "blanks": lambda b, u, r: f"{b}栋 {u}单元 {r}室",
    "wide": lambda b, u, r: wide(f"{b}号楼{u}单元{r}"),
    "zeros": lambda b, u, r: f"{b:02d}栋{u:02d}单元{r:04d}",
    "floor": lambda b, u, r: f"{b}栋{u}单元{r // 100}楼{r}",
}
house_numbers = st.tuples(
    st.integers(1, 60),
    st.integers(1, 9),
    st.builds(lambda floor, door: floor * 100 + door, st.integers(1, 33), st.integers(1, 20)),
)
PREFIXES = [
    *("", "四川省成都市成华区青龙街道", "成华区", "成都市成华区", "青龙街道办事处"),
    *("成华区青龙街道昭觉寺社区", "四川省 成都市 成华区 ", "青龙街道昭觉寺社区居委会"),
]


@quick
@given(st.sampled_from(COMPOUNDS), house_numbers, st.sampled_from(PREFIXES))
def test_a_compound_and_any_spelling_of_the_house(
    compound: str, house: tuple[int, int, int], prefix: str
) -> None:
    texts = [prefix + compound + spelled(*house) for spelled in HOUSES.values()]
    building, unit, room = map(str, house)
    expected = whole(compound=compound, building=building, unit=unit, room=room)
    for name, found in zip(HOUSES, values_of(parse_address, *texts), strict=True):
        assert found == expected | {"floor": room[:-2] if name == "floor" else None}


@quick
@given(
    st.sampled_from(ROADS),
    st.integers(1, 400),
    st.sampled_from(["", *COMPOUNDS]),
    house_numbers,
    st.sampled_from(PREFIXES),
)
def test_a_road_its_door_and_any_spelling_of_the_house(
    road: str, door: int, compound: str, house: tuple[int, int, int], prefix: str
) -> None:
    texts = [f"{prefix}{road}{door}号{compound}{spelled(*house)}" for spelled in HOUSES.values()]
    building, unit, room = map(str, house)
    expected = whole(road=road, door_no=str(door), building=building, unit=unit, room=room)
    if compound:
        expected["compound"] = compound
    for found in values_of(parse_address, *texts):
        assert found | {"floor": None} == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("龙港花园7-1-202", SEVEN_ONE_202 | {"compound": "龙港花园"}),
        ("７号楼１单元２０２", SEVEN_ONE_202),
        ("七栋一单元202号", SEVEN_ONE_202),
        ("7-1-202", SEVEN_ONE_202),
        ("7楼1单元202", SEVEN_ONE_202),
        ("7#楼1单元202", SEVEN_ONE_202),
        ("7栋1门202户", SEVEN_ONE_202),
        ("7栋,1单元，202", SEVEN_ONE_202),
        (
            "成华区昭觉寺横路10号 7幢1单元202室",
            SEVEN_ONE_202 | {"road": "昭觉寺横路", "door_no": "10"},
        ),
        ("昭觉寺横路10-7-1-202", SEVEN_ONE_202 | {"road": "昭觉寺横路", "door_no": "10"}),
        ("昭觉寺横路 10 7-1-202", SEVEN_ONE_202 | {"road": "昭觉寺横路", "door_no": "10"}),
        ("昭觉寺横路10号院7栋1单元202", SEVEN_ONE_202 | {"road": "昭觉寺横路", "door_no": "10"}),
        ("1单元2楼202", {"unit": "1", "floor": "2", "room": "202"}),
        (
            "龙港花园7栋2单元3楼6号",
            {"compound": "龙港花园", "building": "7", "unit": "2", "floor": "3", "room": "306"},
        ),
        ("龙港花园7-202", {"compound": "龙港花园", "building": "7", "room": "202"}),
        ("龙港花园7栋", {"compound": "龙港花园", "building": "7"}),
        ("龙港花园12", {"compound": "龙港花园", "building": "12"}),
        ("龙港花园", {"compound": "龙港花园"}),
        ("龙港花园小区7栋", {"compound": "龙港花园", "building": "7"}),
        ("龙港花园2期7栋", {"compound": "龙港花园二期", "building": "7"}),
        ("龙港花园(二期)7栋", {"compound": "龙港花园二期", "building": "7"}),
        ("龙港花园B区7栋", {"compound": "龙港花园B区", "building": "7"}),
        ("龙港花园B座1203", {"compound": "龙港花园", "building": "B", "room": "1203"}),
        ("龙港花园7栋商铺3号", {"compound": "龙港花园", "building": "7"}),
        ("昭觉寺横路10号", {"road": "昭觉寺横路", "door_no": "10"}),
        ("昭觉寺横路10号附3号", {"road": "昭觉寺横路", "door_no": "10附3"}),
        ("昭觉寺横路十二号", {"road": "昭觉寺横路", "door_no": "12"}),
        ("府青路2段5号", {"road": "府青路二段", "door_no": "5"}),
        ("红光村3组12号", {"road": "红光村3组", "door_no": "12"}),
        (
            "昭觉寺横路龙港花园7栋",
            {"road": "昭觉寺横路", "compound": "龙港花园", "building": "7"},
        ),
        ("建设路小区7栋", {"compound": "建设路小区", "building": "7"}),
        ("建设路7号楼", {"road": "建设路", "building": "7"}),
        ("幸福社区7栋1单元202", SEVEN_ONE_202 | {"compound": "幸福社区"}),
        ("成都市海椒市街12号", {"road": "海椒市街", "door_no": "12"}),
        ("龙港花园二十栋三单元一百零三", {
            "compound": "龙港花园", "building": "20", "unit": "3", "room": "103",
        }),
        ("龙港花园十二栋二单元二零二室", {
            "compound": "龙港花园", "building": "12", "unit": "2", "room": "202",
        }),
        ("四川省成都市成华区青龙街道", {}),
        ("无", {}),
        ("", {}),
        (None, {}),
    ],
)  # fmt: skip
def test_known_spellings(text: str | None, parts: dict[str, str]) -> None:
    assert value_of(parse_address, text) == whole(**parts)


ADDRESS_LIKE = st.characters(codec="utf-8") | st.sampled_from(
    "成都市区路街号栋幢单元楼室0123456789-# 　十二甲A"
)


@quick
@given(st.lists(st.text(ADDRESS_LIKE), min_size=1))
def test_any_text_is_taken_and_no_part_is_empty(texts: list[str]) -> None:
    for parts in values_of(parse_address, *texts):
        assert "" not in parts.values()


@quick
@given(st.lists(st.text(ADDRESS_LIKE), min_size=1))
def test_repeated_texts_change_nothing(texts: list[str]) -> None:
    once = values_of(parse_address, *texts)
    assert values_of(parse_address, *texts, *texts, *texts) == once * 3


@pytest.mark.parametrize(
    ("part", "text", "value"),
    [
        ("building", "07栋", "7"),
        ("building", "A座", "A"),
        ("unit", "一单元", "1"),
        ("room", "202室", "202"),
        ("floor", "三楼", "3"),
        ("door_no", "10号", "10"),
        ("door_no", "10附3号", "10附3"),
        ("compound", "龙港花园小区", "龙港花园"),
        ("road", "府青路2段", "府青路二段"),
    ],
)
def test_a_part_with_a_column_of_its_own(part: str, text: str, value: str) -> None:
    assert value_of(partial(address_part, part), text) == value
