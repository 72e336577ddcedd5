"""What is pulled each time, and what counts as deleted, by the columns of a table."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hub.reflected import ReflectedTable
from schemas.matching.options import Option, deleted_when, listed_in
from schemas.matching.profile import day_of
from schemas.matching.seen import Seen

LARGE = 200_000  # rows from which reading everything each time is a burden
WHETHER = re.compile(r"(?i)(?:.*_)?sf[a-z]{2}")
"""是否 and two initials more: 是否注销, 是否在校."""
NOT_YET = re.compile(r"未|否|待|没")
AHEAD = timedelta(days=1)


def deletes_of(seen: Sequence[Seen]) -> tuple[dict[str, Any] | None, str]:
    """The `deletes` setting, if a column says what is gone, and the remark for the officer."""
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
            if sure >= 0.7 and (one.column.comment or not WHETHER.fullmatch(name)):
                why = f"{sure:.2f} {found.why or '删除标志的通常写法'}"
                return {"column": name, "when": when}, why
            return None, f"{name} 像删除标志（{sure:.2f}），请核对后写 deletes"
    return None, ""


def increment_of(
    table: ReflectedTable, seen: Sequence[Seen], *, keyed: bool, deletes: bool
) -> tuple[Any, str]:
    """The `increment` setting, and why."""
    if "table" not in table.place:
        return "snapshot", ""
    found, why = _by_watermark(table, seen, keyed=keyed, deletes=deletes)
    if found != "snapshot":
        return found, why
    return _by_flag(table, seen, why, surely=keyed and (deletes or (table.rows or 0) >= LARGE))


def _by_watermark(
    table: ReflectedTable, seen: Sequence[Seen], *, keyed: bool, deletes: bool
) -> tuple[Any, str]:
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


def _by_flag(
    table: ReflectedTable, seen: Sequence[Seen], why: str, *, surely: bool
) -> tuple[Any, str]:
    """A column that tells which rows were taken, where everything would be read without it."""
    one = max(seen, key=lambda each: each.chance("extract_flag"))
    waiting = _waiting(one) if one.chance("extract_flag") >= 0.6 else []
    if not waiting or table.view:
        return "snapshot", why
    name = one.column.name
    if not surely:
        return "snapshot", f"{why}；{name} 像抽取标志，要按它取请写 increment: {{flag: {name}}}"
    whose = "请与平台方确认它是留给本系统的：别的系统也改它就写 snapshot"
    written = {"column": name, "waiting": waiting}
    return {"flag": written}, f"{name} 像抽取标志，只取等着的行；{whose}"


def _waiting(one: Seen) -> list[str]:
    """The values that say that a row was not taken yet; none where it cannot be known."""
    listed = listed_in(f"{one.column.name} {one.column.comment}")
    told = [code for code, word in listed.items() if NOT_YET.match(word)]
    if told or listed:
        return told
    upper = {value.upper(): value for value in one.profile.counts}
    for not_yet, taken in (("0", "1"), ("N", "Y"), ("否", "是"), ("未抽取", "已抽取")):
        if upper and set(upper) <= {not_yet, taken}:
            return [upper.get(not_yet, not_yet)]
    return []


def _not_a_watermark(mark: Seen, seen: Sequence[Seen]) -> str:
    """Why a column of update times cannot be trusted, or nothing."""
    days, profile = mark.profile.days, mark.profile
    if profile.size < mark.profile.total * 0.95:
        return "有不少空值"
    if not days or not all(_is_time(value) for value in mark.column.values if value):
        return ("有不是时间的值" if days else "的值不是时间") if profile.size else ""
    if max(days) > profile.today + AHEAD:
        return "有将来的时间"
    if profile.constant and profile.total > 20:
        return "所有行都一样"
    created = next((s for s in seen if s.chance("created_at") >= 0.6 and s is not mark), None)
    if created and _before(mark.column.values, created.column.values) > 0.1:
        return "早于创建时间"
    return ""


def _is_time(value: str) -> bool:
    told = value.strip("0-: .")  # neither blank nor MySQL's day of zeros
    return not told or (value.isascii() and day_of(value.strip()) is not None)


def _before(updated: Sequence[str | None], created: Sequence[str | None]) -> float:
    pairs = [(_moment(u), _moment(c)) for u, c in zip(updated, created, strict=False)]
    known = [(u, c) for u, c in pairs if u and c]
    return sum(u < c for u, c in known) / len(known) if known else 0.0


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat((text or "").strip()).replace(tzinfo=None)
    except ValueError:
        return None
