"""Numbers that people carry: identity numbers and telephones, each drawn once."""

from collections.abc import Callable
from datetime import date
from random import Random

from examples.community_a.wordlists import words

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"

HOME_AREA = "510108"
AREAS = words(
    "511325 511023 510182 511623 511381 513433 510921 510722 511621 510504 511025 513022 511922 "
    "510183 510112 500101 500235 520302 522427 411627 420684 430321 610431 620522 532128 513424"
)
"""Areas that people of the community came from."""


def check_digit(first17: str) -> str:
    """The 18th character (GB 11643, ISO 7064 MOD 11-2)."""
    total = sum(int(d) * w for d, w in zip(first17, _WEIGHTS, strict=True))
    return _CHECKS[total % 11]


def is_valid(number: str) -> bool:
    """Whether 18 characters have the right last one."""
    return len(number) == 18 and number[:17].isdigit() and check_digit(number[:17]) == number[17]


class Numbers:
    """Draws identity numbers and telephones, none twice."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._given: set[str] = set()

    def identity(self, area: str, birth: date, sex: str) -> str:
        """A valid 18-character number: area, birth, an odd sequence for men, check digit."""
        while True:
            sequence = self._rng.randrange(1, 500) * 2 - int(sex == "1")
            first17 = f"{area}{birth:%Y%m%d}{sequence:03d}"
            number = first17 + check_digit(first17)
            if first17[:15] not in self._given:  # so that a damaged tail stays unambiguous too
                self._given.add(first17[:15])
                return number

    def failing(self, area: str, birth: date, sex: str) -> str:
        """A number issued with a wrong last digit, as some elders' cards have."""
        number = self.identity(area, birth, sex)
        wrong = [d for d in "0123456789" if d != number[17]]
        return number[:17] + self._rng.choice(wrong)

    def mobile(self) -> str:
        """Eleven digits."""
        prefix = self._rng.choice(words("138 139 136 137 158 159 188 187 135 189 181 133 153 186"))
        return self._fresh(lambda: f"{prefix}{self._rng.randrange(10**8):08d}")

    def landline(self) -> str:
        """Area number, dash, eight digits."""
        return self._fresh(lambda: f"028-83{self._rng.randrange(10**6):06d}")

    def _fresh(self, draw: Callable[[], str]) -> str:
        while (number := draw()) in self._given:
            pass
        self._given.add(number)
        return number
