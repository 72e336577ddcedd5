"""Pages as a new user walks them: pairs by platform, who saw whom in lists, former members."""

import io
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from joserfc.jwk import ECKey
from openpyxl import load_workbook

from hub.settings import Home, open_home
from ledger.client_keys import keys_of
from ledger.clients import add_client
from tests.serving.console.conftest import Served, csrf, running
from tests.serving.console.test_pages import last, resident
from tests.serving.console.two_grids import NAMES, number
from tests.serving.on_disk import copied_open
from warehouse.snapshots import publish_work, working


def post(client: httpx.Client, path: str, **data: str) -> httpx.Response:
    return client.post(path, data=data | {"csrf": csrf(client.get("/me").text)})


@pytest.fixture
def staff(served: Served) -> Iterator[httpx.Client]:
    with served.client("staff") as client:
        yield client


def test_pairs_are_parted_by_platform_and_taken_away(served: Served, staff: httpx.Client) -> None:
    assert "第 1 / 2 对" in staff.get("/work/pairs?platform=door").text
    none = staff.get("/work/pairs?platform=street_grid").text
    assert "没有等人判断的记录" in none
    answer = staff.get("/work/pairs/export")
    lines = [*load_workbook(io.BytesIO(answer.content)).worksheets[0].iter_rows(values_only=True)]
    assert len(lines) == 3
    text = str(lines)
    assert NAMES[0] in text
    assert number(0) not in text, "masked, as on the page"
    assert len(last(served, action="list")["detail"]["subjects"]) == 4  # type: ignore[arg-type,index]  # a row of the audit, or a match
    assert last(served, action="export")["rows"] == 2
    with served.client("grid") as worker:
        assert worker.get("/work/pairs/export").status_code == 403


def test_who_saw_somebody_in_a_list_is_told_to_the_auditor(
    served: Served, staff: httpx.Client
) -> None:
    one = resident(served, NAMES[7])
    post(staff, "/search", text=NAMES[7])
    address = post(staff, "/search", text=NAMES[7]).headers["location"].removeprefix("/console")
    staff.get(address)
    with served.client("auditor") as auditor:
        answer = post(auditor, "/audit", actor="staff", subject=one)
        page = auditor.get(answer.headers["location"].removeprefix("/console")).text
    assert "检索" in page
    assert "staff" in page


def test_found_by_an_id_merged_twice_and_by_the_key_of_a_record(served: Served) -> None:
    one = resident(served, NAMES[2])
    home = open_copy(served, "twice")
    with working(home) as work:
        for old, into in (("Rabcdefghij234567abcd", "Rold"), ("Rold", one)):
            work.connection.execute(
                "INSERT INTO resident_identity VALUES (?, 99999, ?, 'merged')", [old, into]
            )
            work.connection.execute(
                "INSERT INTO identity_event VALUES (now(), 'merged', ?, ?, "
                "'one person by name_room')", [old, into]
            )  # fmt: skip
        work.close()
        publish_work(work)
    with running(home) as console, console.client("staff") as client:
        for text in ("Rabcdefghij234567abcd", "police/residents/N2"):
            answer = post(client, "/search", text=text)
            page = client.get(answer.headers["location"].removeprefix("/console")).text
            assert one in page or NAMES[2] in page, text
        page = client.get("/residents/Rabcdefghij234567abcd", follow_redirects=True).text
        said = page.split('id="past"', 1)[1].split("</section>", 1)[0]
        words = re.sub(r"<[^>]+>", "", said)
        assert "合并 Rabcdefghij234567abcd（另一编码 Rold）：姓名和住房相同" in words
        assert f"合并 Rold（另一编码 {one}）" in words
        assert "合并后保留较早的编码" in words
        assert not re.search(r"[a-z]+_[a-z]+|founded|merged|one person", words)


def test_who_was_of_a_household_before(served: Served, staff: httpx.Client) -> None:
    home = open_copy(served, "former")
    with working(home) as work:
        run = work.connection.execute
        (one, other), (theirs, _) = run(
            """SELECT min(resident_id), household_id FROM resident
               WHERE household_id IS NOT NULL AND grid_code IS NOT NULL
               GROUP BY household_id ORDER BY household_id LIMIT 2"""
        ).fetchall()
        run("INSERT INTO membership VALUES (?, ?, TIMESTAMPTZ '2024-01-02 00:00:00+08', "
            "TIMESTAMPTZ '2025-03-04 00:00:00+08')", [theirs, other])  # fmt: skip
        work.close()
        publish_work(work)
    with running(home) as console, console.client("staff") as client:
        page = client.get(f"/households/{other}").text
    assert "以前在这一户" in page
    assert theirs in page
    assert "2024-01-02 至 2025-03-04" in page
    assert one in page


def test_a_snapshot_of_another_version_is_not_called_no_data(served: Served) -> None:
    home = open_copy(served, "older")
    with working(home) as work:
        work.connection.execute("UPDATE meta SET value = '1' WHERE name = 'schema_version'")
        work.close()
        publish_work(work)
    with running(home) as console, console.client("staff") as client:
        page = client.get("/").text
    assert "别的版本" in page
    assert "还没有任何数据" not in page


def open_copy(served: Served, name: str) -> Home:
    to = served.home.root.parent / name
    copied_open(served.home.root, to)
    return open_home(to)


def test_a_clients_key_is_registered_on_a_page(served: Served) -> None:
    ledger = served.doors.ledger
    made, _ = add_client(ledger, "民政局的系统", "部门", ["510108000000"], signs=True)
    key = ECKey.generate_key("P-256")
    with served.client("admin") as admin:
        private = key.as_pem(private=True).decode()
        refused = post(admin, "/admin/clients/key", client_id=made.client_id, public_key=private)
        assert refused.status_code == 400
        assert "私钥" in refused.text
        public = key.as_pem(private=False).decode()
        done = post(admin, "/admin/clients/key", client_id=made.client_id, public_key=public)
        assert done.status_code == 303
        assert re.search(r"公钥 \d{4}-", admin.get("/admin").text)
    (held,) = keys_of(ledger, made.client_id)
    assert last(served, action="client", subject=made.client_id)["detail"]["key"] == held.key_id  # type: ignore[index]  # a row of the audit, or a match
    with served.client("staff") as staff:
        given = {"client_id": made.client_id, "public_key": public}
        assert post(staff, "/admin/clients/key", **given).status_code == 403


def test_what_went_wrong_is_told_with_the_menu_beside(served: Served, staff: httpx.Client) -> None:
    for path, status in (("/residents/RAAAAAAAAAAAAAAAAAAAA", 404), ("/nothing", 404),
                         ("/list?what=nothing", 404), ("/list?page=0", 400)):  # fmt: skip
        answer = staff.get(path)
        assert answer.status_code == status
        assert 'aria-label="主菜单"' in answer.text, path
        assert 'role="search"' in answer.text, "the next search needs no way back"
    with served.client() as stranger:
        assert "主菜单" not in stranger.get("/nothing").text


def test_a_platforms_numbers_open_the_lists_behind_them(served: Served) -> None:
    with served.client("steward") as steward:
        page = steward.get("/platforms").text
        found = re.findall(r'href="/console(/work/[a-z]+\?[^"]*)">([\d,]+)</a>', page)
        assert found
        for address, number in found:
            behind = steward.get(address.replace("&amp;", "&")).text
            told = re.search(r"共 ([\d,]+) 行(?:，([\d,]+) 处)?", behind)
            listed = (told[2] or told[1]) if told else "0"
            assert listed == number, address
        assert any(number != "0" for _, number in found)
        for address, number in re.findall(
            r'href="/console(/list\?[^"]*platform=[^"]*)">([\d,]+)</a>', steward.get("/").text
        ):
            assert f"{number} 人" in steward.get(address.replace("&amp;", "&")).text


def test_cells_that_were_spared_stand_with_their_form(served: Served) -> None:
    def spared(client: httpx.Client) -> tuple[int, int]:
        page = client.get("/forms").text
        found = re.findall(r"填过 ([\d,]+) 次，免填 ([\d,]+) 格", page)
        return sum(int(n.replace(",", "")) for n, _ in found), sum(
            int(cells.replace(",", "")) for _, cells in found
        )

    with served.client("staff") as staff:
        overview = staff.get("/").text
        told = re.search(
            r"填过（次）</dt><dd>\D*?>([\d,]+)<.*?免填的格</dt><dd>\D*?>([\d,]+)<",
            overview,
            re.DOTALL,
        )
        assert told
        assert (int(told[1].replace(",", "")), int(told[2].replace(",", ""))) == spared(staff)


def test_a_new_snapshot_is_counted_before_anybody_asks(served: Served) -> None:
    home = open_copy(served, "counted")
    with running(home) as console:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with console.doors.snapshots.brain() as brain:
                if brain.counted:
                    break
            time.sleep(0.1)
        with console.doors.snapshots.brain() as brain:
            found = list(brain.counted.values())
        assert found
        with console.client("steward") as client:
            page = client.get("/").text
        whole = max(found, key=lambda one: one["numbers"][0].value)["numbers"][0].value
        assert f">{whole:,}</a>" in page
