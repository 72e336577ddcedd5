"""The cells of a worksheet that a form is read from: texts, merged ranges, drop-downs, formats."""

import io
import re
from dataclasses import dataclass, field
from typing import Any
from warnings import catch_warnings
from xml.sax.saxutils import unescape

from reports.package import open_package
from reports.texts import squeezed

WIDEST, LONGEST = 300, 3000
"""A department's form is no wider and no longer; what lies beyond is not looked at."""

NEWER_CHOICES = re.compile(
    r'<x14:dataValidation\b[^>]*?\btype="list"[^>]*>.*?<xm:f>(.*?)</xm:f>'
    r".*?<xm:sqref>(.*?)</xm:sqref>",
    re.DOTALL,
)
"""A drop-down whose words stand on another sheet, as Excel writes it since 2010."""


@dataclass(frozen=True)
class Merge:
    """A merged range; rows and columns from 1, both ends included."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Cells:
    """A sheet's texts by (row, column), as `squeezed`; `values` are as openpyxl reads them.

    Formulas, and what drop-downs of the sheet offer, are no texts.
    """

    name: str
    texts: dict[tuple[int, int], str]
    values: dict[tuple[int, int], object] = field(repr=False)
    formulas: frozenset[tuple[int, int]]
    merges: tuple[Merge, ...]
    rows: int
    columns: int
    styled: int  # the last row with borders or text
    sheet: Any = field(repr=False)

    def merge_at(self, row: int, column: int) -> Merge | None:
        """The merged range that covers a cell."""
        for one in self.merges:
            if one.top <= row <= one.bottom and one.left <= column <= one.right:
                return one
        return None

    def filled(self, row: int, column: int) -> str:
        """A cell's text; within a merged range the range's."""
        text = self.texts.get((row, column))
        if text is None and (one := self.merge_at(row, column)):
            return self.texts.get((one.top, one.left), "")
        return text or ""

    def distinct(self, row: int) -> list[str]:
        """The texts of a row, from left to right, a merged one once."""
        found: dict[str, None] = {}
        for column in range(1, self.columns + 1):
            if text := self.filled(row, column):
                found[text] = None
        return list(found)

    def hidden(self, row: int) -> bool:
        """Whether a row is not seen."""
        return bool(self.sheet.row_dimensions[row].hidden)

    def number_format(self, row: int, column: int) -> str:
        """Excel's format of a cell."""
        return str(self.sheet.cell(row, column).number_format)

    def choices(self, column: int, row: int) -> tuple[str, ...]:
        """What the drop-down of a cell offers; nothing where there is none or it is elsewhere."""
        for one in self.sheet.data_validations.dataValidation:
            if one.type != "list" or not one.formula1:
                continue
            if any(
                area.min_col <= column <= area.max_col and area.max_row >= row
                for area in one.sqref.ranges
            ):
                return _offered(self.sheet, str(one.formula1))
        return ()


def read_sheets(content: bytes) -> list[Any]:
    """The worksheets of a workbook as openpyxl reads them, with all of their drop-downs.

    Raises:
        ConfigError: it is no workbook, or one that cannot be written into as it is.
    """
    from openpyxl import load_workbook
    from openpyxl.worksheet.datavalidation import DataValidation

    package = open_package(content)
    with catch_warnings(action="ignore"):  # of what openpyxl does not keep: nothing is saved
        book = load_workbook(io.BytesIO(content))
    for one in book.worksheets:
        for offered, where in NEWER_CHOICES.findall(package.text(package.sheets[one.title])):
            choice = DataValidation(type="list", formula1=unescape(offered), sqref=where)
            one.data_validations.append(choice)
    return list(book.worksheets)


def read_cells(sheet: Any) -> Cells:  # noqa: ANN401 (openpyxl is untyped)
    """Read an openpyxl worksheet."""
    offered = _offered_here(sheet)
    found = {
        (cell.row, cell.column): cell
        for row in sheet.iter_rows(
            max_row=min(sheet.max_row, LONGEST), max_col=min(sheet.max_column, WIDEST)
        )
        for cell in row
        if cell.value is not None and squeezed(cell.value)
    }  # fmt: skip
    formulas = frozenset(place for place, cell in found.items() if cell.data_type == "f")
    values = {
        place: cell.value
        for place, cell in found.items()
        if place not in formulas and cell.coordinate not in offered
    }
    merges = tuple(
        Merge(one.min_row, one.min_col, one.max_row, one.max_col)
        for one in sheet.merged_cells.ranges
    )
    texts = {place: squeezed(value) for place, value in values.items()}
    rows = max((row for row, _ in {*values, *formulas}), default=0)
    columns = max((column for _, column in values), default=0)
    wide = [m.right for m in merges if (m.top, m.left) in texts and m.right <= WIDEST]
    return Cells(
        sheet.title, texts, values, formulas, merges, rows, max([columns, *wide]),
        min(max(sheet.max_row, rows), LONGEST), sheet,
    )  # fmt: skip


def _offered(sheet: Any, formula: str) -> tuple[str, ...]:  # noqa: ANN401 (as above)
    if formula.startswith('"'):
        return tuple(one.strip() for one in formula.strip('"').split(",") if one.strip())
    return tuple(squeezed(one.value) for one in _source(sheet, formula) if one.value is not None)


def _offered_here(sheet: Any) -> set[str]:  # noqa: ANN401 (as above)
    """The cells of the sheet from which its own drop-downs are made, and the word above them."""
    found = set[str]()
    for one in sheet.data_validations.dataValidation:
        if one.type != "list" or not one.formula1 or one.formula1.startswith('"'):
            continue
        cells = [cell for cell in _source(sheet, str(one.formula1)) if cell.parent is sheet]
        found |= {cell.coordinate for cell in cells}
        if cells and cells[0].row > 1 and cells[0].column > 1:
            above = cells[0].offset(row=-1)
            if above.offset(column=-1).value is None:  # apart from the table
                found.add(above.coordinate)
    return found


def _source(sheet: Any, formula: str) -> tuple[Any, ...]:  # noqa: ANN401 (as above)
    """The cells that a drop-down's formula names, of this sheet or another."""
    book = sheet.parent
    named = book.defined_names.get(formula) or sheet.defined_names.get(formula)
    reference = str(named.attr_text) if named is not None else formula
    found = re.fullmatch(r"(?:'?(.+?)'?!)?\$?([A-Z]+)\$?(\d+)(?::\$?([A-Z]+)\$?(\d+))?", reference)
    if not found or (found[1] and found[1] not in book.sheetnames):
        return ()
    source = book[found[1]] if found[1] else sheet
    last = f"{found[4]}{found[5]}" if found[4] else f"{found[2]}{found[3]}"
    return tuple(cell for row in source[f"{found[2]}{found[3]}:{last}"] for cell in row)
