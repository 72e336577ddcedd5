"""The rows of a sheet's XML: read as they are, moved, and written by the thousand."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

REFERENCE = re.compile(r"(\$?)([A-Z]{1,3})(\$?)(\d+)")
RANGES = re.compile(
    r"(?<![!\w$:])(?:\$?[A-Z]{1,3}\$?\d+:\$?[A-Z]{1,3}\$?\d+|\$?[A-Z]{1,3}\$?\d+(?![\w(!]))"
)
"""Ranges and cells of the same sheet, within a formula."""
OTHERS = re.compile(r"(?<=!)\$?[A-Z]{1,3}\$?\d+(?![\w(!:])")
"""One cell of another sheet."""
ROW = re.compile(r"<row\b([^>]*?)(?:/>|>(.*?)</row>)", re.DOTALL)
CELL = re.compile(r"<c\b([^>]*?)(?:/>|>(.*?)</c>)", re.DOTALL)
ATTRIBUTE = re.compile(r'([\w:.]+)="([^"]*)"')
FORMULA = re.compile(r"(<f\b[^>]*>)(.*?)(</f>)", re.DOTALL)
RESULT = re.compile(
    r"(<c\b[^>]*>)(<f\b[^>]*/>|<f\b[^>]*>[^<]*</f>)(?:<v>[^<]*</v>|<v\s*/>|<is>.*?</is>)"
)
DATA = re.compile(r"<sheetData\s*/>|<sheetData[^>]*>(.*?)</sheetData>", re.DOTALL)


@dataclass(frozen=True)
class Shift:
    """Rows from `first` to `last` become `rows` many; what is below moves."""

    first: int
    last: int
    rows: int

    @property
    def by(self) -> int:
        """How far the rows below move."""
        return self.rows - (self.last - self.first + 1)

    def row(self, row: int) -> int:
        """Where a row is afterwards."""
        return row + self.by if row > self.last else row

    def end(self, row: int) -> int:
        """Where a range ends that ended at `row`: it grows with the body it ended with."""
        return row + self.by if row >= max(self.last, self.first) else row

    def range(self, text: str) -> str:
        """A range such as `E4:E11` afterwards."""
        start, _, end = text.partition(":")
        if not end:
            return moved(start, self.row)
        if self._row_of(start) > self.last:
            return f"{moved(start, self.row)}:{moved(end, self.row)}"
        return f"{start}:{moved(end, self.end)}"

    def area(self, text: str) -> str:
        """An area for which something holds: one cell of the body's last row grows too."""
        if ":" not in text and self._row_of(text) == self.last and self.by:
            return f"{text}:{moved(text, self.end)}"
        return self.range(text)

    def formula(self, text: str) -> str:
        """A formula of the same sheet afterwards."""
        return RANGES.sub(lambda found: self.range(found[0]), text)

    @staticmethod
    def _row_of(reference: str) -> int:
        found = REFERENCE.search(reference)
        return int(found[4]) if found else 0


def moved(reference: str, change: Callable[[int], int]) -> str:
    """A cell's reference with another row."""
    return REFERENCE.sub(lambda f: f"{f[1]}{f[2]}{f[3]}{change(int(f[4]))}", reference)


@dataclass(frozen=True)
class XmlRow:
    """One row: its attributes without `r`, and of each cell its style and its whole XML."""

    number: int
    attributes: str
    styles: Mapping[str, str]
    cells: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True)
class XmlSheet:
    """A sheet's XML before its rows, the rows by number, and after."""

    before: str = field(repr=False)
    rows: Mapping[int, XmlRow] = field(repr=False)
    after: str = field(repr=False)


def read_sheet(text: str) -> XmlSheet:
    """Take a sheet's XML apart."""
    found = DATA.search(text)
    if found is None:
        raise ValueError("no sheetData")
    rows: dict[int, XmlRow] = {}
    number = 0
    for match in ROW.finditer(found[1] or ""):
        attributes = dict(ATTRIBUTE.findall(match[1]))
        number = int(attributes.pop("r", number + 1))
        rows[number] = _row(number, attributes, match[2] or "")
    return XmlSheet(text[: found.start()], rows, text[found.end() :])


def _row(number: int, attributes: dict[str, str], content: str) -> XmlRow:
    styles: dict[str, str] = {}
    cells: dict[str, str] = {}
    for match in CELL.finditer(content):
        told = dict(ATTRIBUTE.findall(match[1]))
        letters = re.sub(r"\d", "", told.get("r", ""))
        styles[letters] = told.get("s", "")
        cells[letters] = match[0]
    kept = " ".join(f'{name}="{value}"' for name, value in attributes.items() if name != "spans")
    return XmlRow(number, kept, styles, cells)


def without_results(text: str) -> str:
    """Formulas without what they came to before; whoever opens the file works them out."""
    return RESULT.sub(lambda f: re.sub(r'\st="\w+"', "", f[1]) + f[2], text)


def formula_by_row(text: str, row: int) -> Callable[[int], str]:
    """A formula of one row as it is in another: a row without `$` goes along."""
    parts: list[str] = []
    steps: list[int] = []
    end = 0
    areas = sorted({one.span() for kind in (RANGES, OTHERS) for one in kind.finditer(text)})
    for one in (found for area in areas for found in REFERENCE.finditer(text, *area)):
        if not one[3]:
            parts.append(text[end : one.start(4)])
            steps.append(int(one[4]) - row)
            end = one.end(4)

    def of_row(number: int) -> str:
        told = zip(parts, steps, strict=True)
        return "".join(f"{part}{number + step}" for part, step in told) + text[end:]

    return of_row


def row_text(row: XmlRow, shift: Shift, cells: Mapping[str, str] | None = None) -> str:
    """A row of the head or the foot where it now is; `cells` replace some of its own."""
    number = shift.row(row.number)
    all_cells = {**row.cells, **(cells or {})}
    order = sorted(all_cells, key=lambda letters: (len(letters), letters))
    inside = "".join(_moved_cell(all_cells[one], one, number, shift) for one in order)
    return f'<row r="{number}" {row.attributes}>{inside}</row>'.replace(" >", ">")


def _moved_cell(text: str, letters: str, number: int, shift: Shift) -> str:
    text = re.sub(r'(<c\b[^>]*?\br=")[A-Z]+\d+"', rf'\g<1>{letters}{number}"', text, count=1)
    return FORMULA.sub(lambda f: f"{f[1]}{shift.formula(f[2])}{f[3]}", text) if shift.by else text
