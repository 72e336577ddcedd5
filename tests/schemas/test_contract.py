"""The contract: rows that break a rule are set aside with the rule, all others pass."""

import polars as pl
import pytest

from hub.errors import ContractError
from schemas.contract import check
from tests.schemas.platforms import AS_OF, batch, mapping

FIELDS = {"name": "n", "id_number": "i", "sex_code": "s", "phone": "p", "birth_date": "b"}


@pytest.fixture
def core() -> pl.DataFrame:
    cells: dict[str, list[str | None]] = {
        "n": ["张三", "李四", "王五"],
        "i": ["", "", ""],
        "s": ["男", "女", ""],
        "p": ["13812345678", "", "028-83123456"],
        "b": ["1953-04-07", "1980", ""],
    }
    raw = batch(cells, op=["upsert", "upsert", "delete"])
    return mapping("resident", FIELDS).apply(raw, as_of=AS_OF).core


def at_first(core: pl.DataFrame, **values: object) -> pl.DataFrame:
    """The same rows, with other values in k1."""
    here = pl.col("record_key") == "k1"
    return core.with_columns(
        pl.when(here).then(pl.lit(v, core.schema[c])).otherwise(c).alias(c)
        for c, v in values.items()
    )


def test_good_rows_and_deletes_pass(core: pl.DataFrame) -> None:
    good, bad = check("resident", core)
    assert good.equals(core)
    assert bad.is_empty()


@pytest.mark.parametrize(
    ("values", "field", "reason"),
    [
        ({"sex_code": "7"}, "sex_code", "not_in_code_table"),
        ({"phone": "12"}, "phone", "bad_format"),
        ({"birth_year": 1700, "birth_date": None}, "birth_year", "out_of_range"),
        ({"record_key": ""}, "record_key", "bad_length"),
        ({"name": None}, None, "resident_without_identity"),
        ({"id_number": "1", "id_status": "missing"}, None, "id_status_disagrees"),
        ({"birth_year": 1954}, None, "birth_year_disagrees"),
    ],
)
def test_a_broken_rule_is_the_reason(
    core: pl.DataFrame, values: dict[str, object], field: str | None, reason: str
) -> None:
    good, bad = check("resident", at_first(core, **values))
    assert good["record_key"].to_list() == ["k2", "k3"]
    assert bad.select("row_no", "field", "reason").rows() == [(1, field, reason)]


def test_a_row_that_breaks_two_rules_is_set_aside_once(core: pl.DataFrame) -> None:
    _, bad = check("resident", at_first(core, sex_code="7", phone="12"))
    assert bad.height == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c.drop("phone"),
        lambda c: c.with_columns(extra=pl.lit(1)),
        lambda c: c.with_columns(pl.col("birth_year").cast(pl.String)),
    ],
    ids=["missing", "unknown", "other type"],
)
def test_another_shape_is_refused_whole(core: pl.DataFrame, change: object) -> None:
    with pytest.raises(ContractError) as caught:
        check("resident", change(core))  # type: ignore[operator]  # a lambda of this list
    assert "张三" not in str(caught.value)


def test_an_empty_batch_keeps_it(core: pl.DataFrame) -> None:
    good, bad = check("resident", core.clear())
    assert (good.height, bad.height) == (0, 0)
