"""What can be known of a database before the first pull: findings for the officer."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from connectors.chunk import Finding
from connectors.database_source import DatabaseSource
from hub.errors import HubError
from hub.platform import Platform
from hub.platform_streams import Stream

CLOCK_SECONDS = 300
WRITES = {
    "postgresql": "SELECT has_table_privilege(:name, 'INSERT, UPDATE, DELETE')",
}


def findings(source: DatabaseSource, platform: Platform) -> list[Finding]:
    """Connection and clock, then for each stream its table, columns, key and watermark."""
    try:
        source.ask(sa.select(1), "连接")
    except HubError as error:
        return [Finding(ok=False, what="连接不成功", advice=error.zh)]
    found = [Finding(ok=True, what=f"连接成功（{source.dialect}）"), *_clock(source)]
    for name, stream in platform.streams.items():
        try:
            found += _stream(source, name, stream)
        except HubError as error:
            found.append(Finding(ok=False, what=f"{name} 检查不成功", advice=error.zh))
    return found


def _clock(source: DatabaseSource) -> Iterator[Finding]:
    """A platform whose clock is off hides changes from a watermark."""
    if source.dialect not in ("postgresql", "mysql", "mariadb"):
        return
    ((there,),) = source.ask(sa.select(sa.func.now()), "时钟")
    zone = ZoneInfo(source.timezone)
    moment = there if there.tzinfo else there.replace(tzinfo=zone)
    seconds = abs((datetime.now(zone) - moment).total_seconds())
    if seconds > CLOCK_SECONDS:
        yield Finding(
            ok=False,
            what=f"平台数据库的时钟与本机相差 {seconds / 60:.0f} 分钟",
            advice="请校准时钟，或把 overlap 调大到超过这个差距，否则会漏掉更新。",
        )


def _stream(source: DatabaseSource, name: str, stream: Stream) -> Iterator[Finding]:
    table = source.table(stream.table or "", name)
    flag = stream.increment.flag
    wanted = [*stream.columns, *([flag.column] if flag else [])]
    missing = [one for one in wanted if one not in table.columns]
    if missing:
        there = "、".join(one.name for one in table.columns)
        yield Finding(
            ok=False,
            what=f"{name}：表 {stream.table} 没有列 {'、'.join(missing)}",
            advice=f"现有的列是：{there}。请修改映射。",
        )
        return
    yield Finding(ok=True, what=f"{name}：表 {stream.table} 的 {len(stream.columns)} 列都在")
    yield from _key(source, name, stream, table)
    if flag and flag.done is not None:
        without = "done（不写回，每次都读等着的行）"
        yield from may_mark(source, name, table.columns[flag.column], without)
    if flag and "" not in flag.waiting:
        yield from _unflagged(source, name, table.columns[flag.column])
    if stream.increment.watermark:
        yield from _watermark(source, name, table.columns[stream.increment.watermark])
    yield from _rights(source, name, table)


def _key(source: DatabaseSource, name: str, stream: Stream, table: sa.Table) -> Iterator[Finding]:
    key = [table.columns[one] for one in stream.key]
    if stream.increment.batches and stream.batch_no in table.columns:
        key.append(table.columns[stream.batch_no])  # a later batch changes an earlier row
    if not stream.key:
        yield Finding(
            ok=False,
            what=f"{name}：没有写主键 key",
            advice="请写明哪一列（或几列）能认出一行；确实没有也能读，只是内容一变就算另一条记录。",
        )
        return
    where = _condition(stream)
    nulls = sa.or_(*(one.is_(None) for one in key))
    empty = source.ask(sa.select(1).select_from(table).where(where, nulls).limit(1), name)
    twice = source.ask(
        sa.select(sa.func.count())
        .select_from(table)
        .where(where)
        .group_by(*key)
        .having(sa.func.count() > 1)
        .limit(1),
        name,
    )
    what = "、".join(stream.key)
    if empty:
        yield Finding(
            ok=False, what=f"{name}：主键 {what} 有空值", advice="没有主键的行会进隔离区。"
        )
    if twice:
        yield Finding(
            ok=False, what=f"{name}：主键 {what} 有重复", advice="请再加一列，使每一行都能区分。"
        )
    if not (empty or twice):
        yield Finding(ok=True, what=f"{name}：主键 {what} 没有空值和重复")


def _watermark(source: DatabaseSource, name: str, column: sa.Column[Any]) -> Iterator[Finding]:
    nulls = sa.select(1).select_from(column.table).where(column.is_(None)).limit(1)
    if source.ask(nulls, name):
        yield Finding(
            ok=True,
            what=f"{name}：有些行没有 {column.name}",
            advice="这些行无法判断是否更新过，每次都会重新读取。",
        )


def _unflagged(source: DatabaseSource, name: str, column: sa.Column[Any]) -> Iterator[Finding]:
    nulls = sa.select(1).select_from(column.table).where(column.is_(None)).limit(1)
    if source.ask(nulls, name):
        yield Finding(
            ok=False,
            what=f"{name}：有些行的标志列 {column.name} 是空的，不会读到",
            advice='请与平台方确认：空的也是等着取，就在 waiting 里加上 ""，例如 ["0", ""]。',
        )


def may_mark(
    source: DatabaseSource, name: str, column: sa.Column[Any], without: str
) -> Iterator[Finding]:
    """Whether the flag can be written back, where the database can be asked.

    `without` says which setting is left out where it cannot.
    """
    if source.dialect != "postgresql":
        return
    table = source.engine.dialect.identifier_preparer.format_table(column.table)
    question = sa.text("SELECT has_column_privilege(:name, :column, 'UPDATE')")
    asked = question.bindparams(name=table, column=column.name)
    ((may_mark,),) = source.ask(asked, name)
    if not may_mark:
        yield Finding(
            ok=False,
            what=f"{name}：账号不能写回标志列 {column.name}",
            advice=f"请平台方授予这一列的更新权限，或删去 {without}。",
        )


def _rights(source: DatabaseSource, name: str, table: sa.Table) -> Iterator[Finding]:
    question = WRITES.get(source.dialect)
    if not question:
        return
    quoted = source.engine.dialect.identifier_preparer.format_table(table)
    ((may_write,),) = source.ask(sa.text(question).bindparams(name=quoted), name)
    if may_write:
        yield Finding(
            ok=True,
            what=f"{name}：这个账号可以修改平台的数据",
            advice="读取时已限定为只读；请平台方换成只有读取权限的账号，更稳妥。",
        )


def _condition(stream: Stream) -> sa.ColumnElement[bool]:
    if not stream.where:
        return sa.true()
    return sa.literal_column(f"({stream.where})", sa.Boolean)
