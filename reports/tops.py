"""What stands above and below a form's table: 填报单位, 填表日期, 填表人 …; filled where known.

A label stands in one cell with its blank (`填报单位：      填报日期：  年  月  日`), or before an
empty cell. Nothing that a department wrote is written over.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl
from openpyxl.utils import get_column_letter

from reports.cells import Cells
from reports.sheet_rows import Shift, XmlRow, read_sheet, row_text
from reports.spreadsheet import escaped, safe
from reports.texts import squeezed

GAP = r"[ \t\u3000_＿\xa0]*"
LABEL = re.compile(
    r"(?P<name>[\u4e00-\u9fff][\u4e00-\u9fff（）()、/\s\u3000]{0,16}?)"
    r"(?P<seal>[（(][^（）()]{1,6}[)）])?\s*[:：]"
    rf"(?P<blank>{GAP}(?:年{GAP}月(?:{GAP}日)?{GAP})?)"
)
ITEMS = {
    "community_name": ("填报单位", "填表单位", "报送单位", "上报单位", "单位名称", "填报社区",
                       "社区", "社区名称", "村(社区)", "村社区", "所属社区", "所在社区",
                       "社区(村)"),
    "street_name": ("街道", "镇(街道)", "乡镇(街道)", "街道(镇)", "镇街", "所属街道", "街道名称"),
    "district_name": ("区", "区县", "区(县)", "县(市、区)", "区(市)县"),
    "grid_name": ("网格", "网格名称", "所属网格", "网格号"),
    "worker_name": ("网格员", "网格员姓名", "网格长"),
    "worker_phone": ("网格员电话", "网格员联系电话"),
    "today": ("填表日期", "填报日期", "填报时间", "填表时间", "制表日期", "制表时间", "报送日期",
              "上报日期", "上报时间", "统计日期", "统计时间", "截止日期", "截至日期", "日期"),
    "": ("填表人", "填报人", "制表人", "经办人", "审核人", "复核人", "负责人", "单位负责人",
         "社区负责人", "分管领导", "联系人", "联系电话", "电话", "统计负责人", "主要负责人"),
}  # fmt: skip
"""What a label asks for; nothing for what only the department's people know."""
KNOWN = {label: item for item, labels in ITEMS.items() for label in labels}
SEALED = ("单位", "社区")
DAY = re.compile(r"年.*月")


@dataclass(frozen=True)
class Found:
    """One label: its cell (as Excel names it), the cell the value goes to, what it asks for."""

    at: str
    to: str
    label: str
    item: str
    text: str  # of the cell `at`


def find_tops(cells: Cells, header: int, end: int) -> tuple[Found, ...]:
    """Every known label above the row `header` and below the row `end`."""
    found: list[Found] = []
    for (row, column), value in cells.values.items():
        if not (row < header or row > end) or not isinstance(value, str):
            continue
        for match in LABEL.finditer(value):
            item = _item(match)
            if item is None or _written(value, match):
                continue
            to = _to(cells, row, column, value, match)
            if to is not None:
                name = squeezed(match["name"])
                found.append(Found(_name(row, column), to, name, item, value))
    return tuple(found)


def _item(match: re.Match[str]) -> str | None:
    name = squeezed(match["name"])
    if name in SEALED and match["seal"] and "章" in match["seal"]:
        return "community_name"
    return KNOWN.get(name)


def _written(text: str, match: re.Match[str]) -> bool:
    """Whether something stands behind the label already."""
    rest = text[match.end() :]
    return bool(rest) and LABEL.match(rest) is None and not rest.isspace()


def _to(cells: Cells, row: int, column: int, text: str, match: re.Match[str]) -> str | None:
    """The same cell where it has a blank; else the empty one to its right; else none."""
    if match["blank"].strip() or len(match["blank"]) >= 2 or len(LABEL.findall(text)) > 1:
        return _name(row, column)
    merged = cells.merge_at(row, column)
    right = (merged.right if merged else column) + 1
    if merged is not None and merged.right > merged.left:
        return _name(row, column)  # room enough behind the label
    taken = cells.filled(row, right) or (row, right) in cells.formulas
    return None if taken else _name(row, right)


def _name(row: int, column: int) -> str:
    return f"{get_column_letter(column)}{row}"


def changes(tops: Sequence[Found], known: Mapping[str, str], today: date) -> dict[str, str]:
    """The new text of each cell, as far as values are known: by item, or by label."""
    made: dict[str, str] = {}
    for at in dict.fromkeys(one.at for one in tops):
        mine = [one for one in tops if one.at == at]
        text = LABEL.sub(lambda m, mine=mine: _filled(m, mine, known, today), mine[0].text)  # type: ignore[misc]  # the default binds the loop's own
        if text != mine[0].text:
            made[at] = text
        for one in mine:
            value = _value(one, known, today)
            if one.to != one.at and value:
                made[one.to] = value
    return made


def _value(one: Found, known: Mapping[str, str], today: date) -> str:
    day = f"{today.year}年{today.month}月{today.day}日" if one.item == "today" else ""
    return known.get(one.label) or known.get(one.item) or day


def _filled(
    match: re.Match[str], mine: Sequence[Found], known: Mapping[str, str], today: date
) -> str:
    name = squeezed(match["name"])
    one = next((each for each in mine if each.label == name and each.to == each.at), None)
    value = _value(one, known, today) if one else ""
    if not value:
        return match[0]
    if one and one.item == "today" and DAY.search(match["blank"]) and "日" not in match["blank"]:
        value = f"{today.year}年{today.month}月"
    left = _width(match["blank"]) - _width(value)
    head = match[0][: len(match[0]) - len(match["blank"])]
    behind = " " * max(left, 2) if match.end() < len(match.string) else ""
    return head + value + behind


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def with_tops(xml: str, texts: Mapping[str, str]) -> str:
    """The sheet's XML with these cells' texts; all else as it was."""
    if not texts:
        return xml
    read = read_sheet(xml)
    rows = dict(read.rows)
    for at, text in texts.items():
        letters, number = re.sub(r"\d", "", at), int(re.sub(r"\D", "", at))
        row = rows.get(number) or XmlRow(number, "", {}, {})
        style = f' s="{row.styles[letters]}"' if row.styles.get(letters) else ""
        cell = (
            f'<c r="{at}"{style} t="inlineStr"><is><t xml:space="preserve">'
            f"{pl.select(escaped(safe(pl.lit(text)))).item()}</t></is></c>"
        )
        rows[number] = XmlRow(number, row.attributes, row.styles, {**row.cells, letters: cell})
    still = Shift(1, 0, 0)
    body = "".join(row_text(rows[number], still) for number in sorted(rows))
    return f"{read.before}<sheetData>{body}</sheetData>{read.after}"


def known_of(values: Mapping[str, Sequence[str | None]]) -> dict[str, str]:
    """What everybody of a form has in common: the only community, grid, worker of the scope."""
    return dict(_only(values))


def _only(values: Mapping[str, Sequence[str | None]]) -> Iterator[tuple[str, str]]:
    for item, given in values.items():
        distinct = {one for one in given if one}
        if len(distinct) == 1:
            yield item, distinct.pop()
