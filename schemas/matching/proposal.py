"""From a table that was looked at to the stream that is proposed for it, or why there is none."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from hub.platform_streams import Entity
from hub.reflected import ReflectedTable
from schemas.entities import FIELDS, MODELS
from schemas.matching.cutting import DOUBTED
from schemas.matching.decide import JOINED, MAYBE, ONE_WITNESS, Decision, decide, targets
from schemas.matching.event_columns import decide_event, is_event, keys_of_events
from schemas.matching.extra_columns import extras_of
from schemas.matching.increments import deletes_of, increment_of
from schemas.matching.keys import propose_key
from schemas.matching.label_columns import labels_of, with_label_columns
from schemas.matching.seen import Seen, look

ADDRESS: dict[Entity, str] = {
    "resident": "residence_address",
    "household": "address",
    "dwelling": "address",
    "event": "address",
}
PERSON = ("sex_code", "birth_date", "birth_year", "phone", "ethnicity_code", "residence_address",
          "hukou_address", "relation_code", "labels", "education_code", "residence_type_code",
          "compound")  # fmt: skip
OF_ONE = ("sex", "birth_date", "age", "relation", "ethnicity", "education", "marital", "political")
OF_HOUSES = ("house_attr", "house_area", "coordinate", "division_code", "community_code")
MUCH_OF_HOUSES = 5
PARTS = ("compound", "building", "unit", "room", "floor")
NOT_PEOPLE = re.compile(
    r"企业|单位信息|公司|商户|法人|日志|字典|角色|菜单|配置|设备|物资|工单|事件|巡查|巡检|账号|"
    r"\b(?:log|dict|role|menu|config|device|job|oper|enterprise|company|shop|event)s?\b"
)
COMPANY = re.compile(r"统一社会信用|注册资本|法定代表|营业执照|credit_?code|legal_?(?:person|rep)")
LOG = re.compile(
    r"流水|日志|抄表|排班|值班|打卡|考勤|(?:通行|出入|进出|开门|刷卡)记录|"
    r"\b(?:reading|hist|history|log|logs|records?|attendance|schedule|duty)\b"
)
UTILITY = re.compile(r"用[水电气]|[水电]表|表号|抄表|燃气|供[水电气]|欠费|有线电视|宽带|\bmeter\b")
HOUSEHOLD = re.compile(r"户籍|家庭|户主|户信息|\bhousehold|famil(?:y|ies)|\bhu\b|_hu$")
GRID_ROWS = 4
"""A grid has a row, or one for each who works in it; more rows are of whoever lives there."""
EVENT_WORTH = 0.5  # behind everybody whom the events are about
TELLS = 4.0
"""So many of a person's fields make people of rows that have a password or an employer too."""
SECRET = re.compile(r"密码|password|passwd|\bpwd\b|_pwd|pwd_|salt$", re.IGNORECASE)


@dataclass(frozen=True)
class StreamProposal:
    """One stream as proposed, and what every column of its table was taken for."""

    table: ReflectedTable
    entity: Entity
    worth: float  # how much it tells of people, to choose among tables
    decisions: tuple[Decision, ...]
    settings: dict[str, Any]  # key, increment, deletes, drop_columns
    map: dict[str, Any]
    remarks: dict[str, str] = field(default_factory=dict)  # setting -> why, for the officer
    labels: tuple[dict[str, Any], ...] = ()
    extras: dict[str, str] = field(default_factory=dict)  # what is no field, but often asked


@dataclass(frozen=True)
class Refusal:
    """A table for which nothing is proposed, and why."""

    table: str
    why: str


def propose(table: ReflectedTable, *, today: date) -> StreamProposal | Refusal:
    """The stream for one table.

    Args:
        table: With its samples; they are judged and forgotten.
        today: The day of the look, for ages and for what lies in the future.
    """
    if not table.columns:
        return Refusal(table.name, "没有列")
    seen = look(table, today=today)
    entity, worth, why = entity_of(table, seen)
    if entity is None:
        return Refusal(table.name, why)
    if entity == "household":
        seen = [_of_the_head(one) for one in seen]
    decisions = decide_event(table, seen) if entity == "event" else decide(seen, entity)
    if not _surely(entity, table, seen):
        decisions = [_unsure(one, entity) for one in decisions]
    keys = keys_of_events(decisions, seen) if entity == "event" else seen
    key, key_why = propose_key(table, keys)
    settings: dict[str, Any] = {"key": list(key)} if key else {}
    remarks = {"key": key_why}
    deletes, about_deletes = deletes_of(seen)
    settings["increment"], remarks["increment"] = increment_of(
        table, seen, keyed=bool(key), deletes=deletes is not None
    )
    if deletes:
        settings["deletes"] = deletes
    remarks["deletes"] = about_deletes
    decisions = [_secret(one, each) for one, each in zip(decisions, seen, strict=True)]
    biometrics = [d.column for d in decisions if d.dropped]
    if biometrics and "table" not in table.place:
        settings["drop_columns"] = biometrics
    made = _map(decisions, seen, entity)
    labels = labels_of(table, decisions, seen) if entity == "resident" else []
    if labels:
        made["labels"] = labels[0] if len(labels) == 1 else labels
        decisions = with_label_columns(decisions, labels)
    used = set(_columns_of(list(made.values())))
    extras = extras_of(decisions, seen, used, today) if entity == "resident" else {}
    return StreamProposal(
        table, entity, worth, tuple(decisions), settings, made, remarks, tuple(labels), extras
    )


def entity_of(table: ReflectedTable, seen: Sequence[Seen]) -> tuple[Entity | None, float, str]:
    """What the rows are: people, households, dwellings, grids or events; else None and why."""
    about = f"{table.name} {table.comment}".lower().replace("_", " ")
    names = " ".join(f"{s.column.name} {s.column.comment}" for s in seen)
    if is_event(table, seen) and not COMPANY.search(names):
        return "event", EVENT_WORTH, ""
    found: dict[Entity, float] = {
        entity: _worth(seen, entity) for entity in MODELS if entity != "event"
    }
    person = found["resident"]
    why = _nobody(about, names, seen, person)
    if why:
        return None, 0.0, why
    known = [_chance(seen, one, "self") for one in ("id_number", "name")]
    own = max(known)
    grid = _mostly_grid(about, seen)
    paying = UTILITY.search(f"{about} {names}".lower().replace("_", " ")) is not None
    head_only = _chance(seen, "household_no") >= 0.5 and _chance(seen, "name", "self") < 0.5
    head_only = head_only and not paying
    family, house = _family(about, seen), _house(about, seen)
    if family or house:
        whole: Entity = "household" if family else "dwelling"
        return whole, found[whole], ""
    if own >= 0.5 and (person >= 2 or min(known) >= 0.5) and not grid and not head_only:
        weight = 0.4 if NOT_PEOPLE.search(about) else 1.0
        return "resident", person * weight, ""
    if grid:
        return "grid", found["grid"], ""
    return _without_people(seen, own, found)


def _nobody(about: str, names: str, seen: Sequence[Seen], person: float) -> str:
    """Why the rows are accounts, companies or what happened; empty where they may be people."""
    numbered = _chance(seen, "id_number", "self") >= 0.5 and person >= TELLS
    if SECRET.search(names) and not numbered:
        return "有密码列，是登录账号表，不是居民"
    if COMPANY.search(names) and not numbered:
        return "是单位，不是居民"
    if LOG.search(about) and not _of_one(seen) and not _placed(seen) and not _coded(seen):
        return "是流水记录，除姓名、电话外没有说到人"
    return ""


def _coded(seen: Sequence[Seen]) -> bool:
    """Whether the rows may be grids or households."""
    return any(_chance(seen, one) >= 0.5 for one in ("grid_code", "grid_name", "household_no"))


def _without_people(
    seen: Sequence[Seen], own: float, found: Mapping[Entity, float]
) -> tuple[Entity | None, float, str]:
    """A household, or a dwelling, or nothing that the standard knows."""
    if (
        _chance(seen, "household_no") + _chance(seen, "household_type") >= 0.5
        and max(_chance(seen, "name", "head"), _chance(seen, "id_number", "head"), own) >= 0.5
    ):
        return "household", found["household"], ""
    places = [p for p in ("compound", "building", "room", "road") if _chance(seen, p) >= 0.5]
    address = _chance(seen, "residence_address") >= 0.5
    if (len(places) >= 2 or (address and places)) and own < 0.5:
        return "dwelling", found["dwelling"], ""
    return None, 0.0, "看不出有姓名、证件号码、户号、网格或地址"


def _family(about: str, seen: Sequence[Seen]) -> bool:
    """Whether the rows are families with what families have, though somebody is named in them."""
    told = sum(_chance(seen, one) >= 0.5 for one in ("household_type", "member_count"))
    told += _chance(seen, "name", "spouse") >= 0.5
    alone = not any(_chance(seen, one, "self") >= 0.5 for one in OF_ONE)
    head = min(_chance(seen, "name", "head"), _chance(seen, "household_no")) >= 0.5
    only = head and _chance(seen, "id_number", "self") < 0.5  # beside it an applicant, say
    return told >= 2 and alone and (only or HOUSEHOLD.search(about) is not None)


def _house(about: str, seen: Sequence[Seen]) -> bool:
    """Whether the rows are rooms, with what they are like, though an owner is named in them."""
    attributes = sum(_is_any(one, OF_HOUSES) for one in seen) + ("房屋" in about)
    if attributes >= MUCH_OF_HOUSES and _placed(seen):
        return not any(_chance(seen, one) >= 0.5 for one in OF_ONE)
    return _parts(seen) >= 3 and not _of_one(seen) and attributes >= 2


def _secret(one: Decision, each: Seen) -> Decision:
    """A password is never read, whatever it is taken for."""
    named = SECRET.search(f"{each.column.name} {each.column.comment}")
    if not named or one.active:
        return one
    return replace(one, field=None, dropped=True, others=(), why="密码不读")


def _is_any(one: Seen, attributes: Sequence[str]) -> bool:
    return any(one.chance(attribute) >= 0.5 for attribute in attributes)


def _placed(seen: Sequence[Seen]) -> bool:
    """Whether it is said where somebody lives."""
    return any(_chance(seen, one) >= 0.5 for one in ("residence_address", "hukou_address", "room"))


def _parts(seen: Sequence[Seen]) -> int:
    return sum(_chance(seen, one) >= 0.5 for one in PARTS)


def _of_one(seen: Sequence[Seen]) -> int:
    """How much there is that a list of persons has two of, and one of households or rooms not."""
    number = _chance(seen, "id_number", "self") >= 0.5
    return number + sum(_chance(seen, one) >= 0.5 for one in OF_ONE)


def _surely(entity: Entity, table: ReflectedTable, seen: Sequence[Seen]) -> bool:
    """Whether the rows can hardly be anything else: people and households are told apart late."""
    about = f"{table.name} {table.comment}".lower()
    named = max(_chance(seen, "name", "self"), _chance(seen, "id_number", "self"))
    if entity == "household":
        head = max(_chance(seen, "name", "head"), _chance(seen, "id_number", "head"))
        return head >= 0.6 or HOUSEHOLD.search(about) is not None
    if entity == "resident":
        housed = max(_chance(seen, "household_no"), _chance(seen, "household_type")) >= 0.5
        people = _of_one(seen)
        rooms = _parts(seen) >= 2 or any(_is_any(one, OF_HOUSES) for one in seen)
        return people >= 3 or not (housed or (rooms and not people))
    return entity != "dwelling" or named < 0.3 or "房" in about or "hous" in about


def _of_the_head(seen: Seen) -> Seen:
    """In a list of households `HZ` is 户主, whoever else it may be elsewhere."""
    told = tuple(
        replace(one, confidence=min(one.confidence / one.whose, ONE_WITNESS), whose=1.0)
        if (one.subject, one.whose) == ("head", DOUBTED) else one for one in seen.candidates
    )  # fmt: skip
    return replace(seen, candidates=told)


def _unsure(one: Decision, entity: Entity) -> Decision:
    """People among rooms are likely people; households without a head may well be people."""
    doubted = one.confidence * 0.85 if entity == "household" else min(one.confidence, MAYBE)
    return replace(one, confidence=round(doubted, 3))


def _mostly_grid(about: str, seen: Sequence[Seen]) -> bool:
    codes = [s for s in seen if max(s.chance("grid_code"), s.chance("grid_name")) >= 0.5]
    coded = any(s.profile.distinct * GRID_ROWS >= s.profile.size for s in codes)
    person = _chance(seen, "id_number", "self") >= 0.5 or _chance(seen, "sex") >= 0.5
    named = re.search(r"网格|\bgrid\b|\bwg\b", about) is not None
    worker = _chance(seen, "name", "worker") >= 0.5 or _chance(seen, "buildings") >= 0.5
    typed = _chance(seen, "grid_type") >= 0.5
    return coded and not person and (named or worker or typed)


def _worth(seen: Sequence[Seen], entity: Entity) -> float:
    best: dict[str, float] = {}
    for (subject, attribute), (name, _) in targets(entity).items():
        chance = _chance(seen, attribute, subject)
        best[name] = max(best.get(name, 0.0), chance)
    return sum(best.values())


def _chance(seen: Sequence[Seen], attribute: str, subject: str | None = None) -> float:
    return max((one.chance(attribute, subject) for one in seen), default=0.0)


def _map(decisions: Sequence[Decision], seen: Sequence[Seen], entity: Entity) -> dict[str, Any]:
    """The map of what is sure, in the standard's own order of fields."""
    ones: dict[str, list[tuple[Decision, Seen]]] = {}
    for one, each in zip(decisions, seen, strict=True):
        if one.active and one.field and one.field != "labels":
            ones.setdefault(one.field, []).append((one, each))
    address = ADDRESS.get(entity)
    made: dict[str, Any] = {}
    if address:
        _join_parts(ones, address, made, table=seen)
    for name in FIELDS[entity]:
        if name in ones and name not in made:
            entries = [_entry(one) for one, _ in ones[name]]
            made[name] = entries[0] if len(entries) == 1 else entries
    ordered = {name: made[name] for name in FIELDS[entity] if name in made}
    return ordered


def _columns_of(entry: Any) -> Iterator[str]:  # noqa: ANN401 - as a map is written in YAML
    """Every column that a map reads."""
    if isinstance(entry, str):
        yield entry
    elif isinstance(entry, list):
        for one in entry:
            yield from _columns_of(one)
    elif isinstance(entry, dict):
        for role in ("from", "detail", "since", "until"):
            yield from _columns_of(entry.get(role))


def _join_parts(
    ones: dict[str, list[tuple[Decision, Seen]]], address: str, made: dict[str, Any], *,
    table: Sequence[Seen],
) -> None:  # fmt: skip
    """Where there is no whole address, the parts together are one."""
    whole = [each for _, each in ones.get(address, ())]
    if any(each.profile.share("room_path") <= 0.5 and each.chance("room") < 0.5 for each in whole):
        return
    rooms = [(one, each) for one, each in ones.pop(address, [])]
    parts = [(p, ones[p][0]) for p in JOINED if p in ones]
    columns = [one.column for _, (one, _) in parts] + [one.column for one, _ in rooms]
    if len(columns) < 2:
        if rooms:
            ones[address] = rooms
        return
    columns = [each.column.name for each in table if each.column.name in columns]
    bare = any(
        p in ("building", "unit") and each.profile.share(f"{p}_mark") < 0.7
        for p, (_, each) in parts
    )
    made[address] = {"from": columns} | ({"join": "-"} if bare else {})


def _entry(one: Decision) -> Any:  # noqa: ANN401 - a text or a mapping, as YAML has it
    settings = dict(one.settings)
    return {"from": one.column, **settings} if settings else one.column
