"""What a life leaves: telephones, earlier flats, schooling, and the odd documents of a few."""

from random import Random

from examples.community_a import names
from examples.community_a.people import Household, Person
from examples.community_a.settling import Settlers
from examples.community_a.wordlists import words

MOVED_WITHIN = 60  # households that lived in another flat of the community before
OLD_PHONES = 0.07  # share of grown-ups who changed their number


def live(town: Settlers) -> None:
    """Telephones, earlier flats and codes for everyone; then the odd ones."""
    rng = town.rng
    for household in town.households:
        _phones(town, household)
        for person in household.members:
            _codes(rng, person)
    _earlier_flats(town)
    _borders(town)
    _minorities(town)
    _rare_names(town)
    _weak_documents(town)


def _phones(town: Settlers, household: Household) -> None:
    """Most grown-ups have their own; children and some elders share one of the family's."""
    rng = town.rng
    for person in household.members:
        own = 0.0 if person.age < 13 else 0.97 if person.age < 70 else 0.75
        if rng.random() < own:
            person.phone = town.numbers.mobile()
        elif person.age >= 70 and rng.random() < 0.4:
            person.phone = town.numbers.landline()
        if person.phone and rng.random() < OLD_PHONES:
            person.old_phone = town.numbers.mobile()
    shared = next((p.phone for p in household.members if p.phone), None)
    for person in household.members:
        if person.phone is None and rng.random() < 0.5:
            person.phone = shared


def _codes(rng: Random, person: Person) -> None:
    age = person.age
    if age < 7:
        person.education, person.employment = "90", "90"
    elif age < 22:
        person.education = "80" if age < 13 else "70" if age < 16 else "60"
        person.employment = "31"
    else:
        weights = (1, 18, 22, 14, 18, 20, 7) if age < 45 else (0, 4, 8, 10, 18, 35, 25)
        person.education = rng.choices(words("10 20 30 40 60 70 80"), weights)[0]
        working = rng.choices(words("13 17 24 51 54 70"), (12, 30, 20, 16, 14, 8))[0]
        person.employment = "80" if age >= 60 else working
    married = person.relation in ("10", "11", "12", "51", "52", "53", "54", "55", "56")
    if married:
        person.marital = "30" if age > 78 and rng.random() < 0.4 else "20"
    elif age > 30:
        person.marital = rng.choices(words("10 20 30 40"), (10, 60, 10, 12))[0]
    person.political = "03" if 15 <= age < 27 and rng.random() < 0.3 else "13"


def _earlier_flats(town: Settlers) -> None:
    flats = [h.home for h in town.households]
    movers = [h for h in town.households if all(p.counted for p in h.members)]
    for household in town.rng.sample(movers, MOVED_WITHIN):
        before = town.rng.choice(flats)
        if before == household.home:
            continue
        for person in household.members:
            if town.take_name(person.name, before):
                person.old_home = before


def _single_tenants(town: Settlers) -> list[Person]:
    """People whose papers may be odd without touching a relative."""
    return [
        h.head
        for h in town.households
        if h.number is None and len(h.members) == 1 and h.head.counted and not h.head.old_home
    ]


def _borders(town: Settlers) -> None:
    """People from Hong Kong, Macao and Taiwan, and from abroad."""
    chosen = town.rng.sample([p for p in _single_tenants(town) if 20 < p.age < 60], 10)
    areas = ["810000", "810000", "810000", "820000", "830000", "830000"]
    for person, name, area in zip(chosen, names.HONGKONG_NAMES, areas, strict=False):
        person.residence_type = "4"
        person.hukou_address = ""
        person.id_number = town.numbers.identity(area, person.birth, person.sex)
        town.rename(person, name)
    for place, (person, name) in enumerate(zip(chosen[6:], names.FOREIGN_NAMES, strict=True)):
        person.residence_type = "5"
        person.hukou_address = ""
        person.nationality = ("POL", "USA", "VNM", "RUS")[place]
        town.rename(person, name)
        if place < 2:  # permanent residents: 9, province, country of ISO 3166, then as ours
            area = ("951616", "951840")[place]
            person.id_type = "553"
            person.id_number = town.numbers.identity(area, person.birth, person.sex)
        else:
            person.id_type, person.id_status = "414", "other"
            person.id_number = ("C4419027", "750218846")[place - 2]
            _same_everywhere(town, person)


def _minorities(town: Settlers) -> None:
    grown = [p for p in town.people if p.counted and p.relation == "02" and p.age < 60]
    plain = [p for p in grown if not p.old_home and p.residence_type == "3"]
    for place, person in enumerate(town.rng.sample(plain, 14)):
        person.ethnicity = ("05", "07", "04")[place % 3]
        while not town.rename(person, names.minority(town.rng, person.ethnicity)):
            pass
    others = [p for p in town.people if p.ethnicity == "01"]
    for person in town.rng.sample(others, 130):
        person.ethnicity = town.rng.choice(words("07 33 03 15 06 11 04"))


def _rare_names(town: Settlers) -> None:
    plain = [
        p
        for p in town.people
        if p.counted and not p.old_home and p.residence_type in "13" and "·" not in p.name
    ]
    for person, given in zip(
        town.rng.sample(plain, len(names.RARE_GIVEN)), names.RARE_GIVEN, strict=True
    ):
        town.rename(person, names.surname_of(person.name) + given)


def _weak_documents(town: Settlers) -> None:
    """Elders whose card fails its own check digit, and babies without a number yet."""
    plain = [p for p in town.people if p.counted and p.relation != "02" and not p.old_home]
    elders = [p for p in plain if p.age >= 72]
    for person in town.rng.sample(elders, 8):
        area = (person.id_number or "")[:6]
        person.id_number = town.numbers.failing(area, person.birth, person.sex)
        person.id_status = "check_failed"
        _same_everywhere(town, person)
    for person in town.rng.sample([p for p in plain if p.age < 1 and p.residence_type == "3"], 4):
        person.id_number, person.id_status = None, "missing"
        _same_everywhere(town, person)


def _same_everywhere(town: Settlers, person: Person) -> None:
    """Without a valid number, name and telephone or flat must do: they never changed."""
    person.phone = person.phone or town.numbers.mobile()
    person.old_phone = person.old_home = None
