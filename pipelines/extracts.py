"""Standardised extracts as assets behind the snapshot, each with its own job and schedule."""

from collections.abc import Sequence

import dagster as dg

from hub.errors import HubError
from hub.settings import Home
from pipelines.session import Session
from pipelines.watching import AssetJob
from reports.extract_file import Extract, load_extract, load_extracts
from reports.extract_run import run_extract

SNAPSHOT = dg.AssetKey(["snapshot"])
ZONE = "Asia/Shanghai"


def scheduled_extracts(home: Home) -> list[Extract]:
    """The extracts with a schedule; a file that is wrong is told of by `hub extract list`."""
    return [one for one in load_extracts(home) if one.schedule]


def extract_key(one: Extract) -> dg.AssetKey:
    """The key of an extract's asset: its step may not be called as the job is."""
    return dg.AssetKey(["extracts", one.extract])


def extract_assets(extracts: Sequence[Extract]) -> list[dg.AssetsDefinition]:
    """One asset an extract: its folder, made anew at each run."""
    return [_asset(one) for one in extracts]


def _asset(one: Extract) -> dg.AssetsDefinition:
    @dg.asset(
        key=extract_key(one),
        deps=[SNAPSHOT],
        group_name="extracts",
        description=f"{one.title} → {one.recipient.department}",
        required_resource_keys={"session"},
    )
    def extract(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Run the extract; a refusal ends the run with the officer's sentence."""
        run: Session = context.resources.session
        try:
            done = run_extract(run.home, load_extract(run.home, one.extract))
        except HubError as error:
            raise dg.Failure(description=error.zh, allow_retries=False) from error
        return dg.MaterializeResult(
            metadata={
                "dagster/row_count": done.rows, "mode": done.mode, "watermark": done.watermark,
                "folder": str(done.folder),
            }
        )  # fmt: skip

    return extract


def extract_jobs(
    extracts: Sequence[Extract], hook: dg.HookDefinition
) -> tuple[list[AssetJob], list[dg.ScheduleDefinition]]:
    """A job and a schedule for each extract."""
    jobs = [
        dg.define_asset_job(
            f"extract__{one.extract.replace('-', '_')}",
            selection=dg.AssetSelection.assets(extract_key(one)),
            hooks={hook},
            executor_def=dg.in_process_executor,
            description=f"{one.title} → {one.recipient.department}",
        )
        for one in extracts
    ]
    schedules = [
        dg.ScheduleDefinition(
            name=f"schedule__{job.name}",
            job=job,
            cron_schedule=str(one.schedule),
            execution_timezone=ZONE,
            default_status=dg.DefaultScheduleStatus.RUNNING,
        )
        for one, job in zip(extracts, jobs, strict=True)
    ]
    return jobs, schedules
