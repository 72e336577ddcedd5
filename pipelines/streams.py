"""The two steps of a stream, pull and standardise: begun ahead in lanes, or done in their turn."""

from collections.abc import Callable, Sequence

from hub.errors import BusyError
from hub.platform import Platform
from pipelines.pull import pull_stream
from pipelines.session import Session
from pipelines.standardise import standardise_stream


def begin(run: Session, platforms: Sequence[Platform]) -> None:
    """Begin all streams of all platforms; a platform's own one after the other."""
    run.lanes.begin(
        [
            (f"{step} {one.platform}.{stream}", job(run, one, stream))
            for stream in one.streams
            for step, job in (("pull", _pulling), ("standardise", _standardising))
        ]
        for one in platforms
    )


def pull(run: Session, platform: Platform, stream: str) -> None:
    """Pull one stream into raw.

    Raises:
        HubError: whatever the pull raised.
    """
    run.lanes.take(f"pull {platform.platform}.{stream}", _pulling(run, platform, stream))


def standardise(run: Session, platform: Platform, stream: str) -> None:
    """Bring one stream's batches into core.

    Raises:
        ConfigError: its mapping is wrong.
    """
    name = f"standardise {platform.platform}.{stream}"
    run.lanes.take(name, _standardising(run, platform, stream))


def _pulling(run: Session, platform: Platform, stream: str) -> Callable[[], None]:
    def job() -> None:
        place = f"{platform.platform}.{stream}"
        accept = platform.platform in run.accept_drop
        run.pulls[place] = pull_stream(
            run.home, run.ledger, platform, stream, _tick(run), accept_drop=accept
        )
        if run.pulls[place].stored:
            run.gates.start()

    return job


def _standardising(run: Session, platform: Platform, stream: str) -> Callable[[], None]:
    def job() -> None:
        run.cores[f"{platform.platform}.{stream}"] = standardise_stream(
            run.home, run.ledger, platform, stream, _tick(run)
        )

    return job


def _tick(run: Session) -> Callable[[str, int], None]:
    """Tell how far it is; when the run is being stopped, stop here, after a whole chunk."""

    def tick(place: str, rows: int) -> None:
        if run.lanes.stopped.is_set():
            raise BusyError(
                f"{place}: the run was stopped",
                zh="同步被中断，没有做完：已取到的数据保留，请再运行一次 hub sync。",
            )
        run.tick(place, rows)

    return tick
