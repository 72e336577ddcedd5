"""Files that people or vendors leave for us: Excel, CSV, JSON, Parquet, zips of them.

Grain    one row per record of every sheet or file that matches `files`; `_origin` says where
Refresh  nothing is read while no file has changed. Else all of them are, and the pull is complete;
         with `increment: new_files` only new and changed ones are, and nothing counts as gone
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import pyarrow as pa

from connectors.chunk import ORIGIN, Chunk, Cursor, Finding, empty_table, regrouped
from connectors.file_kinds import read_file
from connectors.file_places import FilePlace, Marks, by_age, changed, hashes, older
from connectors.sheet_rows import skipped_note
from connectors.tabular import Part, Reader
from connectors.templates import Template, TemplateWatch
from hub.errors import ConfigError, HubError
from hub.platform import Platform

OLDER = (
    "文件 {} 换过了，修改时间却比上次读到的早，可能换成了旧的版本：已照它读，"
    "请核对，不对就放回新的再同步。"
)


class FilesConnector:
    """The files of one platform."""

    def __init__(self, platform: Platform, home: Path) -> None:
        self.platform = platform
        self.place = FilePlace(platform, home)
        self._header: tuple[str, ...] = ()  # of the last pull

    def check(self) -> list[Finding]:
        """Whether each stream's files are there and their headers fit."""
        return [self._finding(name) for name in self.platform.streams]

    def columns(self, stream: str) -> list[str]:
        """Every column that the stream's files have, in the order of the first."""
        seen: dict[str, None] = {}
        reader = replace(self._reader(stream), wanted=())
        for name in self.place.names(self._pattern(stream)):
            settings = self.platform.streams[stream]
            for part in read_file(reader, self.place.local(name), name, settings.format):
                seen |= dict.fromkeys(name for name in part.names if name)
        return list(seen)

    def pull(
        self,
        stream: str,
        cursor: Cursor | None,
        *,
        resume: bool,  # noqa: ARG002 (of a cut pull nothing was committed)
        chunk_rows: int = 100_000,
    ) -> Iterator[Chunk]:
        """Yield every row of every matching file, or of the new ones, if any file has changed.

        No chunk but the last is sure: only behind the last row is it known that nothing is damaged.

        Raises:
            SourceDownError: no file matches, or one is being written.
            SourceChangedError: a file is damaged or shifted, or a column that is read is gone.
        """
        kept: Cursor = cursor or {}
        self._header = tuple(kept.get("header", ()))
        before: Marks = kept.get("files", {})
        marks = self.place.marks(self._pattern(stream), before)
        columns = [*self._reader(stream).wanted, ORIGIN]
        whole = not self.platform.streams[stream].increment.new_files
        read = marks if whole else {name: marks[name] for name in changed(marks, before)}
        if hashes(marks) == hashes(before) or not read:  # a file that is gone is no news
            seen = marks if whole else before | marks
            yield Chunk(empty_table(columns), {**kept, "files": seen}, last=True)
            return
        report = self._report(stream, kept)
        report.lines += [OLDER.format(name) for name in older(marks, before)]
        waiting = empty_table(columns)
        groups = [read] if whole else [{name: read[name]} for name in by_age(read)]
        tables = (regrouped(self._tables(stream, one, report), chunk_rows) for one in groups)
        for table in chain.from_iterable(tables):  # no two new files in one: the later one counts
            if waiting.num_rows:
                yield Chunk(waiting, kept, sure=False)
            waiting = table
        yield Chunk(
            rows=waiting,
            cursor={"files": marks if whole else before | marks, **report.cursor()},
            last=True,
            complete=whole,
            dropped=dict(report.dropped),
            notes=report.notes(kept.get("header")),
            header=tuple(report.header),
        )

    def close(self) -> None:
        """Let go of what was fetched."""
        self.place.close()

    def _finding(self, stream: str) -> Finding:
        """Read everything once: only then is it known that nothing is damaged."""
        try:
            marks = self.place.marks(self._pattern(stream), {})
            tables = self._tables(stream, marks, self._report(stream, {}))
            rows = sum(one.num_rows for one in tables)
        except HubError as error:
            return Finding(ok=False, what=f"{stream}：文件读不了", advice=error.zh)
        return Finding(ok=True, what=f"{stream}：{len(marks)} 个文件，{rows} 行，列都在")

    def _tables(self, stream: str, marks: Marks, report: "FileReport") -> Iterator[pa.Table]:
        """The rows of every file, file by file in the order of their names."""
        for name, mark in marks.items():
            for part in self._fitting(stream, name, report):
                report.add(part)
                yield part.rows.select([*self._reader(stream).wanted, ORIGIN])
            self.place.refuse_changed(name, mark)

    def _fitting(self, stream: str, name: str, report: "FileReport") -> Iterator[Part]:
        """The parts of a file that have the columns; sheets of a workbook may be without.

        Raises:
            SourceChangedError: no part has them.
        """
        reader = self._reader(stream)
        declared = self.platform.streams[stream].format
        empty: Part | None = None
        fits = False
        for part in read_file(reader, self.place.local(name), name, declared):
            if set(reader.wanted) <= {*part.rows.column_names}:
                fits = True
                yield part
            elif reader.sheets or not part.sheet:
                raise reader.missing(f"文件 {part.where}", reader.wanted, part.names)
            else:
                report.lines.append(f"{part.where}：没有需要的列，略过了这张工作表。")
                empty = part
        if not fits:
            raise reader.missing(f"文件 {name}", reader.wanted, empty.names if empty else ())

    def _report(self, stream: str, kept: Cursor) -> "FileReport":
        settings = self.platform.streams[stream]
        title = f"{self.platform.title}」{stream}".replace("」", " ")
        wanted = self._reader(stream).wanted
        return FileReport(
            TemplateWatch(title, wanted, Template.of(kept), strict=settings.same_template)
        )

    def _reader(self, stream: str) -> Reader:
        settings = self.platform.streams[stream]
        return Reader(
            title=self.platform.title,
            stream=stream,
            wanted=tuple(c for c in settings.columns if c not in settings.drop_columns),
            drop=settings.drop_columns,
            sheets=settings.sheets,
            encoding=settings.encoding,
            delimiter=settings.delimiter,
            items=settings.items,
            members=settings.members,
            before=self._header,
        )

    def _pattern(self, stream: str) -> str:
        pattern = self.platform.streams[stream].files
        if not pattern:
            raise ConfigError(
                f"{self.platform.platform}.{stream}: no files",
                zh=f"平台「{self.platform.title}」的 {stream} 没有写 files：请写明要读哪些文件。",
            )
        return pattern


class FileReport:
    """What a pull of files has to tell besides its rows."""

    def __init__(self, watch: TemplateWatch) -> None:
        self.watch = watch
        self.damaged: dict[tuple[str, str], int] = {}
        self.header: dict[str, None] = {}
        self.dropped: Counter[str] = Counter()
        self.skipped: dict[str, Counter[str]] = {}
        self.lines: list[str] = []

    def add(self, part: Part) -> None:
        """Count what a part left out, and remember its columns.

        Raises:
            SourceChangedError: the template is not the one of the last pull.
        """
        self.watch.look(part)
        self.header |= dict.fromkeys(name for name in part.names if name)
        self.dropped.update(part.dropped)
        self.skipped.setdefault(part.where, Counter()).update(part.skipped)
        self.lines += part.notes
        self.damaged |= {(part.where, name): count for name, count in part.damaged.items()}

    def cursor(self) -> Cursor:
        """What the next pull compares with."""
        return {"header": list(self.header), "template": self.watch.remembered()}

    def notes(self, before: list[str] | None) -> tuple[str, ...]:
        """Sentences for the officer; `before` is the header of the last pull."""
        told = [skipped_note(where, counts) for where, counts in self.skipped.items()]
        notes = [*self.lines, *(one for one in told if one)]
        notes += [
            f"{where}：列「{name}」有 {count} 格是数字格式，超过 15 位的末几位已经丢失，"
            "请对方把这一列改为文本格式后重新填写。"
            for (where, name), count in self.damaged.items()
        ]
        if before:
            more = [name for name in self.header if name not in before]
            less = [name for name in before if name not in self.header]
            notes += [f"文件多了列：{'、'.join(more)}（没有读取）。"] if more else []
            notes += [f"文件少了没有用到的列：{'、'.join(less)}。"] if less else []
        return tuple(notes)
