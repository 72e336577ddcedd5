"""Answers to what was asked once: the platform `collected`, and what has no field of the standard.

A resident's field goes to the platform's folder as a file, is pulled as any other platform is, and
then lies in raw only. What the standard has no place for (a bank account, a school) is kept in
`data/collected`, one file an import, encrypted as all data of the home; the newest answer counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import polars as pl

from hub.settings import Home
from schemas.entities import FIELDS
from warehouse.duck import memory, parquet, write_parquet

PLATFORM, STREAM, FOLDER = "collected", "answers", "collected"


@dataclass(frozen=True)
class Source:
    """A platform whose records are made here: what its file says of it."""

    platform: str
    stream: str
    title: str
    steward: str
    about: str


ANSWERS = Source(
    PLATFORM, STREAM, "只问一次（网格员核实）", "网格员",
    "只问一次的答案：由 hub form answer 写入，和别的平台一样取数、归一、认人。",
)  # fmt: skip
COLLECTED = pl.Schema(
    {
        "resident_id": pl.String(), "item": pl.String(), "value": pl.String(),
        "record_key": pl.String(), "at": pl.Datetime("us", "UTC"),
    }
)  # fmt: skip
EVIDENCE = ("name", "id_number", "residence_address")
"""Who it is about: the number, and where there is none name and address."""
ANSWERED = (
    "birth_date", "sex_code", "ethnicity_code", "nationality_code", "marital_code",
    "education_code", "political_code", "employment_code", "phone", "hukou_address",
    "residence_type_code", "household_no", "relation_code", "head_name", "head_id_number",
    "died_on", "left_on", "id_type_code",
)  # fmt: skip
"""The fields of a resident that are asked for; number, name and address are evidence besides."""
COLUMNS = ("resident_id", "item", *EVIDENCE, *ANSWERED)


def is_field(item: str) -> bool:
    """Whether an answer belongs to a field of the standard, and so to the platform."""
    return item in ANSWERED or item in EVIDENCE


def platform_text(source: Source = ANSWERS) -> str:
    """The platform's file, as it is made for the first answers."""
    lines = [
        f"# {source.about}",
        f"platform: {source.platform}",
        f"title: {source.title}",
        f"owner: {{level: community, department: 社区, steward: {source.steward}}}",
        f"connection: {{kind: files, path: {source.platform}}}",
        "fresh_within: 3650d",
        "streams:",
        f"  {source.stream}:",
        f'    files: "{source.stream}-*.csv"',
        "    format: csv",
        "    encoding: utf-8",
        "    key: [resident_id, item]",
        "    increment: new_files",
        "    entity: resident",
        "    map:",
    ]
    return "\n".join([*lines, *map(_mapped, (*EVIDENCE, *ANSWERED)), ""])


def _mapped(field: str) -> str:
    facts = FIELDS["resident"][field]
    if facts.code_set is not None:
        return f"      {field}: {{from: {field}, codes: {facts.code_set}}}"
    if facts.reads in ("day", "birth"):
        return f"      {field}: {{from: {field}, as: date}}"
    return f"      {field}: {field}"


def prepare_platform(home: Home, source: Source = ANSWERS) -> Path:
    """Make the platform's file and folder where there are none yet; return the folder."""
    path = home.root / "platforms" / f"{source.platform}.yaml"
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        path.write_text(platform_text(source), encoding="utf-8")
    folder = home.root / source.platform
    folder.mkdir(exist_ok=True, mode=0o700)
    first = folder / f"{source.stream}-0.csv"
    if not first.exists():  # the header alone: a folder without any file is a platform gone
        first.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
    return folder


def write_answers(
    home: Home, rows: pl.DataFrame, moment: datetime, source: Source = ANSWERS
) -> Path:
    """Leave rows (`COLUMNS`, text) for the platform's next pull; return the file, mode 0600."""
    folder = prepare_platform(home, source)
    path = folder / f"{source.stream}-{moment.astimezone(UTC):%Y%m%dT%H%M%S%f}.csv"
    temporary = path.with_suffix(".tmp")
    temporary.touch(mode=0o600)
    rows.select(COLUMNS).write_csv(temporary)
    temporary.replace(path)
    return path


def keep_collected(home: Home, rows: pl.DataFrame, moment: datetime) -> None:
    """Add answers (`COLLECTED`) that have no field of the standard."""
    path = home.data / "collected" / f"{moment.astimezone(UTC):%Y%m%dT%H%M%S%f}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with memory(home) as connection:
        connection.register("given", rows.select(list(COLLECTED)).to_arrow())
        write_parquet(home, connection, "SELECT * FROM given", path)


def read_collected(home: Home, merged: Mapping[str, str]) -> pl.DataFrame:
    """The newest answer of each person and item; a merged person's belong to the other."""
    paths = sorted((home.data / "collected").glob("*.parquet"))
    if not paths:
        return pl.DataFrame(schema=COLLECTED)
    with memory(home) as connection:
        query = f"SELECT * FROM {parquet(home, paths)}"
        found = connection.execute(query).to_arrow_table()
    frame = cast(pl.DataFrame, pl.from_arrow(found)).cast(COLLECTED).sort("at", "record_key")
    whose = pl.col("resident_id")
    frame = frame.with_columns(
        whose.replace_strict(dict(merged), default=whose, return_dtype=pl.String)
    )
    return frame.unique(["resident_id", "item"], keep="last", maintain_order=True)


def forget_collected(home: Home, resident_id: str) -> None:
    """Erase a resident's answers: each file that holds any is written anew without them."""
    for path in sorted((home.data / "collected").glob("*.parquet")):
        with memory(home) as connection:
            source = parquet(home, [path])
            held = connection.execute(
                f"SELECT count(*) FROM {source} WHERE resident_id = ?", [resident_id]
            ).fetchall()[0][0]
            if held:
                connection.execute(f"CREATE TABLE kept AS SELECT * FROM {source}")
                connection.execute("DELETE FROM kept WHERE resident_id = ?", [resident_id])
                write_parquet(home, connection, "SELECT * FROM kept", path)
