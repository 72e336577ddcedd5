"""Splink's own charts of one pair and of the model, as one HTML page that needs no internet.

Their words are put into Chinese; hints that have no Chinese word (conditions in SQL) are left out.
"""

import logging
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
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

WORDS = {
    "Match weights waterfall chart": "从起点到合计",
    "How each comparison contributes to the final match score":
        "每一项依据加减多少分（比特），正数支持是同一个人",
    "Partial match weights (components of final match weight)": "每种比较结果的分值（比特）",
    "Use mousewheel to zoom": "正数支持是同一个人，负数反对；滚动鼠标滚轮可放大",
    "Prior (starting) match weight": "起点",
    "Comparison level match weight = log2(m/u)": "分值",
    "Match weight = log2(m/u)": "分值",
    "Equivalent match weight": "分值",
    "Match weight": "分值",
    "Match Weight": "分值",
    "Comparison name": "项目",
    "Comparison column": "项目",
    "Column": "项目",
    "Label": "比较结果",
    "M probability": "同一人中的比例",
    "U probability": "不同人中的比例",
    "Cumulative match probability": "累计的可能性",
    "Probability": "可能性",
}  # fmt: skip
INSIDE = {"Final score": "合计", "'Prior'": "'起点'",
          "probability_two_random_records_match": "起点"}  # fmt: skip
"""Words in expressions, too."""
NAMED = {"Prior": "起点", "Starting match weight (prior)": "起点", "tf_name": "姓名常见与否",
         "Term freq adjustment on bare": "随本库同名的多少增减"}  # fmt: skip
MENU = {
    "actions": {"export": True, "source": False, "compiled": False, "editor": False},
    "i18n": {"CLICK_TO_VIEW_ACTIONS": "保存图片", "PNG_ACTION": "存为 PNG",
             "SVG_ACTION": "存为 SVG"},
}  # fmt: skip
STRUCTURE = ("field", "type", "name", "as")
"""What says how a chart is built, though it may be a word, too."""
LINE, ABOVE, WATERFALL = 12, 300, 620
"""Pixels: of a level in a chart, of what is above and below all, of the waterfall."""
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
    charts = (("这一对的依据", waterfall, WATERFALL), ("模型的权重", weights, _height(model)))
    _write(out, "认人依据", charts, model)


def write_model_charts(model: Model, out: Path) -> None:
    """Write the weights of the model to `out`."""
    nobody = _empty_profile()
    with _linker(nobody, model) as linker:
        weights = linker.visualisations.match_weights_chart()
    _write(out, "认人模型", (("模型的权重", weights, _height(model)),), model)


def _height(model: Model) -> int:
    return ABOVE + LINE * sum(len(one.levels) for one in model.comparisons)


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


def _write(out: Path, title: str, charts: Sequence[tuple[str, Any, int]], model: Model) -> None:
    from splink.internals import html_utils

    drawn: Callable[..., str] = html_utils.chart_html

    words = WORDS | NAMED | {one.name: one.title for one in model.comparisons}
    pages = [
        FRAME.format(name, escape(drawn(spec, inline=True, fullhtml=True)), height)
        for name, chart, height in charts
        for spec in [_in_chinese(chart.chart_dict, words) | {"usermeta": {"embedOptions": MENU}}]
    ]
    text = f'<!doctype html><meta charset="utf-8"><title>{title}</title>{"".join(pages)}'
    out.write_text(re.sub(r"https://vega\.github\.io/schema/[\w/.-]+", "", text), encoding="utf-8")


def _in_chinese(part: Any, words: Mapping[str, str]) -> Any:  # noqa: ANN401 (any JSON)
    """A chart, or a part of one, with Chinese words in the place of Splink's."""
    if isinstance(part, str):
        for word, chinese in INSIDE.items():
            part = part.replace(word, chinese)
        return words.get(part, part)
    if isinstance(part, list):
        return [_in_chinese(one, words) for one in part]
    if not isinstance(part, dict):
        return part
    part = {key: value for key, value in part.items() if key != "bind" or value == "scales"}
    made = {
        key: value if key in STRUCTURE else _in_chinese(value, words)
        for key, value in part.items()
    }  # fmt: skip
    if isinstance(hints := part.get("tooltip"), list):
        made["tooltip"] = [_in_chinese(one, words) for one in hints if one.get("title") in WORDS]
    return made
