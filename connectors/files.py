"""Files that people or vendors put into a folder: Excel, CSV, JSON lines.

Grain    one row per record of every sheet or file that matches `files`; `_origin` says where
Refresh  nothing is read while no file has changed; else all of them are, and the pull is complete
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path

import pyarrow as pa

from connectors.chunk import ORIGIN, Chunk, Cursor, Finding, empty_table, regrouped
from connectors.excel import SUFFIXES, read_excel
from connectors.json_files import LINE_SUFFIXES, read_jsonl
from connectors.sheet_rows import skipped_note
from connectors.tabular import Part, Reader
from connectors.text_files import read_csv
from hub.errors import ConfigError, HubError, SourceDownError
from hub.platform import FilesConnection, Platform

Marks = dict[str, list[int | str]]
"""File name -> size, modification time in ns, SHA-256."""


class FilesConnector:
    """The files of one platform."""

    def __init__(self, platform: Platform, home: Path) -> None:
        settings = platform.connection
        assert isinstance(settings, FilesConnection)  # noqa: S101 - the caller chose by it
        self.platform = platform
        self.folder = home / settings.path

    def check(self) -> list[Finding]:
        """Whether each stream's files are there and their headers fit."""
        return [self._finding(name) for name in self.platform.streams]

    def columns(self, stream: str) -> list[str]:
        """Every column that the stream's files have, in the order of the first."""
        seen: dict[str, None] = {}
        reader = replace(self._reader(stream), wanted=())
        for path in self._paths(stream):
            for part in _read(reader, path, path.name, self.platform.streams[stream].format):
                seen |= dict.fromkeys(name for name in part.names if name)
        return list(seen)

    def pull(
        self, stream: str, cursor: Cursor | None, *, resume: bool, chunk_rows: int = 100_000
    ) -> Iterator[Chunk]:
        """Yield every row of every matching file, if any file has changed.

        Raises:
            SourceDownError: no file matches, or one is being written.
            SourceChangedError: a file is damaged, or a column that the mapping reads is gone.
        """
        kept: Cursor = cursor or {}
        marks = self._marks(stream, kept.get("files", {}) | kept.get("reading", {}))
        columns = [*self._reader(stream).wanted, ORIGIN]
        unchanged = _hashes(marks) == _hashes(kept.get("files", {}))
        if unchanged and "reading" not in kept:
            end = {**kept, "files": marks}
            yield Chunk(empty_table(columns), end, last=True)
            return
        same = resume and _hashes(marks) == _hashes(kept.get("reading", {}))
        taken = kept.get("taken", 0) if same else 0
        report = FileReport()
        tables = _behind(self._tables(stream, marks, report), taken)
        waiting: Chunk | None = None
        for table in regrouped(tables, chunk_rows):
            if waiting:
                yield waiting
            taken += table.num_rows
            waiting = Chunk(table, kept | {"reading": marks, "taken": taken})
        yield Chunk(
            rows=waiting.rows if waiting else empty_table(columns),
            cursor={"files": marks, "header": list(report.header)},
            last=True,
            complete=True,
            dropped=dict(report.dropped),
            notes=report.notes(kept.get("header")),
        )

    def close(self) -> None:
        """Nothing stays open."""

    def _finding(self, stream: str) -> Finding:
        """Read everything once: only then is it known that nothing is damaged."""
        try:
            marks = self._marks(stream, {})
            rows = sum(one.num_rows for one in self._tables(stream, marks, FileReport()))
        except HubError as error:
            return Finding(ok=False, what=f"{stream}：文件读不了", advice=error.zh)
        return Finding(ok=True, what=f"{stream}：{len(marks)} 个文件，{rows} 行，列都在")

    def _tables(self, stream: str, marks: Marks, report: "FileReport") -> Iterator[pa.Table]:
        """The rows of every file, file by file in the order of their names."""
        reader = self._reader(stream)
        for name, mark in marks.items():
            path = self.folder / name
            empty: Part | None = None
            fits = False
            for part in _read(reader, path, name, self.platform.streams[stream].format):
                if set(reader.wanted) <= {*part.rows.column_names}:
                    fits = True
                    report.add(part)
                    yield part.rows.select([*reader.wanted, ORIGIN])
                elif reader.sheets or not name.lower().endswith(SUFFIXES):
                    raise reader.missing(f"文件 {part.where}", reader.wanted, part.names)
                else:
                    report.lines.append(f"{part.where}：没有需要的列，略过了这张工作表。")
                    empty = part
            if not fits:
                names = empty.names if empty else ()
                raise reader.missing(f"文件 {name}", reader.wanted, names)
            if _size_and_time(path) != mark[:2]:
                raise self._down(f"{name} changed while it was read", f"文件 {name} 正在被改写")

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
        )

    def _paths(self, stream: str) -> list[Path]:
        """Matching files by name, without the ones that Office keeps beside an open file."""
        pattern = self.platform.streams[stream].files
        if not pattern:
            raise ConfigError(
                f"{self.platform.platform}.{stream}: no files",
                zh=f"平台「{self.platform.title}」的 {stream} 没有写 files：请写明要读哪些文件。",
            )
        found = [one for one in sorted(self.folder.glob(pattern)) if one.is_file()]
        found = [one for one in found if not one.name.startswith(("~$", "."))]
        if not found:
            raise self._down(f"no file matches {pattern}", f"没有找到文件 {pattern}")
        return found

    def _marks(self, stream: str, known: Marks) -> Marks:
        """Size, time and hash of every file; a file as old and as long as before is not hashed."""
        marks: Marks = {}
        for path in self._paths(stream):
            name = path.relative_to(self.folder).as_posix()
            try:
                seen = _size_and_time(path)
                if name in known and known[name][:2] == seen:
                    marks[name] = known[name]
                else:
                    with path.open("rb") as file:
                        marks[name] = [*seen, file_digest(file, "sha256").hexdigest()]
            except OSError:
                raise self._down(f"{name} cannot be opened", f"文件 {name} 打不开") from None
        return marks

    def _down(self, english: str, chinese: str) -> SourceDownError:
        return SourceDownError(
            f"{self.platform.platform}: {english}",
            zh=f"「{self.platform.title}」{chinese}：请确认文件已放进目录 {self.folder.name}、"
            "没有被别的程序占用，然后再运行一次。",
        )


class FileReport:
    """What a pull of files has to tell besides its rows."""

    def __init__(self) -> None:
        self.header: dict[str, None] = {}
        self.dropped: Counter[str] = Counter()
        self.skipped: dict[str, Counter[str]] = {}
        self.lines: list[str] = []

    def add(self, part: Part) -> None:
        """Count what a part left out, and remember its columns."""
        self.header |= dict.fromkeys(name for name in part.names if name)
        self.dropped.update(part.dropped)
        self.skipped.setdefault(part.where, Counter()).update(part.skipped)

    def notes(self, before: list[str] | None) -> tuple[str, ...]:
        """Sentences for the officer; `before` is the header of the last pull."""
        told = [skipped_note(where, counts) for where, counts in self.skipped.items()]
        notes = [*self.lines, *(one for one in told if one)]
        if before:
            more = [name for name in self.header if name not in before]
            less = [name for name in before if name not in self.header]
            notes += [f"文件多了列：{'、'.join(more)}（没有读取）。"] if more else []
            notes += [f"文件少了没有用到的列：{'、'.join(less)}。"] if less else []
        return tuple(notes)


def _read(reader: Reader, path: Path, name: str, kind: str | None) -> Iterator[Part]:
    """Read by the declared format, else by the file's ending."""
    ending = path.suffix.lower()
    if kind == "xlsx" or (kind is None and ending in SUFFIXES):
        return read_excel(reader, path, name)
    if kind == "jsonl" or (kind is None and ending in LINE_SUFFIXES):
        return read_jsonl(reader, path, name)
    return read_csv(reader, path, name)


def _behind(tables: Iterator[pa.Table], taken: int) -> Iterator[pa.Table]:
    """The same rows without the first `taken`."""
    for table in tables:
        yield table.slice(taken)
        taken = max(taken - table.num_rows, 0)


def _hashes(marks: Marks) -> dict[str, int | str]:
    return {name: mark[2] for name, mark in marks.items()}


def _size_and_time(path: Path) -> list[int | str]:
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]
