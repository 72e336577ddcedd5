"""What the snapshot answers is what a plain look at its tables gives."""

import duckdb
import pytest

from hub.errors import NotFoundError
from identity.golden import make_golden
from identity.views import show
from warehouse.answers import best_known, counts, find, issue_counts, issue_rows, quarantine_rows

Brain = duckdb.DuckDBPyConnection
OWNERS = {"phone": ["street_grid", "police"]}


def _one(brain: Brain, query: str) -> int:
    return int(brain.execute(query).fetchall()[0][0])


def test_counts_agree_with_the_tables(brain: Brain) -> None:
    found = counts(brain)
    assert found.residents == _one(brain, "SELECT count(*) FROM resident WHERE lives_here")
    assert found.people == _one(brain, "SELECT count(DISTINCT resident_id) FROM resident_link")
    assert found.records - found.duplicates == found.people
    assert found.issues == sum(s.issues for s in found.streams)
    assert found.quarantined == len(quarantine_rows(brain)) == 2
    assert [(s.platform, s.stream, s.records) for s in found.streams] == [
        ("police", "residents", 4),
        ("street_grid", "grids", 1),
        ("street_grid", "residents", 3),
    ]


def test_the_former_snapshot_answers_as_it_did(former: Brain) -> None:
    found = counts(former)
    assert (found.records, found.people, found.residents) == (6, 5, 3)


def test_who_died_or_left_counts_no_more(brain: Brain) -> None:
    (dead,) = find(brain, "赵走了")
    assert dead["lives_here"] is False
    assert counts(brain).people == 5


def test_an_ended_label_counts_no_more(brain: Brain) -> None:
    brain.execute("""
        CREATE TEMP TABLE resident_label AS
        FROM brain.resident_label
        SELECT * REPLACE (CASE WHEN label = '低保' THEN DATE '2020-01-01' END AS until)""")
    brain.execute("SET search_path = 'temp,brain.main'")
    assert counts(brain).labels == {"党员": 1}


def test_issues(brain: Brain) -> None:
    assert [row["raw"] for row in issue_rows(brain)] == ["不详53"]
    assert issue_counts(brain, ["police"]) == []


def test_the_winner_is_the_golden_value(brain: Brain) -> None:
    """`show` and the golden query choose by the same ranks."""
    brain.execute("CREATE TEMP TABLE members AS SELECT resident_id, record_id FROM resident_link")
    for owners in ({}, OWNERS, {"phone": ["police"], "residence_address": ["street_grid"]}):
        make_golden(brain, owners)
        cursor = brain.execute("SELECT * FROM golden")
        names = [column[0] for column in cursor.description or ()]
        for row in cursor.fetchall():
            golden = dict(zip(names, row, strict=True))
            said = show(brain, golden["resident_id"], owners).said
            for field, values in said.items():
                shown = golden["stated_grid" if field == "grid_code" else field]
                assert [one.value for one in values if one.won] == [shown], field


def test_nobody(brain: Brain) -> None:
    with pytest.raises(NotFoundError):
        show(brain, "R", OWNERS)


def test_the_best_known(brain: Brain) -> None:
    known = best_known(brain)
    assert known is not None
    assert show(brain, known, OWNERS).golden["platforms"] == 2
