"""The assets of a home: raw and core of every stream, then identity, entities, snapshot.

A stream that fails is noted, shown as a failed check, and does not keep the others from being
published; the run itself fails at its end, so that someone is told.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from hub.errors import BusyError, HubError, SourceDownError
from hub.platform import Platform
from pipelines.brain import Publication, update_brain
from pipelines.session import Session
from pipelines.streams import pull, standardise
from warehouse.gates import GateReport

POOL = "brain"
BRAIN = ("identity", "entities", "labels", "snapshot")
Results = Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]


def stream_assets(platform: Platform, stream: str) -> list[dg.AssetsDefinition]:
    """Make the raw and the core asset of one stream."""
    name, title = platform.platform, f"{platform.title} · {stream}"
    raw_key = dg.AssetKey(["raw", name, stream])
    place = f"{name}.{stream}"

    @dg.multi_asset(
        name=f"raw__{name}__{stream}",
        specs=[dg.AssetSpec(raw_key, group_name=name, description=f"Raw batches of {title}.")],
        check_specs=[dg.AssetCheckSpec("pulled", asset=raw_key)],
        required_resource_keys={"session"},
        pool=f"pull_{name}",
    )
    def raw(context: dg.AssetExecutionContext) -> Results:
        """Pull what is new, chunk by chunk."""
        run: Session = context.resources.session
        passed = _pull(context, run, platform, stream)
        took = run.pulls.get(place)
        counts = {} if took is None else {
            "dagster/row_count": took.stored, "read": took.read, "unchanged": took.unchanged,
            "repeated": took.repeated, "gone": took.gone,
        }  # fmt: skip
        yield dg.MaterializeResult(asset_key=raw_key, metadata=counts)
        yield dg.AssetCheckResult(passed=passed, asset_key=raw_key, check_name="pulled")

    core_key = dg.AssetKey(["core", name, stream])

    @dg.multi_asset(
        name=f"core__{name}__{stream}",
        specs=[
            dg.AssetSpec(
                core_key, deps=[raw_key], group_name=name, description=f"Core batches of {title}."
            )
        ],
        check_specs=[dg.AssetCheckSpec("contract", asset=core_key)],
        required_resource_keys={"session"},
    )
    def core(context: dg.AssetExecutionContext) -> Results:
        """Standardise the batches that are not yet in core."""
        run: Session = context.resources.session
        passed = _standardise(run, platform, stream)
        counts = run.cores.get(place)
        rows = counts.rows if counts else 0
        metadata = {} if counts is None else {
            "dagster/row_count": counts.accepted, "rows": rows, "set_aside": counts.set_aside,
            "with_issues": counts.with_issues,
            "issue_rate": round(counts.with_issues / rows, 4) if rows else 0.0,
        }  # fmt: skip
        broken = dict(counts.broken) if counts else {}
        yield dg.MaterializeResult(asset_key=core_key, metadata=metadata)
        yield dg.AssetCheckResult(
            passed=passed and not broken,
            asset_key=core_key,
            check_name="contract",
            severity=dg.AssetCheckSeverity.WARN if passed else dg.AssetCheckSeverity.ERROR,
            metadata={"rules_broken": broken},
        )

    return [raw, core]


def _pull(context: dg.AssetExecutionContext, run: Session, platform: Platform, stream: str) -> bool:
    place = f"{platform.platform}.{stream}"
    run.asked.add(place)
    try:
        with run.timed("pull"):
            pull(run, platform, stream)
    except (SourceDownError, BusyError) as error:
        _retry_later(context, run, error)
        run.fail(place, error)
    except Exception as error:  # the stream ends here; the others go on
        run.fail(place, error)
    else:
        return True
    return False


def _retry_later(context: dg.AssetExecutionContext, run: Session, error: HubError) -> None:
    """Ask Dagster to try the step again after a while, as long as the run allows it."""
    if context.op_execution_context.retry_number < run.retries:
        raise dg.RetryRequested(run.retries, run.retry_wait) from error


def _standardise(run: Session, platform: Platform, stream: str) -> bool:
    place = f"{platform.platform}.{stream}"
    try:
        with run.timed("standardise"):
            standardise(run, platform, stream)
    except Exception as error:  # the stream ends here; the others go on
        run.fail(place, error)
        return False
    return True


def brain_assets(streams: Sequence[tuple[str, str]]) -> dg.AssetsDefinition:
    """Make identity, entities and snapshot: one step, since one process writes the brain."""
    cores = [dg.AssetKey(["core", platform, stream]) for platform, stream in streams]

    @dg.multi_asset(
        name="brain",
        specs=[
            dg.AssetSpec("identity", deps=cores, group_name="brain", description="Who is who."),
            dg.AssetSpec(
                "entities",
                deps=["identity"],
                group_name="brain",
                description="Golden residents, households, dwellings, grids.",
            ),
            dg.AssetSpec(
                "labels",
                deps=["entities"],
                group_name="brain",
                description="Labels that follow from data, by the rules of labels.yaml.",
            ),
            dg.AssetSpec(
                "snapshot",
                deps=["labels"],
                group_name="brain",
                description="The published, read-only brain.",
            ),
        ],
        check_specs=[dg.AssetCheckSpec("gates", asset="snapshot")],
        required_resource_keys={"session"},
        pool=POOL,
    )
    def brain(context: dg.AssetExecutionContext) -> Results:
        """Apply what is new, resolve, judge, publish; then say whether anything failed."""
        run: Session = context.resources.session
        yield from _update(context, run)
        if run.failures:
            raise dg.Failure("；".join(one.zh for one in run.failures), allow_retries=False)

    return brain


def _update(context: dg.AssetExecutionContext, run: Session) -> Results:
    passed = True
    try:
        run.tick("brain", 0)
        run.publication = update_brain(
            run.home, run.ledger, run.platforms, run.gates, run.accept_drop
        )
        run.steps.update(run.publication.steps)
    except BusyError as error:
        _retry_later(context, run, error)
        run.fail("brain", error)
        passed = False
    except Exception as error:  # the run ends here
        run.fail("brain", error)
        passed = False
    done = run.publication or Publication()
    for asset in BRAIN:
        facts: dict[str, int] = dict(done.facts.get(asset, {}))
        if done.number is not None and asset == "snapshot":
            facts = {"number": done.number, "batches": done.batches}
        yield dg.MaterializeResult(asset_key=asset, metadata=facts)
    yield dg.AssetCheckResult(
        passed=passed,
        asset_key="snapshot",
        check_name="gates",
        metadata=_gate_facts(done.gates),
    )


def _gate_facts(report: GateReport | None) -> dict[str, int]:
    """Rows checked and failed, a suite."""
    facts: dict[str, int] = {}
    for one in report.results if report else []:
        for name, rows in (("checked", one.rows_checked), ("failed", one.rows_failed)):
            facts[f"{one.suite}_rows_{name}"] = facts.get(f"{one.suite}_rows_{name}", 0) + rows
    return facts
