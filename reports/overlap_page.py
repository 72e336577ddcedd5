"""The overlap report: an Excel of its tables, and a page with a picture of forms × items."""

from collections.abc import Mapping, Sequence
from html import escape

import polars as pl

from reports.overlap import Overlap
from reports.overlap_charts import with_charts
from reports.tables import workbook

CELL, LEFT = 18, 220
STYLE = """
body{font:15px/1.6 "Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:2em auto;max-width:72em;
padding:0 1em;color:#222}h1{font-size:1.5em}h2{font-size:1.15em;margin-top:2em}
table{border-collapse:collapse}td,th{padding:.25em .8em;border-bottom:1px solid #ddd;
text-align:left}td.n{text-align:right}
.big{display:flex;gap:3em;flex-wrap:wrap}.big b{display:block;font-size:2em}svg{max-width:100%}
"""


def overlap_workbook(found: Overlap) -> bytes:
    """The report as Excel: 概况, 各表, 表与项目, 同项异名, 相近的表."""
    return with_charts(workbook({
        "概况": pl.DataFrame(_summary(found), schema=["项目", "数"], orient="row"),
        "各表": pl.DataFrame(_forms(found), schema=["表", "行", "要填的格", "已有的格", "已有占比"],
                           orient="row"),
        "表与项目": _matrix(found),
        "同项异名": pl.DataFrame(
            [(found.titles[one], "、".join(n), len(n)) for one, n in found.names.items()],
            schema={"项目": pl.String, "叫法": pl.String, "几种": pl.Int64}, orient="row"),
        "相近的表": pl.DataFrame(
            [(p.first, p.second, len(p.shared), p.alike, "是" if p.within else "否",
              "是" if p.same_people else "否") for p in found.pairs],
            schema={"表一": pl.String, "表二": pl.String, "相同项": pl.Int64, "相近": pl.Float64,
                    "表一全在表二里": pl.String, "对象相同": pl.String}, orient="row"),
    }), len(found.reports), (len(_items(found)), len(found.matrix)))  # fmt: skip


def _summary(found: Overlap) -> list[tuple[str, int]]:
    return [
        ("登记的表", found.forms), ("合并后的表", found.forms_after),
        ("要填的项（各表相加）", found.fields_before), ("要填的项（去掉重复）", found.fields_after),
        ("要填的格", found.cells_asked), ("已有数据能填的格", found.cells_answered),
        ("还要问的（每项每人一次）", found.cells_to_ask_once),
        ("省下的格", found.cells_saved),
    ]  # fmt: skip


def _forms(found: Overlap) -> list[tuple[str, int, int, int, float]]:
    return [
        (one.form, one.rows, one.asked, one.answered, round(one.answered / max(one.asked, 1), 4))
        for one in found.reports
    ]


def _items(found: Overlap) -> list[str]:
    """Items of the matrix, those that most forms ask first."""
    often: dict[str, int] = {}
    for items in found.matrix.values():
        for item in items:
            often[item] = often.get(item, 0) + 1
    return sorted(often, key=lambda item: (-often[item], item))


def _matrix(found: Overlap) -> pl.DataFrame:
    forms = list(found.matrix)
    items = _items(found)
    columns: list[pl.Series] = [pl.Series("项目", [found.titles[one] for one in items])]
    for form in forms:
        held = (found.matrix[form].get(item) for item in items)
        shares = [None if one is None else round(one, 4) for one in held]
        columns.append(pl.Series(form, shares, dtype=pl.Float64))
    return pl.DataFrame(columns)


def overlap_page(found: Overlap) -> str:
    """The report as one page without scripts or outside addresses."""
    share = f"{found.answered_share:.1%}"
    numbers = [
        ("表", f"{found.forms} → {found.forms_after}"),
        ("要填的项", f"{found.fields_before:,} → {found.fields_after:,}"),
        ("要填的格", f"{found.cells_asked:,}"), ("已有数据能填", share),
        ("还要问（每项每人一次）", f"{found.cells_to_ask_once:,}"),
    ]  # fmt: skip
    big = "".join(f"<div>{escape(name)}<b>{escape(value)}</b></div>" for name, value in numbers)
    groups = [[" + ".join(group)] for group in found.merges] or [["没有"]]
    names = [[found.titles[item], "、".join(n)] for item, n in found.names.items()]
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>表单重复情况</title>'
        f"<style>{STYLE}</style><h1>表单重复情况</h1><div class=big>{big}</div>"
        f"<h2>各表能填多少</h2>{_bars(found)}"
        f"<h2>哪张表要哪一项（颜色越深，已有的越多；红框是各平台都没有，虚框是现在没有对象）</h2>{_picture(found)}"
        f"<h2>可以合并</h2>{_table(['表'], groups)}"
        f"<h2>同一项的不同叫法</h2>{_table(['项目', '叫法'], names)}</html>\n"
    )


def _bars(found: Overlap) -> str:
    rows = []
    for nth, (form, _, asked, answered, share) in enumerate(_forms(found)):
        y = nth * 24
        rows.append(
            f'<text x="{LEFT - 8}" y="{y + 15}" text-anchor="end">{escape(form)}</text>'
            f'<rect x="{LEFT}" y="{y + 2}" width="400" height="16" fill="#eee"/>'
            f'<rect x="{LEFT}" y="{y + 2}" width="{400 * share:.1f}" height="16" fill="#2a7f62"/>'
            f'<text x="{LEFT + 408}" y="{y + 15}">{_share(share, answered, asked)}</text>'
        )
    return _svg(rows, LEFT + 620, 24 * len(rows) + 4)


def _share(share: float, answered: int, asked: int) -> str:
    return f"{share:.0%}　{answered:,} / {asked:,}" if asked else "现在没有对象"


def _picture(found: Overlap) -> str:
    forms, items = list(found.matrix), _items(found)
    head = 30 + round(10.5 * max((len(one) for one in forms), default=0))  # of slanting names
    parts = []
    for x, form in enumerate(forms):
        at = LEFT + x * CELL + 12
        parts.append(
            f'<text transform="translate({at},{head - 6}) rotate(-60)">{escape(form)}</text>'
        )
    for y, item in enumerate(items):
        top = head + y * CELL
        title = escape(found.titles[item])
        parts.append(f'<text x="{LEFT - 8}" y="{top + 13}" text-anchor="end">{title}</text>')
        parts += [_square(LEFT + x * CELL, top, found.matrix[form], item)
                  for x, form in enumerate(forms) if item in found.matrix[form]]  # fmt: skip
    return _svg(parts, LEFT + CELL * len(forms) + head // 2, head + CELL * len(items) + 4)


def _square(x: int, y: int, shares: Mapping[str, float | None], item: str) -> str:
    share = shares[item]
    if share is None:  # of nobody: neither held nor missing
        return (
            f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" fill="#fff" '
            'stroke="#bbb" stroke-dasharray="2"/>'
        )
    edge = "#c0392b" if share == 0 else "#fff"
    return (
        f'<rect x="{x}" y="{y}" width="{CELL - 2}" height="{CELL - 2}" fill="#2a7f62" '
        f'fill-opacity="{0.08 + 0.92 * share:.2f}" stroke="{edge}"/>'
    )


def _svg(parts: Sequence[str], width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'font-size="12">{"".join(parts)}</svg>'
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in row) + "</tr>" for row in rows)
    return f"<table><tr>{head}</tr>{body}</table>"
