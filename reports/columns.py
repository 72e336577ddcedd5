"""What each column of a form asks for: by its words, by what stands above it, by sample rows."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from reports.items import by_attribute, facts_of_item, label_names, words
from reports.layout import HeaderColumn
from reports.patterns import (
    HELPERS,
    PERSONAL,
    by_pattern,
    called,
    head_of,
    named_person,
    not_this,
    of_the_row,
)
from reports.texts import bare, remarks
from schemas.matching.cutting import cut_chinese
from schemas.matching.judging import judge
from schemas.matching.lexicon import is_label
from schemas.matching.naming import read_name
from schemas.matching.profile import profile_of

SELF = ("self", "hukou", "household", None)
PERSONS = ("head", "worker", "guardian", "contact", "spouse", "parent", "offspring", "landlord")
SURE, LIKELY, LEAST = 0.97, 0.85, 0.45
ONLY_BY_WORDS = ("remark", "seq")
"""Nobody is asked for these, so a mere likeness (`停留事由`) must not make a column one."""
SIGNED = re.compile(r"(?:签名|签字|签收|手印|签章|盖章|签领)$")
SECTION = re.compile(r"(?:基本)?(?:信息|情况)$")
EMPTY_GROUPS = ("基本信息", "个人信息", "人员信息", "基本情况", "本人信息", "本人情况", "个人情况")
OF_NAME = re.compile(r"(?:的)?(?:姓名|名字)$")
OWN = {"head": {"name": "head_name", "id_number": "head_id_number", "phone": "head_phone"},
       "spouse": {"name": "spouse_name", "id_number": "spouse_id_number", "phone": "spouse_phone"},
       "worker": {"name": "worker_name", "phone": "worker_phone"}}  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """What a column is taken for, how sure, and why."""

    item: str
    confidence: float
    why: str


def propose(columns: Sequence[HeaderColumn], granted: Sequence[str]) -> list[Proposal]:
    """One proposal a column.

    Args:
        columns: The columns of one list form, in their order.
        granted: The labels of those whom the form is about, which say whose `享受起始时间` it is.
    """
    proposals = [_one(one, granted) for one in columns]
    proposals = _of_the_first_group(columns, proposals, granted)
    proposals = _of_the_room(columns, _of_the_head(columns, proposals))
    return _apart(columns, _about_somebody(columns, proposals))


def _one(column: HeaderColumn, granted: Sequence[str]) -> Proposal:
    return _by_words(column, granted) or _by_reading(column, granted)


def _of_the_first_group(
    columns: Sequence[HeaderColumn], proposals: Sequence[Proposal], granted: Sequence[str]
) -> list[Proposal]:
    """Without a name of its own in a list, the first group with a name and more is its people."""
    whose = "" if any(one.item == "name" for one in proposals) else _group_of_people(columns)
    made = list(proposals)
    for at, one in enumerate(columns):
        if whose and len(one.path) > 1 and bare(one.path[-2]) == whose:
            own = _one(replace(one, path=one.path[-1:]), granted)
            why = f"{own.why}；没有别的列是本人的，“{whose}”就是"
            made[at] = Proposal(own.item, min(own.confidence, LIKELY), why)
    return made


def _group_of_people(columns: Sequence[HeaderColumn]) -> str:
    found: dict[str, set[str]] = {}
    for one in columns:
        if len(one.path) > 1:
            known = words().get(bare(one.path[-1]), "")
            found.setdefault(bare(one.path[-2]), set()).add(known)
    for group, items in found.items():
        strange = HELPERS.search(group) or cut_chinese(group).subject in PERSONS
        if "name" in items and len(items & set(PERSONAL)) > 1 and not strange:
            return group
    return ""


def _of_the_head(columns: Sequence[HeaderColumn], proposals: Sequence[Proposal]) -> list[Proposal]:
    """Where columns say `与承租人关系` and another name, what is the 承租人's is the head's."""
    head = head_of([bare(one.path[-1]) for one in columns])
    names = sum(one.item == "name" for one in proposals)
    if not head or names < 2:
        return list(proposals)
    return [
        Proposal(OWN["head"][made.item], LIKELY, f"“{head}”是户主")
        if made.item in OWN["head"] and any(bare(part).startswith(head) for part in one.path)
        else made
        for one, made in zip(columns, proposals, strict=True)
    ]


def _of_the_room(columns: Sequence[HeaderColumn], proposals: Sequence[Proposal]) -> list[Proposal]:
    """`户号` beside 楼号 and 单元号 is a door's number, not the police register's."""
    items = [one.item for one in proposals]
    if "room" in items or not {"building", "unit"} <= set(items):
        return list(proposals)
    beside = columns[items.index("unit")]
    return [
        Proposal("room", LIKELY, "与楼号、单元号在一起")
        if made.item == "household_no" and one.path[:-1] == beside.path[:-1]
        else made
        for one, made in zip(columns, proposals, strict=True)
    ]


def _about_somebody(
    columns: Sequence[HeaderColumn], proposals: Sequence[Proposal]
) -> list[Proposal]:
    """A list is about somebody: without a column for the name, the first unknown name is theirs."""
    made = list(proposals)
    for item, fits in (("name", named_person), ("phone", called)):
        if any(one.item == item for one in made):
            continue
        for at, one in enumerate(made):
            leaf = bare(columns[at].path[-1])
            if one.item.startswith("other:") and len(columns[at].path) == 1 and fits(leaf):
                made[at] = Proposal(item, LIKELY, f"列名“{leaf}”：没有别的列是本人的")
                made = _all_of_theirs(columns, made, leaf)
                break
    return _called_by_the_label(columns, made)


def _all_of_theirs(
    columns: Sequence[HeaderColumn], proposals: Sequence[Proposal], leaf: str
) -> list[Proposal]:
    """`诉求人姓名` is the row's person, and so are `诉求人身份证号` and `诉求人住址`."""
    whose = OF_NAME.sub("", leaf)
    made = list(proposals)
    for at, one in enumerate(made):
        theirs = bare(columns[at].path[-1])
        known = words().get(theirs.removeprefix(whose), "")
        free = one.item.startswith("other:") and len(columns[at].path) == 1
        taken = any(known == other.item for other in made)
        if (
            len(whose) >= 2
            and free
            and theirs.startswith(whose)
            and known in PERSONAL
            and not taken
        ):
            made[at] = Proposal(known, LIKELY, f"“{whose}”就是这一行的人")
    return made


def _called_by_the_label(
    columns: Sequence[HeaderColumn], proposals: Sequence[Proposal]
) -> list[Proposal]:
    """Without any name in a list, the column `志愿者` at its left is the volunteers' names."""
    made = list(proposals)
    if any(one.item == "name" for one in made):
        return made
    for at, one in enumerate(made[:4]):
        label = one.item.removeprefix("label:")
        if one.item.startswith("label:") and bare(columns[at].path[-1]) in (label, f"{label}人"):
            others = {each.item for each in made}
            if others & {"id_number", "phone", "sex_code"}:
                made[at] = Proposal("name", LIKELY, f"列名“{label}”：没有别的列是姓名")
            break
    return made


def _by_words(column: HeaderColumn, granted: Sequence[str]) -> Proposal | None:
    leaf, groups = bare(column.path[-1]), [bare(one) for one in column.path[:-1]]
    joined = words().get("".join(g for g in groups if g not in EMPTY_GROUPS) + leaf)
    if joined is not None and groups:
        return Proposal(joined, SURE, f"列名“{column.header}”")
    if SIGNED.search(leaf):
        return Proposal("remark", SURE, f"列名“{leaf}”：由本人签字")
    whose, said = _subject(groups, "" if leaf in words() else remarks(column.path[-1]))
    if whose not in SELF:
        return _of_another(whose, SECTION.sub("", said), leaf)
    known = words().get(leaf)
    if known == "residence_address" and whose == "hukou":
        known = "hukou_address"
    if known is None:
        known = by_pattern(leaf, granted) or _granted_day(leaf, granted)
    if known is None:
        return None
    if (
        len(granted) == 1
        and known in ("labels", "labels:低保|低边|特困|孤儿|困境儿童")
        and granted[0] not in known
    ):
        known = f"detail:{granted[0]}"
    return Proposal(known, SURE, f"列名“{leaf}”")


def _granted_day(leaf: str, granted: Sequence[str]) -> str | None:
    """`享受起始时间` of a form about one label is since when it is granted."""
    if len(granted) != 1:
        return None
    attributes = {one.attribute for one in read_name(leaf) if one.strength > 0.8}
    if "until" in attributes:
        return f"until:{granted[0]}"
    if "since" in attributes:
        return f"since:{granted[0]}"
    return None


def _subject(groups: Sequence[str], remark: str) -> tuple[str | None, str]:
    """Whose the columns below these groups are, and the group that says so."""
    for group in reversed(groups):
        if group in EMPTY_GROUPS or of_the_row(group):
            continue
        cut = cut_chinese(group)
        if cut.subject and not cut.others:
            return cut.subject, group
    whose = cut_chinese(remark).subject if 2 <= len(remark) <= 6 else None
    return (whose, remark) if whose in PERSONS else (None, "")


def _of_another(whose: str | None, said: str, leaf: str) -> Proposal:
    leaf = leaf.removeprefix(said) or leaf  # 配偶情况/配偶姓名
    known = words().get(leaf, leaf)
    own = OWN.get(str(whose), {}).get(known)
    if own:
        return Proposal(own, SURE, f"上一级表头“{said}”，列名“{leaf}”")
    title = facts_of_item(known).title if leaf in words() else leaf
    item = words().get(f"{said}{leaf}") or _canonical(f"{said}{title}")
    return Proposal(item, LIKELY, f"上一级表头“{said}”：不是本人的")


@cache
def _canonical(text: str) -> str:
    """The one name of something that no field of the standard holds."""
    return words().get(text, f"other:{text}")


def _by_reading(column: HeaderColumn, granted: Sequence[str]) -> Proposal:
    """By the words of the platform's columns, and by the sample rows where there are some."""
    leaf, path = bare(column.path[-1]), "/".join(bare(one) for one in column.path)
    values = tuple(str(one) for one in column.samples)
    profile = profile_of(values, today=date.today())  # ages of samples only
    for one in judge(read_name(path), profile):
        item = _item_of(one.subject, one.attribute, granted)
        if item in ONLY_BY_WORDS or _of_a_stranger(str(item), path) or not_this(item, path):
            item = None
        if item is not None and item.startswith("label:") and item[6:] not in leaf:
            break  # the group's label, not the column's: 慢病情况/高血压
        if item is not None and one.confidence >= LEAST:
            return Proposal(item, round(one.confidence, 3), one.why)
        if one.confidence >= LEAST:
            break
    named = leaf.removeprefix("是否").removeprefix("有无")
    if named in label_names():
        return Proposal(f"label:{named}", LIKELY, f"标签“{named}”")
    groups = [SECTION.sub("", bare(one)) for one in column.path[:-1]]
    told = "".join(
        one for one in groups if one and cut_chinese(one).subject not in ("self", "hukou")
    )
    name = leaf if leaf.startswith(told) else f"{told}{leaf}"
    return Proposal(_canonical(name), 0.8, "标准里没有这一项：按列名登记，只问一次")


def _of_a_stranger(item: str, path: str) -> bool:
    """`责任人电话` need not be the grid worker's, `家长` on a list of children not the head."""
    if item.startswith("worker"):
        return "网格" not in path
    return item.startswith("head") and "户" not in path


def _item_of(subject: str, attribute: str, granted: Sequence[str]) -> str | None:
    if is_label(attribute) and subject == "self":
        return attribute
    if attribute in ("since", "until") and len(granted) == 1 and subject == "self":
        return f"{attribute}:{granted[0]}"
    return by_attribute().get((subject, attribute))


def _of_somebody_else(column: HeaderColumn, first: Proposal, one: Proposal) -> bool:
    """Beside a column that is surely the person's own: `包案领导电话`, whoever that is."""
    if first.confidence < SURE or one.confidence >= SURE:
        return False
    read = read_name(bare(column.path[-1]))
    return bool(read) and read[0].whose < 1


def _apart(columns: Sequence[HeaderColumn], proposals: list[Proposal]) -> list[Proposal]:
    """Two columns of one item: the longer name keeps its own words, and the officer looks."""
    made = list(proposals)
    first: dict[str, int] = {}
    for at, one in enumerate(made):
        if one.item in ("seq", "remark"):
            continue
        if one.item not in first:
            first[one.item] = at
            continue
        same = bare(columns[first[one.item]].path[-1]) == bare(columns[at].path[-1])
        if one.item in PERSONAL and _of_somebody_else(columns[at], made[first[one.item]], one):
            made[at] = Proposal(_canonical(bare(columns[at].path[-1])), 0.7, "本人另有一列")
            continue
        made[at] = Proposal(one.item, 0.9 if same else 0.6, f"{one.why}；与另一列相同，请核对")
    return made
