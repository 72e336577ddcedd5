"""The API answers by decisions at once: one person, within the caller's scope, under a new ETag."""

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.decisions import note_decision, undo_decision
from pipelines.deciding import seal_record
from tests.serving.api.conftest import GRID, Api
from warehouse.answers import rows


@contextmanager
def same(api: Api, one: str, other: str) -> Iterator[None]:
    """Decide that two residents are one, and take it back."""
    doors, named = api.doors, []
    with doors.snapshots.brain() as brain:
        for each in (one, other):
            (row,) = rows(
                brain.connection,
                """SELECT platform, stream, record_key FROM resident_link
                   JOIN record_id USING (record_id) WHERE resident_id = $id LIMIT 1""",
                {"id": each},
            )
            named.append((row["platform"], row["stream"], row["record_key"]))
    records = (seal_record(doors.home, named[0]), seal_record(doors.home, named[1]))
    number = note_decision(doors.ledger, records, (one, other), "same", "t")
    doors.settling.look_again()
    try:
        yield
    finally:
        undo_decision(doors.ledger, number)
        doors.settling.look_again()


def two(api: Api) -> tuple[dict[str, str], dict[str, str]]:
    """Two residents of the first grid with telephones of their own."""
    with api.doors.snapshots.brain() as brain:
        found = rows(
            brain.connection,
            """SELECT resident_id, name, phone FROM resident r WHERE grid_code = $grid
               AND resident_id IN (SELECT resident_id FROM resident_link)
               AND phone IS NOT NULL AND (SELECT count(*) FROM resident o
                   WHERE o.phone = r.phone) = 1 ORDER BY resident_id LIMIT 2""",
            {"grid": GRID},
        )
    return found[0], found[1]


def test_either_id_gives_the_one_person(api: Api) -> None:
    one, other = two(api)
    before = api.ask("社区工作人员", f"/residents/{one['resident_id']}")
    with same(api, one["resident_id"], other["resident_id"]):
        answers = [
            api.ask("社区工作人员", f"/residents/{each['resident_id']}") for each in (one, other)
        ]
        kept = {answer.json()["resident"]["resident_id"] for answer in answers}
        assert len(kept) == 1
        assert kept < {one["resident_id"], other["resident_id"]}
        assert answers[0].json() == answers[1].json()
        sources = answers[0].json()["sources"]
        assert len(sources) > len(before.json()["sources"])
        assert answers[0].headers["etag"] != before.headers["etag"]
        old = {"If-None-Match": before.headers["etag"]}
        stale = api.ask("社区工作人员", f"/residents/{one['resident_id']}", headers=old)
        assert stale.status_code == 200, "not 304: it is another answer"
        for each in (one, other):
            page = api.ask("社区工作人员", "/residents/search", {"phone": each["phone"]}).json()
            assert {row["resident_id"] for row in page["rows"]} == kept
    after = api.ask("社区工作人员", f"/residents/{one['resident_id']}")
    assert after.json() == before.json()


def test_what_is_out_of_the_scope_stays_out(api: Api) -> None:
    """One of ours told to be one of the community beside: each caller sees the own part only."""
    ours, theirs = two(api)[0]["resident_id"], "Rtwinone"
    scopes = {ours: GRID, theirs: "510108019007"}
    alone = {one: api.ask("网格员", f"/residents/{one}", scope=scopes[one]) for one in scopes}
    with same(api, ours, theirs):
        both = api.ask("街道", f"/residents/{ours}").json()["resident"]
        assert both == api.ask("街道", f"/residents/{theirs}").json()["resident"]
        for one, scope in scopes.items():
            other = theirs if one == ours else ours
            seen = api.ask("网格员", f"/residents/{one}", scope=scope).json()
            assert seen == alone[one].json()
            assert api.ask("网格员", f"/residents/{other}", scope=scope).status_code == 404
            body = {"resident_id": other}
            assert api.ask("网格员", "/residents/search", body, scope=scope).json()["rows"] == []
