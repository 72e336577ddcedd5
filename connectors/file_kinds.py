"""Which reader reads a file: as declared, else by its ending, and never against its first bytes."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
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
from connectors.web_tables import read_web, web_tables
from connectors.workbook import read_sheets
from connectors.zip_files import members, refuse_bomb
from hub.errors import SourceChangedError

READERS = {
    "xlsx": read_excel,
    "csv": read_csv,
    "jsonl": read_jsonl,
    "json": read_json,
    "parquet": read_parquet,
    "web": read_web,
}
ENDINGS = {
    **dict.fromkeys(EXCEL_SUFFIXES, "xlsx"),
    **dict.fromkeys(CSV_SUFFIXES, "csv"),
    **dict.fromkeys(LINE_SUFFIXES, "jsonl"),
    **dict.fromkeys(LIST_SUFFIXES, "json"),
    **dict.fromkeys(parquet_files.SUFFIXES, "parquet"),
}
FOREIGN = {
    b"Rar!": " RAR 压缩包",
    b"7z\xbc\xaf": " 7z 压缩包",
    b"\x1f\x8b": " gzip 压缩包",
    b"%PDF": " PDF",
    b"MIME-Version": "网页存档（.mht）",
}
PAGE = re.compile(
    r"[\ufeff\s]*<(?:!--|(?:!doctype|\?xml|html|head|meta|body|style|table|div|center)\b)",
    re.IGNORECASE,
)
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
    if kind in ("xlsx", "csv"):
        kind = _really(path, name, kind)
    yield from READERS[kind](reader, path, name)


def kind_of(name: str, declared: str | None) -> str:
    """The kind of file; text with separators if its ending says nothing."""
    return declared or ENDINGS.get(PurePosixPath(name).suffix.lower(), "csv")


def sheet_names(path: Path, name: str) -> list[str]:
    """The sheets of a workbook, or what stands for them; none in a file of another kind.

    Raises:
        SourceChangedError: damaged, or a file that nobody here reads.
    """
    kind = kind_of(name, None)
    kind = _really(path, name, kind) if kind in ("xlsx", "csv") else kind
    if kind == "web":
        return [one.name for one in web_tables(path, name)]
    return [one.name for one in read_sheets(path, name, None)] if kind == "xlsx" else []


def _really(path: Path, name: str, kind: str) -> str:
    """Systems export web pages and plain text under `.xls`; the first bytes tell."""
    start = _start(path, name)
    if start.startswith(ZIP):
        refuse_bomb(path, name)
        return "xlsx"
    if start.startswith(OLD_OFFICE):
        return "xlsx"
    wide = start.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    if PAGE.match(start.decode("utf-16" if wide else "utf-8", errors="ignore")):
        return "web"
    return "xlsx" if kind == "xlsx" and not wide and (b"\0" in start or not start) else "csv"


def _start(path: Path, name: str) -> bytes:
    with path.open("rb") as file:
        start = file.read(1024)
    for mark, what in FOREIGN.items():
        if start.startswith(mark):
            raise SourceChangedError(
                f"{name}: begins as{what}",
                zh=f"文件 {name} 其实是{what}，读不了：请让对方导出为 .xlsx、.csv，或压缩为 .zip "
                "后重新提供。",
            )
    return start


def _zipped(reader: Reader, path: Path, name: str, declared: str | None) -> Iterator[Part]:
    _start(path, name)
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
