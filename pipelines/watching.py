"""What Dagster watches between syncs: new files, new exchange batches, platforms gone silent."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from connectors import open_connector
from connectors.file_places import FilePlace
from hub.errors import HubError
from hub.platform import Platform
from hub.platform_connections import FilesConnection
from hub.settings import Home
from ledger import open_ledger
from pipelines.pull import cursor_at
from pipelines.session import Session

AssetJob = UnresolvedAssetJobDefinition  # what define_asset_job gives; Dagster does not export it
WATCHED = ("files", "exchange")
Jobs = Mapping[str, AssetJob]


def freshness_checks(platforms: Mapping[str, Platform]) -> Sequence[dg.AssetChecksDefinition]:
    """Make a check a stream: was it pulled within `fresh_within`, did rows come in `arrival`?"""
    return [_freshness(one, stream) for one in platforms.values() for stream in one.streams]


def freshness_keys(platforms: Mapping[str, Platform]) -> list[dg.AssetCheckKey]:
    """Name those checks."""
    return [
        dg.AssetCheckKey(dg.AssetKey(["raw", name, stream]), "fresh")
        for name, one in platforms.items()
        for stream in one.streams
    ]


def _freshness(platform: Platform, stream: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(
        asset=dg.AssetKey(["raw", platform.platform, stream]),
        name="fresh",
        required_resource_keys={"session"},
    )
    def fresh(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        """Compare the last good pull with what the platform promises."""
        run: Session = context.resources.session
        pulled = _age(run.ledger.last_success().get(platform.platform))
        batches = run.ledger.batches(platform.platform, stream)
        arrived = _age(batches[-1].committed_at if batches else None)
        arrival = platform.streams[stream].arrival
        return dg.AssetCheckResult(
            passed=0 <= pulled <= platform.fresh_within
            and (arrival is None or 0 <= arrived <= arrival),
            metadata={"pulled_seconds_ago": pulled, "arrived_seconds_ago": arrived},
        )

    return fresh


def _age(moment: datetime | None) -> float:
    """Seconds since then; -1 for never."""
    return -1.0 if moment is None else (datetime.now(UTC) - moment).total_seconds()


def sensors(
    home: Home, platforms: Mapping[str, Platform], jobs: Jobs
) -> Sequence[dg.SensorDefinition]:
    """Make a sensor for each platform whose files or exchange batches arrive unannounced."""
    return [
        _sensor(home, one, jobs[name])
        for name, one in platforms.items()
        if one.connection.kind in WATCHED
    ]


def _sensor(home: Home, platform: Platform, job: AssetJob) -> dg.SensorDefinition:
    @dg.sensor(
        name=f"arrivals__{platform.platform}",
        job=job,
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def arrivals(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        """Ask for a run when there is something new."""
        mark = arrival_mark(home, platform)
        if mark is None or mark == context.cursor:
            return dg.SkipReason("nothing new")
        return dg.SensorResult(run_requests=[dg.RunRequest(run_key=mark)], cursor=mark)

    return arrivals


def arrival_mark(home: Home, platform: Platform) -> str | None:
    """Return a text that changes when something new has arrived; None when nothing has."""
    if isinstance(platform.connection, FilesConnection):
        return _files_mark(home, platform)
    return _batches_mark(home, platform)


def _files_mark(home: Home, platform: Platform) -> str | None:
    place = FilePlace(platform, home.root)
    seen: list[str] = []
    for one in platform.streams.values():
        with suppress(HubError, OSError):  # the scheduled run will say what is wrong
            names = place.names(one.files or "*")
            seen += [f"{name}|{place.folder.stamp(name)}" for name in names]
    place.close()
    return hashlib.sha256("\n".join(seen).encode()).hexdigest() if seen else None


def _batches_mark(home: Home, platform: Platform) -> str | None:
    """Look one row ahead of each stream's cursor, without taking anything."""
    ledger = open_ledger(Path(home.data / "ledger.sqlite"))
    connector = open_connector(platform, home.root)
    try:
        waiting = []
        for stream in platform.streams:
            cursor = ledger.cursor(platform.platform, stream)
            at = cursor_at(home, cursor)
            first = next(iter(connector.pull(stream, at, resume=False, chunk_rows=1)), None)
            if first is not None and first.rows.num_rows:
                waiting.append(f"{stream}:{first.cursor}")
        return hashlib.sha256("\n".join(waiting).encode()).hexdigest() if waiting else None
    except HubError:
        return None  # the scheduled run will say what is wrong
    finally:
        connector.close()
        ledger.close()
