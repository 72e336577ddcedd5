"""A source that changes its shape or its codes is noticed, told, and kept from doing harm."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_home import database, make_home
from steps import Steps

from ledger.changes import Change as Noted
from ledger.changes import accept_changes, changes
from pipelines.drift import changes_between, tell
from serving.reading.glance import glance
from tests.made_once import MadeHomes

STREAM = ("police", "persons")
KEPT = "    entity: resident"


def make_steady(folder: Path) -> None:
    made = Steps(make_home(folder, people=30))
    made.edit("police", "xm, id", "xm, sex_code: xb, id")
    alter(made, "ALTER TABLE person ADD COLUMN xb TEXT", "UPDATE person SET xb = '1'")
    made.both(*STREAM)
    made.publish()


@pytest.fixture
def steps(made_homes: MadeHomes, tmp_path: Path) -> Steps:
    return Steps(made_homes.copy("steady", make_steady, tmp_path / "home"))


def alter(steps: Steps, *statements: str) -> None:
    with database(steps.home, "police") as db:
        for one in statements:
            db.execute(one)


def noted(steps: Steps) -> list[Noted]:
    ledger = steps.ledger
    found = changes(ledger, "police")
    ledger.close()
    return found


def accept(steps: Steps) -> None:
    ledger = steps.ledger
    assert accept_changes(ledger, "police")
    ledger.close()


def test_new_column_is_told_once_and_read_on(steps: Steps) -> None:
    alter(steps, "ALTER TABLE person ADD COLUMN beizhu TEXT")
    told = ["和上次相比，新增了列 beizhu（映射没有用到）。"]
    assert steps.pull(*STREAM).notes == told
    ((pull,), _) = glance(steps.home.data / "ledger.sqlite")
    assert list(pull.changes) == told
    assert steps.pull(*STREAM).notes == []
    assert [one.status for one in noted(steps)] == ["told"]


def test_renamed_column_stops_the_stream_and_is_named(steps: Steps) -> None:
    alter(steps, "ALTER TABLE person RENAME COLUMN xm TO xingming")
    for _ in range(2):
        assert "请把映射里的 xm 改为 xingming" in steps.refused(*STREAM)
    assert [one.status for one in noted(steps)] == ["broken"], "the same is noted once"
    steps.edit("police", "name: xm", "name: xingming")
    pull, counts = steps.both(*STREAM)
    assert (pull.read, pull.stored, counts.set_aside) == (30, 30, 0)
    steps.publish()
    assert steps.query("SELECT count(name) FROM resident_record") == [(30,)]
    assert [one.status for one in noted(steps)] == ["told"]


def test_what_is_set_aside_counts_once_though_all_is_read_anew(steps: Steps) -> None:
    """Older rows are standardised again under the new mapping; this pull's stand beside them."""
    alter(
        steps,
        "UPDATE person SET xm = NULL, sfz = NULL WHERE rowid <= 2",
        "UPDATE person SET xb = '7' WHERE rowid = 9",
    )
    pull, counts = steps.both(*STREAM)
    assert counts.of(pull.pull_id) == (2, 1, 0)
    alter(steps, "ALTER TABLE person RENAME COLUMN xm TO xingming")
    steps.edit("police", "name: xm", "name: xingming")
    pull, counts = steps.both(*STREAM)
    assert pull.read == 30
    assert counts.set_aside > 2, "the older ones too"
    assert counts.of(pull.pull_id) == (2, 14, 0), "13 women whom the column has as men"


def test_dropped_column_stops_whatever_the_contract(steps: Steps) -> None:
    alter(steps, "ALTER TABLE person DROP COLUMN hh")
    assert "没有了列 hh" in steps.refused(*STREAM)
    assert steps.query("SELECT count(household_no) FROM resident_record") == [(30,)]


def test_retyped_column_is_told(steps: Steps) -> None:
    alter(
        steps,
        "CREATE TABLE other (id TEXT PRIMARY KEY, xm, sfz, hh DATE, jzlx, xb TEXT)",
        "INSERT INTO other SELECT * FROM person",
        "DROP TABLE person",
        "ALTER TABLE other RENAME TO person",
    )
    assert steps.pull(*STREAM).notes == ["和上次相比，列 hh 的类型由未知变成了日期。"]


def test_stop_waits_for_a_yes(steps: Steps) -> None:
    steps.edit("police", KEPT, f"    contract: stop\n{KEPT}")
    alter(steps, "ALTER TABLE person ADD COLUMN beizhu TEXT", "UPDATE person SET xm = '改' || id")
    for _ in range(2):
        assert "hub changes accept police" in steps.refused(*STREAM)
    assert [one.status for one in noted(steps)] == ["stopped"]
    accept(steps)
    assert steps.pull(*STREAM).stored == 30
    assert [one.status for one in noted(steps)] == ["accepted"]


def test_stop_forgets_a_change_that_was_taken_back(steps: Steps) -> None:
    steps.edit("police", KEPT, f"    contract: stop\n{KEPT}")
    alter(steps, "ALTER TABLE person ADD COLUMN beizhu TEXT")
    assert steps.refused(*STREAM)
    alter(steps, "ALTER TABLE person DROP COLUMN beizhu")
    steps.both(*STREAM)
    assert noted(steps) == []


def test_few_unknown_codes_are_told_and_become_issues(steps: Steps) -> None:
    alter(steps, "UPDATE person SET xb = '甲' WHERE id IN ('p1', 'p2')")
    _, counts = steps.both(*STREAM)
    assert counts.with_issues == 2
    (told,) = steps.notes(*STREAM)
    assert told.startswith("和上次相比，性别有 1 种新的不认识的写法，共 2 行。")
    assert "甲" not in told, "it may be anything, a name too"
    steps.publish()
    alter(steps, "UPDATE person SET xb = '甲', xm = '新名' WHERE id = 'p3'")
    steps.both(*STREAM)
    assert steps.notes(*STREAM) == [], "the same writing is no news"
    steps.publish()
    alter(steps, "UPDATE person SET xb = '甲', xm = '新名' WHERE id = 'p4'")
    alter(steps, "UPDATE person SET xb = '乙' WHERE id = 'p5'")
    steps.both(*STREAM)
    (told,) = steps.notes(*STREAM)
    assert "1 种新的不认识的写法，共 1 行" in told, "rows of the other writing are not of this one"


def test_another_code_system_is_kept_out_until_the_mapping_knows_it(steps: Steps) -> None:
    alter(steps, "UPDATE person SET xb = 'T5', sfz = NULL")
    for _ in range(2):
        assert "疑似平台换了一套代码" in steps.refused(*STREAM)
    pulls, _ = glance(steps.home.data / "ledger.sqlite")
    assert [one.stream for one in pulls if one.waits] == ["persons"]
    steps.publish()
    assert steps.query("SELECT count(*) FROM resident_record WHERE sex_code IS NULL") == [(0,)]
    steps.edit("police", "sex_code: xb", "sex_code: {from: xb, codes: {T5: 女, '1': 男}}")
    steps.both(*STREAM)
    steps.publish()
    assert steps.query("SELECT DISTINCT sex_code FROM resident_record") == [("2",)]
    assert noted(steps) == [], "nothing waits any more"


def test_another_code_system_may_be_accepted(steps: Steps) -> None:
    alter(steps, "UPDATE person SET xb = 'T5', sfz = NULL")
    assert steps.refused(*STREAM)
    accept(steps)
    assert steps.standardise(*STREAM).with_issues == 30


def test_stop_keeps_any_new_code_out(steps: Steps) -> None:
    steps.edit("police", KEPT, f"    contract: stop\n{KEPT}")
    alter(steps, "UPDATE person SET xb = '甲' WHERE id = 'p1'")
    assert "这一批留在原始区" in steps.refused(*STREAM)
    accept(steps)
    assert steps.standardise(*STREAM).with_issues == 1


def test_set_aside_keeps_the_old_record_and_quarantines_the_new(steps: Steps) -> None:
    steps.edit("police", KEPT, f"    contract: set_aside\n{KEPT}")
    alter(steps, "UPDATE person SET xb = '甲', xm = '新名' WHERE id IN ('p1', 'p2')")
    pull, counts = steps.both(*STREAM)
    assert (pull.stored, counts.set_aside) == (2, 2)
    steps.publish()
    found = steps.query("SELECT record_key, field, raw, reason FROM quarantine ORDER BY 1")
    assert found == [(key, "sex_code", "甲", "unknown_code") for key in ("p1", "p2")]
    assert steps.query("SELECT count(*) FROM resident_record WHERE name = '新名'") == [(0,)]
    assert steps.query("SELECT count(*) FROM resident_record") == [(30,)]


def test_where_every_row_is_set_aside_the_next_sync_goes_on(steps: Steps) -> None:
    steps.edit("police", KEPT, f"    contract: set_aside\n{KEPT}")
    alter(steps, "DELETE FROM person")
    steps.pull(*STREAM, accept_drop=True)
    alter(steps, "INSERT INTO person (id, xm, xb) VALUES ('p99', '新来', '甲')")
    assert steps.both(*STREAM)[1].set_aside == 1
    steps.publish()
    assert steps.query("SELECT count(*) FROM resident_record") == [(0,)]
    alter(steps, "UPDATE person SET xb = '乙'")
    assert steps.both(*STREAM)[1].set_aside == 1


NAMES = st.lists(
    st.sampled_from(["id", "xm", "xb", "phone", "phone_no", "地址", "备注"]), unique=True
)
KINDS = st.sampled_from(["文字", "整数", "时间", ""])


@given(NAMES, NAMES, st.data())
def test_every_difference_is_told_and_only_differences(
    before: list[str], after: list[str], data: st.DataObject
) -> None:
    last = {name: data.draw(KINDS) for name in before}
    now = {name: data.draw(KINDS) for name in after}
    found = changes_between(last, now, ["id"])
    gone = {one.column for one in found if one.what in ("gone", "renamed")}
    new = {one.column for one in found if one.what == "new"}
    new |= {one.other for one in found if one.what == "renamed"}
    assert gone == last.keys() - now.keys()
    assert new == now.keys() - last.keys()
    retyped = {one.column for one in found if one.what == "retyped"}
    assert retyped == {name for name in last.keys() & now.keys() if last[name] != now[name]}
    assert bool(tell(found)) == (list(last.items()) != list(now.items()) and last != now)
