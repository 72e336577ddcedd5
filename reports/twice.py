"""Two columns that seem to ask one thing: which is the resident's, and which another person's."""

import re

from reports.items import words
from reports.layout import HeaderColumn
from reports.neighbours import (
    OF_NAME,
    OWN_FACTS,
    Columns,
    Made,
    group_of,
    leaf_of,
    of_another,
)
from reports.persons import PERSONAL
from reports.proposals import DOUBTFUL, SURE, Proposal
from schemas.matching.naming import read_name

LANDLINE = re.compile(r"^(?:固定|座机|住宅|家庭|备用|其他|第二|办公)")
"""Beside a mobile telephone it is another."""
WHOSE = re.compile(
    r"(?!本人|个人|老人|法人|人员)(?:\w{1,5}[人者])(?:的)?(?:姓名|名字|联系|电话|手机|身份证|证件|公民|性别|年龄|住址|地址|家庭住址|户籍)"
)
"""Beside a plain column of the same, it is somebody else's: `受托人电话`."""


def apart(columns: Columns, made: Made) -> Made:
    """Two columns of one item: the longer name keeps its own words, and the officer looks."""
    found = _one_name(columns, made)
    first: dict[str, int] = {}
    for at, one in enumerate(found):
        if one.item in ("seq", "remark") or one.item not in first:
            first.setdefault(one.item, at)
            continue
        before = first[one.item]
        odd = _odd_one(columns, found, before, at)
        if odd is not None:
            found[odd] = of_another(columns[odd])
            first[one.item] = at if odd == before else before
            continue
        same = leaf_of(columns[before]) == leaf_of(columns[at])
        why = f"{one.why}；与另一列相同，请核对"
        found[at] = Proposal(one.item, 0.9 if same else DOUBTFUL, why)
    return found


def _odd_one(columns: Columns, made: Made, before: int, at: int) -> int | None:
    """Which of two columns of one item only looks like it; None where nothing tells."""
    item = made[at].item
    if item in PERSONAL and _of_somebody_else(columns[at], made[before], made[at]):
        return at
    prefixed = [n for n in (before, at) if WHOSE.match(leaf_of(columns[n]))]
    if item in PERSONAL and len(prefixed) == 1:
        return prefixed[0]
    if item == "phone":
        return next((n for n in (at, before) if LANDLINE.match(leaf_of(columns[n]))), None)
    if item == "member_count":
        return max((before, at), key=lambda nth: (len(leaf_of(columns[nth])), nth))
    return None


def _one_name(columns: Columns, made: Made) -> Made:
    """A row has one person: of several names that of whom most is asked, the rest are others'."""
    names = [at for at, one in enumerate(made) if one.item == "name"]
    if len(names) < 2:
        return list(made)
    mine = max(names, key=lambda at: (*_told(columns, made, at), made[at].confidence, -at))
    found = list(made)
    for at in names:
        for nth in [at, *_theirs(columns, at)]:
            own = nth not in names and nth in _theirs(columns, mine) and not _said(columns, at, nth)
            kin = found[nth].item == "relation_code" and "户主" not in leaf_of(columns[nth])
            if at != mine != nth and (found[nth].item in PERSONAL or kin) and not own:
                found[nth] = of_another(columns[nth])
    return found


def _said(columns: Columns, at: int, nth: int) -> bool:
    """Whether a column says that it is of the person whose name another is: `受托人性别`."""
    whose = OF_NAME.sub("", leaf_of(columns[at]))
    return bool(whose) and leaf_of(columns[nth]).startswith(whose)


def _told(columns: Columns, made: Made, at: int) -> tuple[int, bool]:
    """How many facts are asked of the person whose name a column is, and is it a bare 姓名."""
    theirs = set(_theirs(columns, at))
    if not group_of(columns[at]):  # what stands alone is of any name that stands alone
        theirs |= {n for n, one in enumerate(columns) if len(one.path) == 1 and n != at
                   and words().get(leaf_of(one)) in OWN_FACTS}  # fmt: skip
    facts = sum(made[nth].item in OWN_FACTS for nth in theirs)
    return facts, leaf_of(columns[at]) == "姓名"


def _theirs(columns: Columns, at: int) -> list[int]:
    """The other columns of the person whose name this is: of the group, or so called."""
    group, whose = group_of(columns[at]), OF_NAME.sub("", leaf_of(columns[at]))
    return [
        nth
        for nth, one in enumerate(columns)
        if nth != at
        and (one.path[:-1] == columns[at].path[:-1] if group or not whose
             else len(one.path) == 1 and leaf_of(one).startswith(whose))
    ]  # fmt: skip


def _of_somebody_else(column: HeaderColumn, first: Proposal, one: Proposal) -> bool:
    """Beside a column that is surely the person's own: `包案领导电话`, whoever that is."""
    if first.confidence < SURE or one.confidence >= SURE:
        return False
    read = read_name(leaf_of(column))
    return bool(read) and read[0].whose < 1
