"""CSV in whatever encoding it comes, decoded and parsed in blocks of whole lines.

A file is decoded strictly into UTF-8 and parsed by Arrow with every column text. Lines are whole
records as long as no cell holds a line end; from the first line with an odd number of quotes on,
Python's csv reader takes over, which is slower but says which record a quote was never closed in.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
from pyarrow import compute

from connectors.chunk import ORIGIN, text_schema, text_table
from connectors.sheet_header import SEARCHED_ROWS, find_header
from connectors.sheet_rows import SUSPECT, TITLES, no_record, refuse_second_table
from connectors.tabular import Part, Reader, dropped, part_of, unreadable
from connectors.text_encoding import BLOCK_BYTES, encoding_of, refuse_utf8
from hub.errors import ConfigError, SourceChangedError

CSV_SUFFIXES = (".csv", ".txt", ".tsv")
BLOCK_ROWS = 20_000
LONGEST_CELL = 64 << 20
BLANKS = r"[\s\x{a0}\x{3000}\x{feff}]+"
LONE = "里面有单独的回车符"
CTRL_Z = "\x1a"
"""How programs of DOS (dBase, FoxPro) end a text."""
csv.field_size_limit(LONGEST_CELL)  # a picture in base64 is longer than the default
WRAPPED = '^="([^"]*)"$'
"""How systems keep Excel from taking a number for one: it shows what stands inside."""
Numbered = tuple[int, str]
"""Line number from 1, and the line with its end."""


def read_csv(reader: Reader, path: Path, name: str) -> Iterator[Part]:
    """Yield the file in parts of some ten thousand rows.

    Raises:
        SourceChangedError: undecodable, cut off, a quote never closed, or a row too long or
            short; the message names the line.
    """
    blocks = decoded_blocks(path, name, reader.encoding)
    first = next(blocks, "")
    while first.count("\n") < SEARCHED_ROWS and (more := next(blocks, "")):
        first += more
    if "\r" in first and "\n" not in first:
        raise unreadable(f"文件 {name}", ValueError(), LONE)
    top = list(islice(_lines(first), SEARCHED_ROWS))
    delimiter = _delimiter(top, reader.delimiter)
    records, ends = _records(top, delimiter)
    header = find_header(records, (), reader.wanted)
    if header is None:
        yield Part(name, (), text_table([ORIGIN], [[]]))
        return
    body = CsvBody(reader, name, delimiter, header.names)
    yield body.part([], {})  # a header without rows is a file too
    begun, text = ends[header.end - 1] + 1, _behind_lines(first, ends[header.end - 1])
    while text:
        if _cells_hold_line_ends(text):
            rest = chain([text], blocks)
            yield from body.records(chain.from_iterable(map(_lines, rest)), begun)
            return
        count = text.count("\n") + (not text.endswith("\n"))
        yield from body.lines(text, begun, count)
        begun += count
        text = next(blocks, "")


class CsvBody:
    """The rows of one CSV file, below its header."""

    def __init__(self, reader: Reader, name: str, delimiter: str, names: tuple[str, ...]) -> None:
        self.reader, self.name, self.delimiter, self.names = reader, name, delimiter, names
        leaf = names[0].rpartition("/")[2] if names else ""
        self.suspect = f"^(?:{TITLES.pattern}|{re.escape(leaf)})?$|{SUSPECT.pattern}"
        self.number_is_name = leaf.isdecimal()

    def lines(self, text: str, begun: int, count: int) -> Iterator[Part]:
        """Rows of which each is one of `count` lines; `begun` is the number of the first."""
        places = [str(place) for place in range(len(self.names))]
        data, quoted = text.encode(), '"' in text
        try:
            table = pyarrow.csv.read_csv(
                pa.BufferReader(data),
                pyarrow.csv.ReadOptions(column_names=places, block_size=len(data) + 1),
                pyarrow.csv.ParseOptions(
                    delimiter=self.delimiter,
                    quote_char='"' if quoted else False,  # to look for one takes half of the time
                    ignore_empty_lines=False,
                ),
                pyarrow.csv.ConvertOptions(
                    column_types=text_schema(places), strings_can_be_null=False
                ),
            )
        except ValueError:  # a row too long or short, or a delimiter that Arrow has not
            table = None
        if table is None or table.num_rows != count:
            yield from self.records(_lines(text), begun)
        else:
            if '="' in text:
                bare = [compute.replace_substring_regex(c, WRAPPED, r"\1") for c in table.columns]
                table = pa.table(bare, names=table.column_names)
            yield self._arrow_part(table, begun)

    def records(self, lines: Iterable[str], begun: int) -> Iterator[Part]:
        """Rows that may go over several lines; `begun` is the number of the first."""
        numbered = _Counted(enumerate(lines, begun), begun - 1)
        reader = csv.reader(numbered, delimiter=self.delimiter, strict=True)
        rows: list[list[str | None]] = []
        skipped: Counter[str] = Counter()
        while True:
            begun = numbered.number + 1
            try:
                row = next(reader, None)
            except csv.Error as error:
                lone = "new-line" in str(error)  # the csv module's word for it
                said = LONE if lone else "引号没有成对，后面的行会连成一格"
                raise unreadable(f"文件 {self.name} 第 {begun} 行起", error, said) from None
            if row is None or len(rows) == BLOCK_ROWS:
                yield self.part(rows, skipped)
                rows, skipped = [], Counter()
            if row is None:
                return
            row = _bare(row)
            why = no_record(row, self.names)
            if why:
                skipped[why] += 1
            else:
                self._refuse_second_table(begun, row)
                rows.append([*self._fitted(row, begun), f"{self.name}!{begun}"])

    def part(self, rows: list[list[str | None]], skipped: dict[str, int]) -> Part:
        """Some records, each with its origin at the end."""
        table = part_of(self.reader, self.name, self.names, rows)
        drops = dropped(self.reader, self.names, rows)
        return Part(self.name, self.names, table, skipped, drops, placed=True)

    def _arrow_part(self, table: pa.Table, begun: int) -> Part:
        numbers = pa.array(np.arange(begun, begun + table.num_rows)).cast(pa.string())
        origins = compute.binary_join_element_wise(f"{self.name}!", numbers, "")
        table = table.append_column(ORIGIN, origins)
        skipped, keep = self._skipped(table, begun)
        table = table if keep is None else table.filter(keep)
        places = self.reader.places(self.name, self.names)
        rows = table.select([*map(str, places.values()), ORIGIN])
        counts = {
            name: compute.sum(compute.not_equal(table.column(self.names.index(name)), "")).as_py()
            or 0
            for name in self.reader.drop
            if name in self.names
        }
        rows = rows.rename_columns([*places, ORIGIN])
        return Part(self.name, self.names, rows, skipped, counts, placed=True)

    def _skipped(self, table: pa.Table, begun: int) -> tuple[Counter[str], pa.Array | None]:
        """Which rows are no records: judged one by one where the first cell is suspect."""
        skipped: Counter[str] = Counter()
        numbered = compute.utf8_is_decimal(table.column(0))
        if not self.number_is_name and compute.all(numbered).as_py():
            return skipped, None
        first = compute.replace_substring_regex(table.column(0), BLANKS, "")
        suspects = compute.indices_nonzero(compute.match_substring_regex(first, self.suspect))
        if not len(suspects):
            return skipped, None
        cells = table.select(range(len(self.names))).take(suspects).to_pydict().values()
        keep = np.ones(table.num_rows, bool)
        for place, row in zip(suspects.to_pylist(), zip(*cells, strict=True), strict=True):
            if why := no_record(row, self.names):
                skipped[why] += 1
                keep[place] = False
            else:
                self._refuse_second_table(begun + place, row)
        return skipped, pa.array(keep)

    def _refuse_second_table(self, number: int, row: Sequence[str | None]) -> None:
        refuse_second_table(f"文件 {self.name}", number, row, self.names)

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

    def __init__(self, lines: Iterable[Numbered], number: int = 0) -> None:
        self.lines, self.number = iter(lines), number

    def __iter__(self) -> Iterator[str]:
        for number, line in self.lines:
            self.number = number
            yield line


def decoded_blocks(
    path: Path, name: str, encoding: str | None, *, whole_lines: bool = True
) -> Iterator[str]:
    """Whole lines, many at a time, decoded strictly; a byte-order mark beats `encoding`.

    Without `whole_lines` they may end anywhere: a JSON document may be one line altogether.

    Raises:
        SourceChangedError: bytes that are no text; the message names the line.
        ConfigError: an encoding that nobody knows.
    """
    chosen = encoding_of(path, name, encoding)
    try:
        decoder = codecs.getincrementaldecoder(chosen)("strict")
    except LookupError:
        raise ConfigError(
            f"unknown encoding {encoding}",
            zh=f"平台文件里的 encoding「{encoding}」不认识：常用的是 gb18030、utf-8、utf-16。",
        ) from None
    rest: list[str] = []  # the beginning of a line
    done = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            text = _decoded(decoder, block, (path, done), f"文件 {name}", chosen)
            done += len(block)
            end = text.rfind("\n") + 1 if whole_lines else len(text)
            if end:
                yield "".join([*rest, text[:end]])
                rest = []
            rest.append(text[end:])
    last = _decoded(decoder, b"", (path, done), f"文件 {name}", chosen)
    if ended := "".join([*rest, last]).removesuffix(CTRL_Z):
        yield ended


def _decoded(
    decoder: codecs.IncrementalDecoder,
    block: bytes,
    behind: tuple[Path, int],
    where: str,
    encoding: str,
) -> str:
    try:
        if encoding == "gb18030":
            refuse_utf8(block)
        return decoder.decode(block, final=not block)
    except UnicodeDecodeError as error:
        line = _lines_before(*behind) + error.object[: error.start].count(b"\n") + 1
        why = f"不是 {encoding} 编码的文字，文件可能混用了两种编码，或没有传完"
        raise unreadable(f"{where} 第 {line} 行", error, why) from None


def _lines_before(path: Path, end: int) -> int:
    """Line ends in the first `end` bytes: counted only where a line must be named."""
    count = 0
    with path.open("rb") as file:
        while end and (block := file.read(min(end, BLOCK_BYTES))):
            count += block.count(b"\n")
            end -= len(block)
    return count


def _lines(text: str) -> Iterator[str]:
    """Each with its end."""
    *whole, last = text.split("\n")
    for line in whole:
        yield line + "\n"
    if last:
        yield last


def _behind_lines(text: str, count: int) -> str:
    parts = text.split("\n", count)
    return parts[count] if len(parts) > count else ""


def _bare(row: list[str]) -> list[str]:
    return [re.sub(WRAPPED, r"\1", cell) if cell.startswith("=") else cell for cell in row]


def _cells_hold_line_ends(text: str) -> bool:
    return '"' in text and any(line.count('"') % 2 for line in text.split("\n"))


def _delimiter(texts: list[str], declared: str) -> str:
    """What was declared, unless no line has it and lines have tabs ("Unicode text")."""
    tabbed = any("\t" in one for one in texts) and not any(declared in one for one in texts)
    return "\t" if tabbed else declared


def _records(top: list[str], delimiter: str) -> tuple[list[list[str]], list[int]]:
    """The first records, and the line that each ends in: a name may go over two lines."""
    lines = _Counted(enumerate((line.rstrip("\r\n").replace("\r", " ") + "\n" for line in top), 1))
    records, ends = [], []
    for record in csv.reader(lines, delimiter=delimiter):
        records.append(_bare(record))
        ends.append(lines.number)
    return records, ends
