"""Tables of web pages and of Excel's XML of 2003, which systems export under `.xls`.

Each table is a sheet. Cells are the texts that a person sees, so no digit of a number is lost.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from connectors.excel import sheet_part
from connectors.sheet_header import Merge
from connectors.tabular import Part, Reader
from connectors.text_files import decoded_blocks
from connectors.workbook import Sheet, refuse_missing
from hub.errors import SourceChangedError

LARGEST = 256 << 20
ROWS, CELLS, UNSEEN = {"tr", "row"}, {"td", "th", "cell"}, {"script", "style"}
COLUMNS, MOST = 1_000, 20_000_000  # of a table; and its cells


def read_web(reader: Reader, path: Path, name: str) -> Iterator[Part]:
    """One part for each table that is read. `name` is what people call the file.

    Raises:
        SourceChangedError: cut off, too large, or without a table that is asked for.
    """
    for sheet in web_tables(path, name, reader.encoding, reader.sheets):
        part = sheet_part(reader, f"{name}#{sheet.name}", sheet)
        if part:
            yield part


def web_tables(
    path: Path, name: str, encoding: str | None = None, wanted: Sequence[str] | None = None
) -> list[Sheet]:
    """The tables of a page, all or the wanted ones.

    Raises:
        SourceChangedError: cut off, too large, or a table is not there.
    """
    if path.stat().st_size > LARGEST:
        raise _refused(name, f"超过 {LARGEST >> 20} MB，没有打开")
    page = _Page()
    try:
        for text in decoded_blocks(path, name, encoding, whole_lines=False):
            page.feed(text)
        page.close()
        sheets = [table.sheet() for table in page.tables if table.rows]
    except AssertionError:  # html.parser's word, and ours, for what cannot be made out
        raise _refused(name, "写得不完整，或表格大得不正常") from None
    if page.open:
        raise _refused(name, "表格没有写完，可能没有传完")
    if not page.tables:
        raise _refused(name, "里面没有表格，可能是登录页或出错的提示")
    refuse_missing(name, [one.name for one in sheets], wanted or ())
    return [one for one in sheets if not wanted or one.name in wanted]


def _refused(name: str, why: str) -> SourceChangedError:
    return SourceChangedError(
        f"{name}: a web page that cannot be read",
        zh=f"文件 {name} 其实是网页，{why}：请打开看看，让对方重新导出（最好是 .xlsx）后再提供。",
    )


@dataclass
class _Table:
    name: str
    rows: list[dict[int, str]] = field(default_factory=list)  # column -> text
    merges: list[Merge] = field(default_factory=list)
    down: dict[int, int] = field(default_factory=dict)  # column -> last row that a cell reaches
    text: list[str] | None = None  # of the open cell
    place: int = -1  # its column
    last: int = -1  # and the last of those it is merged over

    def begin_row(self, index: int) -> None:
        """`index` counts from 1; 0 is the next."""
        self.end_cell()
        self.rows += [{} for _ in range(min(index, 1 << 20) - 1 - len(self.rows))]
        self.rows.append({})
        self.place = -1

    def begin_cell(self, index: int, across: int, down: int) -> None:
        """A cell of so many columns and rows, at column `index` from 1, or the next (0)."""
        self.end_cell()
        if not self.rows:
            self.begin_row(0)
        row = len(self.rows) - 1
        self.place = index - 1 if index else self.place + 1
        while self.down.get(self.place, -1) >= row:
            self.place += 1
        if self.place >= COLUMNS:
            raise AssertionError("too wide")
        self.last = last = min(self.place + across, COLUMNS) - 1
        if across > 1 or down > 1:
            self.merges.append(((row, self.place), (row + down - 1, last)))
        if down > 1:
            self.down |= dict.fromkeys(range(self.place, last + 1), row + down - 1)
        self.text = []

    def end_cell(self) -> None:
        if self.text is not None:
            self.rows[-1][self.place] = " ".join("".join(self.text).split())
            self.place, self.text = self.last, None

    def sheet(self) -> Sheet:
        width = max((max(row, default=-1) + 1 for row in self.rows), default=0)
        height = len(self.rows)
        if width * height > MOST:
            raise AssertionError("too large")
        cells = [[row.get(place, "") for place in range(width)] for row in self.rows]
        merges = [
            (first, (min(row, height - 1), min(column, width - 1)))
            for first, (row, column) in self.merges
        ]
        return Sheet(self.name, iter([cells] if width else []), merges)


class _Page(HTMLParser):
    """Tables of a page; one inside another is a table of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: list[_Table] = []
        self.open: list[_Table] = []
        self.title: str | None = None
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        tag = tag.rpartition(":")[2]
        told = {name.rpartition(":")[2]: value or "" for name, value in attrs}
        table = self.open[-1] if self.open else None
        self.unseen += tag in UNSEEN
        if tag == "worksheet":
            self.title = told.get("name")
        elif tag == "table":
            self.open.append(_Table(self.title or f"表{len(self.tables) + 1}"))
            self.tables.append(self.open[-1])
        elif table and tag in ROWS:
            table.begin_row(_count(told, "index"))
        elif table and tag in CELLS:
            across = max(_count(told, "colspan"), _count(told, "mergeacross") + 1)
            down = max(_count(told, "rowspan"), _count(told, "mergedown") + 1)
            table.begin_cell(_count(told, "index"), across, down)
        elif tag in ("br", "p", "div"):
            self.handle_data(" ")

    def handle_endtag(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        self.unseen -= tag in UNSEEN and self.unseen > 0
        if tag == "table" and self.open:
            self.open.pop().end_cell()
        elif self.open and tag in ROWS | CELLS:
            self.open[-1].end_cell()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1].text is not None and not self.unseen:
            self.open[-1].text.append(data)

    def unknown_decl(self, data: str) -> None:
        if data.startswith("CDATA["):
            self.handle_data(data.removeprefix("CDATA["))


def _count(told: dict[str, str], name: str) -> int:
    text = told.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 8 else 0
