"""Rows and columns of a table of counts that follow from others: 合计, 小计, 占总人口比例(%)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.counted import counted
from reports.form_file import Line, Sheet
from reports.layout import TOTAL
from reports.texts import bare, squeezed

AMONG = re.compile(r"[(\d.、)一二三四五六七八九十]*其中")
"""What begins so is part of what stands before; `80岁以上其中：女` says itself of what."""
NO_GROUP = re.compile("[%比率]|备注|说明")
"""What is not understood, and no group of people that a sum would lack."""
REST = re.compile(r"(?:其中[:：]?)?(?:其他|其它|其余)(.+)")
OTHERS = re.compile("(?:其中[:：]?)?其[他它余](?:民族|各?族)?(?:人数|人口|人员)?")
CODES = re.compile(r"(\w+_code) (?:=|in) ([\d|]+)")
FIELD = re.compile(r"(\w+_code) (?:!=|in) ")
SHARE = re.compile(r"占(.+?)的?(?:比例|比重|比率|百分比|比)?[(]?%[)]?")


@dataclass(frozen=True)
class _Sum:
    """What stands before 合计 in a row's name; whether it is 小计, whether 总计."""

    group: str
    small: bool
    whole: bool


def is_among(part: str) -> bool:
    """Whether a row or a column is part of the one before it."""
    return AMONG.match(squeezed(part)) is not None


def sums(down: Sequence[Line]) -> dict[str, tuple[Line, ...]]:
    """The rows that each row of sums is about; none where nobody can tell which.

    小计 is about the rows since the sum above it, 合计 about those since the 合计 above it (or
    those below, where the table begins with one), 总计 about all, 甲社区/小计 about 甲社区's.
    What an officer says that a row counts is no sum, nor is a row that stands alone.
    """
    named = [_sum_name(one) for one in down]
    if None not in named:
        return {}
    begun = next((one for one in named if one is None or one.small), None)
    on_top = named[0] is not None and not named[0].small  # 合计 above its rows
    found = {}
    for nth, (line, name) in enumerate(zip(down, named, strict=True)):
        if name is None:
            continue
        above = [n for n in range(nth) if (one := named[n]) and (name.small or not one.small)]
        below = [n for n in range(nth + 1, len(down)) if (one := named[n]) and not one.small]
        rows = down[max(above, default=-1) + 1 : nth]
        if name.group or name.whole:
            rows = down
        elif not name.small and (on_top or not _plain(rows)):
            rows = _plain(down[nth + 1 : min(below, default=None)]) or down
        parts = [
            one for one in _plain(rows)
            if one.header.startswith(name.group) and not is_among(one.header.rsplit("/", 1)[-1])
            and (one.when is not None or not NO_GROUP.search(one.header))
        ]  # fmt: skip
        # 小计 above its rows may be of any of them
        found[line.at] = () if begun and name.small and not name.group else tuple(parts)
    return found


def totals(down: Sequence[Line]) -> list[tuple[Line, ...]]:
    """The rows of each sum that is of no mere part of a table."""
    names = {one.at: _sum_name(one) for one in down}
    return [
        parts for at, parts in sums(down).items()
        if (name := names[at]) and not name.small and not name.group
    ]  # fmt: skip


def _plain(rows: Sequence[Line]) -> list[Line]:
    return [one for one in rows if _sum_name(one) is None]


def _sum_name(line: Line) -> _Sum | None:
    """How a row of sums is called; None for another row."""
    parts = line.header.split("/")
    at = next((nth for nth, one in enumerate(parts) if TOTAL.match(squeezed(one))), None)
    if line.when or at is None:
        return None
    word = squeezed(parts[at])
    return _Sum("/".join(parts[:at]), word.startswith("小计"), word.startswith("总"))


def shares(across: Sequence[Line]) -> dict[str, tuple[Line, Line]]:
    """Of each column of a share, the column before it and the one that it is a share of."""
    found = {}
    for nth, line in enumerate(across):
        *group, name = line.header.split("/")
        told = SHARE.fullmatch(squeezed(name)) if line.when is None else None
        whole = counted((told[1],)) if told else None
        if whole is None or whole.when is None:
            continue
        before = next((o for o in across[:nth][::-1] if not SHARE.search(squeezed(o.header))), None)
        of = next((o for o in across if (o.when, o.count) == (whole.when, whole.count)), None)
        if before is None or of is None or before.when is None or before.at == of.at:
            continue
        if not group or before.header.split("/")[:-1] == group:
            found[line.at] = before, of
    return found


def share(part: float | None, whole: float | None) -> float | None:
    """Per cent, to two places; None of nobody."""
    if part is None or not whole:
        return None
    return (20000 * int(part) + int(whole)) // (2 * int(whole)) / 100


def with_shares(
    across: Sequence[Line], told: Mapping[str, float | None]
) -> dict[str, float | None]:
    """One row's numbers by column, with those that follow from them."""
    made = {at: share(told[one.at], told[of.at]) for at, (one, of) in shares(across).items()}
    return {**told, **made}


def derived(sheet: Sheet) -> dict[str, str]:
    """What is said of each row and column that follows from others, by its place."""
    rows = {
        at: f"{_named(parts)}之和（一人只数一次）"
        for at, parts in sums(sheet.down).items()
        if parts
    }
    return rows | {
        at: f"“{bare(one.header)}”占“{bare(of.header)}”的百分比"
        for at, (one, of) in shares(sheet.across).items()
    }


def _named(parts: Sequence[Line]) -> str:
    first, last = parts[0].header, parts[-1].header
    return f"“{first}”" + (f"至“{last}” {len(parts)} 行" if len(parts) > 1 else "")


def of_the_rest(lines: Sequence[Line]) -> tuple[Line, ...]:
    """`其他少数民族`: whoever of a group is in none of those that are counted beside it."""
    made = []
    for one in lines:
        *above, leaf = one.header.split("/")
        within = [other for other in lines if other.header.split("/")[: len(above)] == above]
        beside = [other.when or "" for other in within if other is not one]
        when = one.when
        level = [o.when or "" for o in within if o is not one and o.header.split("/")[:-1] == above]
        if OTHERS.fullmatch(squeezed(leaf)) and (told := _codes_of(level)):
            when = f"{told[0]} not in {told[1]}"
        elif (rest := REST.match(squeezed(leaf))) and one.when is None:
            group = counted((*above, rest[1])).when
            field = FIELD.search(group or "")
            codes = re.findall(rf"\b{field[1]} = (\d+)", " & ".join(beside)) if field else []
            told_of = "|".join(dict.fromkeys(codes))
            when = f"{group} & {field[1]} not in {told_of}" if field and codes else one.when
        made.append(one.model_copy(update={"when": when}))
    return tuple(made)


def _codes_of(conditions: Sequence[str]) -> tuple[str, str] | None:
    """The field of which two or more lines each count some codes, and all of those codes."""
    told = [CODES.fullmatch(one) for one in conditions if one]
    fields = {one[1] for one in told if one}
    if len(told) < 2 or None in told or len(fields) > 1:
        return None
    codes = "|".join(one[2] for one in told if one).split("|")
    return fields.pop(), "|".join(dict.fromkeys(codes))
