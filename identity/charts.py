"""Splink's own charts of one pair and of the model, as one HTML page that needs no internet."""

import logging
import re
import warnings
from html import escape
from pathlib import Path

import duckdb

from identity.model import Model
from identity.pairs import Meant, put_pair
from identity.scoring import make_profiles

FRAME = '<h2>{}</h2><iframe srcdoc="{}" style="width:100%;height:{}px;border:0"></iframe>'


def write_charts(
    connection: duckdb.DuckDBPyConnection, one: Meant, other: Meant, model: Model, out: Path
) -> None:
    """Write the waterfall of this pair and the weights of the model to `out`.

    The page holds no values of the records, only weights.
    """
    from splink import DuckDBAPI, Linker  # slow to import

    logging.getLogger("splink").setLevel(logging.ERROR)
    put_pair(connection, one, other)
    make_profiles(connection, model, "explained")
    profiles = connection.execute("FROM profile").to_arrow_table()
    scratch = duckdb.connect()
    settings = dict(model.settings)
    settings["blocking_rules_to_generate_predictions"] = [
        {"blocking_rule": "l.record_id <> r.record_id", "sql_dialect": "duckdb"}
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        linker = Linker(DuckDBAPI(connection=scratch).register(profiles), settings, logging.ERROR)
        rows = linker.inference.predict(warning_mode="never").as_record_list()
        waterfall = linker.visualisations.waterfall_chart(
            rows, filter_nulls=False, remove_sensitive_data=True
        )
        weights = linker.visualisations.match_weights_chart()
    pages = [
        FRAME.format(title, escape(chart.to_html(inline=True)), height)
        for title, chart, height in (("这一对的依据", waterfall, 520), ("模型的权重", weights, 900))
    ]
    scratch.close()
    text = f'<!doctype html><meta charset="utf-8"><title>认人依据</title>{"".join(pages)}'
    out.write_text(re.sub(r"https://vega\.github\.io/schema/[\w/.-]+", "", text), encoding="utf-8")
