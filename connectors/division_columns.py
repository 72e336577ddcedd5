"""Which column of a list holds the codes and which the names, found by what is in them."""

import re
from collections.abc import Sequence
from typing import Any

Cells = list[str]
CODE = re.compile(r"[1-9]\d(?:\d\d){0,2}|[1-9]\d{8}|[1-9]\d{11}")
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
CODE_TITLES = re.compile(
    r"(?:统计用)?区划代码|^代码$|^code$|division_?code|adcode|^编码$", re.IGNORECASE
)
NAME_TITLES = re.compile(r"^(?:区划|单位)?名称$|^name$|^label$", re.IGNORECASE)
OTHER_TITLES = re.compile(
    r"类型|级别|level|type|城乡|属性|备注|全称|full|pinyin|拼音", re.IGNORECASE
)


def code_of(text: str) -> str | None:
    """The code in 12 digits; None for what is none."""
    return f"{text:0<12}" if CODE.fullmatch(text) else None


def text_of(cell: Any) -> str:  # noqa: ANN401 - any reader's cell
    """A cell as text; a number that a spreadsheet made of a code loses its `.0`."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell).strip().lstrip("'")


def pairs(rows: Sequence[Cells]) -> tuple[list[tuple[str, str]], list[int]]:
    """(code, name) of every line that has both, and which lines behind the header have not."""
    width = max(map(len, rows), default=0)
    square = [[*row, *[""] * (width - len(row))] for row in rows]
    at = _code_column(square, width)
    if at is None:
        return [], [number for number, row in enumerate(rows, 1) if any(row)]
    first = next(number for number, row in enumerate(square) if code_of(row[at]))
    header = max(square[:first], key=lambda row: sum(map(bool, row)), default=[""] * width)
    names = _name_columns(square, header, at, width)
    found, other = [], []
    for number, row in enumerate(square, 1):
        code = code_of(row[at])
        name = next((row[one] for one in reversed(names) if row[one]), "")
        if code and name:
            found.append((code, name))
        elif any(row) and (number > first or re.search(r"\d\d", row[at])):
            other.append(number)
    return found, other


def _code_column(rows: Sequence[Cells], width: int) -> int | None:
    """The column of codes: by its title, else the one whose codes differ most and are longest."""
    best, score = None, (0, 0, 0)
    for at in range(width):
        codes = [row[at] for row in rows if code_of(row[at])]
        if not codes:
            continue
        titled = any(CODE_TITLES.search(row[at]) for row in rows[:5])
        rank = (len(set(codes)), sum(map(len, codes)) // len(codes), int(titled))
        if rank > score:
            best, score = at, rank
    return best


def _name_columns(rows: Sequence[Cells], header: Cells, code: int, width: int) -> list[int]:
    """The column of names; or one a level, of which the last that is filled counts."""
    worded = [
        at
        for at in range(width)
        if at != code and any(HAN.search(row[at]) for row in rows if code_of(row[code]))
    ]
    titled = [at for at in worded if NAME_TITLES.search(header[at])]
    if titled:
        return titled[:1]
    return [at for at in worded if not OTHER_TITLES.search(header[at])] or worded[:1]
