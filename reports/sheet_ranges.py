"""What else in a sheet names rows: merges, drop-downs, conditional formats, print areas."""

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from openpyxl.utils import column_index_from_string, get_column_letter

from reports.sheet_rows import Shift, moved

SQREF = re.compile(
    r'(<(?:dataValidation|conditionalFormatting|protectedRange|ignoredError)\b[^>]*?\bsqref=")'
    r'([^"]*)(")'
)
NEWER = re.compile(r"(<xm:sqref>)([^<]*)(</xm:sqref>)")
REF = re.compile(r'(<(?:autoFilter|sortState|hyperlink)\b[^>]*?\bref=")([^"]*)(")')
CONDITION = re.compile(r"(<formula[12]?>)([^<]*)(</formula[12]?>)")
DIMENSION = re.compile(r'(<dimension\b[^>]*?\bref=")([^"]*)(")')
BREAK = re.compile(r'(<brk\b[^>]*?\bid=")(\d+)(")')
NAMING = re.compile(r"(<(?:definedName|(?:xm:|c:)?f|formula[12]?)\b[^>]*>)([^<]*)(</)")
"""Elements in which another sheet may be named."""
REFERRED = re.compile(
    r'(<(?:comment|threadedComment|table|autoFilter|sortState|sortCondition)\b[^>]*?\bref=")'
    r'([^"]*)(")'
)
ROW_FROM_0 = re.compile(r"(<(?:\w+:)?[rR]ow>)\s*(\d+)\s*(</)")
ANCHOR = re.compile(r"(<\w+:Anchor>)((?:\s*\d+\s*,){7}\s*\d+\s*)(</)")
MERGES = re.compile(r"<mergeCells\b[^>]*>(.*?)</mergeCells>|<mergeCells\b[^>]*/>", re.DOTALL)
MERGE = re.compile(r'<mergeCell\b[^>]*?\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')


def shifted(text: str, shift: Shift) -> str:
    """The XML before or after the rows, with its ranges as they are afterwards."""
    for pattern in (SQREF, NEWER, REF, DIMENSION):
        text = pattern.sub(lambda f: f"{f[1]}{_ranges(f[2], shift)}{f[3]}", text)
    text = CONDITION.sub(
        lambda f: f[0] if f[2][:1] in {'"', "&"} else f"{f[1]}{shift.formula(f[2])}{f[3]}", text
    )
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


def shifted_names(text: str, sheet: str, shift: Shift) -> str:
    """Print areas and other names of a sheet, and formulas of others that speak of it."""
    named = escape(sheet)
    doubled = named.replace("'", "''")
    if f"{named}!" not in text and f"{doubled}'!" not in text:
        return text
    quoted = re.escape(doubled)
    area = re.compile(
        rf"((?:'{quoted}'|(?<![\w'.]){re.escape(named)})!)"
        r"(\$?[A-Z]+\$?\d+(?::\$?[A-Z]+\$?\d+)?)"
    )

    def changed(found: re.Match[str]) -> str:
        inside = area.sub(lambda one: one[1] + shift.range(one[2]), found[2])
        return found[1] + inside + found[3]

    return NAMING.sub(changed, text)


def shifted_part(text: str, shift: Shift) -> str:
    """What belongs to a sheet (its pictures, remarks and tables), where it is afterwards."""
    text = REFERRED.sub(lambda f: f"{f[1]}{shift.range(f[2])}{f[3]}", text)
    text = ROW_FROM_0.sub(lambda f: f"{f[1]}{shift.row(int(f[2]) + 1) - 1}{f[3]}", text)
    return ANCHOR.sub(lambda f: f[1] + _anchored(f[2], shift) + f[3], text)


def _anchored(text: str, shift: Shift) -> str:
    """A box of the older kind: column, offset, row, offset of both corners."""
    numbers = [one.strip() for one in text.split(",")]
    for nth in (2, 6):
        numbers[nth] = str(shift.row(int(numbers[nth]) + 1) - 1)
    return ", ".join(numbers)
