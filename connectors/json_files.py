"""JSON files, one list or one object a line: each value the text that stood in the file."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat
from pathlib import Path

import pyarrow as pa

from connectors.chunk import ORIGIN, text_schema
from connectors.json_rows import FEW_ROWS, drop_all, missing_columns, table_of
from connectors.json_text import ABSENT, JsonRow, at, parse, paths, scan
from connectors.sheet_header import SEARCHED_ROWS
from connectors.tabular import Part, Reader, unreadable
from connectors.text_files import decoded_blocks
from hub.errors import SourceChangedError

LINE_SUFFIXES = (".jsonl", ".ndjson")
LIST_SUFFIXES = (".json",)
LEADING = re.compile("[\0\r\n\t \ufeff]*")
LARGEST = 256 << 20
"""Characters of a JSON object that is held whole; parsed it takes some ten times as many bytes."""
LONGEST = 64 << 20
"""Characters after which a value that does not end is none."""
AROUND = "\0\r\n\t \ufeff"
"""What may stand around the object of a line."""


def read_jsonl(reader: Reader, path: Path, name: str) -> Iterator[Part]:
    """Yield the file in parts of some hundred rows; a key that a row lacks is null.

    Raises:
        SourceChangedError: undecodable, or a line that is no JSON object; the message names it.
            Also a wanted column that no row has.
    """
    body = JsonBody(reader, name)
    begun = 1
    for block in decoded_blocks(path, name, reader.encoding):
        lines = block.split("\n")
        for place in range(0, len(lines), FEW_ROWS):
            yield body.part(*_objects(name, lines[place : place + FEW_ROWS], begun + place))
        begun += block.count("\n")
    body.refuse_missing()


def read_json(reader: Reader, path: Path, name: str) -> Iterator[Part]:
    """Yield a file that is one JSON document: a list of objects, or an object that holds one.

    A list is read piece by piece; an object that holds one (at `reader.items`) is held whole.

    Raises:
        SourceChangedError: undecodable, no JSON, no list of objects where it should be, or an
            object of more than `LARGEST` characters.
    """
    text = Pieces(decoded_blocks(path, name, reader.encoding, whole_lines=False))
    body = JsonBody(reader, name)
    found = _elements(name, text) if text.sees("[") else _inside(reader, name, text)
    rows = _numbered(found, name)
    while block := list(islice(rows, FEW_ROWS)):
        places, objects = zip(*block, strict=True)
        yield body.part(list(objects), list(places))
    if not body.rows:
        yield body.part([], [])
    body.refuse_missing()


class Pieces:
    """A JSON text of which little more than one value is held at a time."""

    def __init__(self, blocks: Iterable[str]) -> None:
        self.blocks = iter(blocks)
        self.text, self.place = "", 0

    def sees(self, mark: str) -> bool:
        """Whether `mark` is the next thing that is not blank; it is passed then."""
        self._pass_blanks()
        if not self.text.startswith(mark, self.place):
            return False
        self.place += len(mark)
        return True

    def value(self) -> object:
        """The value that comes next.

        Raises:
            ValueError: no JSON, or the text ends within it.
        """
        while True:
            try:
                value, end = scan(self.text, self.place)
            except (StopIteration, ValueError):
                held = len(self.text) - self.place
                if held > LONGEST or not self._more():
                    raise ValueError("not JSON") from None
                continue
            except RecursionError:
                raise ValueError("nested too deeply") from None
            if end < len(self.text) or not self._more():  # behind `12` may come `34`
                self.place = end
                return value

    def rest(self, most: int) -> str:
        """All that follows, if it is not more than `most` characters; else ValueError."""
        parts: list[str] = []
        held = 0
        for block in chain([self.text[self.place :]], self.blocks):
            parts.append(block)
            held += len(block)
            if held > most:
                raise ValueError("too large")
        self.text, self.place = "", 0
        return "".join(parts)

    def at_end(self) -> bool:
        """Whether nothing follows but what may stand around a document."""
        return all(not part.strip(AROUND) for part in (self.text[self.place :], *self.blocks))

    def _pass_blanks(self) -> None:
        while True:
            found = LEADING.match(self.text, self.place)
            self.place = found.end() if found else self.place
            if self.place < len(self.text) or not self._more():
                return

    def _more(self) -> bool:
        block = next(self.blocks, None)
        if block is None:
            return False
        self.text, self.place = self.text[self.place :] + block, 0
        return True


def _elements(name: str, text: Pieces) -> Iterator[object]:
    """The values of a list whose bracket was passed, one by one."""
    count = 0
    ended = text.sees("]")
    while not ended:
        try:
            value = text.value()
        except ValueError as error:
            where = f"文件 {name} 第 {count + 1} 个对象"
            raise unreadable(where, error, "不是完整的 JSON，文件可能没有传完") from None
        yield value
        count += 1
        ended = text.sees("]")
        if not ended and not text.sees(","):
            where = f"文件 {name} 第 {count} 个对象之后"
            raise unreadable(where, EOFError(), "不是完整的 JSON，文件可能没有传完")
        if not ended:
            text.sees("")
    if not text.at_end():
        raise unreadable(f"文件 {name}", ValueError(), "列表之后还有别的内容，不是一份 JSON")


def _inside(reader: Reader, name: str, text: Pieces) -> Iterator[object]:
    try:
        whole = text.rest(LARGEST)
    except ValueError:
        raise SourceChangedError(
            f"{name}: a JSON object of more than {LARGEST} characters",
            zh=f"文件 {name} 是一个很大的 JSON 对象（超过 {LARGEST >> 20} 百万字），"
            "记录的列表在里层，要整个放进内存，没有读："
            "请让对方改为一行一个对象的 .jsonl，或最外层就是列表的 JSON。",
        ) from None
    try:
        answer = parse(whole.strip(AROUND))
    except ValueError as error:
        raise unreadable(f"文件 {name}", error, "不是完整的 JSON，文件可能没有传完") from None
    found = at(answer, reader.items) if reader.items else ABSENT
    if not isinstance(found, list):
        lists = "、".join(_lists(answer)) or "没有"
        raise SourceChangedError(
            f"{name}: no list at {reader.items or 'the top'}",
            zh=f"文件 {name} 里没有找到记录的列表（能找到的列表：{lists}）："
            "请把列表的位置写进平台文件的 items。",
        )
    yield from found


def _lists(node: object, before: str = "") -> Iterator[str]:
    """Where lists of objects are."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _lists(value, f"{before}.{key}" if before else str(key))
    elif isinstance(node, list) and node and isinstance(node[0], dict):
        yield before


def _numbered(values: Iterable[object], name: str) -> Iterator[tuple[int, JsonRow]]:
    for number, value in enumerate(values, 1):
        if not isinstance(value, dict):
            where = f"文件 {name} 第 {number} 个对象"
            raise unreadable(where, TypeError(), "不是一个 JSON 对象")
        yield number, value


class JsonBody:
    """The objects of one file, some at a time."""

    def __init__(self, reader: Reader, name: str) -> None:
        self.reader, self.name = reader, name
        self.rows = 0
        self.missing = list(reader.wanted)  # no row had them so far
        self.offered: dict[str, None] = {}

    def part(self, rows: list[JsonRow], places: list[int]) -> Part:
        """Some objects as columns; `places` says where each stands in the file."""
        reader = self.reader
        counts = drop_all(rows, reader.drop)
        names: dict[str, None] = {}
        for row in rows[:SEARCHED_ROWS]:
            names |= dict.fromkeys(paths(row))
        self.offered |= names
        self.rows += len(rows)
        if rows:
            self.missing = missing_columns(rows, self.missing)
        origins = pa.array([f"{self.name}!{place}" for place in places], pa.string())
        counted = Counter({column: count for column, count in counts.items() if count})
        columns = [*table_of(rows, reader.wanted).columns, origins]
        table = pa.table(columns, schema=text_schema([*reader.wanted, ORIGIN]))
        return Part(self.name, tuple(names), table, dropped=dict(counted))

    def refuse_missing(self) -> None:
        """After the last part.

        Raises:
            SourceChangedError: a wanted column that no row has.
        """
        if self.rows and self.missing:
            raise self.reader.missing(f"文件 {self.name}", self.missing, list(self.offered))


def _objects(name: str, lines: list[str], begun: int) -> tuple[list[JsonRow], list[int]]:
    """The objects of some lines, and the line of each; `begun` is the number of the first."""
    texts = [line.strip(AROUND) for line in lines]
    places = list(range(begun, begun + len(texts)))
    if not all(texts):
        places = [place for place, text in zip(places, texts, strict=True) if text]
        texts = [text for text in texts if text]
    try:
        found = list(map(scan, texts, repeat(0)))
    except (StopIteration, ValueError, RecursionError):
        found = []  # one of them is no JSON
    rows = [row for row, _ in found]
    ends = [end for _, end in found]
    if ends != list(map(len, texts)) or not set(map(type, rows)) <= {dict}:
        rows = [_object(name, *one) for one in zip(places, texts, strict=True)]
    return rows, places


def _object(name: str, number: int, text: str) -> JsonRow:
    where = f"文件 {name} 第 {number} 行"
    try:
        row = parse(text)
    except ValueError as error:
        raise unreadable(where, error, "不是完整的 JSON，文件可能没有传完") from None
    if not isinstance(row, dict):
        raise unreadable(where, TypeError(), "不是一个 JSON 对象")
    return row
