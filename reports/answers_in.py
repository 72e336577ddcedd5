"""Answers given back: read from the workers' lists, checked one by one, and taken in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from hub.errors import ConfigError
from hub.settings import Home
from reports.ask_lists import LOCATOR, NOT_ASKED, item_of
from reports.collected import (
    ANSWERED,
    COLLECTED,
    COLUMNS,
    EVIDENCE,
    is_field,
    keep_collected,
    write_answers,
)
from reports.items import facts_of_item, is_item
from reports.people import People
from schemas.codes import inputs_of, standard_code
from schemas.dates import standard_day
from schemas.extras import extras
from schemas.id_numbers import standard_id_number
from schemas.phones import standard_phone

NUMBERS = ("id_number", "head_id_number")
READS = {f"other:{title}": one.reads for title, one in extras().items()}
LONGEST = 400


@dataclass(frozen=True)
class Answer:
    """One cell given back. `place` says where it stands; the value is never shown."""

    place: str
    resident_id: str
    item: str
    value: str = field(repr=False)


@dataclass
class Taken:
    """What became of the answers: how many were taken, and why the others were not."""

    taken: int = 0
    fields: int = 0  # of the taken: those that wait for the platform's next pull
    refused: list[str] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


def read_answers(path: Path) -> list[Answer]:
    """Every filled cell of a list.

    Raises:
        ConfigError: it is no list of ours.
    """
    from openpyxl import load_workbook
    from openpyxl.utils import get_column_letter

    try:
        book = load_workbook(path, read_only=True)  # a formula as it is written
    except Exception as error:  # openpyxl raises whatever its parts do on a damaged file
        raise ConfigError(
            f"{path.name} cannot be read ({type(error).__name__})",
            zh=f"{path.name} 打不开：请确认是 hub form ask 导出的 .xlsx。",
        ) from None
    found: list[Answer] = []
    for sheet in book.worksheets:
        rows = sheet.iter_rows(values_only=True)
        header = next(rows, ())
        if LOCATOR not in header:
            continue
        locator = header.index(LOCATOR)
        items = [(nth, item) for nth, text in enumerate(header) if (item := item_of(text))]
        for number, row in enumerate(rows, 2):
            for nth, item in items:
                text = _text(row[nth])
                if text and text != NOT_ASKED:
                    place = f"{path.name} {get_column_letter(nth + 1)}{number}"
                    found.append(Answer(place, str(row[locator] or ""), item, text))
    book.close()
    return found


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    return str(value).strip().removeprefix("'") if value is not None else ""


def take_answers(home: Home, people: People, given: Sequence[Answer]) -> Taken:
    """Check the answers and keep the good ones.

    Fields of the standard are left for the platform `collected`: the caller syncs it.
    """
    done = Taken()
    known = set(people.frame["resident_id"])
    good: list[Answer] = []
    for item in sorted({one.item for one in given}):
        mine = [one for one in given if one.item == item]
        if not is_item(item):
            done.refused += [f"{one.place}：不认识这一列，请不要改表头。" for one in mine]
            continue
        formulas = [one for one in mine if one.value.startswith("=")]
        done.refused += [f"{one.place}：是公式，请改成它的值。" for one in formulas]
        mine = [one for one in mine if one not in formulas]
        strange = [one for one in mine if one.resident_id not in known]
        done.refused += [f"{one.place}：定位码不对，或这个人不在这个范围。" for one in strange]
        mine = [one for one in mine if one.resident_id in known]
        values = checked_values(item, [one.value for one in mine], people.today)
        said: dict[str, set[str]] = {}
        for one, value in zip(mine, values, strict=True):
            said.setdefault(one.resident_id, set()).update([value] if value is not None else [])
        for one, value in zip(mine, values, strict=True):
            if len(said[one.resident_id]) > 1:
                done.refused.append(
                    f"{one.place}：同一个人的这一项另有不同的答案，请核对后只留一个。"
                )
            elif value is None:
                done.refused.append(f"{one.place}：{facts_of_item(item).title}看不懂，请改写。")
            else:
                good.append(Answer(one.place, one.resident_id, item, value))
    _keep(home, people, good, done)
    return done


def checked_values(item: str, values: Sequence[str], today: date) -> list[str | None]:
    """Each value of an item as the standard writes it; None where it is not understood."""
    facts, cell = facts_of_item(item), pl.col("v")
    told: pl.Expr
    if facts.kind == "flag":
        return [one if one in ("是", "否") else None for one in values]
    reads = READS.get(item, "")
    if item in NUMBERS or reads == "id_number":
        stated = pl.lit(None, pl.String)
        number = standard_id_number(cell, stated, as_of=today).struct
        told = pl.when(number["status"] == "valid").then(number["value"])
    elif item in ("phone", "head_phone") or reads == "phone":
        told = standard_phone(cell).struct["value"]
    elif facts.kind == "date":
        told = standard_day(cell, timezone="Asia/Shanghai", as_of=today).struct["value"]
    elif facts.code_set is not None:
        told = standard_code(cell, inputs_of(facts.code_set)).struct["value"]
    else:
        told = pl.when(cell.str.len_chars() <= LONGEST).then(cell)
    frame = pl.Series("v", list(values), dtype=pl.String).to_frame()
    return frame.select(told.cast(pl.String).alias("v"))["v"].to_list()


def _keep(home: Home, people: People, good: Sequence[Answer], done: Taken) -> None:
    """Fields to the platform's folder; the rest to the home's own store."""
    moment = datetime.now(UTC)
    done.taken = len(good)
    fields = [one for one in good if is_field(one.item)]
    done.fields = len(fields)
    if fields:
        done.files.append(write_answers(home, _rows(people, fields), moment))
    others = [one for one in good if not is_field(one.item)]
    if others:
        rows = [(one.resident_id, one.item, one.value, one.place, moment) for one in others]
        keep_collected(home, pl.DataFrame(rows, schema=COLLECTED, orient="row"), moment)


def _rows(people: People, answers: Sequence[Answer]) -> pl.DataFrame:
    """One row an answer: whose it is, by number or else by address, and the one field."""
    valid = pl.col("id_status") == "valid"
    whose = people.frame.select(
        "resident_id", "name",
        pl.when(valid).then(pl.col("id_number")).alias("id_number"),
        pl.when(~valid.fill_null(value=False)).then("residence_address").alias("residence_address"),
    )  # fmt: skip
    told = pl.DataFrame(
        [(one.resident_id, one.item, one.value) for one in answers],
        schema={"resident_id": pl.String, "item": pl.String, "value": pl.String}, orient="row",
    ).join(whose, on="resident_id", how="left", maintain_order="left")  # fmt: skip
    made = told.with_columns(pl.lit(None, pl.String).alias(one) for one in ANSWERED)
    return made.with_columns(
        pl.when(pl.col("item") == one).then("value").otherwise(pl.col(one)).alias(one)
        for one in (*EVIDENCE, *ANSWERED)
    ).select(COLUMNS)
