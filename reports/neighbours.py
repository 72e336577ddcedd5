"""What the columns of a form say of one another: who its people are, and which column is whose."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from reports.items import words
from reports.layout import HeaderColumn
from reports.patterns import not_this
from reports.persons import (
    HELPERS,
    OWN,
    PERSONAL,
    PERSONS,
    called,
    head_of,
    named_person,
    person_alone,
)
from reports.proposals import DOUBTFUL, LIKELY, Proposal
from reports.texts import bare, remarks
from schemas.matching.cutting import cut_chinese

Columns = Sequence[HeaderColumn]
Made = list[Proposal]
OF_NAME = re.compile(r"(?:的)?(?:姓名|名字)$")
OF_PHONE = re.compile(r"(?:的)?(?:联系)?(?:电话|手机|方式)(?:号码|号|\d)?$")
OWN_FACTS = ("id_number", "sex_code", "age", "birth_date", "ethnicity_code", "marital_code")
"""What a list says of its people; of helpers it seldom says more than a name and a telephone."""
AGENT = re.compile("受托|委托|代理|代办|代领|代缴|监护|联系")
"""Whoever acts for the person: `受托人信息/与申请人关系` makes the applicant no head."""
KIN_NAME = re.compile(r"(?:姓名|名字|人)$")
CODED = re.compile(r"编[号码]|代码")
SHORT = 6
COUPLE = {"女方", "男方"}
CARD = re.compile(r"证(?:件)?编?号码?$")
METER = re.compile(r"水表|电表|气表|表具|表号|用电|用气|用水|电费|水费|气费|表底|灶具|宽带")
ADDRESS = re.compile(r"(?:地址|住址|详址|住所)$")
AT_HOME = "没有别的列是住址，请核对"
PARENT = re.compile(r"孕|产妇|妇女|母亲|父亲|父母|家长|夫妻|夫妇")
CHILD = re.compile(r"新生儿|婴儿|幼儿|儿童|孩子|子女|小孩|宝宝")
NUMBER = re.compile(r"(?:编|序|顺序|排|行|项|流水|登记|条)?(?:号|次|码|列|序)(?:号)?")
DOOR = ("户号", "号", "户", "室", "房", "门", "门号", "室号")


def leaf_of(column: HeaderColumn) -> str:
    """The lowest header, bare."""
    return bare(column.path[-1])


def group_of(column: HeaderColumn) -> str:
    """The header above it, bare; blank where it stands alone."""
    return bare(column.path[-2]) if len(column.path) > 1 else ""


def of_another(column: HeaderColumn) -> Proposal:
    """What a header asks of somebody who is not the one whom the row is about."""
    leaf, remark = f"{group_of(column)}{leaf_of(column)}", remarks(column.path[-1])
    if leaf in words() and 0 < len(remark) <= SHORT:
        leaf = f"{remark}{leaf}"  # 姓名（外文）
    return Proposal(f"other:{leaf}", DOUBTFUL, "本人另有一列")


def first_group(columns: Columns, made: Made, alone: Callable[[HeaderColumn], Proposal]) -> Made:
    """Without a name of its own in a list, the first group with a name and more is its people.

    Of 女方 and 男方 it is whom more is asked of, or the first, and the officer looks.

    Args:
        columns: The list's columns.
        made: One proposal a column.
        alone: What a column is taken for without its neighbours.
    """
    whose = "" if _has(made, "name") else _group_of_people(columns, made)
    whose = whose or _group_most_told_of(columns, made)
    couple = _one_of_a_couple(columns, made)
    whose, sure = (couple, DOUBTFUL) if couple else (whose, LIKELY)
    found = list(made)
    for at, one in enumerate(columns):
        if whose and group_of(one) == whose:
            own = alone(replace(one, path=one.path[-1:]))
            why = f"{own.why}；没有别的列是本人的，“{whose}”就是"
            found[at] = Proposal(own.item, min(own.confidence, sure), why)
    return found


def _one_of_a_couple(columns: Columns, made: Made) -> str:
    """女方 of a list whose only names are under 女方 and 男方: not both are somebody's spouse."""
    groups = [group_of(one) for one in columns]
    named = [groups[at] for at, one in enumerate(made) if one.item == "spouse_name"]
    alone = len(named) == 2 and not _has(made, "name", "head_name")
    return max(named, key=groups.count) if alone and set(named) == COUPLE else ""


def _has(made: Made, *items: str) -> bool:
    return any(one.item in items for one in made)


def _group_of_people(columns: Columns, made: Made) -> str:
    found: dict[str, set[str]] = {}
    for one in columns:
        if len(one.path) > 1:
            known = words().get(leaf_of(one), "")
            found.setdefault(group_of(one), set()).add(known)
    for group, items in found.items():
        strange = HELPERS.search(group) or cut_chinese(group).subject in PERSONS
        if "name" in items and len(items & set(PERSONAL)) > 1 and not strange:
            return group
    if _has(made, *OWN_FACTS, *OWN["head"].values()):
        return ""
    told = {g: len(items & set(OWN_FACTS)) for g, items in found.items() if "name" in items}
    most = max(told.values(), default=0)
    first = [group for group, facts in told.items() if facts == most]
    return first[0] if most and len(first) == 1 else ""


def _group_most_told_of(columns: Columns, made: Made) -> str:
    """`家属` with 性别 and 身份证号, where of the soldier only a name is asked."""
    if _has(made, *OWN_FACTS) or not _has(made, "name"):
        return ""
    found: dict[str, set[str]] = {}
    for one in columns:
        found.setdefault(group_of(one), set()).add(words().get(leaf_of(one), ""))
    told = [
        group
        for group, items in found.items()
        if group and "户主" not in group and "name" in items and len(items & set(OWN_FACTS)) > 1
    ]
    return told[0] if len(told) == 1 else ""


def child_beside(columns: Columns, made: Made) -> Made:
    """What a group 新生儿 asks beside 孕妇姓名 is the child's."""
    names = [leaf_of(columns[at]) for at, one in enumerate(made) if one.item == "name"]
    if not any(PARENT.search(one) for one in names):
        return made
    return [
        of_another(column)
        if one.item in PERSONAL
        and CHILD.search(group_of(column))
        and not PARENT.search(group_of(column))
        else one
        for column, one in zip(columns, made, strict=True)
    ]


def kin_of_another(columns: Columns, made: Made) -> Made:
    """`与申请人关系` right behind `代理人姓名` is the agent's relation, not the resident's."""
    found = list(made)
    for at in range(1, len(made)):
        leaf, before = leaf_of(columns[at]), leaf_of(columns[at - 1])
        behind = made[at - 1].item.startswith("other:") and KIN_NAME.search(before)
        if made[at].item == "relation_code" and "户主" not in leaf and behind:
            found[at] = of_another(columns[at])
    return found


def metered(columns: Columns, made: Made) -> Made:
    """`户号` of a form about meters and bills is the customer's number."""
    if not any(METER.search(leaf_of(one)) for one in columns):
        return made
    return [
        Proposal(f"other:{leaf_of(column)}", DOUBTFUL, "与水、电、气表在一起，是用户编号")
        if one.item == "household_no" and leaf_of(column) == "户号"
        else one
        for column, one in zip(columns, made, strict=True)
    ]


def houses_number(columns: Columns, made: Made) -> Made:
    """`房屋编号` beside the whole address is a register's number, not the door's."""
    return [
        of_another(column)
        if one.item == "room" and CODED.search(leaf_of(column)) and _has(made, "residence_address")
        else one
        for column, one in zip(columns, made, strict=True)
    ]


def dates_of_a_card(columns: Columns, made: Made) -> Made:
    """`签发日期` behind 居住证号 is the card's day, not since when one is of the 流动人口."""
    found, card = list(made), ""
    for at, (column, one) in enumerate(zip(columns, made, strict=True)):
        kind, _, label = one.item.partition(":")
        said = f"{card}{leaf_of(column)}"
        if kind in ("since", "until") and card and label[:2] not in said:
            named = f"other:{card.rstrip('编号码')}{leaf_of(column)}"
            found[at] = Proposal(named, LIKELY, f"“{card}”的日期")
        elif kind not in ("since", "until"):
            card = leaf_of(column) if kind == "other" and CARD.search(leaf_of(column)) else ""
    return found


def at_home(columns: Columns, made: Made) -> Made:
    """Where nothing else says where they live, the first unknown address may be theirs."""
    if _has(made, "residence_address", "hukou_address", "compound", "room"):
        return made
    for at, (column, one) in enumerate(zip(columns, made, strict=True)):
        leaf = leaf_of(column)
        open_to_it = one.item.startswith("other:") and len(column.path) == 1
        if open_to_it and ADDRESS.search(leaf) and not not_this("residence_address", leaf):
            return [*made[:at], Proposal("residence_address", DOUBTFUL, AT_HOME), *made[at + 1 :]]
    return made


def kin_of_the_head(columns: Columns, made: Made) -> Made:
    """Where columns say `与承租人关系` and another name, what is the 承租人's is the head's."""
    head = head_of([leaf_of(one) for one in columns if not AGENT.search(group_of(one))])
    if not head or sum(one.item == "name" for one in made) < 2:
        return made
    heads = OWN["head"]
    return [
        Proposal(heads[one.item], LIKELY, f"“{head}”是户主")
        if one.item in heads and any(bare(part).startswith(head) for part in column.path)
        else one
        for column, one in zip(columns, made, strict=True)
    ]


def only_the_head(_columns: Columns, made: Made) -> Made:
    """A list of households names their heads only: the telephone in it is the head's."""
    if not _has(made, "head_name") or _has(made, "name", "relation_code", "sex_code", "age"):
        return made
    taken = {one.item for one in made}
    return [
        Proposal(OWN["head"][one.item], LIKELY, "表上只有户主的姓名")
        if one.item in OWN["head"] and OWN["head"][one.item] not in taken
        else one
        for one in made
    ]


def numbered_first(columns: Columns, made: Made) -> Made:
    """The first column `编码` or `行次` only numbers the rows."""
    if made and made[0].item.startswith("other:") and NUMBER.fullmatch(leaf_of(columns[0])):
        return [Proposal("seq", LIKELY, "第一列的编号"), *made[1:]]
    return made


def door_beside(columns: Columns, made: Made) -> Made:
    """`户号` beside 楼号 and 单元号 is a door's number, not the police register's."""
    items = [one.item for one in made]
    if "room" in items or "building" not in items or not {"unit", "compound"} & set(items):
        return made
    beside = columns[items.index("unit" if "unit" in items else "building")]
    found = list(made)
    for at, (column, one) in enumerate(zip(columns, made, strict=True)):
        open_to_it = one.item == "household_no" or one.item.startswith("other:")
        if open_to_it and leaf_of(column) in DOOR and column.path[:-1] == beside.path[:-1]:
            found[at] = Proposal("room", LIKELY, "与楼号、单元号在一起")
            break
    return found


def door_alone(columns: Columns, made: Made) -> Made:
    """`门牌号码` with no building and no other address beside it is all of the address."""
    if _has(made, "compound", "building", "unit", "residence_address", "hukou_address"):
        return made
    return [
        Proposal("residence_address", DOUBTFUL, AT_HOME)
        if one.item == "room" and "门牌" in leaf_of(column)
        else one
        for column, one in zip(columns, made, strict=True)
    ]


def about_somebody(columns: Columns, made: Made) -> Made:
    """A list is about somebody: without a column for the name, the first unknown name is theirs."""
    found = list(made)
    if _has(found, "head_name") and not _has(found, *OWN_FACTS):
        return found
    people = _has(found, *OWN_FACTS, "phone")  # a table of counts has none
    for item, fits in (
        ("name", named_person),
        ("name", person_alone),
        ("phone", called),
        ("phone", _their_contact),
    ):
        if _has(found, item) or (fits is person_alone and not people):
            continue
        for at, one in enumerate(found):
            leaf = leaf_of(columns[at])
            open_to_it = one.item.startswith("other:") and len(columns[at].path) == 1
            if open_to_it and fits(leaf) and not _companion(columns, found, at):
                found[at] = Proposal(item, LIKELY, f"列名“{leaf}”：没有别的列是本人的")
                found = _all_of_theirs(columns, found, leaf)
                break
    found = [
        of_another(columns[at]) if one.item == "phone" and _companion(columns, found, at) else one
        for at, one in enumerate(found)
    ]
    return _called_by_the_label(columns, _before_their_facts(columns, found))


def _their_contact(leaf: str) -> bool:
    """`联系人电话`, where no other column is a telephone and none names a 联系人."""
    return OF_PHONE.sub("", leaf) == "联系人" != leaf


def _companion(columns: Columns, made: Made, at: int) -> bool:
    """`带队人电话` beside 带队人, beside the row's own name: a helper of some kind."""
    whose = OF_PHONE.sub("", leaf_of(columns[at]))
    beside = any(
        nth != at
        and OF_NAME.sub("", leaf_of(one)).endswith(whose)
        and made[nth].item.startswith("other:")
        for nth, one in enumerate(columns)
    )
    return bool(whose) and beside and _has(made, "name")


def _all_of_theirs(columns: Columns, made: Made, leaf: str) -> Made:
    """`诉求人姓名` is the row's person, and so are `诉求人身份证号` and `诉求人住址`."""
    whose = OF_NAME.sub("", leaf)
    found = list(made)
    for at, one in enumerate(found):
        theirs = leaf_of(columns[at])
        known = words().get(theirs.removeprefix(whose), "")
        free = one.item.startswith("other:") and len(columns[at].path) == 1
        fits = len(whose) >= 2 and theirs.startswith(whose) and known in PERSONAL
        if free and fits and not _has(found, known):
            found[at] = Proposal(known, LIKELY, f"“{whose}”就是这一行的人")
    return found


def _before_their_facts(columns: Columns, made: Made) -> Made:
    """Without any name, `母亲姓名` or `负责人` right before 身份证号 is whose that is."""
    if _has(made, "name"):
        return made
    facts = [at for at, one in enumerate(made) if one.item in OWN_FACTS and one.confidence > LIKELY]
    if not facts:
        return made
    found = list(made)
    for at in range(max(0, facts[0] - 3), facts[0]):
        leaf, alone = leaf_of(columns[at]), columns[at].path[:-1] == columns[facts[0]].path[:-1]
        person = cut_chinese(OF_NAME.sub("", leaf))
        named = leaf.endswith(("姓名", "名字")) or (person.subject and not person.unknown)
        if alone and named and found[at].item.startswith(("other:", "head_name", "worker_name")):
            found[at] = Proposal("name", DOUBTFUL, f"列名“{leaf}”：没有别的列是姓名，请核对")
            return _all_of_theirs(columns, found, leaf)
    return found


def _called_by_the_label(columns: Columns, made: Made) -> Made:
    """Without any name in a list, the column `志愿者` at its left is the volunteers' names."""
    found = list(made)
    if _has(found, "name"):
        return found
    for at, one in enumerate(found[:4]):
        label = one.item.removeprefix("label:")
        if one.item.startswith("label:") and leaf_of(columns[at]) in (label, f"{label}人"):
            if _has(found, "id_number", "phone", "sex_code"):
                found[at] = Proposal("name", LIKELY, f"列名“{label}”：没有别的列是姓名")
            break
    return found
