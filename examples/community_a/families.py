"""Who lives together: the members of a household as (relation to the head, sex, birth date)."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

WORLD_DAY = date(2026, 10, 31)
"""The day the platforms were copied: no birth, death or move is later."""


@dataclass(frozen=True)
class Member:
    """One place in a household. `relation` is GB/T 4761, two digits; `02` is the head."""

    relation: str
    sex: str
    birth: date
    surname_of: str  # "head", "spouse" or "own"


def compose(rng: Random, size: int, *, elders: float) -> list[Member]:
    """A household of `size`; `elders` is the share of old ones among the small households."""
    if size == 1:
        return [_head(rng, rng.randint(62, 92) if rng.random() < elders else rng.randint(20, 58))]
    if size == 2:
        return _two(rng, elders)
    head = _head(rng, rng.randint(27, 58))
    members = [head, _spouse(rng, head)]
    children = 1 if size == 3 or rng.random() < 0.5 else 2
    if size == 3 and rng.random() < 0.25:
        children = 0
    members += _children(rng, head, children)
    members += _parents(rng, head, size - len(members))
    return members


def sizes(rng: Random, households: int, people: int) -> list[int]:
    """`households` sizes from 1 to 7 that add up to `people`."""
    drawn = rng.choices((1, 2, 3, 4, 5, 6), weights=(16, 24, 29, 18, 10, 3), k=households)
    while (gap := people - sum(drawn)) != 0:
        place = rng.randrange(households)
        step = 1 if gap > 0 else -1
        if 1 <= drawn[place] + step <= 6:
            drawn[place] += step
    return drawn


def born(rng: Random, age: int) -> date:
    """A birth date of someone `age` years old on the world's day."""
    return WORLD_DAY - timedelta(days=age * 365 + age // 4 + rng.randrange(1, 364))


def age_of(birth: date) -> int:
    """Full years on the world's day."""
    passed = (WORLD_DAY.month, WORLD_DAY.day) >= (birth.month, birth.day)
    return WORLD_DAY.year - birth.year - (0 if passed else 1)


def _head(rng: Random, age: int) -> Member:
    return Member("02", "1" if rng.random() < 0.72 else "2", born(rng, age), "own")


def _spouse(rng: Random, head: Member) -> Member:
    sex = "2" if head.sex == "1" else "1"
    relation = "10" if rng.random() < 0.5 else ("12" if sex == "2" else "11")
    return Member(relation, sex, born(rng, max(22, age_of(head.birth) + rng.randint(-5, 5))), "own")


def _two(rng: Random, elders: float) -> list[Member]:
    head = _head(rng, rng.randint(60, 84) if rng.random() < elders else rng.randint(24, 56))
    if rng.random() < 0.7:
        return [head, _spouse(rng, head)]
    return [head, *_children(rng, head, 1)]


def _children(rng: Random, head: Member, count: int) -> list[Member]:
    oldest = max(0, age_of(head.birth) - rng.randint(23, 32))
    family = "head" if head.sex == "1" else "own"
    found = []
    for number in range(count):
        sex = rng.choice("12")
        if count == 1:
            relation = rng.choice(("20", "21", "22") if sex == "1" else ("30", "31", "32"))
        else:
            relation = ("22", "23")[number] if sex == "1" else ("32", "33")[number]
        age = max(0, oldest - number * rng.randint(2, 6))
        found.append(Member(relation, sex, born(rng, age), family))
    return found


def _parents(rng: Random, head: Member, count: int) -> list[Member]:
    """Up to four parents of the couple, then brothers and sisters of the head."""
    age = age_of(head.birth)
    hers = ("53", "54") if head.sex == "2" else ("55", "56")
    pool = [
        ("51", "1", "head"),
        ("52", "2", "own"),
        (hers[0], "1", "spouse"),
        (hers[1], "2", "own"),
    ]
    if rng.random() < 0.4:
        pool[0], pool[1] = pool[1], pool[0]
    found = [
        Member(relation, sex, born(rng, min(94, age + rng.randint(21, 30))), family)
        for relation, sex, family in pool[:count]
    ]
    return found[:count]
