"""One home with one sound snapshot, and one judge for all rules."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from hub.settings import Home
from tests.gates.small_brain import PERSONAL, make_brain, make_home, request_for
from warehouse.gates import GateReport, GateResult

Ask = Callable[[dict[str, object]], dict[str, Any]]
Judge = Callable[..., GateReport]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_home(tmp_path_factory.mktemp("gates") / "home")


@pytest.fixture(scope="session")
def base(home: Home) -> Path:
    """The snapshot from which every work copy is made."""
    return make_brain(home, "snapshots/1.duckdb")


@pytest.fixture(scope="session")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """Send one request to the tests' judge; no answer may hold a personal value."""
    log = tmp_path_factory.mktemp("judge") / "stderr.log"
    command = [sys.executable, "-W", "ignore", "-m", "tests.gates.judging"]
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
            text=True, encoding="utf-8",
        ) as process,
    ):  # fmt: skip

        def asked(request: dict[str, object]) -> dict[str, Any]:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
            assert line, log.read_text()
            assert not [value for value in PERSONAL if value in line]
            return dict(json.loads(line))

        yield asked


@pytest.fixture(scope="session")
def judge(home: Home, base: Path, ask: Ask) -> Judge:
    """Judge the sound brain with changes made to it, against the sound one as it was."""
    names = count(2)

    def judged(*changes: str, first: bool = False, **others: object) -> GateReport:
        path = make_brain(home, f"work/{next(names)}.duckdb", changes)
        answer = ask(request_for(home, path, None if first else base, **others))
        assert "error" not in answer, answer
        results = [GateResult(**one) for one in answer["results"]]
        return GateReport(answer["passed"], results)

    return judged
