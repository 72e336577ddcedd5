"""A whole table: what it is about, and for each column its standard field, or none, and why.

Columns are first judged one by one, then by each other: numbers give births and sexes to compare
with, a second person in the row takes nothing from the first, two columns may fill one field.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from datetime import date
from functools import cache
from typing import Any

from hub.platform import Entity
from hub.reflected import ReflectedColumn, ReflectedTable
from schemas.entities import FIELDS
from schemas.matching.judging import Candidate, judge
from schemas.matching.lexicon import LABEL, rows
from schemas.matching.naming import is_label, looks_like_initials, read_name
from schemas.matching.options import Option, coded, flagged, listed_in, tagged
from schemas.matching.profile import Profile, born_by, day_of, profile_of

ACTIVE = 0.8
"""Surer than this a column is mapped; below it the officer decides."""
BIOMETRIC_SHARE = 0.5
OF_LABELS = ("since", "until", "disability_kind")
"""What belongs to a label, if the table has one that it could belong to."""
MAYBE = 0.88
UNKNOWN = 0.85  # a column of which neither name nor values say anything
PARTS = ("road", "door_no", "compound", "building", "unit", "room")
JOINED = ("compound", "building", "unit", "room")


@dataclass(frozen=True)
class Decision:
    """What one column is taken for. `field` is None where the standard has no place for it."""

    column: str
    field: str | None
    confidence: float
    why: str
    settings: Mapping[str, Any] = made_by(default_factory=dict)
    others: tuple[tuple[str, float], ...] = ()
    choices: tuple[str, ...] = ()
    attribute: str = ""
    dropped: bool = False  # a biometric: never read, or dropped at the connector

    @property
    def active(self) -> bool:
        """Whether it is sure enough to be mapped."""
        return self.field is not None and self.confidence >= ACTIVE


@dataclass(frozen=True)
class Seen:
    """One column with all that is known of it before the table is looked at as a whole."""

    column: ReflectedColumn
    profile: Profile
    candidates: tuple[Candidate, ...]

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
    names = [one.name for one in table.columns]
    initials = looks_like_initials(names)
    seen = []
    for column in table.columns:
        profile = profile_of(column.values, today=today)
        readings = read_name(column.name, column.comment, initials=initials)
        seen.append(Seen(column, profile, tuple(judge(readings, profile))))
    return _compared(seen, today)


def decide(seen: Sequence[Seen], entity: Entity) -> list[Decision]:
    """One decision for each column, in their order."""
    sexes = _sexes(seen)
    decisions = [_one(each, entity, sexes) for each in seen]
    decisions = _one_person(decisions, seen, entity)
    return _together(decisions, seen)


@cache
def targets(entity: Entity) -> dict[tuple[str, str], tuple[str, str]]:
    """(subject, attribute) to (field, how its text is read)."""
    return {
        (row["subject"], row["attribute"]): (row["field"], row["as"])
        for row in rows("targets")
        if row["entity"] == entity
    }


def _one(seen: Seen, entity: Entity, sexes: Mapping[str, Mapping[str, Counter[str]]]) -> Decision:
    by_field: dict[str, list[Candidate]] = {}
    for one in seen.candidates:
        found = _field_of(one, entity)
        by_field.setdefault(found or "", []).append(one)
    chances = {name: sum(c.confidence for c in ones) for name, ones in by_field.items()}
    known = sum(chances.values())
    chances[""] = chances.get("", 0.0) + max(1 - known, 0.0)
    ranked = sorted(chances.items(), key=lambda pair: -pair[1])
    name, chance = ranked[0]
    others = tuple((other, c) for other, c in ranked[1:] if other and c >= 0.1)
    best = by_field.get(name, [None])[0]
    if not name:
        return _unmapped(seen, best, chance, others)
    assert best is not None  # noqa: S101 - a field has the candidates that lead to it
    option = _option(seen, best, FIELDS[entity][name].code_set, sexes)
    return Decision(
        column=seen.column.name,
        field=name,
        confidence=round(min(chance, 0.995) * option.certainty, 3),
        why="；".join(one for one in (best.why, option.why) if one),
        settings=dict(option.settings) | _reads(best, entity),
        others=others,
        choices=option.choices,
        attribute=best.attribute,
    )


def _unmapped(
    seen: Seen, best: Candidate | None, chance: float, others: tuple[tuple[str, float], ...]
) -> Decision:
    photo = best is not None and best.attribute == "biometric"
    known = best is not None and best.confidence >= 0.5
    most = 0.995 if known and seen.profile.size else 0.9 if known else UNKNOWN
    most = min(most, MAYBE) if best and best.attribute in OF_LABELS else most
    return Decision(
        column=seen.column.name,
        field=None,
        confidence=round(min(chance, most), 3),
        why=best.why if best else "标准里没有这一项",
        others=others,
        attribute=best.attribute if best else "",
        dropped=photo and chance >= BIOMETRIC_SHARE,
    )


def _field_of(one: Candidate, entity: Entity) -> str | None:
    if is_label(one.attribute):
        return "labels" if entity == "resident" and one.subject == "self" else None
    found = targets(entity).get((one.subject, one.attribute))
    return found[0] if found else None


def _reads(one: Candidate, entity: Entity) -> dict[str, str]:
    found = targets(entity).get((one.subject, one.attribute), ("", ""))
    return {"as": found[1]} if found[1] else {}


def _option(
    seen: Seen,
    one: Candidate,
    code_set: str | None,
    sexes: Mapping[str, Mapping[str, Counter[str]]],
) -> Option:
    comment = f"{seen.column.name} {seen.column.comment}"
    if is_label(one.attribute):
        return _flag_option(seen, one, comment)
    if one.attribute == "labels":
        return tagged(seen.profile, comment)
    if code_set is not None:
        return coded(code_set, seen.profile, comment, sexes.get(seen.column.name))
    return Option({})


def _flag_option(seen: Seen, one: Candidate, comment: str) -> Option:
    label = one.attribute.removeprefix(LABEL)
    if seen.profile.flags or listed_in(comment) or not seen.profile.size:
        return flagged(label, seen.profile, comment)
    return tagged(seen.profile, comment)  # `低保`: 城市低保, 农村低保


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
        return _less(seen, "birth_date", 0.1)
    ages = sum(_is_age(value, b, today) for value, b in pairs) / len(pairs)
    if ages >= 0.85 and seen.profile.distinct > 5:
        return _sure(seen, "age", 0.97, "与证件号码里的年龄一致")
    if seen.chance("age") > 0.1 and ages <= 0.3:
        return _less(seen, "age", 0.2)
    return seen


def _is_age(value: str, born: date, today: date) -> bool:
    digits = value.strip().rstrip("周岁")
    return digits.isdecimal() and abs(today.year - born.year - int(digits)) <= 2


def _sure(seen: Seen, attribute: str, chance: float, why: str) -> Seen:
    subject = next((c.subject for c in seen.candidates if c.attribute == attribute), "self")
    return replace(seen, candidates=(Candidate(attribute, subject, chance, why),))


def _less(seen: Seen, attribute: str, factor: float) -> Seen:
    changed = [
        replace(c, confidence=c.confidence * factor) if c.attribute == attribute else c
        for c in seen.candidates
    ]
    return replace(seen, candidates=tuple(sorted(changed, key=lambda c: -c.confidence)))


def _sexes(seen: Sequence[Seen]) -> dict[str, dict[str, Counter[str]]]:
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


def _one_person(decisions: list[Decision], seen: Sequence[Seen], entity: Entity) -> list[Decision]:
    """What only the other columns can tell."""
    made = _one_role(list(decisions), seen)
    chosen = Counter(d.field for d in made if d.field and d.confidence >= 0.5)
    utility = any(s.best and s.best.attribute == "customer_no" for s in seen)
    related = chosen["relation_code"] or chosen["head_name"] or chosen["head_id_number"]
    for at, (one, each) in enumerate(zip(made, seen, strict=True)):
        alone = entity == "resident" and one.field == "household_no" and not related
        if alone and (utility or each.profile.unique):
            made[at] = _doubted(one, 0.5, "每行都不同，可能是用户编号而不是户籍户号")
        if one.field == "phone" and _is_contact(each):
            own = any(
                d.field == "phone" and not _is_contact(s) and d.confidence >= 0.5
                for d, s in zip(made, seen, strict=True)
            )
            if own:
                made[at] = replace(
                    one, field=None, settings={}, others=(("phone", 0.1),),
                    why="联系人的电话，本人另有电话",
                )  # fmt: skip
            else:
                made[at] = replace(one, confidence=min(one.confidence, 0.85))
        if one.field == "head_name" and entity == "resident" and not chosen["name"]:
            made[at] = _doubted(one, 0.6, "表里没有别的姓名，可能就是本人")
    return made


def _one_role(made: list[Decision], seen: Sequence[Seen]) -> list[Decision]:
    """Of an owner and a tenant in one row only one is the person: the one first named."""
    names = [s for d, s in zip(made, seen, strict=True) if d.field == "name"]
    anchor = next((s.candidates[0].role for s in names if s.candidates), "")
    for at, (one, each) in enumerate(zip(made, seen, strict=True)):
        role = each.candidates[0].role if each.candidates else ""
        apart = names and role not in ("", anchor)
        if apart and one.field in (*PERSONAL, "name", "birth_date"):
            made[at] = replace(
                one, field=None, settings={}, confidence=0.7,
                others=((str(one.field), 0.3),), why=f"{one.why}；可能是另一个人（{role}）的",
            )  # fmt: skip
    return made


def _is_contact(seen: Seen) -> bool:
    return bool(seen.best and seen.best.attribute == "phone" and seen.best.subject == "contact")


def _doubted(one: Decision, factor: float, why: str) -> Decision:
    return replace(one, confidence=round(one.confidence * factor, 3), why=f"{one.why}；{why}")


PERSONAL = ("phone", "id_number", "hukou_address", "residence_address", "sex_code")
"""Fields that other people in a row have too."""
SINGLE = (
    *("name", "head_name", "birth_date", "household_no", "relation_code", "grid_code"),
    *("building", "unit", "room", "floor", "compound", "road", "door_no", "worker_name"),
    *("updated_at", "died_on", "left_on", "worker_phone", "buildings", "area_hectare"),
)
"""Fields that one column fills; of two that could, the surer one does."""


def _together(decisions: list[Decision], seen: Sequence[Seen]) -> list[Decision]:
    """Two columns for one field: the surer first; a second only where a list makes sense."""
    made = list(decisions)
    order = sorted(range(len(made)), key=lambda at: (-made[at].confidence, at))
    taken: dict[str, int] = {}
    for at in order:
        one = made[at]
        if one.field is None or one.field == "labels" or one.confidence < 0.4:
            continue
        first = taken.setdefault(one.field, at)
        if first == at:
            continue
        stranger = one.field in PERSONAL and _sure_whose(seen[first]) > _sure_whose(seen[at])
        if one.field in SINGLE or stranger:
            chance = min(0.85, max(0.55, made[first].confidence))
            made[at] = replace(
                one, field=None, settings={}, confidence=chance,
                others=((str(one.field), round(1 - chance, 2)),),
                why=f"{one.why}；但“{made[first].column}”更像",
            )  # fmt: skip
    return _joined(made, seen)


def _sure_whose(seen: Seen) -> float:
    return seen.candidates[0].whose if seen.candidates else 0.0


def _joined(decisions: list[Decision], seen: Sequence[Seen]) -> list[Decision]:
    """A room written `7-1-202` is no room but the end of an address."""
    made = list(decisions)
    for at, (one, each) in enumerate(zip(decisions, seen, strict=True)):
        if one.field == "room" and each.profile.share("room_path") > 0.5:
            made[at] = replace(one, field="residence_address", why=f"{one.why}；值里有栋和单元")
    return made


def labels_in(text: str) -> list[str]:
    """The labels that the name of a table or file speaks of."""
    from schemas.matching.lexicon import chinese, latin
    from schemas.matching.naming import HAN, tokens_of

    found: dict[str, None] = {}
    if HAN.search(text):
        for start in range(len(text)):
            for end in range(min(len(text), start + 8), start + 1, -1):
                found |= dict.fromkeys(_label_words(chinese().get(text[start:end], ())))
    else:
        tokens = tokens_of(text)
        for start in range(len(tokens)):
            for end in range(start + 1, len(tokens) + 1):
                words = latin().get("".join(tokens[start:end]), ())
                found |= dict.fromkeys(_label_words(w for w in words if w.form != "initials"))
    return list(found)


def _label_words(words: Iterable[Any]) -> list[str]:
    return [
        w.means.removeprefix(LABEL) for w in words if w.kind == "attribute" and is_label(w.means)
    ]
