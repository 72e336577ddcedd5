"""When a schedule runs next: the five fields of cron, as platform files write them."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

FIELDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
WRITTEN = re.compile(r"[0-9*/,-]+")
AHEAD = 366  # days; 29 February of 2000 lies in them


def next_run(schedules: Sequence[tuple[str, str]], after: datetime) -> datetime | None:
    """The first time behind `after` that any of them names; None if none does.

    Each is a schedule and its time zone.

    One that is not understood is passed over: no file with it is accepted.
    """
    found = [run for text, zone in schedules if (run := _next(text, after, ZoneInfo(zone)))]
    return min(found, default=None)


def understood(text: str) -> bool:
    """Whether it is a schedule of five fields that names any time at all."""
    return _next(text, datetime(2000, 1, 1, tzinfo=UTC), ZoneInfo("UTC")) is not None


def _next(text: str, after: datetime, zone: ZoneInfo) -> datetime | None:
    parts = text.split()
    if len(parts) != len(FIELDS):
        return None
    try:
        minutes, hours, days, months, weekdays = map(_numbers, parts, FIELDS)
    except ValueError:
        return None
    weekdays = {one % 7 for one in weekdays}
    every_day = parts[2] == "*" or (len(days) == 31 and "*" in parts[4])
    every_weekday = parts[4] == "*" or (len(weekdays) == 7 and "*" in parts[2])
    either = not every_day and not every_weekday  # cron: then one of the two is enough
    start = after.astimezone(zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
    for ahead in range(AHEAD):
        day = (start + timedelta(days=ahead)).date()
        fits = day.day in days, day.isoweekday() % 7 in weekdays
        if day.month not in months or not (any(fits) if either else all(fits)):
            continue
        for hour in sorted(hours):
            for minute in sorted(minutes):
                run = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone)
                if run >= start:
                    return run
    return None


def _numbers(text: str, within: tuple[int, int]) -> set[int]:
    """`*`, `5`, `1-5`, `*/15`, `1,3`: the numbers that it names.

    Raises:
        ValueError: it is none of these, or outside its bounds.
    """
    if not WRITTEN.fullmatch(text):  # int() reads other digits, too
        raise ValueError(text)
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, last = within
        if span != "*":
            low, dash, high = span.partition("-")
            first = int(low)
            last = int(high) if dash else within[1] if step else first
        named = set(range(first, last + 1, int(step or 1)))
        if not named or min(named) < within[0] or max(named) > within[1]:
            raise ValueError(text)
        found |= named
    return found
