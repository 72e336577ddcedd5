"""Tables that hold another's rows once more: a view of it, or a copy that somebody put aside.

Both would be pulled as two platforms' word for the same thing, the copy's years after it was true.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from hub.reflected import ReflectedTable
from schemas.matching.proposal import Refusal, StreamProposal

ASIDE = re.compile(
    r"(?:^|[_.\-])(?:bak|bk|backup|old|tmp|temp|copy|his|hist|history)\d*(?=$|[_.\-])|"
    r"(?:bak|backup)\d*$|备份|副本|临时|作废|旧表",
    re.IGNORECASE,
)
"""Names of copies: `t_ry_bak`, `人员备份`."""
DATED = re.compile(r"[_\-]?(?:19|20)\d{6}$")
"""`t_ry_20240301` is a copy of `t_ry`; without a `t_ry` it may be one of many parts."""
TELLING = ("id_number", "head_id_number", "phone", "name", "head_name", "household_no",
           "grid_code", "residence_address", "address")  # fmt: skip
"""Fields whose values tell one row from another."""
SAME = 0.8  # of the smaller one's values stand in the other
ENOUGH = 5  # different values at least, or nothing is said
LIKE = 0.8  # of a copy's columns are called as the other's


@dataclass(frozen=True)
class Repeats:
    """The streams without repeats, the tables left out, and what only the officer can tell."""

    kept: tuple[StreamProposal, ...]
    left_out: tuple[Refusal, ...]
    notes: tuple[str, ...]


def without_repeats(streams: Sequence[StreamProposal], named: Collection[str] = ()) -> Repeats:
    """Leave out what repeats another; what the officer `named` in full is always kept."""
    kept: list[StreamProposal] = []
    left: list[Refusal] = []
    notes: list[str] = []
    for one in sorted(streams, key=_most_telling):
        asked = one.table.name.lower() in {each.lower() for each in named}
        first = None if asked else next((k for k in kept if _repeats(one, k)), None)
        if first is not None:
            left.append(Refusal(one.table.name, _why(one.table, first.table)))
            continue
        notes += [] if asked else _doubts(one, kept)
        kept.append(one)
    return Repeats(tuple(kept), tuple(left), tuple(notes))


def _most_telling(one: StreamProposal) -> tuple[bool, float, bool]:
    """What was put aside last; a table before a view that says no more."""
    name = one.table.name
    return bool(ASIDE.search(name) or DATED.search(name)), -round(one.worth, 1), one.table.view


def _why(table: ReflectedTable, other: ReflectedTable) -> str:
    copy = _copied(table, other)
    what = f"列与“{other.name}”相同，看表名是备份" if copy else f"与“{other.name}”是同样的记录"
    return f"{what}，没有重复列入；确实要它，请用 --table {table.name} 另拟一个平台文件"


def _repeats(one: StreamProposal, other: StreamProposal) -> bool:
    if one.entity != other.entity:
        return False
    if _copied(one.table, other.table):
        return True
    either = one.table.view or other.table.view
    return either and _fields(one) <= _fields(other) and _same_rows(one, other)


def _doubts(one: StreamProposal, kept: Sequence[StreamProposal]) -> Iterator[str]:
    """A view of whose rows too few were seen to say whether a table has them."""
    for other in kept:
        seen = one.entity == other.entity and one.table.view != other.table.view
        if seen and _fields(one) <= _fields(other) and _shared(one, other):
            view, table = (one, other) if one.table.view else (other, one)
            yield (
                f"视图 {view.table.name} 与表 {table.table.name} 可能是同样的记录："
                "请核对，同样的只留一个数据流。"
            )


def _copied(one: ReflectedTable, other: ReflectedTable) -> bool:
    """Whether one is a copy of the other that was put aside, by its name and its columns."""
    dated = DATED.sub("", one.name).lower() == other.name.lower() and one.name != other.name
    if not dated and not ASIDE.search(one.name):
        return False
    own = {each.name.lower() for each in one.columns}
    return len(own & {each.name.lower() for each in other.columns}) >= LIKE * len(own)


def _fields(one: StreamProposal) -> set[str]:
    return {*one.map, *one.extras} - {"updated_at"}


def _same_rows(one: StreamProposal, other: StreamProposal) -> bool:
    shares = list(_shares(one, other))
    return bool(shares) and min(shares) >= SAME


def _shared(one: StreamProposal, other: StreamProposal) -> bool:
    """Whether a value in five stands in both: first rows of large tables are seldom the same."""
    return max(_shares(one, other), default=0.0) >= 0.2


def _shares(one: StreamProposal, other: StreamProposal) -> Iterator[float]:
    """Of each telling field that both have: how much of the smaller stands in the other."""
    for field in TELLING:
        left, right = _values(one, field), _values(other, field)
        if min(len(left), len(right)) >= ENOUGH:
            yield len(left & right) / min(len(left), len(right))


def _values(one: StreamProposal, field: str) -> set[str]:
    entry = one.map.get(field)
    column = entry.get("from") if isinstance(entry, dict) else entry
    found = next((each for each in one.table.columns if each.name == column), None)
    return {value.strip() for value in found.values if value} if found else set()
