"""Readers in three other processes read without one error while ten syncs publish."""

import subprocess
import sys
from pathlib import Path

from small_home import database, make_home

from hub.settings import Home
from pipelines.sync import run_sync
from warehouse.snapshots import current_number, list_snapshots, publish_work, working

READER = """
import sys, time
from pathlib import Path
from hub.settings import open_home
from warehouse.snapshots import reading

home, stop = open_home(Path(sys.argv[1])), Path(sys.argv[2])
reads, newest = 0, 0
while not stop.exists():
    with reading(home) as connection:
        people, records, number = connection.execute('''
            SELECT (SELECT count(*) FROM resident), (SELECT count(*) FROM resident_link),
                   (SELECT max(value::INT) FROM meta WHERE name = 'publication')''').fetchall()[0]
    assert people == 40 and records == 80, (people, records)
    assert (number or 0) >= newest, "an older snapshot after a newer one"
    reads, newest = reads + 1, number or 0
print(reads, newest)
"""


def publish_again(home: Home, n: int) -> None:
    """Publish as a sync does, without the gates' start-up."""
    with working(home) as work:
        work.connection.execute("INSERT INTO meta VALUES ('publication', ?)", [str(n)])
        work.connection.execute("UPDATE resident SET phone = ?", [str(n)])
        work.close()
        publish_work(work)


def test_readers_are_never_disturbed(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    assert run_sync(home).published == 1
    stop = tmp_path / "stop"
    command = [sys.executable, "-c", READER, str(home.root), str(stop)]
    readers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    try:
        with database(home, "police") as db:
            db.execute("UPDATE person SET jzlx = '2' WHERE id = 'p1'")
        assert run_sync(home).published == 2
        for n in range(3, 13):
            publish_again(home, n)
    finally:
        stop.touch()
    for reader in readers:
        out, errors = reader.communicate(timeout=60)
        assert reader.returncode == 0, errors
        reads, newest = map(int, out.split())
        assert reads > 3
        assert newest <= 12
    assert current_number(home) == 12
    kept = [one.number for one in list_snapshots(home)]
    assert kept == list(range(6, 13)), "retention keeps seven"
