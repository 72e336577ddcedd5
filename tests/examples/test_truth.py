"""The truth has the published numbers, and its platforms' records lead back to it."""

from collections import Counter, defaultdict

import pytest

from examples.community_a.holding import Held
from examples.community_a.numbers import is_valid
from examples.community_a.people import LABELS, PARTY_BRANCHES
from examples.community_a.places import GRIDS, all_dwellings, grid_of
from examples.community_a.platforms import street_grid, village_link
from examples.community_a.truth import Truth, count, generate
from tests.examples import oracle

PUBLISHED = {
    "党员": 55,
    "流动党员": 43,
    "流出党员": 1,
    "低保": 5,
    "低边": 2,
    "残疾": 29,
    "行动不便": 10,
    "出国": 2,
    "两委": 9,
    "工作人员": 9,
    "专职社工": 6,
}


@pytest.fixture(scope="module")
def kept(made: Truth) -> list[Held]:
    """Records about somebody that a hub should believe."""
    return [
        one for one in made.held
        if one.fate == "kept" and one.person and one.stream != village_link.TICKETS
    ]  # fmt: skip


def test_published_numbers_are_exact(made: Truth) -> None:
    counts = count(made.town)
    labels = counts.pop("labels")
    assert counts == {
        "residents": 5764,
        "registered": 2180,
        "households": 1903,
        "compounds": 9,
        "grids": 7,
        "area_hectare": 30.0,
        "party_branches": 5,
    }
    assert PUBLISHED.items() <= LABELS.items() == labels.items()


def test_labels_hang_together(made: Truth) -> None:
    for person in made.town.people:
        assert person.counted or not person.labels
        assert person.has("党员") or not (person.has("流动党员") or person.has("流出党员"))
        assert person.has("工作人员") or not person.has("专职社工")
    branches = {o.detail for p in made.town.people for o in p.labels if o.label == "党员"}
    assert branches == set(PARTY_BRANCHES)


def test_every_building_is_in_one_grid() -> None:
    flats = all_dwellings()
    assert len(flats) == len({flat.key for flat in flats})
    assert {grid_of(flat) for flat in flats} == {grid.code for grid in GRIDS}


def test_generation_is_deterministic(made: Truth) -> None:
    again = generate()
    assert [h.row for h in again.held] == [h.row for h in made.held]
    assert [vars(p) for p in again.town.people] == [vars(p) for p in made.town.people]


def test_record_keys_are_unique(made: Truth) -> None:
    keys = Counter((one.platform, one.stream, one.key) for one in made.held)
    assert not [key for key, times in keys.items() if times > 1]


def test_each_living_person_stands_about_three_times(kept: list[Held]) -> None:
    times = Counter(one.person.id for one in kept if one.person and one.person.counted)
    assert len(times) == 5764
    assert 2.8 < sum(times.values()) / len(times) < 3.8


def test_strangers_share_names(made: Truth) -> None:
    names = Counter(person.name for person in made.town.people if person.counted)
    assert sum(times for times in names.values() if times > 1) > 1000
    assert any(ord(letter) > 0xFFFF for name in names for letter in name)


@pytest.mark.parametrize("what", ["phone", "room"])
def test_no_two_people_share_a_name_and_a_phone_or_room(kept: list[Held], what: str) -> None:
    owners = defaultdict(set)
    for one in kept:
        for kind, name, value in oracle.pairs(one):
            if kind == what and one.person:
                owners[name, value].add(one.person.id)
    assert not [pair for pair, people in owners.items() if len(people) > 1]


def test_plain_rules_find_everybody(kept: list[Held]) -> None:
    found = oracle.people_of(kept)
    truly = oracle.groups((o.person.id, p) for p, o in enumerate(kept) if o.person)
    assert oracle.groups((who, place) for place, who in found.items()) == truly


def test_valid_numbers_are_valid_and_others_are_not(kept: list[Held]) -> None:
    for one in kept:
        number = one.says.id_number
        if one.says.id_status == "valid":
            assert is_valid(str(number))
        elif one.says.id_status == "check_failed":
            assert not is_valid(str(number))


NAMES = ("XM", "resident_name", "ownerName", "姓名", "elder.name", "xm", "申请人/姓名", "本人/姓名")
PHONES = ("LXDH", "mobile", "手机号", "contact.phone", "sjh", "联系人/手机")
NUMBERS = ("GMSFHM", "id_card", "idCardNo", "证件号码", "elder.idCard", "sfzh", "申请人/身份证号")


def test_dirt_can_be_washed_off(kept: list[Held]) -> None:
    for one in kept:
        name, phone, number = (
            next((one.row[c] for c in columns if c in one.row), None)
            for columns in (NAMES, PHONES, NUMBERS)
        )
        assert oracle.clean_name(name) == one.says.name
        said = one.says.phone.replace("-", "") if one.says.phone else None
        assert oracle.clean_phone(phone) == said
        if one.says.id_status == "valid" and one.stream != "disabled":
            assert oracle.clean_number(number) == one.says.id_number
        elif one.says.id_status == "truncated":
            assert not is_valid(oracle.clean_number(number))


def test_households_follow_from_numbers_and_heads(made: Truth, kept: list[Held]) -> None:
    numbers = {o.person.id: o.row["HH"] for o in kept if o.person and o.row.get("HH")}
    grid = [o for o in kept if o.stream == street_grid.RESIDENTS and o.person]
    by_number = {p.id_number: p.id for p in made.town.people if p.id_status == "valid"}
    by_room = {(o.says.name, o.says.room): o.person.id for o in grid if o.person}
    homes: dict[str, str] = {}
    for one in grid:
        if one.person is None or one.row["与户主关系"] is None:
            continue
        number = oracle.clean_number(one.row["户主证件号码"])
        named = (oracle.clean_name(one.row["户主姓名"]), one.says.room)
        head = by_number.get(number) or by_room.get(named)
        if one.row["与户主关系"] in ("户主", "本人"):
            head = one.person.id
        assert head or one.person.id in numbers, "a resident whose head cannot be found"
        homes[one.person.id] = str(numbers.get(head or "") or head)
    found = {p.id: numbers.get(p.id) or homes[p.id] for p in made.town.people if p.counted}
    assert len(set(found.values())) == 1903
    assert len({(p.household, found[p.id]) for p in made.town.people if p.counted}) == 1903


def test_residence_type_follows_from_district_then_grid(made: Truth, kept: list[Held]) -> None:
    words = {word: code for code, word in street_grid.TYPES.items()}
    said: dict[str, str | None] = {}
    for one in kept:
        if one.person and one.row.get("resident_type"):
            said.setdefault(one.person.id, words[str(one.row["resident_type"])])
    said |= {o.person.id: o.row["JZLX"] for o in kept if o.person and o.row.get("JZLX")}
    gone = {o.person.id for o in kept if o.person and (o.row.get("SWRQ") or o.row.get("QCRQ"))}
    here = {person: kind for person, kind in said.items() if person not in gone}
    assert len(said) == len(made.town.people)
    assert sum(kind != "2" for kind in here.values()) == 5764
    assert sum(kind in ("1", "2") for kind in here.values()) == 2180


def test_labels_follow_from_the_platforms(kept: list[Held]) -> None:
    people = defaultdict(set)
    columns = {"tags": ",", "care.tags": "、", "bq": "|", "dylb": "、", "zw": "/"}
    columns |= {"救助类别": "、", "特殊情况": "、"}
    for one in kept:
        texts = [(one.row.get(c), separator) for c, separator in columns.items()]
        found = [label for text, separator in texts for label in (text or "").split(separator)]
        for label in [*found, "残疾" if one.stream == "disabled" else ""]:
            if label in LABELS and one.person:
                people[label].add(one.person.id)
    assert {label: len(who) for label, who in people.items()} == LABELS


def test_alias_of_every_gate_can_be_learnt(kept: list[Held]) -> None:
    learnt = {
        one.person.home.compound.name
        for one in kept
        if one.stream == street_grid.RESIDENTS
        and one.person
        and one.person.home.compound.name in str(one.row["address"])
        and one.person.home.compound.road in str(one.row["address"])
    }
    assert len(learnt) == 9
