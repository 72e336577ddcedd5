"""What a form's drop-downs do not offer, and its cells would hold all the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl
from openpyxl.utils import column_index_from_string

from reports.cells import read_cells, read_sheets
from reports.form_file import Sheet
from reports.texts import squeezed

RULES = "dataValidation "


@dataclass(frozen=True)
class Unoffered:
    """A column with a drop-down, and how many of its cells are none of what that offers."""

    header: str
    cells: int


def unoffered(template: bytes, sheet: Sheet, texts: Mapping[str, pl.Series]) -> Iterator[Unoffered]:
    """The columns of a list whose values are not all among the department's own."""
    cells = next(read_cells(one) for one in read_sheets(template) if one.title == sheet.sheet)
    for column in sheet.columns:
        choices = cells.choices(column_index_from_string(column.at), sheet.body[0])
        if not choices or column.at not in texts or column.boxes:
            continue
        held = texts[column.at].cast(pl.String).drop_nulls()
        strange = held.filter(~held.is_in([squeezed(one) for one in choices]))
        if len(strange):
            yield Unoffered(column.header, len(strange))
