"""Tables as files: CSV with a byte-order mark or in GB18030, XLSX, Parquet, JSON.

The same table gives the same bytes. No text in a CSV or a workbook can run as a formula.
"""

import io
import re
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Self, cast

import polars as pl
from openpyxl.utils import get_column_letter

from reports.form_file import Column, Sheet
from reports.list_sheet import write_list
from reports.package import Package, open_package, write_package
from reports.spreadsheet import made_safe, safe
from reports.styles import Styles

SHEET = 1_000_000
"""Rows of a sheet; what is more goes to the next one."""
STAMP = re.compile(r"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
WIDEST, TO_FILL = 48, 18
AUTHOR = "数据大脑"
"""Whose remarks on a list are our own."""


class Hashed:
    """A new file that is hashed beside whoever writes it."""

    def __init__(self, path: Path) -> None:
        self.file, self.digest = path.open("wb"), sha256()
        self.beside = ThreadPoolExecutor(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.beside.shutdown()
        self.file.close()

    def write(self, data: bytes) -> int:
        """Write all of it."""
        kept = bytes(data)
        self.beside.submit(self.digest.update, kept)
        self.file.write(kept)
        return len(kept)

    def flush(self) -> None:
        """Nothing waits."""


def write_table(
    frame: pl.DataFrame,
    path: Path,
    *,
    encoding: str = "utf-8",
    ours: Collection[str] = (),
) -> str:
    """Write a table by the suffix of `path`: .csv, .xlsx, .parquet, .json (one row a line).

    `ours`: columns that nobody typed, so that nothing in them could run as a formula.

    Returns:
        The SHA-256 of the file, hexadecimal.
    """
    kind = path.suffix.lower()
    with Hashed(path) as file:
        if kind == ".parquet":
            frame.write_parquet(cast(IO[bytes], file), compression="zstd", compression_level=3)
        elif kind == ".json":
            dated = frame.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d"))
            dated.write_ndjson(cast(IO[bytes], file))
        elif kind == ".xlsx":
            file.write(workbook({"数据": frame}))
        else:
            _write_csv(frame, file, encoding, ours)
    return file.digest.hexdigest()


def _write_csv(frame: pl.DataFrame, file: Hashed, encoding: str, ours: Collection[str]) -> None:
    if encoding == "utf-8":
        made_safe(frame, ours).write_csv(cast(IO[bytes], file), include_bom=True)
        return
    for start in range(0, max(frame.height, 1), 50_000):
        part = made_safe(frame.slice(start, 50_000), ours)
        file.write(part.write_csv(include_header=start == 0).encode(encoding))


@dataclass(frozen=True)
class Asked:
    """A column whose blank cells somebody is to fill: from these words, or as the note says."""

    choices: tuple[str, ...] = ()
    note: str = ""


def workbook(frames: Mapping[str, pl.DataFrame], asked: Mapping[str, Asked] | None = None) -> bytes:
    """A workbook with a sheet for each table; numbers that identify stay text.

    The columns in `asked` are drawn to be filled in: blank cells yellow, drop-downs, a remark.
    """
    pieces = {
        f"{name}{nth + 1}" if nth else name: frame.slice(nth * SHEET, SHEET)
        for name, frame in frames.items()
        for nth in range(max(1, -(-frame.height // SHEET)))
    }
    package = open_package(_drawn(pieces, asked or {}))
    styles = Styles(package.text("xl/styles.xml"))
    streamed: dict[str, Iterable[bytes]] = {}
    for name, frame in pieces.items():
        part = package.sheets[name]
        texts = {_letter(nth): _shown(frame[column]) for nth, column in enumerate(frame.columns)}
        columns = tuple(
            Column(at=at, header=at, item="age" if values.dtype.is_numeric() else "phone")
            for at, values in texts.items()
        )
        sheet = Sheet(sheet=name, header=(1, 1), body=(2, 2), columns=columns)
        _, streamed[part] = write_list(package.text(part), sheet, texts, frame.height, styles)
    package.parts["xl/styles.xml"] = styles.xml.encode()
    _unstamped(package)
    target = io.BytesIO()
    write_package(package, {part: list(chunks) for part, chunks in streamed.items()}, target)
    return target.getvalue()


def _shown(values: pl.Series) -> pl.Series:
    return values if values.dtype.is_numeric() else values.cast(pl.String)


def _letter(nth: int) -> str:
    return str(get_column_letter(nth + 1))


def _drawn(frames: Mapping[str, pl.DataFrame], asked: Mapping[str, Asked]) -> bytes:
    """Headers in bold, the first row frozen, columns as wide as they need."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    book.remove(book.active)
    for name, frame in frames.items():
        sheet = book.create_sheet(name)
        sheet.freeze_panes = "A2"
        sheet.print_title_rows = "1:1"
        sheet.print_options.gridLines = True
        sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
        sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage = 0, True
        for nth, column in enumerate(frame.columns):
            cell = sheet.cell(1, nth + 1, pl.select(safe(pl.lit(column))).item())
            cell.font = Font(bold=True)
            texts = frame[column].head(200).cast(pl.String).to_list()
            width = max(len((text or "").encode("gb18030")) for text in [column, *texts]) + 2
            sheet.column_dimensions[_letter(nth)].width = min(WIDEST, max(8, width))
            if column in asked:
                sheet.column_dimensions[
                    _letter(nth)
                ].width = TO_FILL  # it is printed and taken along
                cell.alignment = Alignment(wrap_text=True, vertical="center")
                sheet.row_dimensions[1].height = 48
                _to_be_filled(sheet, _letter(nth), cell, asked[column])
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def _to_be_filled(sheet: Any, letter: str, header: Any, one: Asked) -> None:  # noqa: ANN401 (openpyxl is untyped)
    from openpyxl.comments import Comment
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import PatternFill
    from openpyxl.worksheet.datavalidation import DataValidation

    yellow = PatternFill(start_color="FFF2CC", end_color="FFF2CC", fill_type="solid")
    blank = FormulaRule(formula=[f"LEN({letter}2)=0"], fill=yellow)
    sheet.conditional_formatting.add(f"{letter}2", blank)
    if one.note:
        header.comment = Comment(one.note, AUTHOR)
    if one.choices:
        rule = DataValidation(type="list", formula1=f'"{",".join(one.choices)}"', allow_blank=True)
        rule.add(f"{letter}2")
        sheet.add_data_validation(rule)


def _unstamped(package: Package) -> None:
    """Without the moment it was made, which would make every file another."""
    for name in [one for one in package.parts if one.endswith("core.xml")]:
        text = STAMP.sub(r"\g<1>2000-01-01T00:00:00Z\g<2>", package.text(name))
        package.parts[name] = text.encode()
