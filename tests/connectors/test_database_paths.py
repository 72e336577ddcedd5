"""The fast path and SQLAlchemy's own give identical rows, whatever the type and the value."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import sqlalchemy as sa

from connectors.database_source import DatabaseSource

from .test_database_values import HOSTILE, run

HAN = "𠮷买买提·吐尔逊\u3000張"
POSTGRES: dict[str, tuple[str, ...]] = {
    "smallint": ("-32768", "32767"),
    "bigint": ("-9223372036854775808", "0"),
    "numeric": ("'NaN'", "'Infinity'", "0.00000000000000000001", "1e30", "-0"),
    "numeric(38,10)": ("1234567890123456789012345678.0123456789",),
    "real": ("'NaN'", "1e-38", "16777217"),
    "double precision": ("0.1", "1e308", "'-Infinity'", "5e-324", "100000000000000000000"),
    "money": ("12.34", "-0.01"),
    "boolean": ("true", "false"),
    "char(6)": ("'0101'", "' a '"),
    "varchar(40)": (f"'{HAN}'", "'  '", "''"),
    "text": ("E'\\t\\r\\n\"quoted\",'", "'NULL'", "'\\N'", f"repeat('{HAN}', 1000)"),
    '"char"': ("'x'",),
    "name": ("'名'",),
    "bytea": ("'\\x'", "'\\x00ff27'"),
    "date": ("'0044-03-15 BC'", "'9999-12-31'", "'-infinity'"),
    "time": ("'24:00'", "'00:00:00.000001'"),
    "timetz": ("'23:59:59.999999+08'",),
    "timestamp": ("'infinity'", "'1927-12-31 23:54:08'", "'0001-01-01 BC'"),
    "timestamptz": ("'1940-06-03 00:00+00'", "'1986-05-04 01:00+00'", "'infinity'"),
    "interval": ("'-1 year 2 mons -3 days 04:05:06.7'", "'0'"),
    "json": ("'{\"a\" : [1,  null]}'",),
    "jsonb": ('\'{"b": 1e2, "甲": "\\u0041"}\'',),
    "xml": ("'<a>甲</a>'",),
    "uuid": ("'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",),
    "inet": ("'10.0.0.1/8'", "'::1'"),
    "macaddr": ("'08:00:2B:01:02:03'",),
    "bit(3)": ("B'101'",),
    "bit varying": ("B'1'",),
    "int[]": ("'{1,NULL}'", "'{{1,2},{3,4}}'"),
    "text[]": ("ARRAY['a,b', '\"', NULL, '']",),
    "int4range": ("'[1,5)'", "'empty'"),
    "point": ("'(1.5,-2)'",),
    "tsvector": ("'a:1 b:2'",),
    "oid": ("4294967295",),
    "mood": ("'高兴'",),
    "house": ("ROW(7, '1单元, \"甲\"')",),
}
MARIADB: dict[str, tuple[str, ...]] = {
    "tinyint": ("-128", "127"),
    "tinyint(1)": ("0", "1", "5"),
    "int(6) zerofill": ("101",),
    "bigint unsigned": ("18446744073709551615",),
    "decimal(65,30)": ("12345678901234567890123456789012345.123456789012345678901234567890", "-0"),
    "float": ("0.1", "1e38", "16777217"),
    "double": ("0.1", "1e308", "-5e-324", "100000000000000000000"),
    "bit(64)": ("b'1'", "18446744073709551615"),
    "date": ("'0000-00-00'", "'2024-00-00'", "'9999-12-31'"),
    "datetime": ("'0000-00-00'", "'1000-01-01'", "'2024-02-29 23:59:59'"),
    "datetime(6)": ("'2024-01-02 03:04:05.000001'",),
    "timestamp(3) null": ("'2024-01-02 03:04:05.678'", "'0000-00-00'"),
    "time(6)": ("'-838:59:59.999999'", "'00:00:00.000001'"),
    "year": ("1901", "0"),
    "char(6)": ("'0101'", "'a '"),
    "varchar(99)": (f"'{HAN}'", "''", "' 前后 '"),
    "varchar(9) character set gbk": ("'昭觉寺'",),
    "varchar(9) character set latin1": ("'é'",),
    "varchar(9) character set ucs2": ("'张'",),
    "longtext": (f"repeat('{HAN}', 1000)", "'\\r\\n\\t\\\\'", '\'"","\'', "'\\\\N'"),
    "binary(4)": ("x'00'",),
    "varbinary(9)": ("x''", "x'27225c0a'"),
    "longblob": ("x'00ff'",),
    "enum('男','女','')": ("'女'", "''"),
    "set('a','b')": ("''", "'a,b'"),
    "json": ('\'{"a": 1, "甲": [null]}\'',),
    "inet6": ("'::1'",),
    "uuid": ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",),
    "point": ("ST_GeomFromText('POINT(1 2)')",),
}


def columns(kinds: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Column → its type; the last two are of odd names."""
    named = {f"c{n}": kind for n, kind in enumerate(kinds)}
    return named | {"列 名": "varchar(9)", "a%b": "varchar(9)"}


def fill(url: str, kinds: dict[str, tuple[str, ...]], quote: str) -> None:
    """A row a value, the other columns null; one row of nulls; one of every first value."""
    named = columns(kinds)
    listed = ", ".join(f"{quote}{name}{quote} {kind}" for name, kind in named.items())
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            for made in (
                "DROP TABLE IF EXISTS awkward",
                "DROP TYPE IF EXISTS mood, house",
                "CREATE TYPE mood AS ENUM ('高兴', '其他')",
                "CREATE TYPE house AS (number int, unit text)",
            ):
                connection.exec_driver_sql(made)
        else:
            connection.exec_driver_sql("SET SESSION sql_mode = 'ALLOW_INVALID_DATES'")
            connection.exec_driver_sql("DROP TABLE IF EXISTS awkward")
        connection.exec_driver_sql(
            f"CREATE TABLE awkward (id int primary key, {listed})".replace("%", "%%")
        )
        rows = [{}, dict(zip(named, (values[0] for values in kinds.values()), strict=False))]
        for name, values in zip(named, kinds.values(), strict=False):
            rows += [{name: value} for value in values]
        for number, row in enumerate(rows):
            names = ", ".join(["id", *(f"{quote}{name}{quote}" for name in row)])
            values = ", ".join([str(number), *row.values()])
            connection.exec_driver_sql(f"INSERT INTO awkward ({names}) VALUES ({values})")
    engine.dispose()


@pytest.fixture(params=["postgres", "mariadb"])
def source(request: pytest.FixtureRequest, make_platform: Any) -> Any:
    url = request.getfixturevalue(f"{request.param}_url")
    kinds = POSTGRES if request.param == "postgres" else MARIADB
    fill(url, kinds, '"' if request.param == "postgres" else "`")
    platform = make_platform(
        {"kind": "database", "url": url}, awkward={"table": "awkward", "key": ["id"]}
    )
    one = DatabaseSource(platform, Path("/"))
    yield one
    one.close()
    run(url, "DROP TABLE awkward")


def both(source: DatabaseSource, name: str) -> tuple[pa.Table, pa.Table]:
    table = source.table(name, "test")
    rest = sa.select().select_from(table).order_by(table.columns[0])
    found = list(table.columns)
    fast = pa.concat_tables(source.stream(found, rest))
    slow = pa.concat_tables(source._stream_any(found, rest))
    return fast, slow


def test_every_type_and_value_is_the_same_by_both_ways(source: DatabaseSource) -> None:
    fast, slow = both(source, "awkward")
    assert fast.schema == slow.schema
    for name in fast.column_names:
        assert fast[name].to_pylist() == slow[name].to_pylist(), name
    kinds = POSTGRES if source.dialect == "postgresql" else MARIADB
    values = sum(map(len, kinds.values()))
    assert fast.num_rows == values + 2
    filled = sum(fast.num_rows - fast[f"c{n}"].null_count for n in range(len(kinds)))
    assert filled == values + len(kinds), "no value became null"


def test_a_value_the_source_cannot_tell_from_nothing_is_told_apart(source: DatabaseSource) -> None:
    """Empty text and null, in every position of a row."""
    url = source.url.render_as_string(hide_password=False)
    run(url, "DROP TABLE IF EXISTS empties")
    run(url, "CREATE TABLE empties (id int primary key, a text, b text, c text)")
    cells = (None, "", "x")
    rows = [(a, b, c) for a in cells for b in cells for c in cells]
    table = sa.table("empties", *map(sa.column, ("id", "a", "b", "c")))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            table.insert(),
            [dict(zip(("id", *"abc"), (n, *r), strict=True)) for n, r in enumerate(rows)],
        )
    engine.dispose()
    fast, slow = both(source, "empties")
    assert fast.to_pylist() == slow.to_pylist()
    assert [tuple(r.values())[1:] for r in fast.to_pylist()] == rows
    run(url, "DROP TABLE empties")


def test_hostile_texts_and_a_large_cell(source: DatabaseSource) -> None:
    url = source.url.render_as_string(hide_password=False)
    text = "longtext" if source.dialect == "mysql" else "text"
    run(url, "DROP TABLE IF EXISTS hostile", f"CREATE TABLE hostile (id int primary key, a {text})")
    texts = [*HOSTILE, "=cmd|' /C calc'!A0", "'; DROP TABLE x; --", "../../etc"]
    texts += ["𠮷" * 3_000_000, "張" * 12_000_000]  # the second is three packets of MariaDB's
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if source.dialect == "mysql":
            connection.exec_driver_sql("SET GLOBAL max_allowed_packet = 67108864")
    engine.dispose()
    engine = sa.create_engine(url)
    table = sa.table("hostile", sa.column("id"), sa.column("a"))
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"id": n, "a": one} for n, one in enumerate(texts)])
    engine.dispose()
    fast, slow = both(source, "hostile")
    assert fast["a"].to_pylist() == texts
    assert slow["a"].to_pylist() == texts
    run(url, "DROP TABLE hostile")
