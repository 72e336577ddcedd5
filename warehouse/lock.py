"""One writer at a time, by a lock that the kernel gives back when a process dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from hub.errors import BusyError
from hub.settings import Home


@contextmanager
def locked(home: Home, what: str) -> Iterator[None]:
    """Hold the lock `what` of the home.

    Raises:
        BusyError: another process holds it.
    """
    folder = home.data / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{what}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"{what} is being written by another process",
                zh="另一个同步正在进行，请等它结束后再运行（hub status 可以看进度）。",
            ) from None
        yield
