"""Who is meant: `residents`, `registered`, or conditions joined by `&`, as an officer writes them.

    label:低保                    has the label            label:低保|低边     has one of them
    age >= 80                     residence_type_code = 3  residence_type_code in 4|5
    grid_code = 510108019006001   no label:低保            has not the label
    detail:残疾 = 61              of that kind of it

An unknown field, word or operator is refused, never ignored.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import polars as pl

from hub.errors import ConfigError
from reports.items import facts_of_item, is_item
from schemas.codes import code_sets, inputs_of, spelling

WHOLE = ("residents", "registered", "either", "everyone")
"""常住, 户籍, who is one of them, and everybody known, also those who died or left."""
COMPARED = re.compile(r"([a-z_]+|detail:\w+)\s*(>=|<=|!=|=|>|<)\s*(\S+)")
LISTED = re.compile(r"([a-z_]+|detail:\w+)\s+(in|not in)\s+(\S+)")
LABEL = re.compile(r"(no\s+)?label:(\S+)")
BOUNDS = {("age", ">="): "age_least", ("age", ">"): "age_least",
          ("age", "<="): "age_most", ("age", "<"): "age_most"}  # fmt: skip
"""Who is known by the year of birth only fulfils what holds at either age."""
NUMBERS = ("age", "birth_year", "member_count", "household_youngest")
DATES = ("birth_date", "died_on", "left_on")
GONE = ("died_on", "left_on")
BY_CODE = {
    "community_name": "community_code = 510108019006",
    "street_name": "--scope 510108019",
    "district_name": "--scope 510108",
}
"""Names that are no column of a roster, and what to write instead."""
GROUPED = ("marital_code", "education_code", "relation_code")
"""Their codes that end in 0 stand for all that begin alike: 20 已婚 is 21 初婚 and 22 再婚 too."""


@dataclass(frozen=True)
class Test:
    """One condition: `op` is =, !=, <, <=, >, >=, has, has not; any of `values` will do."""

    item: str
    op: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Population:
    """Among whom, and under which conditions, all of which hold."""

    whole: str = "residents"
    tests: tuple[Test, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that somebody of this population has for certain."""
        return tuple(
            one.values[0] for one in self.tests if one.op == "has" and len(one.values) == 1
        )

    @property
    def one_of(self) -> tuple[str, ...]:
        """The labels of which everybody of this population has at least one."""
        several = (one.values for one in self.tests if one.op == "has" and len(one.values) > 1)
        return next(several, ())

    @property
    def items(self) -> frozenset[str]:
        """What must be known of a person to say whether they belong to it."""
        return frozenset(one.item for one in self.tests)


@cache
def parse_population(text: str) -> Population:
    """Read what an officer wrote.

    Raises:
        ConfigError: a part of it is not understood.
    """
    parts = [one.strip() for one in text.split("&")]
    wholes = dict.fromkeys(one for one in parts if one in WHOLE)
    if len(wholes) > 1:
        raise ConfigError(
            f"condition {text!r} is about two wholes",
            zh=f"条件“{text}”里 {'、'.join(wholes)} 只能写一个：residents 常住、"
            "registered 户籍、either 常住或户籍、everyone 全部。",
        )
    tests = tuple(_test(one) for one in parts if one and one not in WHOLE)
    return Population(next(iter(wholes), "residents"), tests)


def meant(text: str) -> str:
    """Give back what an officer wrote of whom a form or an extract is about.

    Raises:
        ConfigError: a part of it is not understood, or nobody could ever be meant.
    """
    asked = parse_population(text)
    gone = sorted(asked.items & set(GONE))
    if gone and asked.whole != "everyone":
        raise ConfigError(
            f"condition {text!r}: {gone[0]} of those who are still here",
            zh=f"条件“{text}”谁也选不出来：常住、户籍里没有已去世、已迁出的人，"
            f"问{facts_of_item(gone[0]).title}请写 everyone & {text}。",
        )
    return text


def _test(part: str) -> Test:
    if (found := LABEL.fullmatch(part)) and (labels := _many(found[2])):
        return Test("labels", "has not" if found[1] else "has", labels)
    found = LISTED.fullmatch(part) or COMPARED.fullmatch(part)
    known = found and is_item(found[1]) and found[1] not in ("labels", "seq", "remark")
    if known and found and ":" in found[1]:
        known = facts_of_item(found[1]).code_set is not None  # detail:残疾, and no other kind
    if found is None or not known or not _many(found[3]):
        raise ConfigError(
            f"condition {part!r} is not understood",
            zh=f"看不懂条件“{part}”：写成 label:低保、age >= 60、residence_type_code in 4|5 这样，"
            "几个条件用 & 连接；字段名见数据字典。",
        )
    item, op, values = found[1], found[2], _many(found[3])
    if item in BY_CODE:
        raise ConfigError(
            f"condition: {item} is told by its code",
            zh=f"条件“{part}”：{facts_of_item(item).title}按代码写，例如 {BY_CODE[item]}。",
        )
    op = {"in": "=", "not in": "!="}.get(op, op)
    if op not in ("=", "!=") and (len(values) > 1 or facts_of_item(item).kind == "text"):
        raise ConfigError(
            f"condition {part!r}: {op} wants one number, day or code",
            zh=f"条件“{part}”：{op} 后面只能写一个数、日期或代码；几个值里有一个就算的，写 in。",
        )
    each = (_value(item, one) for one in values)
    return Test(
        item, op, tuple(dict.fromkeys(code for one in each for code in kinds_of(item, one)))
    )


def _many(text: str) -> tuple[str, ...]:
    return tuple(one for one in text.split("|") if one)


def _value(item: str, text: str) -> str:
    """A code by its number or its word; a number or a date as it must look."""
    code_set = facts_of_item(item).code_set
    if code_set is not None:
        code = inputs_of(code_set).get(spelling(text))
        if code is not None:
            return code
    fits = (
        text in code_sets()[code_set].codes
        if code_set is not None
        else re.fullmatch(r"-?\d+", text)
        if item in NUMBERS
        else _is_day(text)
        if item in DATES
        else True
    )
    if not fits:
        raise ConfigError(
            f"condition: a value of {item} is not understood",
            zh=f"条件里 {item} 的值“{text}”看不懂：代码写代码或名称，日期写成 2026-01-31。",
        )
    return text


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def kinds_of(item: str, code: str) -> tuple[str, ...]:
    """The code, and those that it is the head of."""
    if item not in GROUPED or len(code) != 2 or code[1] != "0":
        return (code,)
    known = code_sets()[str(facts_of_item(item).code_set)].codes
    return (code, *(one for one in known if one[0] == code[0] and one != code))


def heads_of(test: Test) -> tuple[str, ...]:
    """The values of a test as they were written: without those that another one is the head of."""
    if test.item not in GROUPED:
        return test.values
    return tuple(one for one in test.values if one[1:] == "0" or f"{one[:1]}0" not in test.values)


def chosen(frame: pl.DataFrame, population: Population) -> pl.DataFrame:
    """The rows of a roster that belong to a population."""
    return frame.filter(within(population.whole), *map(expression, population.tests))


def within(whole: str) -> pl.Expr:
    """常住: lives here; 户籍: registered here and alive and not gone."""
    if whole == "everyone":
        return pl.lit(value=True)
    if whole == "either":
        return within("residents") | within("registered")
    if whole == "registered":
        stays = pl.col("died_on").is_null() & pl.col("left_on").is_null()
        return pl.col("residence_type_code").is_in(["1", "2"]).fill_null(value=False) & stays
    return pl.col("lives_here")


def expression(test: Test) -> pl.Expr:
    """A test on a roster; what is not known fulfils nothing."""
    if test.item == "labels":
        mine = pl.col("labels").list.eval(pl.element().struct.field("label"))
        has = mine.list.set_intersection(pl.lit(list(test.values))).list.len() > 0
        has = has.fill_null(value=False)
        return has if test.op == "has" else ~has
    return _compared(test, BOUNDS.get((test.item, test.op), test.item)).fill_null(value=False)


def possible(test: Test) -> pl.Expr:
    """The same, but what is not known could be anything that fulfils it."""
    if test.item == "labels":
        return expression(test)
    bound = BOUNDS.get((test.item, test.op), test.item)
    other = {"age_least": "age_most", "age_most": "age_least"}.get(bound, bound)
    could = _compared(test, other).fill_null(value=True)
    if test.item == "household_youngest" and test.op in (">", ">="):  # nobody is younger than it
        return could & possible(Test("age", test.op, test.values))
    return could


def _compared(test: Test, name: str) -> pl.Expr:
    column = pl.col(name)
    if test.item not in NUMBERS:
        column = column.cast(pl.String)
        values: Sequence[str | int] = test.values
    else:
        values = [int(one) for one in test.values]
    first = pl.lit(values[0])
    return {
        "=": column.is_in(list(values)),
        "!=": ~column.is_in(list(values)),
        ">=": column >= first,
        "<=": column <= first,
        ">": column > first,
        "<": column < first,
    }[test.op]
