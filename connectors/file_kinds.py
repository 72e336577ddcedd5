"""Which reader reads a file: as declared, else by its ending, and never against its first bytes."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath

from connectors import parquet_files
from connectors.excel import SUFFIXES as EXCEL_SUFFIXES
from connectors.excel import read_excel
from connectors.json_files import LINE_SUFFIXES, LIST_SUFFIXES, read_json, read_jsonl
from connectors.parquet_files import read_parquet
from connectors.tabular import Part, Reader
from connectors.text_files import CSV_SUFFIXES, read_csv
from connectors.zip_files import members, refuse_bomb
from hub.errors import SourceChangedError

READERS = {
    "xlsx": read_excel,
    "csv": read_csv,
    "jsonl": read_jsonl,
    "json": read_json,
    "parquet": read_parquet,
}
ENDINGS = {
    **dict.fromkeys(EXCEL_SUFFIXES, "xlsx"),
    **dict.fromkeys(CSV_SUFFIXES, "csv"),
    **dict.fromkeys(LINE_SUFFIXES, "jsonl"),
    **dict.fromkeys(LIST_SUFFIXES, "json"),
    **dict.fromkeys(parquet_files.SUFFIXES, "parquet"),
}
ZIP, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
ZIP_SUFFIX = ".zip"


def read_file(reader: Reader, path: Path, name: str, declared: str | None) -> Iterator[Part]:
    """Yield the parts of one file, or of each file in a zip.

    Raises:
        SourceChangedError: damaged, not what its ending says, or a zip without a file for us.
    """
    if PurePosixPath(name).suffix.lower() == ZIP_SUFFIX:
        yield from _zipped(reader, path, name, declared)
        return
    kind = kind_of(name, declared)
    if kind == "xlsx":
        kind = _workbook(path, name)
    yield from READERS[kind](reader, path, name)


def kind_of(name: str, declared: str | None) -> str:
    """The kind of file; text with separators if its ending says nothing."""
    return declared or ENDINGS.get(PurePosixPath(name).suffix.lower(), "csv")


def is_workbook(name: str) -> bool:
    """Whether a file has sheets, of which some may be of no interest."""
    return PurePosixPath(name).suffix.lower() in EXCEL_SUFFIXES


def _workbook(path: Path, name: str) -> str:
    """Systems export web pages and plain text under `.xls`; the first bytes tell."""
    with path.open("rb") as file:
        start = file.read(512)
    if start.startswith(ZIP):
        refuse_bomb(path, name)
        return "xlsx"
    if start.startswith(OLD_OFFICE):
        return "xlsx"
    if start.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<":
        raise SourceChangedError(
            f"{name}: a web page, not a workbook",
            zh=f"文件 {name} 其实是网页，只是后缀写成了 Excel：请用 Excel 或 WPS 打开它，"
            "另存为 .xlsx 后重新提供。",
        )
    return "xlsx" if b"\0" in start or not start else "csv"


def _zipped(reader: Reader, path: Path, name: str, declared: str | None) -> Iterator[Part]:
    found = False
    inner = replace(reader, members=None)
    for inside, unpacked in members(path, name, reader.members):
        ending = PurePosixPath(inside).suffix.lower()
        if ending == ZIP_SUFFIX:
            raise SourceChangedError(
                f"{name}: a zip inside a zip",
                zh=f"压缩包 {name} 里还有压缩包 {inside}，没有打开：请让对方只压缩一层后重新提供。",
            )
        if ending in ENDINGS:
            found = True
            yield from read_file(inner, unpacked, f"{name}/{inside}", declared)
    if not found:
        raise SourceChangedError(
            f"{name}: nothing to read inside",
            zh=f"压缩包 {name} 里没有能读的文件（{'、'.join(sorted(ENDINGS))}）：请核对文件"
            "和平台文件里的 members。",
        )
