"""What Dagster loads is valid, runs the same job, watches, and tells someone when a run fails."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest
import yaml
from small_home import database, make_home

from hub.settings import Home, open_home
from pipelines.definitions import SYNC, definitions_for, defs
from pipelines.sync import run_sync
from pipelines.watching import arrival_mark

ROOT = Path(__file__).parents[2]
EXCHANGE = """
platform: link
title: 交换库
owner: {level: community, department: 居委会}
connection: {kind: exchange, url: "sqlite:///{home}/link.db"}
streams:
  users:
    batch_table: batches
    batch_no: pch
    batch_rows: sjl
    table: users
    key: [id]
    increment: batches
    entity: resident
    map: {name: xm}
"""
FILES = """
platform: roster
title: 名册
owner: {level: community, department: 居委会}
connection: {kind: files, path: inbox}
streams:
  people:
    files: "*.csv"
    format: csv
    key: [id]
    increment: snapshot
    entity: resident
    map: {name: 姓名}
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("defs") / "home")


def test_definitions_are_valid(home: Home) -> None:
    definitions = definitions_for(home, home.platforms())
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert keys == {
        "raw/police/persons", "core/police/persons", "raw/grid/residents", "core/grid/residents",
        "raw/grid/grids", "core/grid/grids", "identity", "entities", "labels", "snapshot",
    }  # fmt: skip
    checks = {(k.asset_key.to_user_string(), k.name) for k in graph.asset_check_keys}
    assert ("snapshot", "gates") in checks
    assert ("core/police/persons", "contract") in checks
    assert ("raw/police/persons", "fresh") in checks
    (schedule,) = [s for s in definitions.schedules or [] if s.name == "schedule__sync__police"]
    assert isinstance(schedule, dg.ScheduleDefinition)
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 1 * * *", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("setting", "says"),
    [("schedule: 每天两点", "五段"), ("schedule: ０ 2 * * *", "五段"), ("timezone: 成都", "时区")],
)
def test_a_wrong_time_is_named_and_keeps_no_other_from_loading(
    home: Home, monkeypatch: pytest.MonkeyPatch, setting: str, says: str
) -> None:
    path = home.root / "platforms" / "grid.yaml"
    text = path.read_text(encoding="utf-8")
    name = setting.partition(":")[0]
    kept = [line for line in text.splitlines() if not line.startswith(f"{name}:")]
    path.write_text("\n".join([*kept, setting, ""]), encoding="utf-8")
    ((wrong,), known) = (open_home(home.root).read_platforms()[1], home.read_platforms()[0])
    assert says in wrong.zh
    assert list(known) == ["police"]
    monkeypatch.setenv("HUB_HOME", str(home.root))
    assert defs().resolve_job_def(SYNC).name == SYNC


def test_dagster_finds_the_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_HOME", str(home.root))
    loaded = defs()
    assert loaded.resolve_job_def(SYNC).name == SYNC


def test_instance_settings_load(tmp_path: Path) -> None:
    text = (ROOT / "dagster.yaml").read_text(encoding="utf-8")
    (tmp_path / "dagster.yaml").write_text(text, encoding="utf-8")
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert instance.telemetry_enabled is False
        assert instance.get_concurrency_config().pool_config.default_pool_limit == 1
    assert yaml.safe_load(text)["run_monitoring"]["enabled"] is True


def test_sensors_see_new_files_and_new_batches(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", people=1)
    (home.root / "platforms" / "link.yaml").write_text(EXCHANGE, encoding="utf-8")
    (home.root / "platforms" / "roster.yaml").write_text(FILES, encoding="utf-8")
    (home.root / "inbox").mkdir()
    with database(home, "link") as db:
        db.execute("CREATE TABLE batches (pch, sjl)")
        db.execute("CREATE TABLE users (pch, id, xm)")
    home = open_home(home.root)
    platforms = home.platforms()
    assert arrival_mark(home, platforms["link"]) is None
    assert arrival_mark(home, platforms["roster"]) is None
    with database(home, "link") as db:
        db.execute("INSERT INTO users VALUES ('1', 'u1', '张三')")
        db.execute("INSERT INTO batches VALUES ('1', 1)")
    first = arrival_mark(home, platforms["link"])
    assert first is not None
    assert arrival_mark(home, platforms["link"]) == first, "the same batch is announced once"
    path = home.root / "inbox" / "a.csv"
    path.write_text("id,姓名\n1,张三\n", encoding="utf-8")
    seen = arrival_mark(home, platforms["roster"])
    path.write_text("id,姓名\n1,张三\n2,李四\n", encoding="utf-8")
    assert arrival_mark(home, platforms["roster"]) not in (None, seen)
    names = {s.name for s in definitions_for(home, platforms).sensors or []}
    assert names == {"arrivals__link", "arrivals__roster"}


class Webhook(BaseHTTPRequestHandler):
    posts: list[dict[str, object]] = []  # noqa: RUF012 (one server in this module)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.posts.append(json.loads(body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def webhook() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Webhook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/alert"
    server.shutdown()
    thread.join()
    server.server_close()


def test_failed_run_is_posted(tmp_path: Path, webhook: str) -> None:
    root = make_home(tmp_path / "home", people=3).root
    hub = (root / "hub.yaml").read_text(encoding="utf-8")
    (root / "hub.yaml").write_text(f"{hub}webhook: {webhook}\n", encoding="utf-8")
    (root / "grid.db").unlink()
    report = run_sync(open_home(root))
    assert report.status == "partial"
    assert report.published == 1
    (post,) = Webhook.posts
    assert "同步失败" in json.dumps(post, ensure_ascii=False)
    assert "网格平台" in json.dumps(post, ensure_ascii=False)


def test_freshness_check_fails_before_the_first_pull(tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", people=1)
    definitions = definitions_for(home, home.platforms())
    import os

    before = os.environ.get("HUB_HOME")
    os.environ["HUB_HOME"] = str(home.root)
    try:
        with dg.DagsterInstance.ephemeral() as instance:
            job = definitions.resolve_job_def("freshness")
            result = job.execute_in_process(instance=instance, raise_on_error=False)
    finally:
        if before is None:
            os.environ.pop("HUB_HOME")
        else:
            os.environ["HUB_HOME"] = before
    checks = result.get_asset_check_evaluations()
    assert len(checks) == 3
    assert not any(check.passed for check in checks)
