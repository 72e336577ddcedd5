"""An Excel roster as an office makes it: a title, two header rows, a total, signatures."""

from pathlib import Path

import polars as pl
from openpyxl import Workbook

from examples.community_a.wordlists import words

HEADER = (
    ("序号", "证号", "申请人", None, None, None, "家庭住址", "联系人", None, "救助类别"),
    (None, None, "姓名", "身份证号", "性别", "出生日期", None, "姓名", "手机", None),
)
COLUMNS = words("证号 姓名 身份证号 性别 出生日期 家庭住址 联系人 手机 救助类别")
LETTERS = "ABCDEFGHIJ"


def write_roster(rows: pl.DataFrame, path: Path) -> None:
    """Write the workbook. Every cell is text but the running number."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("低保")
    last = len(rows) + 5
    width = len(HEADER[0])
    for first_row, first, last_row, end in (
        (1, 1, 1, width),
        *((2, column, 3, column) for column in (1, 2, 7, 10)),
        (2, 3, 2, 6),
        (2, 8, 2, 9),
        (last, 1, last, width),
    ):
        sheet.merged_cells.add(_range(first_row, first, last_row, end))
    sheet.append(["社会救助对象花名册", *[None] * (width - 1)])
    for header in HEADER:
        sheet.append(list(header))
    for number, row in enumerate(rows.select(COLUMNS).iter_rows(), 1):
        sheet.append([number, *row])
    sheet.append(["合计", f"{len(rows)}人"])
    sheet.append(["填表人：周敏　　审核人：何勇"])
    book.save(path)


def _range(first_row: int, first: int, last_row: int, last: int) -> str:
    return f"{LETTERS[first - 1]}{first_row}:{LETTERS[last - 1]}{last_row}"
