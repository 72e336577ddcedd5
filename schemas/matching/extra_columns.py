"""Columns that no field of the standard takes, but the list of extras: by name, held to content.

A name counts only if it is one of the list's own or of `extra_words.csv`, in the column's comment
or in its name, or the pinyin of one; initials from four letters on, for shorter ones mean too many
things (XX, HB). Whose name, number or telephone it is may be said in any of the usual ways.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import cache

import polars as pl
from pypinyin import Style, lazy_pinyin

from hub.platform_streams import FieldMap
from schemas.extras import extras, read_extras
from schemas.matching.abbreviations import written_out
from schemas.matching.cutting import cut_chinese, cut_latin, tokens_of
from schemas.matching.decide import Decision
from schemas.matching.lexicon import HAN, Word, Words, chinese, latin, rows
from schemas.matching.naming import plain
from schemas.matching.seen import Seen
from schemas.readings import Circumstances

NOTE = re.compile(r"[（(\[【].*?[)）\]】]|[\s/_·:：*.\-]")
AROUND = re.compile(
    r"^\d+(?=[\u4e00-\u9fff])|^现(?=.{3})|(?<=.{3})(?:名称|全称)$|(?<=籍贯)(?:国家|省|市|县|区)+$"
)
"""`13.从业单位名称`, `现工作单位`."""
KIND = re.compile(r"^[A-Za-z]_(?=[A-Za-z]{3})")
"""Of the values, as some write it before the name: `D_LBDRQ`."""
CODE = re.compile(r"(?<=^[A-Z]{4})DM$|(?<=^[A-Z]{5})DM$")
"""`BYZKDM`, though the values are words."""
PATH = re.compile(r"[/.]")
SHORTEST = 4
ENGLISH_NO, NUMBER = re.compile(r"(?<=[a-z])no$"), ("num", "nbr", "number")
READABLE = 0.8
"""So many of the values that are there must be read, or the name says something else."""
LIKELY = 0.25
"""So likely another column may be the person's own name: the officer is asked."""
WHAT = {"name": "姓名", "phone": "电话", "id_number": "证件号码"}
"""What is asked of a person whom the list of extras knows, as its titles end."""


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
    called = next((s.bare for s, d in zip(seen, decisions, strict=True) if d.field == "name"), "")
    own = tokens_of(called)[:-1]
    sure = {d.field for d in decisions if d.active}
    for one, each in zip(decisions, seen, strict=True):
        said = HAN.search(each.column.comment)  # a comment in Chinese is believed before the name
        bare = CODE.sub("", each.bare) if each.profile.share("han") >= READABLE else each.bare
        title = _named(each.column.comment) if said else _of_the_own(bare, own)
        maybe = {one.field, *(other for other, chance in one.others if chance >= LIKELY)}
        asked = maybe & {"name", "id_number"} - sure  # is it `CYXM` or `SQRXM`?
        free = not (one.dropped or asked) and one.column not in used
        if title and free and title not in found and _readable(title, each, today):
            found[title] = one.column
    return found


def _named(text: str) -> str:
    bare = AROUND.sub("", NOTE.sub("", plain(KIND.sub("", text))))
    found = _names().get(bare.upper(), "") or _of_somebody(bare, text)
    *front, leaf = PATH.split(text)
    return found or (_named(leaf) if front and _of_the_person(front[-1]) else "")


def _of_the_own(name: str, own: Sequence[str]) -> str:
    """`chilMother` beside `chilName`: what stands before the person's own name says no more."""
    tokens = tokens_of(name)
    behind = tokens[len(own) :] if own and tokens[: len(own)] == own else []
    return _named(name) or (_named("_".join(behind)) if behind else "")


def _of_the_person(front: str) -> bool:
    """Whether a header above is about the row's own person: `幼儿信息/籍贯`."""
    cut = cut_chinese(front) if HAN.search(front) else cut_latin(tuple(tokens_of(front)))
    return cut.subject is None or (cut.subject == "self" and not cut.unknown)


def _of_somebody(bare: str, text: str) -> str:
    """`lessorPhone`, `MTHR_TEL`, `监护人的联系方式`: whose it is before what it is."""
    if HAN.search(bare):
        return _whose_and_what(bare, chinese())
    tokens = tokens_of(text)
    ways = ["".join(one) for one in (tokens, *written_out(tokens))]
    return next((found for one in ways if (found := _whose_and_what(one, latin()))), "")


def _whose_and_what(whole: str, words: Words) -> str:
    for place in range(1, len(whole) + 1):
        person = _people().get(whole[:place].upper())
        rest = whole[place:].removeprefix("的")
        behind = _what(words.get(rest, ())) if rest else "name"
        if person and behind and f"{person}{WHAT[behind]}" in extras():
            return f"{person}{WHAT[behind]}"
    return ""


def _what(found: Sequence[Word]) -> str:
    return next((one.means for one in found if one.means in WHAT), "")


@cache
def _people() -> dict[str, str]:
    """Every spelling of a person of whom the list asks, upper case, to how its titles begin."""
    found: dict[str, str] = {}
    for row in _rows():
        if row["title"] not in extras():
            words = [*row["words"].split("|"), *row["english"].replace(" ", "").split("|")]
            found |= {way: row["title"] for word in words for way in _ways(word, shortest=2)}
    return {way: title for way, title in found.items() if not _of_staff(way)}


def _of_staff(way: str) -> bool:
    """`CZR` is 操作人 as well as 出租人."""
    return any(one.means == "operator" for one in latin().get(way.lower(), ()))


@cache
def _names() -> dict[str, str]:
    """Every spelling, upper case, to the one extra that it can mean."""
    listed = {title: [title, *one.names] for title, one in extras().items()}
    for row in _rows():
        if row["title"] in listed:
            words = (*row["words"].split("|"), *row["english"].replace(" ", "").split("|"))
            listed[row["title"]] += words
    found: dict[str, set[str]] = {}
    written: dict[str, str] = {}
    for title, names in listed.items():
        written |= {one.upper(): title for one in names if one.isascii() and len(one) > 2}
        names += [f"{one[:-2]}{end}" for one in names if ENGLISH_NO.search(one) for end in NUMBER]
        for spelled in {way for name in names for way in _ways(name, shortest=SHORTEST)}:
            found.setdefault(spelled, set()).add(title)
    return {
        spelled: titles.pop() for spelled, titles in found.items() if len(titles) == 1
    } | written


@cache
def _rows() -> list[dict[str, str]]:
    return rows("extra_words")


def _ways(name: str, *, shortest: int) -> Iterator[str]:
    """The name itself, its pinyin and the initials of it."""
    if not name.isascii():
        yield name
        yield "".join(lazy_pinyin(name)).upper()
        name = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    if len(name) >= shortest:
        yield name.upper()


def _readable(title: str, one: Seen, today: date) -> bool:
    values = pl.DataFrame({"c": pl.Series(one.column.values, dtype=pl.String)})
    about = Circumstances(as_of=today, timezone="Asia/Shanghai")
    maps = {title: (FieldMap.model_validate({"from": "c"}),)}
    held, issues = read_extras(values.with_row_index("#row"), maps, about)
    good = int((held.list.len() > 0).sum())
    return good >= READABLE * (good + issues["#row"].n_unique())
