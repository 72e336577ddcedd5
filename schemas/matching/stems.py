"""Whose columns are whose by what stands before them: `SYRXM SYRXB SYRCSRQ` beside `DSRXM`.

Two people may be named in a row, each with a word that could be the row's own person. The one of
whom more is known, and what only a row's own person has, is the person; the other is not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from hub.reflected import ReflectedColumn
from schemas.matching.cutting import STRANGE, tokens_of
from schemas.matching.judging import NAMED, OF_PEOPLE
from schemas.matching.last_words import NameReading
from schemas.matching.lexicon import HAN, chinese, latin

HARDLY_OTHERS = (
    *("sex", "birth_date", "birth_year", "age", "ethnicity", "education", "marital", "political"),
    *("employment", "nationality", "hukou_address"),
)
"""What is seldom asked of anybody but the person whom a row is about."""
WORKERS = ("worker", "official")
"""Of a row that is about nobody else, they are the person: a roster of a company's staff."""
STAFFED = {"name", "id_number", "sex"}
KIN = ("offspring", "parent", "spouse", "guardian", "contact", "landlord")
"""Of a row that is about nobody else, too: `chilName chilSex chilBirthday` beside `chilMother`."""
OF_THEIRS = ("hukou", "mail", "former", "birthplace")
"""Behind the person's own word these say which of theirs: `chilHabiAddress`."""
OF_KIN = 3  # so much of what is hardly asked of others must be known of them
NUMBERED = re.compile(r"(?<=.)(?:[1-9]|(?<=[\u4e00-\u9fff])[一二三四五])$")
"""Behind a word for somebody: one of several, `成员1姓名`; the row is about none of them."""
AHEAD = 2  # so much more must be known of the one than of the next
Readings = Sequence[list[NameReading]]


def by_stem(columns: Sequence[ReflectedColumn], readings: Readings) -> Readings:
    """The readings with everything of the other people taken from the row's own person."""
    stems = [
        _stem(one, said) for one, said in zip(columns, [*map(_of_person, readings)], strict=True)
    ]
    readings = _beside_own(stems, _of_several(stems, readings))
    people = _people(stems, readings, ("self",))
    own = _own(people) or next((one for one, asked in people.items() if _alone(people, asked)), "")
    if not people:
        people = _people(stems, readings, WORKERS)
        own = next((stem for stem, asked in people.items() if asked >= STAFFED), "")
    if not people:
        people = _people(stems, readings, KIN)
        own = next((one for one, asked in people.items() if _is_kin(one, asked)), "")
    if not own:
        return readings
    whose = [_named_in(stem, people) for stem in stems]
    return [
        [*_given(each, own=person == own)] if person else each
        for person, each in zip(whose, readings, strict=True)
    ]


def _alone(people: Mapping[str, set[str]], asked: set[str]) -> bool:
    return len(people) == 1 and len(asked & {*HARDLY_OTHERS}) >= OF_KIN


def _is_kin(stem: str, asked: set[str]) -> bool:
    return not NUMBERED.search(stem) and len(asked & {*HARDLY_OTHERS}) >= OF_KIN


def _of_several(stems: Sequence[str], readings: Readings) -> Readings:
    """`成员1姓名`, `成员1关系`: somebody else's, where a name without a number is there."""
    names = [
        bool(NUMBERED.search(stem))
        for stem, each in zip(stems, readings, strict=True)
        if (said := _of_person(each)) and (said.attribute, said.subject) == ("name", "self")
    ]
    if all(names) or not any(names):
        return readings
    several = {stem for stem in stems if NUMBERED.search(stem)}
    return [[*_given(each, own=False)] if stem in several else each
            for stem, each in zip(stems, readings, strict=True)]  # fmt: skip


def _beside_own(stems: Sequence[str], readings: Readings) -> Readings:
    """`家长姓名`, `家长电话` beside a bare `姓名`: somebody else's, by a word that nobody knows."""
    asked: dict[str, set[str]] = {}
    for stem, each in zip(stems, readings, strict=True):
        said = _of_person(each)
        if said and said.subject == "self" and (said.whose < 1 or not stem):
            asked.setdefault(stem, set()).add(said.attribute)
    if "name" not in asked.pop("", ()):
        return readings
    others = {
        stem
        for stem, each in asked.items()
        if "name" in each and len(each) > 1 and len(each & {*HARDLY_OTHERS}) < 2
    }
    return [[*_given(each, own=False)] if stem in others else each
            for stem, each in zip(stems, readings, strict=True)]  # fmt: skip


def _named_in(stem: str, people: Mapping[str, set[str]]) -> str:
    """The person with whom a stem begins: `staffnow` of `staff.nowAddr`; empty where none does.

    Where somebody else is named behind, as in `childguardian`, it is not of that person.
    """
    found = max((one for one in people if stem.startswith(one)), key=len, default="")
    behind = stem[len(found) :]
    other = [*chinese().get(behind, ()), *latin().get(behind, ())] if found and behind else ()
    return "" if any(one.kind == "subject" and one.means != "self" for one in other) else found


def _of_person(readings: Sequence[NameReading]) -> NameReading | None:
    asked = (*OF_PEOPLE, "relation")
    said = [one for one in readings if one.strength >= NAMED and one.attribute in asked]
    return max(said, key=lambda one: one.strength, default=None)


def _stem(column: ReflectedColumn, said: NameReading | None) -> str:
    """What stands before the word that says what a column is; empty where nothing does."""
    if said is None:
        return ""
    han = next((one for one in (column.name, column.comment) if HAN.search(one)), "")
    text = "".join(c for c in han if c.isalnum()) or "".join(tokens_of(column.name))
    words = chinese() if han else latin()
    for start in range(len(text)):
        if any(one.means == said.attribute for one in words.get(text[start:], ())):
            return text[:start]
    return ""


def _people(
    stems: Sequence[str], readings: Readings, subjects: Sequence[str]
) -> dict[str, set[str]]:
    """What is asked of each who is named and may be the row's own person, by stem.

    Empty where a name without a stem is that person's. Of whom something is asked again that stands
    without a stem, as the row's own, is somebody else: `代办人证件号码` beside `证件号码`.
    """
    known: dict[str, set[str]] = {}
    bare: set[str] = set()
    for stem, each in zip(stems, readings, strict=True):
        said = _of_person(each)
        if said is None:
            continue
        if not stem and (said.attribute, said.subject) == ("name", "self"):
            return {}
        if any(one.subject in subjects for one in each if one.attribute == said.attribute):
            known.setdefault(stem, set()).add(said.attribute)
        if not stem and said.subject == "self":
            bare |= {said.attribute} & {*HARDLY_OTHERS, "id_number"}
    known.pop("", None)
    return {stem: each for stem, each in known.items() if "name" in each and not each & bare}


def _own(people: Mapping[str, set[str]]) -> str:
    """The stem of the row's own person; empty where no one stands out."""
    worth = {stem: len(each) + len(each & {*HARDLY_OTHERS}) for stem, each in people.items()}
    best, *rest = sorted(worth, key=lambda one: -worth[one]) or [""]
    return best if rest and worth[best] >= worth[rest[0]] + AHEAD else ""


def _given(readings: Sequence[NameReading], *, own: bool) -> Iterator[NameReading]:
    """Each attribute once for the person that it now belongs to, by its strongest reading."""
    given: set[tuple[str, str]] = set()
    for one in sorted(readings, key=lambda each: -each.strength):
        made = one
        if one.attribute == "relation" and not own:
            made = replace(one, attribute="relation_other")
        elif one.attribute in OF_PEOPLE and (own or one.subject == "self"):
            whose = 1.0 if own else min(one.whose, STRANGE)
            subject = one.subject if one.subject in OF_THEIRS else "self"
            made = replace(one, subject=subject if own else "official", whose=whose)
        if (made.attribute, made.subject) not in given:
            given.add((made.attribute, made.subject))
            yield made
