"""The audit as its auditor walks it: in Chinese, complete, found by whatever people are called."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ledger.accounts import add_account
from ledger.audit_check import events
from ledger.clients import add_client
from serving.reading.audited import ACTIONS, ENTITIES
from tests.serving.console.conftest import PASSWORD, Served, csrf, running
from tests.serving.console.test_pages import form, last, resident
from tests.serving.console.test_walked import open_copy, post
from tests.serving.console.two_grids import GRID, NAMES, OTHER
from tests.serving.on_disk import on_disk
from warehouse.snapshots import publish_work, working

ROOT = Path(__file__).parents[3]
CALLS = re.compile(
    r"""(?:\bnote\(\s*audit,|\bnoted\(\s*\w+,|\.note\(|note_people\(|Event\(\s*[^,()]*,|\.event\(
    |\bdoing\(|\blooking\(|_list_event\(caller,)\s*"(\w+)\"""",
    re.VERBOSE,
)
OLD = "Roldoldoldoldoldoldol"


@pytest.fixture
def auditor(served: Served) -> Iterator[httpx.Client]:
    with served.client("auditor") as client:
        yield client


def asked(client: httpx.Client, **what: str) -> str:
    answer = post_audit(client, **what)
    return client.get(answer.headers["location"].removeprefix("/console")).text


def post_audit(client: httpx.Client, **what: str) -> httpx.Response:
    token = re.search(r'name="csrf" value="(\w+)"', client.get("/audit").text)
    assert token is not None
    return client.post("/audit", data=what | {"csrf": token[1]})


def test_every_action_has_a_chinese_name() -> None:
    sources = [path.read_text(encoding="utf-8") for room in ("cli", "pipelines", "serving")
               for path in (ROOT / room).rglob("*.py")]  # fmt: skip
    found = {one for text in sources for one in CALLS.findall(text)}
    assert len(found) > 20
    assert found - set(ACTIONS) <= {"household", "dwelling"}, "whom a place showed is listed"
    entities = {one for text in sources for one in re.findall(r'entity="(\w+)"', text)}
    assert entities - set(ENTITIES) == set()


def test_what_was_looked_at_is_said_in_words(served: Served, auditor: httpx.Client) -> None:
    with served.client("staff") as staff:
        staff.get("/list?what=households")
        staff.get("/work/corrections")
        staff.get(f"/residents/{resident(served, NAMES[9])}")
    page = asked(auditor, actor="staff")
    for word in ("户、常住户", "待办、请归口核对", "居民 <span"):
        assert word in page or word.replace("户、常住户", "居民、常住户") in page
    assert "room_key" not in page


def test_a_client_is_found_by_its_title_and_by_its_id(
    served: Served, auditor: httpx.Client
) -> None:
    made, _ = add_client(served.doors.ledger, "老龄办的系统", "部门", ["510108000000"])
    with served.client("admin") as admin:
        token = re.search(r'name="csrf" value="(\w+)"', admin.get("/admin").text)
        assert token is not None
        admin.post("/admin/clients/revoke", data={"csrf": token[1], "client_id": made.client_id})
    assert "老龄办的系统" in asked(auditor, actor="admin"), "its title, not only its id"
    from ledger.audit import Event

    served.doors.note(None, Event(f"client:{made.client_id}", "sign_in"))
    for typed in ("老龄办的系统", made.client_id, f"client:{made.client_id}"):
        assert f"老龄办的系统 {made.client_id}" in asked(auditor, actor=typed), typed


def test_a_name_that_is_typed_is_not_kept(served: Served, auditor: httpx.Client) -> None:
    assert "没有这样的记录" in asked(auditor, subject="宁不在册", actor="宁不在案")
    told = last(served, action="audit")
    assert (told["subject"], told["detail"]["about"]) == ("", "")  # type: ignore[index]  # a row of the audit
    kept = on_disk(served.home.data / "ledger.sqlite")
    assert "宁不在".encode() not in kept
    asked(auditor, actor="staff")
    assert last(served, action="audit")["detail"]["about"] == "account:staff"  # type: ignore[index]  # a row of the audit


def test_who_was_merged_finds_who_saw_both_parts(served: Served) -> None:
    home = open_copy(served, "merged")
    one = resident(served, NAMES[11])
    with working(home) as work:
        work.connection.execute(
            "INSERT INTO resident_identity BY NAME SELECT $old AS resident_id, $one AS merged_into",
            {"old": OLD, "one": one},
        )
        work.close()
        publish_work(work)
    from ledger.audit import Event

    with running(home) as console, console.client("auditor") as client:
        before = Event("account:staff", "look", entity="resident", subject=OLD, rows=1)
        console.doors.note(None, before)
        for subject in (one, OLD):
            assert OLD in asked(client, subject=subject).split("<tbody>")[-1], subject
        with console.client("steward") as steward:
            assert "一共被打开过 2 次" in steward.get(f"/residents/{one}").text


def test_what_is_out_of_the_scope_is_in_the_audit(served: Served) -> None:
    theirs = resident(served, NAMES[1])
    with served.client("grid") as worker:
        for path in (f"/residents/{theirs}", f"/grids/{OTHER}", "/households/Hnone"):
            assert worker.get(path).status_code == 404
        found = events(served.doors.ledger, actor="account:grid", limit=3)
        assert [one["outcome"] for one in found] == ["not_found"] * 3
        assert [one["subject"] for one in found] == ["", "", theirs], (
            "no codes: they may be numbers"
        )
        served.doors.watch._of["account:grid"].residents.update(f"x{n}" for n in range(300))
        mine = resident(served, NAMES[0])
        assert worker.get(f"/residents/{mine}").status_code == 429
        assert last(served, actor="account:grid")["outcome"] == "refused"
    served.doors.watch._of["account:grid"].residents.clear()


EXTRACT = f"""
extract: elders
title: 高龄名单
recipient: {{department: 老龄办, scope: "510108019006"}}
purpose: 高龄津贴
basis: {{document: 津贴办法, fields: [name, phone]}}
fields: [name, phone]
fresh_within: 36500d
scope: "{GRID[:12]}"
"""


def test_an_extract_shows_nobody_what_they_may_not_see(served: Served) -> None:
    folder = served.home.root / "extracts"
    folder.mkdir(exist_ok=True)
    (folder / "elders.yaml").write_text(EXTRACT, encoding="utf-8")
    with served.client("street") as street:
        refused = post(street, "/extracts/run", name="elders")
        assert refused.status_code == 403
        assert "姓名" in refused.text
    with served.client("staff") as staff:
        given = post(staff, "/extracts/run", name="elders")
        assert given.status_code == 200, given.text
    told = last(served, action="extract")
    assert told["fields"] == ["name", "phone"]
    assert (told["detail"]["extract"], told["detail"]["stated"]) == ("elders", "高龄津贴")  # type: ignore[index]  # a row of the audit
    (folder / "elders.yaml").unlink()


def test_who_has_two_grids_fills_for_either(served: Served, tmp_path: Path) -> None:
    add_account(served.doors.ledger, "both", "网格员", [GRID, OTHER], PASSWORD)
    file = form(tmp_path / "两格花名册.xlsx")
    with served.client("staff") as staff:
        staff.post(
            "/forms/register", data={"csrf": csrf(staff.get("/forms").text), "department": "民政"},
            files={"file": (file.name, file.read_bytes())},
        )  # fmt: skip
    with served.client("both") as client:
        page = client.get("/forms").text
        for code in (GRID, OTHER):
            assert f"<option>{code}</option>" in page
            measured = post(client, "/forms/measure", name="两格花名册", scope=code)
            assert measured.status_code == 200
        elsewhere = post(client, "/forms/measure", name="两格花名册", scope="510108019007")
        assert elsewhere.status_code == 403
