"""Which encoding a text file is in: its mark, what was declared, else what its bytes can be.

A file of GB18030 into which lines of UTF-8 were pasted decodes without an error, and into other
people's names: `中文` becomes `涓枃`. Such runs of bytes are looked for and refused.
"""

import codecs
import re
from pathlib import Path

from connectors.tabular import unreadable

BLOCK_BYTES = 1 << 20  # decoding lets no other thread run meanwhile: not the one that stores
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
GB = {"gbk", "gb2312", "gb18030", "cp936", "ansi"}  # the largest of them reads them all
SURELY = 8  # Chinese characters that are good UTF-8: no text in GB18030 has so many by chance


def encoding_of(path: Path, name: str, declared: str | None) -> str:
    """What the mark says, else what was declared, else UTF-8 or UTF-16 if it is that, else GB18030.

    Raises:
        SourceChangedError: it begins as UTF-8 and goes on as something else.
    """
    with path.open("rb") as file:
        start = file.read(4096)
        for mark, encoding in BOMS.items():
            if start.startswith(mark):
                return encoding
        if declared:
            return "gb18030" if declared.lower() in GB else declared
        if wide := _wide(start):
            return wide
        file.seek(0)
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        lines = chinese = 0
        try:
            while block := file.read(BLOCK_BYTES):
                text = decoder.decode(block)
                lines += block.count(b"\n")
                chinese += chinese < SURELY and _chinese(text)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            good = error.object[: error.start]
            if chinese + _chinese(good.decode(errors="replace")) < SURELY:
                return "gb18030"
            where = f"文件 {name} 第 {lines + good.count(bytes([10])) + 1} 行"
            why = "不是 utf-8 编码的文字，文件可能混用了两种编码，或没有传完"
            raise unreadable(where, error, why) from None
    return "utf-8"


def refuse_utf8(block: bytes) -> None:
    """Raise UnicodeDecodeError where a block of GB18030 holds UTF-8 between plain characters.

    Four Chinese characters of UTF-8 are six of GB18030, as are eight twelve, and so on; other
    numbers of them are no GB18030 at all. One by chance in 10^9 cells is refused wrongly.
    """
    classes = block.translate(CLASSES)
    if b"a" + b"bcc" * 4 not in classes:  # with which they all begin
        return
    for count in (4, 6, 8, 10, 12):
        place = classes.find(b"a" + b"bcc" * count + b"a")
        if place >= 0:
            raise UnicodeDecodeError("gb18030", block, place + 1, place + 4, "UTF-8")


CLASSES = bytes(
    ord("a") if byte < 0x80 else ord("b") if 0xE4 <= byte <= 0xE9 else ord("c")
    if byte < 0xC0 else ord("d")
    for byte in range(256)
)  # fmt: skip
"""Plain; the first byte of a Chinese character in UTF-8; its other bytes; the rest."""


def _chinese(text: str) -> int:
    return sum(1 for one in text[:4096] if "\u4e00" <= one <= "\u9fff")


def _wide(start: bytes) -> str | None:
    """UTF-16 without its mark: half of it is zero bytes, and what it says is plain or Chinese."""
    for encoding in ("utf-16-le", "utf-16-be"):
        text = start.decode(encoding, errors="replace")
        if b"\0" in start and text and len(PLAUSIBLE.findall(text)) >= 0.95 * len(text):
            return encoding
    return None


PLAUSIBLE = re.compile(r"[\t\r\n -~\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")
