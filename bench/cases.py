"""The cases: what is set up, what is measured, and what it is aimed at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import polars as pl
import pyarrow as pa

from bench.homes import lay_out
from bench.measure import Measured, measured
from bench.records import SHARES, World, change, make_world
from bench.sources import Sources, start
from hub.settings import Home
from ledger import open_ledger
from warehouse.raw import RawPull

CHANGED = 0.01  # of the records
MILLION = 1_000_000
STANDARDISE_AIM, FIRST_AIM = 10.0, 60.0  # seconds a million records
NOTHING_AIM = 10.0  # seconds, whatever the size
STANDARDISE_MB, FIRST_MB = 2048, 4096
CHUNK = 100_000


@dataclass(frozen=True)
class Result:
    """One line of the table. Where there were several runs, their medians."""

    what: str
    records: int
    seconds: float
    cpu_seconds: float
    peak_mb: float
    aim: float | None = None  # seconds
    aim_mb: float | None = None
    steps: dict[str, float] = field(default_factory=dict)  # seconds


class WrongResultError(RuntimeError):
    """The hub was measured doing something else than it should have done."""


def standardise(folder: Path, records: int, seed: int, repeat: int) -> Result:
    """Raw batches of a district's population (20 columns read) into core, checked."""
    rows = make_world(round(records / SHARES["district"]), seed).held["district"].rows
    home = lay_out(
        folder / "standardise", Sources(folder, urls={"district": "x://y"}), ["district"]
    )
    _store_raw(home, rows)
    runs = []
    for _ in range(repeat):
        for path in (home.data / "core").rglob("*.parquet"):
            path.unlink()
        runs.append(measured("standardise", home.root))
        answer = runs[-1].answer
        if answer["accepted"] + answer["set_aside"] != rows.height:
            raise WrongResultError(f"standardise: {answer} of {rows.height} rows")
    return Result(
        "standardise",
        rows.height,
        median(one.answer["seconds"] for one in runs),
        median(one.cpu_seconds for one in runs),
        max(one.peak_mb for one in runs),
        STANDARDISE_AIM * rows.height / MILLION,
        STANDARDISE_MB,
    )


def _store_raw(home: Home, rows: pl.DataFrame) -> None:
    """Raw batches as a pull would have stored them."""
    (platform,) = home.platforms().values()
    ((name, stream),) = platform.streams.items()
    ledger = open_ledger(home.data / "ledger.sqlite")
    pull = ledger.open_pull(platform.platform, name)
    raw = RawPull(home, stream, [])
    for number, piece in enumerate(rows.iter_slices(CHUNK), 1):
        table: pa.Table = piece.to_arrow().cast(pa.schema([(c, pa.string()) for c in rows.columns]))
        raw.compare(table)
        path = Path("raw", platform.platform, name, f"{number:06d}.parquet")
        stored = raw.write(home.data / path)
        batch_id = ledger.next_batch_id(platform.platform, name)
        batch = {"batch_id": batch_id, "path": path.as_posix(), "rows": stored, "sha256": ""}
        ledger.commit(pull, batch, {"columns": list(stream.columns)})
    raw.close()
    ledger.close_pull(pull, "complete")
    ledger.close()


@dataclass
class Town:
    """Six platforms that run, and a hub home that knows them."""

    world: World
    sources: Sources
    home: Home
    seed: int
    measure: Callable[[str, Path], Measured] = measured
    first_seconds: float = 0.0

    @staticmethod
    def build(
        folder: Path,
        records: int,
        seed: int,
        platforms: Sequence[str] = tuple(SHARES),
        servers: Path | None = None,
    ) -> "Town":
        """Make the people up, start the platforms and fill them. Stop it whatever happens after.

        Raises:
            SourceDownError: a server is not installed, or did not come up.
        """
        sources = start(folder, servers)
        try:
            world = make_world(records, seed)
            world = World(
                world.people, {p: world.held[p] for p in SHARES if p in platforms}, world.grids
            )
            sources.fill(world)
            return Town(world, sources, lay_out(folder / "home", sources, platforms), seed)
        except BaseException:
            sources.stop()
            raise

    def first(self) -> Result:
        """The first sync of all."""
        run = self._sync(published=True, stored=self.world.records)
        self.first_seconds = run.seconds
        aim = FIRST_AIM * self.world.records / MILLION
        return _result("first", self.world.records, [run], aim, FIRST_MB)

    def nothing(self, repeat: int) -> Result:
        """Syncs with nothing new."""
        runs = [self._sync(published=False, stored=0) for _ in range(repeat)]
        return _result("nothing", self.world.records, runs, NOTHING_AIM, None)

    def changed(self, repeat: int) -> Result:
        """Syncs after one record in a hundred changed."""
        runs, news = [], 0
        for nth in range(repeat):
            self.seed += 1
            self.world, changed = change(self.world, CHANGED, self.seed + nth)
            self.sources.change(self.world, changed)
            news = sum(rows.height for rows in changed.values())
            runs.append(self._sync(published=True, stored=news))
        aim = 5 + 0.05 * self.first_seconds if self.first_seconds else None
        return _result("changed", news, runs, aim, None)

    def _sync(self, *, published: bool, stored: int) -> Measured:
        run = self.measure("sync", self.home.root)
        check_accounting(run, self.world, published=published, stored=stored)
        return run


def check_accounting(run: Measured, world: World, *, published: bool, stored: int) -> None:
    """Compare what a sync says of itself, and what the brain then holds, with what was put in.

    Raises:
        WrongResultError: they differ.
    """
    answer = run.answer
    pulls = [one for one in answer["pulls"] if one["stream"] != "grids"]
    brain = answer["counts"] or {}
    facts = {
        "status": (answer["status"], "ok"),
        "published": (answer["published"] is not None, published),
        "stored": (sum(one["stored"] for one in pulls), stored),
        "read": (sum(o["stored"] + o["unchanged"] + o["repeated"] - o["read"] for o in pulls), 0),
        "records": (brain.get("records"), world.records - world.aside),
        "set aside": (brain.get("quarantined"), world.aside),
    }
    wrong = {name: pair for name, pair in facts.items() if pair[0] != pair[1]}
    people = brain.get("people", 0) / world.people.height
    if not 0.9 < people < 1.1 and len(world.held) == len(SHARES):
        wrong["people"] = (brain.get("people"), world.people.height)
    if wrong:
        raise WrongResultError(f"(found, expected): {wrong}; {answer['failures']}")


def _result(
    what: str, records: int, runs: Sequence[Measured], aim: float | None, aim_mb: float | None
) -> Result:
    steps = [_steps(run) for run in runs]
    return Result(
        what,
        records,
        median(one.seconds for one in runs),
        median(one.cpu_seconds for one in runs),
        max(one.peak_mb for one in runs),
        aim,
        aim_mb,
        {name: median(one.get(name, 0.0) for one in steps) for name in steps[0]},
    )


def _steps(run: Measured) -> dict[str, float]:
    """Seconds by step; `start` is Python, its imports and Dagster's own work."""
    answer = run.answer
    steps = dict(answer["steps"])
    pulled = {f"pull {place}": seconds for place, seconds in answer["pull_seconds"].items()}
    rest = {name: seconds for name, seconds in steps.items() if name != "pull"}
    start = run.seconds - sum(steps.values())
    return {"start": start, **pulled, **rest}
