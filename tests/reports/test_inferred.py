"""What follows from held values, and what must not: each case by hand."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from hub.settings import Home
from reports.besides import TOLD
from reports.people import People, people_of

DEFAULTS = {
    "age": 8, "birth_date": date(2017, 1, 1), "relation_code": "20", "head_resident_id": "Rhead",
    "head_name": "张三", "head_id_number": "510108198002021239", "head_phone": "13800001111",
    "head_sex_code": "1", "marital_code": None, "political_code": None, "employment_code": None,
    "residence_type_code": "1", "household_no": None, "hukou_address": None,
}  # fmt: skip


@pytest.fixture
def people(home: Home) -> People:
    with people_of(home, None) as (found, _):
        return found


def told(people: People, item: str, said: dict[str, str] | None = None, **facts: object) -> object:
    """What is held or follows for one person, of whom `said` is told besides the fields."""
    row = people.frame.head(1)
    wanted = {**DEFAULTS, **facts}
    columns = [pl.lit(v, people.frame.schema[k]).alias(k) for k, v in wanted.items()]
    rows = [(row["resident_id"][0], f"other:{k}", v, "p", "s", "1", None)
            for k, v in (said or {}).items()]  # fmt: skip
    besides = pl.DataFrame(rows, schema=TOLD, orient="row")
    one = replace(people, frame=row.with_columns(columns), collected=besides)
    return one.value(item)[0] if one.applies(item)[0] else "不涉及"


@pytest.mark.parametrize(
    ("item", "facts", "value"),
    [
        ("other:监护人姓名", {}, "张三"),
        ("other:监护人电话", {}, "13800001111"),
        ("other:家长姓名", {}, "张三"),
        ("other:监护人与儿童关系", {"head_sex_code": "2"}, "母亲"),
        ("other:父亲姓名", {}, "张三"),
        ("other:母亲姓名", {}, None),
        ("other:父亲姓名", {"head_sex_code": "2"}, None),
        ("other:监护人姓名", {"relation_code": "41"}, None),
        ("other:监护人姓名", {"relation_code": "27"}, None),
        ("other:监护人姓名", {"age": 18}, None),
        ("other:父亲姓名", {"age": 40}, "张三"),
        ("other:监护人姓名", {"age": None}, None),
        ("other:监护人姓名", {"head_resident_id": None}, None),
        ("marital_code", {"age": 17}, "10"),
        ("marital_code", {"age": 18}, None),
        ("marital_code", {"age": 17, "marital_code": "20"}, "20"),
        ("political_code", {"age": 13}, "13"),
        ("political_code", {"age": 14}, None),
        ("household_no", {"residence_type_code": "3"}, "不涉及"),
        ("household_no", {"residence_type_code": None}, None),
        ("hukou_address", {"residence_type_code": "5"}, "不涉及"),
        ("other:工作单位", {"employment_code": "80"}, "不涉及"),
        ("other:家长姓名", {"age": 30}, "不涉及"),
        ("other:家长姓名", {"age": None}, None),
    ],
)
def test_only_what_is_so_by_definition_follows(
    people: People, item: str, facts: dict[str, object], value: object
) -> None:
    assert told(people, item, **facts) == value


def test_what_is_said_goes_before_what_follows(people: People) -> None:
    assert told(people, "other:监护人姓名", {"监护人姓名": "李四"}) == "李四"
    assert told(people, "other:家长姓名", {"监护人姓名": "李四"}) == "李四"


@pytest.mark.parametrize(
    ("employer", "code", "value"),
    [("双林小学", "31", "双林小学"), ("某餐饮有限公司", "31", None), ("双林小学", "13", None)],
)
def test_a_students_employer_is_the_school(
    people: People, employer: str, code: str, value: str | None
) -> None:
    assert told(people, "other:就读学校", {"工作单位": employer}, employment_code=code) == value


def test_an_extra_that_is_a_day_is_one(people: People) -> None:
    assert told(people, "other:来本地日期", {"来本地日期": "2020-03-01"}) == date(2020, 3, 1)
    assert told(people, "other:毕业时间", {"毕业时间": "2015.06"}) == "2015.06"


def test_what_comes_with_a_label_is_asked_of_those_who_may_have_it(people: People) -> None:
    """Who grants nobody 残疾 knows of nobody that they are not."""
    nobody = replace(people, granted=people.granted - {"残疾"})
    known = replace(people, granted=people.granted | {"残疾"})
    assert told(nobody, "other:残疾等级") is None
    assert told(known, "other:残疾等级", labels=[]) == "不涉及"
    disabled = [{"label": "残疾", "detail": None, "since": None, "until": None, "platform": "p",
                 "stream": "s", "record_key": "1"}]  # fmt: skip
    assert told(known, "other:残疾等级", labels=disabled) is None
    assert told(known, "other:残疾等级", {"残疾等级": "二级"}, labels=[]) == "二级"


def test_a_spouse_of_somebody_unmarried_is_left_blank(home: Home) -> None:
    """The register's relation and the marital state contradict each other: neither is chosen."""
    with people_of(home, None, ["spouse_name"]) as (people, _):
        told = {
            code: people.of(
                people.frame.with_columns(marital_code=pl.lit(code, pl.String))
            ).value("spouse_name").drop_nulls().len()
            for code in (None, "20", "21", "10", "30", "40")
        }  # fmt: skip
    assert told == {None: 2, "20": 2, "21": 2, "10": 0, "30": 0, "40": 0}
