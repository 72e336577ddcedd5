"""Where a key stands for two, each row that a source gives is a record or is set aside: always."""

import random
from pathlib import Path

import pytest
from small_home import database, id_number, make_home
from steps import Steps

STREAM = ("roster", "people")
ROSTER = """
platform: roster
title: 名册
owner: {level: street, department: 民政}
connection: {kind: database, url: "sqlite:///{home}/roster.db"}
streams:
  people:
    table: people
    key: [number]
    increment: INCREMENT
    allow_drop: 100%
    entity: resident
    map: {name: name, id_number: idno}
"""
NAMES = ("张三", "李四", "王五")


@pytest.fixture(params=["snapshot", "{watermark: updated, overlap: 1h}"])
def steps(request: pytest.FixtureRequest, tmp_path: Path) -> Steps:
    made = Steps(make_home(tmp_path / "home", people=1))
    text = ROSTER.replace("INCREMENT", request.param)
    (made.home.root / "platforms" / "roster.yaml").write_text(text, encoding="utf-8")
    with database(made.home, "roster") as db:
        db.execute("CREATE TABLE people (number TEXT, name, idno, updated TEXT)")
    return made


def given(steps: Steps, rows: list[tuple[str, str]]) -> None:
    """What the source has from now on: (number, name)."""
    with database(steps.home, "roster") as db:
        db.execute("DELETE FROM people")
        for number, name in rows:
            row = (number, name, id_number(NAMES.index(name)))
            db.execute("INSERT INTO people VALUES (?, ?, ?, '2026-01-01 00:00:00')", row)


def accounted(steps: Steps) -> set[str]:
    steps.publish()
    held = "SELECT name FROM resident_record WHERE platform = 'roster'"
    aside = "SELECT raw->>'name' FROM quarantine WHERE platform = 'roster'"
    return {name for (name,) in steps.query(f"{held} UNION {aside}")}


def test_who_is_set_aside_stays_so_when_the_first_of_the_key_changes(steps: Steps) -> None:
    given(steps, [("1", "张三"), ("1", "李四")])
    steps.both(*STREAM)
    given(steps, [("1", "王五"), ("1", "李四")])
    steps.both(*STREAM)
    assert accounted(steps) >= {"王五", "李四"}


def test_whatever_comes_in_whatever_order(steps: Steps) -> None:
    chance = random.Random(3)
    for _ in range(25):
        rows = [("1", name) for name in NAMES if chance.random() < 0.7]
        chance.shuffle(rows)
        if not rows:
            continue
        given(steps, rows)
        steps.both(*STREAM)
        if chance.random() < 0.6:
            assert accounted(steps) >= {name for _, name in rows}
