"""A process that gives way, and its children, come after others."""

import subprocess
import sys

TOLD = """
import os, subprocess, sys
from hub.priority import yield_to_readers
before = os.nice(0)
yield_to_readers()
child = subprocess.check_output([sys.executable, "-c", "import os; print(os.nice(0))"])
print(os.nice(0) - before, int(child) - before, os.sched_getscheduler(0) == os.SCHED_BATCH)
"""


def test_it_and_its_children_give_way() -> None:
    told = subprocess.check_output([sys.executable, "-c", TOLD], text=True).split()
    room = 19 - int(subprocess.check_output([sys.executable, "-c", "import os; print(os.nice(0))"]))
    less = str(min(10, room))
    assert told == [less, less, "True"]
