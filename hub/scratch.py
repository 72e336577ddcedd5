"""Folders for what must lie on the disk for a moment: fetched files, unpacked ones, filled forms.

They hold people's data in plain, so each is open to this account alone and deleted with its user.
What a process that was killed left behind is deleted before the next folder is made: the kernel
gives back the lock that its user held on it.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir, mkdtemp

PREFIX = "hub-scratch-"


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    _sweep()
    folder, lock = _locked()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _locked() -> tuple[Path, int]:
    """A new folder and the lock on it; made again where a sweep came in between."""
    while True:
        folder = Path(mkdtemp(prefix=PREFIX))
        try:
            lock = os.open(folder, os.O_RDONLY)
        except FileNotFoundError:
            continue
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.exists():
            return folder, lock
        os.close(lock)


def _sweep() -> None:
    """Delete the folders that nobody holds a lock on."""
    for left in Path(gettempdir()).glob(f"{PREFIX}*"):
        try:
            lock = os.open(left, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        except OSError:  # gone by now, or another account's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            pass  # in use
        finally:
            os.close(lock)
