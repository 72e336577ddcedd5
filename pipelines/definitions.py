"""What Dagster loads: the home's assets, its sync job, schedules, sensors and freshness checks.

The home is HUB_HOME. `dagster dev -m pipelines.definitions` shows it; `hub sync` runs the same job.
"""

from collections.abc import Iterator, Mapping

import dagster as dg

from hub.platform import Platform
from hub.settings import Home, find_home, open_home
from pipelines.alerts import post_alert
from pipelines.assets import BRAIN, brain_assets, stream_assets
from pipelines.extracts import extract_assets, extract_jobs, scheduled_extracts
from pipelines.session import Session, session
from pipelines.watching import AssetJob, freshness_checks, freshness_keys, sensors

SYNC = "sync"


@dg.resource
def new_session(_context: dg.InitResourceContext) -> Iterator[Session]:
    """A session of its own for each run that Dagster starts; a source that is down is retried."""
    with session(retries=3) as run:
        yield run


@dg.failure_hook(required_resource_keys={"session"})
def alert(context: dg.HookContext) -> None:
    """Post what failed to the home's webhook."""
    run: Session = context.resources.session
    text = "；".join(one.zh for one in run.failures) or f"步骤 {context.op.name} 失败"
    post_alert(run.home, f"同步失败：{text}")


def definitions_for(home: Home, platforms: Mapping[str, Platform]) -> dg.Definitions:
    """Everything of a home: each run that Dagster starts has a session of its own."""
    silent = dg.AssetSelection.checks(*freshness_keys(platforms))
    jobs = {name: _platform_job(one, silent) for name, one in platforms.items()}
    watch = dg.define_asset_job(
        "freshness", selection=silent, hooks={alert}, executor_def=dg.in_process_executor
    )
    hourly = dg.ScheduleDefinition(
        name="schedule__freshness",
        job=watch,
        cron_schedule="0 * * * *",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
    extracts = scheduled_extracts(home)
    extract_runs, extract_times = extract_jobs(extracts, alert)
    return dg.Definitions(
        assets=[*_assets(platforms), *extract_assets(extracts)],
        asset_checks=freshness_checks(platforms),
        jobs=[_sync_job(_keys(platforms) - silent), watch, *jobs.values(), *extract_runs],
        schedules=[
            hourly,
            *extract_times,
            *(_schedule(one, jobs[n]) for n, one in platforms.items() if one.schedule),
        ],
        sensors=sensors(home, platforms, jobs),
        resources={"session": new_session},
    )


def sync_definitions(platforms: Mapping[str, Platform], run: Session) -> dg.Definitions:
    """The sync job alone, of some platforms, over a session that is open already."""
    return dg.Definitions(
        assets=_assets(platforms),
        jobs=[_sync_job(_keys(platforms))],
        resources={"session": dg.ResourceDefinition.hardcoded_resource(run)},
    )


def _assets(platforms: Mapping[str, Platform]) -> list[dg.AssetsDefinition]:
    streams = [(one, stream) for one in platforms.values() for stream in one.streams]
    return [
        *(asset for one, stream in streams for asset in stream_assets(one, stream)),
        brain_assets([(one.platform, stream) for one, stream in streams]),
    ]


def _keys(platforms: Mapping[str, Platform]) -> dg.AssetSelection:
    """The raw and core of every stream, and the brain."""
    keys = [
        dg.AssetKey([layer, name, stream])
        for name, one in platforms.items()
        for stream in one.streams
        for layer in ("raw", "core")
    ]
    return dg.AssetSelection.assets(*keys, *BRAIN)


def _sync_job(selection: dg.AssetSelection) -> AssetJob:
    return dg.define_asset_job(
        SYNC,
        selection=selection,
        hooks={alert},
        executor_def=dg.in_process_executor,
        description="One full sync of every platform.",
    )


def _platform_job(platform: Platform, silent: dg.AssetSelection) -> AssetJob:
    name = platform.platform
    return dg.define_asset_job(
        f"sync__{name}",
        selection=_keys({name: platform}) - silent,
        hooks={alert},
        executor_def=dg.in_process_executor,
        description=f"Sync of {platform.title} alone.",
    )


def _schedule(platform: Platform, job: AssetJob) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"schedule__sync__{platform.platform}",
        job=job,
        cron_schedule=str(platform.schedule),
        execution_timezone=platform.timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The home that HUB_HOME names."""
    home = open_home(find_home())
    platforms, _wrong = home.read_platforms()
    return definitions_for(home, platforms)
