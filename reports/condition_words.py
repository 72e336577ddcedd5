"""Conditions in the officer's words: `age >= 60` is 常住，年龄 60 及以上."""

from collections.abc import Iterator, Sequence

from reports.conditions import DATES, NUMBERS, Test, heads_of, parse_population
from reports.items import facts_of_item
from schemas.codes import code_sets

WHOLES = {
    "residents": "常住",
    "registered": "户籍",
    "either": "常住或户籍",
    "everyone": "全部（含已去世、已迁出）",
}
BOUNDS = {">=": " {} 及以上", "<=": " {} 及以下", ">": "超过 {}", "<": "不满 {}"}
DAYS = {">=": "在 {} 及以后", "<=": "在 {} 及以前", ">": "在 {} 以后", "<": "在 {} 以前"}


def in_words(population: str) -> str:
    """Say who belongs to a population.

    Raises:
        ConfigError: a part of it is not understood.
    """
    asked = parse_population(population)
    return "，".join([WHOLES[asked.whole], *_said(asked.tests)])


def tests_in_words(population: str) -> str:
    """Say the conditions alone, without among whom; blank where there is none."""
    return "，".join(_said(parse_population(population).tests))


def _said(tests: Sequence[Test]) -> Iterator[str]:
    """One after the other; two that are the ends of one range as one."""
    left = list(tests)
    while left:
        one = left.pop(0)
        top = next((o for o in left if (one.op, o.op, o.item) == (">=", "<=", one.item)), None)
        if top is None or one.item not in NUMBERS:
            yield _words(one)
            continue
        left.remove(top)
        yield f"{facts_of_item(one.item).title} {one.values[0]} 至 {top.values[0]}"


def _words(test: Test) -> str:
    facts = facts_of_item(test.item)
    if test.item == "labels":
        return ("有标签" if test.op == "has" else "没有标签") + "或".join(test.values)
    values = heads_of(test)
    if facts.code_set is not None:
        names = code_sets()[facts.code_set].codes
        values = tuple(names.get(one, one) for one in values)
    told = "或".join(values)
    if test.op in ("=", "!="):
        spaced = f" {told}" if test.item in (*NUMBERS, *DATES) else told
        return f"{facts.title}{'是' if test.op == '=' else '不是'}{spaced}"
    return facts.title + (DAYS if test.item in DATES else BOUNDS)[test.op].format(told)
