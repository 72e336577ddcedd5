"""Forms as departments send them down: drawn up by hand, each with what its columns ask for.

They are in department_forms.yaml: columns as `header=item`, groups as `group/leaf`. `look` says
how each is drawn: `merged` headers or `loose` ones (no merges), `total`, `footer`, `boxes` (18
cells for the number), `sample` rows, `numbers` (a row that counts the columns), `bare` (no title).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

FILE = Path(__file__).with_suffix(".yaml")
THIN = Border(*(Side(style="thin") for _ in range(4)))


@dataclass(frozen=True)
class Form:
    """One form, and its truth."""

    name: str
    department: str
    population: str
    columns: tuple[tuple[str, str], ...]
    look: frozenset[str]
    rows: int = 8  # of the empty body
    choices: dict[str, str] = field(default_factory=dict)
    samples: tuple[dict[str, str], ...] = ()


def _read() -> list[Form]:
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [
        Form(
            one["name"], one["department"], one["population"],
            tuple(tuple(text.rsplit("=", 1)) for text in one["columns"]),
            frozenset(one["look"].split()), choices=one.get("choices", {}),
            samples=tuple(one.get("samples", ())),
        )
        for one in content
    ]  # fmt: skip


FORMS = _read()


def write_form(one: Form, folder: Path) -> Path:
    """Draw the form; return its file."""
    book = Workbook()
    sheet = book.active
    sheet.title = "Sheet1"
    places = dict(_places(one))
    width = max(places.values()) + (17 if "boxes" in one.look else 0)
    row = _title(sheet, one, width)
    first = _header(sheet, one, places, row)
    _body(sheet, one, places, first)
    sheet.freeze_panes = sheet.cell(first, 1)
    sheet.print_title_rows = f"{row}:{first - 1}"
    sheet.print_area = f"A1:{get_column_letter(width)}{sheet.max_row}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth = 1
    path = folder / f"{one.name}.xlsx"
    book.save(path)
    return path


def _places(one: Form) -> Iterator[tuple[str, int]]:
    column = 1
    for header, item in one.columns:
        yield header, column
        column += 18 if "boxes" in one.look and item == "id_number" else 1


def _title(sheet: Any, one: Form, width: int) -> int:
    if "bare" in one.look:
        return 1
    sheet["A1"] = f"甲社区{one.name}"
    sheet["A1"].font = Font(size=18, bold=True)
    sheet["A1"].alignment = Alignment(horizontal="center")
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=width)
    sheet["A2"] = "填报单位（盖章）：            填报日期：    年  月  日"
    if "loose" not in one.look:
        sheet.merge_cells(start_row=2, end_row=2, start_column=1, end_column=width)
    return 3


def _header(sheet: Any, one: Form, places: dict[str, int], row: int) -> int:
    grouped = any("/" in header for header, _ in one.columns)
    groups: dict[str, list[int]] = {}
    for header, item in one.columns:
        column = places[header]
        *group, leaf = header.split("/")
        sheet.cell(row + (1 if group else 0), column, leaf)
        if group:
            groups.setdefault(group[0], []).append(column)
        boxes = "boxes" in one.look and item == "id_number"
        if boxes or (grouped and not group and "loose" not in one.look):
            sheet.merge_cells(
                start_row=row, end_row=row + grouped, start_column=column,
                end_column=column + (17 if boxes else 0),
            )  # fmt: skip
    for group_name, columns in groups.items():
        sheet.cell(row, columns[0], group_name)
        if "loose" not in one.look and len(columns) > 1:
            sheet.merge_cells(
                start_row=row, end_row=row, start_column=columns[0], end_column=columns[-1]
            )
    last = row + grouped
    for line in sheet.iter_rows(min_row=row, max_row=last):
        for cell in line:
            cell.font, cell.border = Font(bold=True), THIN
            cell.fill = PatternFill("solid", fgColor="DDDDDD")
    if "numbers" in one.look:
        last += 1
        for nth, column in enumerate(places.values(), 1):
            sheet.cell(last, column, str(nth)).border = THIN
    return last + 1


def _body(sheet: Any, one: Form, places: dict[str, int], first: int) -> None:
    last = first + one.rows - 1
    width = max(places.values()) + (17 if "boxes" in one.look else 0)
    for row in range(first, last + 1):
        for column in range(1, width + 1):
            sheet.cell(row, column).border = THIN
    for row, sample in enumerate(one.samples, first):
        sheet.cell(row, 1, "例")
        for header, text in sample.items():
            sheet.cell(row, places[header], text)
    for header, formula in one.choices.items():
        rule = DataValidation(type="list", formula1=formula, allow_blank=True)
        letter = get_column_letter(places[header])
        rule.add(f"{letter}{first}:{letter}{last}")
        sheet.add_data_validation(rule)
    if "total" in one.look:
        last += 1
        sheet.cell(last, 1, "合计").border = THIN
        sheet.merge_cells(start_row=last, end_row=last, start_column=1, end_column=2)
        for header, item in one.columns:
            if item == "member_count":
                letter = get_column_letter(places[header])
                sheet.cell(last, places[header], f"=SUM({letter}{first}:{letter}{last - 1})")
    if "footer" in one.look:
        sheet.cell(last + 1, 1, "填表人：          审核人：          联系电话：")
        sheet.cell(last + 2, 1, "注：1.本表每月25日前报送；2.不得空项。")


COUNTS = yaml.safe_load(FILE.with_name("count_forms.yaml").read_text(encoding="utf-8"))
"""Tables of counts: name, stub, across and down as `header => condition`."""


def told(line: str) -> tuple[str, str]:
    """Header and condition."""
    header, _, when = line.partition(" =>")
    return header, when.strip()


def write_counts(one: dict[str, Any], folder: Path) -> Path:
    """Draw a table of counts, its header as many storeys high as its paths; return its file.

    `numbered`: below the header stands a row of 甲, 1, 2, 3.
    """
    book = Workbook()
    sheet = book.active
    paths = [told(line)[0].split("/") for line in one["across"]]
    height, width = max(map(len, paths)), len(paths) + 1
    bottom = 2 + height
    sheet["A1"] = one["name"]
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=width)
    sheet["A2"] = "填报单位：            单位：人、户"
    sheet["A3"] = one["stub"]
    if height > 1:
        sheet.merge_cells(f"A3:A{bottom}")
    for storey in range(height):
        told_here = [tuple(path[: storey + 1]) if len(path) > storey else None for path in paths]
        for path, columns in groupby(range(len(paths)), key=lambda nth: told_here[nth]):
            if path is None:
                continue
            own = [nth + 2 for nth in columns]
            leaf = len(paths[own[0] - 2]) == storey + 1
            for start, end in [(one, one) for one in own] if leaf else [(own[0], own[-1])]:
                sheet.cell(3 + storey, start, path[-1])
                sheet.merge_cells(start_row=3 + storey, end_row=bottom if leaf else 3 + storey,
                                  start_column=start, end_column=end)  # fmt: skip
    if one.get("numbered"):
        bottom += 1
        for column in range(1, width + 1):
            sheet.cell(bottom, column, "甲" if column == 1 else column - 1)
    first = bottom + 1
    for row, line in enumerate(one["down"] or [""], first):
        sheet.cell(row, 1, told(line)[0] or None)
        for column in range(1, width + 1):
            sheet.cell(row, column).border = THIN
    last = first + max(len(one["down"]), 1)
    sheet.cell(last, 1, "填表人：")
    path = folder / f"{one['name']}.xlsx"
    book.save(path)
    return path
