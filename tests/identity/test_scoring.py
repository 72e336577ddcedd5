"""Our sum of weights is what Splink itself predicts from the same model file."""

import logging
import warnings
from dataclasses import replace
from random import Random
from unittest.mock import patch

import duckdb
import pytest
from small_world import Hub, Record, empty_brain
from splink import DuckDBAPI, Linker

from identity.model import PRIOR, Model, read_model, use_model
from identity.scoring import make_profiles, score_query
from identity.state import mark_of, resolved_so

NAMES = ("张伟", "张玮", "李晓明", "李明晓", "李小明", "李明", "张女士", "欧阳静瑶", None)
NUMBERS = (
    ("510108199003070017", None), ("510108199003070071", "check_failed"),
    ("510108********0017", "masked"), ("510108199003070000", "truncated"), (None, None),
)  # fmt: skip


def crowd(seed: int, count: int) -> dict[str, Record]:
    rng = Random(seed)
    made = {}
    for nth in range(count):
        number, status = rng.choice(NUMBERS)
        made[str(nth)] = Record(
            rng.choice(NAMES), number, rng.choice(("1", "2", None)), rng.choice(("101", None)),
            rng.choice(("1", "2", None)), rng.choice((1990, 1991, 1960, None)),
            rng.choice(("p", "q")), status,
        )  # fmt: skip
    return made


@pytest.fixture(scope="module")
def brain() -> duckdb.DuckDBPyConnection:
    connection = empty_brain()
    Hub(connection).link(crowd(1, 60))
    return connection


@pytest.mark.parametrize("records", [60, 1_000_000])
def test_the_sum_is_splinks(brain: duckdb.DuckDBPyConnection, records: int) -> None:
    model = read_model().at(records)
    make_profiles(brain, model, "evidence")
    brain.execute("""
        CREATE OR REPLACE TEMP TABLE every_pair AS
        SELECT a.record_id AS a, b.record_id AS b FROM profile a JOIN profile b
        ON a.record_id < b.record_id""")
    rows = brain.execute(f"SELECT a, b, weight FROM ({score_query(model, 'every_pair')})")
    ours = {(a, b): weight for a, b, weight in rows.fetchall()}
    assert len(ours) == 60 * 59 // 2
    splinks = predict(brain, model)
    assert splinks.keys() == ours.keys()
    for pair, weight in splinks.items():
        assert ours[pair] == pytest.approx(weight, abs=1e-6)


def predict(brain: duckdb.DuckDBPyConnection, model: Model) -> dict[tuple[int, int], float]:
    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = dict(model.settings)
    settings["blocking_rules_to_generate_predictions"] = [
        {"blocking_rule": "l.record_id <> r.record_id", "sql_dialect": "duckdb"}
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        people = DuckDBAPI().register(brain.execute("FROM profile").to_arrow_table())
        linker = Linker(people, settings, logging.ERROR)
        rows = linker.inference.predict(warning_mode="never").as_record_list()
    return {
        (min(r["record_id_l"], r["record_id_r"]), max(r["record_id_l"], r["record_id_r"])): r[
            "match_weight"
        ]
        for r in rows
    }


def test_a_bigger_town_needs_more_than_a_name() -> None:
    small, big = read_model().at(10_000), read_model().at(1_000_000)
    assert big.prior_weight < small.prior_weight

    def best(model: Model, name: str) -> float:
        (one,) = [c for c in model.comparisons if c.name == name]
        return max(level.weight for level in one.levels)

    assert best(big, "contact") > best(small, "contact")
    assert best(big, "birth") == best(small, "birth")


def test_another_model_weighs_everything_anew(tmp_path: object) -> None:
    hub = Hub(empty_brain())
    hub.link({"1": Record("张伟", None, "138"), "2": Record("张伟", None, "138")})
    first = hub.ids()
    assert len(set(first.values())) == 1
    strict = read_model()
    content = dict(strict.content, version="strict", join=99.0)
    hub.model = Model("strict", content, strict.scale)
    hub.link({})
    second = hub.ids()
    assert second["1"] != second["2"]
    assert first["1"] in second.values(), "one keeps the id"
    hub.model = None
    hub.link({})
    assert hub.ids() == first
    reasons = hub.brain.execute("SELECT kind FROM identity_event ORDER BY happened_at").fetchall()
    assert [kind for (kind,) in reasons] == ["founded", "founded", "merged"]


def test_the_shipped_model_is_used_until_told(tmp_path) -> None:
    from identity.model import model_in_use

    assert model_in_use(tmp_path).version == PRIOR
    with pytest.raises(Exception, match="no model file"):
        use_model(tmp_path, "none")
    assert model_in_use(tmp_path).version == PRIOR


def test_latin_names_are_compared_by_their_spelling() -> None:
    hub = Hub(empty_brain())
    born = {"birth_year": 1980, "birth_date": "1980-05-06"}
    hub.link(
        {
            "1": Record("John Morrison", None, "138", **born),
            "2": Record("Morison John", None, "138", **born),
            "3": Record("Mary Hathaway", None, "138", **born),
        }
    )
    assert hub.groups() == {frozenset("12"), frozenset("3")}


def test_a_list_of_visits_may_name_a_person_again() -> None:
    hub = Hub(empty_brain())
    hub.link({"1": Record("张伟", None, "138", sex_code="1")})
    hub.link({"2": Record("张玮", None, "138", sex_code="1")})
    assert len(hub.groups()) == 2, "a platform has a person once"
    hub.model = replace(read_model(), repeating=frozenset({("p", "s")}))
    assert not resolved_so(mark_of(read_model()), hub.model), "all is weighed anew"
    hub.link({})
    assert len(hub.groups()) == 1


def test_a_brain_of_other_rules_is_resolved_anew_one_of_more_records_is_not() -> None:
    model = read_model()
    assert resolved_so(mark_of(model.at(1_000_000)), model.at(10))
    with patch("identity.state.LAYOUT", 0):
        older = mark_of(model)
    assert not resolved_so(older, model), "a newer release judges otherwise"
