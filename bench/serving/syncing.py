"""Views while a whole sync runs: six platforms pulled, resolved and published beside the server."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench.cases import Town
from bench.measure import Measured as Took
from bench.measure import measured
from bench.records import SHARES
from bench.serving.load import Measured, Server, looks, run
from warehouse.snapshots import reading

SEED = 1


@contextmanager
def synced(
    folder: Path,
    records: int,
    platforms: Sequence[str] = tuple(SHARES),
    measure: Callable[[str, Path], Took] = measured,
) -> Iterator[Town]:
    """Platforms that run, and a home that has synced all of them once."""
    town = Town.build(folder, records, SEED, platforms)
    town.measure = measure
    try:
        town.first()
        yield town
    finally:
        town.sources.stop()


def views_during_sync(town: Town, server: Server, threads: int) -> Measured:
    """Views for as long as the platforms change (1 %) and the sync that publishes it lasts.

    Raises:
        WrongResultError: the sync did not publish what had changed.
    """
    with reading(town.home) as connection:
        found = connection.execute("SELECT resident_id FROM resident USING SAMPLE 2000").fetchall()
    look = looks([row[0] for row in found])
    run("warm", server, look, threads=1, seconds=0.5)
    with ThreadPoolExecutor(1) as beside:
        sync = beside.submit(town.changed, 1)
        seen = run(
            "view while a sync runs", server, look, threads=threads, going=lambda: not sync.done()
        )
        sync.result()
    return seen
