"""Events in the console: by role, on a past day, at the flat they name."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from ledger.accounts import add_account
from ledger.audit_check import events
from security.policy import access_of, read_policy
from serving.reading.resident import shown_activities
from tests.serving.console.conftest import ACCOUNTS, PASSWORD, Served, running
from tests.serving.console.test_pages import last, resident
from tests.serving.console.two_grids import NAMES, build_two_grids
from warehouse.snapshots import publish_work, working

SUMMARY = "说二楼漏水"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = build_two_grids(tmp_path_factory.mktemp("activities") / "home")
    with working(home) as work:
        for nth, day in enumerate(("2026-01-05", "2026-02-07"), start=900):
            work.connection.execute(
                f"""INSERT INTO record_id VALUES ({nth}, 'hotline', 'tickets', 'T{nth}');
                    INSERT INTO event_record (record_id, platform, stream, record_key, kind,
                        summary, status, happened_at, issues) VALUES ({nth}, 'hotline', 'tickets',
                        'T{nth}', '报修{nth}', '{SUMMARY}', '已办结', '{day} 02:00:00+00',
                        [{{field: 'closed_at', raw: '改天', reason: 'bad_time'}}]);
                    INSERT INTO event_link SELECT {nth}, resident_id, 'key', dwelling_id
                    FROM resident WHERE name = '{NAMES[0]}'"""
            )
        work.close()
        publish_work(work)
    with running(home) as one:
        for name, (role, scope) in ACCOUNTS.items():
            add_account(one.doors.ledger, name, role, scope, PASSWORD)
        yield one


def test_staff_see_what_happened_and_the_audit_says_so(told: Served) -> None:
    one = resident(told, NAMES[0])
    with told.client("grid") as client:
        page = client.get(f"/residents/{one}").text
    part = page.partition('id="activities"')[2].partition("</section>")[0]
    assert part.index("报修901") < part.index("报修900")
    assert SUMMARY in part
    assert "已办结" in part
    assert "summary" in last(told, action="look")["fields"]
    assert SUMMARY not in str(events(told.doors.ledger, limit=1000))


def test_whom_the_summary_is_hidden_from_sees_that_something_was(told: Served) -> None:
    with told.client("street") as client:
        page = client.get(f"/residents/{resident(told, NAMES[0])}").text
    assert "报修901" in page
    assert SUMMARY not in page


def test_on_a_past_day_later_events_are_not_known(told: Served) -> None:
    one = resident(told, NAMES[0])
    with told.client("staff") as client:
        page = client.get(f"/residents/{one}?as_of={date(2026, 1, 9)}").text
    assert "报修900" in page
    assert "报修901" not in page


def test_a_role_sees_events_only_if_the_policy_names_them() -> None:
    policy = read_policy(Path("/nowhere"))
    found = [{"kind": "走访", "summary": SUMMARY, "platform": "hotline", "found_by": "key"}]
    seen = {
        role: shown_activities(access_of(policy, "x", role, ["5101080190060"], []), found)
        for role in policy.roles
    }
    assert {role for role, rows in seen.items() if rows} == {
        "网格员", "社区工作人员", "街道", "数据专员",
    }  # fmt: skip
    assert {role for role, rows in seen.items() if SUMMARY in str(rows)} == {
        "网格员", "社区工作人员", "数据专员",
    }  # fmt: skip


def test_issues_of_events_are_told_to_the_scope_they_lie_in(told: Served) -> None:
    with told.client("staff") as client:
        assert "办结时间" in client.get("/work/issues").text
    with told.client("steward") as client:
        assert "办结时间" in client.get("/work/issues").text


def test_a_flat_tells_what_happened_there(told: Served) -> None:
    with told.doors.snapshots.brain() as brain:
        ((flat,),) = brain.connection.execute(
            "SELECT dwelling_id FROM resident WHERE name = ?", [NAMES[0]]
        ).fetchall()
    with told.client("staff") as client:
        assert SUMMARY in client.get(f"/dwellings/{flat}").text
    with told.client("othergrid") as client:
        assert client.get(f"/dwellings/{flat}").status_code == 404
