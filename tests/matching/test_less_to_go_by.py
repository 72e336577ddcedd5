"""The same sources told less: names that say nothing, no comments, hardly a value, no table name.

What is then not known may be left to the officer; nothing wrong may be sure.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from hub.reflected import ReflectedTable
from schemas.matching.proposal import propose
from tests.matching.measuring import Judged, judged, sources, table_of
from tests.matching.people import TODAY

HALVES = ("newcomers", "afterwards", "fresh")
ROWS = 40
Change = Callable[[ReflectedTable], ReflectedTable]


def names_that_say_nothing(table: ReflectedTable) -> ReflectedTable:
    """A third of the columns are called `f01`."""
    lot = random.Random(table.name)
    columns = tuple(
        replace(one, name=f"f{at:02}", comment="") if lot.random() < 0.3 else one
        for at, one in enumerate(table.columns)
    )
    return replace(table, columns=columns)


def no_comments(table: ReflectedTable) -> ReflectedTable:
    return replace(table, columns=tuple(replace(one, comment="") for one in table.columns))


def hardly_a_value(table: ReflectedTable) -> ReflectedTable:
    columns = tuple(replace(one, values=one.values[:4]) for one in table.columns)
    return replace(table, columns=columns, rows=4)


def no_table_name(table: ReflectedTable) -> ReflectedTable:
    return replace(table, name="t1", comment="", place=dict.fromkeys(table.place, "t1"))


@cache
def told_less(change: Change) -> list[Judged]:
    found: list[Judged] = []
    for half in HALVES:
        for source in sources(half):
            less = change(table_of(source, rows=ROWS))
            names = [one.name for one in less.columns]
            lines = [one.split("|") for one in source["columns"].strip().splitlines()]
            renamed = [[name, *rest] for name, (_, *rest) in zip(names, lines, strict=True)]
            asked = {**source, "columns": "\n".join("|".join(one) for one in renamed)}
            found += judged(asked, propose(less, today=TODAY))
    return found


@pytest.mark.parametrize(
    "change", [names_that_say_nothing, no_comments, hardly_a_value, no_table_name]
)
def test_nothing_wrong_is_sure(change: Change) -> None:
    found = told_less(change)
    assert len(found) > 300
    assert not [one for one in found if not one.right and one.confidence > 0.9]
    assert sum(one.right for one in found) >= 0.85 * len(found)
