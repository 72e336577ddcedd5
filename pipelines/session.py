"""What the steps of one run share: the home, its ledger, the gate process, what went wrong."""

import logging
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from hub.errors import BusyError, HubError
from hub.platform import Platform
from hub.settings import Home, find_home, open_home
from hub.shortage import as_told
from ledger import Ledger, Pull, open_ledger
from pipelines.brain import Publication
from pipelines.erasing import finish_erasures
from pipelines.lanes import Lanes
from pipelines.pull import Tick
from pipelines.retaining import LetGo, let_go
from pipelines.standardise import CoreCounts
from reports.collected import ANSWERS, prepare_platform
from reports.requested import REQUESTED
from warehouse.gates import GateProcess
from warehouse.snapshots import current_number, reading

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """One thing that did not work; `zh` is for the officer."""

    place: str  # platform.stream, or the step
    kind: str  # the error's class
    zh: str


@dataclass
class Session:
    """One run. Made by `session`, closed with it."""

    home: Home
    ledger: Ledger
    gates: GateProcess
    platforms: dict[str, Platform]
    tick: Tick = lambda _place, _rows: None
    accept_drop: tuple[str, ...] = ()
    run_id: int = 0
    asked: set[str] = field(default_factory=set)  # platform.stream of every pull of this run
    retries: int = 0
    retry_wait: float = 60
    pulls: dict[str, Pull] = field(default_factory=dict)
    cores: dict[str, CoreCounts] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    steps: dict[str, float] = field(default_factory=dict)
    publication: Publication | None = None
    let_go: list[LetGo] = field(default_factory=list)
    lanes: Lanes = field(default_factory=Lanes)

    @property
    def status(self) -> str:
        """`ok`, `partial` (some streams failed), `failed` (all did, or nothing was published)."""
        if not self.failures:
            return "ok"
        places = {one.place for one in self.failures}
        return "failed" if "brain" in places or (self.asked and self.asked <= places) else "partial"

    def fail(self, place: str, error: Exception) -> None:
        """Note a failure, and log it without any value: of a surprise, only where it happened."""
        told = as_told(error)
        if told is not None:
            zh = told.zh
            log.error("%s: %s: %s", place, type(told).__name__, told)
        else:
            frames = traceback.extract_tb(error.__traceback__)
            where = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(frames))
            log.error("%s: %s at %s", place, type(error).__name__, where)
            zh = (
                f"{place} 出现内部错误（{type(error).__name__}）：已有数据未受影响，"
                "请把 data/hub.log 交给技术支持。"
            )
        self.failures.append(Failure(place, type(told or error).__name__, zh))

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Add the time spent to `steps`."""
        started = perf_counter()
        try:
            yield
        finally:
            self.steps[step] = self.steps.get(step, 0) + perf_counter() - started


@contextmanager
def session(
    home: Home | None = None,
    *,
    tick: Tick | None = None,
    accept_drop: Sequence[str] = (),
    retries: int = 0,
) -> Iterator[Session]:
    """Open what a run needs, and give it all back.

    Raises:
        ConfigError: what is published cannot be opened with the home's key.
    """
    home = home or open_home(find_home())
    if current_number(home) is not None:
        with reading(home, older=True):
            pass
    ledger = open_ledger(home.data / "ledger.sqlite")
    gates = GateProcess()
    platforms, wrong = home.read_platforms()
    for own in (ANSWERS, REQUESTED):  # a home from a backup has their platforms, not their folders
        if own.platform in platforms:
            prepare_platform(home, own)
    one = Session(home, ledger, gates, platforms, accept_drop=tuple(accept_drop), retries=retries)
    one.tick = tick or one.tick
    one.run_id = ledger.begin_run()
    for error in wrong:
        one.fail("platforms", error)
    try:
        finish_erasures(home, ledger)  # nothing, unless one was cut short
    except HubError as error:
        one.fail("erase", error)
    try:
        one.let_go = let_go(home, ledger, platforms)
    except BusyError:
        log.info("retention waits for the next sync: another process is writing")
    except HubError as error:
        one.fail("retention", error)
    try:
        yield one
        number = one.publication.number if one.publication else None
        errors = [failure.zh for failure in one.failures]
        ledger.end_run(one.run_id, one.status, {"published": number, "errors": errors})
    finally:
        one.lanes.close()
        gates.close()
        ledger.close()
