"""Splink's own charts of one pair and of the model, as one HTML page that needs no internet."""

import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from identity.model import Model, read_model
from identity.pairs import Meant, put_pair
from identity.scoring import make_profiles
from identity.tables import create_tables

FRAME = '<h2>{}</h2><iframe srcdoc="{}" style="width:100%;height:{}px;border:0"></iframe>'


def write_charts(
    connection: duckdb.DuckDBPyConnection, one: Meant, other: Meant, model: Model, out: Path
) -> None:
    """Write the waterfall of this pair and the weights of the model to `out`.

    The page holds no values of the records, only weights.
    """
    put_pair(connection, one, other)
    make_profiles(connection, model, "explained")
    with _linker(connection.execute("FROM profile").to_arrow_table(), model) as linker:
        rows = linker.inference.predict(warning_mode="never").as_record_list()
        waterfall = linker.visualisations.waterfall_chart(
            rows, filter_nulls=False, remove_sensitive_data=True
        )
        weights = linker.visualisations.match_weights_chart()
    _write(out, "认人依据", (("这一对的依据", waterfall, 520), ("模型的权重", weights, 900)))


def write_model_charts(model: Model, out: Path) -> None:
    """Write the weights of the model, and how often each answer is given, to `out`."""
    nobody = _empty_profile()
    with _linker(nobody, model) as linker:
        weights = linker.visualisations.match_weights_chart()
        shares = linker.visualisations.m_u_parameters_chart()
    _write(out, "认人模型", (("模型的权重", weights, 900), ("同一人与不同人各占多少", shares, 900)))


def _empty_profile() -> pa.Table:
    """A table of profiles without a row."""
    with duckdb.connect() as scratch:
        create_tables(scratch)
        scratch.execute("CREATE TEMP TABLE nobody AS SELECT record_id FROM evidence")
        make_profiles(scratch, read_model(), "nobody")
        return scratch.execute("FROM profile").to_arrow_table()


@contextmanager
def _linker(profiles: pa.Table, model: Model) -> Iterator[Any]:
    from splink import DuckDBAPI, Linker  # slow to import

    logging.getLogger("splink").setLevel(logging.ERROR)
    settings = dict(model.settings)
    settings["blocking_rules_to_generate_predictions"] = [
        {"blocking_rule": "l.record_id <> r.record_id", "sql_dialect": "duckdb"}
    ]
    with duckdb.connect() as scratch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        people = DuckDBAPI(connection=scratch).register(profiles)
        yield Linker(people, settings, logging.ERROR)


def _write(out: Path, title: str, charts: Sequence[tuple[str, Any, int]]) -> None:
    pages = [
        FRAME.format(name, escape(chart.to_html(inline=True)), height)
        for name, chart, height in charts
    ]
    text = f'<!doctype html><meta charset="utf-8"><title>{title}</title>{"".join(pages)}'
    out.write_text(re.sub(r"https://vega\.github\.io/schema/[\w/.-]+", "", text), encoding="utf-8")
