"""A stream that no platform file names: told, and out of the brain only when an officer says so."""

from pathlib import Path

import pytest
from small_home import GRID, make_home

from hub.settings import Home, open_home
from pipelines.sync import SyncReport, run_sync
from warehouse.snapshots import reading


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = make_home(tmp_path / "home")
    assert run_sync(made).remarks == []
    return made


def _says(home: Home, line: str) -> Home:
    path = home.root / "hub.yaml"
    path.write_text(f"{path.read_text('utf-8')}\n{line}\n", encoding="utf-8")
    return open_home(home.root)


def _records(home: Home) -> tuple[dict[str, int], set[str], int]:
    """Records by platform, the residents' ids, and the versions that are past."""
    with reading(home) as connection:
        count = "SELECT platform, count(*)::INT FROM resident_record GROUP BY ALL"
        counted = dict(connection.execute(count).fetchall())
        ids = {one for (one,) in connection.execute("SELECT resident_id FROM resident").fetchall()}
        past = connection.execute("SELECT count(*) FROM resident_record_past").fetchall()[0][0]
    return counted, ids, past


def test_records_that_nobody_reads_any_more_are_told_and_kept(home: Home) -> None:
    (home.root / "platforms" / "grid.yaml").unlink()
    (first, second) = run_sync(home).remarks
    assert "grid.grids" in first
    assert "grid.residents" in second
    assert "40 条记录" in second
    assert _records(home)[0] == {"police": 40, "grid": 40}
    broken = home.root / "platforms" / "police.yaml"
    broken.write_text("platform: [", encoding="utf-8")
    assert run_sync(home).remarks == [], "nothing is said of what a broken file may name"


def test_a_retired_platform_leaves_and_comes_back_with_its_file(home: Home) -> None:
    _, ids, _ = _records(home)
    (home.root / "platforms" / "grid.yaml").unlink()
    retired = _says(home, "retired: [grid]")
    done: SyncReport = run_sync(retired)
    assert (done.status, done.remarks) == ("ok", [])
    assert _records(home) == ({"police": 40}, ids, 40)
    assert run_sync(retired).published is None, "once is enough"
    (home.root / "platforms" / "grid.yaml").write_text(GRID, encoding="utf-8")
    back = run_sync(retired)
    assert back.status == "ok"
    assert ["平台文件里也有" in one for one in back.remarks] == [True]
    assert _records(home)[:2] == ({"police": 40, "grid": 40}, ids)


def test_a_stream_that_was_renamed_is_retired_by_its_old_name(home: Home) -> None:
    path = home.root / "platforms" / "grid.yaml"
    path.write_text(GRID.replace("  residents:", "  people:"), encoding="utf-8")
    (told,) = run_sync(home).remarks
    assert "grid.residents" in told
    assert _records(home)[0] == {"police": 40, "grid": 80}
    assert run_sync(_says(home, "retired: [grid.residents]")).remarks == []
    assert _records(home)[0] == {"police": 40, "grid": 40}
