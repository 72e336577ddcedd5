"""Who is who by the plainest reading of the rules: for the judge, sharing nothing with the hub.

One Python loop over records; no blocking, no frames, no speed.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable

from examples.community_a.holding import Held

WEIGHTS = [2 ** (17 - place) % 11 for place in range(17)]


def people_of(records: list[Held]) -> dict[int, int]:
    """Place of each record in the list to the number of its person.

    Valid numbers first; then whoever shares name and telephone, else name and room, with exactly
    one numbered person; what is left meets among itself by the same two pairs.
    """
    person: dict[int, Hashable] = {}
    by_pair: dict[tuple[str, str | None, str | None], set[Hashable]] = defaultdict(set)
    for place, one in enumerate(records):
        if one.says.id_status == "valid":
            person[place] = one.says.id_number
            for pair in pairs(one):
                by_pair[pair].add(one.says.id_number)
    left = []
    for place, one in enumerate(records):
        if place not in person:
            found = next((by_pair[p] for p in pairs(one) if len(by_pair[p]) == 1), None)
            if found:
                person[place] = next(iter(found))
            else:
                left.append(place)
    parents = {place: place for place in left}
    seen: dict[tuple[str, str | None, str | None], int] = {}
    for place in left:
        for pair in pairs(records[place]):
            _join(parents, place, seen.setdefault(pair, place))
    for place in left:
        person[place] = ("left", _root(parents, place))
    numbers = {who: number for number, who in enumerate(dict.fromkeys(person.values()))}
    return {place: numbers[who] for place, who in person.items()}


def pairs(one: Held) -> list[tuple[str, str | None, str | None]]:
    """(kind, name, value): telephone before room; a blank matches nothing."""
    says = one.says
    found = [("phone", says.name, says.phone), ("room", says.name, says.room)]
    return [pair for pair in found if pair[1] and pair[2]]


def _root(parents: dict[int, int], place: int) -> int:
    while parents[place] != place:
        place = parents[place]
    return place


def _join(parents: dict[int, int], one: int, other: int) -> None:
    parents[_root(parents, one)] = _root(parents, other)


def clean_name(text: str | None) -> str:
    name = re.sub("[·••.．‧・]", "·", unicodedata.normalize("NFKC", text or ""))
    return name if name.isascii() else re.sub(r"\s", "", name)


def clean_phone(text: str | None) -> str | None:
    digits = re.sub(r"\D", "", unicodedata.normalize("NFKC", text or ""))
    digits = digits.removeprefix("86") if len(digits) == 13 else digits
    return digits if len(digits) >= 11 else None


def clean_number(text: str | None) -> str:
    number = re.sub(r"[\s']", "", unicodedata.normalize("NFKC", text or "")).upper()
    if len(number) == 15 and number.isdigit():
        first17 = number[:6] + "19" + number[6:]
        total = sum(int(d) * w for d, w in zip(first17, WEIGHTS, strict=True))
        number = first17 + "10X98765432"[total % 11]
    return number


def groups(labelled: Iterable[tuple[Hashable, int]]) -> set[frozenset[int]]:
    """The partition behind (label, place) pairs."""
    found: dict[Hashable, set[int]] = defaultdict(set)
    for label, place in labelled:
        found[label].add(place)
    return {frozenset(places) for places in found.values()}
