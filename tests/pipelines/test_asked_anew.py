"""Another table, sheet, condition or mark of deletion in the platform file: all is read anew."""

from pathlib import Path
from shutil import copyfile

import openpyxl
import pytest
from small_home import database, id_number, make_home, put_resident
from steps import Steps

from cli.main import main
from hub.errors import HubError
from ledger.tombstones import begin_removal
from pipelines.sync import run_sync

STREAM = ("grid", "residents")
TABLE = "    table: resident\n"
WATERMARK = "increment: {watermark: updated, overlap: 0s}"
ROSTER = """
platform: roster
title: 名册
owner: {level: street, department: 民政}
connection: {kind: files, path: in}
streams:
  people:
    files: "*.xlsx"
    sheets: [甲]
    key: [编号]
    increment: new_files
    entity: resident
    map: {name: 姓名, id_number: 证件号}
"""


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    """Six residents; what changed last is number 5."""
    made = Steps(make_home(tmp_path / "home", people=6))
    with database(made.home, "grid") as db:
        db.execute("UPDATE resident SET gone = 'Y' WHERE id = 'g1'")
        put_resident(db, 5, updated="2026-02-02 00:00:00")
    return made


def test_a_wider_condition_brings_the_older_rows(steps: Steps) -> None:
    steps.edit("grid", TABLE, f"{TABLE}    where: \"id <> 'g2'\"\n")
    assert steps.pull(*STREAM).read == 5
    steps.edit("grid", "    where: \"id <> 'g2'\"\n", "")
    pull = steps.pull(*STREAM)
    assert (pull.read, pull.stored, pull.unchanged) == (6, 1, 5)
    assert steps.pull(*STREAM).read == 1, "and after that only what is new"


def test_another_database_is_read_from_its_beginning(steps: Steps) -> None:
    steps.pull(*STREAM)
    copyfile(steps.home.root / "grid.db", steps.home.root / "real.db")
    with database(steps.home, "real") as db:
        db.execute("UPDATE resident SET name = '李四' WHERE id = 'g3'")
    steps.edit("grid", "grid.db", "real.db")
    pull = steps.pull(*STREAM)
    assert (pull.read, pull.stored) == (6, 1)


def test_another_mark_of_deletion_is_looked_for_in_all_rows(steps: Steps) -> None:
    steps.both(*STREAM)
    steps.edit("grid", 'when: ["1"]', 'when: ["1", "Y"]')
    pull, _ = steps.both(*STREAM)
    assert (pull.read, pull.stored, pull.unchanged) == (6, 1, 5)
    steps.publish()
    assert steps.query("SELECT count(*) FROM resident_record") == [(5,)]


def test_another_overlap_is_no_reason(steps: Steps) -> None:
    steps.pull(*STREAM)
    steps.edit("grid", "overlap: 0s", "overlap: 1h")
    assert steps.pull(*STREAM).read == 1


def test_a_sheet_more_of_files_that_did_not_change(steps: Steps) -> None:
    (steps.home.root / "in").mkdir()
    (steps.home.root / "platforms" / "roster.yaml").write_text(ROSTER, encoding="utf-8")
    book = openpyxl.Workbook()
    book.active.title = "甲"
    for number, sheet in enumerate((book.active, book.create_sheet("乙"))):
        sheet.append(["编号", "姓名", "证件号"])
        sheet.append([str(number), "张三", id_number(number)])
    book.save(steps.home.root / "in" / "a.xlsx")
    assert steps.pull("roster", "people").stored == 1
    steps.edit("roster", "[甲]", "[甲, 乙]")
    pull = steps.pull("roster", "people")
    assert (pull.read, pull.stored, pull.unchanged) == (2, 1, 1)


def test_a_cut_pull_that_is_begun_anew_counts_anew(
    steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ledger.Ledger.close_pull", cut)
        with pytest.raises(KeyboardInterrupt):
            steps.pull(*STREAM)
    steps.edit("grid", "phone: mobile, ", "")
    pull = steps.pull(*STREAM)
    assert (pull.read, pull.stored + pull.unchanged) == (6, 6)


def test_another_key_is_refused_until_the_records_under_the_old_one_can_go(steps: Steps) -> None:
    assert run_sync(steps.home, ()).failures == []
    steps.edit("grid", f"key: [id]\n    {WATERMARK}", f"key: [idno]\n    {WATERMARK}")
    with pytest.raises(HubError) as caught:
        steps.pull(*STREAM)
    assert "已有的记录是按 id 存的" in caught.value.zh
    assert "hub sync grid --accept-drop" in caught.value.zh
    arguments = ["backfill", "grid", "--from", "2026-01-01", "--to", "2026-03-01"]
    assert main([*arguments, "--home", str(steps.home.root)]) == 2
    steps.edit("grid", WATERMARK, "increment: snapshot")
    (failure,) = run_sync(steps.home, ()).failures
    assert "确实要改：运行 hub sync grid --accept-drop" in failure.zh
    query = "SELECT count(*) FROM resident_record WHERE stream = 'residents'"
    assert steps.query(query) == [(6,)], "and not twelve"
    assert run_sync(steps.home, (), accept_drop=True).failures == []
    steps.edit("grid", "key: [idno]\n    increment: snapshot", f"key: [idno]\n    {WATERMARK}")
    assert run_sync(steps.home, ()).failures == []
    assert steps.query(query) == [(6,)]


def test_who_was_erased_is_not_known_under_another_key(steps: Steps) -> None:
    steps.edit("grid", WATERMARK, "increment: snapshot")
    steps.pull(*STREAM)
    begin_removal(steps.ledger, ["mark"], "r1", "t", "t")
    steps.edit("grid", "key: [id]\n    increment", "key: [idno]\n    increment")
    assert "已依法删除的居民按新的主键认不出来" in steps.pull(*STREAM, accept_drop=True).notes[0]
