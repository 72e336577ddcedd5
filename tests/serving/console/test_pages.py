"""What pages do: purposes, decisions, exports, forms, accounts; and each is in the audit."""

import io
import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from ledger.audit_check import events
from ledger.decisions import decisions
from pipelines.deciding import bindings_of
from tests.serving.console.conftest import PASSWORD, Served, csrf
from tests.serving.console.two_grids import GRID, NAMES, OTHER, number
from tests.serving.on_disk import on_disk


@pytest.fixture
def staff(served: Served) -> Iterator[httpx.Client]:
    with served.client("staff") as client:
        yield client


@pytest.fixture
def steward(served: Served) -> Iterator[httpx.Client]:
    with served.client("steward") as client:
        yield client


def resident(served: Served, name: str) -> str:
    with served.doors.snapshots.brain() as brain:
        found = brain.connection.execute(
            "SELECT resident_id FROM resident WHERE name = ? ORDER BY platforms DESC", [name]
        ).fetchall()
    return str(found[0][0])


def last(served: Served, **wanted: str) -> dict[str, object]:
    for one in events(served.doors.ledger):
        if all(one[name] == value for name, value in wanted.items()):
            return one
    raise AssertionError(f"no such event: {wanted}")


def post(client: httpx.Client, path: str, **data: str) -> httpx.Response:
    token = csrf(client.get("/forms").text)
    return client.post(path, data={"csrf": token} | data)


def test_a_purpose_holds_for_its_page_and_its_session(served: Served, staff: httpx.Client) -> None:
    one = resident(served, NAMES[2])
    assert number(2) not in staff.get(f"/residents/{one}").text
    answer = post(staff, "/purpose", purpose="核对", page=f"/residents/{one}")
    address = answer.headers["location"].removeprefix("/console")
    assert "核对" not in unquote(address)
    page = staff.get(address).text
    assert number(2) in page
    assert "用途：<strong>核对" in page
    told = last(served, subject=one, action="look")
    assert told["purpose"] == "核对"
    assert "id_number" in told["fields"]  # type: ignore[operator]  # a row of the audit, or a match
    key = address.split("v=")[1]
    other = resident(served, NAMES[4])
    assert number(4) not in staff.get(f"/residents/{other}?v={key}").text
    with served.client("steward") as another:
        assert number(2) not in another.get(address).text
    assert post(staff, "/purpose", purpose="好奇", page=f"/residents/{one}").status_code == 403


@pytest.mark.parametrize("path", ["/", "/list?what=residents&", "/platforms", "/work/issues"])
def test_what_a_page_does_not_know_is_refused(steward: httpx.Client, path: str) -> None:
    """A filter that is left out would show more than was asked for."""
    assert steward.get(path).status_code == 200
    sign = "" if path.endswith("&") else "?"
    refused = steward.get(f"{path}{sign}gird=510108019006001")
    assert (refused.status_code, "写得不对" in refused.text) == (400, True)


def test_a_search_is_in_no_address(served: Served, staff: httpx.Client) -> None:
    answer = post(staff, "/search", text=NAMES[3])
    address = answer.headers["location"].removeprefix("/console")
    assert re.fullmatch(r"/residents\?s=[\w-]{16}", address)
    page = staff.get(address).text
    assert f">{NAMES[3]}</a>" in page
    told = last(served, action="search", actor="account:staff")
    assert resident(served, NAMES[3]) in told["detail"]["subjects"]  # type: ignore[index]  # a row of the audit, or a match
    with served.client("steward") as another:
        assert NAMES[3] not in another.get(address).text, "another session's search is not there"
    assert "过期" in staff.get("/residents?s=made-up").text


def test_a_grid_worker_sees_only_the_grid(served: Served) -> None:
    with served.client("grid") as client:
        overview = client.get("/").text
        assert "第一网格" in overview
        assert "第二网格" not in overview
        theirs = resident(served, NAMES[1])
        assert client.get(f"/residents/{theirs}").status_code == 404
        assert client.get(f"/grids/{OTHER}").status_code == 404
        ours = client.get(f"/residents/{resident(served, NAMES[0])}")
        assert NAMES[0] in ours.text
        assert client.get("/work").headers["location"] == "/console/work/collect"


def test_a_decision_is_seen_at_once_binds_and_is_taken_back(
    served: Served, staff: httpx.Client
) -> None:
    page = staff.get("/work/pairs").text
    assert "第 1 / 2 对" in page
    assert re.search(r"姓名：[^<]+<b>[+-]\d", page), "the reasons, with their weights"
    left, right = (
        re.search(rf'name="{side}" value="(R[a-z2-7]+)"', page)[1]  # type: ignore[index]  # a row of the audit, or a match
        for side in ("left", "right")
    )
    answer = post(staff, "/work/pairs", left=left, right=right, verdict="different")
    after = staff.get(answer.headers["location"].removeprefix("/console")).text
    assert "第 1 / 1 对" in after
    assert "不是同一个人" in staff.get(f"/residents/{left}").text
    (binding,) = bindings_of(served.home, served.doors.ledger)
    assert binding.verdict == "different"
    told = last(served, action="decide", subject=left)
    assert told["detail"]["verdict"] == "different"  # type: ignore[index]  # a row of the audit, or a match
    (made,) = decisions(served.doors.ledger)
    post(staff, "/work/undo", decision=str(made.decision_id))
    assert "第 1 / 2 对" in staff.get("/work/pairs").text
    assert post(staff, "/work/undo", decision=str(made.decision_id)).status_code == 404


def test_a_correction_is_said_sealed_and_decided(served: Served, staff: httpx.Client) -> None:
    one = resident(served, NAMES[8])
    path = f"/residents/{one}/feedback"
    said = {"field": "phone", "kind": "outdated", "proposed": "13399990000"}
    with served.client("othergrid") as stranger:
        assert stranger.post(path, data=said | {"csrf": csrf(stranger.get("/").text)}).is_error
    with served.client("grid") as worker:
        token = csrf(worker.get(f"/residents/{one}").text)
        assert worker.post(path, data=said | {"csrf": token}).status_code == 303
        nonsense = said | {"csrf": token, "field": "no_such_field"}
        assert worker.post(path, data=nonsense).status_code == 404
        close = {"csrf": token, "number": "1", "verdict": "accepted"}
        assert worker.post("/work/feedback", data=close).status_code == 403
    kept = on_disk(served.home.data / "ledger.sqlite")
    assert b"13399990000" not in kept, "sealed"
    page = staff.get("/work/feedback").text
    assert "13399990000" in page
    number = re.search(r'name="number" value="(\d+)"', page)
    assert number is not None
    assert post(staff, "/work/feedback", number=number[1], verdict="accepted").status_code == 303
    assert "13399990000" not in staff.get("/work/feedback").text
    assert post(staff, "/work/feedback", number=number[1], verdict="refused").status_code == 404


def test_nobody_decides_about_other_scopes(served: Served) -> None:
    with served.client("grid") as client:
        token = csrf(client.get("/").text)
        pair = {"left": resident(served, NAMES[0]), "right": resident(served, NAMES[2])}
        answer = client.post("/work/pairs", data={"csrf": token, "verdict": "same"} | pair)
        assert answer.status_code == 403
    assert decisions(served.doors.ledger) == []


@pytest.mark.parametrize("kind", ["quarantine", "issues", "corrections", "alerts"])
def test_what_waits_is_exported_as_it_is_listed(
    served: Served, steward: httpx.Client, kind: str
) -> None:
    page = steward.get(f"/work/{kind}").text
    counted = re.search(r"共 (\d+) 行", page)
    answer = steward.get(f"/work/{kind}/export")
    assert answer.status_code == 200
    sheet = load_workbook(io.BytesIO(answer.content)).worksheets[0]
    rows = int(counted[1]) if counted else 0
    written = [line for line in sheet.iter_rows(values_only=True) if any(line)]
    assert len(written) == rows + 1
    assert last(served, action="export")["rows"] == rows
    with served.client("grid") as worker:
        assert worker.get(f"/work/{kind}/export").status_code == 403


def form(path: Path) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["独居老人花名册"])
    sheet.append(["序号", "姓名", "身份证号", "联系电话", "现住址"])
    book.save(path)
    return path


def test_what_a_table_of_counts_leaves_out_is_told(staff: httpx.Client, tmp_path: Path) -> None:
    book = Workbook()
    for row in (["年龄", "人数"], ["60-69岁"], ["70-79岁"], ["合计"]):
        book.active.append(row)
    book.save(tmp_path / "分段.xlsx")
    answer = staff.post(
        "/forms/register",
        data={"csrf": csrf(staff.get("/forms").text), "department": "民政"},
        files={"file": ("分段.xlsx", (tmp_path / "分段.xlsx").read_bytes())},
    )
    assert answer.status_code == 303, answer.text
    assert "人不在任何一行里" in post(staff, "/forms/measure", name="分段").text


def test_what_an_officer_must_look_at_is_told(staff: httpx.Client, tmp_path: Path) -> None:
    book = Workbook()
    for row in (["姓名", "联系电话"], ["张三"], ["李四"], ["王五"]):
        book.active.append(row)
    book.save(tmp_path / "核查.xlsx")
    staff.post(
        "/forms/register",
        data={"csrf": csrf(staff.get("/forms").text), "department": "民政"},
        files={"file": ("核查.xlsx", (tmp_path / "核查.xlsx").read_bytes())},
    )
    assert "已经写着 3 人" in post(staff, "/forms/measure", name="核查").text


def test_a_form_is_registered_measured_and_filled(
    served: Served, staff: httpx.Client, steward: httpx.Client, tmp_path: Path
) -> None:
    file = form(tmp_path / "独居老人.xlsx")
    token = csrf(staff.get("/forms").text)
    answer = staff.post(
        "/forms/register",
        data={"csrf": token, "department": "民政", "population": "label:独居"},
        files={"file": (file.name, file.read_bytes())},
    )
    assert answer.status_code == 303, answer.text
    assert "独居老人" in staff.get("/forms").text
    assert "已有" in post(staff, "/forms/measure", name="独居老人").text
    refused = post(staff, "/forms/fill", name="独居老人")
    assert refused.status_code == 403, "numbers without a purpose"
    assert "身份证号" in refused.text
    filled = post(staff, "/forms/fill", name="独居老人", purpose="报表")
    sheet = load_workbook(io.BytesIO(filled.content)).worksheets[0]
    names = {row[1].value for row in sheet.iter_rows(min_row=3)}
    assert {NAMES[nth] for nth in (0, 5, 10, 15)} <= names
    told = last(served, action="form")
    assert (told["purpose"], told["rows"]) == ("报表", 4)
    assert "独居老人" in staff.get(f"/residents/{resident(served, NAMES[0])}").text
    with served.client("grid") as worker:
        token = csrf(worker.get("/forms").text)
        data = {"csrf": token, "name": "独居老人", "purpose": "采集"}
        assert worker.post("/forms/fill", data=data).status_code == 403
    with served.client("grid") as worker:
        assert worker.get("/work/collect").status_code == 200


@pytest.mark.parametrize("name", ["../hub", "..", "/etc/passwd", "没有这张"])
def test_a_forms_name_is_never_a_path(staff: httpx.Client, name: str) -> None:
    assert post(staff, "/forms/fill", name=name, purpose="报表").status_code == 404


def test_a_file_that_is_no_form_is_told(staff: httpx.Client) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x")
    token = csrf(staff.get("/forms").text)
    for name, content in (("a.xlsx", packed.getvalue()), ("a.xlsx", b""), ("a.exe", b"MZ")):
        answer = staff.post(
            "/forms/register", data={"csrf": token, "department": "x"},
            files={"file": (name, content)},
        )  # fmt: skip
        assert answer.status_code == 400
        assert "Traceback" not in answer.text


def test_accounts_and_clients(served: Served) -> None:
    with served.client("admin") as admin:
        token = csrf(admin.get("/admin").text)
        made = {"csrf": token, "name": "newcomer", "role": "网格员", "scope": GRID,
                "password": PASSWORD}  # fmt: skip
        assert admin.post("/admin/accounts", data=made).status_code == 303
        wide = made | {"name": "wide", "scope": "510108"}
        assert admin.post("/admin/accounts", data=wide).status_code == 400
        with served.client("newcomer") as newcomer:
            assert newcomer.get("/").status_code == 200
            state = {"csrf": token, "name": "newcomer", "state": "off"}
            assert admin.post("/admin/accounts/state", data=state).status_code == 303
            assert newcomer.get("/").status_code == 303, "signed out at once"
        data = {"csrf": token, "title": "区民政局系统", "role": "部门", "scope": "510108"}
        page = admin.post("/admin/clients", data=data).text
        assert "只显示这一次" in page
        secret = re.search(r"密钥 <code>([\w-]{20,})</code>", page)
        assert secret is not None
        assert secret[1] not in admin.get("/admin").text
        assert admin.get("/residents").status_code == 403


def test_the_auditor_sees_who_looked_and_the_chain_is_whole(
    served: Served, staff: httpx.Client
) -> None:
    one = resident(served, NAMES[6])
    staff.get(f"/residents/{one}")
    with served.client("auditor") as auditor:
        token = csrf(auditor.get("/audit").text)
        answer = auditor.post("/audit", data={"csrf": token, "subject": one})
        page = auditor.get(answer.headers["location"].removeprefix("/console")).text
        assert "staff" in page
        answer = auditor.post("/audit", data={"csrf": token, "actor": "staff"})
        page = auditor.get(answer.headers["location"].removeprefix("/console")).text
        assert "查看" in page
        assert "审计链完整" in auditor.post("/audit/verify", data={"csrf": token}).text
        assert auditor.get(f"/residents/{one}").status_code == 403
    told = last(served, action="refused", actor="account:auditor")
    assert told["outcome"] == "refused"


def test_a_sync_is_started_and_told(served: Served, steward: httpx.Client) -> None:
    assert post(steward, "/platforms/sync", platform="no-such").status_code == 404
    assert post(steward, "/platforms/sync", platform="police").status_code == 303
    assert "正在同步" in steward.get("/platforms").text
    assert post(steward, "/platforms/sync").status_code == 409
    deadline = time.monotonic() + 240  # on a busy machine
    while steward.get("/platforms/syncing").json()["running"] and time.monotonic() < deadline:
        time.sleep(0.3)
    told = steward.get("/platforms/syncing").json()
    assert not told["running"]
    assert "police" in "\n".join(told["lines"])


def test_an_unforeseen_error_tells_its_kind_only(
    served: Served, staff: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from serving.console.pages import residents

    def broken(*_: object) -> None:
        raise ValueError(f"cannot convert {number(0)}")

    monkeypatch.setattr(residents, "see_settled", broken)
    answer = staff.get(f"/residents/{resident(served, NAMES[0])}")
    assert answer.status_code == 500
    assert "ValueError" in answer.text
    assert number(0) not in answer.text
