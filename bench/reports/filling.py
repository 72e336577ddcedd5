"""`python -m bench.reports.filling HOME`: fill the one form of a home, and print time and memory.

A process of its own that imports what filling needs, so that its memory is that of a filling.
"""

import resource
import sys
import time
from pathlib import Path

from hub.settings import open_home
from reports.fill import fill
from reports.form_file import load_form
from reports.people import people_of


def main(folder: Path) -> None:
    """Fill a form once for three people, so that all is loaded, then for everybody."""
    home = open_home(folder)
    form = load_form(home, "花名册")
    with people_of(home, None, form.needed) as (people, connection):
        fill(home, connection, form, people.of(people.frame.head(3)), folder / "warm.xlsx")
        started, before = time.perf_counter(), time.process_time()
        done = fill(home, connection, form, people, folder / "out.xlsx")
        took, busy = time.perf_counter() - started, time.process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"form of {done.rows:,} rows: {took:.2f} s once the hub is open "
        f"({busy:.2f} s of processor), {memory:,.0f} MB"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
