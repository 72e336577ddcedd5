"""待采集: what no platform holds and registered forms ask for, each item once a person."""

from functools import lru_cache
from typing import Any

from hub.errors import NotFoundError
from hub.settings import Home
from reports.asking import questions
from reports.form_file import load_forms
from reports.items import facts_of_item
from reports.people import people_of
from security.policy import Access

Row = dict[str, Any]


def to_collect(home: Home, access: Access, snapshot: int) -> list[Row]:
    """Per item: how many persons of the scope miss it, and which forms wait. The most first.

    Counting is over all forms and persons, so a snapshot's answer is kept.
    """
    access.require("forms")
    files = tuple((path.name, path.stat().st_mtime_ns) for path in _files(home))
    scopes = (None,) if access.whole else access.scope
    merged: dict[str, Row] = {}
    for scope in scopes:
        for item, persons, forms in _counted(_Root(home), snapshot, scope, files):
            one = merged.setdefault(item, {"item": facts_of_item(item).title, "persons": 0,
                                           "forms": set()})  # fmt: skip
            one["persons"] += persons
            one["forms"] |= set(forms)
    found = [one | {"forms": sorted(one["forms"])} for one in merged.values()]
    return sorted(found, key=lambda one: -one["persons"])


class _Root:
    """A home, equal to any other object of the same folder."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Root) and other.home.root == self.home.root

    def __hash__(self) -> int:
        return hash(self.home.root)


@lru_cache(maxsize=64)
def _counted(
    root: _Root, _snapshot: int, scope: str | None, _files: tuple[tuple[str, int], ...]
) -> list[tuple[str, int, list[str]]]:
    forms = load_forms(root.home)
    if not forms:
        return []
    try:
        with people_of(root.home, scope) as (people, _):
            found = questions(forms, people)
    except NotFoundError:  # nobody lives in the scope
        return []
    import polars as pl

    grouped = found.group_by("item").agg(
        pl.len().alias("persons"), pl.col("forms").explode().unique().alias("forms")
    )
    return [(one["item"], one["persons"], one["forms"]) for one in grouped.iter_rows(named=True)]


def _files(home: Home) -> list[Any]:
    return sorted((home.root / "forms").glob("*.yaml"))
