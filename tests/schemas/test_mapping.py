"""A platform's map, applied: what is read, what is settled between fields, what is refused."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import ConfigError, NotFoundError, SourceChangedError
from schemas.codes import code_sets
from schemas.contract import check
from schemas.entities import CORE_COLUMNS, FIELDS, core_schema
from schemas.mapping import compile_mapping
from tests.schemas.id_oracle import number
from tests.schemas.platforms import (
    AS_OF,
    batch,
    mapping,
    only,
    platform,
    reasons,
    standardise,
)

MAN = number("510108", date(1953, 4, 7), 123)
EVERYTHING = {n: n for n, f in FIELDS["resident"].items() if f.reads != "computed"}


def test_a_row_becomes_a_record() -> None:
    record = only(
        "resident",
        {"name": "xm", "id_number": "sfz", "residence_address": "dz", "updated_at": "t"},
        xm="张 三",
        sfz=f"'{MAN}",
        dz="龙港花园７-1-202",
        t="2024-01-01 08:00:00",
    )
    assert record["name"] == "张三"
    assert (record["id_number"], record["id_status"]) == (MAN, "valid")
    assert (record["birth_date"], record["birth_year"]) == (date(1953, 4, 7), 1953)
    assert (record["sex_code"], record["id_type_code"]) == ("1", "111")
    assert record["residence_address"] == "龙港花园７-1-202"
    assert (record["compound"], record["building"], record["room"]) == ("龙港花园", "7", "202")
    assert record["updated_at"] == datetime(2024, 1, 1, tzinfo=UTC)
    assert (record["record_key"], record["row_hash"], record["row_no"]) == ("k1", "h1", 1)
    assert record["issues"] == []


@pytest.mark.parametrize("entity", list(CORE_COLUMNS))
def test_core_has_exactly_the_columns_of_its_entity(entity: Any) -> None:
    one = {
        "resident": "name", "household": "household_no", "dwelling": "address",
        "grid": "grid_code", "event": "happened_at",
    }[entity]  # fmt: skip
    given = ["2026-01-02", "2026-01-03 10:20"] if entity == "event" else ["x", "y"]
    done = standardise(entity, {one: "a"}, {"a": given})
    assert dict(done.core.schema) == core_schema(entity)
    assert done.core.height == 2
    good, bad = check(entity, done.core)
    assert (good.height, bad.height) == (2, 0)


def test_deletes_carry_only_their_key_and_place() -> None:
    done = mapping("resident", {"name": "xm"}).apply(
        batch({"xm": ["张三", "李四"]}, op=["upsert", "delete"]), as_of=AS_OF
    )
    gone = done.core.filter(pl.col("op") == "delete").row(0, named=True)
    assert {k: v for k, v in gone.items() if v not in (None, [])} == {
        "record_key": "k2",
        "op": "delete",
        "row_hash": "h2",
        "row_no": 2,
    }


def test_an_empty_batch_stays_empty() -> None:
    done = mapping("resident", EVERYTHING).apply(
        batch({c: ["x"] for c in EVERYTHING}).clear(), as_of=AS_OF
    )
    assert (done.core.height, done.quarantine.height) == (0, 0)
    assert dict(done.core.schema) == core_schema("resident")


def test_the_number_wins_and_the_disagreement_is_kept() -> None:
    record = only(
        "resident",
        {"id_number": "sfz", "sex_code": "xb", "birth_date": "csrq"},
        sfz=MAN,
        xb="女",
        csrq="1953年4月8日",
    )
    assert (record["sex_code"], record["birth_date"]) == ("1", date(1953, 4, 7))
    assert record["issues"] == [
        {"field": "sex_code", "raw": "女", "reason": "disagrees_with_id_number"},
        {"field": "birth_date", "raw": "1953年4月8日", "reason": "disagrees_with_id_number"},
    ]


@pytest.mark.parametrize("sex", ["0", "9", "未知", ""])
def test_an_unknown_sex_does_not_disagree(sex: str) -> None:
    record = only("resident", {"id_number": "sfz", "sex_code": "xb"}, sfz=MAN, xb=sex)
    assert (record["sex_code"], record["issues"]) == ("1", [])


@pytest.mark.parametrize(
    ("age", "agrees"), [("71", True), ("72", True), ("73", True), ("75", False)]
)
def test_an_age_may_be_a_year_off(age: str, agrees: bool) -> None:
    fields = {"id_number": "sfz", "birth_date": {"from": "nl", "as": "age"}}
    record = only("resident", fields, sfz=MAN, nl=age)
    assert record["birth_date"] == date(1953, 4, 7)
    assert (record["issues"] == []) == agrees


def test_an_age_or_a_year_gives_no_birthday() -> None:
    aged = only(
        "resident", {"name": "x", "birth_date": {"from": "n", "as": "age"}}, x="张三", n="72"
    )
    assert (aged["birth_date"], aged["birth_year"]) == (None, 1953)
    year = only("resident", {"name": "x", "birth_date": "n"}, x="张三", n="1953年")
    assert (year["birth_date"], year["birth_year"]) == (None, 1953)
    own = only("resident", {"name": "x", "birth_year": "n"}, x="张三", n="1953")
    assert (own["birth_date"], own["birth_year"]) == (None, 1953)


def test_the_future_has_not_happened() -> None:
    fields = {"name": "x", "birth_date": "b", "died_on": "d"}
    record = only("resident", fields, x="张三", b="2031-01-01", d="2025-06-02")
    assert (record["birth_date"], record["birth_year"], record["died_on"]) == (None, None, None)
    assert reasons(record) == {"birth_date": "future_date", "died_on": "future_date"}


def test_a_number_cut_by_a_spreadsheet_is_no_evidence_of_sex() -> None:
    cut = "510108195304071000"
    record = only(
        "resident", {"name": "x", "id_number": "n", "sex_code": "s"}, x="张三", n=cut, s="男"
    )
    assert (record["id_status"], record["sex_code"]) == ("truncated", "1")
    assert reasons(record) == {"id_number": "id_truncated"}


@pytest.mark.parametrize(("sex", "code"), [("男", "20"), ("女", "30"), (None, None)])
def test_a_child_is_a_son_or_a_daughter_by_the_sex(sex: str | None, code: str | None) -> None:
    fields = {
        "name": "x",
        "sex_code": "s",
        "relation_code": {"from": "r", "codes": "relation_census"},
    }
    record = only("resident", fields, x="张三", s=sex, r="2")
    assert record["relation_code"] == code
    assert reasons(record) == ({} if code else {"relation_code": "needs_sex"})


def test_an_unknown_code_is_an_issue_with_its_raw_value() -> None:
    record = only("resident", {"name": "x", "ethnicity_code": "mz"}, x="张三", mz="火星族")
    assert record["ethnicity_code"] is None
    assert record["issues"] == [
        {"field": "ethnicity_code", "raw": "火星族", "reason": "unknown_code"}
    ]


def test_a_platforms_own_codes() -> None:
    fields = {
        "name": "x",
        "marital_code": {"from": "m", "codes": {"1": "已婚", "2": "10", "9": ""}},
    }
    done = standardise("resident", fields, {"x": ["张三"] * 4, "m": ["1", "2", "9", "3"]})
    assert done.core["marital_code"].to_list() == ["20", "10", None, None]
    assert done.core["issues"].list.len().to_list() == [0, 0, 0, 1]


def test_joined_columns_skip_their_blanks() -> None:
    fields = {"name": "x", "residence_address": {"from": ["a", "b", "c", "d"], "join": "-"}}
    record = only("resident", fields, x="张三", a="龙港花园", b="7栋", c="无", d="202")
    assert record["residence_address"] == "龙港花园-7栋-202"
    assert (record["building"], record["unit"], record["room"]) == ("7", None, "202")


def test_of_several_maps_the_first_with_a_value_counts() -> None:
    fields = {"name": "x", "phone": ["a", "b"]}
    done = standardise(
        "resident",
        fields,
        {
            "x": ["张三"] * 3,
            "a": ["13812345678", "123", ""],
            "b": ["13912345678", "13912345678", "456"],
        },
    )
    assert done.core["phone"].to_list() == ["13812345678", "13912345678", None]
    assert [reasons(r) for r in done.core.rows(named=True)] == [{}, {}, {"phone": "bad_phone"}]


def test_a_constant_and_a_part_with_its_own_column() -> None:
    fields = {
        "name": "x",
        "residence_address": "a",
        "building": "b",
        "residence_type_code": {"value": "流动"},
    }
    record = only("resident", fields, x="张三", a="龙港花园1单元202", b="07栋")
    assert (record["building"], record["unit"], record["room"]) == ("7", "1", "202")
    assert record["residence_type_code"] == "3"


def test_labels_from_tags_flags_and_a_roster() -> None:
    fields = {
        "name": "x",
        "labels": [
            {"from": "tags", "split": ","},
            {"from": "low", "codes": {"1": "低保", "0": ""}, "since": "d", "detail": "k"},
            {"value": "志愿者"},
        ],
    }
    done = standardise(
        "resident",
        fields,
        {
            "x": ["张三", "李四", "王五"],
            "tags": ["低保户,独居老人，行动不便", "流动党员", None],
            "low": ["1", "0", "2"],
            "d": ["2020年1月1日", None, "x"],
            "k": ["A类", None, None],
        },
    )
    labels = done.core["labels"].to_list()
    assert labels[0] == [
        {"label": "低保", "detail": "A类", "since": date(2020, 1, 1), "until": None},
        {"label": "独居", "detail": None, "since": None, "until": None},
        {"label": "行动不便", "detail": None, "since": None, "until": None},
        {"label": "志愿者", "detail": None, "since": None, "until": None},
    ]
    assert [one["label"] for one in labels[1]] == ["流动党员", "志愿者"]
    assert [one["label"] for one in labels[2]] == ["志愿者"]
    assert done.core["issues"].to_list()[2] == [
        {"field": "labels", "raw": "2", "reason": "unknown_code"},
        {"field": "labels", "raw": "x", "reason": "bad_date"},
    ]


def test_a_head_is_named_by_a_valid_number_only() -> None:
    fields = {"household_no": "h", "head_id_number": "n"}
    done = standardise("household", fields, {"h": ["1", "2"], "n": [MAN, "510108********1234"]})
    assert done.core["head_id_number"].to_list() == [MAN, None]
    assert done.core["issues"].list.len().to_list() == [0, 1]


def test_what_makes_no_sense_is_set_aside_with_its_reason() -> None:
    raw = batch({"xm": ["无", "张三", "李四"], "sfz": ["", "", ""]})
    raw = raw.with_columns(_key=pl.Series(["k1", "k2", None]))
    done = mapping("resident", {"name": "xm", "id_number": "sfz"}).apply(raw, as_of=AS_OF)
    assert done.core["record_key"].to_list() == ["k2"]
    assert done.quarantine.select("record_key", "row_no", "field", "raw", "reason").rows() == [
        ("k1", 1, "name", "无", "no_name_nor_identifier"),
        (None, 3, "record_key", None, "no_record_key"),
    ]


@pytest.mark.parametrize(
    ("entity", "fields", "reason"),
    [
        ("household", {"household_no": "a"}, "no_number_nor_head"),
        ("dwelling", {"address": "a"}, "no_address"),
        ("grid", {"grid_code": "a"}, "no_grid_code"),
    ],
)
def test_each_entity_needs_what_tells_it_apart(
    entity: str, fields: dict[str, str], reason: str
) -> None:
    done = standardise(entity, fields, {"a": ["-"]})
    assert done.quarantine["reason"].to_list() == [reason]


def test_a_grid_its_community_and_its_reach() -> None:
    record = only(
        "grid",
        {"grid_code": "c", "buildings": "b", "area_hectare": "a"},
        c="510108001001003",
        b="龙港花园1-3栋、5栋；昭觉寺横路10号1至2栋，昭青苑（全部）",
        a="45亩",
    )
    assert record["community_code"] == "510108001001"
    assert record["area_hectare"] == pytest.approx(3.0)
    covers = [tuple(one.values()) for one in record["covers"]]
    assert covers == [
        *((None, None, "龙港花园", b) for b in "1235"),
        *(("昭觉寺横路", "10", None, b) for b in "12"),
        (None, None, "昭青苑", None),
    ]


def test_the_version_follows_the_map() -> None:
    one, same = (mapping("resident", {"name": "xm"}) for _ in range(2))
    other = mapping("resident", {"name": "xingming"})
    assert one.version == same.version != other.version


def test_columns_are_what_the_map_reads() -> None:
    fields = {
        "name": "a",
        "labels": {"from": "b", "since": "c"},
        "nationality_code": {"value": "CHN"},
    }
    assert mapping("resident", fields).columns == ("a", "b", "c")


def test_a_missing_column_is_named() -> None:
    with pytest.raises(SourceChangedError, match="xm") as caught:
        mapping("resident", {"name": "xm"}).apply(batch({"x": ["y"]}), as_of=AS_OF)
    assert "xm" in caught.value.zh


def test_an_unknown_stream_is_named() -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        compile_mapping(platform("resident", {"name": "x"}), "nobody")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"nmae": "x"}, "name（姓名）"),
        ({"姓名": "x"}, "name（姓名）"),
        ({"name": "x", "id_status": "y"}, "证件号码状态"),
        ({"name": "x", "qqqq": "y"}, "可用的有"),
        ({"phone": "x"}, "name（姓名）、id_number（证件号码）"),
        ({"name": "x", "sex_code": {"from": "y", "codes": "sexx"}}, "sex"),
        ({"name": "x", "sex_code": {"from": "y", "codes": "relation_zh"}}, "性别"),
        ({"name": "x", "sex_code": {"from": "y", "codes": {"1": "男男"}}}, "男"),
        ({"name": {"from": "x", "split": ","}}, "split"),
        ({"name": {"from": "x", "as": "date"}}, "as: date"),
        ({"name": {"from": "x", "codes": "sex"}}, "codes"),
        ({"name": "x", "died_on": {"from": "y", "as": "age"}}, "age"),
    ],
)
def test_a_wrong_map_is_refused_with_the_right_name(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        mapping("resident", fields)
    assert "street_grid.yaml" in caught.value.zh
    assert says in caught.value.zh


def test_times_are_the_platforms_own() -> None:
    done = standardise(
        "resident",
        {"name": "x", "updated_at": "row"},
        {"x": ["张三"], "row": ["2024-01-01 08:00:00"]},
        timezone="Asia/Urumqi",
    )
    assert done.core["updated_at"].to_list() == [datetime(2024, 1, 1, 2, tzinfo=UTC)]


def test_a_tag_may_hold_what_separates_other_tags() -> None:
    fields = {"name": "x", "labels": {"from": "t", "split": "/"}}
    record = only("resident", fields, x="张三", t="书记、主任/网格长")
    assert [one["label"] for one in record["labels"]] == ["书记、主任", "网格长"]


def test_every_code_set_can_be_named_by_some_field() -> None:
    tables = {f.code_set for fields in FIELDS.values() for f in fields.values()}
    assert {s.table for s in code_sets().values()} - tables == {"label", "health", "disability"}


CELLS = st.text(
    st.characters(codec="utf-8") | st.sampled_from("0123456789-/男女栋号无 '*X"), max_size=24
)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.lists(CELLS | st.none(), min_size=4, max_size=4), min_size=1, max_size=8))
def test_any_batch_is_parted_without_loss_and_keeps_the_contract(
    rows: list[list[str | None]],
) -> None:
    cells = {c: [row[n % 4] for row in rows] for n, c in enumerate(EVERYTHING)}
    done = mapping("resident", EVERYTHING).apply(batch(cells), as_of=AS_OF)
    assert done.core.height + done.quarantine.height == len(rows)
    good, bad = check("resident", done.core)
    assert bad.rows() == []
    assert good.height == done.core.height
