"""Files of `hub platform add` run as they stand, and what is stored of each person is true."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from hub.settings import open_home
from pipelines.sync import run_sync
from tests.cli.conftest import Hub
from tests.matching.measuring import CORPUS, sources, truth_of
from tests.matching.people import (
    CELLS,
    EDUCATION,
    EMPLOYMENT,
    MARITAL,
    NATIONS,
    POLITICAL,
    RELATION,
    Person,
    person,
)
from warehouse.snapshots import reading

ROWS, SOURCES = 60, 16
CODED = {
    "ethnicity_code": ("nation", {f"{name}族": code for name, code in NATIONS.items()}),
    "education_code": ("edu", {word: f"{code[0]}0" for word, code in EDUCATION.items()}),
    "marital_code": ("marital", MARITAL), "political_code": ("political", POLITICAL),
    "employment_code": ("employment", EMPLOYMENT), "relation_code": ("relation", RELATION),
}  # fmt: skip
"""Field to the kind of its cells and the codes of their words."""
SEXES = ("sex_zh", "sex_12", "sex_01", "sex_0m1f", "sex_mf")
DAYS = ("birth_iso", "birth_compact", "birth_slash", "birth_zh", "birth_dot", "birth_midnight")


def cell(kind: str, one: Person) -> str | None:
    return (kind.partition(":")[2] if ":" in kind else CELLS[kind](one)) or None


def wanted(field: str, kind: str, one: Person) -> str | None:
    """What must be stored of a person; None where the cells do not say it in full."""
    told = cell(kind, one)
    if (field, kind) in (("name", "name"), ("id_number", "id"), ("phone", "phone")):
        return told
    if field == "sex_code" and kind in SEXES:
        return "1" if one.male else "2"
    if field == "birth_date" and kind in DAYS:
        return one.born.isoformat()
    family, words = CODED.get(field, ("", {}))
    if told and family and kind in (f"{family}_zh", f"{family}_code"):
        return words.get(told, told)
    return None


def drawn() -> Iterator[tuple[str, dict[str, Any]]]:
    """Tables of people of all the corpus, each with a key."""
    listed = [one for file in sorted(CORPUS.glob("*.yaml")) for one in sources(file.stem)]
    usable = [
        one for one in listed
        if (one["entity"], one["kind"], len(one.get("key", ()))) == ("resident", "database", 1)
        and "|id_15|" not in one["columns"]  # nobody born in this century has such a number
    ]  # fmt: skip
    for nth, one in enumerate(random.Random(5).sample(usable, SOURCES)):
        yield f"p{nth}", one


def make(path: Path, source: dict[str, Any]) -> bool:
    """The table with its people; False where the made-up keys repeat or its names do."""
    columns = truth_of(source)
    names = ", ".join(f'"{one[0]}" TEXT' for one in columns)
    table, (key,) = source["table"].rpartition(".")[2], source["key"]
    try:
        with sqlite3.connect(path) as made:
            made.execute(f'CREATE TABLE "{table}" ({names}, PRIMARY KEY ("{key}"))')
            rows = [[cell(one[2], person(nth)) for one in columns] for nth in range(ROWS)]
            made.executemany(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(columns))})', rows)
    except sqlite3.Error:
        return False
    finally:
        made.close()
    return True


@pytest.fixture
def home(hub: Hub, tmp_path: Path) -> Path:
    hub("init", tmp_path / "home")
    return tmp_path / "home"


def test_every_value_is_the_persons_own(hub: Hub, home: Path) -> None:
    used = dict(one for one in drawn() if make(home / f"{one[0]}.db", one[1]))
    drafts = {name for name in used if not added(hub, home, name)}
    report = run_sync(open_home(home))
    assert {one.place.partition(".")[0] for one in report.failures} <= drafts | {"brain"}
    with reading(open_home(home)) as connection:
        found = {name: list(compared(connection, home, name, used[name]))
                 for name in used if name not in drafts}  # fmt: skip
    assert len(found) > SOURCES * 0.7
    assert sum(map(len, found.values())) > 150 * len(found)
    wrong = {name: [one for one in cells if one[1] != one[2]] for name, cells in found.items()}
    assert {used[name]["source"]: cells[:3] for name, cells in wrong.items() if cells} == {}


def added(hub: Hub, home: Path, name: str) -> bool:
    """Whether the file can run as it stands: no refusal, and nothing left to the officer."""
    ran = hub("platform", "add", name, home / f"{name}.db", "--json", home=home)
    return ran.code == 0 and not any(one["missing"] for one in ran.json["streams"])


def compared(
    connection: duckdb.DuckDBPyConnection, home: Path, name: str, source: dict[str, Any]
) -> Iterator[tuple[str, str, str]]:
    """Field, what is stored of it, what must be, for every record; and every row is there."""
    told = yaml.safe_load((home / "platforms" / f"{name}.yaml").read_text("utf-8"))
    ((stream, settings),) = told["streams"].items()
    columns = truth_of(source)
    (place,) = [nth for nth, one in enumerate(columns) if one[0] == source["key"][0]]
    whose = {cell(columns[place][2], person(nth)): person(nth) for nth in range(ROWS)}
    rows = connection.execute("SELECT * FROM resident_record WHERE platform = ?", [name])
    names = [one[0] for one in rows.description]
    records = [dict(zip(names, row, strict=True)) for row in rows.fetchall()]
    aside = "SELECT count(*) FROM quarantine WHERE platform = ?"
    ((left,),) = connection.execute(aside, [name]).fetchall()
    if "deletes" not in settings:
        assert len(records) + left == ROWS, (source["source"], stream)
    for field in ("name", "id_number", "phone", "sex_code", "birth_date", *CODED):
        kinds = [one[2] for one in columns if field in one[3].split("/")]
        if len(kinds) != 1 or field not in settings["map"]:
            continue
        for one in records:
            must = wanted(field, kinds[0], whose[one["record_key"]])
            if must is not None:
                yield field, str(one[field]), must
