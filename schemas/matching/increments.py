"""What is pulled each time, and what counts as deleted, by the columns of a table."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hub.reflected import ReflectedTable
from schemas.matching.options import Option, deleted_when
from schemas.matching.seen import Seen

LARGE = 200_000  # rows from which reading everything each time is a burden
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
            if sure >= 0.7:
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
    days, profile = mark.profile.days, mark.profile
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


def _before(updated: Sequence[str | None], created: Sequence[str | None]) -> float:
    pairs = [(_moment(u), _moment(c)) for u, c in zip(updated, created, strict=False)]
    known = [(u, c) for u, c in pairs if u and c]
    return sum(u < c for u, c in known) / len(known) if known else 0.0


def _moment(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat((text or "").strip()).replace(tzinfo=None)
    except ValueError:
        return None
