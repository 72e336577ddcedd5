"""A database looked at: tables and views with their columns, comments, keys, indexes and rows."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import closing
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from connectors.database_errors import translated
from connectors.database_source import DatabaseSource
from connectors.reflect import SAMPLED, probe, sample
from hub.errors import HubError, NotFoundError
from hub.reflected import ReflectedColumn, ReflectedSource, ReflectedTable

SECONDS = 60  # for any one question: a look must not weigh on the platform
MOST_TABLES = 300
OWN_SCHEMAS = ("information_schema", "pg_catalog", "pg_toast", "mysql", "performance_schema", "sys")


def reflect_database(
    name: str, connection: dict[str, Any], home: Path, *, only: Sequence[str] = ()
) -> ReflectedSource:
    """Look at every table and view, or at those that match `only` (`hr.*`, `*resident*`).

    Raises:
        ConfigError: the address cannot be used, or a secret cannot be read.
        SourceDownError, SourceRefusedError: not reachable, or the account may not.
        NotFoundError: no table of such a name.
    """
    settings = {**connection, "statement_timeout": SECONDS}
    source = DatabaseSource(probe(name, settings), home)
    notes: list[str] = []
    with closing(source):
        found: list[ReflectedTable] = []
        names = list(_names(source, only))
        if not names:
            raise NotFoundError(
                f"{name}: no table to look at",
                zh=f"在这个数据库里没有看到{'符合 --table 的' if only else ''}表或视图："
                "请核对库名和账号的读取权限。",
            )
        if len(names) > MOST_TABLES:
            notes.append(f"共 {len(names)} 张表，只看了前 {MOST_TABLES} 张：请用 --table 指明。")
        for schema, table, view in names[:MOST_TABLES]:
            try:
                found.append(_table(source, schema, table, view=view))
            except HubError:
                notes.append(f"表 {table} 读不了，没有看（可能没有权限）。")
    return ReflectedSource(connection, tuple(found), tuple(notes))


def _names(source: DatabaseSource, only: Sequence[str]) -> Iterator[tuple[str | None, str, bool]]:
    """(schema, name, whether a view); the default schema's name is left out."""
    with translated(source.title, "数据库"), source.engine.connect() as connection:
        look = sa.inspect(connection)
        usual = look.default_schema_name
        schemas = look.get_schema_names() if source.dialect == "postgresql" else [usual]
        for schema in schemas:
            if schema in OWN_SCHEMAS:
                continue
            named = None if schema == usual else schema
            views = set(look.get_view_names(named))
            for table in sorted({*look.get_table_names(named), *views}):
                if not only or any(_fits(schema, table, pattern) for pattern in only):
                    yield named, table, table in views


def _fits(schema: str | None, table: str, pattern: str) -> bool:
    return fnmatch(table.lower(), pattern.lower()) or fnmatch(
        f"{schema}.{table}".lower(), pattern.lower()
    )


def _table(source: DatabaseSource, schema: str | None, name: str, *, view: bool) -> ReflectedTable:
    whole = f"{schema}.{name}" if schema else name
    table = source.table(whole, whole)
    with translated(source.title, whole), source.engine.connect() as connection:
        look = sa.inspect(connection)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sa.exc.SAWarning)
            described = {one["name"]: one for one in look.get_columns(name, schema=schema)}
        keys, indexed = _keys(look, name, schema, view=view)
        comment = _comment(look, name, schema)
    rows = _rows(source, table)
    columns = tuple(
        ReflectedColumn(
            name=str(one.name),
            comment=described[one.name].get("comment") or "",
            type=str(described[one.name]["type"]).lower(),
            indexed=one.name in indexed,
            values=sample(rows, one.name),
        )
        for one in table.columns
    )
    return ReflectedTable(
        name=whole,
        columns=columns,
        place={"table": whole},
        comment=comment,
        keys=keys,
        rows=_count(source, table, rows.num_rows),
        view=view,
    )


def _keys(
    look: sa.Inspector, name: str, schema: str | None, *, view: bool
) -> tuple[tuple[tuple[str, ...], ...], set[str]]:
    """Keys, primary first; and the columns that an index begins with."""
    if view:
        return (), set()
    constraint = look.get_pk_constraint(name, schema=schema)
    primary = tuple(str(one) for one in constraint.get("constrained_columns") or ())
    indexes = look.get_indexes(name, schema=schema)
    unique = [tuple(str(c) for c in one["column_names"] if c) for one in indexes if one["unique"]]
    first = {str(one["column_names"][0]) for one in indexes if one["column_names"]}
    found = ([primary] if primary else []) + [one for one in unique if one and one != primary]
    return tuple(found[:1]), first | set(primary[:1])


def _comment(look: sa.Inspector, name: str, schema: str | None) -> str:
    try:
        return look.get_table_comment(name, schema=schema)["text"] or ""
    except NotImplementedError:  # SQLite has none
        return ""


def _rows(source: DatabaseSource, table: sa.Table) -> pa.Table:
    """The first rows, each value as a pull would read it."""
    columns = list(table.columns)
    rest = sa.select(*columns).select_from(table).limit(SAMPLED)
    with translated(source.title, table.name):
        found = list(source.stream(columns, rest))
    if found:
        return pa.concat_tables(found)
    return pa.table({one.name: pa.array([], pa.string()) for one in columns})


def _count(source: DatabaseSource, table: sa.Table, seen: int) -> int | None:
    """How many rows there are, where the database can say so in time."""
    if seen < SAMPLED:
        return seen
    try:
        ((count,),) = source.ask(sa.select(sa.func.count()).select_from(table), table.name)
    except HubError:  # too many to count in the time there is
        return None
    return int(count)
