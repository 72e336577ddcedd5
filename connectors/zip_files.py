"""Files inside a zip, one at a time, in a folder that only this account can open.

A zip of a few kilobytes can unpack to terabytes, so nothing is unpacked before its sizes are
judged; nothing is ever written under a name from inside the zip.
"""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from shutil import copyfileobj

from connectors.file_patterns import is_noise
from connectors.tabular import unreadable
from hub.errors import SourceChangedError
from hub.scratch import scratch

LARGEST = 4 << 30  # bytes that a zip may hold, unpacked
RATIO = 200  # times that its files may be larger unpacked; text is 5 to 50
SMALL = 16 << 20  # bytes unpacked below which the ratio is of no interest
UTF8_NAME, ENCRYPTED = 0x800, 0x1
DAMAGED = "压缩包损坏，可能没有传完"


def refuse_bomb(path: Path, name: str) -> None:
    """Before anything inside is opened; also for workbooks, which are zips.

    Raises:
        SourceChangedError: no zip, or one that unpacks to more than a platform's files ever are.
    """
    with _opened(path, name) as archive:
        _judge(archive.infolist(), path, name)


def members(path: Path, name: str, pattern: str | None) -> Iterator[tuple[str, Path]]:
    """Yield each file inside: what people call it, and where it is unpacked until the next.

    Raises:
        SourceChangedError: damaged, locked by a password, or a bomb.
    """
    with _opened(path, name) as archive, scratch() as folder:
        _judge(archive.infolist(), path, name)
        for number, info in enumerate(archive.infolist()):
            inside = _name(info)
            if info.is_dir() or _is_noise(inside) or not fnmatch(inside, pattern or "*"):
                continue
            if info.flag_bits & ENCRYPTED:
                raise SourceChangedError(
                    f"{name}: locked by a password",
                    zh=f"压缩包 {name} 设了密码，读不了：请对方去掉密码后重新提供。",
                )
            target = folder / f"{number}{PurePosixPath(inside).suffix.lower()[:8]}"
            with archive.open(info) as source, target.open("wb") as unpacked:
                copyfileobj(source, unpacked, 1 << 20)
            yield inside, target
            target.unlink()


@contextmanager
def _opened(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise unreadable(f"文件 {name}", error, DAMAGED) from None


def _judge(infos: list[zipfile.ZipInfo], path: Path, name: str) -> None:
    total = sum(one.file_size for one in infos)
    packed = max(path.stat().st_size, 1)
    if not all(0 <= one.header_offset < packed for one in infos):
        raise unreadable(f"文件 {name}", EOFError(), DAMAGED)
    if total > LARGEST or (total > SMALL and total > RATIO * packed):
        raise SourceChangedError(
            f"{name}: {total} bytes unpacked from {packed}",
            zh=f"压缩包 {name} 展开后有 {total >> 20} MB，是压缩包的 {total // packed} 倍，"
            "像是有意做的“压缩炸弹”，没有打开。请与提供文件的人核实；确是数据请分成几个文件。",
        )


def _name(info: zipfile.ZipInfo) -> str:
    """The name as its maker saw it: Windows in China writes GBK and does not say so."""
    if info.flag_bits & UTF8_NAME:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("gb18030")
    except UnicodeError:
        return info.filename


def _is_noise(inside: str) -> bool:
    path = PurePosixPath(inside)
    return "__MACOSX" in path.parts or is_noise(path.name)
