"""The data dictionary, written from the models, the code tables and the reasons.

`python -m schemas.dictionary` writes `docs/data-dictionary.md`; a test says when it is stale.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from schemas.blanks import BLANKS
from schemas.codes import CodeSet, code_sets
from schemas.entities import FIELDS, MODELS, STANDARD_VERSION, TITLES
from schemas.extras import extras
from schemas.fields import FieldFacts
from schemas.reasons import reasons
from schemas.record import Addressed, Record

PATH = Path(__file__).parents[1] / "docs" / "data-dictionary.md"
LEVELS = {1: "1 公开", 2: "2 内部", 3: "3 个人", 4: "4 敏感个人"}
KINDS = {"issue": "记问题，行保留", "quarantine": "行进隔离区", "contract": "行进隔离区（契约）"}
READS = {
    "text": "文本", "name": "姓名", "phone": "电话", "id_number": "证件号码（只留有效的）",
    "day": "日期", "list": "列表（逐项写出）",
}  # fmt: skip
TYPES = {"String": "文本", "Date": "日期", "Int16": "整数", "Int64": "整数", "Float64": "小数"}
SHOWN_IN_FULL = 120
"""Longer tables are in their file only."""


def dictionary() -> str:
    """The whole document, Markdown."""
    return "\n".join([*_opening(), *_entities(), *_extras(), *_tables(), *_reasons(), ""])


def _opening() -> list[str]:
    blanks = "、".join(f"`{b}`" for b in BLANKS[:14] if b)
    return [
        "# 数据字典",
        "",
        f"数据标准第 {STANDARD_VERSION} 版。"
        "本文由 `python -m schemas.dictionary` 生成，请不要手改：字段在 `schemas/` 的模型里，"
        "码表在 `schemas/codes/`，原因在 `schemas/reasons.csv`。",
        "",
        "- 敏感级：1 公开，2 内部，3 个人信息，4 敏感个人信息"
        "（《个人信息保护法》第二十八条、GB/T 35273）。",
        "- 掩码：没有查看明文权限的人看到的样子；空白表示原样显示。",
        f"- 视为空白的写法：空、{blanks}等；码表里有的说法优先于空白。",
        "- 日期为 ISO 8601；时间为协调世界时；只知道年或年龄时只填出生年。",
        "",
    ]


def _entities() -> list[str]:
    lines = ["## 每条记录都有的字段", "", *_fields(FIELDS["resident"], Record), ""]
    lines += ["## 地址各部分", "", "居民、户、房屋都有；由同一个解析器从地址得出。", ""]
    parts = {n: f for n, f in FIELDS["resident"].items() if n not in _names(Record)}
    lines += [*_fields(parts, Addressed), ""]
    for entity, model in MODELS.items():
        inherited = _names(Addressed) if issubclass(model, Addressed) else _names(Record)
        own = {n: f for n, f in FIELDS[entity].items() if n not in inherited}
        lines += [f"## {TITLES[entity]} `{entity}`", "", *_fields(own, model), ""]
    return lines


def _names(model: type[Record]) -> frozenset[str]:
    return frozenset(str(name) for name in model.to_schema().columns)


def _fields(fields: dict[str, FieldFacts], model: type) -> list[str]:
    own = {n: f for n, f in fields.items() if n in _names(model)}
    rows = [
        (
            f"`{f.name}`",
            f.title,
            _type(f.dtype),
            f"`{f.code_set}`" if f.code_set else "",
            LEVELS[f.level],
            f.mask,
            f.owner,
            "" if f.reads != "computed" else "由数据大脑计算",
            f.description,
        )
        for f in own.values()
    ]
    return _table(
        ("字段", "中文", "类型", "码表", "敏感级", "掩码", "负责部门", "映射", "说明"), rows
    )


def _type(dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.List):
        return "列表"
    return "时间" if isinstance(dtype, pl.Datetime) else TYPES[str(dtype)]


def _extras() -> list[str]:
    """What platforms hold besides the fields: written under `extras` in a platform's file."""
    rows = [
        (
            one.title, READS[one.reads], LEVELS[one.level], one.mask,
            "、".join(n for n in one.names if not n.isascii()),
            "、".join(f"`{n}`" for n in one.names if n.isascii()), one.description,
        )
        for one in extras().values()
    ]  # fmt: skip
    head = ("项目", "类型", "敏感级", "掩码", "也叫", "常见列名", "说明")
    return [
        "## 附加项目",
        "",
        "平台常有、上面的字段里没有的项目：在平台文件的 `extras` 里写出，表单和问人清单就用得上。"
        "清单是 `schemas/extras.csv`，加一项就是加一行数据。",
        "",
        *_table(head, rows),
        "",
    ]


def _tables() -> list[str]:
    lines = [
        "## 码表",
        "",
        "写法按文件 `schemas/codes/<码表>.csv`；更正一个代码就是改一行数据。",
        "",
    ]
    for one in code_sets().values():
        lines += [f"### `{one.code_set}` {one.title}", "", f"来源：{one.source}。", ""]
        lines += [f"{one.note}。", ""] if one.note else []
        lines += _codes(one)
    return lines


def _codes(one: CodeSet) -> list[str]:
    if one.inputs == "words":
        return [f"只认 `{one.table}` 的文字说法。", ""]
    if len(one.rows) > SHOWN_IN_FULL:
        return [f"共 {len(one.rows)} 个代码，见 `schemas/codes/{one.code_set}.csv`。", ""]
    head = ("代码", "名称", "也认")
    rows = [(f"`{code}`", name, "、".join(aliases)) for code, name, aliases in one.rows]
    return [*_table(head, rows), ""]


def _reasons() -> list[str]:
    rows = [(f"`{r.code}`", KINDS[r.kind], r.zh, r.advice) for r in reasons().values()]
    head = ("原因", "结果", "含义", "怎么办")
    return ["## 问题与隔离原因", "", *_table(head, rows)]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for row in rows:
        # `*` of a mask and `|` would be Markdown
        cells = (c.replace("|", "\\|").replace("*", "\\*") for c in row)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    PATH.write_text(dictionary(), encoding="utf-8")
