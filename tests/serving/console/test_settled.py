"""What is decided about two residents is what readers see at once, each by their own right."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
import pytest

from identity.resolve import resolve_identity
from ledger.decisions import decisions, note_decision, undo_decision
from pipelines.deciding import seal_record, told_now
from security.keys import read_keys
from tests.serving.console.conftest import Served, csrf
from tests.serving.console.test_pages import last, post, resident
from tests.serving.console.two_grids import NAMES
from warehouse.answers import rows
from warehouse.snapshots import working

TWIN = "陈国建"
"""Of the same grid as NAMES[0], known by another telephone and no number."""


@pytest.fixture
def staff(served: Served) -> Iterator[httpx.Client]:
    with served.client("staff") as client:
        yield client


@contextmanager
def decided(
    staff: httpx.Client, served: Served, one: str, other: str, verdict: str
) -> Iterator[None]:
    post(staff, "/work/pairs", left=one, right=other, verdict=verdict)
    try:
        yield
    finally:
        for made in decisions(served.doors.ledger):
            post(staff, "/work/undo", decision=str(made.decision_id))


def found(client: httpx.Client, text: str) -> list[str]:
    """Whom a search finds, in order."""
    answer = client.post("/search", data={"csrf": csrf(client.get("/").text), "text": text})
    page = client.get(answer.headers["location"].removeprefix("/console")).text
    return re.findall(r'href="/console/residents/(R[a-z2-7]+)"', page)


def test_two_told_to_be_one_are_one_at_once(served: Served, staff: httpx.Client) -> None:
    one, other = resident(served, NAMES[0]), resident(served, TWIN)
    assert found(staff, "13411110000") == [other]
    with decided(staff, served, one, other, "same"):
        assert NAMES[0] not in staff.get("/work/pairs").text
        stays = {staff.get(f"/residents/{each}").headers.get("location", each)[-21:]
                 for each in (one, other)}  # fmt: skip
        assert len(stays) == 1, "either id leads to the same page"
        (kept,) = stays
        page = staff.get(f"/residents/{kept}").text
        assert NAMES[0] in page
        assert TWIN in page, "what the other is called, beside it"
        assert "判断为同一人的另一条" in page
        assert "资料合在这里" in page
        told = last(served, action="look", subject=kept)
        assert sorted(told["detail"]["subjects"]) == sorted([one, other])  # type: ignore[index]  # a row of the audit, or a match
        for text in ("13411110000", NAMES[0], TWIN):
            assert found(staff, text) == [kept]
    assert found(staff, "13411110000") == [other]
    assert TWIN not in staff.get(f"/residents/{one}").text


def test_the_id_that_stays_is_the_one_that_a_sync_keeps(
    served: Served, staff: httpx.Client
) -> None:
    one, other = resident(served, NAMES[0]), resident(served, TWIN)
    with decided(staff, served, other, one, "same"):
        moved = [staff.get(f"/residents/{each}").headers.get("location") for each in (one, other)]
        told = told_now(served.home, served.doors.ledger, served.home.platforms())
    with working(served.home) as work:  # as the next sync does it; not published
        key = read_keys(served.home.secrets, encryption=False).identity
        resolve_identity(work.connection, key, datetime.now(UTC), told.model, told.bindings)
        (merged,) = rows(
            work.connection,
            """SELECT resident_id, merged_into FROM resident_identity
               WHERE merged_into IN ($one, $other)""",
            {"one": one, "other": other},
        )
    gone, kept = merged["resident_id"], merged["merged_into"]
    assert dict(zip((one, other), moved, strict=True)) == {
        kept: None, gone: f"/console/residents/{kept}",
    }  # fmt: skip


def test_a_decision_shows_nobody_more_than_before(served: Served, staff: httpx.Client) -> None:
    """One of each grid: a worker of either sees the own part, under the own id."""
    ours, theirs = resident(served, NAMES[4]), resident(served, NAMES[5])
    with decided(staff, served, ours, theirs, "same"):
        both = [staff.get(f"/residents/{one}") for one in (ours, theirs)]
        page = next(one.text for one in both if one.status_code == 200)
        assert NAMES[4] in page
        assert NAMES[5] in page
        for account, own, name, hidden in (
            ("grid", ours, NAMES[4], NAMES[5]), ("othergrid", theirs, NAMES[5], NAMES[4]),
        ):  # fmt: skip
            other = theirs if own == ours else ours
            with served.client(account) as worker:
                page = worker.get(f"/residents/{own}").text
                assert name in page
                assert hidden not in page
                assert other not in page
                assert "资料合在这里" not in page
                assert worker.get(f"/residents/{other}").status_code == 404
                assert found(worker, hidden) == []


def test_who_is_told_apart_is_not_made_one_by_way_of_a_third(
    served: Served, staff: httpx.Client
) -> None:
    a, b, c = (resident(served, NAMES[nth]) for nth in (0, 2, 4))
    with (
        decided(staff, served, a, b, "different"),
        decided(staff, served, a, c, "same"),
        decided(staff, served, c, b, "same"),
    ):
        pages = [staff.get(f"/residents/{one}") for one in (a, b, c)]
        shown = [one.text for one in pages if one.status_code == 200]
        assert not any(NAMES[0] in page and NAMES[2] in page for page in shown)


def test_a_decision_that_parts_one_resident_says_so_until_the_sync(
    served: Served, staff: httpx.Client
) -> None:
    one, ledger = resident(served, NAMES[10]), served.doors.ledger
    records = (seal_record(served.home, ("a", "b", "1")), seal_record(served.home, ("a", "b", "2")))
    number = note_decision(ledger, records, (one, one), "different", "t")
    try:
        assert "下次同步时分开" in staff.get(f"/residents/{one}").text
    finally:
        undo_decision(ledger, number)
    assert "下次同步时分开" not in staff.get(f"/residents/{one}").text


NOTICE = "已判断与另一位是同一个人"


def test_numbers_say_that_they_follow_at_the_next_sync(served: Served, staff: httpx.Client) -> None:
    """One of each grid: only who sees both is told; the numbers stay equal to their lists."""
    ours, theirs = resident(served, NAMES[4]), resident(served, NAMES[5])
    pages = ("/", "/list?what=residents", "/forms")
    before = staff.get("/list?what=residents").text
    assert NOTICE not in before
    with decided(staff, served, ours, theirs, "same"):
        for page in pages:
            assert f"有 1 人{NOTICE}" in staff.get(page).text, page
        assert "没有定时，由人运行" in staff.get("/").text
        count = re.search(r'class="count">([0-9,]+) 人', before)
        assert count is not None
        assert count[0] in staff.get("/list?what=residents").text
        for account in ("grid", "othergrid", "auditor"):
            with served.client(account) as other:
                assert NOTICE not in other.get("/").text
    assert NOTICE not in staff.get("/").text
