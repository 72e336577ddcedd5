"""Seconds, CPU seconds and peak memory of a child process and all that it starts."""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

EVERY = 0.05  # seconds between two looks at the memory
CODE = Path(__file__).resolve().parents[1]


class ChildFailedError(RuntimeError):
    """The measured process ended with an error; it stands above, on stderr."""


@dataclass(frozen=True)
class Measured:
    """One run. `peak_mb` sums the resident memory of all its processes, shared pages twice."""

    seconds: float
    cpu_seconds: float
    peak_mb: float
    answer: dict[str, Any]


def measured(what: str, root: Path) -> Measured:
    """Run `bench.child` to its end.

    Raises:
        ChildFailedError: it did not end well.
    """
    return measured_command([sys.executable, "-P", "-m", "bench.child", what, str(root)])


def measured_command(command: Sequence[str]) -> Measured:
    """Run a program of ours to its end; its last line is its answer, as JSON.

    Raises:
        ChildFailedError: it did not end well.
    """
    paths = os.pathsep.join(filter(None, [str(CODE), os.environ.get("PYTHONPATH")]))
    before, started = _cpu(), time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            list(command),
            stdout=output,
            env=os.environ | {"PYTHONPATH": paths},
        )
        peak = _watch(process)
        seconds = time.perf_counter() - started
        if process.returncode:
            raise ChildFailedError(f"{' '.join(command[1:5])}: exit code {process.returncode}")
        output.seek(0)
        answer = json.loads(output.read().splitlines()[-1])
    return Measured(seconds, _cpu() - before, peak / 2**20, answer)


def _watch(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end; return the most bytes that the process and its children held."""
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        held = 0
        try:
            for one in [watched, *watched.children(recursive=True)]:
                held += one.memory_info().rss
        except psutil.NoSuchProcess:
            pass
        peak = max(peak, held)
        time.sleep(EVERY)
    return peak


def _cpu() -> float:
    """CPU seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
