"""Households move in: the registered, the tenants, and those who died or went away lately."""

from datetime import date, timedelta
from random import Random

from examples.community_a import names
from examples.community_a.families import WORLD_DAY, Member, age_of, born, compose, sizes
from examples.community_a.numbers import AREAS, HOME_AREA, Numbers
from examples.community_a.people import (
    HOUSEHOLDS,
    REGISTERED,
    RESIDENTS,
    Household,
    Person,
)
from examples.community_a.places import CITY, DISTRICT, Dwelling, all_dwellings
from examples.community_a.wordlists import words

REGISTERED_HOUSEHOLDS = 720  # with at least one registered member living here
AWAY_FROM_FAMILY = 60  # registered here and living elsewhere, the family still here
AWAY_ALTOGETHER = 100  # in households registered here of which nobody lives here
JOINED_FAMILY = 250  # registered elsewhere, living in a registered household
SHARED_FLATS = 130  # tenants' households in a flat of another
COUNTIES = words("南部县 资中县 简阳市 岳池县 渠县 美姑县 安岳县 三台县 合江县 富顺县 仁寿县")


class Settlers:
    """Settles households one by one; no flat ever sees two people of one name."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"{seed}:people")
        self.numbers = Numbers(Random(f"{seed}:numbers"))
        self.people: list[Person] = []
        self.households: list[Household] = []
        self._names: dict[str, set[str]] = {}
        self._flats = all_dwellings()
        self.rng.shuffle(self._flats)

    def flat(self) -> Dwelling:
        """A flat in which nobody lives yet."""
        return self._flats.pop()

    def settle(self, members: list[Member], home: Dwelling, kind: str) -> Household:
        """A household of people of one residence type, who get names and numbers."""
        place = len(self.households) + 1
        number = f"{HOME_AREA}019{place * 7 + 100013}" if kind in "12" else None
        household = Household(f"H{place:04d}", number, home)
        self.households.append(household)
        area = HOME_AREA if kind in "12" else self.rng.choice(AREAS)
        for member in members:
            self.add(household, member, kind, area)
        return household

    def add(self, household: Household, member: Member, kind: str, area: str) -> Person:
        """One more person in the household's flat."""
        if age_of(member.birth) > 25 and self.rng.random() < 0.3:
            area = self.rng.choice(AREAS)
        person = Person(
            id=f"P{len(self.people) + 1:05d}",
            name=self._name(household, member),
            sex=member.sex,
            birth=member.birth,
            residence_type=kind,
            household=household.id,
            relation=member.relation,
            home=household.home,
            hukou_address=self.hukou(household.home, kind),
            id_number=self.numbers.identity(area, member.birth, member.sex),
        )
        self.people.append(person)
        household.members.append(person)
        return person

    def rename(self, person: Person, name: str) -> bool:
        """Give another name, unless somebody of that name was ever in the flat."""
        free = self.take_name(name, person.home)
        if free:
            person.name = name
        return free

    def take_name(self, name: str, flat: Dwelling) -> bool:
        """Whether nobody of that name was ever in the flat; if so, from now on somebody was."""
        taken = self._names.setdefault(flat.key, set())
        free = name not in taken
        taken.add(name)
        return free

    def _name(self, household: Household, member: Member) -> str:
        relative = {"head": 0, "spouse": 1}.get(member.surname_of, len(household.members))
        while True:
            if relative < len(household.members):
                surname = names.surname_of(household.members[relative].name)
            else:
                surname = names.surname(self.rng)
            name = surname + names.given(self.rng, member.sex, member.birth.year)
            if self.take_name(name, household.home):
                return name

    def hukou(self, home: Dwelling, kind: str) -> str:
        """Where the person is registered: this flat, or a village far away."""
        if kind in "12":
            gate = f"{CITY}{DISTRICT}{home.compound.road}{home.compound.door}号"
            return f"{gate}{home.building}栋{home.unit}单元{home.room}号"
        town = self.rng.choice(words("永安 太平 兴隆 石桥 双河"))
        return f"四川省{self.rng.choice(COUNTIES)}{town}镇{self.rng.randint(1, 15)}组"


def settle_registered(town: Settlers) -> None:
    """Households with a number: 户籍常住 with family registered elsewhere, or living elsewhere."""
    living = REGISTERED - AWAY_FROM_FAMILY - AWAY_ALTOGETHER
    people = living + AWAY_FROM_FAMILY + JOINED_FAMILY
    for place, size in enumerate(sizes(town.rng, REGISTERED_HOUSEHOLDS, people)):
        shares = place % 48 == 47  # two household numbers in one flat
        home = town.households[-1].home if shares else town.flat()
        town.settle(compose(town.rng, size, elders=0.55), home, "1")
    others = [p for p in town.people if p.relation != "02"]
    grown = [p for p in others if p.age >= 19 and p.relation[0] in "23"]
    married_in = [p for p in others if p.relation[0] in "15"]
    for person in town.rng.sample(grown, AWAY_FROM_FAMILY):
        person.residence_type = "2"
    for person in town.rng.sample(married_in, JOINED_FAMILY):
        person.residence_type = "3"
        person.id_number = town.numbers.identity(town.rng.choice(AREAS), person.birth, person.sex)
        person.hukou_address = town.hukou(person.home, "3")


def settle_tenants(town: Settlers) -> None:
    """Households without a number; some share a flat, some live in a flat of people away."""
    registered_here = REGISTERED - AWAY_FROM_FAMILY - AWAY_ALTOGETHER + JOINED_FAMILY
    tenants = HOUSEHOLDS - REGISTERED_HOUSEHOLDS
    flats: list[Dwelling] = []
    for place, size in enumerate(sizes(town.rng, tenants, RESIDENTS - registered_here)):
        home = town.rng.choice(flats) if place >= tenants - SHARED_FLATS else town.flat()
        flats.append(home)
        town.settle(compose(town.rng, size, elders=0.18), home, "3")
    for size in sizes(town.rng, 40, AWAY_ALTOGETHER):
        town.settle(compose(town.rng, size, elders=0.1), town.rng.choice(flats), "2")


def settle_gone(town: Settlers) -> None:
    """People who died or moved out within two years, and whom slow platforms still hold."""
    rng = town.rng
    numbered = [h for h in town.households if h.number and h.head.residence_type == "1"]
    rented = [h for h in town.households if h.number is None]
    for household in rng.sample(numbered, 22) + rng.sample(rented, 5):
        kind = "1" if household.number else "3"
        person = town.add(
            household, Member("60", rng.choice("12"), born(rng, 88), "own"), kind, HOME_AREA
        )
        person.died_on = _lately(rng)
    for _ in range(3):
        alone = town.settle(compose(rng, 1, elders=1), town.flat(), "1")
        alone.head.died_on = _lately(rng)
    for household in rng.sample(numbered, 10):
        moved = town.add(household, Member("39", "2", born(rng, 27), "head"), "1", HOME_AREA)
        moved.left_on = _lately(rng)
    for household in rng.sample(rented, 24):  # went before the present tenants came
        before = town.settle(compose(rng, rng.randint(1, 4), elders=0.1), household.home, "3")
        day = _lately(rng)
        for person in before.members:
            person.left_on = day


def _lately(rng: Random) -> date:
    return WORLD_DAY - timedelta(days=rng.randint(20, 700))
