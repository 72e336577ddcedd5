"""Killed with -9 at every step, one after the other, each time with something new to do.

After each kill what is published stays readable and whole, and what the ledger promises is on
disk. The sync after the last kill finishes every job: no row lost, none twice.
"""

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from killing import INSTANTS, Zygote
from small_home import database, make_home, put_resident

from hub.settings import Home
from ledger import open_ledger
from warehouse.snapshots import current_number, reading


@dataclass
class Scene:
    home: Home
    zygote: Zygote
    clock: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def something_happens(self) -> None:
        """One row changes, one goes and one comes, at both platforms."""
        n = next(self.clock)
        with database(self.home, "police") as db:
            db.execute("UPDATE person SET xm = ? WHERE id = 'p0'", [f"改名{n}"])
            db.execute("DELETE FROM person WHERE id = ?", [f"p{n}"])
            db.execute(
                "INSERT INTO person SELECT ?, xm, sfz, hh, jzlx FROM person WHERE id = ?",
                [f"new{n}", f"p{n + 1}"],
            )
        with database(self.home, "grid") as db:
            stamp = f"2026-02-01 00:{n // 60:02d}:{n % 60:02d}"
            put_resident(db, 0, updated=stamp)
            db.execute("UPDATE resident SET mobile = ? WHERE id = 'g0'", [f"139{n:08d}"])
            put_resident(db, 60 + n, updated=stamp)

    def source(self) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        with database(self.home, "police") as db:
            police = set(db.execute("SELECT id, xm FROM person"))
        with database(self.home, "grid") as db:
            grid = set(db.execute("SELECT id, mobile FROM resident WHERE gone = '0'"))
        return police, grid

    def published(self) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        rows: list[set[tuple[str, str]]] = []
        with reading(self.home) as connection:
            for platform, value in (("police", "name"), ("grid", "phone")):
                found = connection.execute(
                    f"SELECT record_key, {value} FROM resident_record WHERE platform = ?",
                    [platform],
                ).fetchall()
                assert len(found) == len(set(found)), "a record stands twice"
                rows.append(set(found))
            (orphans,) = connection.execute("""
                SELECT count(*) FROM resident_record r LEFT JOIN resident_link l USING (record_id)
                WHERE l.resident_id IS NULL""").fetchall()[0]
        assert orphans == 0
        return rows[0], rows[1]


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = make_home(tmp_path_factory.mktemp("killed") / "home", people=60)
    police = home.root / "platforms" / "police.yaml"  # changes pile up while syncs are killed
    text = police.read_text(encoding="utf-8")
    police.write_text(text.replace("    map:", "    allow_drop: 100%\n    map:"), encoding="utf-8")
    one = Scene(home, Zygote())
    yield one
    one.zygote.close()


def ledger_keeps_its_word(home: Home) -> None:
    ledger = open_ledger(home.data / "ledger.sqlite")
    for batch in ledger.batches():
        content = (home.data / batch.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == batch.sha256, batch.batch_id
    ledger.close()


@pytest.mark.parametrize("instant", INSTANTS)
def test_killed(scene: Scene, instant: str) -> None:
    scene.something_happens()
    before = current_number(scene.home)
    old = scene.published() if before is not None else None
    assert scene.zygote.sync(scene.home.root, instant) == "killed"
    ledger_keeps_its_word(scene.home)
    now = current_number(scene.home)
    if now == before:
        assert (scene.published() if now is not None else None) == old
    else:
        assert scene.published() == scene.source()


def test_next_sync_finishes_the_job(scene: Scene) -> None:
    assert scene.zygote.sync(scene.home.root) == "ok"
    assert scene.published() == scene.source()
    number = current_number(scene.home)
    assert scene.zygote.sync(scene.home.root) == "ok"
    assert current_number(scene.home) == number, "nothing was left to do"
    left = [p.name for p in scene.home.data.rglob("*.tmp")]
    assert left == [], "no temporary file stays"
    assert not (scene.home.data / "work").exists()
