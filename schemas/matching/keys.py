"""Which columns recognise a row again at the next pull."""

import re
from collections.abc import Sequence
from itertools import combinations

from hub.reflected import ReflectedTable
from schemas.matching.seen import Seen

WORTH = {"row_id": 3.0, "customer_no": 3.0, "grid_code": 2.8, "card_no": 2.5, "household_no": 2.2}
"""How good a unique column is as a key, by what it is; a person's number only if nothing else."""
LIKELY = 0.4
OF_SEVERAL = re.compile(r"房产|不动产|租赁|购房|银行|开户|deed|lease|bank", re.IGNORECASE)
"""The papers of a house and the account of a family: all who live in it have the same."""
ID = re.compile(r"(?:^|[_.])[iI][dD]$|(?<=[a-z])I[dD]$")
"""A database's or a program's own: `id`, `elder_id`, `elderId`; a spreadsheet has 序号."""


def propose_key(table: ReflectedTable, seen: Sequence[Seen]) -> tuple[tuple[str, ...], str]:
    """The key's columns, none where nothing can be one, and the reason in Chinese."""
    if table.keys:
        return table.keys[0], "表的主键"
    if not any(one.profile.size for one in seen):
        return _unseen(seen)
    return _found(seen)


def _unseen(seen: Sequence[Seen]) -> tuple[tuple[str, ...], str]:
    named = max(seen, key=_by_name)
    if _by_name(named) >= 2:
        return (named.column.name,), "没有数据，按列名；请核对有没有空值和重复"
    return (), "没有数据，看不出主键：请写 key"


def _found(seen: Sequence[Seen]) -> tuple[tuple[str, ...], str]:
    unique = [one for one in seen if one.profile.unique]
    best = max(unique, key=_worth, default=None)
    if best is not None and _worth(best) >= 2:
        return (best.column.name,), "每行都有，没有重复"
    number = next((one for one in unique if _is_good_number(one)), None)
    if number is not None:
        return (number.column.name,), "没有别的编号；证件号码每行都有，没有重复"
    pair = _pair(seen)
    if pair:
        return pair, "两列合起来没有重复"
    if best is not None and _worth(best) >= 1:
        return (best.column.name,), "每行都有，没有重复；请核对以后会不会变"
    return (), "没有哪一列认得出一条记录：请写 key，不写就以全部内容为主键"


def _worth(one: Seen) -> float:
    if one.chance("seq_no") >= LIKELY and one.chance("row_id") < LIKELY:
        return 0.0
    if _counted(one) and not ID.search(one.column.name):  # another number in the next file
        return 0.5
    if OF_SEVERAL.search(f"{one.column.name} {one.column.comment}"):
        return 1.0
    named = _by_name(one)
    if one.chance("row_id") >= LIKELY and one.column.name.lower() == "id":
        named += 0.2
    shaped = 2.4 if one.profile.share("uuid") > 0.9 else 0.0
    other = any(one.chance(n) >= LIKELY for n in ("name", "phone", "id_number", "updated_at"))
    return 0.0 if other else max(named, shaped)


def _counted(one: Seen) -> bool:
    """Whether rows are numbered 1, 2, 3 in their order, as a spreadsheet numbers them."""
    values = one.column.values
    return len(values) >= 3 and list(values) == [str(n) for n in range(1, len(values) + 1)]


def _by_name(one: Seen) -> float:
    """`档案号` may be the row's or a card's: a number of either kind is one."""
    chances = {name: one.chance(name) for name in WORTH}
    likely = [WORTH[name] for name, chance in chances.items() if chance >= LIKELY]
    some = [WORTH[name] for name, chance in chances.items() if chance >= LIKELY / 2]
    return max(likely, default=min(some, default=0.0) if sum(chances.values()) >= LIKELY else 0.0)


def _is_good_number(one: Seen) -> bool:
    """A masked or damaged number is no key."""
    return one.chance("id_number", "self") >= 0.6 and one.profile.valid_ids >= 0.95


def _pair(seen: Sequence[Seen]) -> tuple[str, ...] | None:
    """Two columns that together are unique: a number or code, and what tells its rows apart."""
    first = [s for s in seen if _likely_part(s)]
    for left, right in combinations(first, 2):
        rows = list(zip(left.column.values, right.column.values, strict=False))
        if left.chance("name") >= 0.5 and right.chance("name") >= 0.5:
            continue  # of two spellings of a name neither tells two of one name apart
        if rows and all(a and b for a, b in rows) and len(set(rows)) == len(rows):
            return left.column.name, right.column.name
    return None


def _likely_part(one: Seen) -> bool:
    names = (*WORTH, "id_number", "labels", "person_type", "name", "batch_no")
    return one.profile.size == one.profile.total > 0 and any(one.chance(n) >= 0.5 for n in names)
