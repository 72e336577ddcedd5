"""`hub sync`: the job that Dagster schedules, run here and now in this process."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from time import perf_counter

from hub.errors import NotFoundError
from hub.settings import Home
from pipelines.pull import Tick
from pipelines.retaining import LetGo
from pipelines.retired import to_be_told
from pipelines.session import Failure, Session, session
from pipelines.streams import begin
from reports.requested import sweep_requests
from warehouse.lock import locked


@dataclass(frozen=True)
class PullReport:
    """One stream in one sync. Rows: read = stored + unchanged + repeated."""

    platform: str
    stream: str
    status: str  # complete, held, failed
    read: int
    stored: int
    unchanged: int
    repeated: int
    gone: int
    set_aside: int
    with_issues: int
    error: str | None
    notes: tuple[str, ...] = ()  # for the officer
    values_dropped: int = 0  # biometrics that were not taken
    marked: int = 0  # rows that the platform itself has marked as deleted


@dataclass(frozen=True)
class SyncReport:
    """One sync, as the officer is told of it."""

    run_id: int
    status: str  # ok, partial (some streams failed), failed (nothing published)
    published: int | None
    pulls: list[PullReport]
    failures: list[Failure]
    seconds: float
    steps: dict[str, float]
    let_go: list[LetGo] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  # for the officer, of no one stream

    @property
    def error(self) -> str | None:
        """All that failed, in one text."""
        return "\n".join(one.zh for one in self.failures) or None


def run_sync(
    home: Home,
    platforms: Sequence[str] = (),
    *,
    accept_drop: bool = False,
    tick: Tick | None = None,
) -> SyncReport:
    """Run the sync job in this process, for all platforms or those named.

    Raises:
        NotFoundError: a platform of that name is not in the home.
        BusyError: another sync of this home is under way.
    """
    started = perf_counter()
    accepted = platforms if accept_drop else ()
    with locked(home, "sync"), session(home, tick=tick, accept_drop=accepted) as run:
        chosen = _choose(run, platforms)
        if accept_drop and not platforms:
            run.accept_drop = tuple(run.platforms)
        _execute(run, chosen)
        sweep_requests(home, run.ledger)
        number = run.publication.number if run.publication else None
        pulls, seconds = _pull_reports(run, chosen), perf_counter() - started
        return SyncReport(
            run.run_id, run.status, number, pulls, run.failures, seconds, run.steps, run.let_go,
            _remarks(run),
        )  # fmt: skip


def _remarks(run: Session) -> list[str]:
    """What is in use and comes from nowhere; not while a platform file cannot be read."""
    if any(one.place == "platforms" for one in run.failures):
        return []
    return to_be_told(run.home, run.platforms)


def _choose(run: Session, platforms: Sequence[str]) -> list[str]:
    for name in platforms:
        if name not in run.platforms:
            raise NotFoundError(
                f"no platform {name}",
                zh=f"没有叫 {name} 的平台：请用 hub platform list 查看平台名。",
            )
    return list(platforms or run.platforms)


def _execute(run: Session, chosen: Sequence[str]) -> None:
    """Run the job on a throw-away instance; Dagster's own chatter stays out of the terminal.

    The platforms are already being pulled while Dagster, slow to import, gets ready.
    """
    begin(run, [run.platforms[name] for name in chosen])
    from pipelines.definitions import SYNC, sync_definitions
    from pipelines.passing_instance import passing_instance

    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    definitions = sync_definitions({name: run.platforms[name] for name in chosen}, run)
    job = definitions.resolve_job_def(SYNC)
    with passing_instance() as instance:
        result = job.execute_in_process(quiet, instance=instance, raise_on_error=False)
    if not result.success and not run.failures:  # stopped from outside
        zh = "同步被中断，没有做完：已取到的数据保留，请再运行一次 hub sync。"
        run.failures.append(Failure("brain", "Interrupted", zh))


def _pull_reports(run: Session, chosen: Sequence[str]) -> list[PullReport]:
    last, reports = run.ledger.last_pulls(), []
    for name in chosen:
        for stream in run.platforms[name].streams:
            place = f"{name}.{stream}"
            error = next((one.zh for one in run.failures if one.place == place), None)
            row, core = last.get((name, stream)), run.cores.get(place)
            aside, issues, marked = core.of(row.pull_id) if row and core else (0, 0, 0)
            reports.append(
                PullReport(
                    name,
                    stream,
                    row.status if row else "failed",
                    row.rows_read if row else 0,
                    row.rows_stored if row else 0,
                    row.rows_unchanged if row else 0,
                    row.rows_repeated if row else 0,
                    row.rows_gone if row else 0,
                    aside,
                    issues,
                    error,
                    tuple(row.notes) if row else (),
                    sum(row.values_dropped.values()) if row else 0,
                    marked,
                )
            )
    return reports
