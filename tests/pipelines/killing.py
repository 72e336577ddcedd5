"""Run one sync in a child process that is killed with -9 at a chosen step.

A step is an instant before or after something durable happens: a file is renamed into place, the
ledger commits, the work copy is made, changed, judged, published, swept.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.pipelines.small_home import make_home
from tests.warm_gates import WarmGates

STEPS = (
    ("warehouse.raw", "write_parquet"),
    ("warehouse.core", "write_parquet"),
    ("ledger.ledger", "Ledger.open_pull"),
    ("ledger.ledger", "Ledger.commit"),
    ("ledger.ledger", "Ledger.close_pull"),
    ("ledger.ledger", "Ledger.end_run"),
    ("warehouse.duck", "publish"),
    ("warehouse.snapshots", "attach"),
    ("pipelines.brain", "apply_batches"),
    ("pipelines.brain", "resolve_identity"),
    ("pipelines.brain", "resolve_entities"),
    ("warehouse.snapshots", "Work.close"),
    ("warehouse.gates", "GateProcess.judge"),
    ("pipelines.brain", "write_gate_page"),
    ("warehouse.snapshots", "publish"),
    ("warehouse.snapshots", "point_to"),
    ("warehouse.snapshots", "sweep"),
)

SAME = {
    "before pipelines.brain.resolve_entities": "after pipelines.brain.resolve_identity",
    "before warehouse.gates.GateProcess.judge": "after warehouse.snapshots.Work.close",
    "before pipelines.brain.write_gate_page": "after warehouse.gates.GateProcess.judge",
    "before warehouse.snapshots.point_to": "after warehouse.snapshots.publish",
    "before warehouse.snapshots.sweep": "after warehouse.snapshots.point_to",
}
"""Instants with another right before them: nothing is written in between."""

INSTANTS = [
    instant
    for module, path in STEPS
    for when in ("before", "after")
    if (instant := f"{when} {module}.{path}") not in SAME
]


class Killer:
    """Notes the instants that are passed, and kills this process at the first called `at`."""

    def __init__(self, at: str) -> None:
        self.at = at

    def arm(self) -> None:
        for module, path in STEPS:
            owner: Any = import_module(module)
            *parents, last = path.split(".")
            for parent in parents:
                owner = getattr(owner, parent)
            setattr(owner, last, self._watched(getattr(owner, last), f"{module}.{path}"))

    def _watched(self, real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            self._pass(f"before {name}")
            result = real(*args, **kwargs)
            self._pass(f"after {name}")
            return result

        return watched

    def _pass(self, name: str) -> None:
        if name == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class Zygote:
    """A process that has imported the hub but run nothing: it forks a child for each sync.

    (Forking the test process itself, with its running thread pools, would hang now and then.)
    """

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.pipelines.killing"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def sync(self, root: Path, kill_at: str = "") -> str:
        """Sync; return "killed", or the status of the sync that ended."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps([str(root), kill_at]) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self) -> None:
        self.process.communicate()


def _serve() -> None:
    gates = WarmGates()
    gates.start()
    gates.wait_ready()
    for name in _needed(gates):
        with suppress(ImportError):  # a part of some other module
            import_module(name)
    for line in sys.stdin:
        root, kill_at = json.loads(line)
        child = os.fork()
        if child == 0:
            _sync(Path(root), kill_at, gates)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            print("killed" if os.WTERMSIG(status) == signal.SIGKILL else "crashed", flush=True)
        else:
            print(["ok", "partial", "failed", "raised"][os.WEXITSTATUS(status)], flush=True)
    gates.end()


def _needed(gates: WarmGates) -> list[str]:
    """What a sync has imported by its end: two fifths of a child's work, were it left to each."""
    import_module("pipelines.sync")
    heard, told = os.pipe()
    with TemporaryDirectory() as folder:
        home = make_home(Path(folder) / "home", people=2)
        child = os.fork()
        if child == 0:
            _sync(home.root, "", gates, told)
        os.close(told)
        with os.fdopen(heard) as names:
            needed: list[str] = json.load(names)
        os.waitpid(child, 0)
    return needed


def _sync(root: Path, kill_at: str, gates: WarmGates, told: int | None = None) -> None:
    """Nobody is killed while the judge works on an answer, so the next child may ask it too."""
    code = 3
    try:
        import pipelines.session
        from hub.settings import open_home
        from pipelines.sync import run_sync

        pipelines.session.GateProcess = lambda: gates  # type: ignore[assignment, misc]  # the warm one for all
        Killer(kill_at).arm()
        report = run_sync(open_home(root))
        code = ["ok", "partial", "failed"].index(report.status)
        if told is not None:
            with os.fdopen(told, "w") as names:
                json.dump(list(sys.modules), names)
    finally:
        os._exit(code)


if __name__ == "__main__":
    _serve()
