"""Requests from several threads over kept connections, and how long each took."""

import http.client
import json
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

Request = tuple[str, str, bytes | None]
"""method, path, body"""


@dataclass(frozen=True)
class Server:
    """A server under way: its port and process, and a client's token by role."""

    port: int
    pid: int
    tokens: Mapping[str, str]

    def cpu_ms(self) -> float:
        """What the process has used of the cores so far; a busy machine changes it little."""
        told = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK") * 1000


@dataclass(frozen=True)
class Measured:
    """Milliseconds at the half and at 95 of 100, requests a second, answers that were not 200."""

    name: str
    requests: int
    p50_ms: float
    p95_ms: float
    per_second: float
    cpu_ms: float  # of the server, a request
    wrong: int


def looks(ids: Sequence[str]) -> Callable[[random.Random], Request]:
    """One resident view each."""
    return lambda chance: ("GET", f"/api/v1/residents/{chance.choice(ids)}", None)


def searches(people: Sequence[tuple[str, str]]) -> Callable[[random.Random], Request]:
    """By name, by name and phone, or by number."""

    def one(chance: random.Random) -> Request:
        name, phone = chance.choice(people)
        wanted = chance.choice([{"name": name}, {"name": name, "phone": phone}, {"phone": phone}])
        body = json.dumps(wanted).encode()
        return ("POST", "/api/v1/residents/search", body)

    return one


def run(
    name: str,
    server: Server,
    make: Callable[[random.Random], Request],
    *,
    threads: int,
    seconds: float = 0.0,
    going: Callable[[], bool] = lambda: False,
) -> Measured:
    """Ask for so many seconds and as long as `going` says so, by the first token."""
    begun, used, token = time.perf_counter(), server.cpu_ms(), next(iter(server.tokens.values()))
    until = begun + seconds

    def more() -> bool:
        return time.perf_counter() < until or going()

    with ThreadPoolExecutor(threads) as pool:
        jobs = [pool.submit(_ask, server.port, token, make, seed, more) for seed in range(threads)]
        found = [one for job in jobs for one in job.result()]
    took = time.perf_counter() - begun
    times = sorted(time_ms for time_ms, _ in found)
    wrong = sum(status != 200 for _, status in found)
    return Measured(
        name, len(found), times[len(times) // 2], times[int(len(times) * 0.95)],
        len(found) / took, (server.cpu_ms() - used) / len(found), wrong,
    )  # fmt: skip


def _ask(
    port: int,
    token: str,
    make: Callable[[random.Random], Request],
    seed: int,
    more: Callable[[], bool],
) -> list[tuple[float, int]]:
    chance, found = random.Random(seed), []
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    while more():
        method, path, body = make(chance)
        begun = time.perf_counter()
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.read()
        found.append(((time.perf_counter() - begun) * 1000, answer.status))
    connection.close()
    return found
