"""Whatever a form's own way of writing is, it can be read back as what was held."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from reports.cell_writing import column_of
from reports.form_file import Column
from reports.formats import DATES, date_format, words_of, written
from reports.items import facts_of_item, words
from reports.labels import condition_of
from reports.layout import HeaderColumn
from reports.list_sheet import boxed
from reports.proposals import Proposal
from reports.spreadsheet import CELL, made_safe, safe
from reports.tables import workbook
from schemas.codes import code_sets, inputs_of, spelling
from schemas.dates import standard_day


def test_one_month_alone_leaves_the_other_days_as_the_form_writes_them() -> None:
    """One `1990年12月` of a platform wrote the whole column as 1991-03-07."""
    told = pl.Series(["1991-03-07", "1990年12月", "1990.1", "1989", None])
    assert written(told, "other:入伍时间", date="YYYY.MM.DD").to_list() == [
        "1991.03.07", "1990.12", "1990.01", "1989", None]  # fmt: skip
    assert written(told, "other:入伍时间", date="YYYY年M月D日").to_list()[:2] == [
        "1991年3月7日", "1990年12月"]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "form"),
    [
        ('yyyy"年"m"月"d"日"', "YYYY年M月D日"),
        ("yyyy\\-mm\\-dd;@", "YYYY-MM-DD"),
        ("[$-804]yyyy/m/d", "YYYY/M/D"),
        ("General", "YYYY-MM-DD"),
    ],
)
def test_a_cells_own_format_says_how_dates_are_written(cell: str, form: str) -> None:
    header = HeaderColumn(4, 1, ("出生日期",), number_format=cell)
    assert column_of(header, Proposal("birth_date", 0.97, ""), None, 0).date == form


@pytest.mark.parametrize(
    "header",
    [
        HeaderColumn(1, 1, ("文化程度(1小学2初中3高中/中专4大专以上)",)),
        HeaderColumn(
            1, 1, ("文化程度",), choices=("小学及以下", "初中", "高中/中专", "大专及以上")
        ),
    ],
)
def test_an_education_among_several_in_one_word_is_written_as_that(header: HeaderColumn) -> None:
    """Who was at a university stood as 大学本科 in a column of 1 to 4."""
    codes = column_of(header, Proposal("education_code", 0.97, ""), None, 0).codes
    assert isinstance(codes, dict)
    told = pl.Series(["21", "30", "41", "60", "71", "80"])
    words = header.choices or ("1", "2", "3", "4")
    assert written(told, "education_code", codes=codes).to_list() == [
        words[nth] for nth in (3, 3, 2, 2, 1, 0)]  # fmt: skip


DAYS = st.dates(date(1900, 1, 1), date(2025, 12, 31))
WHOLE = [one for one in DATES if "D" in one and one != "YYYYMMDD"]


@given(DAYS, st.sampled_from(WHOLE))
def test_a_date_is_read_back_whatever_its_form(day: date, form: str) -> None:
    text = written(pl.Series([day]), "birth_date", date=form)
    read = standard_day(pl.col("v"), timezone="Asia/Shanghai").struct["value"]
    assert text.rename("v").to_frame().select(read).item() == day


@given(DAYS, st.sampled_from(["YYYYMMDD", "YYYY-MM-DD", "YYYY.MM.DD", "YYYY年M月D日", "YYYY-MM"]))
def test_a_samples_form_is_recognised(day: date, form: str) -> None:
    sample = written(pl.Series([day]), "birth_date", date=form).item()
    again = written(pl.Series([day]), "birth_date", date=str(date_format([sample]))).item()
    assert again == sample


@pytest.mark.parametrize("item", ["sex_code", "ethnicity_code", "education_code", "relation_code"])
def test_a_code_written_as_a_word_is_that_code(item: str) -> None:
    code_set = str(facts_of_item(item).code_set)
    codes = list(code_sets()[code_set].codes)
    names = written(pl.Series(codes), item).to_list()
    assert [inputs_of(code_set).get(spelling(name)) for name in names] == codes
    assert written(pl.Series(codes), item, codes="codes").to_list() == codes


def test_the_forms_own_words_are_kept() -> None:
    own = words_of("sex", ["1-男", "2-女"])
    assert written(pl.Series(["2", "1", None, "9"]), "sex_code", codes=own).to_list() == [
        "2-女", "1-男", None, "未说明",
    ]  # fmt: skip


@given(st.text(st.characters(codec="utf-8"), max_size=20), st.integers(15, 20))
def test_boxes_hold_one_character_each(text: str, boxes: int) -> None:
    column = Column(at="B", header="证件号码", item="id_number", span=boxes, boxes=boxes)
    parts = boxed(column, pl.Series([text]))
    assert len(parts) == boxes
    assert "".join(part.item() or "" for part in parts.values()) == text[:boxes]


def test_masks_are_those_of_the_standard() -> None:
    for item, value, shown in (
        ("name", "张三丰", "张**"),
        ("id_number", "51010819530407123X", "510***********123X"),
        ("phone", "13812341234", "138****1234"),
        ("residence_address", "龙港花园7栋1单元202", "龙港花园7栋**"),
    ):
        assert written(pl.Series([value]), item, mask=True).item() == shown
    assert written(pl.Series([date(1953, 4, 7)]), "birth_date", mask=True).item() == "1953-**-**"


SAFE = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]))


@given(st.lists(SAFE.filter(lambda text: text[:1] not in "=+-@"), min_size=1, max_size=5))
def test_texts_survive_a_workbook(texts: list[str]) -> None:
    import io

    made = workbook({"表": pl.DataFrame({"列": texts})})
    rows = load_workbook(io.BytesIO(made))["表"].iter_rows(min_row=2, values_only=True)
    plain = [text.replace("\ufffe", "").replace("\uffff", "") for text in texts]
    assert [row[0] or "" for row in rows] == plain
    assert made == workbook({"表": pl.DataFrame({"列": texts})})


def test_every_known_word_means_an_item() -> None:
    for word, item in words().items():
        assert facts_of_item(item).title, word


@pytest.mark.parametrize(
    ("rule", "condition"),
    [
        ("age >= 80", "age >= 80"),
        ("residence_type_code == '3'", "residence_type_code = 3"),
        (
            "residence_type_code in ('4', '5') and age >= 60",
            "residence_type_code in 4|5 & age >= 60",
        ),
    ],
)
def test_a_rule_of_labels_is_a_condition(rule: str, condition: str) -> None:
    assert condition_of(rule) == condition


TEXTS = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.sampled_from(["=1", "a\x00", "\ufffe", "（￥", "-", "甲" * CELL]),
)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8), st.integers(0, 3), st.integers(0, 8))
def test_a_table_is_made_safe_as_its_texts_are(
    rows: list[tuple[str | None, str | None]], start: int, length: int
) -> None:
    """Also a part of a table, as large files are written."""
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    part = frame.slice(start, length)
    assert made_safe(part).equals(part.with_columns(safe(pl.all())))


def test_no_code_of_the_standard_could_run_as_a_formula() -> None:
    """So columns of codes, written as codes or in words, need not be looked through."""
    told = [text for one in code_sets().values() for pair in one.codes.items() for text in pair]
    frame = pl.DataFrame({"told": told}, schema={"told": pl.String})
    assert frame.height > 500
    assert made_safe(frame).equals(frame)


def test_only_columns_that_nobody_typed_are_passed_over() -> None:
    frame = pl.DataFrame({"typed": ["=1"], "ours": ["=1"]})
    assert made_safe(frame, ("ours", "absent")).row(0) == ("'=1", "=1")


def test_codes_without_a_word_of_their_own_take_what_the_form_offers() -> None:
    own = words_of("relation", ["本人", "配偶", "子女", "父母", "其他"])
    told = written(pl.Series(["02", "12", "22", "30", "51", "70"]), "relation_code", codes=own)
    assert told.to_list() == ["本人", "配偶", "子女", "子女", "父母", "其他"]
    own = words_of("ethnicity", ["汉", "回", "其他"])
    assert written(pl.Series(["01", "04"]), "ethnicity_code", codes=own).to_list() == ["汉", "其他"]
    own = words_of("relation", ["本人", "亲家", "其他"])  # one of them may be meant
    assert written(pl.Series(["51"]), "relation_code", codes=own).to_list() == ["父"]
    own = words_of("education", ["小学", "初中", "其他"])  # 大专 is no 其他
    assert written(pl.Series(["31"]), "education_code", codes=own).to_list() == ["大学专科毕业"]
