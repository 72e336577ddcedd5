"""The application on a small home, with a client of each role."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import quote

import duckdb
import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from hub.settings import Home
from ledger.clients import add_client, issue_token
from schemas.extras import extras
from serving.app import create_app, doors_of
from serving.doors import Doors
from tests.cli.small_home import COMMUNITY, build
from tests.made_once import MadeHomes
from warehouse.answers import rows
from warehouse.snapshots import publish_work, reading, working

GRID = f"{COMMUNITY}001"
ROLES = {
    "网格员": GRID, "社区工作人员": COMMUNITY, "街道": "510108019000", "区级": "510108000000",
    "部门": COMMUNITY, "数据专员": "*", "审计员": "*", "管理员": "*",
}  # fmt: skip


@dataclass
class Api:
    """The application as clients meet it."""

    app: FastAPI
    http: httpx.Client
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def doors(self) -> Doors:
        return doors_of(self.app)

    def token(self, role: str, scope: str = "", title: str = "民政局") -> str:
        key = (role, scope or ROLES[role])
        if key not in self.tokens:
            client, secret = add_client(
                self.doors.ledger, f"{title}的系统", role, [key[1]], [title]
            )
            self.tokens[key] = issue_token(self.doors.ledger, client.client_id, secret) or ""
        return self.tokens[key]

    def ask(
        self,
        role: str,
        path: str,
        body: Any = None,
        *,
        scope: str = "",
        purpose: str = "",
        headers: dict[str, str] | None = None,
    ) -> Any:
        sent = {"Authorization": f"Bearer {self.token(role, scope)}"} | (headers or {})
        if purpose:
            sent["X-Purpose"] = quote(purpose)
        if body is None:
            return self.http.get(f"/api/v1{path}", headers=sent)
        return self.http.post(f"/api/v1{path}", headers=sent, json=body)


OTHER = "510108019007"
"""A community beside, with a grid and people of its own."""


def build_two_communities(folder: Path) -> None:
    """The small home, and a second community; two of its people are told apart by nothing."""
    home = build(folder)
    text = (home.root / "hub.yaml").read_text(encoding="utf-8")
    text = text.replace('["510108019006"]', f'["{COMMUNITY}", "{OTHER}"]')
    (home.root / "hub.yaml").write_text(text, encoding="utf-8")
    with working(home) as work:
        for resident in ("Rtwinone", "Rtwintwo"):
            work.connection.execute(
                """INSERT INTO resident BY NAME
                SELECT $id AS resident_id, '钱同名' AS name, '13511112222' AS phone,
                    '510108197001011239' AS id_number, '07' AS ethnicity_code,
                    DATE '1970-01-01' AS birth_date, 1970 AS birth_year, '1' AS sex_code,
                    '海棠路8号3栋2单元501' AS residence_address, $grid AS grid_code,
                    'Hother' AS household_id, 'Dother' AS dwelling_id, true AS lives_here,
                    1 AS records, 1 AS platforms, now() AS valid_from""",
                {"id": resident, "grid": f"{OTHER}001"},
            )
        work.connection.execute(
            f"""INSERT INTO grid BY NAME SELECT '{OTHER}001' AS grid_code, '乙网格' AS name,
                '{OTHER}' AS community_code;
            INSERT INTO household BY NAME SELECT 'Hother' AS household_id, 'Dother' AS dwelling_id,
                '{OTHER}001' AS grid_code, 2 AS member_count, 'Rtwinone' AS head_resident_id;
            INSERT INTO record_id VALUES (900, 'police', 'residents', 'P900');
            INSERT INTO resident_link VALUES (900, 'Rtwinone', 'number');
            INSERT INTO dwelling BY NAME SELECT 'Dother' AS dwelling_id, '海棠路8号' AS place,
                '{OTHER}001' AS grid_code;
            INSERT INTO resident_label BY NAME SELECT 'Rtwinone' AS resident_id,
                '社区矫正' AS label, 'police' AS platform, 'residents' AS stream,
                'P9' AS record_key"""
        )
        tell_extras(work.connection)
        work.close()
        publish_work(work)


@pytest.fixture(scope="package")
def api_home(made_homes: MadeHomes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    to = tmp_path_factory.mktemp("api") / "home"
    return made_homes.copy("two-communities", build_two_communities, to)


OLD, NEW = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


def value_of(item: str, *, newest: bool = True) -> str:
    """What 张三丰 has of an extra: a value that is found nowhere else."""
    mark = f"{sorted(extras()).index(item):03}{'6' if newest else '2'}"
    reads = extras()[item].reads
    if reads == "day":
        return f"19{mark[1:3]}-0{mark[3]}-11"
    return f"5{mark}{mark}{mark}{mark}7" if reads in ("phone", "id_number") else f"独{mark}特"


def tell_extras(connection: duckdb.DuckDBPyConnection) -> None:
    """Every extra there is, of one person, by two platforms; the grid's word is the newer."""
    for key, at, newest in (("P1", OLD, False), ("G1", NEW, True)):
        told = [{"item": one, "value": value_of(one, newest=newest)} for one in extras()]
        connection.execute(
            "UPDATE resident_record SET extras = $told, updated_at = $at WHERE record_key = $key",
            {"told": told, "at": at, "key": key},
        )


@pytest.fixture(scope="package")
def api(api_home: Home) -> Iterator[Api]:
    app = create_app(api_home)
    with served(app) as address, httpx.Client(base_url=address) as http:
        yield Api(app, http)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """A real server on a free port of this machine; its address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="none")
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 30
    while not server.started:
        assert time.monotonic() < until
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(30)


@pytest.fixture(scope="package")
def people(api_home: Home) -> dict[str, dict[str, Any]]:
    """Every golden row, in clear, by name; of the two alike the last."""
    with reading(api_home) as connection:
        found = rows(connection, "SELECT * FROM resident ORDER BY name")
    return {str(row["name"]): row for row in found}
