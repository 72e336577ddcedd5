"""`python -m bench.serving.fuzz --count 10000`: random searches leak nothing, or it ends with 1.

Every role that searches asks for people within and outside its scope by true, half true and made-up
values, and by what breaks queries. Whatever is answered is compared with the snapshot itself: no
row outside the scope, no number in clear without a purpose, no status that is not designed.
"""

import argparse
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import httpx

from bench.serving.__main__ import served_as
from bench.serving.crowd import crowd
from hub.settings import Home
from warehouse.answers import rows
from warehouse.snapshots import reading

ROLES = {"网格员": 15, "社区工作人员": 12, "街道": 9, "部门": 12}
"""Who searches, and how many digits of the code their scope has."""
ODD = ("' OR 1=1 --", "%", "_", "*", "\\", '"', "\x00", "null", "😀", "１３８", "a" * 201, "-1", "")
FIELDS = ("name", "phone", "id_number", "residence_address", "resident_id", "grid_code",
          "birth_date", "limit", "label", "$and")  # fmt: skip
DESIGNED = {200, 400, 403, 404, 409}
NUMBER = re.compile(r"\d{17}[\dX]")


@dataclass
class Judge:
    """What was answered, and what of it must not have been."""

    inside: dict[str, set[str]]  # role → ids of the scope
    numbers: set[str] = field(repr=False)
    answered: Counter[int] = field(default_factory=Counter)
    rows: int = 0
    leaks: list[str] = field(default_factory=list)

    def see(self, role: str, answer: httpx.Response) -> None:
        """Compare one answer with the snapshot."""
        self.answered[answer.status_code] += 1
        if answer.status_code not in DESIGNED:
            self.leaks.append(f"{role}: status {answer.status_code}")
        if set(NUMBER.findall(answer.text)) & self.numbers:
            self.leaks.append(f"{role}: a number in clear")
        if answer.status_code == 200:
            body = answer.json()
            found = [one["resident_id"] for one in body.get("rows", [body])]
            self.rows += len(found)
            if not set(found) <= self.inside[role]:
                self.leaks.append(f"{role}: a row outside the scope")


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, and tell what came of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.serving.fuzz")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--people", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="hub-fuzz-") as made:
        home = crowd(Path(made) / "home", given.people, daily=1_000_000_000)
        begun = time.perf_counter()
        judge = fuzz(home, given.count, random.Random(given.seed))
    print(f"{given.count:,} searches in {time.perf_counter() - begun:.0f} s, {judge.rows:,} rows, "
          f"answers {dict(sorted(judge.answered.items()))}, {len(judge.leaks)} leaks")  # fmt: skip
    for leak, times in Counter(judge.leaks).most_common():
        print(f"  {times} × {leak}")
    raise SystemExit(1 if judge.leaks else 0)


def fuzz(home: Home, count: int, chance: random.Random) -> Judge:
    """Ask so often, each time as one of the roles."""
    with reading(home) as connection:
        people = rows(connection, f"SELECT {', '.join(FIELDS[:7])} FROM resident")
    grid = max(str(one["grid_code"]) for one in people)
    scopes = {role: grid[:digits] for role, digits in ROLES.items()}
    judge = Judge(
        {role: {one["resident_id"] for one in people if one["grid_code"].startswith(scope)}
         for role, scope in scopes.items()},
        {one["id_number"] for one in people},
    )  # fmt: skip
    near = [one for one in people if one["resident_id"] in judge.inside["街道"]] or people
    with served_as(home, scopes) as server, httpx.Client(timeout=60) as client:
        for _ in range(count):
            role = chance.choice(list(ROLES))
            way, body = _asked(chance, chance.choice(near if chance.random() < 0.5 else people))
            judge.see(role, client.post(
                f"http://127.0.0.1:{server.port}/api/v1/residents/{way}", json=body,
                headers={"Authorization": f"Bearer {server.tokens[role]}"},
            ))  # fmt: skip
    return judge


def _asked(chance: random.Random, person: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    body = {
        name: _value(chance, name, person) for name in chance.sample(FIELDS, chance.randint(1, 3))
    }
    if chance.random() < 0.8:
        return "search", body
    claims = [{"field": "sex_code", "value": "1"}]
    return "verify", {name: one for name, one in body.items() if name != "limit"} | {
        "claims": claims
    }


def _value(chance: random.Random, name: str, person: dict[str, Any]) -> object:
    true = person.get(name)
    true = true.isoformat() if isinstance(true, date) else true
    kind = chance.random()
    if name == "limit":
        return chance.choice([1, 50, 0, 51, -1, "x", None])
    if kind < 0.65 and true is not None:
        return true
    if kind < 0.8 and true is not None:
        return str(true)[: chance.randint(1, len(str(true)))] + chance.choice(["", "%", "1", "X"])
    return chance.choice([*ODD, chance.randint(0, 10**9), [str(true)], {"a": true}, None])


if __name__ == "__main__":
    main()
