"""Rows of JSON objects as text columns: made column by column, row by row is far slower."""

import re
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import pyarrow as pa

from connectors.chunk import text_schema
from connectors.json_text import ABSENT, JsonRow, as_text, at, drop, paths

FEW_ROWS = 500
"""As many rows are best parsed before they become columns: with more objects alive, Python's
collector of garbage goes through all of them again and again."""
HALVES = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs are no characters; the rest of such a text is worth keeping."""


def table_of(rows: list[JsonRow], columns: Sequence[str]) -> pa.Table:
    """The wanted columns as text; `owner.phone` looks inside `owner` unless a key is called so."""
    return pa.table([_column(rows, name) for name in columns], schema=text_schema(columns))


def _column(rows: list[JsonRow], name: str) -> pa.Array:
    values = _values(rows, name)
    try:
        return pa.array(values, pa.string())  # texts, numbers as they stood, nulls
    except (pa.ArrowTypeError, UnicodeEncodeError):
        return pa.array(map(_text, values), pa.string())


def _values(rows: list[JsonRow], name: str) -> list[Any]:
    try:
        return _straight(rows, name)
    except (KeyError, TypeError):  # some rows leave it out, or have no object on the way
        if "." not in name:
            return [row.get(name) for row in rows]
        return [None if (found := at(row, name)) is ABSENT else found for row in rows]


def _straight(rows: list[Any], path: str) -> list[Any]:
    """The values if every row has them at the same place.

    Raises:
        KeyError: they are not, or there may be two places.
        TypeError: something on the way is no object.
    """
    first, _, rest = path.partition(".")
    if not rest:
        return list(map(itemgetter(path), rows))
    if any(path in row for row in rows):
        raise KeyError(path)
    return _straight(list(map(itemgetter(first), rows)), rest)


def _text(value: object) -> str | None:
    text = as_text(value)
    return text and HALVES.sub("\ufffd", text)


def missing_columns(rows: list[JsonRow], columns: Sequence[str]) -> list[str]:
    """Columns that no row has; below an object that is null everywhere nothing can be said."""
    if not rows:
        return []
    return [name for name in columns if all(at(row, name) is ABSENT for row in rows)]


def names_of(rows: list[JsonRow]) -> list[str]:
    """Every column that the rows offer, objects opened as `owner.phone`."""
    found: dict[str, None] = {}
    for row in rows:
        found |= dict.fromkeys(paths(row))
    objects = {name.rpartition(".")[0] for name in found}
    return [name for name in found if name not in objects]


def drop_all(rows: list[JsonRow], columns: Sequence[str]) -> dict[str, int]:
    """Take columns out of every row; how many values each held."""
    return {name: _drop(rows, name) for name in columns}


def _drop(rows: list[JsonRow], name: str) -> int:
    if "." in name:
        return sum(drop(row, name) for row in rows)
    values = [row.pop(name, None) for row in rows]
    return len(values) - values.count(None) - values.count("")
