"""Readers in three other processes read without one error while ten snapshots are published."""

import time
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from small_home import database, make_home

from hub.settings import Home, open_home
from pipelines.sync import run_sync
from tests.children import child
from warehouse.snapshots import current_number, list_snapshots, publish_work, reading, working

ASKED = """
    SELECT (SELECT count(*) FROM resident), (SELECT count(*) FROM resident_link),
           (SELECT max(household_no::INT) FROM resident)
"""


def read_on(root: Path, stop: Path, told: Connection) -> None:
    """Read until told to stop; then tell how often, and the newest that was seen."""
    home, reads, newest = open_home(root), 0, 0
    while not stop.exists():
        with reading(home) as connection:
            people, records, number = connection.execute(ASKED).fetchall()[0]
        assert (people, records) == (40, 80)
        assert (number or 0) >= newest, "an older snapshot after a newer one"
        reads, newest = reads + 1, number or 0
        time.sleep(0.1)
    told.send((reads, newest))


def begun(home: Home, stop: Path) -> tuple[ForkServerProcess, Connection]:
    heard, told = Pipe(duplex=False)
    reader = child(read_on, home.root, stop, told)
    told.close()
    return reader, heard


def synced(home: Home, number: int) -> None:
    with database(home, "police") as db:
        db.execute("UPDATE person SET hh = ? WHERE id = 'p1'", [str(number)])
    assert run_sync(home).published == number


def published(home: Home, number: int) -> None:
    """What a sync does beside its readers, without all that it does before."""
    with working(home) as work:
        work.connection.execute(
            "UPDATE resident SET household_no = ? WHERE household_no = ?",
            [str(number), str(number - 1)],
        )
        work.close()
        assert publish_work(work) == number


def test_readers_are_never_disturbed(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with database(home, "police") as db:
        db.execute("UPDATE person SET hh = '1'")
    assert run_sync(home).published == 1
    stop = tmp_path / "stop"
    readers = [begun(home, stop) for _ in range(3)]
    try:
        synced(home, 2)
        for number in range(3, 11):
            published(home, number)
            time.sleep(0.1)
        synced(home, 11)
    finally:
        stop.touch()
    for reader, heard in readers:
        assert heard.poll(60)
        reads, newest = heard.recv()
        reader.join()
        assert reader.exitcode == 0
        assert reads > 10
        assert 2 <= newest <= 11
    assert current_number(home) == 11
    kept = [one.number for one in list_snapshots(home)]
    assert kept == list(range(5, 12)), "retention keeps seven"
