"""An officer reads conditions in words, wherever a command shows them."""

import pytest
from openpyxl import Workbook

from hub.errors import ConfigError
from hub.settings import Home
from reports.condition_words import in_words
from reports.conditions import parse_population
from tests.reports.conftest import Hub


@pytest.mark.parametrize(
    ("population", "says"),
    [
        ("residents", "常住"),
        ("registered & age < 18", "户籍，年龄不满 18"),
        ("age >= 60 & label:低保|低边", "常住，年龄 60 及以上，有标签低保或低边"),
        ("no label:低保 & sex_code = 2", "常住，没有标签低保，性别是女"),
        ("residence_type_code in 4|5", "常住，居住类型是港澳台或境外"),
        ("member_count = 1", "常住，家庭人口是 1"),
        (
            "everyone & died_on >= 2026-01-01",
            "全部（含已去世、已迁出），死亡日期在 2026-01-01 及以后",
        ),
    ],
)
def test_a_population_is_said_in_words(population: str, says: str) -> None:
    assert in_words(population) == says


def test_commands_show_words_and_what_is_counted(home: Home, hub: Hub) -> None:
    book = Workbook()
    book.active.append(["网格", "低保户（户）", "60岁及以上老年人"])
    file = home.root / "统计.xlsx"
    book.save(file)
    told = hub("form", "register", file, "--department", "民政", "--population",
               "registered & age >= 18", home=home).out  # fmt: skip
    lines = {line.split()[0]: line.split()[2:] for line in told.splitlines()
             if line[1:2] in ("B", "C")}  # fmt: skip
    assert lines == {"B": ["有标签低保", "户"], "C": ["年龄", "60", "及以上", "人"]}
    listed = hub("form", "list", home=home).out
    assert "户籍，年龄 18 及以上" in listed
    assert ">=" not in told + listed


def test_a_code_that_heads_others_means_them_too() -> None:
    (test,) = parse_population("marital_code = 20").tests
    assert test.values == ("20", "21", "22", "23")
    assert in_words("marital_code = 已婚") == "常住，婚姻状况是已婚"
    (test,) = parse_population("marital_code = 21").tests
    assert test.values == ("21",)
    assert "31" in parse_population("education_code in 30|70").tests[0].values
    assert in_words("education_code in 30|71") == "常住，文化程度是大学专科或初中毕业"


@pytest.mark.parametrize("item", ["community_name", "street_name", "district_name"])
def test_a_place_is_meant_by_its_code(item: str) -> None:
    with pytest.raises(ConfigError) as refused:
        parse_population(f"{item} = 甲社区")
    assert "代码" in refused.value.zh
