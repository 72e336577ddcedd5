"""What platforms hold besides the fields of the standard: read by its kind, or told as an issue."""

from datetime import date
from typing import Any, get_args

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.errors import ConfigError
from hub.platform_streams import FieldMap
from schemas.blanks import known
from schemas.entities import FIELDS
from schemas.extras import ExtraFacts, extras, read_extras
from schemas.mapping import Standardised, compile_mapping
from schemas.readings import Circumstances
from security.masks import MASKS
from tests.schemas.id_oracle import number
from tests.schemas.platforms import AS_OF, batch, platform

PARENT = number("510108", date(1985, 2, 3), 121)
KINDS = get_args(ExtraFacts.__annotations__["reads"])


def compiled(asked: dict[str, Any], entity: str = "resident") -> Any:
    fields = {"name": "xm"} if entity == "resident" else {"grid_code": "xm"}
    stream = {"key": "id", "increment": "snapshot", "entity": entity, "map": fields}
    made = platform(entity, fields, streams={"rows": {**stream, "extras": asked}})
    return compile_mapping(made, "rows")


def standardise(asked: dict[str, Any], **columns: list[str | None]) -> Standardised:
    height = len(next(iter(columns.values())))
    raw = batch({"xm": ["张三"] * height, **columns})
    done: Standardised = compiled(asked).apply(raw, as_of=AS_OF)
    return done


def held(done: Standardised) -> list[dict[str, str]]:
    return [{one["item"]: one["value"] for one in row} for row in done.core["extras"].to_list()]


def test_each_is_read_by_its_kind() -> None:
    done = standardise(
        {"工作单位": "dw", "监护人姓名": "jhr", "监护人电话": "dh", "监护人证件号码": "sfz",
         "来本地日期": "rq"},
        dw=["成都某厂", "无"], jhr=["李 四", "-"], dh=["138-0000-1111", None],
        sfz=[PARENT, ""], rq=["2020年3月1日", "　"],
    )  # fmt: skip
    assert held(done) == [
        {"工作单位": "成都某厂", "监护人姓名": "李四", "监护人电话": "13800001111",
         "监护人证件号码": PARENT, "来本地日期": "2020-03-01"},
        {},
    ]  # fmt: skip
    assert done.core["issues"].to_list() == [[], []]


def test_what_cannot_be_read_is_an_issue_and_not_held() -> None:
    done = standardise(
        {"监护人电话": "dh", "监护人证件号码": "sfz", "来本地日期": "rq"},
        dh=["问社区"], sfz=["510108********1234"], rq=["前年"],
    )  # fmt: skip
    assert held(done) == [{}]
    told = {(one["raw"], one["reason"]) for one in done.core["issues"].to_list()[0]}
    assert told == {
        ("问社区", "bad_phone"), ("510108********1234", "masked_id_number"), ("前年", "bad_date"),
    }  # fmt: skip


def test_of_several_columns_the_first_that_says_something_counts() -> None:
    done = standardise({"紧急联系人电话": ["a", "b"]}, a=["", "13800001111"], b=["13900002222"] * 2)
    assert [one["紧急联系人电话"] for one in held(done)] == ["13900002222", "13800001111"]


def test_a_month_stays_a_month() -> None:
    assert held(standardise({"毕业时间": "t"}, t=["2015.06"])) == [{"毕业时间": "2015.06"}]


ALL_KINDS = ("监护人姓名", "房东电话", "父亲证件号码", "入伍时间", "银行账号")
ABOUT = Circumstances(as_of=AS_OF, timezone="Asia/Shanghai")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=30)), min_size=1, max_size=20))
@example([";", "·", "先生", "无先生", "（备注）"])
def test_every_cell_is_held_or_told_or_blank(cells: list[str | None]) -> None:
    raw = pl.DataFrame({"c": pl.Series(cells, dtype=pl.String)}).with_row_index("#row")
    said = set(raw.filter(known(pl.col("c")).is_not_null())["#row"])
    for title in ALL_KINDS:
        found, issues = read_extras(raw, {title: (FieldMap(source="c"),)}, ABOUT)  # type: ignore[arg-type]  # one text is a list
        rows = {row for row, of in enumerate(found.to_list()) if of}
        assert rows | set(issues["#row"]) == said, title


@pytest.mark.parametrize(
    ("asked", "entity", "says"),
    [
        ({"单位": "dw"}, "resident", "工作单位"),
        ({"FWCS": "dw"}, "resident", "是不是 工作单位"),
        ({"工作单位": "dw"}, "grid", "只用于居民"),
        ({"来本地日期": {"from": "d", "as": "date"}}, "resident", "只写 from"),
    ],
)
def test_a_mistake_is_named(asked: dict[str, Any], entity: str, says: str) -> None:
    with pytest.raises(ConfigError) as error:
        compiled(asked, entity)
    assert says in str(error.value.zh)


def test_the_map_changes_its_version_and_reads_its_columns() -> None:
    one, other = compiled({}), compiled({"工作单位": "dw"})
    assert one.version != other.version
    assert other.columns == ("xm", "dw")


def test_the_list_is_whole() -> None:
    found = extras()
    names = [name for one in found.values() for name in (one.title, *one.names)]
    assert len(names) == len(set(names)), "two items of one name"
    assert {one.reads for one in found.values()} <= set(KINDS)
    assert {one.level for one in found.values()} <= {2, 3, 4}
    assert {one.mask for one in found.values()} - {""} <= MASKS.keys()
    assert not {facts.title for facts in FIELDS["resident"].values()} & found.keys()


def test_a_list_of_services_is_told_by_its_values() -> None:
    done = standardise(
        {"养老服务项目": "fw"},
        fw=['[{"item":"助洁","times":3},{"item":"助浴","times":12}]', '["助洁","助浴"]',
            "助洁、助浴", "[]", None],
    )  # fmt: skip
    assert held(done) == [
        {"养老服务项目": "助洁 3、助浴 12"}, {"养老服务项目": "助洁、助浴"},
        {"养老服务项目": "助洁、助浴"}, {}, {},
    ]  # fmt: skip
