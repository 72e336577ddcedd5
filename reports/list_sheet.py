"""Writing people into a list form's sheet: the department's rows, as many as there are people."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl
from openpyxl.utils import column_index_from_string, get_column_letter

from reports.form_file import Column, Sheet
from reports.sheet_ranges import covered, shifted
from reports.sheet_rows import (
    ATTRIBUTE,
    CELL,
    FORMULA,
    Shift,
    XmlRow,
    XmlSheet,
    formula_by_row,
    read_sheet,
    row_text,
)
from reports.spreadsheet import escaped, safe
from reports.styles import Styles
from reports.widths import widened

CHUNK = 2_500
KEPT_AS_TEXT = ("id_number", "head_id_number", "phone", "head_phone", "worker_phone",
                "household_no", "grid_code", "community_code")  # fmt: skip


@dataclass(frozen=True)
class BodyColumn:
    """One column of the body: its values, text or numbers, and its styles.

    `own`: values are the department's own cells, as XML behind the style.
    """

    values: pl.Series = field(repr=False)
    styles: Sequence[str] = ("",)
    own: bool = False

    @property
    def number(self) -> bool:
        """Whether numbers are written."""
        return self.values.dtype.is_numeric()


def write_list(
    xml: str,
    sheet: Sheet,
    texts: Mapping[str, pl.Series],
    rows: int,
    styles: Styles,
    once: pl.Series | None = None,
) -> tuple[Shift, Iterator[bytes]]:
    """The sheet's XML with people in it.

    Args:
        xml: The sheet as the department sent it.
        sheet: What its columns ask for.
        texts: By letter of the column: text, or numbers, `rows` long.
        rows: How many people.
        styles: The workbook's styles; they grow.
        once: The rows that a sum over households counts; None: all.

    Returns:
        How the rows moved, and the XML in pieces.
    """
    read = read_sheet(xml)
    first, last = sheet.body
    shift = Shift(first, last, max(rows, last - first + 1))
    pattern = [read.rows.get(row) for row in range(first, last + 1)] or [
        _from_header(read.rows.get(sheet.header[1]), first)
    ]
    cells = _body_columns(sheet, texts, pattern, styles) | _own_columns(
        sheet, pattern, shift, styles
    )
    return shift, _pieces(read, sheet, shift, (pattern, cells), texts, once)


def in_their_rows(
    sheet: Sheet, residents: Sequence[str], texts: Mapping[str, pl.Series]
) -> dict[str, pl.Series]:
    """The values of those whom the department named, each in the row where they stand."""
    first, last = sheet.body
    rows = {resident: row - first for row, resident in sheet.given.items()}
    places = [rows[one] for one in residents]
    blank = [None] * (last - first + 1)
    return {at: pl.Series(blank, dtype=one.dtype).scatter(places, one) for at, one in texts.items()}


def own_cells(xml: str, sheet: Sheet) -> frozenset[str]:
    """The cells of named people's rows in which the department wrote something; it stays."""
    rows = read_sheet(xml).rows if sheet.given else {}
    return frozenset(
        f"{letter}{number}"
        for number, row in rows.items()
        for letter, cell in row.cells.items()
        if _behind_style(cell)
    )


def _from_header(header: XmlRow | None, row: int) -> XmlRow | None:
    """A form without an empty row: as its header is drawn."""
    return header and XmlRow(row, "", header.styles, {})


def _pieces(
    read: XmlSheet, sheet: Sheet, shift: Shift,
    body: tuple[Sequence[XmlRow | None], Mapping[str, BodyColumn]],
    texts: Mapping[str, pl.Series], once: pl.Series | None,
) -> Iterator[bytes]:  # fmt: skip
    drawn = {one.at: texts[one.at] for one in sheet.columns if one.span == 1}
    yield (widened(shifted(read.before, shift), drawn) + "<sheetData>").encode()
    order = sorted(read.rows)
    totals = _totals(sheet, texts, shift, once)

    def beside(number: int) -> bytes:
        shown = {a: n for a, n in totals.items() if a not in covered(read.after, number)}
        own = _with_totals(read.rows[number], shown if number == sheet.total else {})
        return row_text(read.rows[number], shift, own).encode()

    yield b"".join(beside(number) for number in order if number < shift.first)
    yield from _body(shift, *body)
    for number in order:
        if number > shift.last:
            yield beside(number)
    yield ("</sheetData>" + shifted(read.after, shift)).encode()


def _body_columns(
    sheet: Sheet, texts: Mapping[str, pl.Series], pattern: Sequence[XmlRow | None], styles: Styles
) -> dict[str, BodyColumn]:
    """Every column of the body by its letter, those that ask for nothing among them."""
    made: dict[str, BodyColumn] = {}
    for column in sheet.columns:
        textual = column.item in KEPT_AS_TEXT or column.item.startswith("other:")
        for letter, values in boxed(column, texts[column.at]).items():
            style = [_style(row, letter, styles, textual=textual) for row in pattern]
            made[letter] = BodyColumn(values, style)
            if sheet.given:
                theirs = [_behind_style(row.cells.get(letter, "")) if row else None
                          for row in pattern]  # fmt: skip
                ours = _inside(made[letter], 0, len(pattern))
                kept = pl.Series("v", theirs, dtype=pl.String)
                cells = kept.zip_with(kept.is_not_null(), ours)
                made[letter] = BodyColumn(cells, style, own=True)
    empty = pl.Series([], dtype=pl.String)
    for letter in {one for row in pattern if row for one in row.styles} - set(made):
        style = [_style(row, letter, styles, textual=False) for row in pattern]
        made[letter] = BodyColumn(empty, style)
    return made


def boxed(column: Column, values: pl.Series) -> dict[str, pl.Series]:
    """A value split into one character a cell where the form has boxes for it."""
    if not column.boxes:
        return {column.at: values}
    texts = values.cast(pl.String)
    return {
        _letter(column.at, nth): texts.to_frame("v").select(
            pl.when(pl.col("v").str.len_chars() > nth).then(pl.col("v").str.slice(nth, 1))
        )["v"]
        for nth in range(column.boxes)
    }


def _own_columns(
    sheet: Sheet, pattern: Sequence[XmlRow | None], shift: Shift, styles: Styles
) -> dict[str, BodyColumn]:
    """What the department wrote into the body beside the columns that are filled.

    A formula goes on for every row; words under a header that asks for something are a sample.
    """
    filled = {_letter(one.at, nth) for one in sheet.columns for nth in range(one.span)}
    left_blank = {one.at for one in sheet.columns if one.item == "remark"}
    made: dict[str, BodyColumn] = {}
    for letter in sorted({at for row in pattern if row for at in row.cells}):
        if letter in filled - left_blank:
            continue
        there = [row.cells.get(letter, "") if row else "" for row in pattern]
        cells: list[str | None]
        formula = next((n for n, one in enumerate(there) if FORMULA.search(one)), None)
        if formula is not None:
            told = FORMULA.search(there[formula])
            of_row = formula_by_row(shift.formula(told[2] if told else ""), shift.first + formula)
            cells = [f"><f>{of_row(shift.first + n)}</f></c>" for n in range(shift.rows)]
        elif letter in filled:
            continue
        else:
            cells = [_behind_style(one) for one in there]
        style = [_style(row, letter, styles, textual=False) for row in pattern]
        made[letter] = BodyColumn(pl.Series(cells, dtype=pl.String), style, own=True)
    return made


def _behind_style(cell: str) -> str | None:
    """A cell's XML behind its reference and style; None for an empty one."""
    found = CELL.fullmatch(cell)
    if found is None or not found[2]:
        return None
    kind = dict(ATTRIBUTE.findall(found[1])).get("t")
    typed = f' t="{kind}"' if kind else ""
    return f"{typed}>{found[2]}</c>"


def _letter(start: str, offset: int) -> str:
    return str(get_column_letter(column_index_from_string(start) + offset))


def _style(row: XmlRow | None, letter: str, styles: Styles, *, textual: bool) -> str:
    own = row.styles.get(letter, "") if row else ""
    return styles.as_text(own) if textual else own


def _inside(column: BodyColumn, start: int, rows: int) -> pl.Series:
    """What stands behind the style of some rows' cells; null for an empty one.

    Made for these rows alone, to be short of memory.
    """
    values, cell = column.values.slice(start, rows).rename("v"), pl.col("v")
    if column.own:
        return values
    if column.number:
        text = pl.format("><v>{}</v></c>", cell)
    else:
        text = pl.format(' t="inlineStr"><is><t>{}</t></is></c>', escaped(safe(cell)))
    there = cell.is_not_null() & (cell.cast(pl.String) != "")
    return values.to_frame().select(pl.when(there).then(text).alias("v"))["v"]


def _body(
    shift: Shift, pattern: Sequence[XmlRow | None], columns: Mapping[str, BodyColumn]
) -> Iterator[bytes]:
    order = sorted(columns, key=lambda letters: (len(letters), letters))
    own = pl.Series([_attributes(row) for row in pattern], dtype=pl.String)
    for start in range(0, shift.rows, CHUNK):
        count = min(CHUNK, shift.rows - start)
        frame = pl.DataFrame({"nth": pl.int_range(start, start + count, eager=True)})
        frame = frame.with_columns(
            r=(pl.col("nth") + shift.first).cast(pl.String),
            p=pl.min_horizontal("nth", pl.lit(len(pattern) - 1)),
        )
        cells = [_cells(frame, letter, columns[letter], start) for letter in order]
        rows = frame.with_columns(*cells, own=own.gather(frame["p"])).select(
            pl.concat_str([pl.lit('<row r="'), "r", pl.lit('"'), "own", pl.lit(">"), *order,
                           pl.lit("</row>")])
        )  # fmt: skip
        yield "".join(rows.to_series().to_list()).encode()


def _attributes(row: XmlRow | None) -> str:
    """How a row of the body is drawn; one that was hidden is seen, since somebody stands in it."""
    told = f" {row.attributes}" if row else ""
    return re.sub(r'\s(?:hidden|collapsed)="\w+"', "", told)


def _cells(frame: pl.DataFrame, letter: str, column: BodyColumn, start: int) -> pl.Series:
    """The whole cells of one column in one chunk of rows."""
    inside = _inside(column, start, frame.height)
    inside = inside.extend_constant(None, frame.height - len(inside))
    styles = pl.Series([f' s="{s}"' if s else "" for s in column.styles], dtype=pl.String)
    behind = pl.when(pl.col("v").is_null()).then(pl.lit("/>"))
    cell = pl.concat_str(
        pl.lit(f'<c r="{letter}'), "r", pl.lit('"'), "s",
        behind.otherwise(pl.col("v")),
    )  # fmt: skip
    shown = frame.with_columns(v=inside, s=styles.gather(frame["p"]))
    return shown.select(cell.alias(letter))[letter]


def _totals(
    sheet: Sheet, texts: Mapping[str, pl.Series], shift: Shift, once: pl.Series | None
) -> dict[str, int]:
    """What stands in the row of totals, by letter; a household's members are summed once."""
    found: dict[str, int] = {}
    for column in sheet.columns if not sheet.given else ():
        values = texts[column.at]
        if column.total == "count":
            found[column.at] = len(values)
        elif column.total == "sum" and values.dtype.is_numeric():
            if once is not None and column.item == "member_count":
                values = values.filter(once)
            found[column.at] = int(values.sum() or 0)
    return found if shift.rows else {}


def _with_totals(row: XmlRow, totals: Mapping[str, int]) -> dict[str, str]:
    """The cells of the row of totals; a formula or a word of the department's stays."""
    made: dict[str, str] = {}
    for letter, number in totals.items():
        own = row.cells.get(letter, "")
        if "<f" in own:
            continue
        if "<is>" in own or 't="s"' in own:  # a word of the department's stands there
            continue
        style = row.styles.get(letter, "")
        told = f' s="{style}"' if style else ""
        made[letter] = f'<c r="{letter}{row.number}"{told}><v>{number}</v></c>'
    return made
