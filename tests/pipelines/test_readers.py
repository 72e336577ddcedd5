"""Readers in three other processes read without one error while ten syncs publish."""

import subprocess
import sys
from pathlib import Path

from small_home import database, make_home

from pipelines.sync import run_sync
from warehouse.snapshots import current_number, list_snapshots

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
                   (SELECT max(household_no::INT) FROM resident)''').fetchall()[0]
    assert people == 40 and records == 80, (people, records)
    assert (number or 0) >= newest, "an older snapshot after a newer one"
    reads, newest = reads + 1, number or 0
    time.sleep(1)
print(reads, newest)
"""


def test_readers_are_never_disturbed(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home")
    with database(home, "police") as db:
        db.execute("UPDATE person SET hh = '1'")
    assert run_sync(home).published == 1
    stop = tmp_path / "stop"
    command = [sys.executable, "-c", READER, str(home.root), str(stop)]
    readers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    try:
        for n in range(2, 12):
            with database(home, "police") as db:
                db.execute("UPDATE person SET hh = ? WHERE id = 'p1'", [str(n)])
            assert run_sync(home).published == n
    finally:
        stop.touch()
    for reader in readers:
        out, errors = reader.communicate(timeout=60)
        assert reader.returncode == 0, errors
        reads, newest = map(int, out.split())
        assert reads > 3
        assert newest <= 11
    assert current_number(home) == 11
    kept = [one.number for one in list_snapshots(home)]
    assert kept == list(range(5, 12)), "retention keeps seven"
