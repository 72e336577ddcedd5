"""`python -m bench.serving.publisher HOME`: publish its snapshot again and again, until stdin ends.

A process of its own and of the same priority, as a sync is.
"""

import select
import sys
from pathlib import Path

from hub.priority import yield_to_readers
from hub.settings import open_home
from warehouse.snapshots import publish_work, working

if __name__ == "__main__":
    yield_to_readers()
    home = open_home(Path(sys.argv[1]))
    while not select.select([sys.stdin], [], [], 1)[0]:
        with working(home) as work:
            work.close()
            publish_work(work)
