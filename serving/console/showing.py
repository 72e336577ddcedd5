"""How values are written on a page: in Chinese, in local time, blank for nothing."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from security.masks import HIDDEN
from serving.reading.resident import code_set
from serving.reading.wording import (
    EVENTS,
    OUTCOMES,
    RULES,
    STATES,
    WHO_KEEPS,
    WHY,
    code_name,
    event_reason,
    title,
)

LOCAL = ZoneInfo("Asia/Shanghai")
FOLDER = Path(__file__).parent
NOTHING = "—"


def environment() -> Environment:
    """The templates, with autoescape and an error for every name that is not given."""
    made = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "number": number, "moment": moment, "day": day, "code": coded, "value": value,
        "born": born, "age": age, "title_of": title_of, "cron": cron, "field_title": field_title,
    }  # fmt: skip
    made.globals |= {"RULES": RULES, "WHY": WHY, "EVENTS": EVENTS, "STATES": STATES,
                     "event_reason": event_reason, "WHO_KEEPS": WHO_KEEPS,
                     "OUTCOMES": OUTCOMES}  # fmt: skip
    return made


def title_of(name: str, titles: Mapping[str, str]) -> str:
    """A platform by its Chinese name."""
    return titles.get(name, name)


def field_title(name: str) -> str:
    """A field of the resident, or of a household, by its Chinese name."""
    found = title(name)
    return found if found != name else title(name, "household")


def cron(text: str) -> str:
    """When a schedule runs, in words where it is a plain one."""
    minute, hour, of_month, month, of_week = text.split()
    if not (minute.isdigit() and hour.isdigit() and month == "*"):
        return f"（{text}）"
    at = f"{int(hour):02}:{int(minute):02}"
    match of_month, of_week:
        case "*", "*":
            return f"每天 {at}"
        case "*", one if one.isdigit():
            return f"每周{'日一二三四五六日'[int(one)]} {at}"
        case one, "*" if one.isdigit():
            return f"每月 {one} 日 {at}"
    return f"（{text}）"


def number(given: float | None) -> str:
    """Thousands parted; blank for nothing."""
    return "" if given is None else f"{given:,.1f}".removesuffix(".0")


def moment(given: datetime | str | None) -> str:
    """Day and minute, Beijing time."""
    return given.astimezone(LOCAL).strftime("%Y-%m-%d %H:%M") if isinstance(given, datetime) else (
        given or ""
    )  # fmt: skip


def day(given: date | str | None) -> str:
    """A day; of a time, its day in Beijing. What is masked is left as it is."""
    if isinstance(given, datetime):
        return given.astimezone(LOCAL).strftime("%Y-%m-%d")
    return "" if given is None else str(given)


def coded(given: object, field: str) -> str:
    """A code of a resident's field by its name."""
    return "" if given is None else str(code_name(code_set(field), given) or given)


def value(given: object) -> str:
    """Any value; what may not be shown says so in words."""
    if given is None or given == "":
        return NOTHING
    if given == HIDDEN:
        return "（已隐藏）"
    if isinstance(given, bool):
        return "是" if given else "否"
    return day(given) if isinstance(given, date) else str(given)


def born(row: Mapping[str, Any]) -> str:
    """When somebody was born: the day, else the year, as far as it is shown."""
    if row.get("birth_date") is not None:
        return day(row["birth_date"])
    return f"{row['birth_year']} 年" if row.get("birth_year") is not None else ""


def age(row: Mapping[str, Any]) -> str:
    """Whole years, where the day or year of birth is shown."""
    birth, today = row.get("birth_date"), datetime.now(LOCAL).date()
    if isinstance(birth, date):
        return (
            f"{today.year - birth.year - ((today.month, today.day) < (birth.month, birth.day))} 岁"
        )
    year = row.get("birth_year")
    return f"约 {today.year - year} 岁" if isinstance(year, int) else ""
