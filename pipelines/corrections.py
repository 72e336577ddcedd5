"""Cells that an owner corrected, brought in as a raw batch of the same stream.

A corrected row keeps its record key and the hash of what the platform said: the next pull compares
as unchanged, so the correction stands until the platform itself says something else. `_origin`
says from which file and row it came.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from hub.platform import Platform
from hub.settings import Home
from ledger import Ledger
from pipelines.mappings import mapping_of
from pipelines.raw_files import commit_rows
from schemas.codes import inputs_of, spelling
from schemas.contract import check
from schemas.mapping import Mapping
from schemas.readings import Source
from schemas.reasons import in_chinese
from warehouse.duck import memory
from warehouse.latest import Cells, RawRow, latest_rows, overtaken
from warehouse.lock import locked

TAKEN, SAME = "taken", "same"


@dataclass(frozen=True)
class Correction:
    """One cell given back: where it stands in the file, which row of raw it is of, and its text."""

    place: str  # 隔离的记录!12
    row_hash: str
    field: str
    value: str


@dataclass(frozen=True)
class Outcome:
    """What became of one correction; `zh` says why it was not taken."""

    place: str
    what: str  # taken, same, refused
    zh: str = ""


@dataclass
class _Row:
    raw: RawRow
    cells: Cells
    ones: list[Correction]


def take_corrections(
    home: Home,
    ledger: Ledger,
    where: tuple[Platform, str],
    given: Sequence[Correction],
    file_name: str,
) -> list[Outcome]:
    """Bring the corrections of one stream in; one outcome for each.

    Those that are understood are stored in one batch; the others are refused one by one.

    Raises:
        BusyError: the stream is being pulled.
        ConfigError: its mapping is wrong.
    """
    platform, stream = where
    mapping = mapping_of(home, platform, stream)
    with locked(home, f"pull.{platform.platform}.{stream}"), memory(home) as connection:
        stored = [home.data / b.path for b in ledger.batches(platform.platform, stream)]
        rows = latest_rows(home, connection, stored, sorted({one.row_hash for one in given}))
        done: list[Outcome] = []
        changed: dict[str, _Row] = {}
        for one in given:
            refusal = _apply(mapping, rows, changed, one)
            if refusal is not None:
                done.append(refusal)
        good, refused = _judged(mapping, platform, list(changed.values()))
        done += refused
        if good:
            corrected = [(row.raw, row.cells) for row in good]
            origins = [f"更正 {file_name}#{row.ones[0].place}" for row in good]
            table = _table(platform, stream, corrected, origins)
            pull = ledger.open_side_pull(platform.platform, stream, "correction")
            pull.notes.append(f"更正：{file_name}，{sum(len(one.ones) for one in good)} 处")
            commit_rows(home, ledger, connection, pull, table)
        done += [Outcome(one.place, TAKEN) for row in good for one in row.ones]
    return done


def keep_corrections(home: Home, ledger: Ledger, platform: Platform, stream: str) -> int:
    """After other columns were read: correct again what the platform says as it did; how many.

    To be called by who holds the stream's lock, once all rows were read.
    """
    ours = ledger.pulls_of((platform.platform, stream), "correction")
    batches = ledger.batches(platform.platform, stream)
    corrected = [home.data / one.path for one in batches if one.pull_id in ours]
    if not corrected:
        return 0
    rows: list[tuple[RawRow, Cells]] = []
    with memory(home) as connection:
        stored = [home.data / one.path for one in batches]
        for now, own, given in overtaken(home, connection, stored, corrected):
            said = now.cells
            same = all(said[name] == text for name, text in own.items() if name in said)
            other = {n: text for n, text in given.items() if n in said and text != own.get(n)}
            if same and other:
                rows.append((now, said | other))
        if rows:
            table = _table(platform, stream, rows, ["更正（取数的列改了，照旧采用）"] * len(rows))
            pull = ledger.open_side_pull(platform.platform, stream, "correction")
            commit_rows(home, ledger, connection, pull, table)
    return len(rows)


def _apply(
    mapping: Mapping, rows: dict[str, RawRow | None], changed: dict[str, _Row], one: Correction
) -> Outcome | None:
    """Put one correction into its row; an outcome if it changes nothing or cannot be taken."""
    if one.row_hash not in rows:
        return _refused(one, "找不到这一行：定位码被改动过，或不是本数据大脑导出的。")
    raw = rows[one.row_hash]
    if raw is None:
        return _refused(one, "导出之后平台改过或删除了这一行，没有采用；请重新导出核对。")
    sources = mapping.sources.get(one.field, ())
    columns = sources[0].map.source or () if len(sources) == 1 else ()
    if len(columns) != 1 or sources[0].facts.reads == "labels":
        return _refused(one, "这一项不是由单独一列填的，不能在这里更正，请在平台更正。")
    row = changed.get(one.row_hash) or _Row(raw, dict(raw.cells), [])
    text = _as_the_platform_writes(sources[0], one.value)
    if row.cells.get(columns[0]) == text:
        return Outcome(one.place, SAME)
    row.cells[columns[0]] = text
    row.ones.append(one)
    changed[one.row_hash] = row
    return None


def _as_the_platform_writes(source: Source, text: str) -> str:
    """A code by the standard's word or number, where the platform has a writing of its own."""
    codes, code_set = source.codes, source.facts.code_set
    if codes is None or code_set is None or spelling(text) in codes:
        return text
    meant = inputs_of(code_set).get(spelling(text))
    return next((word for word, code in codes.items() if code == meant), text)


def _judged(
    mapping: Mapping, platform: Platform, rows: list[_Row]
) -> tuple[list[_Row], list[Outcome]]:
    """Rows that the standard now understands, and the refusals of the others."""
    if not rows:
        return [], []
    frame = pl.DataFrame(
        [{c: row.cells.get(c) for c in mapping.columns} for row in rows],
        schema=dict.fromkeys(mapping.columns, pl.String),
    ).with_columns(
        _key=pl.Series([row.raw.key for row in rows]),
        _hash=pl.Series([row.raw.row_hash for row in rows]),
        _op=pl.lit("upsert"),
        _row=pl.int_range(1, len(rows) + 1, eager=False, dtype=pl.Int64),
    )
    today = datetime.now(UTC).astimezone(ZoneInfo(platform.timezone)).date()
    made = mapping.apply(frame, as_of=today)
    core, broken = check(mapping.entity, made.core)
    aside = dict(pl.concat([made.quarantine, broken]).select("row_no", "reason").iter_rows())
    issues = dict(core.select("row_no", "issues").iter_rows())
    good, refused = [], []
    for number, row in enumerate(rows, 1):
        odd = {issue["field"]: issue["reason"] for issue in issues.get(number, ())}
        reasons = [aside.get(number) or odd.get(one.field) for one in row.ones]
        if not any(reasons):
            good.append(row)
            continue
        for one, reason in zip(row.ones, reasons, strict=True):
            why = in_chinese(reason) if reason else "同一条记录的另一处更正没有采用。"
            refused.append(_refused(one, f"更正后仍然不行：{why}"))
    return good, refused


def _table(
    platform: Platform,
    stream: str,
    rows: Sequence[tuple[RawRow, Cells]],
    origins: Sequence[str],
) -> pa.Table:
    """Rows of raw as `RawPull` writes them: of each its cells as corrected."""
    columns = platform.streams[stream].columns
    cells = {c: pa.array([given.get(c) for _, given in rows], pa.string()) for c in columns}
    return pa.table(
        cells
        | {
            "_origin": pa.array(origins, pa.string()),
            "_row": pa.array(range(1, len(rows) + 1), pa.int64()),
            "_hash": pa.array([raw.row_hash for raw, _ in rows], pa.string()),
            "_key": pa.array([raw.key for raw, _ in rows], pa.string()),
            "_op": pa.array(["upsert"] * len(rows), pa.string()),
        }
    )


def _refused(one: Correction, zh: str) -> Outcome:
    return Outcome(one.place, "refused", zh)
