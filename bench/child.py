"""What is measured, in a process of its own: `python -m bench.child sync|standardise HOME`.

Prints one line of JSON.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

from hub.imports import collect_no_more, collect_seldom
from hub.priority import yield_to_readers
from hub.settings import open_home


def sync(root: Path) -> dict[str, Any]:
    """One whole sync, its accounting, and what the brain then holds."""
    from ledger import open_ledger
    from pipelines.sync import run_sync
    from warehouse.answers import counts
    from warehouse.snapshots import current_number, reading

    home = open_home(root)
    report = run_sync(home)
    ledger = open_ledger(home.data / "ledger.sqlite")
    pulls = {
        f"{platform}.{stream}": (row.finished_at - row.started_at).total_seconds()
        for (platform, stream), row in ledger.last_pulls().items()
        if row.finished_at is not None
    }
    ledger.close()
    answer = asdict(report) | {"pull_seconds": pulls, "counts": None}
    if current_number(home) is not None:
        with reading(home) as connection:
            answer["counts"] = asdict(counts(connection))
    return answer


def standardise(root: Path) -> dict[str, Any]:
    """Every raw batch of the home's one stream into core."""
    from ledger import open_ledger
    from pipelines.standardise import standardise_stream

    home = open_home(root)
    ((_, platform),) = home.platforms().items()
    (stream,) = platform.streams
    ledger = open_ledger(home.data / "ledger.sqlite")
    started = perf_counter()
    counts = standardise_stream(home, ledger, platform, stream, lambda _place, _rows: None)
    seconds = perf_counter() - started
    ledger.close()
    return {"seconds": seconds, "rows": counts.rows, "accepted": counts.accepted,
            "set_aside": counts.set_aside, "with_issues": counts.with_issues,
            "broken": dict(counts.broken)}  # fmt: skip


def main() -> None:
    """Do what the first argument names with the home that the second names."""
    what, root = sys.argv[1], Path(sys.argv[2])
    collect_seldom()  # as `hub` does
    if what == "sync":
        yield_to_readers()  # as `hub sync` does
    answer = {"sync": sync, "standardise": standardise}[what](root)
    print(json.dumps(answer, ensure_ascii=False))
    collect_no_more()


if __name__ == "__main__":
    main()
