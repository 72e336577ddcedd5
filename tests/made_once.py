"""Homes that take seconds to make: made once for all test processes of a run, and copied."""

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from hub.settings import Home, open_home

Make = Callable[[Path], object]


class MadeHomes:
    """Copies of homes.

    Args:
        folder: Where those are kept of which the copies are made; the same for all processes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def copy(self, name: str, make: Make, to: Path) -> Home:
        """Copy the home of that name to `to`; the first that asks for it lays it out by `make`."""
        kept = self.folder / name
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                half = self.folder / f"{name}.{os.getpid()}"
                make(half)
                half.rename(kept)
        shutil.copytree(kept, to)
        return open_home(to)
