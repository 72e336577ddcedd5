"""Sheets of workbooks (.xlsx, .xls, .xlsm, .xlsb, .ods, WPS's .et) as text.

Numbers are written without an exponent and without `.0`, to the 15 digits that Excel keeps; days
and times as ISO 8601; TRUE as true. A cell merged over several rows belongs to each of them. An
empty cell is null. An ID number in a numeric cell has already lost its last digits in the file:
they are counted, and never guessed.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pyarrow as pa

from connectors.chunk import ORIGIN, text_table
from connectors.sheet_header import SEARCHED_ROWS, Header, Merge, find_header
from connectors.sheet_rows import BLANKS, CAPTIONS, may_be_no_record, no_record, refuse_second_table
from connectors.tabular import Part, Reader
from connectors.workbook import Rows, Sheet, read_sheets

SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".et")
EXACT = 10**15
"""Whole numbers from here on have lost digits in a numeric cell: an ID number has 18."""

HIDDEN = "：这张工作表是隐藏的，也读了；不要它，请在平台文件里用 sheets 写明读哪些工作表。"


UNCOMPUTED = "公式没有算出结果，读成了空白：请对方用 Excel 或 WPS 打开、保存一次后重新提供。"


def read_excel(reader: Reader, path: Path, name: str) -> Iterator[Part]:
    """One part for each sheet that is read. `name` is what people call the file.

    Raises:
        SourceChangedError: damaged, locked by a password, or without a sheet that is asked for.
    """
    for sheet in read_sheets(path, name, reader.sheets):
        part = sheet_part(reader, f"{name}#{sheet.name}", sheet)
        if part and sheet.uncomputed:
            told = f"{name}：有 {sheet.uncomputed} 个{UNCOMPUTED}"
            part = replace(part, notes=(*part.notes, told))
        if part:
            yield part


def sheet_part(reader: Reader, where: str, sheet: Sheet) -> Part | None:
    """A sheet, taken in piece by piece: the next is read meanwhile."""
    first = next(sheet.pieces, [])
    top = [[_text(cell) for cell in row] for row in first[:SEARCHED_ROWS]]
    header = find_header(top, sheet.merges, reader.wanted)
    if header is None:
        return None
    places = reader.places(where, header.names)
    captions = _captions(sheet.merges, header)
    merges = _body_merges(sheet.merges, header)
    start, upper = 0, dict[tuple[int, int], Any]()
    tables, skipped = list[pa.Table](), Counter[str]()
    dropped, damaged = Counter[str](), Counter[str]()
    for rows in chain([first], sheet.pieces):
        _fill_down(rows, start, merges, upper)
        kept, none = _records(where, (start, rows), header, captions)
        whole = list(zip(*(rows[n - start] for n in kept), strict=True)) or [()] * len(header.names)
        columns = {name: whole[place] for name, place in places.items()}
        origins = [f"{where}!{number + 1}" for number in kept]
        texts: list[Sequence[str | None]] = [*map(_texts, columns.values()), origins]
        tables.append(text_table([*columns, ORIGIN], texts))
        skipped += none
        dropped.update(_dropped(reader, header, whole))
        damaged.update({name: _damaged(cells) for name, cells in columns.items()})
        start += len(rows)
    return Part(
        where=where,
        names=header.names,
        rows=pa.concat_tables(tables),
        skipped=skipped,
        dropped=dict(dropped),
        placed=True,
        damaged=dict(+damaged),
        notes=(f"{where}{HIDDEN}",) if sheet.hidden else (),
        sheet=True,
    )


def _records(
    where: str, piece: tuple[int, Rows], header: Header, captions: set[int]
) -> tuple[list[int], Counter[str]]:
    """The numbers of the rows that are records, from 0; and how many are none, by reason.

    `piece` is the number of its first row, and the rows.
    """
    start, rows = piece
    leaves = {name.rpartition("/")[2] for name in header.names if name}
    skipped: Counter[str] = Counter()
    kept: list[int] = []
    apart = False  # behind a blank row or a caption, where another table may begin
    for number in range(max(header.end, start), start + len(rows)):
        cells = rows[number - start]
        cell = cells[0]
        if type(cell) is str and cell.isdecimal() and number not in captions and cell not in leaves:
            kept.append(number)  # most rosters number their rows
            apart = False
            continue
        why = CAPTIONS if number in captions else None
        first = _first(cells)
        if why or apart or first is None or may_be_no_record(first, leaves):
            row = [_text(one) for one in cells]
            why = no_record(row, header.names) or why
            if why is None:
                refuse_second_table(where, number + 1, row, header.names, apart=apart)
            apart = why in (BLANKS, CAPTIONS) or (apart and sum(map(bool, row)) == 1)
        if why:
            skipped[why] += 1
        else:
            kept.append(number)
    return kept, skipped


def _first(row: list[Any]) -> str | None:
    """The first cell that is not blank."""
    for cell in row:
        if cell is not None and cell != "":
            text = cell if type(cell) is str else _text(cell) or ""
            if type(cell) is not str or not cell.isspace():
                return text
    return None


def _dropped(reader: Reader, header: Header, whole: Sequence[Sequence[Any]]) -> dict[str, int]:
    """How many values the columns held that are not to be kept."""
    places = {name: header.names.index(name) for name in reader.drop if name in header.names}
    return {
        name: sum(1 for cell in whole[place] if cell not in (None, ""))
        for name, place in places.items()
    }


def _damaged(cells: Sequence[Any]) -> int:
    """How many numbers have lost their last digits."""
    if float not in set(map(type, cells)):
        return 0
    return sum(1 for cell in cells if type(cell) is float and abs(cell) >= EXACT)


def _body_merges(merges: list[Merge], header: Header) -> list[Merge]:
    """Those of several rows below the header, by their first row."""
    return sorted(one for one in merges if header.end <= one[0][0] < one[1][0])


def _fill_down(
    rows: Rows, start: int, merges: list[Merge], upper: dict[tuple[int, int], Any]
) -> None:
    """Give each row of a merged cell its value; `upper` keeps those that reach below this piece."""
    stop = start + len(rows)
    for (r0, c0), (r1, _) in merges:
        if r0 >= stop:
            return
        if r1 < start:
            continue
        if r0 >= start and c0 < len(rows[r0 - start]):
            upper[r0, c0] = rows[r0 - start][c0]
        for number in range(max(r0 + 1, start), min(r1 + 1, stop)):
            if (r0, c0) in upper:
                rows[number - start][c0] = upper[r0, c0]


def _captions(merges: list[Merge], header: Header) -> set[int]:
    """Rows merged over the whole table: `第一网格` above its people, or a remark."""
    first, last = header.named[0], header.named[-1]
    return {r0 for (r0, c0), (r1, c1) in merges if r0 == r1 and c0 <= first and c1 >= last > first}


def _texts(cells: Sequence[Any]) -> list[str | None]:
    if set(map(type, cells)) == {str}:
        return [cell or None for cell in cells]
    return [WRITTEN[type(cell)](cell) for cell in cells]


def _text(cell: object) -> str | None:
    return WRITTEN[type(cell)](cell)


def _number(value: float) -> str:
    if value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    exact = Decimal(f"{value:.15g}")
    return f"{exact:f}" if exact != exact.to_integral() else f"{exact.to_integral():f}"


def _span(value: timedelta) -> str:
    """Hours beyond a day, as Excel's [h]:mm:ss shows them."""
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"


WRITTEN: dict[type, Callable[[Any], str | None]] = {
    str: lambda cell: cell or None,
    float: _number,
    int: str,
    bool: lambda cell: "true" if cell else "false",
    date: date.isoformat,
    datetime: lambda cell: cell.isoformat(sep=" "),
    time: time.isoformat,
    timedelta: _span,
    type(None): lambda _cell: None,
}
