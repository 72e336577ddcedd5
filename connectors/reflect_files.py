"""Files looked at: one table for each header, whichever sheets and files carry it."""

from contextlib import closing
from dataclasses import dataclass, replace
from glob import escape
from pathlib import Path
from shutil import copyfile
from typing import Any

import pyarrow as pa

from connectors.excel import SUFFIXES as WORKBOOKS
from connectors.file_kinds import sheet_names
from connectors.file_patterns import is_noise
from connectors.file_places import FilePlace
from connectors.files import FilesConnector
from connectors.json_files import LARGEST
from connectors.reflect import EVERYTHING, SAMPLED, below, probe, sampled
from connectors.reflect_json import items_of
from hub.errors import HubError, NotFoundError
from hub.reflected import ReflectedSource, ReflectedTable
from hub.scratch import scratch

SUFFIXES = (*WORKBOOKS, ".csv", ".txt", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".zip")
MOST_FILES = 50


@dataclass(frozen=True)
class Piece:
    """One sheet or file, and what its header names."""

    file: str
    sheet: str | None
    items: str | None
    columns: tuple[str, ...]


def reflect_files(name: str, path: Path, home: Path) -> ReflectedSource:
    """Look at one file, or at every file of a folder.

    Raises:
        NotFoundError: there is no such file or folder, or nothing in it that can be read.
    """
    folder, found = _files(name, path)
    connection = {"kind": "files", "path": below(home, folder)}
    notes: list[str] = []
    pieces: list[Piece] = []
    for file in found[:MOST_FILES]:
        try:
            pieces += _pieces(name, folder, file, home, notes)
        except HubError as error:
            notes.append(error.zh)
    if len(found) > MOST_FILES:
        notes.append(f"共 {len(found)} 个文件，只看了前 {MOST_FILES} 个。")
    tables = [_table(name, folder, group, home) for group in _grouped(pieces)]
    if path.is_dir():
        tables = [_next_too(table, group, found) for table, group in
                  zip(tables, _grouped(pieces), strict=True)]  # fmt: skip
    for table, group in zip(tables, _grouped(pieces), strict=True):
        lost = [one for one in group[0].columns if one not in {c.name for c in table.columns}]
        if lost:
            notes.append(f"{table.name} 有同名的列，分不清，没有看：{'、'.join(lost)}。")
    return ReflectedSource(connection, tuple(tables), tuple(notes))


def reflect_remote(name: str, connection: dict[str, Any], home: Path) -> ReflectedSource:
    """Look at the files of a folder elsewhere, brought here for the look only.

    Raises:
        HubError: it cannot be reached, or nothing in it can be read.
    """
    place = FilePlace(probe(name, connection), home)
    with scratch() as folder, closing(place):
        there = [one for one in place.names("*") if one.lower().endswith(SUFFIXES)]
        if not there:
            raise NotFoundError(
                f"{name}: no file to look at", zh=f"目录里没有能读的文件（{'、'.join(SUFFIXES)}）。"
            )
        for one in there[:MOST_FILES]:
            copyfile(place.local(one), folder / one)
        found = reflect_files(name, folder, home)
    more = f"共 {len(there)} 个文件，只看了前 {MOST_FILES} 个。"
    notes = (*found.notes, more) if len(there) > MOST_FILES else found.notes
    told = {key: value for key, value in connection.items() if value is not None}
    return replace(found, connection=told, notes=notes)


def _files(name: str, path: Path) -> tuple[Path, list[str]]:
    if path.is_file():
        return path.parent, [path.name]
    inside = sorted(one for one in path.glob("*") if one.suffix.lower() in SUFFIXES)
    names = [one.name for one in inside if not is_noise(one.name)]
    if not names:
        raise NotFoundError(
            f"{name}: no file to look at",
            zh=f"{path} 不存在，或里面没有能读的文件（Excel、CSV、JSON 行、Parquet、zip）。",
        )
    return path, names


def _pieces(name: str, folder: Path, file: str, home: Path, notes: list[str]) -> list[Piece]:
    """What a file holds; of a sheet that cannot be read `notes` say why, and the others count."""
    sheets = sheet_names(folder / file, file)
    if not sheets:
        held = file.lower().endswith(".json") and (folder / file).stat().st_size <= LARGEST
        items = items_of((folder / file).read_bytes()) if held else None
        own = {"files": escape(file)} | ({"items": items} if items else {})
        return [Piece(file, None, items, tuple(_columns(name, folder, own, home)))]
    found = []
    for sheet in sheets:
        place: dict[str, Any] = {"files": escape(file), "sheets": [sheet]}
        try:
            columns = tuple(_columns(name, folder, place, home))
        except HubError as error:
            notes.append(error.zh)
            continue
        if columns:
            found.append(Piece(file, sheet, None, columns))
    return found


def _columns(name: str, folder: Path, place: dict[str, Any], home: Path) -> list[str]:
    with closing(_connector(name, folder, place, home, ["-"])) as connector:
        return [one for one in connector.columns("look") if one]


def _connector(
    name: str, folder: Path, place: dict[str, Any], home: Path, columns: list[str]
) -> FilesConnector:
    stream = {
        **place,
        "increment": "snapshot",
        "entity": "resident",
        "map": {EVERYTHING: [{"from": one} for one in columns]},
    }
    platform = probe(name, {"kind": "files", "path": str(folder.resolve())}, {"look": stream})
    return FilesConnector(platform, home)


def _grouped(pieces: list[Piece]) -> list[list[Piece]]:
    """Pieces with the same header together, in the order of the first of each."""
    groups: dict[tuple[str | None, ...], list[Piece]] = {}
    for one in pieces:
        groups.setdefault((one.items, *one.columns), []).append(one)
    return list(groups.values())


def _table(name: str, folder: Path, group: list[Piece], home: Path) -> ReflectedTable:
    first = group[0]
    place: dict[str, Any] = {"files": _pattern([one.file for one in group])}
    if first.sheet:
        place["sheets"] = list(dict.fromkeys(one.sheet for one in group))
    if first.items:
        place["items"] = first.items
    rows = _rows(name, folder, first, home)
    title = " ".join(filter(None, (Path(first.file).stem, first.sheet)))
    columns = sampled(rows, [one for one in first.columns if one in rows.column_names])
    return ReflectedTable(title, columns, place, rows=None)


def _next_too(table: ReflectedTable, group: list[Piece], files: list[str]) -> ReflectedTable:
    """Where all files of an ending carry one header, the next one of that ending will too."""
    own = {one.file for one in group}
    endings = {Path(one).suffix for one in own}
    alike = {one for one in files if Path(one).suffix in endings}
    if len(endings) > 1 or alike != own:
        return table
    return replace(table, place={**table.place, "files": f"*{endings.pop()}"})


def _pattern(files: list[str]) -> str:
    """One file's name, or what the names of several have in common."""
    different = list(dict.fromkeys(files))
    if len(different) == 1:
        return escape(different[0])
    start, end = Path(different[0]).stem, Path(different[0]).suffix
    for one in different[1:]:
        while not one.startswith(start):
            start = start[:-1]
    start = escape(start)
    return f"{start}*{end}" if all(one.endswith(end) for one in different) else f"{start}*"


def _rows(name: str, folder: Path, piece: Piece, home: Path) -> pa.Table:
    """The first rows; a column that cannot be read, such as one named twice, is left out."""
    place: dict[str, Any] = {"files": escape(piece.file)}
    if piece.sheet:
        place["sheets"] = [piece.sheet]
    if piece.items:
        place["items"] = piece.items
    columns = list(piece.columns)
    try:
        return _first(name, folder, place, home, columns)
    except HubError:
        readable = []
        for one in columns:
            try:
                _first(name, folder, place, home, [one])
            except HubError:
                continue
            readable.append(one)
        return _first(name, folder, place, home, readable)


def _first(
    name: str, folder: Path, place: dict[str, Any], home: Path, columns: list[str]
) -> pa.Table:
    with closing(_connector(name, folder, place, home, columns)) as connector:
        chunks = connector.pull("look", None, resume=False, chunk_rows=SAMPLED)
        return next(iter(chunks)).rows
