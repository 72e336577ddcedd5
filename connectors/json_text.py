"""JSON values as the text that stood in the JSON: no 1.0E5, no rounded number, no True."""

import json
from collections.abc import Iterator
from typing import Any

JsonRow = dict[str, Any]


class Number(str):
    """A JSON number, kept as it was written."""

    __slots__ = ()


def parse(text: str) -> Any:  # noqa: ANN401 - JSON
    """JSON with every number as a `Number`.

    Raises:
        ValueError: not JSON.
    """
    return json.loads(text, parse_float=Number, parse_int=Number, parse_constant=Number)


def as_text(value: object) -> str | None:
    """A value as one cell: texts and numbers as they are, lists and objects as JSON."""
    if isinstance(value, str):
        return str(value)
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return _written(value)


def _written(value: object) -> str:
    if isinstance(value, dict):
        inside = (f"{json.dumps(k, ensure_ascii=False)}:{_written(v)}" for k, v in value.items())
        return "{" + ",".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, Number):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def cell(row: JsonRow, column: str) -> str | None:
    """The cell of a column; `owner.phone` looks inside `owner` unless a key is called so."""
    if column in row or "." not in column:
        return as_text(row.get(column))
    first, _, rest = column.partition(".")
    inside = row.get(first)
    return cell(inside, rest) if isinstance(inside, dict) else None


def has(row: JsonRow, column: str) -> bool:
    """Whether the row names the column, even with a null."""
    if column in row:
        return True
    first, dot, rest = column.partition(".")
    inside = row.get(first)
    return bool(dot) and isinstance(inside, dict) and has(inside, rest)


def paths(row: JsonRow, before: str = "") -> Iterator[str]:
    """Every column that the row offers, `owner.phone` for what is inside `owner`."""
    for name, value in row.items():
        if isinstance(value, dict) and value:
            yield from paths(value, f"{before}{name}.")
        else:
            yield before + name


def drop(row: JsonRow, column: str) -> bool:
    """Take a column out of the row; whether it held anything."""
    if column in row:
        return row.pop(column) not in (None, "")
    first, dot, rest = column.partition(".")
    inside = row.get(first)
    if not dot or not isinstance(inside, dict | list):
        return False
    ones = inside if isinstance(inside, list) else [inside]
    return sum(drop(one, rest) for one in ones if isinstance(one, dict)) > 0
