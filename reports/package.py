"""An .xlsx as the zip of parts it is: a part is replaced, all others stay byte for byte.

What a department drew (styles, print set-up, pictures, drop-downs, its own sheets) is thereby kept
whatever it is. Written with fixed times: the same parts give the same bytes.
"""

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from posixpath import normpath
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile, ZipInfo

from hub.errors import ConfigError

RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
EARLIEST = (1980, 1, 1, 0, 0, 0)
PREFIX = re.compile(rb'xmlns:(\w+)="http://schemas\.openxmlformats\.org/spreadsheetml/2006/main"')
CHAIN, WORKBOOK = "xl/calcChain.xml", "xl/workbook.xml"
BELONGING = re.compile(r"/(?:drawing|vmlDrawing|comments|threadedComment|table)$")
LARGEST = 200_000_000
"""Bytes of a part once unpacked: a form is never so large, a zip bomb is."""


@dataclass
class Package:
    """The parts of a workbook, and the part of each sheet by its name."""

    parts: dict[str, bytes] = field(repr=False)
    sheets: dict[str, str]

    def text(self, part: str) -> str:
        """A part as text."""
        return self.parts[part].decode("utf-8-sig")


def open_package(content: bytes) -> Package:
    """Unpack a workbook.

    Raises:
        ConfigError: it is no workbook, or one that cannot be written into as it is.
    """
    try:
        with ZipFile(io.BytesIO(content)) as file:
            if any(one.file_size > LARGEST for one in file.infolist()):
                raise _unusable("a part is too large")
            parts = {one.filename: _plain(one.filename, file.read(one)) for one in file.infolist()}
        sheets = dict(_sheets(parts))
    except (BadZipFile, KeyError, ET.ParseError, UnicodeDecodeError) as error:
        raise _unusable(type(error).__name__) from None
    kind = parts.get("[Content_Types].xml", b"")
    if b"macroEnabled" in kind or b"template.main+xml" in kind:
        raise ConfigError(
            "the workbook has macros or is a template",
            zh="这个文件带宏（.xlsm）或是模板（.xltx），只是改了名：请用 WPS 或 Excel 另存为"
            "“Excel 工作簿（.xlsx）”，再登记一次。",
        )
    if not sheets or any(b"<sheetData" not in parts.get(part, b"") for part in sheets.values()):
        raise _unusable("no sheet in it can be read")
    return Package(parts, sheets)


def _plain(name: str, content: bytes) -> bytes:
    """A part whose elements all have a prefix, as some programs write them, without it."""
    root = re.search(rb"<\w[^>]*>", content) if name.endswith(".xml") else None
    found = PREFIX.search(root[0]) if root else None
    if found is None or root is None or b'xmlns="' in root[0]:
        return content
    prefix = found[1]
    content = content.replace(found[0], found[0].replace(b":" + prefix, b"", 1), 1)
    return re.sub(rb"<(/?)" + prefix + b":", rb"<\1", content)


def _unusable(why: str) -> ConfigError:
    return ConfigError(
        f"the workbook cannot be used: {why}",
        zh="这个 Excel 文件打不开或已损坏：请用 WPS 或 Excel 另存为 .xlsx，再登记一次。",
    )


def _sheets(parts: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    relations = {
        one.attrib["Id"]: one.attrib["Target"]
        for one in ET.fromstring(parts["xl/_rels/workbook.xml.rels"])  # noqa: S314 (no entities: expat refuses none, and a part is bounded)
    }
    for one in ET.fromstring(parts["xl/workbook.xml"]).iter(f"{MAIN}sheet"):  # noqa: S314 (as above)
        target = relations[one.attrib[RELATED]]
        part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
        if "worksheets/" in part:
            yield one.attrib["name"], part


def belonging(package: Package, part: str) -> Iterator[str]:
    """The parts of a sheet's pictures, remarks and tables, whose places are rows of the sheet."""
    folder, _, name = part.rpartition("/")
    relations = package.parts.get(f"{folder}/_rels/{name}.rels", b"<Relationships/>")
    for one in ET.fromstring(relations):  # noqa: S314 (as above)
        target = one.attrib.get("Target", "")
        path = target.lstrip("/") if target.startswith("/") else normpath(f"{folder}/{target}")
        if BELONGING.search(one.attrib.get("Type", "")) and path in package.parts:
            yield path


def calculated_anew(package: Package) -> None:
    """Have all formulas worked out when the workbook is opened: what they are about has changed."""
    text = re.sub(r'\sfullCalcOnLoad="[^"]*"', "", package.text(WORKBOOK))
    if "<calcPr" in text:
        text = text.replace("<calcPr", '<calcPr fullCalcOnLoad="1"', 1)
    else:
        before = re.compile(r"(?s)(.*</(?:definedNames|externalReferences|sheets)>)")
        text = before.sub(r'\1<calcPr fullCalcOnLoad="1"/>', text, count=1)
    package.parts[WORKBOOK] = text.encode()


def without_chain(package: Package) -> None:
    """Drop the order of calculation: rows moved, and Excel makes it anew."""
    if package.parts.pop(CHAIN, None) is None:
        return
    for part, pattern in (
        ("[Content_Types].xml", r'<Override[^>]*calcChain\.xml"[^>]*/>'),
        ("xl/_rels/workbook.xml.rels", r'<Relationship\b[^>]*calcChain\.xml"[^>]*/>'),
    ):
        package.parts[part] = re.sub(pattern, "", package.text(part)).encode()


def write_package(
    package: Package, streamed: dict[str, Iterable[bytes]], target: io.BufferedIOBase
) -> None:
    """Write all parts in their order; those in `streamed` from their chunks."""
    with ZipFile(target, "w") as file:
        for name, content in package.parts.items():
            info = ZipInfo(name, EARLIEST)
            info.compress_type, info.external_attr = ZIP_DEFLATED, 0o600 << 16
            with file.open(info, "w", force_zip64=False) as part:
                for chunk in streamed.get(name, (content,)):
                    part.write(chunk)
