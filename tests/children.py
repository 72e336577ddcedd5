"""Child processes of the tests that begin at once: forked by a process that has imported the hub.

(That process has run nothing. Forking the test process itself, with its running thread pools, would
hang now and then; a fresh interpreter imports for seconds before it does what is asked.)
"""

import multiprocessing
import os
import signal
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["pytest", "openpyxl", "paramiko", "duckdb", "polars", "pyarrow", "pipelines.erasing",
     "pipelines.retaining", "ledger.audit", "reports.fill", "reports.extract_run"]
)  # fmt: skip


def child(task: Callable[..., None], *args: object) -> ForkServerProcess:
    """Begin `task` in a process of its own; it and `args` must be picklable."""
    process = _CONTEXT.Process(target=task, args=args, daemon=True)
    process.start()
    return process


def ended(task: Callable[..., None], *args: object) -> int:
    """Run `task` in a process of its own; its exit code, negative if a signal ended it."""
    process = child(task, *args)
    process.join()
    code = process.exitcode
    assert code is not None
    return code


def kill_oneself(*_: object, **__: object) -> None:
    """End this process as a failing power supply would: nothing is finished or closed."""
    os.kill(os.getpid(), signal.SIGKILL)
