"""What a look at a source finds before there is a platform file: its tables and sampled values.

The samples hold people's data: they stay in memory, out of every `repr`, message and file.
"""

from dataclasses import dataclass, field
from typing import Any

Sample = tuple[str | None, ...]
"""Values as the connector reads them: text, null where the source has null."""


@dataclass(frozen=True)
class ReflectedColumn:
    """One column: what it is called, what its owner says of it, and some of its values."""

    name: str
    comment: str = ""
    type: str = ""  # the database's own word, lower case
    indexed: bool = False
    values: Sample = field(default=(), repr=False)


@dataclass(frozen=True)
class ReflectedTable:
    """One table, view, sheet or list of an API, and the stream settings that reach it."""

    name: str
    columns: tuple[ReflectedColumn, ...]
    place: dict[str, Any]  # `table`, or `files` and `sheets`, or `path`
    comment: str = ""
    keys: tuple[tuple[str, ...], ...] = ()  # primary key first, then what is unique
    rows: int | None = None  # in all, where it is known
    view: bool = False


@dataclass(frozen=True)
class ReflectedSource:
    """A source: its `connection` settings without any secret, its tables, remarks in Chinese."""

    connection: dict[str, Any]
    tables: tuple[ReflectedTable, ...]
    notes: tuple[str, ...] = ()
