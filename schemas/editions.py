"""A new edition of the division table beside the one held: what is added, renamed, moved, gone."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from schemas.divisions import LEVELS, Division, digits_of, parent_of

SUFFIX = re.compile(r"(?:社区)?(?:居民委员会|居委会|村民委员会|村委会|办事处)$|社区$|村$")
"""Left off where names are compared: an edition writes 甲社区居委会, the next 甲社区."""
MERGED = 0.5
"""Of the children of a division that is gone, found again below one other."""


@dataclass
class Edition:
    """What a new edition changes, and the table as it will be. Codes are of 12 digits."""

    rows: list[Division]
    added: list[Division] = field(default_factory=list)
    gone: list[Division] = field(default_factory=list)
    renamed: list[tuple[Division, str]] = field(default_factory=list)  # and its new name
    moved: list[tuple[Division, Division]] = field(
        default_factory=list
    )  # the same under a new code
    merged: list[tuple[Division, Division]] = field(default_factory=list)  # its children are there
    covered: int = 0  # codes in force that the edition speaks of
    outside: int = 0  # codes in force that it does not speak of; they stay


def compare(held: Sequence[Division], listed: Mapping[str, str], day: date) -> Edition:
    """The table with the edition in it, in force from `day` on.

    A code is gone only where the edition lists its level in its county (of a county: in its
    province): a list of one county, or without its villages, says nothing of the rest.

    Args:
        held: The table as it is.
        listed: Code → name, as the edition has them.
        day: The edition's first day.
    """
    now = {one.code: one for one in held if one.valid_on(day) or one.valid_to is None}
    above = _way_down(listed)
    spoken = {_scope(code) for code in listed if code not in above}
    covered = {code: one for code, one in now.items() if _scope(code) in spoken}
    everything = {**dict.fromkeys(now), **dict.fromkeys(listed)}
    edition = Edition([], covered=len(covered), outside=len(now) - len(covered))
    edition.added = [
        Division(code, name, parent_of(code, everything), day)
        for code, name in listed.items()
        if code not in now
    ]
    edition.gone = [one for code, one in covered.items() if code not in listed]
    edition.renamed = [
        (one, listed[code])
        for code, one in now.items()
        if code in listed and listed[code] != one.name
    ]
    edition.moved = _moved(edition.gone, edition.added)
    edition.merged = _merged(edition, now)
    edition.rows = _rows(held, edition, day)
    return edition


def _way_down(listed: Mapping[str, str]) -> set[str]:
    """Codes above all others of the list: they say where it is about, nothing of their siblings."""
    stems = [code[: digits_of(code)] for code in listed]
    way = set()
    for digits in LEVELS:
        heads = {one[:digits] for one in stems if len(one) >= digits}
        if len(heads) != 1:
            break
        way.add(f"{heads.pop():0<12}")
    return way


def _scope(code: str) -> tuple[int, str]:
    """The level of a code, and the division whose whole list an edition would give."""
    digits = digits_of(code)
    return digits, code[:6] if digits > 6 else code[:2] if digits > 2 else ""


def _moved(gone: Sequence[Division], added: Sequence[Division]) -> list[tuple[Division, Division]]:
    """What goes by one name, once among the gone and once among the new of its city."""

    def key(one: Division) -> tuple[int, str, str]:
        return digits_of(one.code), one.code[:4], _core(one.name)

    before, after = Counter(map(key, gone)), {key(one): one for one in added}
    twice = Counter(map(key, added))
    return [
        (one, after[key(one)]) for one in gone if before[key(one)] == 1 and twice[key(one)] == 1
    ]


def _merged(edition: Edition, now: Mapping[str, Division]) -> list[tuple[Division, Division]]:
    """Where most children of a division that is gone, and did not just move, are found again."""
    places = {one.code: one for one in [*now.values(), *edition.added]}
    moved = {old.code: new for old, new in edition.moved}
    below: dict[str, list[Division]] = {}
    for child in now.values():
        below.setdefault(child.parent, []).append(child)
    found = []
    for one in edition.gone:
        children = below.get(one.code, [])
        homes = Counter(moved[c.code].parent for c in children if c.code in moved)
        if not homes or one.code in moved:
            continue
        home, count = homes.most_common(1)[0]
        if count >= MERGED * len(children) and home in places:
            found.append((one, places[home]))
    return found


def _rows(held: Sequence[Division], edition: Edition, day: date) -> list[Division]:
    """Every row there was, those that ended with their last day, and the new ones."""
    ended = {one.code for one in edition.gone} | {one.code for one, _ in edition.renamed}
    last = day - timedelta(days=1)
    rows = []
    for one in held:
        ends = one.code in ended and one.valid_to is None
        if ends and one.valid_from > last:
            continue  # of the same day: never in force
        rows.append(replace(one, valid_to=last) if ends else one)
    rows += [replace(one, name=name, valid_from=day) for one, name in edition.renamed]
    return [*rows, *edition.added]


def _core(name: str) -> str:
    return SUFFIX.sub("", name) or name
