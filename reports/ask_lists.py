"""The lists that grid workers take along: a file a grid, a row a person, a column an item."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from reports.items import facts_of_item
from reports.people import People
from reports.tables import Asked, workbook
from schemas.codes import code_sets

NOT_ASKED = "—"
LOCATOR = "定位码"
FORMS = "哪些表要用"
KNOWN = {"name": "姓名", "residence_address": "住址", "phone": "电话"}
NOWHERE = "未分网格"
CHOICES = 25
"""A list of codes longer than this is typed, not chosen."""


@dataclass(frozen=True)
class AskList:
    """One file: whose grid, how many people and questions."""

    path: Path
    grid: str
    worker: str
    people: int
    questions: int


def heading(item: str) -> str:
    """The heading of an item's column; its key stands in it, for the way back."""
    return f"{facts_of_item(item).title} [{item}]"


def item_of(text: object) -> str | None:
    """The item of a heading that `heading` made."""
    told = str(text or "").strip()
    return told[told.rindex("[") + 1 : -1] if told.endswith("]") and "[" in told else None


def write_lists(people: People, questions: pl.DataFrame, folder: Path) -> list[AskList]:
    """Write a file for each grid that has anybody to ask (mode 0600, in a folder of mode 0700)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    named = people.frame.select(
        "resident_id", "grid_code", "grid_name", "worker_name", *KNOWN, "compound", "building",
        "room",
    )  # fmt: skip
    long = questions.join(named, on="resident_id")
    made = []
    grids = _grids(long)
    names = grids["grid_name"].to_list()
    for code, grid, worker in grids.iter_rows():
        mine = long.filter(pl.col("grid_code").eq_missing(pl.lit(code, pl.String)))
        alike = code if grid is None or names.count(grid) > 1 else None  # of two communities
        name = "-".join(one for one in (grid or (NOWHERE if code is None else None), alike, worker)
                        if one)  # fmt: skip
        path = folder / f"{name}.xlsx".replace("/", "_")
        content = workbook({"请填空白格": _table(mine)}, _asked(mine))
        path.touch(mode=0o600)
        path.write_bytes(content)
        people_count = mine["resident_id"].n_unique()
        made.append(
            AskList(
                path, str(grid or code or NOWHERE), str(worker or ""), people_count, mine.height
            )
        )
    return made


def _grids(long: pl.DataFrame) -> pl.DataFrame:
    """Code, name and worker of each grid: two communities may each have a 第一网格."""
    each = long.select("grid_code", "grid_name", "worker_name").unique("grid_code", keep="any")
    return each.sort("grid_code", nulls_last=True)


def _table(mine: pl.DataFrame) -> pl.DataFrame:
    items = mine["item"].unique().sort().to_list()
    people = mine.unique("resident_id").sort(
        "compound", "building", "room", "resident_id", nulls_last=True
    )
    columns = [people[column].alias(title) for column, title in KNOWN.items()]
    forms = mine.explode("forms").group_by("resident_id").agg(pl.col("forms").unique().sort())
    told = people.select("resident_id").join(forms, on="resident_id", maintain_order="left")
    for item in items:
        ids = mine.filter(pl.col("item") == item)["resident_id"]
        asked = pl.col("resident_id").is_in(ids.implode())
        cell = pl.when(~asked).then(pl.lit(NOT_ASKED)).alias(heading(item))
        columns.append(people.select(cell)[heading(item)])
    columns.append(told["forms"].list.join("、").alias(FORMS))
    columns.append(people["resident_id"].alias(LOCATOR))
    return pl.DataFrame(columns)


def _asked(mine: pl.DataFrame) -> dict[str, Asked]:
    found = {}
    for item in mine["item"].unique().to_list():
        facts = facts_of_item(item)
        choices: tuple[str, ...] = ("是", "否") if facts.kind == "flag" else ()
        if facts.code_set is not None and len(code_sets()[facts.code_set].codes) <= CHOICES:
            choices = tuple(code_sets()[facts.code_set].codes.values())
        note = "写成 2026-01-31" if facts.kind == "date" else ""
        found[heading(item)] = Asked(choices, note)
    return found
