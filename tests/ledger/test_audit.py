"""The chain: nothing is lost, whoever writes it, and nothing can be changed without being found."""

import os
import signal
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.init import make_home
from hub.errors import ConfigError
from hub.settings import Home, open_home
from ledger import open_ledger
from ledger.audit import EVERY, Audit, Event, record
from ledger.audit_check import Verified, events, verify
from security.audit_key import public_key
from tests.children import child


@pytest.fixture
def home(tmp_path: Path) -> Home:
    make_home(tmp_path / "home", "测试")
    return open_home(tmp_path / "home")


def book(home: Home) -> Path:
    return home.data / "ledger.sqlite"


def filled(home: Home, count: int) -> None:
    ledger = open_ledger(book(home))
    audit = Audit(home, ledger)
    for start in range(0, count, 500):
        some = range(start, min(start + 500, count))
        audit.record(*(Event(f"account:u{n % 7}", "look", subject=f"R{n}", rows=1) for n in some))
    ledger.close()


def checked(home: Home, kept: tuple[Path, ...] = ()) -> Verified:
    ledger = open_ledger(book(home))
    done = verify(ledger, public_key(home.secrets / "audit.pub"), kept)
    ledger.close()
    return done


def test_an_empty_and_a_whole_chain_hold(home: Home) -> None:
    ledger = open_ledger(book(home))
    record(Audit(home, ledger), Event("anonymous", "sign_in", outcome="refused"))
    ledger.close()
    assert (checked(home).events, checked(home).faults) == (1, [])
    filled(home, 2 * EVERY)
    done = checked(home)
    assert (done.events, done.checkpoints, done.faults) == (2 * EVERY + 1, 2, [])


def test_of_100_000_events_all_hold_but_the_one_that_was_changed(home: Home) -> None:
    filled(home, 100_000)
    with sqlite3.connect(book(home)) as run:
        run.execute("UPDATE audit_event SET subject = 'R0' WHERE seq = 54321")
    run.close()
    done = checked(home)
    assert (done.events, done.checkpoints) == (100_000, 100)
    assert [(f.kind, f.seq) for f in done.faults] == [("altered", 54321)]


def _put_back(home: Home, whole: bytes) -> None:
    for path in home.data.glob("ledger.sqlite*"):
        path.unlink()
    book(home).write_bytes(whole)


COLUMNS = ("actor", "role", "action", "outcome", "entity", "subject", "purpose", "origin")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, bytes]:
    root = tmp_path_factory.mktemp("audit") / "home"
    make_home(root, "测试")
    home = open_home(root)
    filled(home, 30)
    return home, book(home).read_bytes()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(["alter", "rows", "drop", "swap", "add", "cut", "hash"]),
    column=st.sampled_from(COLUMNS),
    place=st.integers(1, 30),
    other=st.integers(1, 30),
)
def test_any_change_is_found(
    small: tuple[Home, bytes], kind: str, column: str, place: int, other: int
) -> None:
    home, whole = small
    _put_back(home, whole)
    with sqlite3.connect(book(home)) as run:
        match kind:
            case "alter":
                run.execute(
                    f"UPDATE audit_event SET {column} = {column} || 'x' WHERE seq = {place}"
                )
            case "rows":
                run.execute(f"UPDATE audit_event SET rows = rows + 1 WHERE seq = {place}")
            case "hash":
                run.execute(f"UPDATE audit_event SET hash = 'x' WHERE seq = {place}")
            case "drop":
                run.execute(f"DELETE FROM audit_event WHERE seq = {place}")
            case "cut":  # all from there on
                run.execute(f"DELETE FROM audit_event WHERE seq >= {place}")
            case "add":
                run.execute(f"CREATE TABLE t AS SELECT * FROM audit_event WHERE seq = {place}")
                run.execute("UPDATE t SET seq = 31")
                run.execute("INSERT INTO audit_event SELECT * FROM t")
            case _:  # two change places
                moved = other if other != place else place % 30 + 1
                for a, b in ((place, -1), (moved, place), (-1, moved)):
                    run.execute(f"UPDATE audit_event SET seq = {b} WHERE seq = {a}")
    run.close()
    assert checked(home).faults


def test_a_chain_written_anew_is_found_by_the_copy_kept_elsewhere(
    home: Home, tmp_path: Path
) -> None:
    filled(home, EVERY)
    before = book(home).read_bytes()
    filled(home, EVERY)
    copy = tmp_path / "kept.jsonl"
    copy.write_bytes((home.data / "audit" / "checkpoints.jsonl").read_bytes())
    assert checked(home, (copy,)).faults == []
    _put_back(home, before)  # as it once was: all signatures hold
    assert checked(home).faults == []
    assert [(f.kind, f.seq) for f in checked(home, (copy,)).faults] == [("kept", 2 * EVERY)]


def test_a_missing_key_stops_everything(home: Home) -> None:
    filled(home, 1)
    (home.secrets / "audit.key").unlink()
    ledger = open_ledger(book(home))
    with pytest.raises(ConfigError, match=r"audit\.key"):
        Audit(home, ledger)
    ledger.close()


def test_threads_lose_nothing(home: Home) -> None:
    ledger = open_ledger(book(home))
    audit = Audit(home, ledger)
    with ThreadPoolExecutor(16) as threads:
        for done in [threads.submit(audit.record, Event(f"t{n}", "look")) for n in range(300)]:
            done.result()
    assert {row["actor"] for row in events(ledger, limit=1000)} == {f"t{n}" for n in range(300)}
    ledger.close()
    assert checked(home).faults == []


def _write_until_killed(root: str, name: str, said: str) -> None:
    home = open_home(Path(root))
    audit = Audit(home, open_ledger(home.data / "ledger.sqlite"))
    with Path(said).open("a", encoding="ascii") as file:
        for n in range(100_000):
            audit.record(Event(f"{name}{n}", "look"))
            file.write(f"{name}{n}\n")
            file.flush()


def test_processes_share_one_chain_and_a_killed_one_loses_nothing(
    home: Home, tmp_path: Path
) -> None:
    """What `record` returned for is in the chain, whoever was killed meanwhile."""
    said = [tmp_path / "a", tmp_path / "b"]
    workers = [child(_write_until_killed, str(home.root), path.name, str(path)) for path in said]
    until = time.monotonic() + 240
    while not all(path.exists() and path.stat().st_size > 40 for path in said):
        assert time.monotonic() < until
        time.sleep(0.05)
    for one in workers:
        os.kill(one.pid or 0, signal.SIGKILL)
        one.join()
    told = {line for path in said for line in path.read_text().split("\n")[:-1]}
    ledger = open_ledger(book(home))
    kept = {row["actor"] for row in events(ledger, limit=1_000_000)}
    ledger.close()
    assert told <= kept
    assert len(kept) <= len(told) + 2
    assert checked(home).faults == []


def test_who_saw_whom(home: Home) -> None:
    ledger = open_ledger(book(home))
    audit = Audit(home, ledger)
    audit.record(Event("account:a", "look", subject="R1"), Event("account:b", "look", subject="R1"))
    audit.record(Event("account:a", "look", subject="R2"))
    assert [e["actor"] for e in events(ledger, subject="R1")] == ["account:b", "account:a"]
    assert [e["subject"] for e in events(ledger, actor="account:a")] == ["R2", "R1"]
    assert [e["seq"] for e in events(ledger, before=2, limit=5)] == [1]
    ledger.close()
