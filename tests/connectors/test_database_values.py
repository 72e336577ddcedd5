"""What PostgreSQL, MariaDB and SQLite hold arrives as text, in full."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import open_connector
from hub.platform import Platform

HOSTILE = ["", "NULL", '"', '""', "a,b", "行一\n行二", "\r\n", "\\", "'", "O'Neil", "😀", "\t'51"]
POSTGRES: dict[str, tuple[str, str, str | None]] = {
    "big": ("bigint", "9223372036854775807", "9223372036854775807"),
    "exact": ("numeric", "12345678901234567890.123456789012", "12345678901234567890.123456789012"),
    "scaled": ("numeric(18,4)", "1.5", "1.5000"),
    "single": ("real", "0.1", "0.1"),
    "twice": ("double precision", "1e15", "1e+15"),
    "moment": ("timestamp", "'2024-01-02 03:04:05.678901'", "2024-01-02 03:04:05.678901"),
    "zoned": ("timestamptz", "'2024-01-02 03:04:05.5+00'", "2024-01-02 11:04:05.5+08"),
    "day": ("date", "'0044-03-15 BC'", "0044-03-15 BC"),
    "forever": ("date", "'infinity'", "infinity"),
    "flag": ("boolean", "true", "true"),
    "bytes": ("bytea", "'\\x00ff'", "00ff"),
    "document": ("jsonb", "'{\"a\": [1.50, null]}'", '{"a": [1.50, null]}'),
    "list": ("text[]", "'{一,NULL}'", "{一,NULL}"),
    "span": ("interval", "'1 day 2:03'", "1 day 02:03:00"),
    "ident": ("uuid", "'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'",
              "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
    "code": ("char(4)", "'0101'", "0101"),
    "gone": ("text", "null", None),
    "empty": ("text", "''", ""),
}  # fmt: skip
MARIADB: dict[str, tuple[str, str, str | None]] = {
    "big": ("bigint unsigned", "18446744073709551615", "18446744073709551615"),
    "exact": ("decimal(40,20)", "0.01234567890123456789", "0.01234567890123456789"),
    "twice": ("double", "0.1", "0.1"),
    "zero_day": ("date", "'0000-00-00'", "0000-00-00"),
    "zero_time": ("datetime", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00"),
    "zero_month": ("date", "'2024-00-00'", "2024-00-00"),
    "moment": ("datetime(6)", "'2024-01-02 03:04:05.678901'", "2024-01-02 03:04:05.678901"),
    "stamp": ("timestamp null", "from_unixtime(1704164645)", "2024-01-02 11:04:05"),
    "hours": ("time", "'-838:59:59'", "-838:59:59"),
    "flag": ("tinyint(1)", "1", "1"),
    "bits": ("bit(8)", "b'101'", "5"),
    "bytes": ("varbinary(9)", "x'00ff'", "00ff"),
    "blob_": ("blob", "x'c3'", "c3"),
    "kind": ("enum('男','女')", "'女'", "女"),
    "many": ("set('a','b')", "'a,b'", "a,b"),
    "gbk": ("varchar(9) character set gbk", "'昭觉寺'", "昭觉寺"),
    "born": ("year", "1953", "1953"),
    "document": ("json", "'{\"a\": 1}'", '{"a": 1}'),
    "gone": ("text", "null", None),
    "empty": ("text", "''", ""),
}  # fmt: skip
SQLITE: dict[str, tuple[str, str, str | None]] = {
    "big": ("integer", "9223372036854775807", "9223372036854775807"),
    "code": ("text", "'0101'", "0101"),
    "flag": ("boolean", "1", "true"),
    "odd": ("integer", "'不是数'", "不是数"),
    "bytes": ("blob", "x'00ff'", "00ff"),
    "moment": ("datetime", "'2024-01-02 03:04:05.678901'", "2024-01-02 03:04:05.678901"),
    "gone": ("text", "null", None),
    "empty": ("text", "''", ""),
}


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/平台 一.db"


@pytest.mark.parametrize(
    ("fixture", "types"),
    [("postgres_url", POSTGRES), ("mariadb_url", MARIADB), ("sqlite_url", SQLITE)],
)
def test_every_type_arrives_as_full_text(
    fixture: str, types: dict[str, Any], request: pytest.FixtureRequest, make_platform: Any
) -> None:
    url = request.getfixturevalue(fixture)
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in types.items())
    values = ", ".join(value for _, value, _ in types.values())
    run(url, "DROP TABLE IF EXISTS kinds", f"CREATE TABLE kinds (id int primary key, {columns})")
    run(url, f"INSERT INTO kinds VALUES (1, {values})")
    platform = make_platform(
        {"kind": "database", "url": url}, kinds={"table": "kinds", "key": ["id"], "read": [*types]}
    )
    (row,) = rows(platform, "kinds")
    assert row == {"id": "1"} | {name: text for name, (_, _, text) in types.items()}


@pytest.mark.parametrize("fixture", ["postgres_url", "mariadb_url", "sqlite_url"])
def test_any_text_survives(
    fixture: str, request: pytest.FixtureRequest, make_platform: Any
) -> None:
    url = request.getfixturevalue(fixture)
    run(url, "DROP TABLE IF EXISTS words")
    run(url, "CREATE TABLE words (id int primary key, a text, b text)")
    table = sa.table("words", sa.column("id"), sa.column("a"), sa.column("b"))
    engine = sa.create_engine(url)
    platform = make_platform(
        {"kind": "database", "url": url},
        words={"table": "words", "key": ["id"], "read": ["a", "b"]},
    )
    # NUL cannot be stored by PostgreSQL; surrogates are no text
    text = st.text(st.characters(codec="utf-8", exclude_characters="\0")) | st.sampled_from(HOSTILE)

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.tuples(st.none() | text, st.none() | text), max_size=40))
    def survives(pairs: list[tuple[str | None, str | None]]) -> None:
        given_rows = [{"id": i, "a": a, "b": b} for i, (a, b) in enumerate(pairs)]
        with engine.begin() as connection:
            connection.execute(table.delete())
            if given_rows:
                connection.execute(table.insert(), given_rows)
        assert rows(platform, "words") == [r | {"id": str(r["id"])} for r in given_rows]

    survives()
    engine.dispose()


def run(url: str, *statements: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for one in statements:
            connection.exec_driver_sql(one.replace("%", "%%") if "%" in one else one)
    engine.dispose()


def rows(platform: Platform, stream: str) -> list[dict[str, Any]]:
    connector = open_connector(platform, Path("/"))
    found = [r for c in connector.pull(stream, None, resume=False) for r in c.rows.to_pylist()]
    connector.close()
    return found
