"""Standardise the raw batches of a stream that core lacks under the mapping now in use."""

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from hub.platform import Platform
from hub.settings import Home
from ledger import Batch, Ledger
from ledger.changes import add_notes
from pipelines.mappings import mapping_of
from pipelines.pull import Tick
from pipelines.unknown_codes import CodeWatch
from schemas.contract import check
from schemas.mapping import Mapping
from warehouse.brain import Standardised
from warehouse.core import CoreFiles, core_files, read_raw, write_core
from warehouse.duck import memory
from warehouse.raw import GONE

Waiting = tuple[Batch, CoreFiles]
BESIDE = 2  # batches of one stream that are standardised side by side
ASIDE = {"duplicate": "duplicate_key", "nokey": "no_record_key", "withdrawn": "withdrawn"}


@dataclass
class CoreCounts:
    """What became of the rows that were standardised now."""

    rows: int = 0
    accepted: int = 0
    set_aside: int = 0
    with_issues: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    """Contract rules that rows broke, with how many did."""
    marked: int = 0
    """Rows that the platform itself has marked as deleted."""
    pulls: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Set aside, with issues and marked, by the pull that brought the rows."""

    def add(self, made: "Made", pull_id: int) -> None:
        """Count one batch in."""
        aside = made.aside.filter(pl.col("reason") != "withdrawn").height
        issues = made.core.filter(pl.col("issues").list.len() > 0).height
        marked = made.core.filter(pl.col("op") == "delete", pl.col("row_hash") != GONE).height
        before = self.pulls.get(pull_id, (0, 0, 0))
        self.pulls[pull_id] = (before[0] + aside, before[1] + issues, before[2] + marked)
        self.rows += made.rows
        self.accepted += made.core.height
        self.set_aside += aside
        self.with_issues += issues
        self.marked += marked
        self.broken.update(made.broken["reason"].to_list())

    def of(self, pull_id: int) -> tuple[int, int, int]:
        """Set aside, with issues, marked: of one pull where it stored rows, else of all of them.

        Under a new mapping the older rows are standardised again beside those that replace them.
        """
        return self.pulls.get(pull_id, (self.set_aside, self.with_issues, self.marked))


def standardise_stream(
    home: Home, ledger: Ledger, platform: Platform, stream_name: str, tick: Tick
) -> CoreCounts:
    """Bring every batch of the stream into core that is not there under the mapping now in use.

    A mapping that reads columns which no whole pull has brought waits for one: until then the
    records stay as they are, for what it no longer reads would be blank in all of them.

    Args:
        home: The hub home.
        ledger: Its ledger.
        platform: The platform's settings.
        stream_name: Which of its streams.
        tick: Progress, in rows.
    """
    mapping, counts = mapping_of(home, platform, stream_name), CoreCounts()
    if not_read_yet(ledger, platform, stream_name):
        return counts
    waiting = [
        (batch, core_files(home, batch.path, mapping.version))
        for batch in ledger.batches(platform.platform, stream_name)
    ]
    waiting = [(batch, files) for batch, files in waiting if not files.exist()]
    missing: dict[str, None] = {}
    if waiting:
        watch = CodeWatch(home, ledger, platform, stream_name)
        with memory(home, threads=1) as connection, ThreadPoolExecutor(BESIDE) as pool:
            make = partial(_make, home, connection, mapping, ZoneInfo(platform.timezone))
            stores = []
            for (batch, files), made in zip(waiting, _ahead(pool, make, waiting), strict=True):
                watch.judge(batch, files, made.core, made.refused)
                stores.append(pool.submit(_store, home, connection, files, made))
                counts.add(made, batch.pull_id)
                missing |= dict.fromkeys(made.missing)
                tick(f"{platform.platform}.{stream_name}", counts.rows)
            for store in stores:
                store.result()
        watch.tell()
    increment = platform.streams[stream_name].increment
    if missing and not (increment.snapshot or increment.watermark):  # what is read once only
        zh = (
            f"以前取的数据里没有列 {'、'.join(missing)}：只在那里、来源不再给出的记录，"
            "由它填的字段是空的。要补齐，请平台方把这些记录再给一次。"
        )
        add_notes(ledger, (platform.platform, stream_name), [zh])
    return counts


def not_read_yet(ledger: Ledger, platform: Platform, stream_name: str) -> list[str]:
    """Columns that the mapping reads and the last whole pull did not."""
    last = ledger.last_pulls().get((platform.platform, stream_name))
    if last is None:
        return []
    whole = last.status in ("complete", "held")
    read = ledger.cursor(platform.platform, stream_name) if whole else last.start_cursor
    if read is None:
        return []
    return [one for one in platform.streams[stream_name].columns if one not in read["columns"]]


def _ahead(
    pool: ThreadPoolExecutor, make: Callable[[Waiting], "Made"], waiting: Iterable[Waiting]
) -> Iterator["Made"]:
    """What `make` gives for each in its order, a few being made ahead, side by side."""
    begun: deque[Future[Made]] = deque()
    for one in waiting:
        begun.append(pool.submit(make, one))
        if len(begun) > BESIDE:
            yield begun.popleft().result()
    while begun:
        yield begun.popleft().result()


def ready_batches(
    home: Home, ledger: Ledger, platform: Platform, stream_name: str, applied: dict[str, str]
) -> list[Standardised]:
    """List the batches of a stream that are in core but not in the brain, oldest first.

    Args:
        home: The hub home.
        ledger: Its ledger.
        platform: The platform's settings.
        stream_name: Which of its streams.
        applied: Batch id → mapping version, of the batches that are in the brain.
    """
    mapping = mapping_of(home, platform, stream_name)
    return [
        Standardised(
            batch.batch_id, batch.seq, batch.platform, batch.stream, mapping.entity,
            mapping.version, batch.pulled_at, files,
            platform.streams[stream_name].increment.snapshot,
        )
        for batch in ledger.batches(platform.platform, stream_name)
        if applied.get(batch.batch_id) != mapping.version
        and (files := core_files(home, batch.path, mapping.version)).exist()
    ]  # fmt: skip


@dataclass(frozen=True)
class Made:
    """One batch, standardised and not yet stored."""

    rows: int
    core: pl.DataFrame
    aside: pl.DataFrame
    """All rows set aside: by the pull, the mapping or the contract."""
    refused: pl.DataFrame
    """Those by the mapping."""
    broken: pl.DataFrame
    """Those by the contract."""
    missing: list[str] = field(default_factory=list)
    """Columns that the mapping reads and the batch's records do not have."""


def _make(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    mapping: Mapping,
    timezone: ZoneInfo,
    one: Waiting,
) -> Made:
    batch = one[0]
    raw = read_raw(home, connection.cursor(), batch.path)
    # a file of deletes has no cells, and an older one not the columns that were mapped since
    unknown = [c for c in mapping.columns if c not in raw.columns]
    raw = raw.with_columns(pl.lit(None, pl.String).alias(c) for c in unknown)
    accepted = raw.filter(pl.col("_op").is_in(["upsert", "delete"]))
    made = mapping.apply(accepted, as_of=batch.pulled_at.astimezone(timezone).date())
    core, broken = check(mapping.entity, made.core)
    aside = pl.concat(
        [_set_aside(raw), *(_with_hash(frame, raw) for frame in (made.quarantine, broken))]
    )
    missing = unknown if len(unknown) < len(mapping.columns) else []  # of deletes all are missing
    return Made(raw.height, core, aside, made.quarantine, broken, missing)


def _store(home: Home, connection: duckdb.DuckDBPyConnection, files: CoreFiles, made: Made) -> None:
    write_core(home, connection.cursor(), files, made.core, made.aside)


def _with_hash(aside: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
    hashes = raw.select(row_no="_row", row_hash="_hash")
    return aside.join(hashes, on="row_no", how="left").select(
        "record_key", "row_hash", "row_no", "field", "raw", "reason"
    )


def _set_aside(raw: pl.DataFrame) -> pl.DataFrame:
    """Rows that the pull itself set aside, with the whole row as `raw`."""
    rows = raw.filter(pl.col("_op").is_in(list(ASIDE)))
    cells = [c for c in raw.columns if not c.startswith("_")]
    texts = [json.dumps(row, ensure_ascii=False) for row in _rows(rows.select(cells))]
    return rows.select(
        record_key="_key",
        row_hash="_hash",
        row_no="_row",
        field=pl.lit(None, pl.String),
        raw=pl.Series(texts, dtype=pl.String),
        reason=pl.col("_op").replace_strict(ASIDE, return_dtype=pl.String),
    )


def _rows(frame: pl.DataFrame) -> Iterator[dict[str, str | None]]:
    for row in frame.iter_rows(named=True):
        yield {name: value for name, value in row.items() if value is not None}
