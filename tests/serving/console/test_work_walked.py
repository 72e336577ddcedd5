"""待办 as those walk it who settle it for a part of the home: their own, all of it, and traced."""

import io
import re
from collections.abc import Iterator
from html import unescape

import httpx
import pytest
from openpyxl import load_workbook

from ledger.accounts import add_account
from ledger.audit_check import events
from ledger.decisions import decisions
from security.policy_file import SHIPPED
from serving.reading.work import PAGE
from tests.serving.console.conftest import PASSWORD, Served, running
from tests.serving.console.test_pages import last, resident
from tests.serving.console.test_walked import open_copy, post
from tests.serving.console.two_grids import NAMES
from warehouse.snapshots import publish_work, working

MANY = 2 * PAGE + 3
"""Requests of the other grid, all older than the one of ours."""


@pytest.fixture(scope="module")
def parted(served: Served) -> Iterator[Served]:
    """A home in which grid workers settle what waits, with work in both grids."""
    home = open_copy(served, "parted")
    policy = SHIPPED.read_text(encoding="utf-8").replace(
        "may: [look, search, statistics, forms, feedback]\n    export: 0",
        "may: [look, search, statistics, forms, feedback, review]\n    export: 500",
    )
    (home.root / "policy.yaml").write_text(policy, encoding="utf-8")
    with working(home) as work:
        run = work.connection.execute
        ids = {name: resident(served, name) for name in (NAMES[1], NAMES[2])}
        run(
            """INSERT INTO correction SELECT ?, 201, 'name', printf('别字%03d', i), '林', 'police',
               TIMESTAMPTZ '2026-01-01 00:00:00+08', NULL FROM range(?) t(i)""",
            [ids[NAMES[1]], MANY],
        )
        run("INSERT INTO correction VALUES (?, 202, 'name', '旧名甲', '林志强', 'police', "
            "TIMESTAMPTZ '2026-02-01 00:00:00+08', NULL)", [ids[NAMES[2]]])  # fmt: skip
        issue = "[{'field': 'phone', 'raw': '0', 'reason': 'bad_phone'}]"
        run(f"UPDATE resident_record SET issues = {issue} WHERE record_id IN (202, 204, 206)")
        run("UPDATE resident_record SET stream = 'others' WHERE record_id = 206")
        run("INSERT INTO quarantine BY NAME SELECT 'police' AS platform, 'residents' AS stream, "
            "'name' AS field, 'no_identity' AS reason, now() AS set_aside_at")  # fmt: skip
        work.close()
        publish_work(work)
    with running(home) as one:
        add_account(one.doors.ledger, "keeper", "数据专员", ["*"], PASSWORD)
        yield one


@pytest.fixture
def worker(parted: Served) -> Iterator[httpx.Client]:
    with parted.client("grid") as client:
        yield client


def test_what_is_older_elsewhere_hides_nothing_of_ours(
    parted: Served, worker: httpx.Client
) -> None:
    page = worker.get("/work/corrections").text
    assert "旧名甲" in page
    assert "别字" not in page
    assert "共 1 行" in page
    assert re.search(r"请归口核对 <b>1</b>", page)
    told = last(parted, action="list", actor="account:grid")
    assert told["detail"]["subjects"] == [resident(parted, NAMES[2])]  # type: ignore[index]  # a row of the audit
    assert "name" in told["fields"]  # type: ignore[operator]  # a row of the audit


def test_many_lines_come_a_page_at_a_time_and_narrowed(parted: Served) -> None:
    with parted.client("keeper") as client:
        page = client.get("/work/corrections").text
        assert f"共 {MANY + 1} 行" in page
        assert page.count("<tr data-row>") == PAGE
        following = re.search(r'rel="next" href="/console([^"]+)"', page)
        assert following is not None
        assert "第 2 / 3 页" in client.get(unescape(following[1])).text
        assert "共 1 行" in client.get("/work/corrections?only=姓名&platform=street_grid").text or (
            f"共 {MANY + 1} 行" in client.get("/work/corrections?only=姓名").text
        )
        assert "这里没有待办" in client.get("/work/corrections?only=性别").text
        sheet = load_workbook(io.BytesIO(client.get("/work/corrections/export").content))
        assert sheet.worksheets[0].max_row == MANY + 2
        subjects = last(parted, action="list", actor="account:keeper")["detail"]["subjects"]  # type: ignore[index]  # a row of the audit
        assert set(subjects) == {resident(parted, NAMES[1]), resident(parted, NAMES[2])}


def test_each_kind_tells_its_count_and_is_narrowed(parted: Served) -> None:
    with parted.client("keeper") as client:
        for kind in ("quarantine", "issues", "corrections", "alerts", "collect"):
            page = client.get(f"/work/{kind}").text
            assert len(re.findall(r'href="/console/work/\w+"[^>]*>[^<]+ <b>\d', page)) == 7, kind
            told = re.search(r'aria-current="page">[^<]+ <b>(\d+)</b>', page)
            assert told is not None
            rows = re.search(r"共 (\d+) 行", page)
            if kind == "issues":  # counted by place, listed by line
                found = re.findall(r'issues/residents[^"]+">(\d+)</a>', page)
                assert sum(map(int, found)) == int(told[1])
            else:
                assert int(rows[1] if rows else 0) == int(told[1]), kind
            options = re.findall(r'<select id="only".*?</select>', page)
            if rows:
                one = unescape(re.findall(r"<option>([^<]+)</option>", options[0])[0])
                assert "共 " in client.get(f"/work/{kind}", params={"only": one}).text


def test_each_line_of_issues_opens_as_many_as_it_counts(parted: Served) -> None:
    with parted.client("keeper") as client:
        page = client.get("/work/issues").text
        lines = re.findall(r'href="/console(/work/issues/residents[^"]+)">(\d+)</a>', page)
        assert len(lines) >= 3
        for address, counted in lines:
            opened = client.get(unescape(address))
            assert opened.text.count("<tr data-row>") == int(counted), address
        missing = "/work/issues/residents?platform=police&stream=x&field=phone&why=bad_phone"
        assert client.get(missing).status_code == 404


def test_nothing_is_not_called_hidden(parted: Served) -> None:
    with parted.client("keeper") as client:
        answer = post(client, "/purpose", purpose="核对", page="/work/quarantine")
        page = client.get(answer.headers["location"].removeprefix("/console")).text
    assert '<td data-label="原值">—</td>' in page
    assert "（已隐藏）" not in page


def test_nobody_sees_or_undoes_decisions_of_other_scopes(
    parted: Served, worker: httpx.Client
) -> None:
    ours, theirs = resident(parted, NAMES[4]), resident(parted, NAMES[3])
    with parted.client("keeper") as client:
        post(client, "/work/pairs", left=ours, right=theirs, verdict="different")
    (made,) = decisions(parted.doors.ledger)
    page = worker.get("/work/pairs").text
    assert theirs not in page
    assert post(worker, "/work/undo", decision=str(made.decision_id)).status_code == 404
    assert last(parted, action="decide")["outcome"] == "not_found"
    assert decisions(parted.doors.ledger) == [made]
    with parted.client("keeper") as client:
        assert theirs in client.get("/work/pairs").text
        assert post(client, "/work/undo", decision=str(made.decision_id)).status_code == 303


def test_what_is_left_for_later_is_found_again(parted: Served, worker: httpx.Client) -> None:
    page = worker.get("/work/pairs?nth=1").text
    left, right = (
        re.search(rf'name="{side}" value="(R[a-z2-7]+)"', page)[1]  # type: ignore[index]  # a match
        for side in ("left", "right")
    )
    data = {"left": left, "right": right, "verdict": "later", "nth": "1"}
    address = post(worker, "/work/pairs", **data).headers["location"]
    assert "nth=1" in address, "the next one, not the first again"
    page = worker.get(address.removeprefix("/console")).text
    assert "第 1 / 1 对" in page
    assert "以后再定的 1 对" in page
    later = worker.get("/work/pairs?put_off=true").text
    assert left in later
    assert right in later
    post(worker, "/work/pairs", left=left, right=right, verdict="different", put_off="true")
    assert "没有以后再定的记录" in worker.get("/work/pairs?put_off=true").text
    (made,) = decisions(parted.doors.ledger)
    assert made.verdict == "different"
    post(worker, "/work/undo", decision=str(made.decision_id))


def test_two_names_under_one_number_are_settled_on_the_page(served: Served) -> None:
    """One resident on both sides, until somebody says that they are two."""
    home = open_copy(served, "named")
    with working(home) as work:
        one, *held = work.connection.execute("""
            SELECT resident_id, min(record_id), max(record_id) FROM resident_link
            GROUP BY resident_id HAVING count(*) > 1 ORDER BY 1""").fetchall()[0]
        work.connection.execute("DELETE FROM refused")
        work.connection.execute("INSERT INTO refused VALUES (?, ?, 0.0, 'two_names')", held)
        work.close()
        publish_work(work)
    with running(home) as copied, copied.client("staff") as staff:
        page = staff.get("/work/pairs").text
        assert "两个完全不同的姓名" in page
        assert page.count(f'value="{one}"') == 2
        answer = post(staff, "/work/pairs", left=one, right=one, verdict="different")
        page = staff.get(answer.headers["location"].removeprefix("/console")).text
        assert "没有等人判断的记录" in page
        assert "下次同步时分开" in staff.get(f"/residents/{one}").text


def test_a_look_at_a_pair_tells_what_was_seen(parted: Served, worker: httpx.Client) -> None:
    worker.get("/work/pairs")
    told = last(parted, action="look", entity="resident", actor="account:grid")
    assert {"name", "phone"} <= set(told["fields"])  # type: ignore[call-overload]  # a row of the audit
    assert "id_number" not in told["fields"]  # type: ignore[operator]  # a row of the audit


def test_a_list_of_households_shows_their_heads_and_says_so(parted: Served) -> None:
    with parted.client("keeper") as client:
        page = client.get("/list?what=households").text
    assert "/grids/None" not in page
    told = last(parted, action="list", actor="account:keeper")
    heads = set(told["detail"]["subjects"])  # type: ignore[index]  # a row of the audit
    with parted.doors.snapshots.brain() as brain:
        held = {one for (one,) in brain.connection.execute(
            "SELECT head_resident_id FROM household WHERE head_resident_id IS NOT NULL "
            "AND member_count > 0").fetchall()}  # fmt: skip
    assert heads == held
    assert told["fields"] == ["name"]
    assert events(parted.doors.ledger, subject=min(held))
