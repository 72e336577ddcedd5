"""Train a model without labels: Splink's EM on the home's own records, the shipped model as start.

What is estimated is how the records of one person agree and differ in this home (m): how often its
platforms mistype a name by ear, by eye or by hand, a birth, a sex, and hold a person twice. How
often strangers and relatives agree (u) is kept, since EM among the members of a family takes what
they share for identity; how common each name is is counted anew by every run. Numbers, telephones
and flats keep their weights: what is given there differs from platform to platform more than how
it agrees, and the same people would look less alike for a platform that masks.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from math import log2
from typing import Any

import duckdb
import pyarrow as pa

from hub.errors import ConfigError
from identity.model import Model
from identity.scoring import make_profiles

LARGEST_SAMPLE = 400_000  # records
MOST_PAIRS = 2_000_000  # of one session
FEWEST = 500  # pairs of one person that a session must have found
SEEN = 30  # such pairs at one level, below which the level keeps its weight
FARTHEST = 4.0  # bits that a weight may move
UNSETTLED = "NOT (l.settled AND r.settled)"
"""Two records with valid numbers of their own are never weighed, so they do not teach."""
TOGETHER = f"l.phone = r.phone AND {UNSETTLED}"
"""What two records must share to teach."""
LEARNT = ("name", "birth", "sex", "origin")
SPEAKS_OF_WHAT_IS_GIVEN = frozenset(
    ("只有姓和称呼，姓相同", "只有姓和称呼，姓不同", "同一天（号码里已有）", "同一年",
     "相差一年（由年龄推算）")
)  # fmt: skip
"""Levels that a record reaches because it says less, not because it says otherwise."""


@dataclass(frozen=True)
class Learnt:
    """One answer of a comparison: weights in bits; `pairs` of one person at which it was seen."""

    title: str
    label: str
    before: float
    after: float
    pairs: int


def train_model(
    connection: duckdb.DuckDBPyConnection, model: Model, version: str, day: str
) -> tuple[Model, list[Learnt]]:
    """Train on the records of an open brain.

    Args:
        connection: Only temporary tables are made in it.
        model: Where to start from; thresholds and u are kept.
        version: The name of the new model.
        day: Of the training, for the model's own description.

    Raises:
        ConfigError: too few records that are one person, or weights that make no sense.
    """
    records = connection.execute("SELECT count(*) FROM evidence").fetchall()[0][0]
    scaled = model.at(records)
    profiles = _sample(connection, scaled)
    content = deepcopy(model.content)
    content |= {"version": version, "made_from": f"{day} 由本库 {records} 条记录训练，未用标注"}
    learnt: list[Learnt] = []
    shares, matched = _session(profiles, scaled.settings)
    for comparison in content["settings"]["comparisons"]:
        name = comparison["output_column_name"]
        if name in LEARNT:
            learnt += _learn(comparison, shares[name], matched)
    refuse_nonsense(learnt)
    return Model(version, content, model.scale), learnt


def _sample(connection: duckdb.DuckDBPyConnection, model: Model) -> pa.Table:
    """Profiles of whole neighbourhoods: all records whose telephone, or name, is drawn."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE drawn AS
        WITH share AS (SELECT {LARGEST_SAMPLE} / greatest(count(*), 1) AS part FROM evidence)
        SELECT record_id FROM evidence, share
        WHERE part >= 1 OR hash(coalesce(phone, bare)) % 10000 < part * 10000""")
    make_profiles(connection, model, "drawn")
    return connection.execute("""
        SELECT p.*, e.id_number IS NOT NULL AS settled
        FROM profile p JOIN evidence e USING (record_id)""").to_arrow_table()


def _session(
    profiles: pa.Table, settings: dict[str, Any]
) -> tuple[dict[str, dict[str, float]], float]:
    """Run EM: for each comparison {level's label: m}, and how many pairs are one person's."""
    from splink import DuckDBAPI, Linker  # slow to import

    scratch = duckdb.connect()
    try:
        scratch.register("given", profiles)
        # a table first: a filter pushed down to Arrow cannot hold numbers above 2^63
        scratch.execute("CREATE TABLE people AS FROM given")
        pairs = scratch.execute(f"""
            SELECT count(*) FROM people l JOIN people r ON {TOGETHER}
            WHERE l.record_id < r.record_id""").fetchall()[0][0]
        if pairs < FEWEST:
            raise _too_few(pairs)
        made = settings | {
            "blocking_rules_to_generate_predictions": [
                {"blocking_rule": TOGETHER, "sql_dialect": "duckdb"}
            ]
        }
        with warnings.catch_warnings(), _quiet():
            warnings.simplefilter("ignore")
            linker = Linker(DuckDBAPI(connection=scratch).register("people"), made, logging.ERROR)
            done = linker.training.estimate_parameters_using_expectation_maximisation(
                TOGETHER, max_pairs=MOST_PAIRS if pairs > MOST_PAIRS else None
            ).core_model_settings
    finally:
        scratch.close()
    matched = min(pairs, MOST_PAIRS) * float(done.probability_two_random_records_match)
    if matched < FEWEST:
        raise _too_few(round(matched))
    shares = {
        one.output_column_name: {
            level.label_for_charts: float(level.m_probability or 0.0)
            for level in one.comparison_levels
            if not level.is_null_level
        }
        for one in done.comparisons
    }
    return shares, matched


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Splink's report of its progress out of ours."""
    logger = logging.getLogger("splink")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _learn(comparison: dict[str, Any], shares: dict[str, float], matched: float) -> list[Learnt]:
    """Put the new m of each level into `comparison`, where enough pairs were seen at it.

    Together the levels keep the share that they had.
    """
    levels = [
        one
        for one in comparison["comparison_levels"]
        if not one.get("is_null_level") and one["label_for_charts"] not in SPEAKS_OF_WHAT_IS_GIVEN
    ]
    before = sum(one["m_probability"] for one in levels)
    factor = before / sum(shares[one["label_for_charts"]] for one in levels)
    learnt = []
    for level in levels:
        label, m, u = level["label_for_charts"], level["m_probability"], level["u_probability"]
        pairs = round(shares[label] * matched)
        if pairs >= SEEN:
            level["m_probability"] = min(shares[label] * factor, 1.0)
        now = log2(level["m_probability"] / u)
        title = comparison["comparison_description"]
        learnt.append(Learnt(title, label, log2(m / u), now, pairs))
    return learnt


def refuse_nonsense(learnt: list[Learnt]) -> None:
    """Raise if a weight moved farther than data of one town can tell, or changed its side.

    Raises:
        ConfigError: naming the first such weight.
    """
    for one in learnt:
        far = abs(one.after - one.before) > FARTHEST
        turned = one.before * one.after < 0 and min(abs(one.before), abs(one.after)) > 1
        if far or turned:
            raise ConfigError(
                f"training: weight of {one.label} went from {one.before:+.1f} to {one.after:+.1f}",
                zh=f"训练没有采用：{one.title}“{one.label}”的分值从 {one.before:+.1f} 变到 "
                f"{one.after:+.1f}，不合情理。多半是某个平台的这一列映射错了或混入了占位值，"
                "请先用 hub platform check 核对；现用的模型不受影响。",
            )


def _too_few(pairs: int) -> ConfigError:
    return ConfigError(
        f"training: {pairs} pairs of records, {FEWEST} needed",
        zh=f"训练没有采用：可供学习的记录对只有 {pairs} 对，至少要 {FEWEST} 对。"
        "数据少时随程序附带的模型更稳，请接入更多平台后再训练。",
    )
