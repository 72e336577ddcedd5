"""A first look at a source that has no platform file yet: its tables, columns and a few rows.

Each kind of source has its own module; what they share is here. Rows are read as a pull would
read them, and stay in memory.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hub.platform import Owner, Platform
from hub.reflected import ReflectedColumn, Sample

SAMPLED = 500
"""Rows that are looked at: enough for a check digit, a code list and a key to show themselves."""
LONGEST = 200
"""Characters kept of a value: a longer one is a text or a picture, which its start shows."""
EVERYTHING = "name"
"""A field to hang every column on: what is read is asked for by a map."""


def probe(name: str, connection: dict[str, Any], streams: dict[str, Any] | None = None) -> Platform:
    """A platform for the look only."""
    return Platform.model_validate(
        {
            "platform": name,
            "title": name,
            "owner": Owner(level="community", department="-"),
            "connection": connection,
            "streams": streams or {},
        }
    )


def sample(table: pa.Table, column: str) -> Sample:
    """The values of one column, each cut to what is looked at."""
    values = table.column(column).slice(0, SAMPLED).to_pylist()
    return tuple(None if one is None else one[:LONGEST] for one in values)


def sampled(table: pa.Table, names: Sequence[str]) -> tuple[ReflectedColumn, ...]:
    """Columns of a sample that has nothing but names and values."""
    return tuple(ReflectedColumn(name, values=sample(table, name)) for name in names)


def below(home: Path, path: Path) -> str:
    """A path as a platform file has it: relative to the home where it is inside."""
    whole, root = path.resolve(), home.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()
