"""A flag column: only waiting rows are read, and it is written back only for what is stored."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors import Chunk, database, open_connector
from hub.errors import ConfigError, SourceChangedError
from hub.platform import Platform

from .test_database_values import HOSTILE, run


@pytest.fixture(params=["sqlite", "postgres", "mariadb"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A table `push` of five rows, the last taken already, one with a null and odd texts."""
    if request.param == "sqlite":
        found = f"sqlite:///{tmp_path}/push.db"
    else:
        found = request.getfixturevalue(f"{request.param}_url")
    run(found, "DROP TABLE IF EXISTS push")
    run(found, "CREATE TABLE push (id int primary key, name text, money decimal(9,2), taken int)")
    values = "(1, '甲', 1.50, 0), (2, NULL, NULL, 0), (3, 'O''Neil', 0, 0), (4, '丁', 4, 0)"
    run(found, f"INSERT INTO push VALUES {values}, (5, '戊', 5, 1)")
    yield found
    run(found, "DROP TABLE push")


def platform(make_platform: Any, url: str, **flag: Any) -> Platform:
    made: Platform = make_platform(
        {"kind": "database", "url": url},
        push={
            "table": "push", "key": ["id"], "read": ["name", "money"],
            "increment": {"flag": {"column": "taken"} | flag},
        },
    )  # fmt: skip
    return made


def pulled(one: Platform, *, rows: int = 2, commit: int = 99) -> list[Chunk]:
    """Every chunk; the first `commit` of them are committed."""
    connector = open_connector(one, Path("/"))
    chunks = []
    for number, chunk in enumerate(connector.pull("push", None, resume=False, chunk_rows=rows)):
        chunks.append(chunk)
        if number < commit and chunk.on_commit:
            assert chunk.on_commit() == ()
    connector.close()
    return chunks


def ids(chunks: list[Chunk]) -> list[str]:
    return [one for chunk in chunks for one in chunk.rows["id"].to_pylist()]


def waiting(url: str) -> list[int]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT id FROM push WHERE taken = 0 ORDER BY id")
        rows = [one for (one,) in found]
    engine.dispose()
    return rows


def test_rows_whose_flag_is_null(url: str, make_platform: Any) -> None:
    run(url, "UPDATE push SET taken = NULL WHERE id IN (2, 3)")
    one = platform(make_platform, url, done="1")
    connector = open_connector(one, Path("/"))
    assert any("标志列 taken 是空的" in found.what for found in connector.check() if not found.ok)
    connector.close()
    one = platform(make_platform, url, done="1", waiting=["0", ""])
    connector = open_connector(one, Path("/"))
    assert not any("是空的" in found.what for found in connector.check())
    connector.close()
    assert ids(pulled(one)) == ["1", "2", "3", "4"]
    assert ids(pulled(one)) == []


def test_not_granted_nothing_is_written(url: str, make_platform: Any) -> None:
    one = platform(make_platform, url)
    chunks = pulled(one)
    assert ids(chunks) == ["1", "2", "3", "4"]
    assert [(c.last, c.complete, c.on_commit) for c in chunks][-1] == (True, False, None)
    assert (waiting(url), ids(pulled(one))) == ([1, 2, 3, 4], ["1", "2", "3", "4"])


def test_what_is_committed_is_marked_and_nothing_else(url: str, make_platform: Any) -> None:
    one = platform(make_platform, url, done="1")
    assert ids(pulled(one, commit=1)) == ["1", "2", "3", "4"]
    assert waiting(url) == [3, 4], "the second chunk was never committed"
    assert ids(pulled(one)) == ["3", "4"]
    assert waiting(url) == []
    assert ids(pulled(one)) == []


def test_a_row_that_changed_meanwhile_waits_on(
    url: str, make_platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PAGE_ROWS", 2)
    connector = open_connector(platform(make_platform, url, done="1"), Path("/"))
    chunks = list(connector.pull("push", None, resume=False, chunk_rows=9))
    run(url, "UPDATE push SET name = '改' WHERE id = 1")
    run(url, "UPDATE push SET name = '' WHERE id = 2")
    for chunk in chunks:
        assert chunk.on_commit is not None
        assert chunk.on_commit() == ()
    connector.close()
    assert waiting(url) == [1, 2]


def test_every_text_is_recognised_again(url: str, make_platform: Any) -> None:
    engine = sa.create_engine(url)
    table = sa.table("push", *map(sa.column, ("id", "name", "taken")))
    with engine.begin() as connection:
        rows = [{"id": 10 + n, "name": one, "taken": 0} for n, one in enumerate(HOSTILE)]
        connection.execute(table.insert(), rows)
    engine.dispose()
    pulled(platform(make_platform, url, done="1"), rows=5)
    assert waiting(url) == []


def test_an_account_that_may_not_write(postgres_url: str, make_platform: Any) -> None:
    run(postgres_url, "DROP TABLE IF EXISTS push", "DROP ROLE IF EXISTS only_reads")
    run(postgres_url, "CREATE TABLE push (id int primary key, name text, money text, taken int)")
    run(postgres_url, "INSERT INTO push VALUES (1, '甲', '1', 0)")
    run(
        postgres_url,
        "CREATE ROLE only_reads LOGIN PASSWORD 'x'",
        "GRANT SELECT ON push TO only_reads",
    )
    reader = sa.make_url(postgres_url).set(username="only_reads", password="x")
    one = platform(make_platform, reader.render_as_string(hide_password=False), done="1")
    connector = open_connector(one, Path("/"))
    (chunk,) = connector.pull("push", None, resume=False)
    assert chunk.on_commit is not None
    wrong = [finding.what for finding in connector.check() if not finding.ok]
    assert wrong == ["push：账号不能写回标志列 taken"]
    (note,) = chunk.on_commit()
    assert "标志列 taken 没有写回" in note
    assert "没有更新这一列的权限" in note
    assert "只读" not in note, "that is what it has"
    connector.close()
    run(postgres_url, "DROP TABLE push", "DROP ROLE only_reads")


def test_without_a_key_or_a_column(url: str, make_platform: Any) -> None:
    with pytest.raises(SourceChangedError, match="sfcq"):
        pulled(platform(make_platform, url, column="sfcq"))
    one = platform(make_platform, url)
    keyless = one.model_copy(
        update={"streams": {"push": one.streams["push"].model_copy(update={"key": ()})}}
    )
    with pytest.raises(ConfigError, match="needs a key"):
        pulled(keyless)
