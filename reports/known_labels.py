"""A label that nobody has and no dictionary names is a mistake in writing, not nobody."""

from collections.abc import Iterable

from hub.errors import ConfigError
from hub.settings import Home
from reports.conditions import parse_population
from reports.items import label_names
from reports.labels import dictionary
from reports.people import OF_LABELS, People


def refuse_unknown_labels(
    home: Home, people: People, conditions: Iterable[str], items: Iterable[str] = ()
) -> None:
    """Refuse conditions and items about labels that are nowhere known.

    Args:
        home: Its `labels.yaml` and the standard name labels, also such as nobody has.
        people: What platforms, rules and answers give them are known too.
        conditions: Populations, as an officer writes them.
        items: Items such as `label:低保`, `since:低保`.

    Raises:
        ConfigError: a label is not known.
    """
    tests = [test for text in conditions for test in parse_population(text).tests]
    asked = {value for test in tests if test.item == "labels" for value in test.values}
    split = [one.partition(":") for one in items]
    asked |= {name for kind, _, rest in split if kind in OF_LABELS for name in rest.split("|")}
    said = {one.partition(":")[2] for one in people.collected["item"].unique()}
    named = {one.name for one in dictionary(home)} | set(label_names())
    strange = sorted(asked - {""} - people.granted - said - named)
    if strange:
        raise ConfigError(
            f"labels: {len(strange)} are not known",
            zh=f"没有叫“{'”“'.join(strange)}”的标签：labels.yaml 里没有，这个范围里也没有人有。"
            "请核对写法；确实要用的，先写进 labels.yaml。",
        )
