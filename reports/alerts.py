"""Alerts: named, versioned rules, each a dated list of whom or what somebody must look at.

A rule looks at one snapshot on one day; the same snapshot and day give the same list. A rule that
is changed gets another version, so that a list says under which it was made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb

from hub.errors import ConfigError
from hub.platform import Platform
from hub.settings import Home
from ledger import open_ledger
from reports.condition_words import in_words, tests_in_words
from reports.labels import dictionary, label_checks
from reports.people import ZONE
from warehouse.labels import contradicting
from warehouse.watched import Found, born_on_months_day, dead_with, left_since, twice

RECENT = timedelta(days=90)


@dataclass(frozen=True)
class Alert:
    """One line of a list: a resident, or a platform. Carries no personal value."""

    rule: str
    version: int
    day: date | None  # of what happened; None: nobody said when
    resident_id: str | None
    platform: str | None
    detail: str


@dataclass(frozen=True)
class Watch:
    """What a rule may look at: a snapshot, its day, the home, when platforms last answered."""

    home: Home
    connection: duckdb.DuckDBPyConnection
    day: date
    platforms: Mapping[str, Platform]
    answered: Mapping[str, datetime]
    now: datetime


@dataclass(frozen=True)
class Rule:
    """A named rule; `says` it in the officer's words."""

    name: str
    version: int
    says: str
    find: Callable[[Watch], Iterable[Alert]]


def alerts(watch: Watch, only: Sequence[str] = ()) -> list[Alert]:
    """Every alert of these rules, or of all, rule by rule, the oldest first.

    Raises:
        ConfigError: no rule is called so.
    """
    strange = [one for one in only if one not in RULES]
    if strange:
        raise ConfigError(
            f"alerts: no rule {strange[0]!r}",
            zh=f"没有叫“{strange[0]}”的提醒：可以写 {'、'.join(RULES)}。",
        )
    chosen = [RULES[one] for one in only] or list(RULES.values())
    return [one for rule in chosen for one in rule.find(watch)]


def watch_now(home: Home, connection: duckdb.DuckDBPyConnection, day: date) -> Watch:
    """Gather what rules look at: the snapshot that is open, and when each platform last answered.

    Args:
        home: The hub home.
        connection: An open snapshot.
        day: The day it is of (`People.today`).
    """
    ledger = open_ledger(home.data / "ledger.sqlite")
    try:
        answered = ledger.last_success()
    finally:
        ledger.close()
    platforms, _ = home.read_platforms()
    return Watch(home, connection, day, platforms, answered, datetime.now(UTC))


def _people(name: str, version: int, found: Found) -> list[Alert]:
    return [Alert(name, version, day, who, None, detail) for who, day, detail in found]


def _turns_80(watch: Watch) -> list[Alert]:
    return _people("turns_80", 1, born_on_months_day(watch.connection, watch.day, 80))


def _moved_out(watch: Watch) -> list[Alert]:
    found = left_since(watch.connection, watch.day - RECENT, watch.day)
    return _people("moved_out", 1, found)


def _died_with_benefit(watch: Watch) -> list[Alert]:
    labels = [one.name for one in dictionary(watch.home) if one.benefit]
    found = dead_with(watch.connection, labels, watch.day, _titles(watch))
    return _people("died_with_benefit", 1, found)


def _benefit_twice(watch: Watch) -> list[Alert]:
    groups: dict[str, list[str]] = {}
    for one in dictionary(watch.home):
        if one.benefit:
            groups.setdefault(one.benefit, []).append(one.name)
    found = twice(watch.connection, list(groups.items()), watch.day, _titles(watch))
    return _people("benefit_twice", 1, found)


def _titles(watch: Watch) -> dict[str, str]:
    return {name: one.title for name, one in watch.platforms.items()}


def _label_without_basis(watch: Watch) -> list[Alert]:
    """`version` is the label's own: its `check` is the rule."""
    return [
        Alert("label_without_basis", rule.version, watch.day, who, platform,
              f"{rule.label}：不符合“{tests_in_words(rule.text) or in_words(rule.text)}”")
        for rule in label_checks(watch.home)
        for who, platform, _, _ in contradicting(watch.connection, rule, watch.day)
    ]  # fmt: skip


def _platform_silent(watch: Watch) -> list[Alert]:
    found = []
    for name, platform in watch.platforms.items():
        last = watch.answered.get(name)
        if last is None:
            found.append(Alert("platform_silent", 1, None, None, name, "从来没有取到过"))
            continue
        silent = watch.now - last
        if silent > timedelta(seconds=platform.fresh_within):
            asked = timedelta(seconds=platform.fresh_within)
            told = f"已{_span(silent)}没有取到，约定是{_span(asked)}"
            found.append(
                Alert("platform_silent", 1, last.astimezone(ZONE).date(), None, name, told)
            )
    return found


def _span(length: timedelta) -> str:
    minutes = int(length.total_seconds() // 60)
    if minutes < 120:
        return f" {minutes} 分钟"
    return f" {minutes // 1440} 天" if minutes >= 2880 else f" {minutes // 60} 小时"


RULES: Mapping[str, Rule] = {
    one.name: one
    for one in (
        Rule("turns_80", 1, "本月满 80 岁", _turns_80),
        Rule("moved_out", 1, "90 天内迁出", _moved_out),
        Rule("died_with_benefit", 1, "已去世，仍在享受待遇", _died_with_benefit),
        Rule("benefit_twice", 1, "同一待遇重复享受", _benefit_twice),
        Rule("label_without_basis", 1, "有标签，条件不符", _label_without_basis),
        Rule("platform_silent", 1, "平台久未更新", _platform_silent),
    )
}
