"""A model trained on the home's own records makes sense, or is refused and changes nothing."""

from pathlib import Path

import duckdb
import pytest

from bench.identity.cases import KEY, linked, world
from bench.identity.loading import PULLED, empty_brain, put, standardised
from bench.identity.platforms import Row
from bench.identity.scores import pairwise
from hub.errors import ConfigError
from identity.model import (
    PRIOR,
    Model,
    model_in_use,
    models_in,
    next_version,
    read_model,
    use_model,
    write_model,
)
from identity.resolve import resolve_identity
from identity.training import Learnt, refuse_nonsense, train_model


def resolved(rows: list[Row], model: Model | None = None) -> duckdb.DuckDBPyConnection:
    connection = empty_brain()
    put(connection, standardised(rows), None)
    resolve_identity(connection, KEY, PULLED, model)
    return connection


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return world("ordinary", 1_200, 31).rows


def test_what_is_learnt_makes_sense_and_does_no_harm(rows: list[Row], tmp_path: Path) -> None:
    connection = resolved(rows)
    made, learnt = train_model(connection, read_model(), next_version(tmp_path), "2026-06-01")
    assert (made.version, made.join) == ("home-1", read_model().join)
    weights = {(one.title, one.label): one for one in learnt}
    assert weights["姓名", "完全相同"].after > 8
    assert weights["性别", "不同"].after < -4
    assert weights["姓名", "字相同，顺序不同"].pairs < weights["姓名", "完全相同"].pairs
    write_model(tmp_path, made)
    assert model_in_use(tmp_path).version == PRIOR, "not used until told"
    assert [one.version for one in models_in(tmp_path)] == [PRIOR, "home-1"]
    assert next_version(tmp_path) == "home-2"
    used = use_model(tmp_path, "home-1")
    assert used.content == made.content
    before = pairwise(linked(connection, rows))
    after = pairwise(linked(resolved(rows, used), rows))
    assert after.f1 > before.f1 - 0.002
    assert after.precision > 0.998


def test_a_new_model_keeps_the_ids(rows: list[Row]) -> None:
    connection = resolved(rows)
    made, _ = train_model(connection, read_model(), "home-1", "2026-06-01")
    first = dict(zip(*linked(connection, rows)["record_key", "resident"], strict=True))
    events = connection.execute("SELECT count(*) FROM identity_event").fetchall()[0][0]
    connection.execute("CREATE OR REPLACE TEMP TABLE changed (record_id BIGINT)")
    resolve_identity(connection, KEY, PULLED, made)
    second = dict(zip(*linked(connection, rows)["record_key", "resident"], strict=True))
    lost = set(first.values()) - set(second.values())
    told = connection.execute(
        "SELECT resident_id, reason FROM identity_event OFFSET ?", [events]
    ).fetchall()
    assert lost <= {one for one, _ in told}
    new = set(second.values()) - set(first.values())
    assert new <= {one for one, _ in told}
    assert all(reason for _, reason in told)


def test_too_few_records_teach_nothing() -> None:
    connection = resolved(world("ordinary", 100, 31).rows)
    with pytest.raises(ConfigError, match="500 needed"):
        train_model(connection, read_model(), "home-1", "2026-06-01")


@pytest.mark.parametrize(("before", "after"), [(-12.0, -3.0), (5.0, -1.5), (1.0, 5.5)])
def test_nonsense_is_refused(before: float, after: float) -> None:
    refuse_nonsense([Learnt("姓名", "不同", before, before + 1, 900)])
    with pytest.raises(ConfigError, match="不同") as refused:
        refuse_nonsense([Learnt("姓名", "不同", before, after, 900)])
    assert "不合情理" in refused.value.zh


def test_a_column_that_lies_is_refused(rows: list[Row]) -> None:
    """The sexes of one platform are the wrong way round, as after a wrong code table."""
    other = {"男": "女", "女": "男", None: None}
    wrong = [
        Row(one.person, one.platform, one.key,
            one.cells | {"sex_code": other[one.cells["sex_code"]]})
        if one.platform in ("property", "door") else one
        for one in rows
    ]  # fmt: skip
    connection = resolved(wrong)
    with pytest.raises(ConfigError) as refused:
        train_model(connection, read_model(), "home-1", "2026-06-01")
    assert "性别" in refused.value.zh
