"""Citizens' numbers made and judged digit by digit, apart from the code under test (GB 11643)."""

from datetime import date

from hypothesis import strategies as st

WEIGHTS = [2 ** (18 - place) % 11 for place in range(1, 18)]


def check_character(first_17: str) -> str:
    """ISO 7064 MOD 11-2 from its definition: the whole sums to 1 modulo 11."""
    total = sum(int(digit) * weight for digit, weight in zip(first_17, WEIGHTS, strict=True))
    return next(c for n, c in enumerate("0123456789X") if (total + n) % 11 == 1)


def number(area: str, birth: date, sequence: int) -> str:
    """A complete number of 18 characters."""
    first = f"{area}{birth:%Y%m%d}{sequence:03d}"
    return first + check_character(first)


def wrong(good: str) -> str:
    """The same number with another check character."""
    return good[:17] + next(c for c in "0123456789X" if c not in good[17] + "0")


births = st.dates(date(1900, 1, 1), date(2025, 1, 1))
births_1900s = st.dates(date(1900, 1, 1), date(1999, 12, 31))
areas = st.sampled_from(["510108", "110101", "659001", "830000", "810000", "820000"])
numbers = st.builds(number, areas, births, st.integers(0, 999))
