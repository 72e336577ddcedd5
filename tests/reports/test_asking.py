"""What nobody holds is asked once for each person, and its answer fills every form from then on."""

import shutil
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment

from hub.settings import Home
from reports.answers_in import Answer, checked_values, take_answers
from reports.ask_lists import LOCATOR, NOT_ASKED, item_of, write_lists
from reports.asking import questions
from reports.form_file import load_form, load_forms, save_form
from reports.overlap import overlap
from reports.people import people_of, sources_of
from reports.register import Sent, register
from tests.pipelines.small_home import database, make_home
from tests.reports.conftest import Hub
from warehouse.answers import rows
from warehouse.snapshots import reading


def _form(home: Home, folder: Path, name: str, headers: list[str], population: str) -> None:
    book = Workbook()
    book.active.append(headers)
    book.save(folder / f"{name}.xlsx")
    register(home, folder / f"{name}.xlsx", Sent("民政", population=population))


@pytest.fixture
def asked(home: Home, tmp_path: Path) -> Home:
    """Two forms that both want a bank account and the ethnicity."""
    _form(home, tmp_path, "发放表", ["姓名", "身份证号", "银行卡号", "民族"], "residents")
    _form(
        home, tmp_path, "核对表", ["姓名", "身份证号码", "开户账号", "民族", "年龄"], "label:低保"
    )
    return home


def test_each_thing_is_asked_once_of_each_person(asked: Home) -> None:
    with people_of(asked, None) as (people, _):
        found = questions(load_forms(asked), people)
        names = dict(people.frame.select("resident_id", "name").iter_rows())
    pairs = {(names[i], item): forms for i, item, forms in found.iter_rows()}
    assert len(pairs) == found.height
    assert pairs["张三丰", "other:银行账号"] == ["发放表", "核对表"]
    assert pairs["王小红", "other:银行账号"] == ["发放表"]
    assert ("张三丰", "birth_date") not in pairs
    assert {item for _, item in pairs} == {"other:银行账号", "ethnicity_code"}


def test_nobody_is_asked_for_a_notice_that_may_not_be_filled(home: Home, tmp_path: Path) -> None:
    _form(home, tmp_path, "发放公示", ["姓名", "银行卡号"], "residents")
    with people_of(home, None) as (people, _):
        assert questions(load_forms(home), people).is_empty()


def _answered(path: Path, values: dict[str, str]) -> list[str]:
    """Fill the blank cells of the first person; return the headings of what was asked."""
    book = load_workbook(path)
    sheet = book.active
    headings = [cell.value for cell in sheet[1]]
    for column, heading in enumerate(headings, 1):
        item = item_of(heading)
        if item in values:
            for row in range(2, sheet.max_row + 1):
                if sheet.cell(row, column).value != NOT_ASKED:
                    sheet.cell(row, column, values[item])
                    break
    book.save(path)
    return headings


def test_answers_fill_every_form_from_then_on(hub: Hub, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", people=6)
    assert hub("sync", home=home).code == 0
    _form(home, tmp_path, "发放表", ["姓名", "身份证号", "银行卡号", "民族"], "residents")
    ran = hub("form", "ask", "--out", tmp_path / "清单", "--json", home=home).json
    path = Path(ran["lists"][0]["path"])
    assert path.stat().st_mode & 0o077 == 0
    headings = _answered(path, {"other:银行账号": "6222000000001234567", "ethnicity_code": "彝族"})
    assert headings[-1] == LOCATOR
    told = hub("form", "answer", path, "--json", home=home)
    assert (told.code, told.json["taken"], told.json["synced"]) == (0, 2, True)
    assert [one.name for one in (home.root / "collected").iterdir()] == ["answers-0.csv"]
    out = tmp_path / "发放.xlsx"
    filled = hub("form", "fill", "发放表", "--out", out, "--json", home=home).json
    by = {one["item"]: one["filled"] for one in filled["columns"]}
    assert (filled["rows"], by["other:银行账号"], by["ethnicity_code"]) == (6, 1, 1)
    cells = {cell.value for row in load_workbook(out).active for cell in row}
    assert {"6222000000001234567", "彝族"} <= cells
    again = hub("form", "ask", "--out", tmp_path / "再问", "--json", home=home).json
    assert again["questions"] == ran["questions"] - 2
    with reading(home) as connection:
        mine = rows(
            connection,
            """
            SELECT name, ethnicity_code FROM resident_record
            WHERE platform = 'collected' AND id_status = 'valid'""",
        )
        assert mine == [{"name": None, "ethnicity_code": "07"}], "what was not asked is no answer"
        assert rows(connection, "SELECT count(*) AS n FROM resident") == [{"n": 6}]
    kept = b"".join(one.read_bytes() for one in (home.data / "collected").iterdir())
    assert b"6222000000001234567" not in kept
    assert hub("sync", "collected", home=home).code == 0  # its files are gone, its answers not
    assert hub("platform", "check", "collected", home=home).code == 0  # which is nothing amiss
    shutil.rmtree(home.root / "collected")  # which no backup holds
    assert hub("sync", home=home).code == 0


def test_an_answer_that_makes_no_sense_is_refused_without_its_value(
    asked: Home, hub: Hub, tmp_path: Path
) -> None:
    made = hub("form", "ask", "--out", tmp_path / "清单", "--json", home=asked).json["lists"][0]
    _answered(Path(made["path"]), {"ethnicity_code": "火星族人"})
    ran = hub("form", "answer", made["path"], home=asked)
    assert "退回 1 格" in ran.out
    assert "民族看不懂" in ran.out
    log = asked.data / "hub.log"
    logged = log.read_text(encoding="utf-8") if log.exists() else ""
    assert "火星" not in ran.out + ran.err + logged


def test_formulas_and_two_answers_to_one_question_are_refused(
    asked: Home, hub: Hub, tmp_path: Path
) -> None:
    made = hub("form", "ask", "--out", tmp_path / "清单", "--json", home=asked).json["lists"][0]
    path = Path(made["path"])
    headings = _answered(path, {"ethnicity_code": "彝族", "other:银行账号": "=1+1"})
    book = load_workbook(path)
    sheet = book.active
    sheet.append([cell.value for cell in sheet[2]])  # the same person once more
    nth = next(n for n, one in enumerate(headings, 1) if item_of(one) == "ethnicity_code")
    sheet.cell(sheet.max_row, nth).value = "汉族"
    book.save(path)
    ran = hub("form", "answer", path, home=asked)
    assert ran.out.count("是公式") == 2
    assert ran.out.count("另有不同的答案") == 2
    assert "彝族" not in ran.out


def test_a_field_is_told_of_without_a_value(asked: Home, hub: Hub) -> None:
    told = hub("form", "ask", "身份证号", "--json", home=asked).json
    assert (told["item"], told["concerned"], told["held"]) == ("id_number", 3, 3)
    assert [one["platform"] for one in told["holders"]] == ["police"]
    assert told["forms"] == ["发放表", "核对表"]
    assert "不要再收集" in hub("form", "ask", "id_number", home=asked).out
    assert hub("form", "ask", "从没听说过", home=asked).code == 1
    form = load_form(asked, "核对表")
    (sheet,) = form.sheets
    column = sheet.columns[-1].model_copy(update={"header": "走访小结", "item": "other:走访"})
    sheet = sheet.model_copy(update={"columns": (*sheet.columns[:-1], column)})
    save_form(asked, form.model_copy(update={"sheets": (sheet,)}))
    by_header = hub("form", "ask", "走访小结", "--json", home=asked).json
    assert (by_header["item"], by_header["forms"]) == ("other:走访", ["核对表"])
    assert "标签" in hub("form", "ask", "label:不存在的", home=asked).err
    assert hub("form", "ask", home=asked).code == 2


def test_overlap_counts_the_burden(asked: Home, hub: Hub, tmp_path: Path) -> None:
    told = hub("form", "overlap", "--json", "--out", tmp_path / "重复.html", home=asked).json
    assert (told["forms"], told["fields_before"], told["fields_after"]) == (2, 9, 5)
    assert told["cells_asked"] == 3 * 4 + 1 * 5
    assert told["cells_answered"] == 3 * 2 + 3
    assert told["answered_share"] == round(9 / 17, 4)
    assert told["cells_to_ask_once"] == 6
    assert told["names"]["id_number"] == ["身份证号", "身份证号码"]
    page = (tmp_path / "重复.html").read_text(encoding="utf-8")
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    hub("form", "overlap", "--out", tmp_path / "重复.xlsx", home=asked)
    assert load_workbook(tmp_path / "重复.xlsx").sheetnames == [
        "概况", "各表", "表与项目", "同项异名", "相近的表",
    ]  # fmt: skip


def _list(home: Home, hub: Hub, folder: Path) -> tuple[Path, Workbook]:
    made = hub("form", "ask", "--out", folder, "--json", home=home).json["lists"][0]
    return Path(made["path"]), load_workbook(made["path"])


def _at(book: Workbook, item: str) -> int:
    return next(n for n, one in enumerate(book.active[1], 1) if item_of(one.value) == item)


def test_a_column_with_a_changed_heading_is_told_of(asked: Home, hub: Hub, tmp_path: Path) -> None:
    path, book = _list(asked, hub, tmp_path / "清单")
    sheet, nth = book.active, _at(book, "ethnicity_code")
    sheet.cell(1, nth).value, sheet.cell(2, nth).value = "民族情况", "彝族"
    sheet.cell(1, sheet.max_column + 1).value = "走访备注"
    sheet.cell(2, sheet.max_column).value = "已搬走"
    sheet.insert_rows(1)
    sheet["A1"] = "第一网格清单"  # a title above the header does no harm
    book.create_sheet("另一张")["A1"] = "漏写的人"
    book.save(path)
    told = hub("form", "answer", path, "--json", home=asked).json
    assert (told["given"], told["taken"]) == (2, 0)
    assert [next(x for x in ("民族情况", "走访备注", "另一张") if x in one)
            for one in told["refused"]] == ["民族情况", "走访备注", "另一张"]  # fmt: skip
    assert "已搬走" not in str(told)


def test_a_list_without_locators_is_refused(asked: Home, hub: Hub, tmp_path: Path) -> None:
    path, book = _list(asked, hub, tmp_path / "清单")
    book.active.delete_cols(book.active.max_column)
    book.save(path)
    ran = hub("form", "answer", path, home=asked)
    assert ran.code != 0
    assert "定位码" in ran.err


def test_a_row_that_slipped_and_a_damaged_number_are_refused(
    asked: Home, hub: Hub, tmp_path: Path
) -> None:
    path, book = _list(asked, hub, tmp_path / "清单")
    sheet, nth, number = book.active, _at(book, "ethnicity_code"), _at(book, "other:银行账号")
    sheet.cell(2, nth).value = "彝族"
    sheet.cell(3, number).value = 6222000000001234567
    sheet.cell(2, 1).value = "王某某"
    book.save(path)
    told = hub("form", "answer", path, "--json", home=asked).json
    assert (told["given"], told["taken"]) == (2, 0)
    assert "数字格式" in told["refused"][0]
    assert "对不上" in told["refused"][1]


def test_what_only_says_whom_a_row_is_about_is_not_taken_and_told_of(
    asked: Home, hub: Hub, tmp_path: Path
) -> None:
    path, book = _list(asked, hub, tmp_path / "清单")
    sheet, phone = book.active, [one.value for one in book.active[1]].index("电话") + 1
    row = next(n for n in range(2, sheet.max_row + 1) if sheet.cell(n, phone).value)
    untouched = hub("form", "answer", path, "--json", home=asked).json
    assert (untouched["given"], untouched["notes"]) == (0, [])
    sheet.cell(row, phone).value = "13512345678"
    book.save(path)
    told = hub("form", "answer", path, "--json", home=asked).json
    assert (told["given"], told["taken"], told["refused"]) == (0, 0, [])
    (note,) = told["notes"]
    assert "电话一列有 1 格" in note
    assert "--field phone" in note
    assert "13512345678" not in note
    assert note in hub("form", "answer", path, home=asked).out.replace("\n", "")


def test_an_old_list_handed_in_late_is_told_of(asked: Home, hub: Hub, tmp_path: Path) -> None:
    path, book = _list(asked, hub, tmp_path / "清单")
    sheet, nth = book.active, _at(book, "other:银行账号")
    notes = []
    for number in ("6222000000000011", "6222000000000011", "6222000000000029"):
        sheet.cell(2, nth).value = number
        book.save(path)
        told = hub("form", "answer", path, "--json", home=asked).json
        assert (told["taken"], told["refused"]) == (1, [])
        notes.append(told["notes"])
    assert notes[:2] == [[], []]
    assert "1 格与库里已有的不同" in notes[2][0]
    assert "6222" not in notes[2][0]


@pytest.mark.parametrize(
    ("item", "said", "read"),
    [("phone", "13800138000/13900139000", None), ("spouse_phone", "1380", None),
     ("spouse_phone", "138 0013 8000", "13800138000"), ("spouse_id_number", "123", None),
     ("birth_date", "2027-01-01", None), ("birth_date", "2026-11-23", "2026-11-23"),
     ("since:低保", "2027-01-01", None), ("until:低保", "2027-01-01", "2027-01-01"),
     ("other:银行账号", "6.222E+15", None), ("other:银行账号", "6222 ００01 234", "62220001234"),
     ("other:紧急联系人姓名", "13812345678", None), ("other:紧急联系人姓名", "李四", "李四"),
     ("residence_address", "13812345678", None),
     ("residence_address", "幸福里1-2-3", "幸福里1-2-3"),
     ("label:孤儿", "√", "是"), ("label:孤儿", "没有", "否"), ("label:孤儿", "也许", None)],
)  # fmt: skip
def test_an_answer_of_the_wrong_kind_is_not_taken(item: str, said: str, read: str | None) -> None:
    assert checked_values(item, [said], date(2026, 11, 23)) == [read]


def test_no_row_and_no_error_of_a_list_is_passed_over(
    asked: Home, hub: Hub, tmp_path: Path
) -> None:
    path, book = _list(asked, hub, tmp_path / "清单")
    sheet, row = book.active, book.active.max_row + 1
    sheet.cell(row, 1).value = "新搬来的人"
    sheet.cell(2, _at(book, "other:银行账号")).value = "#N/A"
    book.save(path)
    told = hub("form", "answer", path, "--json", home=asked).json
    assert (told["given"], told["taken"]) == (1, 0)
    assert f"第 {row} 行没有定位码" in told["refused"][0]
    assert "出错的公式" in told["refused"][1]
    assert "新搬来的人" not in str(told)


def test_an_answer_reaches_the_resident_whom_its_person_was_merged_into(
    hub: Hub, tmp_path: Path
) -> None:
    home = make_home(tmp_path / "home", people=4)
    with database(home, "grid") as grid:
        grid.execute("UPDATE resident SET idno = NULL, name = '张小未', addr = '龙港花园9-1-1' "
                     "WHERE id = (SELECT max(id) FROM resident)")  # fmt: skip
    assert hub("sync", "police", home=home).code == 0  # so that theirs is the older id
    assert hub("sync", home=home).code == 0
    _form(home, tmp_path, "发放表", ["姓名", "身份证号", "银行卡号", "民族"], "residents")
    path, book = _list(home, hub, tmp_path / "清单")
    sheet = book.active
    names = [row[0].value for row in sheet.iter_rows(min_row=2)]
    row = names.index("张小未") + 2
    locator = sheet.cell(row, sheet.max_column).value
    sheet.cell(row, _at(book, "ethnicity_code")).value = "彝族"
    sheet.cell(row, _at(book, "other:银行账号")).value = "6222000000001234567"
    book.save(path)
    with database(home, "police") as police:  # it is the one whom the police know by this number
        (number,) = police.execute("SELECT max(sfz) FROM person").fetchone()
    with database(home, "grid") as grid:
        grid.execute("UPDATE resident SET idno = ?, updated = '2027-01-01 00:00:00' "
                     "WHERE name = '张小未'", [number])  # fmt: skip
    assert hub("sync", home=home).code == 0
    told = hub("form", "answer", path, "--json", home=home).json
    assert told["taken"] == 2, told
    with people_of(home, None) as (people, _):
        assert people.frame.height == 4
        assert locator not in people.frame["resident_id"]
        held = [people.value(one).drop_nulls().to_list()
                for one in ("ethnicity_code", "other:银行账号")]  # fmt: skip
    assert held == [["07"], ["6222000000001234567"]]


def test_two_grids_of_one_name_have_a_list_each(asked: Home, tmp_path: Path) -> None:
    with people_of(asked, None) as (people, _):
        found = questions(load_forms(asked), people)
        first = found["resident_id"].sort()[0]  # the others of whom something is asked: the second
        code = pl.when(pl.col("resident_id") == first).then(pl.lit("510108019006001"))
        frame = people.frame.with_columns(
            grid_code=code.otherwise(pl.lit("510108019007001")),
            grid_name=pl.lit("第一网格"),
            worker_name=pl.lit(None),
        )
        made = write_lists(people.of(frame), found, tmp_path / "清单")
    assert sum(one.questions for one in made) == found.height
    assert {one.path.name for one in made} == {
        f"第一网格-51010801900{n}001.xlsx" for n in (6, 7)
    }  # fmt: skip


def test_an_answered_day_of_a_label_and_a_number_without_digits(hub: Hub, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", people=3)
    assert hub("sync", home=home).code == 0
    with people_of(home, None) as (people, _):
        whose = people.frame["resident_id"][0]
        said = [Answer("一", whose, "since:低保", "2024年1月5日"),
                Answer("二", whose, "other:银行账号", "卡丢了")]  # fmt: skip
        done = take_answers(home, people, said, {})
    assert (done.taken, len(done.refused)) == (1, 1)
    with people_of(home, None) as (people, _):
        assert people.value("since:低保").drop_nulls().to_list() == [date(2024, 1, 5)]


def test_what_was_answered_is_told_to_be_answered(asked: Home) -> None:
    with people_of(asked, None) as (people, connection):
        whose = people.frame.filter(people.value("label:低保"))["resident_id"][0]
        alone = people.frame.filter(pl.col("spouse_name").is_null())["resident_id"][0]
        said = [Answer("一", whose, "since:低保", "2024-01-05"),
                Answer("二", alone, "spouse_name", "王小红"),
                Answer("三", whose, "label:孤儿", "否")]  # fmt: skip
        assert take_answers(asked, people, said, {}).taken == 3
    with people_of(asked, None) as (people, connection):
        items = ["since:低保", "spouse_name", "label:孤儿", "label:低保"]
        about = [whose, alone, whose, whose]
        sources = zip(sources_of(asked, connection, people, items), about, strict=True)
        told = [one.filter(pl.col("resident_id") == who)["platform"].to_list()
                for one, who in sources]  # fmt: skip
        assert told == [["collected"], ["collected"], ["collected"], ["street_grid"]]


def test_an_answer_lacks_nothing_that_it_was_not_asked(hub: Hub, tmp_path: Path) -> None:
    home = make_home(tmp_path / "home", people=3)
    assert hub("sync", home=home).code == 0
    _form(home, tmp_path, "登记表", ["姓名", "身份证号", "文化程度", "民族"], "residents")
    made = hub("form", "ask", "--out", tmp_path / "清单", "--json", home=home).json["lists"][0]
    _answered(Path(made["path"]), {"education_code": "大专", "ethnicity_code": "彝族"})
    assert hub("form", "answer", made["path"], "--json", home=home).json["taken"] == 2
    assert hub("correction", "export", "--out", tmp_path / "核对", home=home).code == 0
    assert not (tmp_path / "核对" / "collected.xlsx").exists()


def test_a_form_struck_from_the_note_changes_nothing(asked: Home, hub: Hub, tmp_path: Path) -> None:
    """Which forms wait for an answer is a note: an answer is nobody's form's."""
    path, book = _list(asked, hub, tmp_path / "清单")
    sheet, number, note = book.active, _at(book, "other:银行账号"), book.active.max_column - 1
    both = next(r for r in range(2, sheet.max_row + 1) if "、" in sheet.cell(r, note).value)
    sheet.cell(both, note).value = "发放表"
    sheet.cell(both, number).value = "6222000000000011"
    book.save(path)
    told = hub("form", "answer", path, "--json", home=asked).json
    assert (told["taken"], told["refused"], told["notes"]) == (1, [], [])
    with people_of(asked, None) as (people, _):
        left = questions(load_forms(asked), people).filter(item="other:银行账号")["resident_id"]
        assert sheet.cell(both, note + 1).value not in left.to_list()


def test_merged_cells_remarks_and_what_is_written_beside_are_taken_or_told(
    asked: Home, hub: Hub, tmp_path: Path
) -> None:
    path, book = _list(asked, hub, tmp_path / "清单")
    sheet, number = book.active, _at(book, "other:银行账号")
    last, forms = sheet.max_row, sheet.max_column - 1
    untouched = hub("form", "answer", path, "--json", home=asked).json
    assert (untouched["refused"], untouched["notes"]) == ([], [])
    sheet.cell(2, number).value = "6222000000000011"
    sheet.merge_cells(start_row=2, end_row=last, start_column=number, end_column=number)
    sheet.cell(2, 1).comment = Comment("已搬去外地", "网格员")
    sheet.cell(2, forms).value = "在家待业"
    book.save(path)
    told = hub("form", "answer", path, "--json", home=asked).json
    assert told["taken"] == last - 1
    assert "批注" in told["refused"][0]
    assert ["上下合并" in told["notes"][0], "哪些表要用" in told["notes"][1]] == [True, True]
    assert not {"已搬去外地", "在家待业", "6222"} & set(str(told))
    with people_of(asked, None) as (people, _):
        assert people.value("other:银行账号").drop_nulls().to_list() == (
            ["6222000000000011"] * (last - 1)
        )


def test_cells_merged_across_answer_nothing(asked: Home, hub: Hub, tmp_path: Path) -> None:
    path, book = _list(asked, hub, tmp_path / "清单")
    nth = min(_at(book, "other:银行账号"), _at(book, "ethnicity_code"))
    book.active.cell(2, nth).value = "彝族"
    book.active.merge_cells(start_row=2, end_row=2, start_column=nth, end_column=nth + 1)
    book.save(path)
    told = hub("form", "answer", path, "--json", home=asked).json
    assert (told["given"], told["taken"]) == (1, 0)
    assert "合并成了一格" in told["refused"][0]


def test_ditto_not_known_and_an_answer_in_the_next_cell_are_told(home: Home) -> None:
    with people_of(home, None) as (people, _):
        poor = pl.Series(people.value("label:低保"))
        ids = people.frame.filter(~poor)["resident_id"].to_list()[:3]
        given = [
            Answer(f"A{nth}", one, "other:就业意向", said)
            for nth, (one, said) in enumerate(zip(ids * 3, ("同上", "″", "不详"), strict=False))
        ]
        given += [Answer("B1", "", "other:就业意向", "保洁"),
                  Answer("B2", ids[0], "since:低保", "2024-01-01")]  # fmt: skip
        told = take_answers(home, people, given, {})
    assert told.taken == 0
    assert [next(one for one in ("同上", "没有问到", "没有定位码", "不涉及") if one in line)
            for line in sorted(told.refused)] == [
        "同上", "同上", "没有问到", "没有定位码", "不涉及"]  # fmt: skip


def test_what_is_not_understood_says_how_to_write_it(home: Home) -> None:
    asked = (("birth_date", "六月", "1990-12-01"), ("phone", "1380000111", "一个号码"),
             ("label:低保", "也许", "“是”或“否”"), ("education_code", "上过学", "下拉"),
             ("hukou_address", "同现住址", "写全"))  # fmt: skip
    with people_of(home, None) as (people, _):
        one = str(people.frame["resident_id"][0])
        given = [Answer(f"A{nth}", one, *each[:2]) for nth, each in enumerate(asked)]
        told = take_answers(home, people, given, {})
    assert told.taken == 0
    assert all(any(how in line for line in told.refused) for _, _, how in asked)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("1990年12月", "1990年12月"),
        ("1990.12.1", "1990-12-01"),
        ("1990年13月", None),
        ("72岁", None),
    ],
)
def test_a_month_alone_answers_when_something_was(said: str, read: str | None) -> None:
    """Whoever joined the army in December 1990 was asked for ever on which day."""
    assert checked_values("other:入伍时间", [said], date(2026, 11, 23)) == [read]


def test_an_old_workbook_is_to_be_saved_anew(asked: Home, hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "清单.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    ran = hub("form", "answer", tmp_path / "清单.xlsx", home=asked)
    assert ran.code != 0
    assert "另存为 .xlsx" in ran.err


def test_an_answered_label_makes_a_member_and_counts_once_all_are_asked(
    home: Home, hub: Hub, tmp_path: Path
) -> None:
    """Of a label that no platform gives; where one gives it, its word goes before the answer."""
    book = Workbook()
    for row in (["网格", "孤儿人数", "低保人数"], ["合计"]):
        book.active.append(row)
    book.save(tmp_path / "统计.xlsx")
    register(home, tmp_path / "统计.xlsx", Sent("民政"))
    _form(home, tmp_path, "孤儿名册", ["姓名", "身份证号"], "label:孤儿")
    with people_of(home, None) as (people, _):
        poor = dict(zip(people.frame["resident_id"], people.value("label:低保"), strict=True))
        ids = people.frame.sort("lives_here", descending=True)["resident_id"].to_list()
        own = people.own("label:低保").to_list()

    def told(*said: tuple[str, str, str]) -> tuple[list[str | None], list[str]]:
        with people_of(home, None) as (people, _):
            given = [Answer(str(nth), *one) for nth, one in enumerate(said)]
            assert take_answers(home, people, given, {}).taken == len(said)
        out = tmp_path / "out.xlsx"
        found = []
        for form in ("统计", "孤儿名册"):
            assert hub("form", "fill", form, "--out", out, home=home).code == 0
            found.append(list(load_workbook(out).active.iter_rows(values_only=True)))
        return list(found[0][-1][1:]), [row[0] for row in found[1][1:] if row[0]]

    rich = next(one for one in ids if not poor[one])
    assert told((ids[0], "label:孤儿", "是"), (rich, "label:低保", "是"))[0] == [
        None,
        sum(poor.values()),
    ]
    others = tuple((one, "label:孤儿", "否") for one in ids[1:])
    counted, listed = told(*others)
    assert (counted, len(listed)) == ([1, sum(poor.values())], 1)
    with people_of(home, None) as (people, connection):
        held = people.frame.filter(people.value("label:孤儿"))["resident_id"].to_list()
        assert held == ids[:1]
        assert people.own("label:低保").to_list() == own
        mine = people.of(people.frame.filter(pl.col("resident_id") == ids[0]))
        (source,) = sources_of(home, connection, mine, ["label:孤儿"])
        assert source["platform"].to_list() == ["collected"]
        assert source["said_at"].null_count() == 0


def test_a_list_fits_a_sheet_of_paper(asked: Home, hub: Hub, tmp_path: Path) -> None:
    _, book = _list(asked, hub, tmp_path / "清单")
    sheet = book.active
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    widths = [sheet.column_dimensions[one.column_letter].width for one in sheet[1]]
    assert sum(widths) < 240, "or nobody can read it"


def test_what_tables_count_is_one_only_where_it_is_the_same(home: Home, tmp_path: Path) -> None:
    for name, lines in {
        "甲表": (["网格", "总人数", "总户数", "帮扶率（%）", "备注"],),
        "乙表": (
            ["类别", "总人数", "户数", "达标率（%）", "说明"],
            ["低保对象"],
            ["残疾人"],
        ),
    }.items():
        book = Workbook()
        for row in lines:
            book.active.append(row)
        book.save(tmp_path / f"{name}.xlsx")
        assert register(home, tmp_path / f"{name}.xlsx", Sent("民政")).form.sheets[0].across
    with people_of(home, None) as (people, _):
        found = overlap(load_forms(home), people)
    assert (found.fields_before, found.fields_after) == (8, 6)
    assert found.merges == []
    assert found.titles["count:"] == "总人数"


def test_an_answer_where_nothing_is_asked_is_told_of(asked: Home, hub: Hub, tmp_path: Path) -> None:
    """Of one who is in no form that wants it, nobody would ever look at the cell."""
    _form(asked, tmp_path, "走访表", ["姓名", "身份证号", "服务需求"], "label:低保")
    path, book = _list(asked, hub, tmp_path / "清单")
    sheet, nth = book.active, _at(book, "other:服务需求")
    cells = [sheet.cell(row, nth) for row in range(2, sheet.max_row + 1)]
    for cell in cells:
        cell.value = "送餐"
    book.save(path)
    told = hub("form", "answer", path, "--json", home=asked).json
    assert told["taken"] == len(cells) == 3
    (note,) = told["notes"]
    assert "有 2 格没有表在要" in note
