"""People in households: who they are, by plain loops, for towns of some ten thousand."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from bench.identity.recipes import Recipe
from bench.names import COMMON, FIRST, FIRST_SHARES, SECOND, SURNAMES

AREAS = ("510108", "510108", "510108", "511325", "511023", "510182", "511623", "500101", "411627")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
MINORITY = ("阿依古丽·买买提", "买买提·艾力", "古丽娜·吐尔逊", "艾力·热合曼", "帕提古丽·阿不都")
COMPOUNDS = ("龙港花园", "青桂苑", "锦江家园", "昭觉新村", "驷马公寓", "杉板名城", "荆翠花园")
SIZES, SIZE_SHARES = (1, 2, 3, 4, 5), (22, 32, 26, 13, 7)
TODAY = date(2026, 6, 1)


@dataclass
class Person:
    """The truth about one person."""

    number: int
    name: str
    male: bool
    birth: date
    id_number: str
    phone: str | None
    household: int
    relation: str  # GB/T 4761
    home: tuple[str, int, int, int]  # compound, building, unit, room
    head: "Person | None" = None
    other_phones: list[str] = field(default_factory=list)
    parent: "Person | None" = None

    @property
    def age(self) -> int:
        """Years of age."""
        return (TODAY - self.birth).days // 365


class Town:
    """Makes people up from a seed."""

    def __init__(self, recipe: Recipe, seed: int) -> None:
        self.recipe, self.rng = recipe, Random(seed)
        self.people: list[Person] = []
        self.numbers: set[str] = set()
        self.households = 0
        rest = (100 - sum(FIRST_SHARES)) / (len(SURNAMES) - len(FIRST_SHARES))
        self.shares = [*FIRST_SHARES, *[rest] * (len(SURNAMES) - len(FIRST_SHARES))]

    def fill(self, count: int) -> list[Person]:
        """Make households until there are `count` persons."""
        while len(self.people) < count:
            self._household()
        return self.people[:count]

    def _household(self) -> None:
        rng, number = self.rng, self.households
        self.households += 1
        home = (
            COMPOUNDS[number // 400 % len(COMPOUNDS)]
            + ("" if number < 2800 else f"{number // 2800}期"),
            number % 400 // 40 + 1,
            number % 40 // 20 + 1,
            (number % 20 // 4 + 1) * 100 + number % 4 + 1,
        )
        size = rng.choices(SIZES, SIZE_SHARES)[0]
        male = rng.random() < 0.7
        head = self._person(self._surname(), male, self._day(1945, 1999), "02", home)
        if size > 1:
            year = head.birth.year + rng.randint(-5, 5)
            self._person(self._surname(), not male, self._day(year, year), "10", home, head)
        shared = rng.choice(FIRST) if rng.random() < 0.3 else None  # siblings share a character
        first_birth = None
        for nth in range(2, min(size, 4)):
            year = min(head.birth.year + rng.randint(22, 32) + 3 * (nth - 2), TODAY.year - 1)
            birth = self._day(year, year)
            if first_birth and rng.random() < self.recipe.twins * 20:
                birth = first_birth
            first_birth = first_birth or birth
            boy = rng.random() < 0.5
            surname = head.name[0] if male else self._surname()
            child = self._person(surname, boy, birth, "20" if boy else "30", home, head, shared)
            child.parent = head
        if size == 5:
            year = max(head.birth.year - rng.randint(22, 30), 1925)
            old = rng.random() < 0.5
            surname = head.name[0] if old else self._surname()
            self._person(surname, old, self._day(year, year), "51" if old else "52", home, head)

    def _person(  # noqa: PLR0913, PLR0917 (a person has so many sides)
        self,
        surname: str,
        male: bool,
        birth: date,
        relation: str,
        home: tuple[str, int, int, int],
        head: Person | None = None,
        shared: str | None = None,
    ) -> Person:
        rng = self.rng
        name = surname + self._given(shared)
        if head is None and rng.random() < 0.01:
            name = rng.choice(MINORITY)
        one = Person(
            len(self.people), name, male, birth, self._number(birth, male), None,
            self.households, relation, home, head,
        )  # fmt: skip
        child = one.age < 16
        if head and ((child and rng.random() < 0.7) or rng.random() < self.recipe.shared_phone):
            one.phone = head.phone
        elif not child and rng.random() < 0.95:
            one.phone = self.new_phone()
        if self.people and rng.random() < self.recipe.recycled:
            one.phone = rng.choice(self.people).phone or one.phone
        self.people.append(one)
        return one

    def new_phone(self) -> str:
        """A mobile number."""
        return (
            self.rng.choice(("138", "139", "136", "158", "187"))
            + f"{self.rng.randrange(10**8):08d}"
        )

    def _surname(self) -> str:
        return self.rng.choices(SURNAMES, self.shares)[0]

    def _given(self, shared: str | None) -> str:
        rng = self.rng
        if shared:
            return shared + rng.choice(SECOND)
        if rng.random() < self.recipe.common_names:
            return rng.choices(COMMON, [1 / (n + 3) for n in range(len(COMMON))])[0]
        return (rng.choice(FIRST) if rng.random() < 0.85 else "") + rng.choice(SECOND)

    def _day(self, low: int, high: int) -> date:
        first = date(low, 1, 1)
        return min(
            first + timedelta(days=self.rng.randrange((high - low + 1) * 365)),
            TODAY - timedelta(days=60),
        )

    def _number(self, birth: date, male: bool) -> str:
        while True:
            sequence = self.rng.randrange(1, 499) * 2 - male
            first = self.rng.choice(AREAS) + birth.strftime("%Y%m%d") + f"{sequence:03d}"
            made = first + check_digit(first)
            if made not in self.numbers:
                self.numbers.add(made)
                return made


def check_digit(first: str) -> str:
    """The eighteenth character behind seventeen digits."""
    total = sum(int(d) * w for d, w in zip(first, WEIGHTS, strict=True))
    return "10X98765432"[total % 11]
