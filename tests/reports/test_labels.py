"""Labels that follow from data are computed at each sync, and kept with since when and why."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import ConfigError
from hub.settings import Home
from identity.tables import create_tables
from reports.conditions import chosen, parse_population
from reports.labels import dictionary, label_rules
from reports.people import People, people_of
from tests.pipelines.small_home import make_home
from tests.reports.conftest import Hub
from warehouse.labels import (
    HELD,
    Condition,
    LabelRule,
    contradicting,
    labels_differ,
    labels_on,
    update_labels,
)
from warehouse.snapshots import current_number, reading, snapshot_path

RULES = """
labels:
  - {name: 高龄, kind: rule, rule: "age >= 80", version: 1}
  - {name: 独居, kind: rule, rule: "member_count = 1 & age >= 60", version: 1}
  - {name: 空巢, kind: rule, rule: "member_count >= 2 & household_youngest >= 60", version: 1}
"""
OLD, YOUNG = date(1946, 3, 10), date(1990, 1, 1)
PEOPLE = [  # id, born, household, lives here
    ("alone", OLD, "H1", True), ("pair1", OLD, "H2", True), ("pair2", OLD, "H2", True),
    ("with_son", OLD, "H3", True), ("son", YOUNG, "H3", True), ("nowhere", OLD, None, True),
    ("left_by_wife", OLD, "H4", True), ("wife", OLD, "H4", False), ("unknown", None, "H5", True),
]  # fmt: skip
BEFORE, AFTER = date(2026, 3, 9), date(2026, 3, 10)


@pytest.fixture
def rules(tmp_path: Path) -> tuple[LabelRule, ...]:
    """The rules of a home that has only its dictionary."""
    return label_rules(_home(tmp_path, RULES))


def _home(folder: Path, labels: str) -> Home:
    home = make_home(folder / "home", people=1)
    (home.root / "labels.yaml").write_text(labels, encoding="utf-8")
    return home


def _tables() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    create_tables(connection)
    connection.execute("CREATE TABLE meta (name VARCHAR, value VARCHAR)")
    return connection


@pytest.fixture
def brain() -> duckdb.DuckDBPyConnection:
    """Identity's tables with some people in them."""
    connection = _tables()
    for resident_id, born, household, here in PEOPLE:
        connection.execute(
            "INSERT INTO resident (resident_id, birth_date, birth_year, household_id, lives_here) "
            "VALUES ($1, $2, year($2::DATE), $3, $4)", [resident_id, born, household, here],
        )  # fmt: skip
    return connection


def _held(brain: duckdb.DuckDBPyConnection, label: str) -> set[str]:
    found = brain.execute(
        "SELECT resident_id FROM computed_label WHERE label = ? AND until IS NULL", [label]
    )
    return {row[0] for row in found.fetchall()}


def test_who_has_a_label_is_told_by_its_rule(
    brain: duckdb.DuckDBPyConnection, rules: tuple[LabelRule, ...]
) -> None:
    update_labels(brain, rules, AFTER)
    assert _held(brain, "高龄") == {one for one, born, *_ in PEOPLE if born == OLD}
    assert _held(brain, "独居") == {"alone", "left_by_wife"}
    assert _held(brain, "空巢") == {"pair1", "pair2"}


def test_a_birthday_is_a_change_of_its_day(
    brain: duckdb.DuckDBPyConnection, rules: tuple[LabelRule, ...]
) -> None:
    update_labels(brain, rules, BEFORE)
    assert _held(brain, "高龄") == set()
    assert not labels_differ(brain, rules, BEFORE)
    assert not labels_differ(brain, rules, BEFORE - timedelta(days=1))
    assert labels_differ(brain, rules, AFTER)
    update_labels(brain, rules, AFTER + timedelta(days=5))
    since = brain.execute("SELECT DISTINCT since, basis, version FROM computed_label "
                          "WHERE label = '高龄'").fetchall()  # fmt: skip
    assert since == [(AFTER, "birth_date", 1)]  # the day itself, though the sync came later
    assert labels_on(brain) == AFTER + timedelta(days=5)


def test_what_holds_no_more_ends_and_stays_on_file(
    brain: duckdb.DuckDBPyConnection, rules: tuple[LabelRule, ...]
) -> None:
    update_labels(brain, rules, BEFORE)
    brain.execute("UPDATE resident SET household_id = 'H1' WHERE resident_id = 'son'")
    assert labels_differ(brain, rules, AFTER)
    update_labels(brain, rules, AFTER)
    assert _held(brain, "独居") == {"left_by_wife", "with_son"}
    found = brain.execute("SELECT since, until FROM computed_label "
                          "WHERE label = '独居' AND resident_id = 'alone'").fetchall()  # fmt: skip
    assert found == [(BEFORE, AFTER)]


def test_another_version_of_a_rule_is_another_label(
    brain: duckdb.DuckDBPyConnection, rules: tuple[LabelRule, ...], tmp_path: Path
) -> None:
    update_labels(brain, rules, AFTER)
    second = RULES.replace("age >= 80", "age >= 90").replace("version: 1", "version: 2", 1)
    newer = label_rules(_home(tmp_path / "second", second))
    assert labels_differ(brain, newer, AFTER)
    update_labels(brain, newer, AFTER)
    assert _held(brain, "高龄") == set()
    ended = brain.execute("SELECT DISTINCT version, until FROM computed_label "
                          "WHERE label = '高龄'").fetchall()  # fmt: skip
    assert ended == [(1, AFTER)]


def _grant(brain: duckdb.DuckDBPyConnection, who: str, label: str, until: date | None) -> None:
    brain.execute("INSERT INTO resident_label (resident_id, label, until) VALUES (?, ?, ?)",
                  [who, label, until])  # fmt: skip


def test_a_label_granted_as_far_as_a_day_counts_to_its_end(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    rule = LabelRule("高龄低保", 1, "label:低保", None, (Condition("labels", "has", ("低保",)),))
    for who, until in (("alone", None), ("pair1", AFTER), ("pair2", BEFORE)):
        _grant(brain, who, "低保", until)
    update_labels(brain, [rule], AFTER)
    assert _held(brain, "高龄低保") == {"alone", "pair1"}
    assert labels_differ(brain, [rule], AFTER + timedelta(days=1))  # the day after its last
    never = LabelRule("低保", 1, "age < 18", None, (Condition("age", "<", ("18",)),))
    assert {row[0] for row in contradicting(brain, never, AFTER)} == {"alone", "pair1"}


def test_a_label_that_is_granted_and_computed_is_there_once(
    brain: duckdb.DuckDBPyConnection, rules: tuple[LabelRule, ...]
) -> None:
    for who, until in (("alone", None), ("pair1", AFTER), ("pair2", BEFORE)):
        _grant(brain, who, "高龄", until)
    update_labels(brain, rules, AFTER)
    found = brain.execute(
        f"SELECT resident_id, count(*) FROM {HELD} WHERE label = '高龄' "
        f"AND (until IS NULL OR until >= DATE '{AFTER}') GROUP BY ALL"
    )
    assert set(found.fetchall()) == {(who, 1) for who in _held(brain, "高龄")}


def test_a_label_of_the_dead_ends_with_them(
    brain: duckdb.DuckDBPyConnection, rules: tuple[LabelRule, ...]
) -> None:
    update_labels(brain, rules, AFTER)
    died, left = AFTER + timedelta(days=3), AFTER - timedelta(days=900)
    brain.execute("UPDATE resident SET died_on = ? WHERE resident_id = 'alone'", [died])
    brain.execute("UPDATE resident SET left_on = ? WHERE resident_id = 'pair1'", [left])
    update_labels(brain, rules, AFTER + timedelta(days=30))
    told = dict(brain.execute("SELECT resident_id, until FROM computed_label WHERE label = '高龄' "
                              "AND until IS NOT NULL").fetchall())  # fmt: skip
    assert told == {"alone": died, "pair1": AFTER}  # of who had left before: never before `since`
    brain.execute("UPDATE resident SET died_on = NULL WHERE resident_id = 'alone'")
    update_labels(brain, rules, AFTER + timedelta(days=40))
    assert "alone" in _held(brain, "高龄")  # it was a mistake; that it had ended stays on file
    spans = brain.execute("SELECT since, until FROM computed_label WHERE label = '高龄' "
                          "AND resident_id = 'alone' ORDER BY since").fetchall()  # fmt: skip
    assert spans == [(AFTER, died), (AFTER + timedelta(days=40), None)], "they do not overlap"


def test_what_a_rule_looks_at_is_named_once(rules: tuple[LabelRule, ...]) -> None:
    assert {one.label: one.basis for one in rules} == {
        "高龄": "birth_date",
        "独居": "household_id、birth_date",
        "空巢": "household_id、birth_date",
    }


ONE = _tables()
"""One brain for all examples: making its tables takes longer than what is tried."""


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(-2, 2), min_size=1, max_size=4))
def test_computed_day_by_day_or_at_once_it_is_the_same(days: list[int]) -> None:
    made = [LabelRule("高龄", 1, "age >= 80", None, (Condition("age", ">=", ("80",)),))]
    found = []
    for visited in (days, days[-1:]):
        ONE.execute("DELETE FROM computed_label; DELETE FROM resident; DELETE FROM meta")
        ONE.execute("INSERT INTO resident (resident_id, birth_date) VALUES ('a', ?)", [OLD])
        for day in visited:
            update_labels(ONE, made, AFTER + timedelta(days=day))
        found.append(_held(ONE, "高龄"))
    assert found[0] == found[1] == ({"a"} if days[-1] >= 0 else set())


def test_a_sync_computes_labels_and_a_birthday_publishes(hub: Hub, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", people=6)
    rule = 'labels: [{name: 高龄, kind: rule, rule: "age >= 60", version: 1}]'
    (home.root / "labels.yaml").write_text(rule, encoding="utf-8")
    assert hub("sync", home=home).code == 0
    assert hub("sync", "--json", home=home).json["published"] is None
    with reading(home) as connection:
        (held,) = connection.execute("SELECT count(*) FROM computed_label").fetchall()[0]
    assert held >= 1
    assert hub("status", "--json", home=home).json["labels"]["高龄"] == held
    with people_of(home, None) as (people, _):
        old_ones = chosen(people.frame, parse_population("age >= 60")).height
        assert int(people.value("label:高龄").sum()) == old_ones == held
    _as_of_yesterday(home)
    assert hub("sync", "--json", home=home).json["published"] is not None
    with reading(home) as connection:
        again = connection.execute("SELECT count(*) FROM computed_label").fetchall()[0][0]
    assert again == held


def _as_of_yesterday(home: Home) -> None:
    """The snapshot as if it had been made before the birthdays."""
    from warehouse.duck import attach, connect

    connection = connect(home)
    attach(home, connection, snapshot_path(home, current_number(home) or 0), read_only=False)
    connection.execute("DELETE FROM computed_label")
    connection.execute("UPDATE meta SET value = '2020-01-01' WHERE name = 'labels_on'")
    connection.execute("CHECKPOINT brain")
    connection.close()


@pytest.mark.parametrize("rule", ["age ~ 80", "nonsense = 1", "head_name = 张三", "age >= old"])
def test_a_rule_that_is_not_understood_is_refused(tmp_path: Path, rule: str) -> None:
    home = _home(tmp_path, f'labels: [{{name: 高龄, kind: rule, rule: "{rule}"}}]')
    with pytest.raises(ConfigError) as refused:
        dictionary(home)
    assert "高龄" in refused.value.zh


@pytest.mark.parametrize(
    ("label", "told"),
    [
        ("高龄", {"old": True, "young": False, "year": None, "unknown": None}),
        ("独居", {"old": None, "young": False, "year": None, "unknown": False}),
        ("空巢", {"old": None, "young": False, "year": None, "unknown": False}),
    ],
)
def test_what_is_not_known_is_neither_yes_nor_no(
    rules: tuple[LabelRule, ...], label: str, told: dict[str, bool | None]
) -> None:
    frame = pl.DataFrame({
        "resident_id": ["old", "young", "year", "unknown"],
        "age_least": [85, 30, 79, None], "age_most": [85, 30, 80, None],
        "age": [85, 30, None, None], "member_count": [None, None, None, 3],
        "household_youngest": [None, None, None, 20], "lives_here": [True] * 4,
        "labels": [[{"label": "高龄", "platform": None}], None, None, None],
        "died_on": [None] * 4, "left_on": [None] * 4,
    })  # fmt: skip
    nothing = pl.DataFrame(schema={"resident_id": pl.String, "item": pl.String, "value": pl.String})
    by_label = {one.label: one for one in rules}
    people = People(frame, AFTER, 1, frozenset(by_label), {}, nothing, rules=by_label)
    found = people.value(f"label:{label}").to_list()
    assert dict(zip(frame["resident_id"], found, strict=True)) == told
