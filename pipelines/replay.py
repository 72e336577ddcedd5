"""Everything in raw standardised again where the mapping is another, and published; no pull."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.errors import ConfigError, HubError
from hub.settings import Home
from pipelines.brain import update_brain
from pipelines.pull import Tick
from pipelines.session import Session, session
from pipelines.standardise import not_read_yet, standardise_stream
from warehouse.answers import quarantine_counts
from warehouse.lock import locked
from warehouse.snapshots import current_number, reading


@dataclass
class ReplayReport:
    """One replay: rows set aside before and after, by (platform, stream)."""

    rows: int = 0
    published: int | None = None
    before: dict[tuple[str, str], int] = field(default_factory=dict)
    after: dict[tuple[str, str], int] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)


def replay(home: Home, platforms: Sequence[str], tick: Tick) -> ReplayReport:
    """Standardise what core lacks under the mappings now in use, and publish.

    Raises:
        BusyError: a sync is under way.
        GateError: what came of it failed the gates; the last snapshot stays.
    """
    report = ReplayReport(before=_set_aside(home))
    with locked(home, "sync"), session(home, tick=tick) as run:
        for name in platforms:
            for stream in run.platforms[name].streams:
                _standardise(run, report, name, stream)
        run.publication = update_brain(home, run.ledger, run.platforms, run.gates)
        report.published = run.publication.number
    report.after = _set_aside(home)
    report.failures = [one.zh for one in run.failures]
    return report


def _standardise(run: Session, report: ReplayReport, name: str, stream: str) -> None:
    place = f"{name}.{stream}"
    missing = "、".join(not_read_yet(run.ledger, run.platforms[name], stream))
    if missing:
        zh = f"{place}：映射现在要读的列（{missing}）还没有取过，仍照原来的：请先运行 hub sync "
        run.fail(place, ConfigError(f"{place}: columns never pulled", zh=f"{zh}{name}。"))
        return
    try:
        counts = standardise_stream(run.home, run.ledger, run.platforms[name], stream, run.tick)
    except HubError as error:  # the stream ends here; the others go on
        run.fail(place, error)
        return
    run.cores[place] = counts
    report.rows += counts.rows


def _set_aside(home: Home) -> dict[tuple[str, str], int]:
    if current_number(home) is None:
        return {}
    with reading(home, older=True) as connection:
        counted: dict[tuple[str, str], int] = {}
        for row in quarantine_counts(connection):
            where = (row["platform"], row["stream"])
            counted[where] = counted.get(where, 0) + row["rows"]
    return counted
