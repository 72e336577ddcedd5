"""CSV in whatever encoding it comes, decoded line by line.

A file is decoded strictly into UTF-8 and parsed by Arrow with every column text. Lines are whole
records as long as no cell holds a line end; from the first line with an odd number of quotes on,
Python's csv reader takes over, which is slower but says which record a quote was never closed in.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from connectors.chunk import ORIGIN, text_schema, text_table
from connectors.sheet_header import SEARCHED_ROWS, find_header
from connectors.sheet_rows import no_record
from connectors.tabular import Part, Reader, dropped, part_of, unreadable
from hub.errors import ConfigError, SourceChangedError

CSV_SUFFIXES = (".csv", ".txt", ".tsv")
BLOCK_BYTES = 4 << 20
BLOCK_ROWS = 20_000
LONGEST_CELL = 64 << 20
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
GB = {"gbk", "gb2312", "gb18030", "cp936", "ansi"}  # the largest of them reads them all
MAYBE_NO_RECORD = re.compile(r'[\s",;]*(?:$|[^\d\s",;][^,;\t]{0,30}?(?:计|总数|[:：]|人|期|位))')
csv.field_size_limit(LONGEST_CELL)  # a picture in base64 is longer than the default
Numbered = tuple[int, str]
"""Line number from 1, and the line with its end."""


def read_csv(reader: Reader, path: Path, name: str) -> Iterator[Part]:
    """Yield the file in parts of some ten thousand rows.

    Raises:
        SourceChangedError: undecodable, cut off, a quote never closed, or a row too long or
            short; the message names the line.
    """
    lines = enumerate(decoded_lines(path, name, reader.encoding), 1)
    top = list(islice(lines, SEARCHED_ROWS))
    delimiter = _delimiter(top, reader.delimiter)
    first = [_cells(line, delimiter) for _, line in top]
    header = find_header(first, (), reader.wanted)
    if header is None:
        yield Part(name, (), text_table([ORIGIN], [[]]))
        return
    body = CsvBody(reader, name, delimiter, header.names)
    yield body.part([], {})  # a header without rows is a file too
    rest = chain(top[header.end :], lines)
    while block := list(islice(rest, BLOCK_ROWS)):
        if any(line.count('"') % 2 for _, line in block if '"' in line):
            yield from body.records(chain(block, rest))
        else:
            yield from body.lines(block)


class CsvBody:
    """The rows of one CSV file, below its header."""

    def __init__(self, reader: Reader, name: str, delimiter: str, names: tuple[str, ...]) -> None:
        self.reader, self.name, self.delimiter, self.names = reader, name, delimiter, names
        self.again = next((one for one in names if one), "\n")  # begins a header repeated

    def lines(self, block: list[Numbered]) -> Iterator[Part]:
        """Rows of which each is one line."""
        skipped: Counter[str] = Counter()
        kept = []
        for number, line in block:
            maybe = MAYBE_NO_RECORD.match(line) or line.lstrip('"').startswith(self.again)
            why = self._no_record(line) if maybe else None
            if why:
                skipped[why] += 1
            else:
                kept.append((number, line))
        if not kept:
            yield self.part([], skipped)
            return
        places = [str(place) for place in range(len(self.names))]
        data = "".join(line for _, line in kept).encode()
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(data),
                pyarrow.csv.ReadOptions(column_names=places, block_size=len(data) + 1),
                pyarrow.csv.ParseOptions(delimiter=self.delimiter),
                pyarrow.csv.ConvertOptions(
                    column_types=text_schema(places), strings_can_be_null=False
                ),
            )
        except pa.ArrowInvalid:  # a row too long or too short: found, or forgiven, record by record
            yield from self.records(block)
            return
        yield self._arrow_part(table, [number for number, _ in kept], skipped)

    def records(self, lines: Iterable[Numbered]) -> Iterator[Part]:
        """Rows that may go over several lines."""
        numbered = _Counted(lines)
        reader = csv.reader(numbered, delimiter=self.delimiter, strict=True)
        rows: list[list[str | None]] = []
        skipped: Counter[str] = Counter()
        while True:
            begun = numbered.number + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                raise unreadable(
                    f"文件 {self.name} 第 {begun} 行起", error, "引号没有成对，后面的行会连成一格"
                ) from None
            if row is None or len(rows) == BLOCK_ROWS:
                yield self.part(rows, skipped)
                rows, skipped = [], Counter()
            if row is None:
                return
            why = no_record(row, self.names)
            if why:
                skipped[why] += 1
            else:
                rows.append([*self._fitted(row, begun), f"{self.name}!{begun}"])

    def part(self, rows: list[list[str | None]], skipped: dict[str, int]) -> Part:
        """Some records, each with its origin at the end."""
        table = part_of(self.reader, self.name, self.names, rows)
        return Part(self.name, self.names, table, skipped, dropped(self.reader, self.names, rows))

    def _arrow_part(self, table: pa.Table, numbers: list[int], skipped: dict[str, int]) -> Part:
        places = self.reader.places(self.name, self.names)
        columns = [table.column(place) for place in places.values()]
        origins = pa.array([f"{self.name}!{number}" for number in numbers], pa.string())
        counts = {
            name: table.num_rows
            - pyarrow.compute.sum(
                pyarrow.compute.equal(table.column(self.names.index(name)), "")
            ).as_py()
            for name in self.reader.drop
            if name in self.names
        }
        rows = pa.table([*columns, origins], schema=text_schema([*places, ORIGIN]))
        return Part(self.name, self.names, rows, skipped, counts)

    def _no_record(self, line: str) -> str | None:
        return no_record(_cells(line, self.delimiter), self.names)

    def _fitted(self, row: list[str], number: int) -> list[str]:
        """The row if it is as wide as the header; blank cells too many are forgiven."""
        width = len(self.names)
        if len(row) < width or any(row[width:]):
            raise SourceChangedError(
                f"{self.name}: line {number} has {len(row)} cells, the header {width}",
                zh=f"文件 {self.name} 第 {number} 行有 {len(row)} 格，表头有 {width} 格："
                "文件可能没有传完，或这一行里多了、少了分隔符。请让对方重新导出并提供这个文件。",
            )
        return row[:width]


class _Counted:
    """Lines for a csv reader, and the number of the last one it took."""

    def __init__(self, lines: Iterable[Numbered]) -> None:
        self.lines, self.number = iter(lines), 0

    def __iter__(self) -> Iterator[str]:
        for number, line in self.lines:
            self.number = number
            yield line


def decoded_lines(path: Path, name: str, encoding: str | None) -> Iterator[str]:
    """Every line with its end, decoded strictly; a byte-order mark beats `encoding`.

    Raises:
        SourceChangedError: bytes that are no text; the message names the line.
        ConfigError: an encoding that nobody knows.
    """
    chosen = _encoding(path, encoding)
    try:
        decoder = codecs.getincrementaldecoder(chosen)("strict")
    except LookupError:
        raise ConfigError(
            f"unknown encoding {encoding}",
            zh=f"平台文件里的 encoding「{encoding}」不认识：常用的是 gb18030、utf-8、utf-16。",
        ) from None
    rest, count = "", 0
    with path.open("rb") as file:
        while True:
            block = file.read(BLOCK_BYTES)
            try:
                *lines, rest = (rest + decoder.decode(block, final=not block)).split("\n")
            except UnicodeDecodeError as error:
                line = count + error.object[: error.start].count(b"\n") + 1
                raise unreadable(
                    f"文件 {name} 第 {line} 行", error, f"不是 {chosen} 编码的文字，或文件没有传完"
                ) from None
            count += len(lines)
            for line_text in lines:
                yield line_text + "\n"
            if not block:
                break
    if rest:
        yield rest


def _encoding(path: Path, declared: str | None) -> str:
    """What the mark says, else what was declared, else UTF-8 if it is that, else GB18030."""
    with path.open("rb") as file:
        start = file.read(4)
        for mark, encoding in BOMS.items():
            if start.startswith(mark):
                return encoding
        if declared:
            return "gb18030" if declared.lower() in GB else declared
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        file.seek(0)
        try:
            while block := file.read(BLOCK_BYTES):
                decoder.decode(block)
        except UnicodeDecodeError:
            return "gb18030"
    return "utf-8"


def _delimiter(top: list[Numbered], declared: str) -> str:
    """What was declared, unless no line has it and lines have tabs ("Unicode text")."""
    texts = [line for _, line in top]
    tabbed = any("\t" in one for one in texts) and not any(declared in one for one in texts)
    return "\t" if tabbed else declared


def _cells(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])
