"""What an owner gives back is taken in with its provenance, or refused with the reason."""

from pathlib import Path

import pytest
from openpyxl import load_workbook
from small_home import database, id_number, make_home
from steps import Steps

from cli.corrected import Given, by_platform, read_corrections
from cli.workbook import write_workbook
from ledger import Ledger
from pipelines.corrections import Outcome, take_corrections
from tests.made_once import MadeHomes
from warehouse import answers
from warehouse.duck import memory
from warehouse.latest import latest_rows
from warehouse.snapshots import reading

STREAM = ("police", "persons")


def make_doubtful(folder: Path) -> None:
    """Ten people: p0 has neither name nor number, p1 an unknown sex, p2 a bad number."""
    made = Steps(make_home(folder, people=10))
    sex = "sex_code: {from: xb, codes: {甲: 男, 乙: 女}}"
    made.edit("police", "xm, id", f"xm, {sex}, id")
    alter(
        made,
        "ALTER TABLE person ADD COLUMN xb TEXT",
        "UPDATE person SET xb = '甲'",
        "UPDATE person SET xm = '无', sfz = '' WHERE id = 'p0'",
        "UPDATE person SET xb = '=1+1', sfz = '' WHERE id = 'p1'",
        "UPDATE person SET sfz = '510108195301011X' WHERE id = 'p2'",
    )
    made.both(*STREAM)
    made.publish()


@pytest.fixture
def steps(made_homes: MadeHomes, tmp_path: Path) -> Steps:
    return Steps(made_homes.copy("doubtful", make_doubtful, tmp_path / "home"))


def alter(steps: Steps, *statements: str) -> None:
    with database(steps.home, "police") as db:
        for one in statements:
            db.execute(one)


def exported(steps: Steps, path: Path) -> Path:
    with reading(steps.home) as connection:
        aside = answers.quarantine_rows(connection)
        issues = answers.issue_rows(connection)
    write_workbook(path, aside, issues, {})
    return path


def fill(path: Path, texts: dict[tuple[str, str], object]) -> None:
    """Write into `更正为` of the lines of (record key, field)."""
    book = load_workbook(path)
    for sheet in book.worksheets:
        header = [cell.value for cell in sheet[1]]
        at = header.index("更正为") + 1
        locator = header.index("定位码")
        for row in sheet.iter_rows(min_row=2):
            field = str(row[locator].value).rsplit("/", 1)[1]
            if (row[2].value, field) in texts:
                sheet.cell(row[0].row, at).value = texts[row[2].value, field]
    book.save(path)


def given_back(steps: Steps, path: Path) -> tuple[list[Outcome], Given]:
    book, given = steps.ledger, read_corrections(path)
    platforms, done = steps.home.platforms(), []
    try:
        for name, stream, ones in by_platform(given, {"police.persons", "grid.residents"}):
            done += take_corrections(
                steps.home, book, (platforms[name], stream), ones, path.name
            )  # fmt: skip
    finally:
        book.close()
    return done, given


def record(steps: Steps, key: str) -> tuple[object, ...]:
    (row,) = steps.query(
        f"SELECT name, sex_code, id_number, len(issues) FROM resident_record "
        f"WHERE platform = 'police' AND record_key = '{key}'"
    )
    return row


def test_corrections_come_in_and_stay(steps: Steps, tmp_path: Path) -> None:
    path = exported(steps, tmp_path / "给公安.xlsx")
    number = id_number(2)
    texts = {("p0", "name"): "张零", ("p1", "sex_code"): "女", ("p2", "id_number"): number}
    fill(path, texts)
    done, given = given_back(steps, path)
    assert ([one.what for one in done], given.refused) == (["taken"] * 3, [])
    counts = steps.standardise(*STREAM)
    assert (counts.rows, counts.set_aside) == (3, 0)
    steps.publish()
    assert steps.query("SELECT count(*) FROM quarantine") == [(0,)]
    assert record(steps, "p0")[0] == "张零"
    assert record(steps, "p1")[1] == "2"
    assert record(steps, "p2")[2] == number
    pull, _ = steps.both(*STREAM)
    assert (pull.read, pull.stored) == (10, 0), "the platform still says what it said"
    assert [one.what for one in given_back(steps, path)[0]] == ["same"] * 3
    alter(steps, "UPDATE person SET xm = '张正' WHERE id = 'p0'")
    assert steps.pull(*STREAM).stored == 1
    steps.standardise(*STREAM)
    steps.publish()
    assert record(steps, "p0")[0] == "张正", "the platform's own word comes first again"


def test_a_correction_says_where_it_came_from(steps: Steps, tmp_path: Path) -> None:
    path = exported(steps, tmp_path / "给公安.xlsx")
    fill(path, {("p0", "name"): "张零"})
    given_back(steps, path)
    book = steps.ledger
    batch = book.batches(*STREAM)[-1]
    assert book.cursor(*STREAM) is not None
    book.close()
    with memory(steps.home) as connection:
        from warehouse.core import read_raw

        raw = read_raw(steps.home, connection, batch.path)
    assert raw["_origin"].to_list() == ["更正 给公安.xlsx#隔离的记录!2"]
    assert raw["_key"].to_list() == ["p0"]


def test_a_new_mapping_keeps_the_correction(steps: Steps, tmp_path: Path) -> None:
    path = exported(steps, tmp_path / "a.xlsx")
    fill(path, {("p0", "name"): "张零"})
    given_back(steps, path)
    steps.standardise(*STREAM)
    steps.publish()
    steps.edit("police", "乙: 女", "乙: 女, 丙: 女")
    steps.standardise(*STREAM)
    steps.publish()
    assert record(steps, "p0")[0] == "张零"
    assert steps.query("SELECT count(*) FROM quarantine") == [(0,)]


@pytest.mark.parametrize(
    ("old", "new"), [("household_no: hh, ", ""), ("name: xm", "name: xm, phone: dh")]
)
def test_other_columns_keep_the_correction(
    steps: Steps, tmp_path: Path, old: str, new: str
) -> None:
    """All rows are read anew, and the platform says of each what it said."""
    number, path = id_number(2), exported(steps, tmp_path / "a.xlsx")
    fill(path, {("p0", "name"): "张零", ("p1", "sex_code"): "女", ("p2", "id_number"): number})
    given_back(steps, path)
    alter(
        steps,
        "ALTER TABLE person ADD COLUMN dh TEXT",
        "UPDATE person SET dh = '13800001111'",
        "UPDATE person SET xb = '甲' WHERE id = 'p1'",
    )
    steps.edit("police", old, new)
    pull, _ = steps.both(*STREAM)
    assert "2 条归口部门的更正照旧采用。" in pull.notes
    steps.publish()
    assert (record(steps, "p0")[0], record(steps, "p2")[2]) == ("张零", number)
    assert record(steps, "p1")[1] == "1", "of that one the platform says something else"
    assert steps.query("SELECT count(*) FROM quarantine") == [(0,)]
    again, _ = steps.both(*STREAM)
    assert (again.stored, again.notes) == (0, [])


@pytest.mark.parametrize(
    ("key", "field", "text", "says"),
    [
        ("p1", "sex_code", "不知道什么", "更正后仍然不行：代码或说法不在码表里"),
        ("p0", "name", "—", "更正后仍然不行：既没有姓名也没有证件号码"),
        ("p2", "id_number", "510108195301011X", None),
        ("p2", "id_number", 510108195301011299, "被表格软件改成了数字"),
    ],
)
def test_what_is_refused(
    steps: Steps, tmp_path: Path, key: str, field: str, text: object, says: str | None
) -> None:
    path = exported(steps, tmp_path / "a.xlsx")
    fill(path, {(key, field): text})
    done, given = given_back(steps, path)
    (one,) = [*done, *given.refused]
    if says is None:
        assert one.what == "same"
    else:
        assert (one.what, says in one.zh) == ("refused", True), one.zh
    assert steps.standardise(*STREAM).rows == 0


def test_a_row_that_changed_meanwhile_is_stale(steps: Steps, tmp_path: Path) -> None:
    path = exported(steps, tmp_path / "a.xlsx")
    alter(steps, "UPDATE person SET xm = '张新' WHERE id = 'p0'")
    steps.pull(*STREAM)
    fill(path, {("p0", "name"): "张零"})
    (one,), _ = given_back(steps, path)
    assert "导出之后平台改过" in one.zh


def test_every_line_of_the_file_is_accounted_for(steps: Steps, tmp_path: Path) -> None:
    with database(steps.home, "grid") as db:
        db.execute("UPDATE resident SET id = 'g1' WHERE id = 'g2'")
        db.execute("UPDATE resident SET id = '' WHERE id = 'g3'")
    steps.both("grid", "residents")
    steps.publish()
    path = exported(steps, tmp_path / "a.xlsx")
    book = load_workbook(path)
    lines = 0
    for sheet in book.worksheets:
        header = [cell.value for cell in sheet[1]]
        for row in sheet.iter_rows(min_row=2):
            lines += 1
            if lines > 1:
                row[header.index("更正为")].value = "改"
            if lines == 3:
                row[header.index("定位码")].value = "police/persons/x/name"
    book.save(path)
    done, given = given_back(steps, path)
    assert lines == len(done) + len(given.refused) + given.blank
    assert (lines > 5, given.blank) == (True, 1)
    told = {one.zh[:12] for one in given.refused}
    assert {"定位码被改动过，不知道是", "这一行没有主键，或主键与"} <= told


def test_cut_before_the_commit_nothing_is_in_and_again_all_is(
    steps: Steps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = exported(steps, tmp_path / "a.xlsx")
    fill(path, {("p0", "name"): "张零"})

    def cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "commit", cut)
        with pytest.raises(KeyboardInterrupt):
            given_back(steps, path)
    assert steps.standardise(*STREAM).rows == 0
    assert [one.what for one in given_back(steps, path)[0]] == ["taken"]
    assert steps.standardise(*STREAM).rows == 1


def test_latest_rows_knows_only_what_is_stored(steps: Steps) -> None:
    book = steps.ledger
    stored = [steps.home.data / one.path for one in book.batches(*STREAM)]
    book.close()
    with memory(steps.home) as connection:
        assert latest_rows(steps.home, connection, stored, ["0" * 32]) == {}
        assert latest_rows(steps.home, connection, [], ["0" * 32]) == {}
