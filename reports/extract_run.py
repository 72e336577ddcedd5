"""One run of an extract: its rows, what changed since the last run, and the folder it is given in.

The last run's rows are kept in the home, encrypted as all data there, so that the next run can say
what was added, changed and removed. Who was given which copy is kept with its watermark.
"""

import json
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, cast

import duckdb
import polars as pl
import yaml

from hub.errors import ConfigError, NotFoundError
from hub.settings import Home
from reports.conditions import chosen, parse_population
from reports.contract import Promised, contract, datapackage, promised
from reports.delivery import deliver_waiting, keep_for_delivery, lacks, log_path
from reports.extract_file import Extract, out_folder, refuse
from reports.formats import written
from reports.items import facts_of_item
from reports.known_words import refuse_unknown
from reports.people import ZONE, People, people_of
from reports.suppression import suppressed
from reports.tables import write_table
from reports.uses import keep_departed
from schemas.entities import FIELDS
from security.keys import keyed_ids, read_keys
from warehouse.answers import merged_ids, newest_pull
from warehouse.duck import memory, parquet, publish, write_parquet
from warehouse.lock import locked

KEY, CHANGE, REDIRECT, WATERMARK = "resident_id", "change", "redirected_to", "watermark"
NEXT = "next.parquet"
"""Of what is kept of a run, until it is given."""
CODED = frozenset(name for name, facts in FIELDS["resident"].items() if facts.code_set)
"""What is in the brain only as a code of a table of the standard."""


@dataclass
class Run:
    """What one run gave."""

    extract: str
    folder: Path
    watermark: str
    mode: str
    rows: int
    changes: dict[str, int] = field(default_factory=dict)
    files: list[dict[str, Any]] = field(default_factory=list)
    asked: str = ""
    why_full: str = ""
    """Of an extract of changes that gave all rows: why, as a clause."""
    without_grid: int = 0


def run_extract(
    home: Home, one: Extract, *, full: bool = False, now: datetime | None = None, asked: str = ""
) -> Run:
    """Run an extract and leave its folder where it is delivered, whole or not at all.

    Args:
        home: The hub home.
        one: The extract; `refuse` is asked first.
        full: All rows, even where the file says `changes`.
        now: The moment of the run.
        asked: What whoever asked calls the run; kept with it.

    Raises:
        ConfigError: the extract asks for more than it may, or the snapshot is too old.
        SourceDownError: it lies in its folder, but could not be delivered; the next run does.
        NotFoundError: nothing is published yet.
        BusyError: the same extract is running.
    """
    refuse(one)
    with locked(home, f"extract-{one.extract}"):
        return _run(home, one, full, now or datetime.now(UTC), asked)


def _run(home: Home, one: Extract, full: bool, moment: datetime, asked: str) -> Run:
    population = parse_population(one.population)
    items = {*(each.item for each in one.fields), *one.count_by, *population.items}
    with people_of(home, one.scope, items, views=True) as (people, connection):
        _refuse_stale(one, connection, moment)
        refuse_unknown(home, connection, [one.population], items)
        mine = people.of(chosen(people.frame, population))
        merged = merged_ids(connection)
    rows = statistics(one, mine) if one.count_by else table_of(one, mine)
    state, past = _state_path(home, one), runs_of(home, one.extract)
    given, mode, changes, why = rows, "full", {}, ""
    if not one.count_by and one.mode == "changes":
        before = _read_state(home, state)
        why = "写了 --full" if full else _gap(home, one, past) or _unlike(before, rows)
        if before is not None and not why:
            given, mode = changes_since(before, rows, merged), "changes"
            changes = dict(given.group_by(CHANGE).len().iter_rows())
    if not one.keyed and not one.count_by:
        given = given.drop(KEY)  # nor in its order
        given = given.sort(given.columns, nulls_last=True)
    mark = watermark(home, one, moment)
    given = given.with_columns(pl.lit(mark).alias(WATERMARK))
    made = Run(
        one.extract,
        _target(home, one, moment),
        mark,
        mode,
        given.height,
        changes,
        asked=asked,
        why_full=why,
        without_grid=people.without_grid,
    )
    with ThreadPoolExecutor(1) as beside:
        kept = None
        if not one.count_by:  # without changes it is only kept whom it held
            held = rows if one.mode == "changes" else rows.select(KEY)
            kept = beside.submit(_keep, home, past, held, state)
        _deliver(home, one, given, made, people, moment)
        if kept is not None:
            kept.result()
            publish(state.with_name(NEXT), state)
    deliver_waiting(home, one)
    return made


def table_of(one: Extract, people: People) -> pl.DataFrame:
    """The rows of an extract, by resident id, in the extract's own columns."""
    columns = [people.frame[KEY].alias(KEY)]
    for each in one.fields:
        if each.column == KEY:
            continue
        facts, values = facts_of_item(each.item), people.value(each.item)
        masked = each.mask or one.public
        plain = facts.kind == "number" or (facts.kind == "date" and each.date == "YYYY-MM-DD")
        if plain and not (masked and facts.mask):
            columns.append(values.alias(each.column))
            continue
        text = written(values, each.item, date=each.date, codes=each.codes, mask=masked)
        columns.append(text.alias(each.column))
    return pl.DataFrame(columns)


def statistics(one: Extract, people: People) -> pl.DataFrame:
    """How many of each; counts that are too small are hidden, as asked, and not to be computed."""
    names = [each.replace(":", "_") for each in one.count_by]
    frame = pl.DataFrame(
        [written(people.value(item), item).alias(name)
         for item, name in zip(one.count_by, names, strict=True)]
    )  # fmt: skip
    counted = frame.group_by(names).len("persons").sort(names, nulls_last=True)
    return suppressed(counted, names, one.hide_below or 0)


def changes_since(
    before: pl.DataFrame, after: pl.DataFrame, merged: dict[str, str]
) -> pl.DataFrame:
    """What turns `before` into `after`: one row for each that was added, changed or removed.

    A removed row keeps only its key, and where it was merged into another person, that one's.
    """
    old = before.select(KEY, old=pl.struct(pl.exclude(KEY)))
    compared = after.with_columns(new=pl.struct(pl.exclude(KEY))).join(old, on=KEY, how="left")
    fresh = pl.when(~pl.col(KEY).is_in(before[KEY].implode())).then(pl.lit("added"))
    other = fresh.when(pl.col("old").ne_missing(pl.col("new"))).then(pl.lit("changed"))
    found = compared.with_columns(other.alias(CHANGE)).filter(pl.col(CHANGE).is_not_null())
    gone = before.join(after.select(KEY), on=KEY, how="anti").select(KEY)
    gone = gone.with_columns(
        pl.lit("removed").alias(CHANGE),
        pl.col(KEY).replace_strict(merged, default=None, return_dtype=pl.String).alias(REDIRECT),
    )
    nothing = pl.lit(None, pl.String).alias(REDIRECT)
    found = found.select(*after.columns, CHANGE).with_columns(nothing)
    return pl.concat([found, gone], how="diagonal").sort(KEY)


def applied(before: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """What a recipient does with changes: the rows that are then the full extract."""
    kept = before.join(changes.select(KEY), on=KEY, how="anti")
    fresh = changes.filter(pl.col(CHANGE) != "removed").select(before.columns)
    return pl.concat([kept, fresh]).sort(KEY)


def watermark(home: Home, one: Extract, moment: datetime) -> str:
    """A mark that only this home can make, for one recipient and one run."""
    key = read_keys(home.secrets, encryption=False).identity
    told = f"{one.extract}\x1f{one.recipient.department}\x1f{moment.isoformat()}"
    return keyed_ids(key, "W", [told])[0]


def trace(home: Home, mark: str) -> dict[str, Any]:
    """The run that a watermark is of.

    Raises:
        NotFoundError: no copy with that mark was ever given.
    """
    for path in sorted((home.data / "extracts").glob("*/*.json")):
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if told["watermark"] == mark.strip():
            return told
    raise NotFoundError(
        "no run with that watermark", zh="没有交出过带这个水印的数据：请核对水印（W 开头，21 位）。"
    )


def runs_of(home: Home, name: str) -> list[dict[str, Any]]:
    """Every run of an extract, oldest first."""
    paths = sorted((home.data / "extracts" / name).glob("*.json"))
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths]


def _gap(home: Home, one: Extract, past: Sequence[dict[str, Any]]) -> str:
    """Why the recipient, or a place of theirs, lacks what changes would be of; blank: they do not.

    Only the runs since the last full one count: changes are of those.
    """
    for run in reversed(past):
        if (former := run["recipient"]["department"]) != one.recipient.department:
            return f"以前交给的是{former}，{one.recipient.department}没有以前的数据"
        if lacks(home, one, run):
            return "有一处 deliver 没有收到过以前的数据（新加的，或那一份没送到、文件夹已不在）"
        if run["mode"] == "full":
            return ""
    return "" if past else "第一次运行"


def _unlike(before: pl.DataFrame | None, rows: pl.DataFrame) -> str:
    """Why the last run's rows cannot be compared with these; blank: they can."""
    if before is None or before.columns == [KEY] != rows.columns:
        return "没有留下上一次的数据（上一次不是按变化给的）"
    return "" if before.schema == rows.schema else "字段或它们的写法与上一次不同"


def _refuse_stale(one: Extract, connection: duckdb.DuckDBPyConnection, now: datetime) -> None:
    newest = newest_pull(connection)
    age = (now - newest).total_seconds() if newest else float("inf")
    if age > one.fresh_within:
        raise ConfigError(
            f"extract {one.extract}: the snapshot is older than {one.fresh_within} s",
            zh=f"数据已经超过“{one.title}”允许的{_span(one.fresh_within)}没有更新："
            "请先 hub sync；同步过仍然这样，是各平台都没有变化，请核对后把 fresh_within 改长。",
        )


def _span(seconds: int) -> str:
    """A length of time in the largest unit that it is whole in."""
    for unit, word in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if seconds >= unit and seconds % unit == 0:
            return f" {seconds // unit:,} {word}"
    return f" {seconds:,} 秒"


def _state_path(home: Home, one: Extract) -> Path:
    return home.data / "extracts" / one.extract / "last.parquet"


def _keep(home: Home, past: Sequence[dict[str, Any]], held: pl.DataFrame, state: Path) -> None:
    """Write down whom this run holds, and whom only the last of those before."""
    if past:
        keep_departed(home, state.parent, held[KEY], str(past[-1]["made_at"]))
    _write_state(home, held, state.with_name(NEXT))


def _read_state(home: Home, path: Path) -> pl.DataFrame | None:
    if not path.is_file():
        return None
    with memory(home) as connection:
        found = connection.execute(f"SELECT * FROM {parquet(home, [path])}").to_arrow_table()
    return cast(pl.DataFrame, pl.from_arrow(found))


def _write_state(home: Home, rows: pl.DataFrame, path: Path) -> None:
    with memory(home) as connection:
        connection.register("given", rows.to_arrow())
        write_parquet(home, connection, "SELECT * FROM given", path)


def forget_in_extracts(home: Home, resident_id: str) -> None:
    """Erase what the last runs kept of a resident, and what of them waits to be delivered.

    The id stays, which is nobody's then: by it the next run tells the recipient that they are gone.

    Raises:
        BusyError: an extract is running.
    """
    for path in sorted((home.data / "extracts").glob("*/last.parquet")):
        with locked(home, f"extract-{path.parent.name}"):
            rows = _read_state(home, path)
            if rows is None or resident_id not in rows[KEY]:
                continue
            whose = pl.col(KEY) == resident_id
            blank = pl.when(~whose).then(pl.exclude(KEY)).name.keep()
            _write_state(home, rows.select(KEY, blank), path)
    for path in sorted((home.data / "extracts").glob("*/*.rows.parquet")):
        with locked(home, f"extract-{path.parent.name}"):
            rows = _read_state(home, path)
            if rows is not None and KEY in rows.columns and resident_id in rows[KEY]:
                _write_state(home, rows.filter(pl.col(KEY) != resident_id), path)


def _target(home: Home, one: Extract, moment: datetime) -> Path:
    """A folder that no run has yet: of two in one second the later one takes the next."""
    base = out_folder(home, one)
    for second in count():
        name = (moment + timedelta(seconds=second)).astimezone(ZONE).strftime("%Y%m%dT%H%M%S")
        path = base / f"{one.extract}-{name}"
        if not path.exists() and not log_path(home, one, path.name).exists():
            return path
    raise AssertionError("unreachable")


def _deliver(
    home: Home, one: Extract, given: pl.DataFrame, made: Run, people: People, moment: datetime
) -> None:
    """Write the folder under another name, then give it its own."""
    temporary = made.folder.with_name(f".{made.folder.name}.tmp")
    for left in made.folder.parent.glob(f".{one.extract}-*.tmp"):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    temporary.mkdir(parents=True, mode=0o700)
    try:
        columns = promised(one, given.columns)
        made.files = _data(one, given, temporary)
        _texts(one, columns, made.files, temporary)
        told = _manifest(one, made, people, moment)
        text = json.dumps(told, ensure_ascii=False, indent=2) + "\n"
        (temporary / "manifest.json").write_text(text, encoding="utf-8")
        for path in temporary.iterdir():
            path.chmod(0o600)
        log = log_path(home, one, made.folder.name)
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        keep_for_delivery(home, one, given, made.folder.name)
        on_file = told | {"folder": str(made.folder), "asked": made.asked}
        log.write_text(json.dumps(on_file, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        temporary.rename(made.folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _data(one: Extract, given: pl.DataFrame, folder: Path) -> list[dict[str, Any]]:
    found, ours = [], _ours(one)
    for kind in one.formats:
        path = folder / f"{one.extract}.{kind}"
        digest = write_table(given, path, encoding=one.encoding, ours=ours)
        size = path.stat().st_size
        found.append({"name": path.name, "rows": given.height, "bytes": size, "sha256": digest})
    return found


def _ours(one: Extract) -> frozenset[str]:
    """The columns whose texts are ids and codes of the standard: nothing that anybody typed."""
    coded = {each.column for each in one.fields if facts_of_item(each.item).field in CODED}
    return frozenset({KEY, REDIRECT, CHANGE, WATERMARK} | coded)


def _texts(
    one: Extract, columns: Sequence[Promised], files: Sequence[dict[str, Any]], folder: Path
) -> None:
    told = contract(one, columns, [str(file["name"]) for file in files])
    text = yaml.safe_dump(told, allow_unicode=True, sort_keys=False)
    (folder / "contract.odcs.yaml").write_text(text, encoding="utf-8")
    package = json.dumps(datapackage(one, columns, files), ensure_ascii=False, indent=2)
    (folder / "datapackage.json").write_text(package + os.linesep, encoding="utf-8")


def _manifest(one: Extract, made: Run, people: People, moment: datetime) -> dict[str, Any]:
    return {
        "extract": one.extract,
        "title": one.title,
        "watermark": made.watermark,
        "recipient": one.recipient.model_dump(),
        "scope": one.scope,
        "purpose": one.purpose,
        "basis": one.basis.document,
        "made_at": moment.astimezone(UTC).isoformat(timespec="seconds"),
        "snapshot": people.snapshot,
        "data_of": people.today.isoformat(),
        "mode": made.mode,
        "rows": made.rows,
        "changes": made.changes,
        "without_grid": people.without_grid,
        "files": made.files,
    }
