"""Whom a household, a dwelling or a view shows beside counts and is known; ETags of what moves."""

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.audit_check import events
from ledger.feedback import decide_feedback
from tests.serving.api.conftest import OTHER, Api

TWINS = {"Rtwinone", "Rtwintwo"}
STAFF = "社区工作人员"


@pytest.fixture
def day(api: Api) -> Iterator[set[str]]:
    """Whom the staff of the other community saw today, begun anew."""
    api.token(STAFF, OTHER)
    api.ask(STAFF, "/grids", scope=OTHER)
    actor = str(events(api.doors.ledger, limit=1)[0]["actor"])
    found = api.doors.watch._of[actor].residents
    found.clear()
    yield found
    found.clear()


@pytest.mark.parametrize("path", ["/households/Hother", "/dwellings/Dother"])
def test_people_of_a_place_count_and_are_in_the_audit(api: Api, day: set[str], path: str) -> None:
    assert api.ask(STAFF, path, scope=OTHER).status_code == 200
    listed, looked = reversed(events(api.doors.ledger, limit=2))
    assert set(listed["detail"]["subjects"]) == TWINS
    assert {"name", "phone"} <= set(listed["fields"])
    assert "id_number" not in listed["fields"]
    assert looked["subject"] == path.rpartition("/")[2]
    assert day == TWINS
    day |= {f"x{nth}" for nth in range(498)}
    assert api.ask(STAFF, path, scope=OTHER).status_code == 200, "whom they saw, they may see again"
    day.remove("Rtwintwo")
    day.add("x499")
    assert api.ask(STAFF, path, scope=OTHER).status_code == 429
    told = events(api.doors.ledger, limit=1)[0]
    assert told["outcome"] == "refused"


def test_who_is_shown_beside_somebody_is_known(api: Api, day: set[str]) -> None:
    members = api.ask(STAFF, "/residents/Rtwinone", scope=OTHER).json()["members"]
    told = events(api.doors.ledger, subject="Rtwintwo", limit=1)[0]
    shown = {one["resident_id"] for one in members} - {"Rtwinone"}
    assert shown == {"Rtwintwo"}
    assert (told["subject"], told["detail"]["subjects"]) == ("Rtwinone", ["Rtwinone", "Rtwintwo"])
    assert day == {"Rtwinone"}, "who was not looked for does not count"


def test_what_moves_without_a_snapshot_has_an_etag_of_its_own(api: Api) -> None:
    body = {"resident_id": "Rtwinone", "field": "phone", "kind": "wrong"}
    sent = {"scope": OTHER, "headers": {"Idempotency-Key": "etag-moves-1"}}
    number = api.ask("部门", "/feedback", body, **sent).json()["feedback"]

    def ask(tag: str = "") -> Any:
        return api.ask("部门", f"/feedback/{number}", scope=OTHER, headers={"If-None-Match": tag})

    tag = ask().headers["etag"]
    assert ask(tag).status_code == 304
    assert ask(f"W/{tag}").status_code == 304, "what a proxy on the way has packed"
    decide_feedback(api.doors.ledger, number, "refused", "staff")
    assert ask(tag).json()["status"] == "refused"
