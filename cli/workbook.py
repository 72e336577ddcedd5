"""The Excel file of what was set aside, for the platform's owner."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from cli.screen import moment
from serving.reading.wording import advice, reason, reason_aside, title

ASIDE = (
    "平台",
    "数据流",
    "记录键",
    "行号",
    "字段",
    "原值",
    "原因",
    "请这样处理",
    "批次",
    "隔离时间",
    "读入时的位置",
    "更正为",
    "定位码",
)
ISSUES = (
    "平台", "数据流", "记录键", "字段", "原值", "原因", "请这样处理", "读入时的位置",
    "更正为", "定位码",
)  # fmt: skip
CORRECTED, LOCATOR = "更正为", "定位码"
"""Where the owner writes, and what says which cell it is; the latter must stay as it is."""
WIDTHS = {
    "平台": 22,
    "记录键": 24,
    "字段": 14,
    "原值": 40,
    "原因": 40,
    "请这样处理": 50,
    "批次": 34,
    "隔离时间": 18,
    "读入时的位置": 30,
    "更正为": 30,
    "定位码": 12,
    "居民编码": 28,
    "平台现值": 30,
    "核对值": 30,
    "依据": 40,
    "提出时间": 18,
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
CELL = 32_000
"""A cell of Excel holds 32,767 characters."""
SHEET = 1_000_000
"""Rows of a sheet; what is more goes to the next one."""


def write_workbook(
    path: Path,
    aside: Sequence[Mapping[str, Any]],
    issues: Sequence[Mapping[str, Any]],
    titles: Mapping[str, str],
) -> int:
    """Write both lists to `path`; return the rows written."""
    write_sheets(
        path,
        {
            "隔离的记录": (ASIDE, [_aside_row(row, titles) for row in aside]),
            "字段问题": (ISSUES, [_issue_row(row, titles) for row in issues]),
        },
    )
    return len(aside) + len(issues)


def write_sheets(
    path: Path, sheets: Mapping[str, tuple[Sequence[str], Iterable[Sequence[object]]]]
) -> None:
    """Write sheets of (columns, rows) to `path` (mode 0600), whole or not at all."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, (columns, rows) in sheets.items():
        _sheets(book, name, columns, rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        book.save(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def safe(value: object) -> str:
    """Write a value so that no spreadsheet runs it: an apostrophe before what looks a formula."""
    text = moment(value) if isinstance(value, datetime) else "" if value is None else str(value)
    text = UNSPEAKABLE.sub("", text)[:CELL]
    return f"'{text}" if text.startswith(FORMULA) else text


def _aside_row(row: Mapping[str, Any], titles: Mapping[str, str]) -> list[object]:
    return [
        titles.get(row["platform"], row["platform"]), row["stream"], row["record_key"],
        row["row_no"], title(row["field"]), row["raw"], reason_aside(row["reason"]),
        advice(row["reason"]), row["batch_id"], row["set_aside_at"], row.get("origin"), "",
        locator(row),
    ]  # fmt: skip


def _issue_row(row: Mapping[str, Any], titles: Mapping[str, str]) -> list[object]:
    return [
        titles.get(row["platform"], row["platform"]), row["stream"], row["record_key"],
        title(row["field"], row["entity"]), row["raw"], reason(row["reason"]),
        advice(row["reason"]), row.get("origin"), "", locator(row),
    ]  # fmt: skip


def locator(row: Mapping[str, Any]) -> str:
    """Say which cell of which row of which stream a line is about."""
    return "/".join((row["platform"], row["stream"], row.get("row_hash") or "", row["field"] or ""))


def _sheets(
    book: Any,  # noqa: ANN401 (openpyxl is untyped)
    name: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
) -> None:
    sheet = _sheet(book, name, columns)
    for nth, row in enumerate(rows, start=1):
        if nth % SHEET == 0:
            sheet = _sheet(book, f"{name}{nth // SHEET + 1}", columns)
        sheet.append([_text_cell(sheet, value) for value in row])


def _sheet(book: Any, name: str, columns: Sequence[str]) -> Any:  # noqa: ANN401 (as above)
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    cells = []
    for nth, column in enumerate(columns, start=1):
        sheet.column_dimensions[get_column_letter(nth)].width = WIDTHS.get(column, 12)
        cell = WriteOnlyCell(sheet, value=column)
        cell.font = Font(bold=True)
        cells.append(cell)
    sheet.append(cells)
    return sheet


def _text_cell(sheet: Any, value: object) -> Any:  # noqa: ANN401 (as above)
    """A cell that holds text whatever it looks like; whole numbers stay numbers."""
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, int):
        return WriteOnlyCell(sheet, value=value)
    cell = WriteOnlyCell(sheet, value=safe(value))
    cell.data_type = "s"
    cell.number_format = "@"
    return cell
