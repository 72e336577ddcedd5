"""`python -m bench`: measure, and print the table."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.cases import Result, Town, standardise
from bench.records import SHARES
from bench.table import steps_table, table

CASES = ("standardise", "first", "nothing", "changed", "scale")
USUAL = CASES[:-1]
"""`scale` needs ten times the records, so it runs only when asked for."""
SYNCS = ("first", "nothing", "changed")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the cases asked for."""
    given = _parser().parse_args(arguments)
    unknown = set(given.only) - set(CASES)
    if unknown or not set(given.platforms) <= set(SHARES):
        raise SystemExit(f"--only takes {', '.join(CASES)}; --platforms {', '.join(SHARES)}")
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print(f"{given.records:,} records, seed {given.seed}, {os.cpu_count()} cores, load {load}")
    with _folder(given.dir) as folder:
        results = list(run(given, folder))
    print(table(results))
    print()
    print(steps_table(results))


def run(given: argparse.Namespace, folder: Path) -> Iterator[Result]:
    """Yield a result a case."""
    if "standardise" in given.only:
        yield standardise(folder, given.records, given.seed, given.repeat)
    if set(given.only) & set(SYNCS):
        with _town(given, folder / "syncs", given.records) as town:
            yield from _syncs(given, town)
    if "scale" in given.only:
        for times in (1, 10):
            with _town(given, folder / f"scale-{times}", given.records * times) as town:
                yield town.first()


def _syncs(given: argparse.Namespace, town: Town) -> Iterator[Result]:
    first = town.first()  # the others need it done
    if "first" in given.only:
        yield first
    later: dict[str, Callable[[int], Result]] = {"nothing": town.nothing, "changed": town.changed}
    for name, case in later.items():
        if name in given.only:
            yield case(given.repeat)


@contextmanager
def _town(given: argparse.Namespace, folder: Path, records: int) -> Iterator[Town]:
    """Platforms that run and hold `records`; stopped at the end, whatever happens."""
    started = time.perf_counter()
    town = Town.build(folder, records, given.seed, given.platforms, given.servers)
    try:
        print(f"{records:,} records made and loaded in {time.perf_counter() - started:.1f} s")
        sys.stdout.flush()
        yield town
    finally:
        town.sources.stop()


@contextmanager
def _folder(wanted: Path | None) -> Iterator[Path]:
    """The folder asked for, which stays; else one that goes away."""
    if wanted is not None:
        if wanted.exists() and any(wanted.iterdir()):
            raise SystemExit(f"{wanted} is not empty")
        wanted.mkdir(parents=True, exist_ok=True)
        yield wanted.resolve()
        return
    made = Path(tempfile.mkdtemp(prefix="hub-bench-"))
    made.chmod(0o755)  # the servers' own accounts must pass
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--only", type=_names, default=USUAL, help=",".join(CASES))
    parser.add_argument("--platforms", type=_names, default=tuple(SHARES), help=",".join(SHARES))
    parser.add_argument("--dir", type=Path, help="an empty folder that is kept")
    parser.add_argument("--servers", type=Path, help="where database servers run already")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=3, help="runs of the cheap cases")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


if __name__ == "__main__":
    main()
