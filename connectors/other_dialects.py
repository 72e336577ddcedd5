"""Text casts and session settings of databases that are met seldom, and have no fast path here.

Written from the vendors' documents: Oracle 11g on, SQL Server 2016 on, Dameng DM8 (Oracle's
functions), KingbaseES (PostgreSQL's). The traps of each are in docs/platform-file.md.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.elements import ColumnElement

MOMENT = "YYYY-MM-DD HH24:MI:SS"
STYLES = ((sa.Float, 3), (sa.DateTime, 121), (sa.Date, 23))
"""SQL Server's styles: 17 digits, which read back as the same number; ODBC's; a day."""


def oracle_text(column: sa.Column[Any]) -> ColumnElement[Any]:
    """Oracle and Dameng: `to_char` with formats of its own, so that no session setting counts."""
    kind = column.type
    name = type(kind).__name__.upper()
    if isinstance(kind, sa.LargeBinary) or name == "RAW":
        return sa.func.lower(sa.func.rawtohex(column))
    if isinstance(kind, sa.String):
        return column  # a CLOB too: `to_char` would cut it at 4,000 bytes
    if isinstance(kind, sa.TIMESTAMP):
        zone = " TZH:TZM" if getattr(kind, "timezone", False) else ""
        return sa.func.to_char(column, _quoted(f"{MOMENT}.FF6{zone}"))
    if isinstance(kind, sa.Date | sa.DateTime):
        return sa.func.to_char(column, _quoted(MOMENT))  # a DATE of Oracle's has a time
    if isinstance(kind, sa.Integer | sa.Numeric) and not isinstance(kind, sa.Float):
        return sa.func.to_char(column, _quoted("TM9"))  # all digits, never an exponent
    return sa.cast(column, sa.String(4000))


def mssql_text(column: sa.Column[Any]) -> ColumnElement[Any]:
    """SQL Server: `convert` with styles that lose nothing."""
    kind = column.type
    name = type(kind).__name__.upper()
    if isinstance(kind, sa.LargeBinary) or name in ("TIMESTAMP", "ROWVERSION", "IMAGE"):
        hexadecimal = sa.literal_column(f"CONVERT(VARCHAR(MAX), {_name(column)}, 2)", sa.String)
        return sa.func.lower(hexadecimal)
    if isinstance(kind, sa.String):
        return column
    style = 2 if name in ("MONEY", "SMALLMONEY") else None  # four decimals
    style = next((style for known, style in STYLES if isinstance(kind, known)), style)
    return sa.cast(column, sa.String(100)) if style is None else _convert(column, style)


def other_settings(dialect: str, timeout: int) -> list[str]:
    """What can be said at the start of a session. Neither has a read-only session."""
    match dialect:
        case "oracle":
            return ["ALTER SESSION SET NLS_NUMERIC_CHARACTERS = '.,'"]
        case "mssql":
            return [f"SET LOCK_TIMEOUT {timeout * 1000}", "SET DATEFORMAT ymd"]
    return []


def _convert(column: sa.Column[Any], style: int) -> ColumnElement[Any]:
    return sa.literal_column(f"CONVERT(VARCHAR(40), {_name(column)}, {style})", sa.String)


def _name(column: sa.Column[Any]) -> str:
    return "[" + column.name.replace("]", "]]") + "]"


def _quoted(pattern: str) -> ColumnElement[Any]:
    return sa.literal_column(f"'{pattern}'", sa.String)
