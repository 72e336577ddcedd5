"""What else in a sheet names rows: merges, drop-downs, conditional formats, print areas."""

import re
from collections.abc import Sequence

from openpyxl.utils import column_index_from_string, get_column_letter

from reports.sheet_rows import Shift, moved

SQREF = re.compile(
    r'(<(?:dataValidation|conditionalFormatting|protectedRange|ignoredError)\b[^>]*?\bsqref=")'
    r'([^"]*)(")'
)
REF = re.compile(r'(<(?:autoFilter|sortState)\b[^>]*?\bref=")([^"]*)(")')
DIMENSION = re.compile(r'(<dimension\b[^>]*?\bref=")([^"]*)(")')
BREAK = re.compile(r'(<brk\b[^>]*?\bid=")(\d+)(")')
MERGES = re.compile(r"<mergeCells\b[^>]*>(.*?)</mergeCells>|<mergeCells\b[^>]*/>", re.DOTALL)
MERGE = re.compile(r'<mergeCell\b[^>]*?\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')


def shifted(text: str, shift: Shift) -> str:
    """The XML before or after the rows, with its ranges as they are afterwards."""
    for pattern in (SQREF, REF, DIMENSION):
        text = pattern.sub(lambda f: f"{f[1]}{_ranges(f[2], shift)}{f[3]}", text)
    breaks = re.search(r"<rowBreaks\b.*?</rowBreaks>", text, re.DOTALL)
    if breaks:
        changed = BREAK.sub(lambda f: f"{f[1]}{shift.row(int(f[2]))}{f[3]}", breaks[0])
        text = text.replace(breaks[0], changed)
    return MERGES.sub(lambda found: _merges(found[1] or "", shift), text)


def covered(text: str, row: int) -> set[str]:
    """The letters of a row's cells that lie under a merged range, and so are not seen."""
    found: set[str] = set()
    for left, top, right, bottom in MERGE.findall(text):
        if int(top) <= row <= int(bottom):
            first, last = column_index_from_string(left), column_index_from_string(right)
            hidden = first + (int(top) == row)
            found |= {str(get_column_letter(one)) for one in range(hidden, last + 1)}
    return found


def _ranges(text: str, shift: Shift) -> str:
    return " ".join(shift.area(one) for one in text.split())


def _merges(inside: str, shift: Shift) -> str:
    """Merges below move; those across one row of the body are made in every row of it."""
    kept: list[str] = []
    last: Sequence[tuple[str, str]] = [
        (left, right)
        for left, top, right, bottom in MERGE.findall(inside)
        if top == bottom == str(shift.last) and shift.first <= shift.last
    ]
    for left, top, right, bottom in MERGE.findall(inside):
        if int(top) > shift.last or int(bottom) < shift.first:
            kept.append(f"{moved(left + top, shift.row)}:{moved(right + bottom, shift.row)}")
        elif top == bottom:
            kept.append(f"{left}{top}:{right}{bottom}")
        elif int(top) < shift.first:  # from the header into the body: the header's own part
            kept.append(f"{left}{top}:{right}{shift.first - 1}")
    for row in range(shift.last + 1, shift.first + shift.rows):
        kept += [f"{left}{row}:{right}{row}" for left, right in last]
    if not kept:
        return ""
    cells = "".join(f'<mergeCell ref="{one}"/>' for one in kept)
    return f'<mergeCells count="{len(kept)}">{cells}</mergeCells>'


def shifted_names(workbook: str, sheet: str, shift: Shift) -> str:
    """Print areas and other names of a sheet, in workbook.xml."""
    quoted = re.escape(sheet.replace("'", "''"))
    area = re.compile(
        rf"((?:'{quoted}'|{re.escape(sheet)})!)(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)"
    )
    name = re.compile(r"(<definedName\b[^>]*>)(.*?)(</definedName>)", re.DOTALL)

    def changed(found: re.Match[str]) -> str:
        inside = area.sub(lambda one: one[1] + shift.range(one[2]), found[2])
        return found[1] + inside + found[3]

    return name.sub(changed, workbook)
