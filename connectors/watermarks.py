"""Arithmetic on watermark values that are text: dates, times, epochs, numbers."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

FORMATS = {
    r"\d{4}/\d{1,2}/\d{1,2} \d{1,2}:\d{2}:\d{2}": "%Y/%m/%d %H:%M:%S",
    r"\d{4}/\d{1,2}/\d{1,2}": "%Y/%m/%d",
    r"\d{14}": "%Y%m%d%H%M%S",
    r"\d{8}": "%Y%m%d",
}
ISO = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([+-]\d{2}(:?\d{2})?)?)?"
EPOCH_UNITS = {10: 1, 13: 1000}  # digits of a present-day epoch in seconds, in milliseconds


def minus(value: str, seconds: int) -> str | None:
    """`value` that many seconds earlier, in its own format; None where it is no known format."""
    moment = _moment(value)
    if moment is not None:
        try:
            return _written(moment - timedelta(seconds=seconds), value)
        except OverflowError:
            return None
    if re.fullmatch(r"-?\d+", value):
        return str(int(value) - seconds * EPOCH_UNITS.get(len(value), 1))
    return None


def sorts_as_text(value: str) -> bool:
    """Whether later values of this kind sort behind `value` as text: 99 does not before 100."""
    return _moment(value) is not None or (len(value) in EPOCH_UNITS and value[0] != "0")


def written_like(moment: datetime, like: str) -> str | None:
    """`moment` in the format of the watermark `like`; None where that is no known format of time.

    `moment` is in the platform's zone; a watermark without a zone gets none.
    """
    known = _moment(like)
    if known is not None:
        return _written(moment if known.tzinfo else moment.replace(tzinfo=None), like)
    unit = EPOCH_UNITS.get(len(like))
    return str(int(moment.timestamp()) * unit) if unit and like.isdecimal() else None


def capped(value: str, timezone: str) -> str:
    """`value`, or the present where it lies in the future.

    One row dated 2099 would otherwise hide every later change for good.
    """
    now = datetime.now(ZoneInfo(timezone))
    moment = _moment(value)
    if moment is not None:
        present = now if moment.tzinfo else now.replace(tzinfo=None)
        return _written(present, value) if moment > present else value
    unit = EPOCH_UNITS.get(len(value))
    if unit and value.isdecimal():
        return str(min(int(value), int(now.timestamp()) * unit))
    return value


def _moment(value: str) -> datetime | None:
    try:
        if re.fullmatch(ISO, value):
            return datetime.fromisoformat(value)
        for pattern, written in FORMATS.items():
            if re.fullmatch(pattern, value):
                return datetime.strptime(value, written)
    except ValueError:
        return None
    return None


def _written(moment: datetime, like: str) -> str:
    """`moment` in the format of `like`, rounded down."""
    for pattern, written in FORMATS.items():
        if re.fullmatch(pattern, like):
            return moment.strftime(written)
    if len(like) == len("2024-01-01"):
        return moment.date().isoformat()
    return moment.isoformat(sep="T" if "T" in like else " ")
