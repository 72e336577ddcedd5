"""The judge's process: its one answer, and every way in which there is none."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.errors import GateError
from hub.settings import Home
from tests.gates.small_brain import request_for
from warehouse.gate_page import write_gate_page
from warehouse.gates import GateProcess

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def question(home: Home, base: Path) -> dict[str, object]:
    """The sound brain, judged against itself."""
    return request_for(home, base, base)


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where temporary files go, and an empty current folder; both are empty afterwards."""
    for name in ("scratch", "here"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    monkeypatch.chdir(tmp_path / "here")
    yield tmp_path / "scratch"
    assert [*(tmp_path / "scratch").iterdir(), *(tmp_path / "here").iterdir()] == []


def test_one_process_judges_one_copy_after_the_other(
    home: Home, question: dict[str, object]
) -> None:
    """A good one twice, one that cannot be read, and a good one again: stdout stays clean."""
    path = home.data / "garbage.duckdb"
    path.write_bytes(b"no brain at all" * 1000)
    with GateProcess() as gates:
        first, pid = gates.judge(question), gates.pid
        assert gates.judge(question) == first
        with pytest.raises(GateError, match="Exception") as caught:
            gates.judge(question | {"path": str(path)})
        assert gates.judge(question) == first
        assert gates.pid == pid is not None
    assert "不是数据不合格" in caught.value.zh
    assert first.passed
    page = write_gate_page(home, first, 2)
    assert "发布为快照 2" in page.read_text(encoding="utf-8")


def test_killed_process_is_an_error(question: dict[str, object]) -> None:
    with GateProcess() as gates:
        assert gates.pid is not None
        os.kill(gates.pid, signal.SIGKILL)
        with pytest.raises(GateError, match="exit code -9") as caught:
            gates.judge(question)
    assert "没有发布" in caught.value.zh


def test_process_that_cannot_import_is_an_error(
    question: dict[str, object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with GateProcess() as gates, pytest.raises(GateError, match="exit code 1"):
        gates.judge(question)


def test_slow_process_is_an_error(question: dict[str, object]) -> None:
    with GateProcess(ready_timeout=0.05) as gates:
        pid = gates.pid
        with pytest.raises(GateError, match=r"within 0\.05 s"):
            gates.judge(question)
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_started_and_not_needed() -> None:
    """A sync without news closes it at once, while it still imports."""
    started = time.monotonic()
    gates = GateProcess()
    gates.start()
    gates.start()
    gates.close()
    gates.close()
    assert gates.pid is None
    assert time.monotonic() - started < 5


def test_end_of_input_before_a_request_is_silent() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-P", "-m", "warehouse.gate_process"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": tempfile.gettempdir()},
        timeout=180,
        check=True,
    )
    assert done.stdout == b'{"ready": true}\n'
