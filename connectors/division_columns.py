"""Which column of a list holds the codes and which the names, found by what is in them."""

import re
from collections.abc import Sequence
from typing import Any

from hub.errors import ConfigError

Cells = list[str]
CODE = re.compile(r"[1-9]\d(?:\d\d){0,2}|[1-9]\d{8}|[1-9]\d{11}")
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
KEPT = re.compile(r'="?(\d+)"?')
"""What keeps Excel from making a number of a code."""
WIDE = "０１２３４５６７８９"
NARROW = str.maketrans(WIDE, "0123456789")
CODE_TITLES = re.compile(
    r"(?:统计用)?区划代码|^代码$|^code$|division_?code|adcode|^编码$", re.IGNORECASE
)
NAME_TITLES = re.compile(r"^(?:区划|单位)?名称$|^name$|^label$", re.IGNORECASE)
OTHER_CODES = re.compile(r"代码|编码|code", re.IGNORECASE)
NO_DIVISIONS = re.compile(r"邮|区号|城乡|分类|属性|机构|信用|post|zip|class", re.IGNORECASE)
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
    text = "" if cell is None else str(cell).strip().lstrip("'")
    text = KEPT.sub(r"\1", text)
    return text.translate(NARROW) if text and text[0] in WIDE else text


def pairs(rows: Sequence[Cells]) -> tuple[list[tuple[str, str]], list[int]]:
    """(code, name) of every line that has both, and which lines behind the header have not.

    Codes and names of the levels above, in columns of their own, are pairs, too.

    Raises:
        ConfigError: two columns name divisions by code, as in a table of old and new ones.
    """
    width = max(map(len, rows), default=0)
    square = [[*row, *[""] * (width - len(row))] for row in rows]
    at = _code_column(square, width)
    if at is None:
        return [], [number for number, row in enumerate(rows, 1) if any(row)]
    first = next(number for number, row in enumerate(square) if code_of(row[at]))
    header = max(square[:first], key=lambda row: sum(map(bool, row)), default=[""] * width)
    names = _name_columns(square, header, at, width)
    above = _above(square, header, at) if at + 1 in names else []
    names = [one for one in names if one - 1 not in above]
    found, other = [], []
    for number, row in enumerate(square, 1):
        code = code_of(row[at])
        upper = ((code_of(row[one]), row[one + 1]) for one in above if code)
        found += [(over, named) for over, named in upper if over and named]
        name = next((row[one] for one in reversed(names) if row[one]), "")
        if code and name:
            found.append((code, name))
        elif any(row) and (number > first or re.search(r"\d\d", row[at])):
            other.append(number)
    return found, other


def _above(rows: Sequence[Cells], header: Cells, code: int) -> list[int]:
    """The columns of codes of the levels above, each with its names to the right as `code` has."""
    found = []
    for at in range(len(header) - 1):
        both = [(row[at], row[code]) for row in rows if code_of(row[at]) and code_of(row[code])]
        named = any(HAN.search(row[at + 1]) for row in rows if code_of(row[at]))
        if at == code or not both or not named:
            continue
        if all(_is_over(over, one) for over, one in both):
            found.append(at)
        elif OTHER_CODES.search(header[at]) and not NO_DIVISIONS.search(header[at]):
            raise ConfigError(
                f"two columns of division codes: {header[at]}, {header[code]}",
                zh=f"清单里有两列区划代码（{header[code]}、{header[at]}），分不清哪一列是现在的："
                "请只留现在的代码和名称两列，再导入。",
            )
    return found


def _is_over(over: str, code: str) -> bool:
    """Whether one code is of a division that holds the other's."""
    kept = next(n for n in (2, 4, 6, 9, 12) if n >= len(over.rstrip("0")))
    whole = f"{code:0<12}"
    return kept < 12 and whole.startswith(over[:kept]) and whole[kept:] != "0" * (12 - kept)


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
