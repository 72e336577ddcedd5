"""Order, cursors, watermarks and failures of the database connector."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors import Chunk, database, open_connector
from connectors.database import DatabaseConnector
from hub.errors import (
    ConfigError,
    HubError,
    SourceChangedError,
    SourceDownError,
    SourceRefusedError,
)
from hub.platform import Platform

from .test_database_values import HOSTILE, run

PEOPLE = [(i, f"居民{i}", f"2024-01-0{1 + i % 3} 08:00:00") for i in range(1, 11)]


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def people_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A table `people` of ten rows: id, name, updated."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/people.db"
    else:
        url = request.getfixturevalue(f"{request.param}_url")
    run(url, "DROP TABLE IF EXISTS people")
    moment = "timestamp" if request.param == "postgres" else "datetime"
    run(url, f"CREATE TABLE people (id int primary key, name varchar(20), updated {moment} null)")
    values = ", ".join(str(one) for one in PEOPLE)
    run(url, f"INSERT INTO people VALUES {values}")
    return url


def pulled(platform: Platform, cursor: Any = None, *, resume: bool = False, rows: int = 3) -> Any:
    connector = open_connector(platform, Path("/"))
    yield from connector.pull("people", cursor, resume=resume, chunk_rows=rows)
    connector.close()


def ids(chunks: Iterator[Chunk]) -> list[str]:
    return [one for chunk in chunks for one in chunk.rows["id"].to_pylist()]


def test_snapshot_comes_in_key_order_and_is_complete(people_url: str, make_platform: Any) -> None:
    platform = make_platform({"kind": "database", "url": people_url}, people=people())
    chunks = list(pulled(platform))
    assert [chunk.rows.num_rows for chunk in chunks] == [3, 3, 3, 1]
    assert ids(iter(chunks)) == [str(i) for i, _, _ in PEOPLE]
    assert [(chunk.last, chunk.complete) for chunk in chunks] == [(False, False)] * 3 + [
        (True,) * 2
    ]


def test_watermark_goes_on_behind_the_last_pull_with_overlap(
    people_url: str, make_platform: Any
) -> None:
    increment = {"watermark": "updated", "overlap": "1h"}
    platform = make_platform(
        {"kind": "database", "url": people_url}, people=people(increment=increment)
    )
    first = list(pulled(platform))
    assert sorted(ids(iter(first)), key=int) == [str(i) for i, _, _ in PEOPLE]
    assert not first[-1].complete
    run(people_url, "UPDATE people SET name = '新', updated = '2024-01-03 07:30:00' WHERE id = 4")
    run(people_url, "UPDATE people SET updated = '2024-01-04 00:00:00.5' WHERE id = 5")
    second = list(pulled(platform, json.loads(json.dumps(first[-1].cursor))))
    # 2, 8: at the watermark itself; 4: inside the overlap; 5: new
    assert ids(iter(second)) == ["4", "2", "8", "5"]
    third = list(pulled(platform, second[-1].cursor))
    assert ids(iter(third)) == ["5"]


def test_a_pull_cut_at_its_very_end_goes_on_to_what_came_since(
    people_url: str, make_platform: Any
) -> None:
    increment = {"watermark": "updated", "overlap": "0s"}
    platform = make_platform(
        {"kind": "database", "url": people_url}, people=people(increment=increment)
    )
    *_, last = pulled(platform)
    run(people_url, "UPDATE people SET updated = '2024-01-04 00:00:00.5' WHERE id = 5")
    cursor = json.loads(json.dumps(last.cursor))
    assert "5" in ids(pulled(platform, cursor, resume=True))


def test_a_window_is_read_without_a_cursor(people_url: str, make_platform: Any) -> None:
    run(people_url, "UPDATE people SET updated = NULL WHERE id = 2")
    platform = make_platform(
        {"kind": "database", "url": people_url}, people=people(increment={"watermark": "updated"})
    )
    connector = open_connector(platform, Path("/"))
    assert isinstance(connector, DatabaseConnector)
    zone = ZoneInfo("Asia/Shanghai")
    window = datetime(2024, 1, 1, tzinfo=zone), datetime(2024, 1, 2, 8, tzinfo=zone)
    *chunks, last = connector.pull_window("people", "2024-01-03 08:00:00", window)
    assert ids(iter(chunks)) == ["3", "6", "9"], "the end itself is outside"
    assert (last.last, last.complete, last.cursor) == (True, False, {})
    with pytest.raises(ConfigError, match="no time"):
        list(connector.pull_window("people", "甲", window))
    connector.close()


@pytest.mark.parametrize("null", ["null", "not null"])
def test_rows_of_the_day_of_zeros_are_read_every_time(
    mariadb_url: str, make_platform: Any, null: str
) -> None:
    """No change of theirs shows in a watermark that nobody ever writes."""
    table = f"CREATE TABLE people (id int primary key, name text, updated datetime {null})"
    values = "(1, '甲', '2024-01-01'), (2, '乙', '0000-00-00')"
    run(mariadb_url, "DROP TABLE IF EXISTS people", table)
    run(mariadb_url, "SET sql_mode = ''", f"INSERT INTO people VALUES {values}")
    platform = make_platform(
        {"kind": "database", "url": mariadb_url},
        people=people(increment={"watermark": "updated", "overlap": "0s"}),
    )
    first = list(pulled(platform))
    assert sorted(ids(iter(first))) == ["1", "2"]
    run(mariadb_url, "UPDATE people SET name = '丙' WHERE id = 2")
    again = list(pulled(platform, first[-1].cursor))
    assert [row for one in again for row in one.rows["name"].to_pylist()] == ["甲", "丙"]


def test_rows_without_watermark_are_read_every_time(people_url: str, make_platform: Any) -> None:
    run(people_url, "UPDATE people SET updated = NULL WHERE id IN (7, 3)")
    platform = make_platform(
        {"kind": "database", "url": people_url}, people=people(increment={"watermark": "updated"})
    )
    first = list(pulled(platform))
    assert len(ids(iter(first))) == 10
    assert ids(pulled(platform, first[-1].cursor)) == ["2", "5", "8", "3", "7"]


@pytest.fixture
def texts_url(people_url: str) -> str:
    """The table `people` with a watermark that is text."""
    run(people_url, "DROP TABLE people")
    run(
        people_url,
        "CREATE TABLE people (id int primary key, name varchar(20), updated varchar(30))",
    )
    return people_url


def marked(url: str, make_platform: Any, *marks: str) -> Platform:
    """Rows 1, 2, … with these watermarks."""
    values = ", ".join(f"({n}, '甲', '{mark}')" for n, mark in enumerate(marks, 1))
    run(url, f"INSERT INTO people VALUES {values}")
    increment = {"watermark": "updated", "overlap": "1h"}
    connection = {"kind": "database", "url": url}
    return make_platform(connection, people=people(increment=increment))  # type: ignore[no-any-return]


@pytest.mark.parametrize("blank", ["", " ", "-", "/"])
def test_texts_for_no_watermark_are_read_every_time(
    texts_url: str, make_platform: Any, blank: str
) -> None:
    platform = marked(texts_url, make_platform, "2024-01-01 08:00:00", "2024-01-05 08:00:00", blank)
    first = list(pulled(platform))
    assert ids(iter(first)) == ["1", "2", "3"]
    assert ids(pulled(platform, first[-1].cursor)) == ["2", "3"]


@pytest.mark.parametrize(("last", "later"), [("99999", "100000"), ("000000012345", "000000012399")])
def test_numbers_kept_as_text_hide_no_later_ones(
    texts_url: str, make_platform: Any, last: str, later: str
) -> None:
    platform = marked(texts_url, make_platform, last)
    *_, end = pulled(platform)
    run(texts_url, f"INSERT INTO people VALUES (2, '乙', '{later}')")
    assert sorted(ids(pulled(platform, end.cursor))) == ["1", "2"]
    assert "按文字排先后" in end.notes[0]


@pytest.mark.parametrize("resume", [False, True])
def test_a_watermark_of_another_kind_is_read_from_its_beginning(
    people_url: str, make_platform: Any, resume: bool
) -> None:
    increment = {"watermark": "updated", "overlap": "1h"}
    connection = {"kind": "database", "url": people_url}
    platform = make_platform(connection, people=people(increment=increment))
    chunks = list(pulled(platform))
    run(people_url, "DROP TABLE people")
    run(people_url, "CREATE TABLE people (id int primary key, name varchar(20), updated bigint)")
    run(people_url, "INSERT INTO people VALUES (1, '甲', 5), (2, '乙', 1700000000)")
    cursor = json.loads(json.dumps(chunks[0 if resume else -1].cursor))
    assert ids(pulled(platform, cursor, resume=resume)) == ["1", "2"]


def test_a_window_of_days_without_zeros_is_refused(texts_url: str, make_platform: Any) -> None:
    """As texts 2024/9/5 lies behind 2024/10/01; the rows themselves are never hidden."""
    platform = marked(texts_url, make_platform, "2024/9/5", "2024/10/3")
    *_, end = pulled(platform)
    run(texts_url, "INSERT INTO people VALUES (3, '乙', '2024/11/11')")
    assert {"1", "3"} <= {*ids(pulled(platform, end.cursor))}
    connector = open_connector(platform, Path("/"))
    assert isinstance(connector, DatabaseConnector)
    zone = ZoneInfo("Asia/Shanghai")
    window = datetime(2024, 9, 1, tzinfo=zone), datetime(2024, 10, 1, tzinfo=zone)
    with pytest.raises(ConfigError, match="no time"):
        list(connector.pull_window("people", end.cursor["high"], window))
    connector.close()


def test_a_row_from_the_future_does_not_hide_later_changes(
    people_url: str, make_platform: Any
) -> None:
    run(people_url, "UPDATE people SET updated = '2099-01-01 00:00:00' WHERE id = 1")
    platform = make_platform(
        {"kind": "database", "url": people_url}, people=people(increment={"watermark": "updated"})
    )
    first = list(pulled(platform))
    assert first[-1].cursor["high"] < "2099"
    assert ids(pulled(platform, first[-1].cursor)) == ["1"]


def test_where_is_taken_as_it_stands(people_url: str, make_platform: Any) -> None:
    where = "name LIKE '%1%' AND updated > '2024-01-01 00:00:00' OR id = 2"
    platform = make_platform({"kind": "database", "url": people_url}, people=people(where=where))
    assert ids(pulled(platform)) == ["1", "2", "10"]


def test_an_empty_table_is_a_complete_empty_pull(people_url: str, make_platform: Any) -> None:
    run(people_url, "DELETE FROM people")
    platform = make_platform({"kind": "database", "url": people_url}, people=people())
    (chunk,) = pulled(platform)
    assert (chunk.rows.num_rows, chunk.last, chunk.complete) == (0, True, True)
    assert chunk.rows.column_names == ["id", "name", "updated"]


def test_check_and_columns(people_url: str, make_platform: Any) -> None:
    stream = people(read=["name", "没有的列"])
    platform = make_platform(
        {"kind": "database", "url": people_url}, people=people(), other=stream, twice=people(key=[])
    )
    connector = open_connector(platform, Path("/"))
    assert connector.columns("people") == ["id", "name", "updated"]
    findings = {one.what: one for one in connector.check()}
    assert findings["people：主键 id 没有空值和重复"].ok
    assert not findings["other：表 people 没有列 没有的列"].ok
    assert not findings["twice：没有写主键 key"].ok
    connector.close()


@pytest.mark.parametrize("fixture", ["postgres_url", "mariadb_url"])
@pytest.mark.parametrize("kind", ["varchar(40)", "decimal(30,10)", "binary"])
def test_a_key_of_any_value_is_gone_behind(
    fixture: str, kind: str, request: pytest.FixtureRequest, make_platform: Any
) -> None:
    url = request.getfixturevalue(fixture)
    keys: list[Any] = [*HOSTILE, "a\\'b%s", "%", "\\'"]
    if kind == "decimal(30,10)":
        keys = [f"{n}.0000000001" for n in (-3, 0, 7, 12345678901234567890)]
    if kind == "binary":
        keys = [b"\x00", b"\xff'\\", b"%"]
        kind = "bytea" if fixture == "postgres_url" else "varbinary(9)"
    run(url, "DROP TABLE IF EXISTS keyed", f"CREATE TABLE keyed (id {kind} primary key)")
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        table = sa.table("keyed", sa.column("id"))
        values = [Decimal(one) for one in keys] if kind.startswith("decimal") else keys
        connection.execute(table.insert(), [{"id": one} for one in values])
    engine.dispose()
    platform = make_platform(
        {"kind": "database", "url": url}, people=people(table="keyed", read=[])
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "PAGE_ROWS", 1)
        texts = [one.hex() if isinstance(one, bytes) else f"{one}" for one in keys]
        assert sorted(ids(pulled(platform, rows=1))) == sorted(texts)


def test_names_of_every_kind(postgres_url: str, make_platform: Any) -> None:
    run(postgres_url, 'DROP SCHEMA IF EXISTS "交换" CASCADE', 'CREATE SCHEMA "交换"')
    run(postgres_url, 'CREATE TABLE "交换"."T_人口" ("ID" int, "a%b" text, "order" text)')
    run(postgres_url, """INSERT INTO "交换"."T_人口" VALUES (1, '百', '序'), (2, NULL, '')""")
    stream = people(table="交换.T_人口", key=["ID"], read=["a%b", "order"])
    platform = make_platform({"kind": "database", "url": postgres_url}, people=stream)
    assert [list(r.values()) for c in pulled(platform) for r in c.rows.to_pylist()] == [
        ["1", "百", "序"],
        ["2", None, ""],
    ]
    connector = open_connector(platform, Path("/"))
    assert all(one.ok for one in connector.check())
    connector.close()


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        ({"read": ["name", "phone"]}, "没有列：phone"),
        ({"table": "nobody"}, "找不到表 nobody"),
        ({"where": "nothing ( = 1"}, "where"),
        ({"where": "phone = 1"}, "少了要读的列"),
    ],
)
def test_what_changed_is_named(
    people_url: str, make_platform: Any, stream: dict[str, Any], says: str
) -> None:
    platform = make_platform({"kind": "database", "url": people_url}, people=people(**stream))
    with pytest.raises(SourceChangedError) as caught:
        list(pulled(platform))
    assert says in caught.value.zh
    assert "测试平台" in caught.value.zh


def test_a_table_dropped_half_way(
    people_url: str, make_platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a page ends before its chunk is full, so no statement of ours holds the table
    monkeypatch.setattr(database, "PAGE_ROWS", 2)
    platform = make_platform({"kind": "database", "url": people_url}, people=people())
    chunks = pulled(platform)
    assert next(chunks).rows.num_rows == 2
    run(people_url, "DROP TABLE people")
    with pytest.raises(SourceChangedError, match="table") as caught:
        list(chunks)
    assert "找不到要读的表" in caught.value.zh


@pytest.mark.parametrize("fixture", ["postgres_url", "mariadb_url"])
@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"port": 1}, SourceDownError, "连接不上"),
        ({"password": "wrong"}, SourceRefusedError, "密码不对"),
        ({"username": "nobody"}, SourceRefusedError, "密码不对"),
        ({"database": "nowhere"}, SourceChangedError, "库名"),
    ],
)
def test_connection_failures(
    fixture: str,
    request: pytest.FixtureRequest,
    make_platform: Any,
    change: dict[str, Any],
    error: type[HubError],
    says: str,
) -> None:
    url = sa.make_url(request.getfixturevalue(fixture)).set(**change)
    platform = make_platform(
        {"kind": "database", "url": url.render_as_string(hide_password=False)}, people=people()
    )
    with pytest.raises(error) as caught:
        list(pulled(platform))
    assert says in caught.value.zh
    assert str(url.password) not in str(caught.value) + caught.value.zh
    connector = open_connector(platform, Path("/"))
    assert [(one.ok, one.what) for one in connector.check()] == [(False, "连接不成功")]
    connector.close()


@pytest.mark.parametrize(
    ("fixture", "slow"),
    [
        ("postgres_url", "SELECT i id, pg_sleep(0.1)::text nap FROM generate_series(1, 40) i"),
        ("mariadb_url", "SELECT seq id, sleep(0.1) nap FROM seq_1_to_40"),
    ],
)
def test_a_slow_source_is_given_up(
    fixture: str, slow: str, request: pytest.FixtureRequest, make_platform: Any
) -> None:
    url = request.getfixturevalue(fixture)
    run(url, "DROP VIEW IF EXISTS slow", f"CREATE VIEW slow AS {slow}")
    platform = make_platform(
        {"kind": "database", "url": url, "statement_timeout": 1},
        people=people(table="slow", read=["nap"]),
    )
    with pytest.raises(SourceDownError) as caught:
        list(pulled(platform))
    assert "statement_timeout" in caught.value.zh
    run(url, "DROP VIEW slow")


@pytest.mark.parametrize("fixture", ["postgres_url", "mariadb_url"])
def test_a_server_that_cuts_the_connection(
    fixture: str, request: pytest.FixtureRequest, make_platform: Any
) -> None:
    url = request.getfixturevalue(fixture)
    run(url, "DROP TABLE IF EXISTS wide", "CREATE TABLE wide (id int primary key, filler text)")
    series = {
        "postgres_url": "SELECT i, repeat('x', 4000) FROM generate_series(1, 20000) i",
        "mariadb_url": "SELECT seq, repeat('x', 4000) FROM seq_1_to_20000",
    }[fixture]
    run(url, f"INSERT INTO wide {series}")
    platform = make_platform(
        {"kind": "database", "url": url}, people=people(table="wide", read=["filler"])
    )
    database_source = "connectors.database_source.BLOCK_ROWS"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database_source, 100)
        chunks = pulled(platform, rows=100)
        next(chunks)
        kill_others(url)
        with pytest.raises(SourceDownError) as caught:
            list(chunks)
    assert "中途断开" in caught.value.zh
    run(url, "DROP TABLE wide")


def test_a_missing_sqlite_file_is_not_created(tmp_path: Path, make_platform: Any) -> None:
    platform = make_platform(
        {"kind": "database", "url": "sqlite:///{home}/none.db"}, people=people()
    )
    connector = open_connector(platform, tmp_path)
    with pytest.raises(SourceDownError):
        list(connector.pull("people", None, resume=False))
    assert list(tmp_path.iterdir()) == []


ROWS = st.lists(
    st.tuples(
        st.none() | st.integers(0, 30),
        st.none() | st.sampled_from(["2024-01-01 00:00:00", "2024-01-02", "x", ""]),
    ),
    max_size=14,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=ROWS,
    chunk=st.integers(1, 4),
    page=st.integers(1, 9),
    watermark=st.booleans(),
    key=st.sampled_from([["id"], ["id", "updated"], []]),
    cut=st.integers(1, 20),
)
def test_cut_anywhere_and_resumed_each_row_comes_once(  # noqa: PLR0917 - drawn, not passed
    tmp_path: Path,
    make_platform: Any,
    rows: list[tuple[int | None, str | None]],
    chunk: int,
    page: int,
    watermark: bool,
    key: list[str],
    cut: int,
) -> None:
    file = tmp_path / "cut.db"
    file.unlink(missing_ok=True)
    unique = {(i, u if len(key) == 2 else None): (i, u) for i, u in rows if i is not None}
    stored = [*unique.values(), *((i, u) for i, u in rows if i is None)]
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE people (id int, name text, updated text)")
        connection.executemany("INSERT INTO people VALUES (?, 'x', ?)", stored)
    connection.close()
    increment: Any = {"watermark": "updated"} if watermark and key else "snapshot"
    platform = make_platform(
        {"kind": "database", "url": f"sqlite:///{file}"},
        people=people(key=key, increment=increment, read=["id", "updated"]),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "PAGE_ROWS", page)
        before = list(islice(pulled(platform, rows=chunk), cut))
        cursor = json.loads(json.dumps(before[-1].cursor))
        after = list(pulled(platform, cursor, resume=True, rows=chunk))
    seen = Counter((r["id"], r["updated"]) for c in before + after for r in c.rows.to_pylist())
    everything = Counter((None if i is None else str(i), u) for i, u in stored)
    if before[-1].last and increment != "snapshot":  # it goes on from where a new pull would
        assert seen.keys() == everything.keys()
    else:
        assert seen == everything
    assert [one.last for one in after] == [False] * (len(after) - 1) + [True]
    assert after[-1].complete == (increment == "snapshot")


def kill_others(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        else:
            for (one,) in connection.exec_driver_sql(
                "SELECT id FROM information_schema.processlist"
                " WHERE id <> connection_id() AND command = 'Query'"
            ).all():
                connection.exec_driver_sql(f"KILL {one}")
    engine.dispose()


def people(**changes: Any) -> dict[str, Any]:
    return {"table": "people", "key": ["id"], "read": ["name", "updated"]} | changes
