"""Columns that no field of the standard takes, but the list of extras: by name, held to content.

A name counts only if it is one of the list's own, in the column's comment or in its name, or the
pinyin of one; initials from four letters on, for shorter ones mean too many things (XX, HB).
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import cache

import polars as pl
from pypinyin import Style, lazy_pinyin

from hub.platform_streams import FieldMap
from schemas.extras import extras, read_extras
from schemas.matching.decide import Decision
from schemas.matching.seen import Seen
from schemas.readings import Circumstances

NOTE = re.compile(r"[（(\[【].*?[)）\]】]|[\s/_·:：*]")
SHORTEST = 4
READABLE = 0.8
"""So many of the values that are there must be read, or the name says something else."""


def extras_of(
    decisions: Sequence[Decision], seen: Sequence[Seen], used: Collection[str], today: date
) -> dict[str, str]:
    """Extra to column, of the columns that are no field; the first of each name counts.

    Args:
        decisions: What each column was taken for.
        seen: The columns with their samples, in the same order.
        used: Columns that fill a field; one of them is no extra besides.
        today: The day of the look.
    """
    found: dict[str, str] = {}
    for one, each in zip(decisions, seen, strict=True):
        title = _named(each.column.comment) or _named(each.column.name)
        free = not one.dropped and one.column not in used
        if title and free and title not in found and _readable(title, each, today):
            found[title] = one.column
    return found


def _named(text: str) -> str:
    plain = NOTE.sub("", text)
    return _names().get(plain.upper(), "")


@cache
def _names() -> dict[str, str]:
    """Every spelling, upper case, to the one extra that it can mean."""
    found: dict[str, set[str]] = {}
    for title, one in extras().items():
        for spelled in {way for name in (title, *one.names) for way in _ways(name)}:
            found.setdefault(spelled, set()).add(title)
    return {spelled: titles.pop() for spelled, titles in found.items() if len(titles) == 1}


def _ways(name: str) -> Iterator[str]:
    """The name itself, its pinyin and the initials of it."""
    if not name.isascii():
        yield name
        yield "".join(lazy_pinyin(name)).upper()
        name = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).upper()
    if len(name) >= SHORTEST:
        yield name


def _readable(title: str, one: Seen, today: date) -> bool:
    values = pl.DataFrame({"c": pl.Series(one.column.values, dtype=pl.String)})
    about = Circumstances(as_of=today, timezone="Asia/Shanghai")
    maps = {title: (FieldMap.model_validate({"from": "c"}),)}
    held, issues = read_extras(values.with_row_index("#row"), maps, about)
    good = int((held.list.len() > 0).sum())
    return good >= READABLE * (good + issues["#row"].n_unique())
