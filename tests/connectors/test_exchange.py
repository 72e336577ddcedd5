"""Exchange databases: complete batches in order, counted, each once."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors import open_connector
from connectors.chunk import Chunk, Connector, Cursor
from connectors.exchange import ExchangeConnector
from hub.errors import SourceChangedError
from hub.platform import Platform

from .conftest import MakePlatform
from .test_database_values import run

PLATFORM = {
    "platform": "link",
    "title": "村社通",
    "owner": {"level": "community", "department": "居委会"},
    "connection": {"kind": "exchange", "url": "sqlite:///{home}/link.db"},
    "streams": {
        "users": {
            "batch_table": "batches", "batch_no": "pch", "batch_rows": "sjl", "batch_ready": "zt",
            "table": "users", "key": ["id"], "increment": "batches", "entity": "resident",
            "deletes": {"column": "op", "when": ["D"]}, "map": {"name": "xm"},
        }
    },
}  # fmt: skip


class Exchange:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = sqlite3.connect(folder / "link.db")
        self.db.execute("CREATE TABLE batches (pch TEXT, sjl INTEGER, zt TEXT)")
        self.db.execute("CREATE TABLE users (pch TEXT, id TEXT, xm TEXT, op TEXT)")
        self.db.commit()

    def deliver(
        self, number: int, rows: int, *, announced: int | None = None, zt: str = "1"
    ) -> None:
        name = f"2026{number:04d}"
        self.db.execute("INSERT INTO batches VALUES (?, ?, ?)", (name, announced or rows, zt))
        self.db.executemany(
            "INSERT INTO users VALUES (?, ?, 'x', 'I')",
            [(name, f"{name}-{n}") for n in range(rows)],
        )
        self.db.commit()

    def connector(self) -> Connector:
        return open_connector(Platform.model_validate(PLATFORM), self.folder)


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    one = Exchange(tmp_path)
    yield one
    one.db.close()


def taken(
    exchange: Exchange, cursor: Cursor | None, chunks: int | None = None, size: int = 100
) -> tuple[list[str], Cursor | None]:
    """Ids taken, and the cursor behind them."""
    connector, ids = exchange.connector(), []
    try:
        pulled = connector.pull("users", cursor, resume=False, chunk_rows=size)
        for number, chunk in enumerate(pulled, 1):
            ids += chunk.rows["id"].to_pylist()
            cursor = chunk.cursor
            if number == chunks:
                break
    finally:
        connector.close()
    return ids, cursor


def test_each_batch_once_in_order(exchange: Exchange) -> None:
    exchange.deliver(2, 2)
    exchange.deliver(1, 1)
    exchange.deliver(3, 1, zt="0")
    ids, cursor = taken(exchange, None)
    assert ids == ["20260001-0", "20260002-0", "20260002-1"]
    assert taken(exchange, cursor) == ([], cursor), "batch 3 is not ready"
    exchange.db.execute("UPDATE batches SET zt = '1'")
    exchange.db.commit()
    assert taken(exchange, cursor)[0] == ["20260003-0"]


@pytest.mark.parametrize("written", ["{}", "P{}", "2026-{}", "{}号"])
def test_batch_numbers_without_zeros_come_in_their_turn(exchange: Exchange, written: str) -> None:
    """As texts 10 stands before 9, and the older rows would replace the newer ones."""
    for number in (9, 10, 11):
        exchange.deliver(number, 1)
        name, known = written.format(number), f"2026{number:04d}"
        exchange.db.execute("UPDATE batches SET pch = ? WHERE pch = ?", (name, known))
        exchange.db.execute("UPDATE users SET pch = ? WHERE pch = ?", (name, known))
    exchange.db.execute("UPDATE batches SET zt = '0' WHERE pch = ?", (written.format(11),))
    exchange.db.commit()
    ids, cursor = taken(exchange, None)
    assert ids == ["20260009-0", "20260010-0"]
    exchange.db.execute("UPDATE batches SET zt = '1'")
    exchange.db.commit()
    assert taken(exchange, cursor)[0] == ["20260011-0"]
    connector = exchange.connector()
    assert "1 个还没有取" in "".join(
        one.what
        for one in connector._waiting("users", cursor)  # type: ignore[attr-defined]
    )
    connector.close()


@pytest.mark.parametrize("size", [1, 2, 100])
def test_a_key_twice_in_a_batch_is_told(exchange: Exchange, size: int) -> None:
    """Which of its rows came later nothing says; the very same row once more is no harm."""
    exchange.deliver(1, 2)
    exchange.db.execute("INSERT INTO users VALUES ('20260001', '20260001-1', 'y', 'U')")
    exchange.db.execute("INSERT INTO users VALUES ('20260001', '20260001-0', 'x', 'I')")
    for name in ("甲", "乙"):
        exchange.db.execute("INSERT INTO users VALUES ('20260001', '', ?, 'I')", (name,))
    exchange.db.execute("UPDATE batches SET sjl = 6")
    exchange.db.commit()
    connector = exchange.connector()
    *_, last = connector.pull("users", None, resume=False, chunk_rows=size)
    (note,) = last.notes
    assert "批次 20260001 里有 1 行与同一批的另一行主键相同" in note
    connector.close()


@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_a_batch_number_that_the_detail_table_cannot_have(
    kind: str, request: pytest.FixtureRequest, make_platform: MakePlatform
) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    run(url, "DROP TABLE IF EXISTS announced", "DROP TABLE IF EXISTS detail")
    run(url, "CREATE TABLE announced (pch varchar(9), sjl int)")
    run(url, "CREATE TABLE detail (pch int, id varchar(9))")
    run(url, "INSERT INTO announced VALUES ('12-1', 1)", "INSERT INTO detail VALUES (12, 'a')")
    users = {
        "batch_table": "announced", "batch_no": "pch", "batch_rows": "sjl", "table": "detail",
        "key": ["id"], "increment": "batches",
    }  # fmt: skip
    connector = open_connector(
        make_platform({"kind": "exchange", "url": url}, users=users), Path("/")
    )
    with pytest.raises(SourceChangedError) as caught:
        list(connector.pull("users", None, resume=False))
    assert "批次 12-1 不是数字，明细表的 pch 列却是数字" in caught.value.zh
    connector.close()


def test_short_batch_is_not_taken_but_the_ones_before_are(exchange: Exchange) -> None:
    exchange.deliver(1, 3)
    exchange.deliver(2, 1, announced=2)
    connector = exchange.connector()
    chunks = connector.pull("users", None, resume=False)
    first = next(chunks)
    assert first.rows.num_rows == 3
    assert first.cursor == {"batch": "20260001", "taken": ["20260001"]}
    with pytest.raises(SourceChangedError) as caught:
        next(chunks)
    assert "批次 20260002 应有 2 条，实有 1 条" in caught.value.zh
    connector.close()


def test_batches_taken_are_said_so_once_they_are_stored(exchange: Exchange) -> None:
    for number in (1, 2, 3):
        exchange.deliver(number, 2)
    stream = PLATFORM["streams"]["users"] | {"batch_taken": "2"}  # type: ignore[index]  # a dict of dicts
    platform = Platform.model_validate(PLATFORM | {"streams": {"users": stream}})
    connector = open_connector(platform, exchange.folder)
    chunks = connector.pull("users", None, resume=False, chunk_rows=3)
    first = next(chunks)
    assert first.cursor == {"batch": "20260001", "taken": ["20260001"]}
    assert states(exchange) == ["1", "1", "1"], "not before the commit"
    assert first.on_commit is not None
    assert first.on_commit() == ()
    assert states(exchange) == ["2", "1", "1"]
    for chunk in chunks:
        assert chunk.on_commit is None or chunk.on_commit() == ()
    assert states(exchange) == ["2", "2", "2"]
    connector.close()


def states(exchange: Exchange) -> list[str]:
    return [zt for (zt,) in exchange.db.execute("SELECT zt FROM batches ORDER BY pch")]


def test_renamed_column_is_named(exchange: Exchange) -> None:
    exchange.db.execute("ALTER TABLE users RENAME COLUMN xm TO mc")
    exchange.db.commit()
    exchange.deliver(1, 0)
    exchange.db.execute("INSERT INTO batches VALUES ('20260009', 1, '1')")
    exchange.db.commit()
    with pytest.raises(SourceChangedError, match="xm"):
        taken(exchange, None)


def test_check_counts_waiting_batches(exchange: Exchange) -> None:
    exchange.deliver(1, 1)
    connector = exchange.connector()
    found = connector.check()
    connector.close()
    assert [one.what for one in found][-1] == "users：批次表里有 1 个已就绪的批次"


def test_check_tells_of_the_batch_that_will_be_refused(exchange: Exchange) -> None:
    exchange.deliver(1, 3, announced=5)  # its rows were cleared after it was taken
    for number, announced in ((2, 2), (3, 4), (4, 1)):
        exchange.deliver(number, announced - (number == 3), announced=announced)
    connector: Any = exchange.connector()
    *_, short, count = connector.check({"users": {"batch": "20260001", "taken": ["20260001"]}})
    connector.close()
    assert (short.ok, short.what) == (False, "users：批次 20260003 应有 4 条，实有 3 条")
    assert "后面的 1 个批次也要等它" in short.advice
    assert count.what == "users：批次表里有 4 个已就绪的批次，3 个还没有取"


def test_a_batch_that_comes_behind_its_turn_is_told(exchange: Exchange) -> None:
    exchange.deliver(2, 1)
    exchange.deliver(3, 1, zt="0")
    exchange.deliver(4, 1)
    _, cursor = taken(exchange, None)
    exchange.db.execute("UPDATE batches SET zt = '1'")
    exchange.db.commit()
    exchange.deliver(1, 1)
    for _ in range(2):  # until it is gone
        connector: Any = exchange.connector()
        (chunk,) = connector.pull("users", cursor, resume=False)
        (late,) = [one for one in connector.check({"users": cursor}) if not one.ok]
        connector.close()
        assert chunk.rows.num_rows == 0
        assert "有 2 个批次（20260001、20260003）来晚了" in chunk.notes[0]
        assert "有 2 个批次（20260001、20260003）来晚了" in late.what
        cursor = chunk.cursor
    connector = exchange.connector()
    (chunk,) = connector.pull("users", {"batch": "20260004"}, resume=False)  # of an older version
    connector.close()
    assert not chunk.notes


@pytest.mark.parametrize("rows", [5, 40])
def test_a_batch_that_shrinks_while_it_is_read_is_not_taken(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    exchange.deliver(1, 3)
    exchange.deliver(2, rows)
    counted = ExchangeConnector._count

    def then_fewer(self: ExchangeConnector, stream: str, delivery: Any) -> int:
        found = counted(self, stream, delivery)
        exchange.db.execute("DELETE FROM users WHERE id = '20260002-1'")
        exchange.db.commit()
        return found

    monkeypatch.setattr(ExchangeConnector, "_count", then_fewer)
    connector = exchange.connector()
    chunks: list[Chunk] = []
    pulled = connector.pull("users", None, resume=False, chunk_rows=10)
    with pytest.raises(SourceChangedError, match=f"announces {rows} rows, has {rows - 1}"):
        chunks.extend(pulled)
    connector.close()
    sure = [one for one in chunks if one.sure]
    assert [one.cursor["batch"] for one in sure] == ["20260001"]
    assert sum(one.rows.num_rows for one in sure) == 3


def test_a_batch_that_was_withdrawn_meanwhile_is_not_marked(exchange: Exchange) -> None:
    exchange.deliver(1, 1)
    stream = PLATFORM["streams"]["users"] | {"batch_taken": "2"}  # type: ignore[index]  # a dict of dicts
    platform = Platform.model_validate(PLATFORM | {"streams": {"users": stream}})
    connector = open_connector(platform, exchange.folder)
    (chunk,) = connector.pull("users", None, resume=False)
    exchange.db.execute("UPDATE batches SET zt = '0'")
    exchange.db.commit()
    assert chunk.on_commit is not None
    assert chunk.on_commit() == ()
    assert states(exchange) == ["0"]
    connector.close()


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 5), min_size=1, max_size=5),
    size=st.integers(1, 4),
    cut=st.integers(1, 8),
)
def test_cut_anywhere_nothing_is_lost(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int], size: int, cut: int
) -> None:
    exchange = Exchange(tmp_path_factory.mktemp("x"))
    for number, rows in enumerate(sizes):
        exchange.deliver(number, rows)
    first, cursor = taken(exchange, None, chunks=cut, size=size)
    rest, _ = taken(exchange, cursor, size=size)
    everything = [f"2026{n:04d}-{i}" for n, rows in enumerate(sizes) for i in range(rows)]
    assert list(dict.fromkeys(first + rest)) == everything
    exchange.db.close()


def test_a_check_says_that_batches_cannot_be_marked(
    postgres_url: str, make_platform: MakePlatform
) -> None:
    role = "only_takes"
    admin = sa.create_engine(postgres_url)
    with admin.begin() as connection:
        for one in (
            "CREATE TABLE deliveries (pch text, sjl int, zt text)",
            "CREATE TABLE delivered (pch text, id text, xm text)",
            f"CREATE ROLE {role} LOGIN PASSWORD 'x'",
            f"GRANT SELECT ON deliveries, delivered TO {role}",
        ):
            connection.execute(sa.text(one))
    url = sa.make_url(postgres_url).set(username=role, password="x")
    stream = {
        "batch_table": "deliveries", "batch_no": "pch", "batch_rows": "sjl", "batch_ready": "zt",
        "batch_taken": "2", "table": "delivered", "key": ["id"], "increment": "batches",
        "map": {"name": "xm"},
    }  # fmt: skip
    connection_of = {"kind": "exchange", "url": url.render_as_string(hide_password=False)}
    connector = open_connector(make_platform(connection_of, users=stream), Path("/"))
    (wrong,) = [one for one in connector.check() if not one.ok]
    connector.close()
    assert wrong.what == "users：账号不能写回标志列 zt"
    assert "batch_taken" in wrong.advice
    with admin.begin() as connection:
        connection.execute(sa.text(f"DROP TABLE deliveries, delivered; DROP ROLE {role}"))
    admin.dispose()
