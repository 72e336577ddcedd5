"""Rows of a table of counts that name a grid, a community or a compound: which of ours is meant."""

import re
from collections.abc import Sequence
from functools import cache

import polars as pl

from reports.conditions import parse_population
from reports.form_file import ROW_TITLES, Line, Sheet
from reports.people import People
from reports.texts import squeezed
from schemas.numerals import NUMERAL, arabic

NAMED = {"grid_name": "grid_code", "community_code": "community_code", "compound": "compound"}
"""What a row's condition may give a name of, and the column that has the code of it."""
NUMBER = re.compile(rf"(?<![\d{NUMERAL}])第?([{NUMERAL}]+|\d+)号?(?=网格|$)")
ENDING = re.compile(r"(?:网格|社区居委会|居民委员会|社区|小区)$")
BEFORE = re.compile(r"^.*(?:社区|街道|居委会)(?=.)")
"""The community before a grid's name."""


def named_place(line: Line) -> tuple[str, str] | None:
    """The column whose code a row names by its title, and that name; None: it names none."""
    tests = parse_population(line.when or "").tests
    if len(tests) != 1 or tests[0].op != "=" or tests[0].item not in NAMED:
        return None
    name = tests[0].values[0]
    coded = tests[0].item == "community_code" and name.isdigit()
    return None if coded else (NAMED[tests[0].item], name)


def placed(lines: Sequence[Line], people: People) -> list[Line]:
    """The rows with codes for names; what no one place is called has no `when`."""
    return [
        line if (named := named_place(line)) is None
        else line.model_copy(update={"when": _condition(*named, people)})
        for line in lines
    ]  # fmt: skip


def sheet_place(sheet: Sheet, people: People) -> str | None:
    """Whom a sheet is about, with a code for a grid's name; None: no one grid is called so."""
    return placed([Line(at="1", header=sheet.sheet, when=sheet.when)], people)[0].when


def unknown_places(lines: Sequence[Line], people: People) -> list[str]:
    """The rows whose name none, or more than one, of the places of these people has."""
    found = placed(lines, people)
    return [
        line.header for line, now in zip(lines, found, strict=True)
        if now.when is None and line.when is not None
    ]  # fmt: skip


def _condition(code: str, name: str, people: People) -> str | None:
    known = pl.DataFrame([
        people.frame[code].alias("code"), people.value(ROW_TITLES[code]).alias("name"),
        people.value("community_name").alias("within"),
        people.frame["community_code"].alias("community"),
    ]).drop_nulls(["code", "name"]).unique()  # fmt: skip
    rows = list(known.select("code", "name", "within").iter_rows())
    codes = {held for held, called, _ in rows if called == name} or {
        held for held, called, _ in rows if plain_name(called) == plain_name(name)
    }
    before = BEFORE.match(squeezed(name))
    if not codes and before and code != "community_code":
        own = plain_name(_within(name))
        unnamed = known["within"].null_count() == known.height
        here = unnamed and known["community"].n_unique() == 1
        codes = {
            held
            for held, called, within in rows
            if plain_name(_within(called)) == own
            and (here or plain_name(before[0]).endswith(plain_name(within or "/")))
        }
    if not codes and not before:  # 第一网格 for the 甲社区第一网格 that is held
        own = plain_name(name)
        codes = {held for held, called, _ in rows if plain_name(_within(called)) == own}
    return f"{code} = {codes.pop()}" if len(codes) == 1 else None


def _within(name: str) -> str:
    """A name without the community before it."""
    return BEFORE.sub("", squeezed(name))


@cache
def plain_name(text: str) -> str:
    """`第一网格`, `1号网格` and `01网格` are one name; so are `幸福里` and `幸福里网格`."""
    told = NUMBER.sub(lambda found: _number(found[1]), squeezed(text))
    return ENDING.sub("", told) or told


def _number(numeral: str) -> str:
    return str(pl.select(arabic(pl.lit(numeral))).item())
