"""Awful forms as departments send them: headers of any depth, instructions before them, samples.

`look`: `preface` (lines of instructions above the header), `merged` or `loose` headers, `numbers`
(a row that counts the columns), `sample`, `total`, `footer`, `boxes`, `bare` (no title at all).
"""

from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, Side

from tests.reports.department_forms import Form

THIN = Border(*(Side(style="thin") for _ in range(4)))
PREFACE = (
    "附件3",
    "填表说明：1.请逐项如实填写，不得漏项；2.出生日期按身份证填写；3.电话务必填写手机号码。",
    "填报单位（盖章）：            填表日期：    年  月  日        单位：人、元",
)


def write_awful(one: Form, folder: Path) -> Path:
    """Draw the form; return its file."""
    book = Workbook()
    sheet = book.active
    paths = [tuple(header.replace("|", "\n").split("/")) for header, _ in one.columns]
    spans = [18 if "boxes" in one.look and item == "id_number" else 1 for _, item in one.columns]
    starts = [1 + sum(spans[:nth]) for nth in range(len(spans))]
    width = sum(spans)
    top = _above(sheet, one, width)
    depth = max(map(len, paths))
    _header(sheet, one, (paths, starts, spans), top)
    first = top + depth
    if "numbers" in one.look:
        for nth, column in enumerate(starts, 1):
            sheet.cell(first, column, nth)
        first += 1
    for nth, sample in enumerate(one.samples):
        sheet.cell(first + nth, 1, "示例")
        for header, text in sample.items():
            where = [header for header, _ in one.columns].index(header)
            sheet.cell(first + nth, starts[where], text)
    for row in sheet.iter_rows(min_row=top, max_row=first + one.rows - 1, max_col=width):
        for cell in row:
            cell.border = THIN
    last = first + one.rows
    if "total" in one.look:
        sheet.cell(last, 1, "合  计").border = THIN
        last += 1
    if "footer" in one.look:
        sheet.cell(
            last, 1, "单位负责人：            审核人：            填表人：            联系电话："
        )
        sheet.cell(last + 1, 1, "说明：本表一式两份，于每月25日前报送。")
    path = folder / f"{one.name}.xlsx"
    book.save(path)
    return path


def _above(sheet: Any, one: Form, width: int) -> int:
    """Title and instructions; the header's first row."""
    if "bare" in one.look:
        return 1
    lines = [*PREFACE[:1], one.name, *PREFACE[1:]] if "preface" in one.look else [one.name]
    for row, line in enumerate(lines, 1):
        sheet.cell(row, 1, line).alignment = Alignment(wrap_text=True)
        if "loose" not in one.look:
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=width)
    sheet.cell(lines.index(one.name) + 1, 1).font = Font(size=18, bold=True)
    return len(lines) + 1


def _header(
    sheet: Any,
    one: Form,
    columns: tuple[list[tuple[str, ...]], list[int], list[int]],
    top: int,
) -> None:
    paths, starts, spans = columns
    depth = max(map(len, paths))
    for path, start, span in zip(paths, starts, spans, strict=True):
        row = top + len(path) - 1
        sheet.cell(row, start, path[-1]).alignment = Alignment(wrap_text=True)
        if ("merged" in one.look and len(path) < depth) or span > 1:
            sheet.merge_cells(
                start_row=row, end_row=top + depth - 1, start_column=start,
                end_column=start + span - 1,
            )  # fmt: skip
    for level in range(depth - 1):
        for group in dict.fromkeys(path[: level + 1] for path in paths if len(path) > level + 1):
            members = [n for n, path in enumerate(paths) if path[: level + 1] == group]
            sheet.cell(top + level, starts[members[0]], group[-1])
            if "merged" in one.look and len(members) > 1:
                sheet.merge_cells(
                    start_row=top + level, end_row=top + level, start_column=starts[members[0]],
                    end_column=starts[members[-1]] + spans[members[-1]] - 1,
                )  # fmt: skip
