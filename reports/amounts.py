"""Columns that ask how many or how much: of a household's members, of which benefit."""

import re

from reports.neighbours import Columns, Made, group_of, leaf_of
from reports.patterns import BENEFITS
from reports.proposals import DOUBTFUL, LIKELY, Proposal
from reports.texts import remarks

MONEY = "other:保障金额"
OF_RELIEF = re.compile("保障|救助|低保|特困")
PAYS = re.compile("补贴|津贴|补助|发放|金额")
SPAN = re.compile("(?:起始|开始|截止|终止|到期|停发|发放)+(?:时间|日期|年月|日)")
MEMBERS = re.compile(r"人口|人数|人员数|成员数")


def members_counted(columns: Columns, made: Made) -> Made:
    """`其中：党员` behind 家庭人口 and `党员（人）` ask how many, not whether."""
    found = list(made)
    counted, alone = False, _has(made, "head_name") and not _has(made, "name")
    for at, (column, one) in enumerate(zip(columns, made, strict=True)):
        leaf, among = leaf_of(column), group_of(column).endswith("其中")
        how_many = remarks(column.path[-1]) in ("人", "名", "个", "人数") or (among and counted)
        if one.item.startswith("label:") and (how_many or (alone and MEMBERS.search(leaf))):
            item = f"other:家庭{leaf.removesuffix('人数')}人数"
            found[at] = Proposal(item, DOUBTFUL, f"问的是户内有几个“{leaf}”，不是有没有")
        counted |= not among and bool(MEMBERS.search(leaf))
    return found


def paid_for(columns: Columns, made: Made, granted: tuple[str, ...]) -> Made:
    """Money and days of a list about 残疾 or an age are not those of somebody's 低保."""
    relief = {*granted} & {*BENEFITS}
    pays = any(PAYS.search(leaf_of(one)) for one in columns)
    found = list(made)
    for at, (column, one) in enumerate(zip(columns, made, strict=True)):
        leaf, (kind, _, label) = leaf_of(column), one.item.partition(":")
        days = kind in ("since", "until") and {label} == {*granted} and SPAN.fullmatch(leaf)
        money = one.item == MONEY and not OF_RELIEF.search(leaf)
        if relief and one.item == "member_count" and "保障" in leaf:
            found[at] = Proposal("other:保障人口", LIKELY, "享受保障的人数，不一定是全家")
        elif not relief and (money or (days and pays)):
            whose = "、".join(granted)
            found[at] = Proposal(f"other:{whose}{leaf}", LIKELY, "这张表的补贴，不是低保、特困的")
    return found


def _has(made: Made, *items: str) -> bool:
    return any(one.item in items for one in made)
