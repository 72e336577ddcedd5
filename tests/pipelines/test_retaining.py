"""Retention: what a platform has not said for so long is in no file; what it says stays."""

import shutil
import signal
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.settings import Home, open_home
from ledger import Ledger, open_ledger
from ledger.door_tables import EventRow, RetentionRow
from ledger.tables import PullRow
from pipelines.retaining import LetGo, let_go
from pipelines.sync import run_sync
from tests.children import ended, kill_oneself
from tests.pipelines.small_home import database, make_home
from tests.pipelines.test_erasing import files, whole
from warehouse.answers import rows
from warehouse.snapshots import current_number, reading

OLD, NEW, GONE = "13811110001", "13822220002", "13833330003"
YEARS = timedelta(days=4 * 365)


def keep(home: Home, platform: str, retention: str) -> Home:
    """Write how long a platform's rows are kept into its file."""
    path = home.root / "platforms" / f"{platform}.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("streams:", f"retention: {retention}\nstreams:"), encoding="utf-8")
    return open_home(home.root)


def phone(home: Home, key: str, number: str, day: str, gone: str = "0") -> None:
    put = "UPDATE resident SET mobile = ?, updated = ?, gone = ? WHERE id = ?"
    with database(home, "grid") as db:
        db.execute(put, [number, f"{day} 00:00:00", gone, key])


def past_of(folder: Path) -> Home:
    """g0 had another telephone before, g1 is marked as deleted, p2 is no longer delivered."""
    home = keep(make_home(folder / "home", people=8), "grid", "3y")
    with database(home, "police") as db:
        db.execute("UPDATE person SET xm = '王二小' WHERE id = 'p2'")
    phone(home, "g0", OLD, "2026-02-01")
    phone(home, "g1", GONE, "2026-02-01")
    assert run_sync(home).published == 1
    phone(home, "g0", NEW, "2026-03-01")
    phone(home, "g1", GONE, "2026-03-01", gone="1")
    with database(home, "police") as db:
        db.execute("DELETE FROM person WHERE id = 'p2'")
    assert run_sync(home).status == "ok"
    return home


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return past_of(tmp_path_factory.mktemp("retaining"))


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    """A copy of the same home for each test."""
    return open_home(shutil.copytree(made.root, tmp_path / "home"))


def ledger_of(home: Home) -> Ledger:
    return open_ledger(home.data / "ledger.sqlite")


def in_years(home: Home) -> list[LetGo]:
    """Apply the retention of a day four years from now."""
    return let_go(home, ledger_of(home), home.platforms(), datetime.now(UTC) + YEARS)


def held(home: Home) -> str:
    return files(home) + whole(home)


def digests_hold(home: Home) -> bool:
    return all(
        sha256((home.data / one.path).read_bytes()).hexdigest() == one.sha256
        for one in ledger_of(home).batches()
    )


def test_what_was_replaced_or_deleted_is_let_go_and_what_is_said_stays(home: Home) -> None:
    before = rows_of(home, "SELECT * EXCLUDE (valid_from) FROM resident ORDER BY resident_id")
    assert OLD in held(home)
    assert GONE in held(home)
    (done,) = in_years(home)
    assert (done.platform, done.rows, done.files) == ("grid", 3, 2)  # g0 before, g1 and its mark
    assert done.versions == 2
    left = held(home)
    assert OLD not in left
    assert GONE not in left
    assert "'g1'" not in left
    assert NEW in left
    assert before == rows_of(
        home, "SELECT * EXCLUDE (valid_from) FROM resident ORDER BY resident_id"
    )
    assert digests_hold(home)
    with Session(ledger_of(home).engine) as session:
        (event,) = session.scalars(sa.select(EventRow).where(EventRow.action == "retention"))
        assert (event.actor, event.subject, event.rows) == ("hub", "grid", 3)


def rows_of(home: Home, query: str) -> list[dict[str, object]]:
    with reading(home) as connection:
        return rows(connection, query)


def test_what_other_platforms_said_stays_as_theirs_say(home: Home) -> None:
    """The police file names no time, so what it once said of p2 is kept, in both histories."""
    in_years(home)
    assert "王二小" in files(home)
    past = rows_of(home, "SELECT name, phone FROM resident_past")
    assert [one["phone"] for one in past if one["phone"] in (OLD, GONE)] == []
    assert rows_of(home, "SELECT name FROM resident_record_past") == [{"name": "王二小"}]
    keep(home, "police", "2y")
    (done,) = in_years(open_home(home.root))
    assert (done.platform, done.rows, done.versions) == ("police", 2, 1)
    assert "王二小" not in whole(home)
    assert "'p2'" not in held(home)


def test_nothing_goes_before_its_time_nor_twice_a_day(home: Home) -> None:
    early = datetime.now(UTC) + timedelta(days=3 * 365 - 1)
    assert let_go(home, ledger_of(home), home.platforms(), early) == []
    assert OLD in held(home)
    number = current_number(home)
    assert len(in_years(home)) == 1
    assert in_years(home) == []
    assert current_number(home) == (number or 0) + 1


def test_a_row_still_marked_as_deleted_is_not_taken_in_again(home: Home) -> None:
    """The platform goes on delivering g1 with its mark; when it comes back, it is a new record."""
    in_years(home)
    phone(home, "g1", GONE, "2026-04-01", gone="1")
    report = run_sync(home)
    assert (report.status, report.failures) == ("ok", [])
    assert GONE not in held(home)
    (grid,) = [one for one in report.pulls if (one.platform, one.stream) == ("grid", "residents")]
    assert grid.read == grid.stored + grid.unchanged + grid.repeated
    phone(home, "g1", GONE, "2026-05-01")
    assert run_sync(home).status == "ok"
    assert rows_of(home, "SELECT phone FROM resident_record WHERE record_key = 'g1'") == [
        {"phone": GONE}
    ]


def test_all_can_be_made_anew_from_what_is_left(home: Home) -> None:
    """Another mapping standardises every batch again, those that are empty now among them."""
    in_years(home)
    query = "SELECT name, phone, id_number FROM resident ORDER BY resident_id"
    before = rows_of(home, query)
    path = home.root / "platforms" / "grid.yaml"
    path.write_text(
        path.read_text().replace("grid_code: grid}", "grid_code: grid, head_name: name}")
    )
    report = run_sync(open_home(home.root))
    assert (report.status, report.failures) == ("ok", [])
    assert rows_of(home, query) == before
    assert OLD not in held(home)
    assert GONE not in held(home)


def test_a_sync_applies_it_and_tells(home: Home) -> None:
    with Session(ledger_of(home).engine) as session, session.begin():
        for pull in session.scalars(sa.select(PullRow)):
            pull.started_at -= YEARS
    report = run_sync(home)
    assert report.status == "ok"
    assert [(one.platform, one.rows) for one in report.let_go] == [("grid", 3)]
    assert OLD not in files(home)


def let_go_until(root: Path, passed: list[str], told: Path) -> None:
    """Let go, and be killed behind the first step that is not among those passed before."""

    def tick(step: str) -> None:
        if step not in passed:
            told.write_text(step, encoding="utf-8")
            kill_oneself()

    home = open_home(root)
    let_go(home, ledger_of(home), home.platforms(), datetime.now(UTC) + YEARS, tick)


def test_killed_at_each_step_it_goes_on_and_counts_the_same(home: Home, tmp_path: Path) -> None:
    """Killed behind each step in turn, until none is left."""
    steps: list[str] = []
    told = tmp_path / "step"
    while (code := ended(let_go_until, home.root, steps, told)) != 0:
        assert code == -signal.SIGKILL
        steps.append(told.read_text(encoding="utf-8"))
        assert rows_of(home, "SELECT count(*) AS n FROM resident_record")[0]["n"] == 14
    assert [one.split()[0] for one in steps] == [*["rewrote"] * 4, "dropped", "published"]
    assert OLD not in held(home)
    assert digests_hold(home)
    with Session(ledger_of(home).engine) as session:
        (run,) = session.scalars(sa.select(RetentionRow))
        assert (run.rows, run.files, run.versions) == (3, 2, 2)
    assert run_sync(home).status == "ok"
