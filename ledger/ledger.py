"""Open the ledger, and the few sentences it is spoken to in."""

import sqlite3
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

import ledger.door_tables  # noqa: F401 (Alembic compares with every table)
from ledger.tables import BatchRow, PullRow, RunRow, StreamRow

HEAD = "0008"
"""The newest migration; a test holds it equal to Alembic's own head."""

PAGES = 8000
"""Of 4 KB, kept in the log before they are moved to their places: the audit's indexes change the
same pages again and again, and each move holds up a commit."""

WAIT = 60
"""Seconds that one process waits for another to let the ledger go."""

Cursor = dict[str, Any]


@dataclass
class Pull:
    """A pull under way. The counts are kept here and written with every commit."""

    pull_id: int
    platform: str
    stream: str
    started_at: datetime
    cursor: Cursor | None
    start_cursor: Cursor | None
    resumed: bool
    read: int = 0
    stored: int = 0
    unchanged: int = 0
    repeated: int = 0
    gone: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Batch:
    """One committed raw file; `path` is below the home's data folder."""

    seq: int
    batch_id: str
    platform: str
    stream: str
    pull_id: int
    path: str
    rows: int
    sha256: str
    committed_at: datetime
    pulled_at: datetime


class Ledger:
    """The ledger of one home. Every method is one transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()

    def begin_run(self) -> int:
        """Note that a sync starts; runs that never ended are noted as cut."""
        with Session(self.engine) as session, session.begin():
            session.execute(
                sa.update(RunRow).where(RunRow.status == "running").values(status="cut")
            )
            run = RunRow(started_at=datetime.now(UTC), status="running", summary={})
            session.add(run)
            session.flush()
            return run.run_id

    def end_run(self, run_id: int, status: str, summary: Mapping[str, Any]) -> None:
        """Note how a sync ended."""
        with Session(self.engine) as session, session.begin():
            run = session.get_one(RunRow, run_id)
            run.status, run.summary = status, dict(summary)
            run.finished_at = datetime.now(UTC)

    def last_run(self) -> RunRow | None:
        """The newest sync, running or ended."""
        with Session(self.engine, expire_on_commit=False) as session:
            return session.scalars(sa.select(RunRow).order_by(RunRow.run_id.desc())).first()

    def open_pull(self, platform: str, stream: str) -> Pull:
        """Begin a pull, or take up the one that was cut short."""
        with Session(self.engine) as session, session.begin():
            row = session.get(StreamRow, (platform, stream))
            if row is None:
                row = StreamRow(platform=platform, stream=stream, cursor=None)
                session.add(row)
            if row.open_pull is not None:
                cut = session.get_one(PullRow, row.open_pull)
                cut.status, cut.error, cut.finished_at = "open", None, None
                return _as_pull(cut, row.cursor, resumed=True)
            pull = _new_pull(platform, stream, row.cursor)
            session.add(pull)
            session.flush()
            row.open_pull = pull.pull_id
            return _as_pull(pull, row.cursor, resumed=False)

    def open_side_pull(self, platform: str, stream: str, kind: str) -> Pull:
        """Begin a pull beside the stream's own: it is never resumed and moves no cursor."""
        with Session(self.engine) as session, session.begin():
            row = session.get(StreamRow, (platform, stream))
            if row is None:
                row = StreamRow(platform=platform, stream=stream, cursor=None)
                session.add(row)
            session.execute(
                sa.update(PullRow)
                .where(PullRow.platform == platform, PullRow.stream == stream)
                .where(PullRow.status == "open", PullRow.kind != "sync")
                .values(status="cut")
            )
            pull = _new_pull(platform, stream, row.cursor)
            pull.kind = kind
            session.add(pull)
            session.flush()
            return _as_pull(pull, row.cursor, resumed=False)

    def cursor(self, platform: str, stream: str) -> Cursor | None:
        """Where the next pull of a stream goes on."""
        with Session(self.engine) as session:
            row = session.get(StreamRow, (platform, stream))
            return row.cursor if row is not None else None

    def next_batch_id(self, platform: str, stream: str, waiting: int = 0) -> str:
        """The id the next committed batch will have, behind those that wait to be committed.

        A crash before the commit uses it again.
        """
        with Session(self.engine) as session:
            count = session.scalar(
                sa.select(sa.func.count())
                .select_from(BatchRow)
                .where(BatchRow.platform == platform, BatchRow.stream == stream)
            )
        return f"{platform}.{stream}.{(count or 0) + waiting + 1:06d}"

    def commit(
        self,
        pull: Pull,
        batch: Mapping[str, Any] | None,
        cursor: Cursor | None,
        waiting: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """One transaction: the batch (if the chunk had anything new), the counts, the cursor.

        Args:
            pull: Its counts are written as they stand.
            batch: `batch_id, path, rows, sha256` of a file already on disk.
            cursor: Where to go on behind this chunk.
            waiting: Batches of chunks before it, which count only together with it.

        """
        with Session(self.engine) as session, session.begin():
            session.add_all(
                BatchRow(
                    platform=pull.platform,
                    stream=pull.stream,
                    pull_id=pull.pull_id,
                    committed_at=datetime.now(UTC),
                    **one,
                )
                for one in (*waiting, batch)
                if one is not None
            )
            session.get_one(StreamRow, (pull.platform, pull.stream)).cursor = cursor
            _write_counts(session.get_one(PullRow, pull.pull_id), pull)

    def close_pull(
        self,
        pull: Pull,
        status: Literal["complete", "held", "failed"],
        error: str | None = None,
    ) -> None:
        """End a pull. A held one gives the cursor back; a failed one is resumed next time."""
        with Session(self.engine) as session, session.begin():
            row = session.get_one(PullRow, pull.pull_id)
            stream = session.get_one(StreamRow, (pull.platform, pull.stream))
            _write_counts(row, pull)
            row.status, row.error, row.finished_at = status, error, datetime.now(UTC)
            if row.kind != "sync":
                return
            if status == "held":
                stream.cursor = row.start_cursor
            if status != "failed" or pull.read == 0:
                stream.open_pull = None

    def batches(self, platform: str | None = None, stream: str | None = None) -> list[Batch]:
        """Every committed batch, oldest first."""
        query = sa.select(BatchRow, PullRow.started_at).join(
            PullRow, PullRow.pull_id == BatchRow.pull_id
        )
        if platform is not None:
            query = query.where(BatchRow.platform == platform)
        if stream is not None:
            query = query.where(BatchRow.stream == stream)
        with Session(self.engine) as session:
            return [
                Batch(
                    b.seq, b.batch_id, b.platform, b.stream, b.pull_id, b.path,
                    b.rows, b.sha256, b.committed_at, started,
                )
                for b, started in session.execute(query.order_by(BatchRow.seq))
            ]  # fmt: skip

    def pulls_of(self, where: tuple[str, str], kind: str) -> set[int]:
        """The pulls of one kind that a stream had."""
        query = sa.select(PullRow.pull_id).where(
            PullRow.platform == where[0], PullRow.stream == where[1], PullRow.kind == kind
        )
        with Session(self.engine) as session:
            return set(session.scalars(query))

    def replace_batch(self, seq: int, rows: int, sha256: str) -> None:
        """Note that a batch's raw file was written anew, without records that were erased."""
        with Session(self.engine) as session, session.begin():
            row = session.get_one(BatchRow, seq)
            row.rows, row.sha256 = rows, sha256

    def last_pulls(self) -> dict[tuple[str, str], PullRow]:
        """The newest pull of every stream; backfills and corrections are none."""
        newest = (
            sa.select(sa.func.max(PullRow.pull_id))
            .where(PullRow.kind == "sync")
            .group_by(PullRow.platform, PullRow.stream)
        )
        with Session(self.engine, expire_on_commit=False) as session:
            rows = session.scalars(sa.select(PullRow).where(PullRow.pull_id.in_(newest)))
            return {(row.platform, row.stream): row for row in rows}

    def last_success(self) -> dict[str, datetime]:
        """Per platform, when a pull of it last ended well."""
        query = (
            sa.select(PullRow.platform, sa.func.max(PullRow.finished_at))
            .where(PullRow.status == "complete", PullRow.kind == "sync")
            .group_by(PullRow.platform)
        )
        with Session(self.engine) as session:
            return {name: at for name, at in session.execute(query) if at is not None}


_COUNTS = {
    "read": "rows_read",
    "stored": "rows_stored",
    "unchanged": "rows_unchanged",
    "repeated": "rows_repeated",
    "gone": "rows_gone",
}


def _write_counts(row: PullRow, pull: Pull) -> None:
    for ours, column in _COUNTS.items():
        setattr(row, column, getattr(pull, ours))
    row.values_dropped, row.notes = dict(pull.dropped), list(pull.notes)


def _new_pull(platform: str, stream: str, cursor: Cursor | None) -> PullRow:
    return PullRow(
        platform=platform, stream=stream, started_at=datetime.now(UTC), status="open",
        kind="sync", start_cursor=cursor, values_dropped={}, notes=[],
        **dict.fromkeys(_COUNTS.values(), 0),
    )  # fmt: skip


def _as_pull(row: PullRow, cursor: Cursor | None, *, resumed: bool) -> Pull:
    counts = {ours: getattr(row, column) for ours, column in _COUNTS.items()}
    return Pull(
        row.pull_id, row.platform, row.stream, row.started_at, cursor, row.start_cursor,
        resumed=resumed, dropped=dict(row.values_dropped), notes=list(row.notes), **counts,
    )  # fmt: skip


def open_ledger(path: Path) -> Ledger:
    """Open (and make or upgrade) the SQLite ledger at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": WAIT})

    @sa.event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: object) -> None:  # noqa: ANN401 (DBAPI connection)
        _share(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint={PAGES}")

    if _version(engine) != HEAD:
        _upgrade(engine)
        path.chmod(0o600)
    return Ledger(engine)


def _share(connection: Any) -> None:  # noqa: ANN401 (DBAPI connection)
    """Let readers and a writer work at once.

    A change of the journal is the one statement for which SQLite does not wait: of two processes
    that open a new ledger at the same moment one would be told that it is locked.
    """
    until = time.monotonic() + WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _version(engine: sa.Engine) -> str | None:
    with engine.connect() as connection:
        return _version_in(connection)


def _version_in(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: sa.Engine) -> None:
    from alembic import command  # slow to import, and seldom needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.begin() as connection:
        # whole or not at all, and by one process only; the driver would commit each table
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        if _version_in(connection) != HEAD:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
