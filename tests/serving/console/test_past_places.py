"""A household and a dwelling on a past day: who was there, as far as one may see them now."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from ledger.accounts import add_account
from serving.console.pages.places import past
from serving.console.showing import LOCAL
from tests.serving.console.conftest import ACCOUNTS, PASSWORD, Served, running
from tests.serving.console.test_pages import last, resident
from tests.serving.console.two_grids import GRID, NAMES, OTHER, build_two_grids
from warehouse.answers import rows
from warehouse.snapshots import publish_work, working

MOVED = datetime(2026, 1, 10, 4, tzinfo=UTC)
BEFORE, AFTER = date(2026, 1, 9), date(2026, 1, 10)


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two people of the first grid left 王小红's household and flat: one within, one abroad."""
    home = build_two_grids(tmp_path_factory.mktemp("past") / "home")
    with working(home) as work:
        for name, grid in ((NAMES[0], GRID), (NAMES[2], OTHER)):
            (one,) = rows(work.connection, "SELECT * FROM resident WHERE name = $n", {"n": name})
            work.connection.execute(
                """INSERT INTO resident_past BY NAME
                   SELECT r.* REPLACE (w.household_id AS household_id, w.dwelling_id AS dwelling_id,
                       true AS lives_here), $at::TIMESTAMPTZ AS valid_to
                   FROM resident r, resident w WHERE r.resident_id = $id AND w.name = '王小红'""",
                {"id": one["resident_id"], "at": MOVED},
            )
            work.connection.execute(
                "UPDATE resident SET valid_from = $at, grid_code = $grid WHERE resident_id = $id",
                {"id": one["resident_id"], "at": MOVED, "grid": grid},
            )
        work.close()
        publish_work(work)
    with running(home) as one_served:
        for name in ("grid", "staff"):
            role, scope = ACCOUNTS[name]
            add_account(one_served.doors.ledger, name, role, scope, PASSWORD)
        yield one_served


def of_wang(served: Served) -> dict[str, str]:
    with served.doors.snapshots.brain() as brain:
        (wang,) = rows(brain.connection, "SELECT * FROM resident WHERE name = '王小红'")
    return {"households": wang["household_id"], "dwellings": wang["dwelling_id"]}


@pytest.mark.parametrize("kind", ["households", "dwellings"])
def test_who_was_there_on_a_past_day(moved: Served, kind: str) -> None:
    address = f"/{kind}/{of_wang(moved)[kind]}"
    with moved.client("staff") as client:
        now, then, later = (
            client.get(address).text,
            client.get(f"{address}?as_of={BEFORE}").text,
            client.get(f"{address}?as_of={AFTER}").text,
        )
    for name in (NAMES[0], NAMES[2]):
        assert name in then
        assert name not in later
        assert name not in now
    assert "王小红" in then
    assert f"这是 {BEFORE} 的" in then
    assert "看过去某天" in now
    subject = of_wang(moved)[kind]
    assert last(moved, action="look", subject=subject)["detail"]["as_of"] == "2026-01-10"  # type: ignore[index]  # a row of the audit


def test_a_residents_past_leads_to_where_they_were_then(moved: Served) -> None:
    one, place = resident(moved, NAMES[0]), of_wang(moved)
    with moved.client("staff") as client:
        now = client.get(f"/residents/{one}").text
        then = client.get(f"/residents/{one}?as_of={BEFORE}").text
    assert f"/households/{place['households']}?as_of={BEFORE}" in then
    assert f"/dwellings/{place['dwellings']}?as_of={BEFORE}" in then
    assert place["households"] not in now
    assert "王小红" not in then.partition('id="household"')[2].partition("</section>")[0], (
        "who is there today is not who was there"
    )


def test_nobody_of_another_scope_is_shown_for_having_been_there(moved: Served) -> None:
    address = f"/households/{of_wang(moved)['households']}?as_of={BEFORE}"
    with moved.client("grid") as client:
        page = client.get(address).text
    assert NAMES[0] in page
    assert NAMES[2] not in page
    assert resident(moved, NAMES[2]) not in page
    assert "另有 1 人不在你的范围内" in page


def test_a_day_to_come_is_now(moved: Served) -> None:
    address = f"/households/{of_wang(moved)['households']}"
    with moved.client("staff") as client:
        assert "不是现在的" not in client.get(f"{address}?as_of=2999-01-01").text
        assert client.get(f"{address}?as_of=then").status_code in (400, 422)


def test_yesterday_is_that_of_beijing_wherever_the_server_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    today = datetime.now(LOCAL).date()
    monkeypatch.setenv("TZ", "Etc/GMT+12")
    time.tzset()
    try:
        assert past(today - timedelta(days=1)) == today - timedelta(days=1)
        assert past(today) is None
    finally:
        monkeypatch.undo()
        time.tzset()


def test_before_anything_was_known_nobody_was_there(moved: Served) -> None:
    address = f"/dwellings/{of_wang(moved)['dwellings']}?as_of=2020-01-01"
    with moved.client("staff") as client:
        assert "那天没有人住在这里" in client.get(address).text
