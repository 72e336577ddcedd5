"""What each column of a form asks for: by its words, by what stands above it, by sample rows."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import cache

from reports.amounts import members_counted, paid_for
from reports.composed import by_choices, label_asked, labels_in
from reports.items import by_attribute, facts_of_item, is_held, label_names, words
from reports.layout import HeaderColumn
from reports.neighbours import (
    about_somebody,
    at_home,
    child_beside,
    dates_of_a_card,
    door_alone,
    door_beside,
    first_group,
    houses_number,
    kin_of_another,
    kin_of_the_head,
    metered,
    numbered_first,
    only_the_head,
)
from reports.patterns import by_pattern, not_this
from reports.persons import OWN, PERSONAL, PERSONS, of_the_row
from reports.proposals import DOUBTFUL, LIKELY, SURE, Proposal
from reports.texts import bare, remarks
from reports.twice import apart
from schemas.matching.cutting import cut_chinese
from schemas.matching.judging import Candidate, judge
from schemas.matching.lexicon import is_label
from schemas.matching.naming import read_name
from schemas.matching.profile import profile_of

WHOSE = ("本人", "个人", "户主", "配偶", "父亲", "母亲", "监护人", "网格员", "紧急联系人")
"""Below a header that says what is asked, whose it is."""
SELF = ("self", "hukou", "household", None)
LEAST = 0.45
ONLY_BY_WORDS = ("remark", "seq")
"""Nobody is asked for these, so a mere likeness (`停留事由`) must not make a column one."""
LIVING = "residence_type_code"
SIGNED = re.compile(
    r"(?:签名|签字|签到|签收|手印|签章|盖章|签领|按印|捺印|签认|签署|画押|(?:签字|签名)确认)$"
)
SECTION = re.compile(r"(?:基本|身份|个人|相关|详细)?(?:信息|情况|资料)(?:登记)?$")
EMPTY_GROUP = re.compile(r"(?:个人|人员|本人|居民)?(?:基本|基础|主要)?(?:信息|情况|资料)")
CLAUSE = re.compile(r"[填无若如则请须需按写]")
"""A remark that tells how to fill a column in, not whose it is: `无则填母亲`."""
FORMER = re.compile(r"前[夫妻任配]|原配偶|已故|离异")
YES_NO = re.compile(r"(?:填|选|打)?[“”]?(?:是[/、或]?否|有[/、或]?无|√|打√|打勾|是)[“”]?")
ASKING = re.compile(r"是否|有无|是不是|能否|可否")
CHOSEN = re.compile(r"[/、,，;；|]|\d{1,2}[.\-:：]?(?=[\u4e00-\u9fff])")
OF_HUKOU = re.compile(r"本[区市地村街省社]|外[区市地村街省社]|城镇|农村|农业|非农|居民户口|集体")
TRADE = re.compile(r"工种|岗位|职务|职称")
SORT = re.compile(r"(?:人员|对象|服务对象|身份|享受|保障|人)?(?:身份)?(?:类别|类型|分类|种类)")
"""Of a list about one label, its kind: `人员类别` of veterans, but not `困难类型` of them."""
PLACES = ("compound", "building", "unit", "room", "community_name", "street_name",
          "district_name", "grid_name", "labels")  # fmt: skip
CLEAR = 0.8
"""A place is believed from here without a sample: `配租小区` is not where they live."""
NARROWER = re.compile("重度|重残|轻度|中度|[一二三四1-4]级|分散|集中|严重|在职|群租|瘫痪|流动")
"""Of those with a label only some: who, nobody holds."""
KINDS = ("labels", "labels:低保|低边|特困|孤儿|困境儿童")


def propose(
    columns: Sequence[HeaderColumn], granted: Sequence[str], among: Sequence[str] = ()
) -> list[Proposal]:
    """One proposal a column.

    Args:
        columns: The columns of one list form, in their order.
        granted: The labels of those whom the form is about, which say whose `享受起始时间` it is.
        among: Labels of which each of them has one.
    """

    def alone(column: HeaderColumn) -> Proposal:
        return (
            _by_words(column, granted, among) or _by_choices(column, granted)
            or _two_in_one(column, granted) or _by_reading(column)
        )  # fmt: skip

    made = first_group(columns, [alone(one) for one in columns], alone)
    for looks in (
        numbered_first,
        kin_of_the_head,
        kin_of_another,
        door_beside,
        door_alone,
        metered,
        only_the_head,
        about_somebody,
        child_beside,
        dates_of_a_card,
        houses_number,
        at_home,
        members_counted,
        apart,
    ):
        made = looks(columns, made)
    return paid_for(columns, made, tuple(granted))


def _by_words(
    column: HeaderColumn, granted: Sequence[str], among: Sequence[str] = ()
) -> Proposal | None:
    leaf, groups = _leaf(column), [bare(one) for one in column.path[:-1]]
    if groups and leaf in WHOSE and words().get(groups[-1]) in PERSONAL:
        leaf, groups = f"{leaf}{groups[-1]}", groups[:-1]  # 联系电话/本人
    joined = words().get("".join(g for g in groups if not EMPTY_GROUP.fullmatch(g)) + leaf)
    if joined is not None and groups:
        return Proposal(joined, SURE, f"列名“{column.header}”")
    if SIGNED.search(leaf) or SIGNED.fullmatch(remarks(column.path[-1])):
        return Proposal("remark", SURE, f"列名“{leaf}”：由本人签字")
    whose, said = _subject(groups, "" if leaf in words() else remarks(column.path[-1]))
    if whose not in SELF and not str(words().get(leaf)).startswith("worker_"):
        return _of_another(whose, SECTION.sub("", said), leaf)
    known = words().get(leaf) or by_pattern(leaf, granted)
    if known == "residence_address" and whose == "hukou":
        known = "hukou_address"
    return None if known is None else _settled(known, column, leaf, granted, among)


def _settled(
    known: str,
    column: HeaderColumn,
    leaf: str,
    granted: Sequence[str],
    among: Sequence[str],
) -> Proposal:
    """A known word's item, seen together with its brackets and whom the form is about."""
    if known in (*KINDS, LIVING) and (told := _by_choices(column, granted)) is not None:
        return told
    if known.startswith("labels"):
        choices = labels_in([one for one in CHOSEN.split(remarks(column.path[-1])) if one])
        for said, why in ((choices, "括号里写的标签"), (among, "登记对象有其中一个标签")):
            if said and not set(said) <= set(known.removeprefix("labels:").split("|")):
                return Proposal(f"labels:{'|'.join(said)}", LIKELY, why)
    if known == "hukou_address" and OF_HUKOU.search(remarks(column.path[-1])):
        return Proposal("other:户口性质", LIKELY, "括号里是户口的性质，不是地址")
    if known == "other:户口性质" and by_choices(CHOSEN.split(remarks(column.path[-1]))) == LIVING:
        return Proposal(LIVING, DOUBTFUL, "括号里可选的是居住类型，不是户口的性质")
    if known == "employment_code" and TRADE.search(remarks(column.path[-1])):
        return Proposal("other:工种", LIKELY, "括号里问的是工种、职务，不是就业状况")
    if len(granted) == 1 and known in KINDS and granted[0] not in known and SORT.fullmatch(leaf):
        known = f"detail:{granted[0]}"
    return Proposal(known, SURE, f"列名“{leaf}”")


def _leaf(column: HeaderColumn) -> str:
    """The lowest header, bare; `入党（时间）` is 入党时间, `证号（身份证）` is 身份证号."""
    leaf, remark = bare(column.path[-1]), remarks(column.path[-1])
    if remark and f"{leaf}{remark}" in words():
        return f"{leaf}{remark}"
    if remark.startswith("身份证") and leaf.endswith("号") and leaf not in words():
        return "身份证号"
    if YES_NO.fullmatch(remark) and label_asked(f"是否{leaf}"):
        return f"是否{leaf}"
    return leaf


def _subject(groups: Sequence[str], remark: str) -> tuple[str | None, str]:
    """Whose the columns below these groups are, and the group that says so."""
    for group in reversed(groups):
        if EMPTY_GROUP.fullmatch(group) or of_the_row(group):
            continue
        cut = cut_chinese(SECTION.sub("", group) or group)
        if cut.subject and not cut.others:
            return cut.subject, group
    told = 2 <= len(remark) <= 6 and not CLAUSE.search(remark)
    whose = cut_chinese(remark).subject if told else None
    return (whose, remark) if whose in PERSONS else (None, "")


def _of_another(whose: str | None, said: str, leaf: str) -> Proposal:
    leaf = leaf.removeprefix(said) or leaf  # 配偶情况/配偶姓名
    known = words().get(leaf, leaf)
    held = {} if _of_a_stranger(str(whose), said) else OWN.get(str(whose), {})
    own = known if known in held.values() else held.get(known)  # 户主情况/户主
    if own:
        return Proposal(own, SURE, f"上一级表头“{said}”，列名“{leaf}”")
    title = facts_of_item(known).title if leaf in words() else leaf
    item = words().get(f"{said}{leaf}") or _canonical(f"{said}{title}")
    return Proposal(item, LIKELY, f"上一级表头“{said}”：不是本人的")


def _by_choices(column: HeaderColumn, granted: Sequence[str]) -> Proposal | None:
    """By what one may choose from, in a drop-down or in brackets: `类型（低保户/特困户）`."""
    leaf, remark = bare(column.path[-1]), remarks(column.path[-1])
    parts = column.choices or tuple(CHOSEN.split(remark or leaf.replace("或", "/")))
    item = by_choices([one for one in parts if one])
    if item is None or _subject([bare(one) for one in column.path[:-1]], "")[0] not in SELF:
        return None
    if len(granted) == 1 and item in KINDS and granted[0] not in item:
        item = f"detail:{granted[0]}"
    return Proposal(item, LIKELY, f"可选的是“{'、'.join(parts)}”")


def _two_in_one(column: HeaderColumn, granted: Sequence[str]) -> Proposal | None:
    """`残疾类别及等级`: the first of two things asked for in one cell, and the officer looks."""
    first, second, *_ = (*re.split("[及/]", bare(column.path[-1]), maxsplit=1), "")
    if not first or not second:
        return None
    found = _by_words(replace(column, path=(*column.path[:-1], first)), granted)
    if found is None or not is_held(found.item):
        return None
    return Proposal(found.item, DOUBTFUL, f"一格里问了“{first}”和“{second}”，请核对")


@cache
def _canonical(text: str) -> str:
    """The one name of something that no field of the standard holds."""
    return words().get(text, f"other:{text}")


def _by_reading(column: HeaderColumn) -> Proposal:
    """By the words of the platform's columns, and by the sample rows where there are some."""
    leaf, path = bare(column.path[-1]), "/".join(bare(one) for one in column.path)
    values = tuple(str(one) for one in column.samples)
    profile = profile_of(values, today=date.today())  # ages of samples only
    for one in judge(read_name(path), profile):
        item = _fitting(one, path)
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


def _fitting(one: Candidate, path: str) -> str | None:
    """What is held under a reading; None where the header only looks like it."""
    item = one.attribute if is_label(one.attribute) and one.subject == "self" else None
    item = item or by_attribute().get((one.subject, one.attribute))
    if item in PERSONAL and one.whose < 1 and one.witnesses < 2:
        return None  # somebody or something that nobody knows has one of their own: 犬只年龄
    if item in PLACES and one.confidence < CLEAR and one.witnesses < 2:
        return None
    if ASKING.match(path.rpartition("/")[2]) and not str(item).startswith("label:"):
        return None
    if item == "name" and path.endswith("名称"):
        return None  # of a shop, not of a person
    some = is_label(str(item)) and NARROWER.search(path)
    if some or item in ONLY_BY_WORDS or _of_a_stranger(str(item), path) or not_this(item, path):
        return None
    return item


def _of_a_stranger(item: str, path: str) -> bool:
    """`责任人电话` need not be the grid worker's, `家长` on a list of children not the head."""
    if item.startswith("worker"):
        return "网格" not in path
    if item.startswith("spouse"):
        return bool(FORMER.search(path))
    return item.startswith("head") and ("户" not in path or "单位" in path)
