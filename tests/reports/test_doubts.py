"""What is said of a form that was just registered: never whom it is about by a silent guess."""

from reports.counted import named_in
from reports.doubts import doubts
from reports.form_file import Column, FormFile, Line, Sheet
from tests.reports.department_forms import FORMS


def form(title: str, population: str = "residents", across: tuple[Line, ...] = ()) -> FormFile:
    sheet = Sheet(sheet="表", kind="summary", header=(1, 2), body=(3, 4), across=across)
    return FormFile(
        form="a", title=title, department="民政", sha256="", population=population, sheets=(sheet,)
    )


def test_a_title_that_names_some_people_is_asked_about() -> None:
    columns = (Column(at="A", header="姓名", item="name"),)
    listed = Sheet(sheet="表", header=(1, 1), body=(2, 4), columns=columns)
    (said,) = doubts(form("社区老年人口名单").model_copy(update={"sheets": (listed,)}))
    assert '--population "age >= 60"' in said
    assert not doubts(form("社区老年人口情况统计表", population="age >= 60"))
    assert not doubts(form("常住人口登记明细"))
    (two,) = doubts(form("残疾人和困境儿童关爱登记表"))
    assert two.endswith("请用 --population 再登记一次。")


def test_whom_a_table_of_counts_is_of_is_told() -> None:
    women = Line(at="B", header="女", when="age >= 60 & sex_code = 2")
    (all_of_them,) = doubts(form("社区老年人口情况统计表", across=(women,)))
    assert "只数这些人" in all_of_them
    across = (women, Line(at="C", header="总人口"), Line(at="D", header="户数"))
    (others,) = doubts(form("社区老年人口情况统计表", across=across))
    assert "“户数”数的不只是这些人" in others


def test_columns_that_can_be_read_in_two_ways_are_named() -> None:
    across = (
        Line(at="B", header="60-69岁", when="age >= 60 & age <= 69"),
        Line(at="C", header="70岁以上", when="age >= 70"),
        Line(at="D", header="其中：独居", when="age >= 70 & label:独居"),
        Line(at="E", header="合计"),
    )
    within, total = doubts(form("人口情况统计表", across=across))
    assert "其中：独居" in within
    assert "合计" in total


def test_most_titles_that_name_some_people_mean_them() -> None:
    named = [(one.population, {*named_in(one.name).values()}) for one in FORMS]
    one_group = [(meant, *found) for meant, found in named if len(found) == 1]
    assert len(one_group) >= 15
    assert sum(meant == found for meant, found in one_group) >= 0.7 * len(one_group)
    assert not [found for meant, found in named if meant == "residents" and found]


def test_a_notice_that_cannot_be_filled_is_told_when_it_is_registered() -> None:
    """It was said to be wholly held, and to be filled and handed over."""
    columns = (Column(at="A", header="姓名", item="name"),
               Column(at="B", header="身份证号", item="id_number"))  # fmt: skip
    sheet = Sheet(sheet="表", header=(1, 1), body=(2, 4), columns=columns)
    notice = form("名单", "label:低保").model_copy(update={"sheets": (sheet,)})
    assert not doubts(notice)
    (said,) = doubts(notice.model_copy(update={"public": True}))
    assert "身份证号。这样的表不能填写" in said
