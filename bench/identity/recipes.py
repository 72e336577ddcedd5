"""Recipes of dirt: how often each thing goes wrong. Shares of records unless said otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """One kind of world."""

    missing: float = 0.13  # no number
    wrong: float = 0.035  # a digit changed, two swapped, or one left out
    mistyped: float = 0.02  # names
    masked: float = 0.60  # of the property vendor's numbers
    truncated: float = 0.01  # by a spreadsheet
    shared_phone: float = 0.10  # of the grown-ups: the head's number as theirs
    recycled: float = 0.0  # of the phones: a stranger had it before
    parents_number: float = 0.0  # of the children's records
    old_phone: float = 0.10  # another number than now
    no_phone: float = 0.12
    elsewhere: float = 0.05  # an address where the person does not live
    no_address: float = 0.06
    titled: float = 0.01  # 张女士
    twice: float = 0.01  # of a platform's people: two records
    twins: float = 0.003  # of the households
    placeholders: float = 0.0  # of the phones, names and numbers: a filler
    no_numbers: tuple[str, ...] = ()  # platforms that ask for none
    birth_typo: float = 0.005
    common_names: float = 0.3


RECIPES = {
    "ordinary": Recipe(),
    "hard": Recipe(
        missing=0.25,
        wrong=0.06,
        shared_phone=0.35,
        recycled=0.05,
        parents_number=0.06,
        old_phone=0.15,
    ),
    "tenants": Recipe(
        missing=0.30,
        wrong=0.02,
        mistyped=0.04,
        masked=0.9,
        recycled=0.08,
        old_phone=0.25,
        elsewhere=0.2,
        no_address=0.15,
        titled=0.04,
        common_names=0.5,
    ),
    "sparse": Recipe(
        no_numbers=("door", "care"),
        old_phone=0.05,
        no_phone=0.06,
        elsewhere=0.02,
        no_address=0.03,
        titled=0.005,
        twins=0.001,
    ),
    "fillers": Recipe(placeholders=0.3, shared_phone=0.2),
}
