"""How long pages of the console take: what a browser waits for before it can draw."""

import time
from collections.abc import Iterator
from statistics import median

import httpx

from bench.serving.load import Server
from hub.settings import Home
from ledger import open_ledger
from ledger.accounts import add_account

NAME, PASSWORD = "bench", "Bench-serving-2026!"
TIMES = 5


def page_times(home: Home, server: Server, role: str, resident: str, since: float) -> Iterator[str]:
    """Sign in with the role over the whole home; a line a page: the first time, and the median.

    `since`: seconds that the server has had the snapshot and the account.
    """
    ledger = open_ledger(home.data / "ledger.sqlite")
    add_account(ledger, NAME, role, ["*"], PASSWORD)
    ledger.close()
    time.sleep(since)
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}/console", timeout=60) as client:
        client.post("/login", data={"name": NAME, "password": PASSWORD})
        paths = {
            "overview": "/", "list": "/list?what=residents", "resident": f"/residents/{resident}",
            "of a platform": "/list?what=people&platform=police",
        }  # fmt: skip
        for name, path in paths.items():
            took = [_took(client, path) for _ in range(TIMES)]
            yield f"page: {name:20} {took[0]:6.0f} ms at first, {median(took):6.0f} ms of {TIMES}"


def _took(client: httpx.Client, path: str) -> float:
    begun = time.perf_counter()
    client.get(path).raise_for_status()
    return (time.perf_counter() - begun) * 1000
