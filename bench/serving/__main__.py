"""`python -m bench.serving --people 1000000`: one view, searches, while snapshots are published."""

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.serving.crowd import crowd
from bench.serving.load import Measured, Server, looks, run, searches
from bench.serving.pages import page_times
from bench.serving.syncing import synced, views_during_sync
from hub.settings import Home, open_home
from ledger import open_ledger
from ledger.clients import add_client, issue_token
from warehouse.snapshots import reading

POLICY = """
roles:
  测速: {scope: any, entities: [resident, household, dwelling, grid], clear: 3, masked: 4,
    may: [look, search, statistics], daily: 1000000000}
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print a line a case."""
    given = _parser().parse_args(arguments)
    print(f"{given.people:,} people, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    with _folder(given.dir) as folder:
        home = _home(folder / "home", given.people)
        for one in measure(home, given.threads, given.seconds):
            print(line(one), flush=True)
        for told in pages(home):
            print(told, flush=True)
        for callers in (given.threads, given.threads * 4):
            share = audit_share(home, callers, given.seconds)
            print(f"the audit takes {share:.1%} of the views of {callers} callers", flush=True)
        if given.sync:
            with synced(folder / "town", given.sync) as town:
                (town.home.root / "policy.yaml").write_text(POLICY, encoding="utf-8")
                with served_as(town.home, {"测速": "*"}) as server:
                    print(line(views_during_sync(town, server, given.threads)), flush=True)


def measure(home: Home, threads: int, seconds: float) -> Iterator[Measured]:
    """A quiet view, views and searches at full load, and views while snapshots are published."""
    with reading(home) as connection:
        found = connection.execute(
            "SELECT resident_id, name, phone FROM resident USING SAMPLE 2000"
        ).fetchall()
    ids, people = [row[0] for row in found], [(row[1], row[2]) for row in found]
    with served_as(home, {"测速": "*"}) as server:
        look, search = looks(ids), searches(people)
        run("warm", server, look, threads=1, seconds=min(2, seconds))
        yield run("view, one at a time", server, look, threads=1, seconds=seconds)
        yield run("search, one at a time", server, search, threads=1, seconds=seconds)
        yield run("view", server, look, threads=threads, seconds=seconds)
        yield run("search", server, search, threads=threads, seconds=seconds)
        with publishing(home):
            yield run("view while publishing", server, look, threads=threads, seconds=seconds)


def pages(home: Home, since: float = 10) -> Iterator[str]:
    """A line a page of the console, asked for so many seconds after a snapshot."""
    with reading(home) as connection:
        ((one,),) = connection.execute("SELECT resident_id FROM resident LIMIT 1").fetchall()
    with served_as(home, {"测速": "*"}) as server:
        yield from page_times(home, server, "测速", one, since)


def audit_share(home: Home, threads: int, seconds: float, turns: int = 8) -> float:
    """The part of the views a second that writing their events costs: median of turns in pairs.

    Two servers of one home take turns, each for a part of `seconds`; one does not write.
    """
    with reading(home) as connection:
        found = connection.execute("SELECT resident_id FROM resident USING SAMPLE 2000").fetchall()
    look, shares = looks([row[0] for row in found]), []
    with (
        served_as(home, {"测速": "*"}) as audited,
        served_as(home, {"测速": "*"}, "bench.serving.unaudited") as bare,
    ):
        for server in (audited, bare):
            run("warm", server, look, threads=1, seconds=min(2, seconds))
        for turn in range(turns):
            both = (audited, bare) if turn % 2 else (bare, audited)
            rate = {
                server.pid: run("view", server, look, threads=threads, seconds=seconds / 4)
                for server in both
            }
            shares.append(1 - rate[audited.pid].per_second / rate[bare.pid].per_second)
    return statistics.median(shares)


def line(one: Measured) -> str:
    """One case as it is printed."""
    return (
        f"{one.name:24} {one.requests:7,} requests  p50 {one.p50_ms:7.1f} ms  "
        f"p95 {one.p95_ms:7.1f} ms  {one.per_second:7.1f} /s  "
        f"{one.cpu_ms:5.2f} ms of the server's CPU  {one.wrong} not 200"
    )


def _home(folder: Path, people: int) -> Home:
    if (folder / "data" / "snapshots" / "CURRENT").is_file():
        return open_home(folder)
    home = crowd(folder, people)
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return home


@contextmanager
def served_as(home: Home, scopes: Mapping[str, str], module: str = "cli.main") -> Iterator[Server]:
    """`hub serve` in a process of its own, with a client of each role and its scope."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    ledger, tokens = open_ledger(home.data / "ledger.sqlite"), {}
    for role, scope in scopes.items():
        client, secret = add_client(ledger, role, role, [scope])
        tokens[role] = issue_token(ledger, client.client_id, secret) or ""
    ledger.close()
    command = [sys.executable, "-m", module, "serve", "--port", str(port)]
    process = subprocess.Popen([*command, "--home", str(home.root)], stdout=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield Server(port, process.pid, tokens)
    finally:
        process.terminate()
        process.wait(120)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(3000):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/health", timeout=5).close()
        except OSError:
            if process.poll() is not None:
                raise SystemExit("hub serve did not start") from None
            time.sleep(0.1)
        else:
            return
    raise SystemExit("hub serve did not answer")


@contextmanager
def publishing(home: Home) -> Iterator[None]:
    """Publish the same snapshot under the next number, again and again."""
    command = [sys.executable, "-m", "bench.serving.publisher", str(home.root)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        yield
    finally:
        process.communicate()
    if process.returncode:
        raise SystemExit("publishing failed")


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        given.mkdir(parents=True, exist_ok=True)
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="hub-bench-") as made:
        yield Path(made)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.serving")
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--sync", type=int, default=0, help="records of a sync beside the views")
    parser.add_argument("--dir", type=Path, help="kept, and used again the next time")
    return parser


if __name__ == "__main__":
    main()
