"""A window read again brings what was missed, moves no cursor, and may be cut anywhere."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from small_home import database, make_home, put_resident
from steps import Steps

from cli.backfill import window_of
from hub.errors import ConfigError
from ledger import Ledger, Pull
from pipelines.backfill import backfill_stream, backfill_streams
from tests.connectors.misbehaving_api import Api, Request, serving
from tests.connectors.vendor import people, platform_of

STREAM = ("grid", "residents")
ZONE = "Asia/Shanghai"


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    """Six residents of January 1st, two of January 10th; then two rows change unseen."""
    made = Steps(make_home(tmp_path / "home", people=6))
    with database(made.home, "grid") as db:
        for n in (6, 7):
            put_resident(db, n, updated="2026-01-10 00:00:00")
    made.both(*STREAM)
    with database(made.home, "grid") as db:
        db.execute("UPDATE resident SET mobile = '13911112222' WHERE id IN ('g1', 'g6')")
    return made


def backfilled(steps: Steps, since: str, until: str) -> Pull:
    book = steps.ledger
    try:
        where = (steps.home.platforms()["grid"], "residents")
        window = window_of(since, until, ZONE)
        return backfill_stream(steps.home, book, where, window, lambda *_: None)
    finally:
        book.close()


def counted(pull: Pull) -> tuple[int, int, int]:
    return pull.read, pull.stored, pull.unchanged


def test_the_window_and_only_the_window_is_read_again(steps: Steps) -> None:
    before = steps.ledger.cursor(*STREAM)
    assert counted(backfilled(steps, "2026-01-01", "2026-01-01")) == (6, 1, 5)
    assert counted(backfilled(steps, "2026-01-10", "2026-01-10 00:00:01")) == (2, 1, 1)
    assert counted(backfilled(steps, "2026-01-02", "2026-01-09")) == (0, 0, 0)
    assert counted(backfilled(steps, "2025-01-01", "2027-01-01")) == (8, 0, 8)
    assert steps.ledger.cursor(*STREAM) == before
    steps.standardise(*STREAM)
    steps.publish()
    (found,) = steps.query("SELECT count(*) FROM resident_record WHERE phone = '13911112222'")
    assert found == (2,)


def test_the_next_sync_goes_on_where_it_was(steps: Steps) -> None:
    backfilled(steps, "2026-01-01", "2026-01-01")
    assert steps.ledger.last_pulls()[STREAM].kind == "sync"
    with database(steps.home, "grid") as db:
        put_resident(db, 9, updated="2026-01-11 00:00:00")
    pull = steps.pull(*STREAM)
    assert (pull.resumed, counted(pull)) == (False, (3, 2, 1)), "with the overlap of 0 s: 6, 7, 9"


def test_cut_before_a_commit_and_run_again(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", cut)
        with pytest.raises(KeyboardInterrupt):
            backfilled(steps, "2026-01-01", "2026-01-10")
    pull = steps.pull(*STREAM)
    assert (pull.resumed, pull.read) == (False, 2), "the sync is not the backfill's heir"
    again = backfilled(steps, "2026-01-01", "2026-01-10")
    assert again.stored + pull.stored == 2
    for batch in steps.ledger.batches(*STREAM):
        assert (steps.home.data / batch.path).is_file()


@pytest.mark.parametrize(
    ("platform", "stream", "says"),
    [("police", None, "没有按更新时间取数的数据流"), ("grid", "grids", "数据流 grids")],
)
def test_where_there_is_no_window(
    steps: Steps, platform: str, stream: str | None, says: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        backfill_streams(steps.home.platforms()[platform], stream)
    assert says in caught.value.zh


def test_a_window_of_an_http_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def moment(day: int) -> str:
        return f"2026-01-{day:02d} 08:00:00"

    rows = [row | {"updated": moment(n + 1), "face": "x"} for n, row in enumerate(people(8))]

    def chosen(row: dict[str, str], asked: Request) -> bool:
        since, until = asked.query.get("since", ""), asked.query.get("until", "9")
        return since <= row["updated"] <= until

    increment = {"watermark": "updated", "since": "since", "until": "until"}
    with serving(Api(rows, chosen=chosen)) as api:
        made = Steps(make_home(tmp_path / "home", people=1))
        own = {"increment": increment, "drop_columns": "face"}
        platform = platform_of(api, stream=own)
        monkeypatch.setattr(type(made.home), "platforms", lambda _: {"vendor": platform})
        assert backfill_streams(platform, None) == ["owners"]
        made.pull("vendor", "owners")
        api.rows[2] |= {"name": "改名"}
        ledger = made.ledger
        before = ledger.cursor("vendor", "owners")
        window = window_of("2026-01-02", "2026-01-04", ZONE)
        where = (platform, "owners")
        pull = backfill_stream(made.home, ledger, where, window, lambda *_: None)
        assert counted(pull) == (3, 1, 2)
        assert pull.dropped == {"face": 3}
        assert ledger.cursor("vendor", "owners") == before
        ledger.close()


def test_never_synced(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        backfilled(Steps(make_home(tmp_path / "home", people=1)), "2026-01-01", "2026-01-02")
    assert "先运行 hub sync" in caught.value.zh


def test_windows_as_they_are_typed() -> None:
    day = datetime(2026, 1, 1, tzinfo=ZoneInfo(ZONE))
    assert window_of("2026-01-01", "2026-01-01", ZONE) == (day, day.replace(day=2))
    assert window_of("2026-01-01", "2026-01-01 08:00", ZONE)[1] == day.replace(hour=8)
    for wrong in (("2026-01-02", "2026-01-01"), ("昨天", "2026-01-01"), ("2026-13-01", "x")):
        with pytest.raises(ConfigError):
            window_of(*wrong, ZONE)
