"""Lists of division codes, in the layouts in which they circulate, as code and name.

Known: CSV and text (comma, tab, blank; with and without a header), JSON (a list of objects,
children in children, a map of codes), SQL dumps, SQLite, Excel. Codes have 2, 4, 6, 9 or 12
digits, short ones without their zeros. The columns are found by what is in them: names differ.
"""

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.division_columns import Cells, code_of, pairs, text_of
from hub.errors import ConfigError

ENCODINGS = ("utf-8-sig", "gb18030")
INSERT = re.compile(r"INSERT\s+INTO[^;(]*(?:\([^)]*\)\s*)?VALUES", re.IGNORECASE)
VALUE = re.compile(r"'((?:[^'\\]|''|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([^\s,()']+)")
NAMES = ("name", "label", "text", "title", "fullname", "名称", "区划名称", "n")
CODES = ("code", "value", "id", "adcode", "代码", "区划代码", "division_code", "c")


@dataclass
class Listed:
    """What a list holds: code of 12 digits → name; and what in it is no division."""

    names: dict[str, str] = field(default_factory=dict)
    other: int = 0  # lines or objects without a code and a name
    lines: list[int] = field(default_factory=list)  # of them, which lines
    doubtful: list[str] = field(default_factory=list)  # codes under two names


def read_list(path: Path) -> Listed:
    """Read a list of any known layout.

    Raises:
        ConfigError: it cannot be read, or holds no code with a name.
    """
    listed = Listed()
    try:
        for code, name in _found(path, listed):
            if listed.names.setdefault(code, name) != name:
                listed.doubtful.append(code)
    except (OSError, ValueError, sqlite3.Error) as error:
        raise ConfigError(
            f"{path.name}: cannot be read ({type(error).__name__})",
            zh=f"{path.name} 读不了：请确认它存在、没有损坏，"
            "是 CSV、文本、JSON、SQL、SQLite 或 Excel。",
        ) from None
    if not listed.names:
        raise ConfigError(
            f"{path.name}: no division code with a name",
            zh=f"{path.name} 里没有找到区划代码和名称：代码要是 2、4、6、9 或 12 位数字；"
            "只有名称的清单不能用，代码变成 5.1E+11 的请在表格里设为文本后重新导出。",
        )
    return listed


def _found(path: Path, listed: Listed) -> Iterator[tuple[str, str]]:
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xls", ".et", ".ods"):
        yield from _tables(_excel(path), listed)
    elif suffix in (".sqlite", ".sqlite3", ".db"):
        yield from _tables(_sqlite(path), listed)
    else:
        text = _text(path)
        if suffix == ".json" or text.lstrip()[:1] in ("{", "["):
            yield from _walked(_loaded(text), listed)
        elif suffix == ".sql" or INSERT.search(text):
            yield from _tables(_dump(text), listed)
        else:
            yield from _tables([_lines(text)], listed)


def _loaded(text: str) -> Any:  # noqa: ANN401 - any JSON
    """One document, or one a line."""
    try:
        return json.loads(text)
    except ValueError:
        return [json.loads(line) for line in text.splitlines() if line.strip()]


def _tables(tables: Any, listed: Listed) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - iterable of rows
    for rows in tables:
        found, other = pairs(rows)
        listed.other += len(other)
        listed.lines += other
        yield from found


def _text(path: Path) -> str:
    content = path.read_bytes()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ValueError("neither UTF-8 nor GB18030")


def _lines(text: str) -> list[Cells]:
    import csv

    lines = text.splitlines()
    counts = {
        mark: sum(mark in line for line in lines[:50]) for mark in (",", "\t", "|", ";", "，")
    }
    mark = max(counts, key=lambda one: counts[one])
    if counts[mark] * 2 < len(lines[:50]):
        width = Counter(len(line.split()) for line in lines).most_common(1)[0][0]
        return [line.split(maxsplit=max(width - 1, 1)) for line in lines]  # names may have blanks
    return [[text_of(cell) for cell in row] for row in csv.reader(lines, delimiter=mark)]


def _excel(path: Path) -> Iterator[list[Cells]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        for name in book.sheet_names:
            rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            yield [[text_of(cell) for cell in row] for row in rows]
    except CalamineError as error:
        raise ValueError("no workbook") from error


def _sqlite(path: Path) -> Iterator[list[Cells]]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in tables:
            quoted = name.replace('"', '""')
            cursor = database.execute(f'SELECT * FROM "{quoted}"')
            header = [column[0] for column in cursor.description]
            yield [header, *([text_of(cell) for cell in row] for row in cursor)]


def _dump(text: str) -> Iterator[list[Cells]]:
    """The tuples of every INSERT, statement by statement; and the lines of every COPY."""
    rows: dict[int, list[Cells]] = {}
    for start in INSERT.finditer(text):
        for row in _tuples(text, start.end()):
            rows.setdefault(len(row), []).append(row)
    for block in re.findall(r"^COPY [^;]*;\n(.*?)^\\\.", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            cells = line.split("\t")
            rows.setdefault(len(cells), []).append(cells)
    yield from rows.values()


def _tuples(text: str, at: int) -> Iterator[Cells]:
    row: Cells = []
    depth = 0
    while at < len(text):
        sign = text[at]
        if sign == "(":
            depth, row = depth + 1, []
        elif sign == ")":
            depth -= 1
            yield row
        elif sign == ";" and depth == 0:
            return
        elif depth and (value := VALUE.match(text, at)):
            cell = next((one for one in value.groups() if one is not None), "")
            row.append("" if cell.upper() == "NULL" else cell.replace("''", "'"))
            at = value.end()
            continue
        at += 1


def _walked(node: Any, listed: Listed, depth: int = 0) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any JSON
    """Objects with a code and a name, maps of code to name, and whatever lies inside them."""
    if depth > 20:
        return
    if isinstance(node, list):
        if node and all(isinstance(one, list) for one in node):
            yield from _tables([[[text_of(c) for c in one] for one in node]], listed)
            return
        for one in node:
            yield from _walked(one, listed, depth + 1)
    elif isinstance(node, dict):
        own = _own(node)
        if own:
            yield own
        for key, value in node.items():
            code = code_of(str(key))
            if isinstance(value, str) and code and not own:
                yield code, value.strip()
            elif isinstance(value, dict | list):
                name = _named(value) if code and not own else None
                if code and name:
                    yield code, name
                yield from _walked(value, listed, depth + 1)
    else:
        listed.other += 1


def _own(node: dict[str, Any]) -> tuple[str, str] | None:
    folded = {str(key).lower(): value for key, value in node.items()}
    code = _first(folded, CODES)
    name = _first(folded, NAMES)
    if code is None or name is None:
        return None
    right = code_of(code)
    return (right, name) if right and name and not name.isdecimal() else None


def _named(node: Any) -> str | None:  # noqa: ANN401 - any JSON
    """The name of an object whose code stands before it."""
    if not isinstance(node, dict):
        return None
    folded = {str(key).lower(): value for key, value in node.items()}
    return None if _first(folded, CODES) else _first(folded, NAMES)


def _first(node: dict[str, Any], names: Sequence[str]) -> str | None:
    found = (node[one] for one in names if isinstance(node.get(one), str | int))
    return next((text_of(one) for one in found), None)
