"""A whole table: what it is about, and for each column its standard field, or none, and why.

Columns are first judged one by one, then by each other: numbers give births and sexes to compare
with, a second person in the row takes nothing from the first, two columns may fill one field.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as made_by
from functools import cache
from typing import Any

from hub.platform_streams import Entity
from schemas.entities import FIELDS
from schemas.matching.cutting import tokens_of
from schemas.matching.judging import Candidate
from schemas.matching.keys import ID
from schemas.matching.lexicon import LABEL, is_label, rows
from schemas.matching.options import Option, coded, flagged, listed_in, tagged
from schemas.matching.seen import Seen, sexes_told

ACTIVE = 0.8
"""Surer than this a column is mapped; below it the officer decides."""
BIOMETRIC_SHARE = 0.5
OF_LABELS = ("since", "until", "disability_kind")
"""What belongs to a label, if the table has one that it could belong to."""
MAYBE = 0.88
ONE_WITNESS = 0.9
TOLD_BY_NAME = (
    *("residence_address", "hukou_address", "age", "household_no", "compound", "room", "labels"),
    *("died_on", "left_on", "grid_code", "relation"),
)
"""Values fit these, but just as well something else: where somebody lived, an age at death."""
OF_WORKERS, NO_WORKERS = ("name", "phone"), ("self", "official", "head")
"""Whoever else is named beside a grid may well be its worker: `keeper`, `contact`."""
STAFF = ("name", "operator")
ADDRESSES = ("residence_address", "hukou_address")
MOSTLY, EACH, ENOUGH = 0.8, 0.6, 10  # of the values; different ones of them; values at least
TELLING = ("sex_code", "birth_date", "ethnicity_code", "education_code", "hukou_address")
"""Beside a number these say that the row is about one person: `reader_name` is theirs."""
BY_VALUES = 0.75  # below `ACTIVE`: the officer decides
RIVAL = 0.9  # of two columns that are as likely, the one that is taken is not sure
LEADS = re.compile(r"长|负责|责任|领导|leader|manager|chief", re.IGNORECASE)
"""Beside a grid's worker, whoever leads is not the worker."""
UNKNOWN = 0.85  # a column of which neither name nor values say anything
MOVED_TO = re.compile(r"流入|迁入|现居")
HOMES = {"residence_address", "room"}
HOME = {"resident": "residence_address"}
"""Where an address of a whole flat goes; of a household or an event it is its `address`."""
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


def decide(seen: Sequence[Seen], entity: Entity) -> list[Decision]:
    """One decision for each column, in their order."""
    sexes = sexes_told(seen)
    decisions = [_one(each, entity, sexes) for each in seen]
    decisions = _one_person(decisions, seen, entity)
    return _together(decisions, seen, entity)


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
        return _unmapped(seen, best, entity, chance, others)
    assert best is not None  # noqa: S101 - a field has the candidates that lead to it
    option = _option(seen, best, FIELDS[entity][name].code_set, sexes)
    return Decision(
        column=seen.column.name,
        field=name,
        confidence=round(min(chance, _most(best)) * option.certainty, 3),
        why="；".join(one for one in (best.why, option.why) if one),
        settings=dict(option.settings) | _reads(best, entity),
        others=others,
        choices=option.choices,
        attribute=best.attribute,
    )


def _unmapped(
    seen: Seen,
    best: Candidate | None,
    entity: Entity,
    chance: float,
    others: tuple[tuple[str, float], ...],
) -> Decision:
    photo = best is not None and best.attribute == "biometric"
    known = best is not None and best.confidence >= 0.5
    most = ONE_WITNESS if known else UNKNOWN  # the next platform may mean something by it
    most = min(most, MAYBE) if best and best.attribute in OF_LABELS else most
    if best is not None:
        doubted = best.whose < 1 and any(best.attribute == name for _, name in targets(entity))
        most = min(most, _most(best), best.whose - 0.03 if doubted else 1.0)
        if entity == "grid" and best.attribute in OF_WORKERS and best.subject not in NO_WORKERS:
            most = min(most, MAYBE)
    return Decision(
        column=seen.column.name,
        field=None,
        confidence=round(min(chance, most), 3),
        why=best.why if best else "标准里没有这一项",
        others=others,
        attribute=best.attribute if best else "",
        dropped=photo and chance >= BIOMETRIC_SHARE,
    )


def _most(one: Candidate) -> float:
    """Nothing is surer than 0.9 that only the name says, or only the values.

    So where the values are no witness to whose it is, or to which of a person's it is.
    """
    vague = one.attribute in TOLD_BY_NAME or is_label(one.attribute)
    told = one.witnesses >= 2 and not one.role and not vague
    return 0.995 if told else ONE_WITNESS


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


def _one_person(decisions: list[Decision], seen: Sequence[Seen], entity: Entity) -> list[Decision]:
    """What only the other columns can tell."""
    made = _one_role(list(decisions), seen)
    chosen = Counter(d.field for d in made if d.field and d.confidence >= 0.5)
    utility = any(s.best and s.best.attribute == "customer_no" for s in seen)
    dead = any(
        d.field == "died_on" and s.profile.size >= MOSTLY * s.profile.total
        for d, s in zip(made, seen, strict=True)
    )
    related = chosen["relation_code"] or chosen["head_name"] or chosen["head_id_number"]
    named = any(s.best and (s.best.attribute, s.best.subject) == ("name", "contact") for s in seen)
    for at, (one, each) in enumerate(zip(made, seen, strict=True)):
        alone = entity == "resident" and one.field == "household_no" and not related
        if alone and (utility or each.profile.unique):
            made[at] = _doubted(one, 0.5, "每行都不同，可能是用户编号而不是户籍户号")
        elif one.field == "household_no" and (
            ID.search(each.column.name) or OWN_NUMBER.search(f"{each.bare} {each.column.comment}")
        ):
            made[at] = _doubted(one, 0.85, "可能是平台自己的编号，不是户籍户号")
        late = dead or AT_DEATH.search(f"{each.column.name} {each.column.comment}")
        if one.attribute == "age" and one.field and late:
            made[at] = replace(
                one, field=None, settings={}, confidence=BY_VALUES, others=((one.field, 0.2),),
                why=f"{one.why}；应是去世时的年龄",
            )  # fmt: skip
        if one.field == "phone" and _is_contact(each, named=named):
            theirs = RELATIVES.search(f"{each.column.name} {each.column.comment}")
            own = (theirs and named) or any(
                d.field == "phone" and not _is_contact(s, named=named) and d.confidence >= 0.5
                for d, s in zip(made, seen, strict=True)
            )
            if own:
                said = each.best is not None and each.best.subject == "contact"
                made[at] = replace(
                    one, field=None, settings={}, others=(("phone", 0.1),),
                    confidence=one.confidence if said else min(one.confidence, 0.85),
                    why="联系人的电话，联系人或本人另有写明",
                )  # fmt: skip
            else:
                most = BY_VALUES if theirs else 0.85  # `联系人电话` may be the person's own
                made[at] = replace(one, confidence=min(one.confidence, most))
        if one.field == "relation_code" and not _to_head(each, made):
            made[at] = _to_another(one, made, seen)
        if one.field == "head_name" and entity == "resident" and not chosen["name"]:
            made[at] = _doubted(one, 0.6, "表里没有别的姓名，可能就是本人")
    return _by_values(made, seen) if entity == "resident" else made


OWN_NUMBER = re.compile(r"家庭编[号码]|jia_?ting_?bian_?hao|^jtbh\b", re.IGNORECASE)
AT_DEATH = re.compile("[逝死亡故]|终年|享年")
HEADED = ("household_no", "head_name", "head_id_number")
TO_HEAD = re.compile(r"户|家长|head|house|hold|master|hz|^hh", re.IGNORECASE)
HEADS = ("户主", "02")
RELATIVES = re.compile(
    r"家属|亲属|亲友|家人|紧急|应急|子女|兄弟|姐妹|邻居|urgent|emerg|kin|relative|family|friend",
    re.IGNORECASE,
)
LINKED = re.compile(r"联系|联络|link|contact|lx", re.IGNORECASE)
NEAR = ("contact", "guardian", "spouse", "parent", "offspring", "landlord")
"""People whom a row names besides its own, and who have a relation to it."""


def _to_head(each: Seen, made: Sequence[Decision]) -> bool:
    """Whether a relation is one to the head of the household, by its name, values or company."""
    named = TO_HEAD.search(f"{each.column.name} {each.column.comment}")
    values = any(HEADS[0] in value or value == HEADS[1] for value in each.profile.counts)
    return bool(named) or values or any(one.field in HEADED for one in made)


def _to_another(one: Decision, made: Sequence[Decision], seen: Sequence[Seen]) -> Decision:
    """`关系` beside a guardian or a contact is theirs; beside nobody the officer is asked."""
    near = any(
        s.best and s.best.subject in NEAR and d.attribute == s.best.attribute == "name"
        for d, s in zip(made, seen, strict=True)
    )
    if not near:
        return replace(one, confidence=min(one.confidence, BY_VALUES), why=f"{one.why}；与谁没有写")
    return replace(
        one, field=None, settings={}, confidence=min(one.confidence, MAYBE),
        others=((str(one.field), 0.2),), why=f"{one.why}；表里有联系人等别人，可能是与他们的关系",
    )  # fmt: skip


def _by_values(made: list[Decision], seen: Sequence[Seen]) -> list[Decision]:
    """A name or an address that only the values tell: for the officer, where there is no other.

    Names of staff come again and again; a name on nearly every row is whom the row is about.
    """
    fields = {one.field for one in made if one.field and one.confidence >= 0.5}
    staff = [
        at
        for at, (one, each) in enumerate(zip(made, seen, strict=True))
        if one.field is None and one.attribute in STAFF and each.profile.names >= MOSTLY
        and each.profile.size >= ENOUGH and each.profile.distinct >= EACH * each.profile.size
    ]  # fmt: skip
    places = [
        at
        for at, (one, each) in enumerate(zip(made, seen, strict=True))
        if one.field is None
        and _nobody_s_place(one, each)
        and each.profile.share("address") >= MOSTLY
    ]
    compounds = [
        at
        for at, (one, each) in enumerate(zip(made, seen, strict=True))
        if one.field is None and not one.attribute and each.profile.share("compound") >= MOSTLY
    ]
    own = [at for at in staff if not _of_a_relative(seen[at])]
    if "name" not in fields and len(own) == 1:
        one = _told(made[own[0]], "name", "表里没有别的姓名，几乎每行一个名字")
        surely = "id_number" in fields and len(fields & {*TELLING}) >= 2
        made[own[0]] = replace(one, confidence=0.85) if surely else one
    if not fields & {*ADDRESSES, *PARTS} and len(places) == 1:
        made[places[0]] = _told(made[places[0]], "residence_address", "值是地址，表里没有别的地址")
    for at, (one, each) in enumerate(zip(made, seen, strict=True)):
        moved = MOVED_TO.search(f"{each.column.name} {each.column.comment}")
        if moved and one.field is None and one.attribute in ADDRESSES and not fields & HOMES:
            made[at] = _told(one, "residence_address", "人已到那里，表里没有别的住址")
    if {"building", "room"} <= fields and "compound" not in fields and len(compounds) == 1:
        made[compounds[0]] = _told(made[compounds[0]], "compound", "值像小区名，表里有栋和室")
    return made


def _of_a_relative(each: Seen) -> bool:
    return each.best is not None and each.best.subject in NEAR


def _nobody_s_place(one: Decision, each: Seen) -> bool:
    """An address of nobody else: `收件地址` may be where the person lives, `单位地址` not."""
    posted = each.best is not None and each.best.subject in ("mail", "self", "former")
    return not one.attribute or (posted and one.attribute in (*ADDRESSES, "mailing_address"))


def _told(one: Decision, field: str, why: str) -> Decision:
    return replace(one, field=field, confidence=BY_VALUES, others=(), why=f"{one.why}；{why}")


def _one_role(made: list[Decision], seen: Sequence[Seen]) -> list[Decision]:
    """Of an owner and a tenant in one row only one is the person: the one first named."""
    names = [(d, s) for d, s in zip(made, seen, strict=True) if d.field == "name"]
    surest = max((d.confidence for d, _ in names), default=0.0)
    likely = [s.candidates[0] for d, s in names if s.candidates and d.confidence >= RIVAL * surest]
    known = [one for one in likely if one.whose == 1] or likely
    roles = [one.role for one in known]
    anchor = "" if "" in roles else next(iter(roles), "")
    own = (s.bare for _, s in names if s.candidates and s.candidates[0].role == anchor)
    fronts = {_front(one) for one in own} - {""}
    for at, (one, each) in enumerate(zip(made, seen, strict=True)):
        role = each.candidates[0].role if each.candidates else ""
        apart = names and role not in ("", anchor) and _front(each.bare) not in fronts
        if apart and one.field in (*PERSONAL, "name", "birth_date"):
            made[at] = replace(
                one, field=None, settings={}, confidence=0.7,
                others=((str(one.field), 0.3),), why=f"{one.why}；可能是另一个人（{role}）的",
            )  # fmt: skip
    return made


def _front(column: str) -> str:
    """What stands before the rest of a name: the same person's in `CHIL_NAME` and `CHIL_CARDNO`."""
    first, *rest = tokens_of(column)
    return first if rest and column.isascii() else ""


def _is_contact(seen: Seen, *, named: bool) -> bool:
    """Whether a telephone is a contact's: by its name or, `linkPhone`, beside a `named` one."""
    if seen.best is None or seen.best.attribute != "phone":
        return False
    linked = named and LINKED.match(seen.column.comment or seen.bare)
    return seen.best.subject == "contact" or bool(linked)


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


def _together(decisions: list[Decision], seen: Sequence[Seen], entity: Entity) -> list[Decision]:
    """Two columns for one field: the surer first; a second only where a list makes sense."""
    made = list(decisions)
    order = sorted(
        range(len(made)),
        key=lambda at: (
            not _of_head(made[at], seen[at]), -made[at].confidence,
            LEADS.search(made[at].column) is not None, at,
        ),
    )  # fmt: skip
    taken: dict[str, int] = {}
    for at in order:
        one = made[at]
        if one.field is None or one.field == "labels" or one.confidence < 0.4:
            continue
        first = taken.setdefault(one.field, at)
        if first == at:
            continue
        if one.field in PERSONAL:  # which of the two is the row's own?
            for two in (first, at):
                least = min(made[two].confidence, ONE_WITNESS)
                made[two] = replace(made[two], confidence=least)
        stranger = one.field in PERSONAL and _sure_whose(seen[first]) > _sure_whose(seen[at])
        if one.field in SINGLE or stranger:
            chance = min(0.85, max(0.55, made[first].confidence))
            if one.confidence >= RIVAL * made[first].confidence:
                made[first] = replace(made[first], confidence=min(made[first].confidence, MAYBE))
            made[at] = replace(
                one, field=None, settings={}, confidence=chance,
                others=((str(one.field), round(1 - chance, 2)),),
                why=f"{one.why}；但“{made[first].column}”更像",
            )  # fmt: skip
    return _joined(made, seen, HOME.get(entity, "address"))


def _of_head(one: Decision, each: Seen) -> bool:
    """Whether it is plainly the head's: in a household's row an applicant's is so only likely."""
    own = each.candidates[0].subject if each.candidates else ""
    return one.field in HEADED and own == "head"


def _sure_whose(seen: Seen) -> float:
    return seen.candidates[0].whose if seen.candidates else 0.0


def _joined(decisions: list[Decision], seen: Sequence[Seen], home: str) -> list[Decision]:
    """A room written `7-1-202` is no room but the end of an address.

    Behind a unit the number of a door is that of the room.
    """
    made = list(decisions)
    fields = {one.field for one in decisions if one.active}
    inside = "unit" in fields and not fields & {"room", "road"}
    for at, (one, each) in enumerate(zip(decisions, seen, strict=True)):
        if inside and one.field == "door_no":
            made[at] = replace(one, field="room", why=f"{one.why}；与楼栋、单元在一起")
        if one.field in ("room", "door_no") and each.profile.share("home") >= MOSTLY:
            made[at] = _told(one, home, "值是完整的地址")
        elif one.field == "room" and each.profile.share("room_path") > 0.5:
            made[at] = replace(one, field=home, why=f"{one.why}；值里有栋和单元")
    return made
