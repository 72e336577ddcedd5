"""What differs between databases: text casts, literals, session settings.

Every value is cast to text by the database itself, so that no driver can round a decimal, refuse a
zero date or turn 0101 into 101. Bytes become lower-case hexadecimal; a real boolean (PostgreSQL,
SQLite's BOOLEAN) becomes true or false; MySQL's tinyint(1) is a number and stays one.
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.dialects import mysql
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.types import NullType

from connectors.other_dialects import mssql_text, oracle_text, other_settings

Text = ColumnElement[Any]
SENT = {
    **dict.fromkeys(("mysql", "mariadb"), (sa.Integer, sa.Numeric, sa.Date, sa.DateTime)),
    "postgresql": (sa.Integer,),
}
"""Types that arrive as the text that a cast makes, at less work for the database."""
PLAIN_IN_MYSQL = (sa.Integer, sa.Numeric, sa.Date, sa.DateTime, sa.Time, mysql.YEAR, mysql.BIT)


def as_text(column: sa.Column[Any], dialect: str) -> Text:
    """The column's value as text, in full, computed by the database."""
    return CASTS.get(dialect, _plain_text)(column)


def _postgres_text(column: sa.Column[Any]) -> Text:
    if isinstance(column.type, sa.LargeBinary):
        return sa.func.encode(column, sa.literal_column("'hex'"))
    return sa.cast(column, sa.Text)


def _plain_text(column: sa.Column[Any]) -> Text:
    if isinstance(column.type, sa.String | sa.LargeBinary):
        return column
    return sa.cast(column, sa.String(4000))


def _mysql_text(column: sa.Column[Any]) -> Text:
    kind = column.type
    if isinstance(kind, sa.LargeBinary | mysql.BINARY | mysql.VARBINARY):
        return sa.func.lower(sa.func.hex(column))
    if isinstance(kind, mysql.BIT):
        return sa.cast(sa.type_coerce(column, sa.Integer) + sa.literal_column("0"), sa.CHAR)
    if isinstance(kind, PLAIN_IN_MYSQL):
        return sa.cast(column, sa.CHAR)
    # whatever the column's character set (gbk, latin1) and collation, one for the whole row
    text = f"CONVERT({_quoted_mysql(column)} USING utf8mb4)"
    return sa.literal_column(f"{text} COLLATE utf8mb4_bin", sa.Text)


def _quoted_mysql(column: sa.Column[Any]) -> str:
    return "`" + column.name.replace("`", "``") + "`"


def sent_text(column: sa.Column[Any], dialect: str) -> Text:
    """As `as_text`, or the column itself if its values become that text on their way."""
    kind = column.type
    plain = isinstance(kind, SENT[dialect]) and not isinstance(kind, sa.Float)
    return column if plain else as_text(column, dialect)


def _sqlite_text(column: sa.Column[Any]) -> Text:
    text = sa.cast(column, sa.Text)
    cases: list[tuple[Any, Any]] = [
        (sa.func.typeof(column) == "blob", sa.func.lower(sa.func.hex(column)))
    ]
    if isinstance(column.type, sa.Boolean):
        number = sa.type_coerce(column, sa.Integer)
        cases += [(number == 1, "true"), (number == 0, "false")]
    return sa.case(*cases, else_=text)


CASTS: dict[str, Callable[[sa.Column[Any]], Text]] = {
    "postgresql": _postgres_text,
    "kingbase": _postgres_text,
    "mysql": _mysql_text,
    "mariadb": _mysql_text,
    "sqlite": _sqlite_text,
    "oracle": oracle_text,
    "dm": oracle_text,
    "mssql": mssql_text,
}


def orderable(column: sa.Column[Any], dialect: str) -> ColumnElement[Any]:
    """What to sort and compare by, so that `bound` means the same place in the order."""
    if dialect == "sqlite" and sorted_as_text(column, dialect):
        return as_text(column, dialect)  # a SQLite column may hold several types at once
    return column


def sorted_as_text(column: sa.Column[Any], dialect: str) -> bool:
    """Whether the column's order is that of texts."""
    if dialect == "sqlite":
        return not isinstance(column.type, sa.Integer)
    return isinstance(column.type, sa.String) and not isinstance(column.type, sa.Enum)


def bound(column: sa.Column[Any], text: str, dialect: str) -> ColumnElement[Any]:
    """The text of a value of `column` as something `orderable(column)` compares with."""
    kind = column.type
    if dialect == "postgresql":
        # an untyped literal takes the column's type: exact for every type that there is
        prefix = "\\x" if isinstance(kind, sa.LargeBinary) else ""
        return sa.literal_column("'" + prefix + text.replace("'", "''") + "'", NullType())
    if dialect == "sqlite":
        return sa.literal(text, sa.Text)
    if isinstance(kind, sa.LargeBinary | mysql.BINARY | mysql.VARBINARY):
        return sa.literal_column(f"x'{bytes.fromhex(text).hex()}'", sa.LargeBinary)
    # a number must not be compared as text, nor an exact one by way of a float
    if isinstance(kind, sa.Float):
        return sa.literal_column(repr(float(text)), sa.Double)
    if isinstance(kind, sa.Integer | sa.Numeric):
        return sa.literal_column(f"{Decimal(text):f}", sa.Numeric)
    return sa.literal(text, sa.Text)


def session_settings(dialect: str, version: str, timezone: str, timeout: int) -> list[str]:
    """SQL that makes a session read-only, bounded in time, and the same on every day."""
    if dialect == "postgresql":
        zone = timezone.replace("'", "''")
        return [
            "SET standard_conforming_strings = on",
            "SET client_encoding = 'UTF8'",
            "SET DateStyle = 'ISO'",
            "SET extra_float_digits = 3",
            f"SET TimeZone = '{zone}'",
            f"SET statement_timeout = {timeout * 1000}",
            "SET default_transaction_read_only = on",
        ]
    if dialect in ("mysql", "mariadb"):
        limit = (
            f"SET SESSION max_statement_time = {timeout}"
            if "mariadb" in version.lower()
            else f"SET SESSION max_execution_time = {timeout * 1000}"
        )
        return [
            limit,
            f"SET SESSION time_zone = '{_offset(timezone)}'",
            "SET SESSION net_write_timeout = 600",  # we may write to disk between two blocks
            "SET SESSION TRANSACTION READ ONLY",
        ]
    return ["PRAGMA query_only = ON"] if dialect == "sqlite" else other_settings(dialect, timeout)


def _offset(timezone: str) -> str:
    """`+08:00`: a server often has no table of zone names."""
    text = datetime.now(ZoneInfo(timezone)).strftime("%z")
    return f"{text[:3]}:{text[3:]}"
