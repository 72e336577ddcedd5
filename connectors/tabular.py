"""What the readers of files share: what is asked of them, and what they give."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from connectors.chunk import ORIGIN, text_table
from hub.errors import SourceChangedError

RECORD = re.compile(r"\d(?:[ -]?[\dxX*]){10,}|^[\[{<]|^(?:男|女|汉族?)性?$")
"""In a cell that is no column's name."""


@dataclass(frozen=True)
class Reader:
    """What to read of a file."""

    title: str  # of the platform, for messages
    stream: str
    wanted: tuple[str, ...]
    drop: tuple[str, ...] = ()
    sheets: tuple[str, ...] | None = None
    encoding: str | None = None
    delimiter: str = ","
    items: str | None = None  # where the list of a JSON document is
    members: str | None = None  # which files of a zip
    before: tuple[str, ...] = ()  # the columns of the last pull

    def places(self, where: str, names: Sequence[str]) -> dict[str, int]:
        """Where each wanted column stands; none at all is an empty answer.

        Raises:
            SourceChangedError: some are there and some are not, or one is there twice.
        """
        twice = [name for name in self.wanted if names.count(name) > 1]
        if twice:
            raise SourceChangedError(
                f"{where}: column twice: {', '.join(twice)}",
                zh=f"{where} 里有同名的列：{'、'.join(twice)}，分不清该读哪一列。"
                "请让对方改成不同的列名后重新提供。",
            )
        found = {name: names.index(name) for name in self.wanted if name in names}
        missing = [name for name in self.wanted if name not in found]
        if found and missing:
            raise self.missing(where, missing, names)
        return found

    def missing(
        self, where: str, missing: Sequence[str], names: Sequence[str]
    ) -> SourceChangedError:
        """What a person must hear when columns that the mapping reads are not there."""
        there = "、".join(name[:30] for name in names[:60] if name) or "没有表头，文件可能是空的"
        new = [name[:30] for name in names if name and name not in self.before]
        if self.before and new and len(new) <= len(missing):
            there += f"；上次没有{'、'.join(new)}，可能是改了名"
        if any(map(RECORD.search, names)):  # a list without a header: whom it names is not said
            there = "第一行像是一条记录，不是表头"
        todo = "列可能被改名或删除：请与提供文件的人确认，改回列名或修改平台文件里的映射。"
        if mark := joined_by(names, self.wanted):
            todo = f'列之间隔的像是“{mark}”：请在平台文件里写 delimiter: "{mark}"。'
        return SourceChangedError(
            f"{self.stream}: {where} has no column {', '.join(missing)}",
            zh=f"「{self.title}」{self.stream}：{where} 里没有列：{'、'.join(missing)}"
            f"（现有：{there}）。{todo}",
        )


def joined_by(names: Sequence[str], wanted: Sequence[str]) -> str | None:
    """The sign between the wanted columns, where all of them stand in one cell."""
    (whole, *more) = [name for name in names if name] or [""]
    places = sorted((whole.find(name), name) for name in wanted)
    if more or len(places) < 2 or places[0][0] < 0:
        return None
    first, name = places[0]
    return whole[first + len(name) :][:1] or None


@dataclass(frozen=True)
class Part:
    """Some rows of one sheet or file: the wanted columns and `_origin`."""

    where: str
    names: tuple[str, ...]  # every column of the header
    rows: pa.Table
    skipped: dict[str, int] = field(default_factory=dict)  # why -> rows that are no records
    dropped: dict[str, int] = field(default_factory=dict)  # column -> values not kept
    placed: bool = False  # columns are known by their place, below a header
    damaged: dict[str, int] = field(default_factory=dict)  # column -> numbers cut by Excel
    notes: tuple[str, ...] = ()  # sentences for the officer
    sheet: bool = False  # one of several, some of which may be of no interest


Cells = Sequence[Sequence[str | None]]


def part_of(reader: Reader, where: str, names: Sequence[str], rows: Cells) -> pa.Table:
    """The wanted columns of `rows`, whose last cell is the origin."""
    places = reader.places(where, names)
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(names) + 1)
    kept = [columns[place] for place in places.values()]
    return text_table([*places, ORIGIN], [*kept, columns[-1]])


def dropped(reader: Reader, names: Sequence[str], rows: Cells) -> dict[str, int]:
    """How many values the columns held that are not to be kept."""
    return {
        name: sum(1 for row in rows if row[names.index(name)])
        for name in reader.drop
        if name in names
    }


def unreadable(where: str, error: Exception, why: str) -> SourceChangedError:
    """A file that cannot be read. The reader's own text may quote a row, so it stays out."""
    return SourceChangedError(
        f"{where}: unreadable ({type(error).__name__})",
        zh=f"{where} 读不了：{why}。请让对方重新导出并提供这个文件。",
    )
