"""Which fields an API's rows have and of what kind, from some rows of each page read.

JSON leaves out what is null, so a field that some rows lack is not gone: how often it stands
there is kept with its kinds.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import Protocol, runtime_checkable

from connectors.json_text import JsonRow, fields

OF_A_PAGE = 20
"""Rows of each page that are looked at; the fields of a page are in nearly all of its rows."""
KINDS = {str: "文字", bytes: "数字", bool: "是否", list: "列表"}


@dataclass
class FieldsSeen:
    """Fields by their dotted names, in the order in which they came."""

    rows: int = 0
    missing: frozenset[str] = frozenset()  # wanted, and in none of the first page's rows
    found: Counter[str] = made_by(default_factory=Counter)  # field → rows that have it
    kinds: dict[str, Counter[str]] = made_by(
        default_factory=dict
    )  # of its values; null and {} have none

    def look(self, page: Sequence[JsonRow]) -> None:
        """Take in some rows of a page, spread over it."""
        step = max(1, len(page) // OF_A_PAGE)
        for row in page[::step]:
            self.rows += 1
            for name, value in fields(row):
                self.found[name] += 1
                kinds = self.kinds.setdefault(name, Counter())
                if value is not None and value != {}:
                    kinds[KINDS.get(type(value), "文字")] += 1


@runtime_checkable
class Fielded(Protocol):
    """A connector that can look at what the rows of a stream offer, mapped or not."""

    def fields(self, stream: str) -> FieldsSeen:
        """Of the first rows that the source gives."""
