"""`hub quarantine replay`: a corrected file or mapping, taken in and published without a pull."""

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook
from small_home import database, make_home
from steps import Steps

from cli.main import main
from pipelines.sync import run_sync


def test_replay_takes_in_a_file_and_a_mapping(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = Steps(make_home(tmp_path / "home", people=6))
    with database(steps.home, "police") as db:
        db.execute("UPDATE person SET xm = '', sfz = '' WHERE id IN ('p0', 'p1')")
    assert run_sync(steps.home).status == "ok"
    home, path = ["--home", str(steps.home.root)], tmp_path / "隔离.xlsx"
    assert main(["quarantine", "export", "--out", str(path), *home]) == 0
    book = load_workbook(path)
    header = [cell.value for cell in book["隔离的记录"][1]]
    book["隔离的记录"].cell(2, header.index("更正为") + 1).value = "张零"
    book.save(path)
    capsys.readouterr()
    steps.edit("police", "name: xm", "name: [xm, hh]")  # two maps: the second where xm is blank
    assert main(["quarantine", "replay", "police", "--from", str(path), "--json", *home]) == 3
    answer = json.loads(capsys.readouterr().out)
    assert "请在平台更正" in answer["corrections"][0]["zh"]
    steps.edit("police", "name: [xm, hh]", "name: xm")
    assert main(["quarantine", "replay", "--from", str(path), *home]) == 0
    said = capsys.readouterr().out
    assert "采用 1 处" in said
    assert "隔离的记录 2 → 1 行" in said or "隔离的记录 0 → 1 行" in said
    assert steps.query("SELECT name FROM resident_record WHERE record_key = 'p0'") == [("张零",)]
    assert main(["quarantine", "replay", *home]) == 0
    assert "没有新的变化" in capsys.readouterr().out
    assert main(["quarantine", "replay", "--from", str(tmp_path / "no.xlsx"), *home]) == 2
    assert "打不开" in capsys.readouterr().err


def test_a_column_that_was_never_pulled_empties_no_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    steps = Steps(make_home(tmp_path / "home", people=6))
    home = ["--home", str(steps.home.root)]
    assert run_sync(steps.home).status == "ok"
    names = steps.query("SELECT record_key, name FROM resident_record ORDER BY ALL")
    steps.edit("police", "name: xm", "name: xingming")
    assert main(["quarantine", "replay", "police", *home]) == 1
    assert "xingming）还没有取过，仍照原来的：请先运行 hub sync police" in capsys.readouterr().err
    assert run_sync(steps.home).failures
    assert steps.query("SELECT record_key, name FROM resident_record ORDER BY ALL") == names
    with database(steps.home, "police") as db:
        db.execute("ALTER TABLE person RENAME COLUMN xm TO xingming")
    assert run_sync(steps.home).status == "ok"
    assert steps.query("SELECT record_key, name FROM resident_record ORDER BY ALL") == names


def test_what_a_renamed_column_leaves_empty_is_told_where_rows_come_once(tmp_path: Path) -> None:
    steps = Steps(make_home(tmp_path / "home", people=6))
    with database(steps.home, "police") as db:
        db.execute("ALTER TABLE person ADD COLUMN wait TEXT DEFAULT '0'")
    steps.edit("police", "increment: snapshot", "increment: {flag: wait}")
    assert run_sync(steps.home).status == "ok"
    with database(steps.home, "police") as db:
        db.execute("ALTER TABLE person RENAME COLUMN xm TO xingming")
        db.execute("UPDATE person SET wait = '1' WHERE id <> 'p1'")
    steps.edit("police", "name: xm", "name: xingming")
    report = run_sync(steps.home)
    (police,) = [one for one in report.pulls if one.platform == "police"]
    assert police.read == 1
    assert "以前取的数据里没有列 xingming" in police.notes[-1]
    assert not [one for one in run_sync(steps.home).pulls if "以前取的" in "".join(one.notes)]
