"""A label, grid or compound that nothing names is a mistake in writing, not nobody."""

from collections.abc import Iterable

import duckdb

from hub.errors import ConfigError
from hub.settings import Home
from identity.roster import NAMED, named
from reports.collected import read_collected
from reports.conditions import parse_population
from reports.items import facts_of_item, label_names
from reports.labels import dictionary
from reports.people import OF_LABELS

SHOWN = 12
"""As many of the names that exist are told."""


def refuse_unknown(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    conditions: Iterable[str],
    items: Iterable[str] = (),
) -> None:
    """Refuse conditions and items that name a label or a place which is nowhere known.

    Args:
        home: Its `labels.yaml` and the standard name labels, also such as nobody has.
        connection: The snapshot; what is somewhere in it is known in every scope.
        conditions: Populations, as an officer writes them.
        items: Items such as `label:低保`, `since:低保`.

    Raises:
        ConfigError: a label or a place is not known.
    """
    asked: dict[str, set[str]] = {}
    for test in (test for text in conditions for test in parse_population(text).tests):
        if test.item in NAMED:
            asked.setdefault(test.item, set()).update(test.values)
    split = [one.partition(":") for one in items]
    if labels := {name for kind, _, rest in split if kind in OF_LABELS for name in rest.split("|")}:
        asked.setdefault("labels", set()).update(labels - {""})
    for item, words in asked.items():
        known = named(connection, item)
        if item != "labels":
            _refuse_places(item, words - known, known)
        elif strange := words - known - _labels(home):
            raise ConfigError(
                f"labels: {len(strange)} are not known",
                zh=f"没有叫“{'”“'.join(sorted(strange))}”的标签：labels.yaml 里没有，也没有人有。"
                "请核对写法；确实要用的，先写进 labels.yaml。",
            )


def _labels(home: Home) -> set[str]:
    """The labels that the dictionary, the standard or answers name."""
    answered = {one.partition(":")[2] for one in read_collected(home, {})["item"].unique()}
    return answered | {one.name for one in dictionary(home)} | set(label_names())


def _refuse_places(item: str, strange: set[str], known: set[str]) -> None:
    if not strange:
        return
    title = facts_of_item(item).title
    there = "、".join(sorted(known)[:SHOWN]) + ("……" if len(known) > SHOWN else "")
    raise ConfigError(
        f"{item}: {len(strange)} are not known",
        zh=f"条件里的{title}“{'”“'.join(sorted(strange))}”不存在，谁也选不出来。"
        + (f"现有的{title}：{there}。请核对写法。" if known else f"数据里还没有任何{title}。"),
    )
