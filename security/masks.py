"""Masks: what may be shown to someone without the right to the clear value.

Pure functions of one text, by kind. A kind is written as the standard's metadata writes it, by
its example. A blank stays blank. A mask keeps enough to tell two people apart at a desk:

    张**                    name: the first character, never how long it is
    510***********1234     number of a document: first three and last four
    138****1234            phone: first three and last four
    1953-**-**             date: the year
    只到楼栋                address: 龙港花园7栋**
    张**|510***********1234 key of a record: names, numbers and telephones in it
    隐藏                    nothing at all
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

HIDDEN = "***"
_NUMBER = r"[0-9A-Za-z〇零一二三四五六七八九十百]+"
_BUILDING = re.compile(rf"{_NUMBER}\s*(?:号楼|栋|幢|座|#)")
_DASHED = re.compile(r"^(\D*[^\W\d_]?)(\d+)(?=\s*[-—–－~至]\s*\d)")
_DOOR = re.compile(rf"(?:路|街|巷|道|段|里|弄|胡同){_NUMBER}\s*(?:附{_NUMBER})?\s*号?")
_VILLAGE = re.compile(rf"村(?:{_NUMBER}\s*(?:组|社|队))?")
_IN_KEYS = re.compile(
    r"(?<!\d)(?:[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx]"
    r"|[1-9]\d{7}(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\d{3}|1[3-9]\d{9})(?![\dXx])"
)
_NAMED = re.compile(r"[\u3400-\u9fff·•]{2,}")
_INSIDE = re.compile(rf"\d|{_NUMBER}(?:单元|室|户|层|楼|号)")


def masked(value: str | None, kind: str | None) -> str | None:
    """Return `value` under the mask of that kind; a blank kind means the field has no mask.

    An unknown kind hides the value: a mistake in the metadata must not show anyone.
    """
    if value is None or value == "" or not kind:
        return value
    return MASKS.get(kind, hidden)(value)


def name(value: str) -> str:
    """Show the first character only; a name of one character is hidden."""
    text = unicodedata.normalize("NFKC", value).strip()
    return f"{text[0]}**" if len(text) > 1 else "**"


def id_number(value: str) -> str:
    """First three and last four of a number of 15 or more; of a shorter one the last two."""
    return _ends(value, 15)


def phone(value: str) -> str:
    """First three and last four of a number of 11 or more; of a shorter one the last two."""
    return _ends(value, 11)


def _ends(value: str, full: int) -> str:
    text = unicodedata.normalize("NFKC", value).strip()
    if len(text) >= full:
        return text[:3] + "*" * (len(text) - 7) + text[-4:]
    shown = 2 if len(text) >= 6 else 0
    return "*" * (len(text) - shown) + text[len(text) - shown :]


def day(value: str) -> str:
    """Show the year of an ISO date; any other writing of a date is hidden."""
    return f"{value[:4]}-**-**" if re.match(r"\d{4}(-|$)", value) else HIDDEN


def address(value: str) -> str:
    """Down to the building, else to the door number of the road, else to the first number."""
    text = unicodedata.normalize("NFKC", value).strip()
    kept = _kept(text)
    return text if kept == len(text) and not _INSIDE.search(text) else f"{text[:kept]}**"


def _kept(text: str) -> int:
    for pattern in (_BUILDING, _DASHED, _DOOR, _VILLAGE):
        if found := pattern.search(text):
            return found.end()
    inside = _INSIDE.search(text)
    return inside.start() if inside else len(text)


def key(value: str) -> str:
    """A record's key where some list has no other than `name|number`; a plain number stays."""
    parts = (name(one) if _NAMED.fullmatch(one) else one for one in value.split("|"))
    return _IN_KEYS.sub(lambda found: _ends(found.group(), 11), "|".join(parts))


def hidden(value: str) -> str:  # noqa: ARG001 (every mask takes the value)
    """Show nothing at all."""
    return HIDDEN


MASKS: Mapping[str, Callable[[str], str]] = {
    "张**": name,
    "510***********1234": id_number,
    "138****1234": phone,
    "1953-**-**": day,
    "张**|510***********1234": key,
    "只到楼栋": address,
    "隐藏": hidden,
}
