"""Sheets of workbooks (.xlsx, .xls, .xlsm, .xlsb, .ods, WPS's .et) as text.

Numbers are written without an exponent and without `.0`, to the 15 digits that Excel keeps; days
and times as ISO 8601; TRUE as true. A cell merged over several rows belongs to each of them. An
empty cell is null. An ID number in a numeric cell has already
lost its last digits in the file: they are counted, and never guessed.
"""

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError

from connectors.sheet_header import Header, Merge, find_header
from connectors.sheet_rows import CAPTIONS, no_record, refuse_second_table
from connectors.tabular import Part, Reader, dropped, part_of, unreadable
from hub.errors import SourceChangedError

SUFFIXES = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".et")
EXACT = 10**15
"""Whole numbers from here on have lost digits in a numeric cell: an ID number has 18."""


def read_excel(reader: Reader, path: Path, name: str) -> Iterator[Part]:
    """One part for each sheet that is read. `name` is what people call the file.

    Raises:
        SourceChangedError: damaged, locked by a password, or without a sheet that is asked for.
    """
    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
            missing = [one for one in reader.sheets or () if one not in book.sheet_names]
            if missing:
                raise SourceChangedError(
                    f"{name}: no sheet {', '.join(missing)}",
                    zh=f"文件 {name} 里没有工作表：{'、'.join(missing)}（现有："
                    f"{'、'.join(book.sheet_names)}）。请核对文件，或修改平台文件的 sheets。",
                )
            for sheet in reader.sheets or book.sheet_names:
                found = book.get_sheet_by_name(sheet)
                rows = found.to_python(skip_empty_area=False)
                part = _part(reader, f"{name}#{sheet}", rows, found.merged_cell_ranges or [])
                if part:
                    yield part
    except PasswordError:
        raise SourceChangedError(
            f"{name}: locked by a password",
            zh=f"文件 {name} 设了打开密码，读不了：请对方去掉密码后重新提供。",
        ) from None
    except (CalamineError, OSError) as error:
        raise unreadable(name, error, "它不是完整的 Excel 文件，可能没有传完") from None


def _part(reader: Reader, where: str, rows: list[list[Any]], merges: list[Merge]) -> Part | None:
    texts = [[_text(cell) for cell in row] for row in rows]
    header = find_header(texts, merges, reader.wanted)
    if header is None:
        return None
    _fill_down(texts, merges, header)
    captions = _captions(merges, header)
    skipped: dict[str, int] = {}
    kept: list[list[str | None]] = []
    for number in range(header.end, len(texts)):
        row = texts[number]
        why = no_record(row, header.names) or (CAPTIONS if number in captions else None)
        if why:
            skipped[why] = skipped.get(why, 0) + 1
        else:
            refuse_second_table(where, number + 1, row, header.names)
            kept.append([*row[: len(header.names)], f"{where}!{number + 1}"])
    return Part(
        where=where,
        names=header.names,
        rows=part_of(reader, where, header.names, kept),
        skipped=skipped,
        dropped=dropped(reader, header.names, kept),
        placed=True,
        damaged=_damaged(reader, header, rows),
    )


def _damaged(reader: Reader, header: Header, rows: list[list[Any]]) -> dict[str, int]:
    """How many numbers of each wanted column have lost their last digits."""
    counts = {}
    for name in reader.wanted:
        if name in header.names:
            place = header.names.index(name)
            cells = (row[place] for row in rows[header.end :])
            counts[name] = sum(1 for cell in cells if type(cell) is float and abs(cell) >= EXACT)
    return {name: count for name, count in counts.items() if count}


def _fill_down(texts: list[list[str | None]], merges: list[Merge], header: Header) -> None:
    for (r0, c0), (r1, _) in merges:
        if r0 >= header.end:
            for number in range(r0 + 1, min(r1 + 1, len(texts))):
                texts[number][c0] = texts[r0][c0]


def _captions(merges: list[Merge], header: Header) -> set[int]:
    """Rows merged over the whole table: `第一网格` above its people, or a remark."""
    first, last = header.named[0], header.named[-1]
    return {r0 for (r0, c0), (r1, c1) in merges if r0 == r1 and c0 <= first and c1 >= last > first}


def _text(cell: object) -> str | None:
    return WRITTEN[type(cell)](cell)


def _number(value: float) -> str:
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
