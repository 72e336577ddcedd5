"""The platforms really run: servers, files and the signed API hold what the truth says."""

import csv
import json
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

import pytest
import sqlalchemy as sa
import yaml
from openpyxl import load_workbook

from examples.community_a import api_server, changes, run, servers
from examples.community_a.platforms import door_entry, elderly_care
from examples.community_a.truth import Truth
from hub.errors import NotFoundError
from hub.platform import load_platform
from hub.platform_connections import DatabaseAddress
from hub.platform_http import HttpApiConnection


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A started demonstration, in a folder that the servers' own accounts can pass through."""
    with TemporaryDirectory(prefix="hub-community-a-") as folder:
        path = Path(folder)
        path.chmod(0o755)
        run.start(path)
        yield path
        run.stop(path)


def reader(home: Path, platform: str) -> sa.Engine:
    """What the hub is given: the URL of the platform file, the secret beside it."""
    connection = load_platform(home / "platforms" / f"{platform}.yaml").connection
    assert isinstance(connection, DatabaseAddress)
    assert connection.password
    password = connection.password.read(home)
    return sa.create_engine(sa.make_url(connection.url).set(password=password))


def scalar(home: Path, platform: str, sql: str) -> Any:
    engine = reader(home, platform)
    with engine.connect() as connection:
        value = connection.exec_driver_sql(sql).scalar()
    engine.dispose()
    return value


def test_start_again_is_quick_and_changes_nothing(home: Path) -> None:
    began = time.monotonic()
    report = run.start(home)
    assert not report.loaded
    assert not report.notes
    assert time.monotonic() - began < 5
    assert report.counts["residents"] == 5764
    assert sum(report.records.values()) > 18_000


@pytest.mark.parametrize(
    ("platform", "table"),
    [("district_population", '"T_RKXX"'), ("street_grid", "sys_resident")],
)
def test_tables_hold_every_record(home: Path, made: Truth, platform: str, table: str) -> None:
    people = [one for one in made.at(platform) if one.stream != "grids"]
    assert scalar(home, platform, f"SELECT count(*) FROM {table}") == len(people)


def test_readers_cannot_write(home: Path) -> None:
    engine = reader(home, "street_grid")
    with pytest.raises(sa.exc.DBAPIError), engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM sys_resident")
    engine.dispose()


def test_batches_reconcile(home: Path) -> None:
    wrong = (
        "SELECT count(*) FROM exch_users_batch b "
        "WHERE sjl <> (SELECT count(*) FROM exch_users d WHERE d.pch = b.pch)"
    )
    assert scalar(home, "village_link", wrong) == 0


def test_csv_is_gb18030_and_complete(home: Path, made: Truth) -> None:
    content = (home / ".platforms/door_entry" / door_entry.FILE).read_bytes().decode("gb18030")
    rows = list(csv.DictReader(content.splitlines()))
    assert rows == [{k: v or "" for k, v in o.row.items()} for o in made.at("door_entry")]


def test_json_lines_are_nested(home: Path, made: Truth) -> None:
    folder = home / ".platforms/elderly_care"
    texts = [(folder / name).read_text(encoding="utf-8") for name in elderly_care.FILES]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    assert len(lines) == len(made.at("elderly_care"))
    assert lines[0]["elder"]["name"]
    assert {s["item"] for one in lines for s in one["services"]} == set(elderly_care.SERVICES)


def test_workbook_has_title_header_total_and_damaged_numbers(home: Path) -> None:
    book = load_workbook(home / ".platforms/civil_affairs/民政名册.xlsx")
    sheet = book["残疾"]
    assert sheet["A1"].value.endswith("花名册")
    assert (sheet["C2"].value, sheet["C3"].value) == ("本人", "姓名")
    assert sheet.cell(4 + 29, 1).value == "合计"
    numbers = [sheet.cell(row, 4).value for row in range(4, 33)]
    damaged = [number for number in numbers if not isinstance(number, str)]
    assert len(damaged) >= 2
    assert all(float(f"{number:.14e}") == number for number in damaged)  # 15 digits are left


def ask(home: Path, secret: str, **more: str) -> dict[str, Any]:
    """One request as the vendor's document says."""
    connection = load_platform(home / "platforms/property_vendor.yaml").connection
    assert isinstance(connection, HttpApiConnection)
    given = {"appId": "community-a", "timestamp": str(int(time.time())), **more}
    given["sign"] = api_server.sign(given, secret)
    query = "&".join(f"{k}={v}" for k, v in given.items())
    with urlopen(f"{connection.url}{api_server.OWNERS}?{query}") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_api_serves_pages_to_who_signs(home: Path, made: Truth) -> None:
    secret = (home / "secrets/property_vendor").read_text().strip()
    page = ask(home, secret, pageNo="9", pageSize="500")
    assert page["code"] == 0
    assert page["data"]["total"] == len(made.at("property_vendor"))
    assert len(page["data"]["records"]) == page["data"]["total"] - 4000
    assert any(record["face"] for record in page["data"]["records"])


@pytest.mark.parametrize(
    ("secret", "more", "code"),
    [
        ("wrong", {}, 1001),
        (None, {"timestamp": "1600000000"}, 1002),
        (None, {"pageNo": "0", "pageSize": "500"}, 1003),
    ],
)
def test_api_refuses_inside_http_200(
    home: Path, secret: str | None, more: dict[str, str], code: int
) -> None:
    right = (home / "secrets/property_vendor").read_text().strip()
    assert ask(home, secret or right, **more)["code"] == code


def test_signature_sorts_encodes_and_keeps_empty_values() -> None:
    assert api_server.sign({"b": "", "a": "甲 x"}, "s3") == "F6F80A559920BF5DFCF1D49E3C568395"


def test_changes_happen_and_are_undone(home: Path) -> None:
    alive = 'SELECT count(*) FROM "T_RKXX" WHERE "SWRQ" IS NULL'
    before = scalar(home, "district_population", alive)
    died = changes.make(home, "death")
    assert died.delta == {"residents": -1, "registered": -1}
    assert scalar(home, "district_population", alive) == before - 1
    moved = changes.make(home, "move")
    assert len(moved.keys) >= 2
    rows = scalar(home, "street_grid", "SELECT count(*) FROM sys_resident")
    assert changes.make(home, "new_tenant").delta == {"residents": 1, "households": 1}
    assert changes.make(home, "deleted_row").delta["residents"] == -1
    assert scalar(home, "street_grid", "SELECT count(*) FROM sys_resident") == rows
    for name in ("moved_out", "corrected_name", "half_table", "empty_table", "cut_file"):
        assert changes.make(home, name).told()
    for name in ("api_down", "new_batch", "short_batch"):
        assert changes.make(home, name).told()
    assert scalar(home, "street_grid", "SELECT count(*) FROM sys_resident") == 0
    changes.make(home, "restore")
    assert scalar(home, "street_grid", "SELECT count(*) FROM sys_resident") == rows
    assert scalar(home, "district_population", alive) == before
    test_batches_reconcile(home)
    late = f"""SELECT count(*) FROM "T_RKXX" WHERE "RYBH" = '{died.keys[0]}'
               AND update_time > '2026-11-01'"""
    assert scalar(home, "district_population", late) == 1


def test_unknown_change_is_named_in_chinese(home: Path) -> None:
    with pytest.raises(NotFoundError) as caught:
        changes.make(home, "earthquake")
    assert "death" in caught.value.zh


def test_officer_edits_of_the_home_stay(home: Path) -> None:
    path = home / "platforms/door_entry.yaml"
    edited = yaml.safe_load(path.read_text(encoding="utf-8")) | {"title": "改过的标题"}
    path.write_text(yaml.safe_dump(edited, allow_unicode=True), encoding="utf-8")
    run.start(home)
    assert load_platform(path).title == "改过的标题"


def test_sqlite_stands_in_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {"postgresql": False, "mariadb": False}
    monkeypatch.setattr(servers, "installed", lambda: missing)
    monkeypatch.setattr(servers, "install_missing", lambda: missing)
    report = run.start(tmp_path)
    try:
        assert len(report.notes) == 3
        assert all("SQLite" in note for note in report.notes)
        url = load_platform(tmp_path / "platforms/street_grid.yaml").connection
        assert isinstance(url, DatabaseAddress)
        assert url.url == "sqlite:///{home}/.platforms/street_grid.db"
        for name in ("death", "move", "new_tenant", "new_batch", "restore"):
            assert changes.make(tmp_path, name).told()
    finally:
        run.stop(tmp_path)
