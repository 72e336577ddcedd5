"""JSON values as the text that stood in the JSON: no 1.0E5, no rounded number, no True."""

import json
from collections.abc import Callable, Iterator
from typing import Any

JsonRow = dict[str, Any]

ABSENT = object()
"""A step of a path is not there; null on the way is null."""


number = str.encode
"""A JSON number becomes bytes, as it was written: told from a text, at next to no cost."""

DECODER = json.JSONDecoder(parse_float=number, parse_int=number, parse_constant=number)
scan: Callable[[str, int], tuple[Any, int]] = DECODER.scan_once  # type: ignore[attr-defined]  # the stubs leave it out
"""The value that begins at a place in a text, and its end; StopIteration if there is none."""


def parse(text: str) -> Any:  # noqa: ANN401 - JSON
    """JSON with every number as bytes; `text` has no white space around it.

    Raises:
        ValueError: not JSON, or nested too deeply.
    """
    try:
        value, end = scan(text, 0)
    except (StopIteration, RecursionError):
        raise ValueError("not JSON") from None
    if end != len(text):
        raise ValueError("more than one JSON value")
    return value


def as_text(value: object) -> str | None:
    """A value as one cell: texts and numbers as they are, lists and objects as JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return _written(value)


def _written(value: object) -> str:
    if isinstance(value, dict):
        inside = (f"{json.dumps(k, ensure_ascii=False)}:{_written(v)}" for k, v in value.items())
        return "{" + ",".join(inside) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    if isinstance(value, bytes):
        return value.decode()
    return json.dumps(value, ensure_ascii=False)


def at(node: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    """What stands at a dotted path: `ABSENT` if a step is missing, None if one is null.

    `owner.phone` looks inside `owner` unless a key is called so.
    """
    if node is None or path == "":
        return node
    if not isinstance(node, dict):
        return ABSENT
    if path in node:
        return node[path]
    first, _, rest = path.partition(".")
    return at(node[first], rest) if rest and first in node else ABSENT


def fields(row: JsonRow, before: str = "") -> Iterator[tuple[str, Any]]:
    """Every column that the row offers and its value, `owner.phone` for what is inside `owner`."""
    for name, value in row.items():
        if isinstance(value, dict) and value:
            yield from fields(value, f"{before}{name}.")
        else:
            yield before + name, value


def paths(row: JsonRow) -> Iterator[str]:
    """Every column that the row offers."""
    return (name for name, _ in fields(row))


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
