"""One home with two grids, an account of every role, and the real application on a port."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn

from hub.settings import Home
from ledger.accounts import add_account
from serving.app import create_app, doors_of
from serving.doors import Doors
from tests.made_once import MadeHomes
from tests.serving.console.two_grids import GRID, OTHER, build_two_grids

PASSWORD = "Console-test-2026!"
ACCOUNTS = {
    "grid": ("网格员", [GRID]),
    "othergrid": ("网格员", [OTHER]),
    "staff": ("社区工作人员", ["510108019006"]),
    "street": ("街道", ["510108019"]),
    "district": ("区级", ["510108"]),
    "steward": ("数据专员", ["*"]),
    "auditor": ("审计员", ["*"]),
    "admin": ("管理员", ["*"]),
}


@dataclass
class Served:
    """The console, running."""

    home: Home
    doors: Doors
    base: str
    log: Path

    @contextmanager
    def client(self, name: str | None = None) -> Iterator[httpx.Client]:
        """A client, signed in as that account."""
        with httpx.Client(base_url=f"{self.base}/console", timeout=30) as client:
            if name is not None:
                answer = client.post("/login", data={"name": name, "password": PASSWORD})
                assert answer.status_code == 303, answer.text
            yield client


@pytest.fixture(scope="package")
def served(made_homes: MadeHomes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A home that decisions may change, and its console."""
    to = tmp_path_factory.mktemp("console") / "home"
    home = made_homes.copy("two-grids", build_two_grids, to)
    with running(home) as one:
        for name, (role, scope) in ACCOUNTS.items():
            add_account(one.doors.ledger, name, role, scope, PASSWORD)
        yield one


@contextmanager
def running(home: Home) -> Iterator[Served]:
    """The console of a home, on a port of its own."""
    app = create_app(home)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield Served(home, doors_of(app), f"http://127.0.0.1:{port}", home.data / "hub.log")
    finally:
        server.should_exit = True
        thread.join()


def csrf(page: str) -> str:
    """The token that the forms of a page carry."""
    found = re.search(r"name=.csrf. value=.([0-9a-f]{64})", page)
    assert found is not None
    return found[1]
