"""The ledger: migrations make just its tables, and a pull is written as it was said."""

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import alembic.command
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

import ledger.ledger
from ledger import open_ledger
from ledger.tables import Base

MIGRATIONS = Path(ledger.ledger.__file__).parent / "migrations"


def test_migrations_make_just_the_tables(tmp_path: Path) -> None:
    book = open_ledger(tmp_path / "ledger.sqlite")
    with book.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
    book.close()
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == ledger.ledger.HEAD


def test_ledger_is_private(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    open_ledger(path).close()
    assert path.stat().st_mode & 0o077 == 0


def batch(name: str) -> dict[str, object]:
    return {"batch_id": name, "path": f"raw/{name}", "rows": 2, "sha256": "0" * 64}


def test_committed_chunks_are_kept_when_a_pull_is_cut(tmp_path: Path) -> None:
    book = open_ledger(tmp_path / "ledger.sqlite")
    pull = book.open_pull("p", "s")
    assert (pull.resumed, pull.cursor) == (False, None)
    assert book.next_batch_id("p", "s") == "p.s.000001"
    pull.read = pull.stored = 2
    book.commit(pull, batch("p.s.000001"), {"at": 1})
    again = book.open_pull("p", "s")
    assert (again.resumed, again.cursor, again.read) == (True, {"at": 1}, 2)
    assert book.next_batch_id("p", "s") == "p.s.000002"
    book.close_pull(again, "complete")
    assert book.open_pull("p", "s").resumed is False
    (kept,) = book.batches("p", "s")
    assert (kept.batch_id, kept.rows) == ("p.s.000001", 2)
    assert kept.pulled_at.tzinfo is UTC
    book.close()


def test_held_pull_gives_its_cursor_back(tmp_path: Path) -> None:
    book = open_ledger(tmp_path / "ledger.sqlite")
    pull = book.open_pull("p", "s")
    book.commit(pull, None, {"at": 1})
    book.close_pull(pull, "complete")
    pull = book.open_pull("p", "s")
    book.commit(pull, None, {"at": 2})
    book.close_pull(pull, "held", "少了太多")
    assert book.cursor("p", "s") == {"at": 1}
    last = book.last_pulls()[("p", "s")]
    assert (last.status, last.error) == ("held", "少了太多")
    success = book.last_success()["p"]
    assert success <= datetime.now(UTC)
    book.close()


def test_failed_pull_goes_on_where_it_stopped(tmp_path: Path) -> None:
    book = open_ledger(tmp_path / "ledger.sqlite")
    pull = book.open_pull("p", "s")
    pull.read = 5
    book.commit(pull, None, {"at": 5})
    book.close_pull(pull, "failed", "断了")
    again = book.open_pull("p", "s")
    assert (again.resumed, again.read, again.cursor) == (True, 5, {"at": 5})
    book.close()


def test_run_that_never_ended_is_noted_as_cut(tmp_path: Path) -> None:
    book = open_ledger(tmp_path / "ledger.sqlite")
    first = book.begin_run()
    second = book.begin_run()
    book.end_run(second, "ok", {"published": 1})
    with book.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT run_id, status FROM run ORDER BY 1")).all()
    assert [tuple(row) for row in rows] == [(first, "cut"), (second, "ok")]
    last = book.last_run()
    assert last is not None
    assert last.summary == {"published": 1}
    book.close()


def test_who_comes_first_makes_the_ledger_and_the_others_wait(tmp_path: Path) -> None:
    path, start = tmp_path / "ledger.sqlite", threading.Barrier(6)

    def open_it(_: int) -> int:
        start.wait()
        book = open_ledger(path)
        number = book.begin_run()
        book.close()
        return number

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(open_it, range(6))) == [1, 2, 3, 4, 5, 6]


def test_a_new_ledger_that_another_process_is_just_making_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(open_ledger, path)
        with pytest.raises(TimeoutError):
            waiting.result(timeout=0.3)
        other.execute("COMMIT")
        other.close()
        waiting.result(timeout=60).close()


def test_a_ledger_that_was_not_made_whole_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, upgrade = tmp_path / "ledger.sqlite", alembic.command.upgrade

    def cut_short(config: Config, revision: str) -> None:
        upgrade(config, revision)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("alembic.command.upgrade", cut_short)
        with pytest.raises(KeyboardInterrupt):
            open_ledger(path)
    book = open_ledger(path)
    assert book.begin_run() == 1
    book.close()
