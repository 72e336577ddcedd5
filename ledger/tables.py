"""The ledger's tables. Every time is UTC."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Index, Integer, String, Text, TypeDecorator
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime in every database (SQLite keeps no zone)."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Store without zone, in UTC."""
        return value.astimezone(UTC).replace(tzinfo=None) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 (SQLAlchemy's signature)
        """Read back as UTC."""
        return value.replace(tzinfo=UTC) if value else None


class Base(DeclarativeBase):
    """All tables of the ledger."""


class RunRow(Base):
    """One sync, from its start to its end."""

    __tablename__ = "run"
    run_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(20))  # running, ok, partial, failed
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)


class StreamRow(Base):
    """Where the next pull of a stream goes on."""

    __tablename__ = "stream"
    platform: Mapped[str] = mapped_column(String(64), primary_key=True)
    stream: Mapped[str] = mapped_column(String(64), primary_key=True)
    cursor: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    open_pull: Mapped[int | None] = mapped_column(Integer)  # cut short: resume it


class PullRow(Base):
    """One pull of one stream, with its accounting: read = stored + unchanged + repeated."""

    __tablename__ = "pull"
    pull_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    platform: Mapped[str] = mapped_column(String(64))
    stream: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status: Mapped[str] = mapped_column(String(20))  # open, complete, held, failed
    start_cursor: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    rows_read: Mapped[int] = mapped_column(Integer)
    rows_stored: Mapped[int] = mapped_column(Integer)
    rows_unchanged: Mapped[int] = mapped_column(Integer)
    rows_repeated: Mapped[int] = mapped_column(Integer)
    rows_gone: Mapped[int] = mapped_column(Integer)
    values_dropped: Mapped[dict[str, int]] = mapped_column(JSON)
    notes: Mapped[list[str]] = mapped_column(JSON)
    error: Mapped[str | None] = mapped_column(Text)  # for the officer, in Chinese
    kind: Mapped[str] = mapped_column(String(20), server_default="sync")
    """sync; backfill (a window again) and correction (rows given back) move no cursor."""
    __table_args__ = (Index("pull_by_stream", "platform", "stream", "pull_id"),)


class BatchRow(Base):
    """One immutable raw file. `seq` orders all batches of the home."""

    __tablename__ = "batch"
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    batch_id: Mapped[str] = mapped_column(String(160), unique=True)
    platform: Mapped[str] = mapped_column(String(64))
    stream: Mapped[str] = mapped_column(String(64))
    pull_id: Mapped[int] = mapped_column(Integer)
    path: Mapped[str] = mapped_column(String(400))  # below data/
    rows: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    committed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    __table_args__ = (Index("batch_by_stream", "platform", "stream", "seq"),)


class ShapeRow(Base):
    """The columns that a stream's source had when it was last read: [name, kind of type]."""

    __tablename__ = "shape"
    platform: Mapped[str] = mapped_column(String(64), primary_key=True)
    stream: Mapped[str] = mapped_column(String(64), primary_key=True)
    columns: Mapped[list[list[str]]] = mapped_column(JSON)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ChangeRow(Base):
    """Something at a source that was not so last time, in the officer's words."""

    __tablename__ = "change"
    change_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    platform: Mapped[str] = mapped_column(String(64))
    stream: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(20))  # columns, codes
    status: Mapped[str] = mapped_column(String(20))  # told, stopped, broken, accepted
    found_at: Mapped[datetime] = mapped_column(UtcDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    sentences: Mapped[list[str]] = mapped_column(JSON)  # no value of any row
    columns: Mapped[list[list[str]] | None] = mapped_column(JSON(none_as_null=True))
    __table_args__ = (Index("change_by_stream", "platform", "stream", "change_id"),)


class DecisionRow(Base):
    """A steward's decision about two records; it binds until it is undone."""

    __tablename__ = "decision"
    decision_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    left_record: Mapped[str] = mapped_column(Text)  # sealed: platform, stream, key
    right_record: Mapped[str] = mapped_column(Text)
    left_resident: Mapped[str] = mapped_column(String(32))
    right_resident: Mapped[str] = mapped_column(String(32))
    verdict: Mapped[str] = mapped_column(String(20))  # same, different, later
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by: Mapped[str] = mapped_column(String(64))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
