"""Where a sheet's header is, and what its columns are called.

A roster made by hand has a title merged over the table, then one to three header rows in which
`联系人` is merged over `姓名` and `手机`. A column is called by its whole path, `联系人/手机`, as
leaf names alone collide. Cells of a header are compared without any white space.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

Row = Sequence[str | None]
Merge = tuple[tuple[int, int], tuple[int, int]]
"""((first row, first column), (last row, last column)), from 0, both ends included."""

COLUMN_NUMBER = re.compile(r"[(（]?(\d{1,2})[)）]?|[甲乙丙丁戊己庚辛壬癸A-Z]|-+")
SEARCHED_ROWS = 30
DEEPEST = 4


@dataclass(frozen=True)
class Header:
    """Columns by position; '' where a column has no name. `end` is the first row below."""

    names: tuple[str, ...]
    start: int
    end: int

    @property
    def named(self) -> list[int]:
        """Positions of the columns that have a name."""
        return [place for place, name in enumerate(self.names) if name]


def find_header(
    rows: Sequence[Row], merges: Sequence[Merge], wanted: Collection[str]
) -> Header | None:
    """The header that names most of `wanted`; else the first row with the most cells.

    Among equals the topmost is taken, with all of its rows, and one that numbers the columns.
    """
    top = rows[:SEARCHED_ROWS]
    width = max(map(len, top), default=0)
    cells = [[header_name(cell) for cell in row] + [""] * (width - len(row)) for row in top]
    found = [one for start in range(len(top)) for one in _headers_at(cells, merges, start)]
    if not found:
        return None
    wide = [one for start in range(len(top)) for one in _joined_at(cells, merges, start)]
    best = max([*found, *wide], key=lambda one: _rank(one, wanted, plain=one in found))
    if not set(best.names) & set(wanted):
        # a title is one text over the whole table
        several = [one for one in found if len({*cells[one.start]} - {""}) > 1]
        best = max(several or found, key=lambda o: (len({*o.names} - {""}), -o.start, o.end))
    numbered = best.end < len(cells) and _numbers(cells[best.end], best)
    return replace(best, end=best.end + 1) if numbered else best


def _numbers(row: Sequence[str], header: Header) -> bool:
    """Whether a row only numbers the columns: `1 2 3 …`, `甲 乙 1 2 …`."""
    texts = [one for one in row if one]
    told = [COLUMN_NUMBER.fullmatch(one) for one in texts]
    counted = [int(one.group(1)) for one in told if one and one.group(1)]
    in_turn = counted == [*range(counted[0], counted[0] + len(counted))] if counted else False
    return in_turn and all(told) and len(counted) >= 3 and 2 * len(texts) > len(header.named)


def _rank(header: Header, wanted: Collection[str], *, plain: bool) -> tuple[int, bool, int, int]:
    return len(set(header.names) & set(wanted)), plain, -header.start, header.end


def header_name(cell: str | None) -> str:
    """A header cell's text without white space, line ends or byte-order marks."""
    return re.sub(r"[\s\u3000\ufeff\u200b]+", "", cell or "")


def _headers_at(cells: list[list[str]], merges: Sequence[Merge], start: int) -> Iterator[Header]:
    """Every header that begins in row `start`, shallow to deep."""
    if not any(cells[start]):
        return
    yield _header(cells, [_filled(cells, merges, start)[0]], start)
    if start + 1 == len(cells):
        return
    names, refinable = _grouped(cells, merges, start)
    levels = [names]
    spanned = _spanned(cells, merges, start)
    for row in range(start + 1, min(start + DEEPEST, len(cells))):
        if not (_is_below(cells[row], refinable) or row <= spanned):
            return
        names, refinable = _filled(cells, merges, row)
        levels.append(names)
        yield _header(cells, levels, start)


def _joined_at(cells: list[list[str]], merges: Sequence[Merge], start: int) -> Iterator[Header]:
    """Rows joined whatever they are: right only if that makes names which are asked for.

    So `联系人` above `姓名` is a group of one column, which nothing in the sheet gives away.
    """
    if not any(cells[start]) or start + 1 == len(cells):
        return
    levels = [_grouped(cells, merges, start)[0]]
    for row in range(start + 1, min(start + DEEPEST, len(cells))):
        levels.append(_filled(cells, merges, row)[0])
        yield _header(cells, levels, start)


def _spanned(cells: list[list[str]], merges: Sequence[Merge], start: int) -> int:
    """The last row of a cell that begins in row `start` and goes down: all of them are header."""
    cell = cells[start]
    down = [
        r1
        for (r0, c0), (r1, c1) in merges
        if r0 == start < r1 and c0 == c1 < len(cell) and cell[c0]
    ]
    return max(down, default=start)


def _filled(
    cells: list[list[str]], merges: Sequence[Merge], row: int
) -> tuple[list[str], list[bool]]:
    """The texts of a row with merged cells filled, and where finer names may stand below."""
    names, refinable = list(cells[row]), [False] * len(cells[row])
    for (r0, c0), (r1, c1) in merges:
        if r0 <= row <= r1:
            for column in range(c0, min(c1 + 1, len(names))):
                names[column] = cells[r0][c0]
                refinable[column] = c1 > c0 and row == r1
    return names, refinable


def _grouped(
    cells: list[list[str]], merges: Sequence[Merge], row: int
) -> tuple[list[str], list[bool]]:
    """As `_filled`, and blanks right of a name belong to it if there are names below them."""
    names, refinable = _filled(cells, merges, row)
    for column in range(1, len(names)):
        if not names[column] and cells[row + 1][column]:
            names[column] = names[column - 1]
            refinable[column - 1] = refinable[column] = True
    return names, refinable


def _is_below(row: list[str], refinable: list[bool]) -> bool:
    """Whether `row` only refines groups; a data row has values under plain columns too."""
    return any(row) and all(may for cell, may in zip(row, refinable, strict=True) if cell)


def _header(cells: list[list[str]], levels: list[list[str]], start: int) -> Header:
    """Join each column's texts; a column with no cell of its own under its left one has none."""
    paths = [_path(parts) for parts in zip(*levels, strict=True)]
    end = start + len(levels)
    for column in range(len(paths) - 1, 0, -1):
        own = any(row[column] for row in cells[start:end])
        if not own and paths[column] == paths[column - 1]:
            paths[column] = ""
    while paths and not paths[-1]:
        paths.pop()
    return Header(tuple(paths), start, end)


def _path(parts: Sequence[str]) -> str:
    kept: list[str] = []
    for part in parts:
        if part and (not kept or part != kept[-1]):
            kept.append(part)
    return "/".join(kept)
