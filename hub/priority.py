"""Who goes first on a machine that also answers: a sync may wait, a reader may not."""

import os
from contextlib import suppress


def yield_to_readers() -> None:
    """Let this process and its children have what others leave; alone it is as fast as ever.

    Where the machine does not let a process say so, it goes on as it was.
    """
    with suppress(OSError):
        os.nice(10)
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
