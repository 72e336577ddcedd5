"""Tables of counts drawn at random, and what each of their cells must be, counted the plain way."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from openpyxl import Workbook, load_workbook

from hub.settings import Home
from reports.fill import fill
from reports.people import People
from reports.register import Sent, register

Person = dict[str, Any]


@dataclass(frozen=True)
class Said:
    """What a row or a column says, of whom; `unit`: p persons, h families, f named after them."""

    text: str
    of: Callable[[Person], bool] = lambda _: True
    whole: str = ""
    unit: str = ""


def _is(field: str, code: str) -> Callable[[Person], bool]:
    return lambda one: one[field] == code


def _aged(least: int, most: int = 200) -> Callable[[Person], bool]:
    return lambda one: one["age"] is not None and least <= one["age"] <= most


def _has(label: str) -> Callable[[Person], bool]:
    return lambda one: label in one["named"]


def _of_kind(kind: str) -> Callable[[Person], bool]:
    return lambda one: any(
        label["label"] == "残疾" and (label["detail"] or "").startswith(kind)
        for label in one["labels"] or ()
    )


SAID = (
    Said("总人口"), Said("男", _is("sex_code", "1")), Said("女性", _is("sex_code", "2")),
    Said("60岁以上老年人", _aged(60)), Said("0-6岁儿童", _aged(0, 6)),
    Said("18-59周岁", _aged(18, 59)), Said("80周岁及以上", _aged(80)),
    Said("未成年人", _aged(0, 17)), Said("户籍人口", whole="registered"),
    Said("户籍人口数（人）", whole="registered", unit="p"), Said("常住人口", whole="residents"),
    Said("流动人口", _is("residence_type_code", "3")),
    Said("人户分离", _is("residence_type_code", "2"), "registered"),
    Said("少数民族", lambda one: one["ethnicity_code"] not in (None, "01")),
    Said("藏族", _is("ethnicity_code", "04")), Said("党员", _has("党员")),
    Said("女性党员", lambda one: one["sex_code"] == "2" and "党员" in one["named"]),
    Said("低保对象", _has("低保")), Said("低保家庭", _has("低保"), unit="f"),
    Said("残疾人", _has("残疾")), Said("残疾人户数", _has("残疾"), unit="h"),
    Said("独居老人", _has("独居")), Said("未婚", _is("marital_code", "10")),
    Said("80岁以上独居老人（人）", lambda one: _aged(80)(one) and "独居" in one["named"], unit="p"),
    Said("户籍户数", whole="registered", unit="h"), Said("常住户数", whole="residents", unit="h"),
)  # fmt: skip
UNITS = (
    Said("户数", unit="h"),
    Said("人数", unit="p"),
    Said("男（人）", _is("sex_code", "1"), unit="p"),
)


def cells(
    home: Home, connection: duckdb.DuckDBPyConnection, people: People, folder: Path, seed: int
) -> Iterator[tuple[str, str, object, int]]:
    """Register and fill one table; each cell's row, column, what is in it and what must be."""
    chance = random.Random(seed)
    rows = chance.sample(SAID, 5)
    columns = chance.sample(UNITS, seed % 3)
    columns += chance.sample([one for one in SAID if one not in rows], 3)
    book = Workbook()
    book.active.append([f"社区统计表{seed}"])
    book.active.append(["项目", *(one.text for one in columns)])
    for one in rows:
        book.active.append([one.text])
    file = folder / f"统计{seed}.xlsx"
    book.save(file)
    fill(home, connection, register(home, file, Sent("统计")).form, people, folder / "o.xlsx")
    filled = load_workbook(folder / "o.xlsx").active
    told = [one | {"named": _labels(one)} for one in people.frame.to_dicts()]
    for down, row in enumerate(rows, 3):
        for across, column in enumerate(columns, 2):
            found = filled.cell(down, across).value
            yield row.text, column.text, found, _count(told, row, column, columns, rows)


def _labels(one: Person) -> set[str]:
    return {label["label"] for label in one["labels"] or ()}


def _count(
    people: list[Person], row: Said, column: Said, columns: list[Said], rows: list[Said]
) -> int:
    wholes = {row.whole, column.whole} - {""} or {"residents"}
    chosen = [
        one for one in people
        if row.of(one) and column.of(one) and all(_belongs(one, whole) for whole in wholes)
    ]  # fmt: skip
    units = {row.unit, column.unit}
    across, down = (any(one.unit in ("p", "h") for one in side) for side in (columns, rows))
    after_families = (row.unit == "f" and not across) or (column.unit == "f" and not down)
    if "h" in units or after_families:
        return len({one["household_id"] for one in chosen} - {None})
    return len(chosen)


def _belongs(one: Person, whole: str) -> bool:
    if whole == "residents":
        return bool(one["lives_here"])
    gone = one["died_on"] or one["left_on"]
    return one["residence_type_code"] in ("1", "2") and not gone
