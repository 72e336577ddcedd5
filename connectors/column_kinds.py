"""What kind of value a column holds, in a word, so that a changed type is noticed and told.

Lengths and precisions are no kind: a column that becomes wider reads as it did.
"""

from typing import Any, Protocol, runtime_checkable

import sqlalchemy as sa
from sqlalchemy.types import NullType

KINDS: tuple[tuple[type[Any], str], ...] = (
    (sa.Boolean, "是否"),
    (sa.Integer, "整数"),
    (sa.Float, "小数"),
    (sa.Numeric, "小数"),
    (sa.DateTime, "时间"),
    (sa.Date, "日期"),
    (sa.Time, "时刻"),
    (sa.String, "文字"),
    (sa.LargeBinary, "二进制"),
    (sa.JSON, "JSON"),
    (NullType, ""),
)


@runtime_checkable
class Shaped(Protocol):
    """A connector that can say what a stream's source looks like without reading its rows."""

    def shape(self, stream: str) -> dict[str, str]:
        """Column → kind of type, in the source's order."""


def shape_of(table: sa.Table) -> dict[str, str]:
    """Column → kind of type, in the table's order."""
    return {column.name: kind_of(column.type) for column in table.columns}


def kind_of(type_: Any) -> str:  # noqa: ANN401 - any of SQLAlchemy's types
    """The kind in a word; a type of its own by its own name; blank where it is not known."""
    for known, kind in KINDS:
        if isinstance(type_, known):
            return kind
    return type(type_).__name__.upper()
