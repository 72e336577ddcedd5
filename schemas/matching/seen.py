"""The columns of a table judged, alone and beside the numbers of their own rows."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from hub.reflected import ReflectedColumn, ReflectedTable
from schemas.matching.cutting import STRANGE
from schemas.matching.judging import NAMED, Candidate, judge
from schemas.matching.last_words import NameReading
from schemas.matching.lexicon import latin
from schemas.matching.naming import looks_like_initials, read_name
from schemas.matching.profile import Profile, born_by, day_of, profile_of
from schemas.matching.stems import HARDLY_OTHERS, by_stem

FIRST = re.compile(r"([a-z]{2,3}(?=[A-Z][a-z])|[A-Za-z][A-Za-z0-9]{0,7}(?=_[A-Za-z]))")
"""What a vendor may put before all names of a table: `sfName`, `EHR_NAME`, `zhsz01_xm`."""
TYPED = re.compile(
    r"((?i:str|int|lng|dbl|flt|dec|num|dat|date|dtm|dt|bln|bol|bool|vc|txt|chr|[bcdfinsv])_(?=\w)"
    r"|(?:str|int|lng|dbl|flt|dec|num|dat|date|dtm|dt|bln|bol|bool|vc|txt|chr|[bcdfinsv])(?=[A-Z]))"
)
"""What kind of value it is, written before its name: `strAddress dblArea`, `C_XM N_XB D_CSRQ`."""
SEVERAL, MOST = 5, 0.8
CONTRADICTED = 0.6
"""How sure a column is that the name says and the rows' own numbers contradict."""


@dataclass(frozen=True)
class Seen:
    """One column with all that is known of it before the table is looked at as a whole."""

    column: ReflectedColumn
    profile: Profile
    candidates: tuple[Candidate, ...]
    bare: str  # its name without what the table puts before all its names

    def chance(self, attribute: str, subject: str | None = None) -> float:
        """The probability that it is this attribute, of this subject or of any."""
        return sum(
            one.confidence
            for one in self.candidates
            if one.attribute == attribute and subject in (None, one.subject)
        )

    @property
    def best(self) -> Candidate | None:
        """The likeliest candidate, if it is likelier than not."""
        first = self.candidates[0] if self.candidates else None
        return first if first and first.confidence >= 0.5 else None


def look(table: ReflectedTable, *, today: date) -> list[Seen]:
    """Judge every column, alone and then beside the numbers of its own rows."""
    names = _bare([one.name for one in table.columns])
    initials = looks_like_initials(names)
    seen = []
    readings = [
        read_name(name, one.comment, initials=initials)
        for name, one in zip(names, table.columns, strict=True)
    ]
    bare = [replace(one, name=name) for name, one in zip(names, table.columns, strict=True)]
    readings = [*_of_the_row(by_stem(bare, readings))]
    for column, read, name in zip(table.columns, readings, names, strict=True):
        profile = profile_of(column.values, today=today)
        seen.append(Seen(column, profile, tuple(judge(read, profile)), name))
    return _compared(seen, today)


def _bare(names: Sequence[str]) -> Sequence[str]:
    """`sfName sfSex sfPhone` without what stands before them and is no word for anybody else.

    So with the kinds of values, and with two vendors' words that stand before many names each.
    """
    for pattern in (TYPED, FIRST) * 2:
        firsts = [found.group(1) if (found := pattern.match(one)) else "" for one in names]
        alike = Counter(one.lower() for one in firsts if one)
        if len(names) < SEVERAL or alike.total() < MOST * len(names):
            continue
        all_so = alike.total() == len(names)
        if (len(alike) == 1) if pattern is TYPED else not _says_nothing(alike, all_so=all_so):
            continue
        bare = [one[len(first) :].lstrip("_") for one, first in zip(names, firsts, strict=True)]
        if len({one.lower() for one in bare}) == len(names):
            names = bare
    return names


def _says_nothing(firsts: Counter[str], *, all_so: bool) -> bool:
    """Whether what stands before many names each is no word, or no more than the row's person.

    Initials may be anything; they are no word where `all_so` names begin with them.
    """
    words = [way for one in firsts for way in latin().get(one, ())]
    words = [one for one in words if one.form != "initials" or not all_so]
    person = len(firsts) == 1 and all_so
    return min(firsts.values()) >= SEVERAL and all(
        one.kind == "noise" or (person and one.kind == "subject" and one.means == "self")
        for one in words
    )


def _of_the_row(readings: Sequence[list[NameReading]]) -> Sequence[list[NameReading]]:
    """A row is about somebody: where no name is the person's own, `申报人` may be whom it is about.

    Of several whom no list names it is the one of whom most is asked.
    """
    said = [one for each in readings for one in each if one.strength >= NAMED]
    if any((one.attribute, one.subject) == ("name", "self") for one in said):
        return readings
    asked = Counter(one.stranger for one in said if one.stranger)
    named = {one.stranger for one in said if one.attribute == "name"}
    whose = max((one for one in asked if one in named), key=lambda one: asked[one], default="")
    theirs = {one.attribute for one in said if one.stranger == whose} - {"name"}
    own = {one.attribute for one in said if one.subject == "self"}
    if asked[whose] < 2 or (whose.isascii() and theirs <= own):
        return readings
    if not (theirs | own) & {*HARDLY_OTHERS, "id_number", "residence_address"}:
        return readings  # `保管人` of a thing
    return [
        [replace(one, subject="self", whose=min(one.whose, STRANGE), role=whose)
         if one.stranger == whose else one for one in each]
        for each in readings
    ]  # fmt: skip


def _compared(seen: list[Seen], today: date) -> list[Seen]:
    """Births, sexes and ages beside those that the rows' own valid numbers tell."""
    number = max(
        seen, key=lambda s: s.chance("id_number", "self") * s.profile.valid_ids, default=None
    )
    if number is None or number.profile.valid_ids < 0.2 or number.chance("id_number", "self") < 0.3:
        return seen
    born = [born_by(value or "") for value in number.column.values]
    return [one if one is number else _beside(one, born, today) for one in seen]


def _beside(seen: Seen, born: Sequence[date | None], today: date) -> Seen:
    pairs = [(v, b) for v, b in zip(seen.column.values, born, strict=False) if v and b]
    if len(pairs) < 5:
        return seen
    days = sum(day_of(value.strip()) == b for value, b in pairs) / len(pairs)
    if days >= 0.8:
        return _sure(seen, "birth_date", 0.99, "与证件号码里的出生日期一致")
    if seen.chance("birth_date") > 0.1 and days <= 0.2 and seen.profile.days:
        return _less(seen, "birth_date", 0.1, "与证件号码里的出生日期不一致")
    ages = sum(_is_age(value, b, today) for value, b in pairs) / len(pairs)
    if ages >= 0.85 and seen.profile.distinct > 5:
        return _sure(seen, "age", 0.97, "与证件号码里的年龄一致")
    if seen.chance("age") > 0.1 and ages <= 0.3:
        return _less(seen, "age", 0.2, "与证件号码里的年龄不一致")
    return seen


def _is_age(value: str, born: date, today: date) -> bool:
    digits = value.strip().rstrip("周岁")
    return digits.isdecimal() and abs(today.year - born.year - int(digits)) <= 2


def _sure(seen: Seen, attribute: str, chance: float, why: str) -> Seen:
    subject = next((c.subject for c in seen.candidates if c.attribute == attribute), "self")
    return replace(seen, candidates=(Candidate(attribute, subject, chance, why),))


def _less(seen: Seen, attribute: str, factor: float, why: str) -> Seen:
    """What the numbers contradict is unlikely; what was likely all the same is the officer's."""
    changed = [
        replace(c, confidence=CONTRADICTED, why=f"{c.why}；但{why}")
        if c.attribute == attribute and c is seen.best
        else replace(c, confidence=c.confidence * factor) if c.attribute == attribute
        else c
        for c in seen.candidates
    ]  # fmt: skip
    return replace(seen, candidates=tuple(sorted(changed, key=lambda c: -c.confidence)))


def sexes_told(seen: Sequence[Seen]) -> dict[str, dict[str, Counter[str]]]:
    """For each column that may be a sex: its values, and the sex that the numbers tell."""
    number = max(
        seen, key=lambda s: s.chance("id_number", "self") * s.profile.valid_ids, default=None
    )
    if number is None or number.profile.valid_ids < 0.2:
        return {}
    told: dict[str, dict[str, Counter[str]]] = {}
    for one in seen:
        if one.chance("sex") < 0.1 or one.profile.distinct > 6:
            continue
        counts: dict[str, Counter[str]] = {}
        for value, text in zip(one.column.values, number.column.values, strict=False):
            if value and len(value) <= 4 and text and born_by(text):
                sex = "1" if int(text[16]) % 2 else "2"
                counts.setdefault(value, Counter())[sex] += 1
        told[one.column.name] = counts
    return told
