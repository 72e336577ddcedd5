"""A Dagster instance for one job in this process that nobody will ask about afterwards.

`DagsterInstance.ephemeral()` keeps runs and events in SQLite in memory, which it first marks as
migrated by loading every migration Dagster ever had, and then asks at each step what it wrote at
the one before: more than a second of processor time for each sync. What a sync did stands in our
ledger and in the job's result; so here the run is kept without the mark, and events are not kept.
"""

from collections.abc import Sequence
from uuid import uuid4

import dagster as dg
from dagster._core.instance.types import InstanceType
from dagster._core.launcher.sync_in_memory_run_launcher import SyncInMemoryRunLauncher
from dagster._core.run_coordinator import DefaultRunCoordinator
from sqlalchemy.pool import NullPool

from hub.imports import deferring

with deferring(
    "alembic.command",
    "alembic.config",
    "alembic.runtime.environment",
    "alembic.runtime.migration",
    "alembic.script",
):  # what migrates is not asked to, and takes as long to import as half of Dagster
    from dagster._core.storage.event_log import InMemoryEventLogStorage
    from dagster._core.storage.event_log.base import AssetRecord
    from dagster._core.storage.noop_compute_log_manager import NoOpComputeLogManager
    from dagster._core.storage.root import TemporaryLocalArtifactStorage
    from dagster._core.storage.runs import InMemoryRunStorage
    from dagster._core.storage.runs.schema import RunStorageSqlMetadata
    from dagster._core.storage.sql import create_engine
    from dagster._core.storage.sqlite import create_in_memory_conn_string


class _Runs(InMemoryRunStorage):
    """The run, in memory."""

    def __init__(self) -> None:
        self._engine = create_engine(
            create_in_memory_conn_string(f"runs-{uuid4()}"), poolclass=NullPool
        )
        self._held_conn = self._engine.connect()  # the tables live as long as it does
        with self._held_conn.begin():
            RunStorageSqlMetadata.create_all(self._held_conn)


class _NoEvents(InMemoryEventLogStorage):
    """No event is kept: of what happened before this run nothing was known either."""

    def __init__(self) -> None:
        pass

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Keep nothing."""

    def get_asset_records(self, _keys: Sequence[dg.AssetKey] | None = None) -> list[AssetRecord]:
        """No asset was ever made."""
        return []

    @property
    def asset_records_have_last_observation(self) -> bool:
        """So nobody looks for an observation elsewhere."""
        return True

    def dispose(self) -> None:
        """Nothing is open."""


def passing_instance() -> dg.DagsterInstance:
    """Make one; it is a context manager."""
    return dg.DagsterInstance(
        instance_type=InstanceType.EPHEMERAL,
        local_artifact_storage=TemporaryLocalArtifactStorage(),  # type: ignore[no-untyped-call]  # Dagster's
        run_storage=_Runs(),
        event_storage=_NoEvents(),
        compute_log_manager=NoOpComputeLogManager(),
        run_coordinator=DefaultRunCoordinator(),
        run_launcher=SyncInMemoryRunLauncher(),
    )
