"""A sync that was started from a page: the job of `hub sync`, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from hub.errors import BusyError
from hub.settings import Home


@dataclass
class Syncing:
    """The child that syncs, if there is one; its output is kept in data/sync.log."""

    home: Home
    _child: subprocess.Popen[bytes] | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def log(self) -> Path:
        """What the last one said."""
        return self.home.data / "sync.log"

    def start(self, platforms: Sequence[str]) -> None:
        """Start one, of these platforms or all.

        Raises:
            BusyError: one that was started here is still under way.
        """
        with self._lock:
            if self.running:
                raise BusyError(
                    "a sync is under way", zh="另一个同步正在进行，请等它结束后再运行。"
                )
            command = [sys.executable, "-m", "cli.main", "sync", *platforms, "--home",
                       str(self.home.root)]  # fmt: skip
            with os.fdopen(
                os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
            ) as out:
                self._child = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
                )

    @property
    def running(self) -> bool:
        """Whether it is under way."""
        return self._child is not None and self._child.poll() is None

    @property
    def code(self) -> int | None:
        """How it ended; None while it runs, or if none was started here."""
        return self._child.poll() if self._child is not None else None

    def said(self, lines: int = 30) -> list[str]:
        """The last lines that it printed: of platforms and counts, never of persons."""
        if self._child is None or not self.log.is_file():
            return []
        return self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
