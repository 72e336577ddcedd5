"""`hub platform add` from the source to the preview, against real databases, files and a server."""

import csv
import json
import sqlite3
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import sqlalchemy as sa
from openpyxl import Workbook

from tests.cli.conftest import Hub
from tests.connectors.sftp_server import PASSWORD, USER, serving
from tests.matching.measuring import sources, truth_of
from tests.matching.people import cells, person

ROWS = 60
CORPUS = {one["source"]: one for one in sources("built_with")}


@pytest.fixture
def home(hub: Hub, tmp_path: Path) -> Path:
    hub("init", tmp_path / "home")
    return tmp_path / "home"


def header_of(source: str) -> list[str]:
    return [line[0] for line in truth_of(CORPUS[source])]


def rows_of(source: str) -> list[tuple[str | None, ...]]:
    columns = [cells(line[2], ROWS) for line in truth_of(CORPUS[source])]
    return list(zip(*columns, strict=True))


def no_person_in(text: str) -> bool:
    people = [person(number) for number in range(ROWS)]
    return not any(one.id in text or (len(one.name) > 2 and one.name in text) for one in people)


def make_sqlite(path: Path, source: str, *, key: str) -> None:
    names = header_of(source)
    typed = ", ".join(f'"{n}" TEXT' + (" PRIMARY KEY" if n == key else "") for n in names)
    with sqlite3.connect(path) as made:
        made.execute(f'CREATE TABLE "{CORPUS[source]["table"]}" ({typed})')
        marks = ",".join("?" * len(names))
        made.executemany(
            f'INSERT INTO "{CORPUS[source]["table"]}" VALUES ({marks})', rows_of(source)
        )
    made.close()


def test_a_database_to_its_preview(hub: Hub, home: Path) -> None:
    make_sqlite(home / "police.db", "ga_population", key="RYBH")
    added = hub("platform", "add", "police", home / "police.db", "--title", "公安人口库", home=home)
    assert added.code == 0, added.err
    text = (home / "platforms" / "police.yaml").read_text("utf-8")
    assert len(text.splitlines()) <= 50
    assert "id_number: GMSFHM  # 0.9" in text
    assert "increment: {watermark: GXSJ, overlap: 1h}" in text
    assert "deletes: {column: SCBZ, when: ['1']}" in text
    assert "ZP" not in text.split("# 不读")[0]
    assert hub("platform", "check", "police", home=home).code == 0
    shown = hub("platform", "preview", "police", "--json", home=home)
    fields = {one["field"]: one["value"] for one in shown.json[0]["fields"]}
    assert fields["id_status"] == "valid 有效"
    assert no_person_in(added.out + text)


def test_what_no_field_takes_is_proposed_as_an_extra(hub: Hub, home: Path) -> None:
    make_sqlite(home / "ehr.db", "health_archive", key="DABH")
    added = hub("platform", "add", "ehr", home / "ehr.db", "--json", home=home)
    assert added.json["streams"][0]["extras"] == {"工作单位": "GZDW"}
    text = (home / "platforms" / "ehr.yaml").read_text("utf-8")
    assert "extras: {工作单位: GZDW}" in text
    assert "GZDW" not in text.partition("# 不读")[2]
    shown = hub("platform", "preview", "ehr", "--clear", "--json", home=home)
    fields = {one["title"]: one["value"] for one in shown.json[0]["fields"]}
    assert "工作单位" in fields["附加项目"]


def test_one_file_is_not_written_twice(hub: Hub, home: Path) -> None:
    make_sqlite(home / "police.db", "ga_population", key="RYBH")
    path = home / "platforms" / "police.yaml"
    assert hub("platform", "add", "police", home / "police.db", "--dry-run", home=home).code == 0
    assert not path.exists()
    hub("platform", "add", "police", home / "police.db", home=home)
    path.write_text(path.read_text("utf-8") + "# 我的\n", encoding="utf-8")
    again = hub("platform", "add", "police", home / "police.db", home=home)
    assert again.code == 2
    assert "--replace" in again.err
    assert path.read_text("utf-8").endswith("# 我的\n")
    assert hub("platform", "add", "police", home / "police.db", "--replace", home=home).code == 0
    assert not path.read_text("utf-8").endswith("# 我的\n")


def test_a_csv_and_a_workbook_of_the_same_header(hub: Hub, home: Path) -> None:
    folder = home / "inbox"
    folder.mkdir()
    with (folder / "名册.csv").open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows([header_of("door_entry"), *rows_of("door_entry")])
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["救助对象花名册"])
    sheet.merge_cells("A1:N1")
    for row in [header_of("civil_relief"), *rows_of("civil_relief")]:
        sheet.append(row)
    book.save(folder / "低保.xlsx")
    added = hub("platform", "add", "lists", folder, "--json", home=home)
    assert added.code == 0, added.err
    assert {tuple(one["key"]) for one in added.json["streams"]} == {("卡号",), ("证号",)}
    assert hub("platform", "check", "lists", home=home).code == 0
    for stream in added.json["streams"]:
        shown = hub("platform", "preview", "lists", stream["name"], home=home)
        assert shown.code == 0, shown.err
        assert "身份证" in shown.out or "证件号码" in shown.out


class Answering(BaseHTTPRequestHandler):
    """One list of people, a page at a time."""

    people: list[dict[str, Any]]

    def do_GET(self) -> None:
        if self.headers.get("X-Token") != "open sesame":
            self.send_response(401)
            self.end_headers()
            return
        query = dict(one.split("=") for one in self.path.partition("?")[2].split("&"))
        first = (int(query["pageNo"]) - 1) * int(query["pageSize"])
        page = self.people[first : first + int(query["pageSize"])]
        data = {"total": len(self.people), "records": page}
        body = json.dumps({"code": "000", "msg": "成功", "data": data}).encode()
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@pytest.fixture
def api() -> Iterator[str]:
    names = header_of("elders_json")
    Answering.people = []
    for row in rows_of("elders_json"):
        made: dict[str, Any] = {"face": "x" * 300}
        for name, value in zip(names, row, strict=True):
            outer, _, inner = name.partition(".")
            if inner:
                made.setdefault(outer, {})[inner] = value
            else:
                made[outer] = value
        Answering.people.append(made)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/open/elders"
    server.shutdown()
    server.server_close()


def test_an_api_to_its_preview(
    hub: Hub, home: Path, api: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CARE_TOKEN", "open sesame")
    address = f"{api}?pageNo=1&pageSize=20"
    refused = hub("platform", "add", "care", address, home=home)
    assert refused.code == 1
    assert "401" in refused.err
    added = hub("platform", "add", "care", address, "--header", "X-Token=env:CARE_TOKEN", home=home)
    assert added.code == 0, added.err
    text = (home / "platforms" / "care.yaml").read_text("utf-8")
    assert "open sesame" not in text + added.out
    assert "drop_columns: [face]" in text
    assert "page: pageNo" in text
    assert hub("platform", "check", "care", home=home).code == 0
    assert hub("platform", "preview", "care", home=home).code == 0


def test_a_saved_answer(hub: Hub, home: Path, api: str) -> None:
    saved = home / "answer.json"
    saved.write_text(json.dumps({"success": True, "rows": Answering.people}), encoding="utf-8")
    added = hub(
        "platform", "add", "care", saved, "--api", "https://care.example/open/elders", home=home
    )
    assert added.code == 0, added.err
    text = (home / "platforms" / "care.yaml").read_text("utf-8")
    assert "https://care.example" in text
    assert "items: rows" in text
    assert "ok: success" in text


@pytest.mark.parametrize("kind", ["postgres", "mariadb"])
def test_servers_with_comments(hub: Hub, home: Path, kind: str, request: Any) -> None:
    url = sa.make_url(request.getfixturevalue(f"{kind}_url"))
    source = "health_archive"
    lines = truth_of(CORPUS[source])
    name = f"ARCHIVE_{kind.upper()}"
    columns = [
        sa.Column(line[0], sa.String(400), comment=line[1], primary_key=line[0] == "DABH")
        for line in lines
    ]
    engine = sa.create_engine(url)
    table = sa.Table(name, sa.MetaData(), *columns, comment="健康档案")
    table.create(engine)
    with engine.begin() as connection:
        rows = [dict(zip(header_of(source), row, strict=True)) for row in rows_of(source)]
        connection.execute(table.insert(), rows)
    engine.dispose()
    (home / "secrets" / "health").write_text(str(url.password), encoding="utf-8")
    bare = url._replace(password=None).render_as_string()
    added = hub("platform", "add", "health", bare, "--table", name, "--json", home=home)
    assert added.code == 0, added.err
    (stream,) = added.json["streams"]
    assert stream["map"]["id_number"] == "SFZH"
    assert stream["key"] == ["DABH"]
    assert "健康档案" in (home / "platforms" / "health.yaml").read_text("utf-8")
    assert hub("platform", "check", "health", home=home).code == 0
    assert hub("platform", "preview", "health", home=home).code == 0


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("mysql://reader:hunter2@db.example/x", "--password-env"),
        ("https://api.example/people?token=hunter2", "--header"),
        ("postgresql://reader@127.0.0.1:1/x", "连接不上"),
        ("nowhere/at/all", "没有"),
        ("oracle://reader@db.example/x", "驱动"),
    ],
)
def test_what_cannot_be_looked_at(hub: Hub, home: Path, source: str, says: str) -> None:
    ran = hub("platform", "add", "new", source, home=home)
    assert ran.code in (1, 2)
    assert says in ran.err
    assert "hunter2" not in ran.out + ran.err
    assert not (home / "platforms" / "new.yaml").exists()


def test_a_folder_on_sftp(hub: Hub, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SFTP", PASSWORD)
    folder = home / "remote" / "out"
    folder.mkdir(parents=True)
    with serving(folder.parent) as sftp:
        source = f"sftp://{USER}@127.0.0.1:{sftp.port}/out"
        asked = ("platform", "add", "new", source, "--password-env", "SFTP")
        unknown = hub(*asked, home=home)
        assert unknown.code == 1
        assert sftp.fingerprint in unknown.err.replace("\n", "")
        assert "--host-key" in unknown.err
        known = (*asked, "--host-key", sftp.fingerprint)
        assert "没有找到文件" in hub(*known, home=home).err
        (folder / "说明.doc").write_bytes(b"-")
        assert "没有能读的文件" in hub(*known, home=home).err
        lines = ["姓名,身份证号", *(f"{one.name},{one.id}" for one in map(person, range(30)))]
        (folder / "名册.csv").write_text("\n".join(lines), "utf-8")
        added = hub(*known, "--json", home=home)
        assert added.code == 0
        assert added.json["streams"][0]["map"]["id_number"] == "身份证号"
        text = (home / "platforms" / "new.yaml").read_text("utf-8")
        assert PASSWORD not in text
        assert "files: '*.csv'" in text
        assert hub("platform", "check", "new", home=home).code == 0


def test_a_file_without_a_header_shows_nobody(hub: Hub, home: Path) -> None:
    path = home / "people.csv"
    lines = [f"{one.name},{one.id}" for one in map(person, range(9))]
    path.write_text("\n".join(lines), encoding="utf-8")
    ran = hub("platform", "add", "new", path, home=home)
    assert ran.code == 1
    assert "没有表头" in ran.err
    assert no_person_in(ran.out + ran.err)


def platform_of(path: Path, home: Path, text: str, rows: int) -> None:
    """A roster as CSV and the platform file that reads it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["编号", "姓名", "证件", "性别", "类型"], *made_rows(rows)])
    (home / "platforms" / "roster.yaml").write_text(text, encoding="utf-8")


def made_rows(rows: int) -> Iterator[list[str]]:
    for number in range(rows):
        one = person(number)
        sex = "男" if one.male else "未登记性别" if number % 10 == 0 else "女"
        yield [str(number // 2), one.name, one.id, sex, "常住" if number % 3 else "候鸟老人"]


ROSTER = """
platform: roster
title: 名册
owner: {level: community, department: 居委会}
connection: {kind: files, path: inbox}
streams:
  people:
    files: "*.csv"
    key: [编号]
    increment: snapshot
    entity: resident
    map: {name: 姓名, id_number: 证件, sex_code: 性别, residence_type_code: 类型}
"""


def test_check_counts_what_is_odd_and_shows_no_person(hub: Hub, home: Path) -> None:
    (home / "inbox").mkdir()
    platform_of(home / "inbox" / "名册.csv", home, ROSTER, 60)
    ran = hub("platform", "check", "roster", home=home)
    assert ran.code == 1
    assert "30 行的主键 编号 重复而内容不同" in ran.out
    assert "候鸟老人" in ran.out
    assert "未登记性别" not in ran.out
    assert "1 种写法" in ran.out
    assert no_person_in(ran.out)


def test_check_doubts_a_mapping_that_reads_nothing(hub: Hub, home: Path) -> None:
    (home / "inbox").mkdir()
    text = ROSTER.replace("sex_code: 性别", "sex_code: 姓名").replace("[编号]", "[证件]")
    platform_of(home / "inbox" / "名册.csv", home, text, 60)
    ran = hub("platform", "check", "roster", home=home)
    assert ran.code == 1
    assert "映射的列或代码集不对" in ran.out
    assert no_person_in(ran.out)


def test_check_doubts_names_for_id_numbers(hub: Hub, home: Path) -> None:
    (home / "inbox").mkdir()
    text = ROSTER.replace("id_number: 证件", "id_number: 姓名").replace("[编号]", "[证件]")
    assert "id_number: 姓名" in text
    platform_of(home / "inbox" / "名册.csv", home, text, 60)
    ran = hub("platform", "check", "roster", home=home)
    assert ran.code == 1
    assert "不像证件号码" in ran.out
    assert no_person_in(ran.out)


def test_check_says_that_a_source_is_empty(hub: Hub, home: Path) -> None:
    (home / "inbox").mkdir()
    platform_of(home / "inbox" / "名册.csv", home, ROSTER, 0)
    ran = hub("platform", "check", "roster", home=home)
    assert ran.code == 1
    assert "来源是空的，一行也没有" in ran.out


def test_check_sees_update_times_that_lie_ahead(hub: Hub, home: Path) -> None:
    make_sqlite(home / "police.db", "ga_population", key="RYBH")
    hub("platform", "add", "police", home / "police.db", home=home)
    with sqlite3.connect(home / "police.db") as made:
        made.execute("UPDATE T_RKXX SET GXSJ = '2099-01-01 00:00:00' WHERE ROWID = 7")
    made.close()
    ran = hub("platform", "check", "police", home=home)
    assert ran.code == 1
    assert "GXSJ 有 1 行在将来" in ran.out
    again = hub("platform", "add", "police", home / "police.db", "--replace", home=home)
    assert again.code == 0
    assert "将来" in (home / "platforms" / "police.yaml").read_text("utf-8")


def test_an_exchange_database_is_pulled_in_batches(hub: Hub, home: Path) -> None:
    path = home / "exchange.db"
    make_sqlite(path, "village_link", key="")
    with sqlite3.connect(path) as made:
        made.execute(
            "CREATE TABLE exch_users_batch AS "
            "SELECT pch, count(*) AS sjl, '1' AS zt FROM exch_users GROUP BY pch"
        )
    made.close()
    added = hub("platform", "add", "village", path, home=home)
    assert added.code == 0, added.err
    assert f"hub platform check village --home {home}" in added.out.replace("\n", "")
    assert "没有列入" not in added.out, "the batch table has its use"
    text = (home / "platforms" / "village.yaml").read_text("utf-8")
    assert "kind: exchange" in text
    assert "batch_table: exch_users_batch" in text
    assert "deletes: {column: czlx, when: [D]}" in text
    checked = hub("platform", "check", "village", home=home)
    assert checked.code == 0, checked.out
    assert hub("platform", "preview", "village", home=home).code == 0


def test_a_very_wide_table_fits_into_fifty_lines(hub: Hub, home: Path) -> None:
    names, columns = [], []
    for line in truth_of(CORPUS["ga_population"]) + truth_of(CORPUS["roster_flags"]):
        names.append(line[0] if line[0] not in names else f"{line[0]}2")
        columns.append(cells(line[2], ROWS))
    for extra in range(60):
        names.append(f"预留字段{extra}" if extra % 2 else f"是否参加活动{extra}")
        columns.append(cells("yes_no" if extra % 2 else "phone", ROWS))
    with (home / "wide.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names, *zip(*columns, strict=True)])
    added = hub("platform", "add", "wide", home / "wide.csv", "--json", home=home)
    assert added.code == 0, added.err
    assert len(added.json["streams"][0]["columns"]) == len(names)
    assert len((home / "platforms" / "wide.yaml").read_text("utf-8").splitlines()) <= 50
    assert hub("platform", "check", "wide", home=home).code in (0, 1)


def test_accounts_and_companies_are_no_residents(hub: Hub, home: Path) -> None:
    with sqlite3.connect(home / "system.db") as made:
        made.execute("CREATE TABLE sys_user (id, user_name, real_name, password, phone)")
        made.execute("CREATE TABLE t_company (name, credit_code, legal_person, phone, address)")
        made.execute("CREATE TABLE sys_dict (code, label, sort)")
    made.close()
    ran = hub("platform", "add", "system", home / "system.db", home=home)
    assert ran.code == 1
    assert "登录账号" in ran.err
    assert "单位" in ran.err


def test_a_table_of_which_nothing_needed_is_sure_is_left_out_and_named(
    hub: Hub, home: Path
) -> None:
    """`czr` is who lets as well as who rents; the tenants beside it are proposed all the same."""
    with sqlite3.connect(home / "rent.db") as made:
        made.execute("CREATE TABLE t_czw (hzbh TEXT, czrxm TEXT, czrsfzh TEXT, czrdh TEXT)")
        made.execute("CREATE TABLE t_zk (zkbh TEXT, xm TEXT, xb TEXT, sfzh TEXT, sjhm TEXT)")
        kinds = ("code_seq", "name", "id", "phone")
        made.executemany(
            "INSERT INTO t_czw VALUES (?,?,?,?)", zip(*(cells(k, ROWS) for k in kinds), strict=True)
        )
        kinds = ("code_seq", "name", "sex_12", "id", "phone")
        made.executemany(
            "INSERT INTO t_zk VALUES (?,?,?,?,?)",
            zip(*(cells(k, ROWS) for k in kinds), strict=True),
        )
    made.close()
    added = hub("platform", "add", "rent", home / "rent.db", "--json", home=home)
    assert added.code == 0, added.err
    assert [one["table"] for one in added.json["streams"]] == ["t_zk"]
    (left,) = added.json["skipped"]
    assert left["table"] == "t_czw"
    assert "czrxm（姓名？）" in left["why"]
    uses = {one["column"]: one["use"] for one in added.json["streams"][0]["columns"]}
    assert uses["zkbh"] == "主键"
    assert hub("platform", "check", "rent", home=home).code == 0
    asked = hub("platform", "add", "lets", home / "rent.db", "--table", "t_czw", home=home)
    assert asked.code == 0, asked.err
    assert "t_czw：姓名、证件号码都拿不准" in "".join(asked.out.split())
    path = home / "platforms" / "lets.yaml"
    text = path.read_text("utf-8")
    assert hub("platform", "check", "lets", home=home).code == 2
    assert hub("sync", home=home).code == 3, "the other platform is published all the same"
    assert "# name: czrxm" in text
    path.write_text(text.replace("# name: czrxm", "name: czrxm"), "utf-8")
    assert hub("platform", "check", "lets", home=home).code == 0
    assert hub("sync", home=home).code == 0


def test_of_one_table_that_is_not_sure_a_draft_is_made(hub: Hub, home: Path) -> None:
    with sqlite3.connect(home / "relief.db") as made:
        made.execute("CREATE TABLE dbcy (cyid, sqrxm, sqrsfzh, cyxm, cysfzh, hyzk, jtzz, lxdh)")
        kinds = ("code_seq", "head_name", "head_id", "name", "id", "marital_zh", "address_full",
                 "phone")  # fmt: skip
        rows = zip(*(cells(one, ROWS) for one in kinds), strict=True)
        made.executemany("INSERT INTO dbcy VALUES (?,?,?,?,?,?,?,?)", rows)
    made.close()
    added = hub("platform", "add", "relief", home / "relief.db", home=home)
    assert added.code == 0, added.err
    assert "dbcy：姓名、证件号码都拿不准" in "".join(added.out.split())
    text = (home / "platforms" / "relief.yaml").read_text("utf-8")
    assert "# name: sqrxm" in text
    assert "# name: cyxm" in text
    assert "曾用名" not in text


def test_the_same_row_in_two_lists_is_no_bad_key(hub: Hub, home: Path) -> None:
    """A month repeats most of the last; only rows that differ are to be told apart."""
    (home / "lists").mkdir()
    header, rows = header_of("roster_flags"), rows_of("roster_flags")
    for month, part in (("10", rows[:40]), ("11", rows[20:])):
        with (home / "lists" / f"{month}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *part])
    assert hub("platform", "add", "lists", home / "lists", home=home).code == 0
    ran = hub("platform", "check", "lists", home=home)
    assert "20 行与别的行完全相同，只算一次" in ran.out
    assert "重复" not in ran.out


def copies_and_views(path: Path, source: str = "ga_population") -> str:
    """One table, and what databases hold of it besides; its name."""
    make_sqlite(path, source, key="RYBH")
    table = CORPUS[source]["table"]
    with sqlite3.connect(path) as made:
        made.execute(f'CREATE VIEW v_ry AS SELECT * FROM "{table}"')
        made.execute("CREATE VIEW v_ry_short AS SELECT RYBH, XM, GMSFHM, XB, CSRQ FROM v_ry")
        made.execute(f'CREATE TABLE "{table}_bak2" AS SELECT * FROM "{table}" LIMIT 7')
        made.execute(f'CREATE TABLE "{table}_20240301" AS SELECT * FROM "{table}" LIMIT 7')
        made.execute(f'CREATE TABLE t_other_20240301 AS SELECT * FROM "{table}" LIMIT 7')
        made.execute("UPDATE t_other_20240301 SET GMSFHM = '', XM = '甲乙' || rowid")
    made.close()
    return str(table)


def test_views_and_copies_of_a_table_are_left_out_and_named(hub: Hub, home: Path) -> None:
    table = copies_and_views(home / "many.db")
    added = hub("platform", "add", "many", home / "many.db", "--json", home=home)
    assert added.code == 0, added.err
    proposed = {one["table"] for one in added.json["streams"]}
    why = {one["table"]: one["why"] for one in added.json["skipped"]}
    assert table in proposed
    assert {"v_ry", "v_ry_short", f"{table}_bak2", f"{table}_20240301"} <= {*why}
    assert f"与“{table}”是同样的记录" in why["v_ry"]
    assert "备份" in why[f"{table}_bak2"]
    assert "备份" not in why.get("t_other_20240301", "")


def test_a_view_named_in_full_is_proposed(hub: Hub, home: Path) -> None:
    """What the line about a view advises."""
    copies_and_views(home / "many.db")
    added = hub(
        *("platform", "add", "many", home / "many.db", "--table", "v_ry", "--json"), home=home
    )
    assert [one["table"] for one in added.json["streams"]] == ["v_ry"]


def test_a_proposal_only_shown_is_whole_yaml(hub: Hub, home: Path) -> None:
    """Lines folded for the screen would be no comments any more."""
    make_sqlite(home / "police.db", "ga_population", key="RYBH")
    shown = hub("platform", "add", "police", home / "police.db", "--dry-run", home=home)
    hub("platform", "add", "police", home / "police.db", home=home)
    written = (home / "platforms" / "police.yaml").read_text("utf-8")
    assert written.strip() in shown.out


def test_what_has_no_room_in_the_file_is_not_counted_as_mapped(hub: Hub, home: Path) -> None:
    with sqlite3.connect(home / "wide.db") as made:
        for part in range(4):
            names = header_of("ga_population")
            made.execute(f"CREATE TABLE part_{part} ({', '.join(names)})")
            marks = ",".join("?" * len(names))
            made.executemany(f"INSERT INTO part_{part} VALUES ({marks})", rows_of("ga_population"))
    made.close()
    added = hub("platform", "add", "wide", home / "wide.db", "--json", home=home)
    text = (home / "platforms" / "wide.yaml").read_text("utf-8")
    inside = {one["table"] for one in added.json["streams"]}
    assert inside == {f"part_{n}" for n in range(4) if f"table: part_{n}" in text}
    left = {one["table"]: one["why"] for one in added.json["skipped"]}
    assert left.keys() == {f"part_{n}" for n in range(4)} - inside
    assert all(f"--table {name}" in why for name, why in left.items())


def test_a_sheet_that_cannot_be_read_is_named_and_the_others_are_proposed(
    hub: Hub, home: Path
) -> None:
    header = ["姓名", "身份证号", "联系电话"]
    people = list(zip(*(cells(kind, 12) for kind in ("name", "id", "phone")), strict=True))
    below = [[], ["志愿者名册"], ["志愿者", "证件", "电话"], *people[:3]]
    folder = home / "rosters"
    folder.mkdir()
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in (("两张", [header, *people, *below]), ("一张", [header, *people])):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(folder / "名册.xlsx")
    added = hub("platform", "add", "rosters", folder, home=home)
    assert added.code == 0, added.err
    assert "另一张表的表头" in added.out
    assert "sheets: [一张]" in (home / "platforms" / "rosters.yaml").read_text("utf-8")
    del book["一张"]
    book.save(folder / "名册.xlsx")
    refused = hub("platform", "add", "rosters", folder, "--replace", home=home)
    assert refused.code == 1
    assert "另一张表的表头" in refused.err


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("s3://lists/out", "下载到本机的一个文件夹"),
        ("sftp://reader@127.0.0.1:1/out", "没有写怎样登录 SFTP"),
        ("s3://bucket/out", "path 改成这个地址"),
        ("jdbc:mysql://10.0.0.8:3306/jcpt?useSSL=false", "mysql://账号@10.0.0.8:3306/jcpt）"),
        ("jdbc:oracle:thin:@10.0.0.8:1521/orcl", "见平台文件说明"),
    ],
)
def test_an_address_of_another_kind_says_what_to_do(
    hub: Hub, home: Path, source: str, says: str
) -> None:
    refused = hub("platform", "add", "far", source, home=home)
    assert refused.code == 2
    assert says in refused.err.replace("\n", "")
