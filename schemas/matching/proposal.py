"""From a table that was looked at to the stream that is proposed for it, or why there is none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from hub.platform import Entity
from hub.reflected import ReflectedTable
from schemas.entities import FIELDS, MODELS
from schemas.matching.decide import (
    ACTIVE,
    JOINED,
    PARTS,
    Decision,
    Seen,
    decide,
    labels_in,
    look,
)
from schemas.matching.keys import propose_key
from schemas.matching.options import Option, deleted_when

ADDRESS: dict[Entity, str] = {
    "resident": "residence_address",
    "household": "address",
    "dwelling": "address",
}
PERSON = ("sex_code", "birth_date", "birth_year", "phone", "ethnicity_code", "residence_address",
          "hukou_address", "relation_code", "labels", "education_code", "residence_type_code",
          "compound")  # fmt: skip
NOT_PEOPLE = re.compile(
    r"企业|单位信息|公司|商户|法人|日志|字典|角色|菜单|配置|设备|物资|工单|事件|巡查|巡检|账号|"
    r"\b(?:log|dict|role|menu|config|device|job|oper|enterprise|company|shop|event)s?\b"
)
COMPANY = re.compile(r"统一社会信用|注册资本|法定代表|营业执照|credit_?code|legal_?(?:person|rep)")
UTILITY = re.compile(r"用[水电气]|[水电]表|表号|抄表|燃气|供[水电气]|欠费|有线电视|宽带|\bmeter\b")
HOUSEHOLD = re.compile(r"户籍|家庭|户主|户信息|\bhousehold|\bfamily|\bhu\b|_hu$")
SECRET = re.compile(r"密码|password|passwd|\bpwd\b|_pwd|pwd_|salt$", re.IGNORECASE)
LARGE = 200_000  # rows from which reading everything each time is a burden
AHEAD = timedelta(days=1)


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
    decisions = decide(seen, entity)
    if entity == "household" and not _surely_households(table, seen):
        decisions = [_unsure(one) for one in decisions]
    key, key_why = propose_key(table, seen)
    settings: dict[str, Any] = {"key": list(key)} if key else {}
    remarks = {"key": key_why}
    deletes, about_deletes = _deletes(seen)
    settings["increment"], remarks["increment"] = _increment(
        table, seen, keyed=bool(key), deletes=deletes is not None
    )
    if deletes:
        settings["deletes"] = deletes
    remarks["deletes"] = about_deletes
    biometrics = [d.column for d in decisions if d.dropped]
    if biometrics and "table" not in table.place:
        settings["drop_columns"] = biometrics
    made = _map(decisions, seen, entity)
    labels = _labels(table, decisions, seen) if entity == "resident" else []
    if labels:
        made["labels"] = labels[0] if len(labels) == 1 else labels
        decisions = _with_label_columns(decisions, labels)
    return StreamProposal(
        table, entity, worth, tuple(decisions), settings, made, remarks, tuple(labels)
    )


def entity_of(table: ReflectedTable, seen: Sequence[Seen]) -> tuple[Entity | None, float, str]:
    """What the rows are: people, households, dwellings or grids; else None and why."""
    about = f"{table.name} {table.comment}".lower().replace("_", " ")
    names = " ".join(f"{s.column.name} {s.column.comment}" for s in seen)
    if SECRET.search(names):
        return None, 0.0, "有密码列，是登录账号表，不是居民"
    if COMPANY.search(names):
        return None, 0.0, "是单位，不是居民"
    found = {entity: _worth(seen, entity) for entity in MODELS}
    person = found["resident"]
    own = max(_chance(seen, "id_number", "self"), _chance(seen, "name", "self"))
    grid = _mostly_grid(about, seen)
    paying = UTILITY.search(f"{about} {names}".lower().replace("_", " ")) is not None
    head_only = _chance(seen, "household_no") >= 0.5 and _chance(seen, "name", "self") < 0.5
    head_only = head_only and not paying
    if own >= 0.5 and person >= 2 and not grid and not head_only:
        weight = 0.4 if NOT_PEOPLE.search(about) else 1.0
        return "resident", person * weight, ""
    if grid:
        return "grid", found["grid"], ""
    return _without_people(seen, own, found)


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


def _surely_households(table: ReflectedTable, seen: Sequence[Seen]) -> bool:
    """Whether a head is named, or the table is called so; else it may be people after all."""
    about = f"{table.name} {table.comment}".lower()
    head = max(_chance(seen, "name", "head"), _chance(seen, "id_number", "head"))
    return head >= 0.6 or HOUSEHOLD.search(about) is not None


def _unsure(one: Decision) -> Decision:
    return replace(one, confidence=round(one.confidence * 0.85, 3))


def _mostly_grid(about: str, seen: Sequence[Seen]) -> bool:
    coded = max(_chance(seen, "grid_code"), _chance(seen, "grid_name")) >= 0.5
    person = _chance(seen, "id_number", "self") >= 0.5 or _chance(seen, "sex") >= 0.5
    named = re.search(r"网格|\bgrid\b|\bwg\b", about) is not None
    worker = _chance(seen, "name", "worker") >= 0.5 or _chance(seen, "buildings") >= 0.5
    typed = _chance(seen, "grid_type") >= 0.5
    return coded and not person and (named or worker or typed)


def _worth(seen: Sequence[Seen], entity: Entity) -> float:
    from schemas.matching.decide import targets

    best: dict[str, float] = {}
    for (subject, attribute), (name, _) in targets(entity).items():
        chance = _chance(seen, attribute, subject)
        best[name] = max(best.get(name, 0.0), chance)
    return sum(best.values())


def _chance(seen: Sequence[Seen], attribute: str, subject: str | None = None) -> float:
    return max((one.chance(attribute, subject) for one in seen), default=0.0)


def _deletes(seen: Sequence[Seen]) -> tuple[dict[str, Any] | None, str]:
    for attribute in ("deleted", "op_type", "valid_flag"):
        for one in seen:
            if one.chance(attribute) < 0.3:
                continue
            found: Option | None = deleted_when(
                attribute, one.profile, f"{one.column.name} {one.column.comment}"
            )
            name = one.column.name
            if found is None:
                return None, f"{name} 像删除标志，但看不出哪个值是已删除，请写 deletes"
            when = found.settings["when"]
            sure = found.certainty * one.chance(attribute)
            if sure >= 0.7:
                why = f"{sure:.2f} {found.why or '删除标志的通常写法'}"
                return {"column": name, "when": when}, why
            return None, f"{name} 像删除标志（{sure:.2f}），请核对后写 deletes"
    return None, ""


def _increment(
    table: ReflectedTable, seen: Sequence[Seen], *, keyed: bool, deletes: bool
) -> tuple[Any, str]:
    if "table" not in table.place:
        return "snapshot", ""
    marks = [one for one in seen if one.chance("updated_at") >= 0.6]
    if not marks:
        return "snapshot", "没有更新时间列"
    mark = max(marks, key=lambda one: (one.column.indexed, one.chance("updated_at")))
    name = mark.column.name
    wrong = _not_a_watermark(mark, seen)
    if wrong:
        return "snapshot", f"更新时间列 {name} {wrong}，不能只取更新的行"
    if not keyed:
        return "snapshot", f"有更新时间列 {name}，但没有主键"
    if not deletes and (table.rows or 0) < LARGE:
        return "snapshot", f"有更新时间列 {name}，但没有删除标志，每次全量才看得出谁不在了"
    slow = "" if mark.column.indexed or table.view else "；这一列没有索引，请平台方加上"
    return {"watermark": name, "overlap": "1h"}, f"按更新时间只取变动的行{slow}"


def _not_a_watermark(mark: Seen, seen: Sequence[Seen]) -> str:
    """Why a column of update times cannot be trusted, or nothing."""
    days, profile = profile_days(mark), mark.profile
    if profile.size < mark.profile.total * 0.95:
        return "有不少空值"
    if not days:
        return "的值不是时间" if profile.size else ""
    if max(days) > profile.today + AHEAD:
        return "有将来的时间"
    if profile.constant and profile.total > 20:
        return "所有行都一样"
    created = next((s for s in seen if s.chance("created_at") >= 0.6 and s is not mark), None)
    if created and _before(mark.column.values, created.column.values) > 0.1:
        return "早于创建时间"
    return ""


def profile_days(seen: Seen) -> list[date]:
    """Days of a column of moments."""
    return seen.profile.days


def _before(updated: Sequence[str | None], created: Sequence[str | None]) -> float:
    pairs = [(_moment(u), _moment(c)) for u, c in zip(updated, created, strict=False)]
    known = [(u, c) for u, c in pairs if u and c]
    return sum(u < c for u, c in known) / len(known) if known else 0.0


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat((text or "").strip()).replace(tzinfo=None)
    except ValueError:
        return None


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


def _labels(
    table: ReflectedTable, decisions: Sequence[Decision], seen: Sequence[Seen]
) -> list[dict[str, Any]]:
    """Every source of labels: tags, flags, the roster's own, a kind of disability."""
    made: list[dict[str, Any]] = [
        {"from": one.column, **one.settings}
        for one in decisions
        if one.active and one.field == "labels"
    ]
    kind = next((s for s in seen if s.chance("disability_kind") >= 0.7), None)
    about = f"{table.name} {table.comment} {' '.join(table.place.get('sheets', []))}"
    told = labels_in(about)
    tags = [one for one in made if "codes" not in one]
    roster = told[0] if len(told) == 1 and not tags else None
    if roster:
        own: dict[str, Any] = {"value": roster}
        if kind and roster == "残疾":
            own["detail"] = kind.column.name
        made.insert(0, own | _spans(seen))
    elif tags:
        tags[0] |= _spans(seen)
    if kind and roster != "残疾":
        words = _disability_words(kind)
        if words:
            made.append({"from": kind.column.name, "codes": words, "detail": kind.column.name})
    return made


ROLES = {"detail": "标签的说明", "since": "标签的起始日期", "until": "标签的截止日期"}


def _with_label_columns(
    decisions: Sequence[Decision], labels: Sequence[Mapping[str, Any]]
) -> list[Decision]:
    """The columns that say more of a label are its own."""
    roles = {one[role]: role for one in labels for role in ROLES if role in one}
    return [
        replace(one, field="labels", why=f"{one.why}；{ROLES[roles[one.column]]}")
        if one.field is None and one.column in roles
        else one
        for one in decisions
    ]


def _disability_words(kind: Seen) -> dict[str, str]:
    from schemas.matching.options import first_words

    return dict.fromkeys(sorted(first_words(list(kind.profile.counts), "disability")), "残疾")


def _spans(seen: Sequence[Seen]) -> dict[str, str]:
    """The columns that say since when and until when a label holds."""
    found = {}
    for name in ("since", "until"):
        best = max(seen, key=lambda one, n=name: one.chance(n))  # type: ignore[misc]  # bound here
        if best.chance(name) >= 0.6 and (best.profile.days or not best.profile.size):
            found[name] = best.column.name
    return found


__all__ = ["ACTIVE", "PARTS", "Refusal", "StreamProposal", "propose"]
