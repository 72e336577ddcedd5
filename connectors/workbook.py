"""Workbooks, read by a child process that a damaged or malicious file may end, but not us."""

import pickle
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from connectors.sheet_header import Merge
from connectors.tabular import unreadable
from hub.errors import SourceChangedError

OLD_OFFICE = b"\xd0\xcf\x11\xe0"
PACKAGE = "EncryptedPackage".encode("utf-16-le")
FILEPASS = re.compile(
    rb"\x09\x08\x10\x00\x00\x06\x05\x00.{12}(?:\x86\x00\x00\x00)?\x2f\x00", re.DOTALL
)
Rows = list[list[Any]]
CHILD = Path(__file__).with_name("workbook_child.py")
LEAST, MOST, TIMES = 1 << 30, 8 << 30, 200
"""Bytes of memory for the child: so many times the file's, and between these bounds."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: cells as Excel typed them, blank ones as empty texts.

    Its rows come piece by piece, while the child reads on.
    """

    name: str
    pieces: Iterator[Rows]
    merges: list[Merge]
    hidden: bool = False
    uncomputed: int = 0  # formulas of the file that have no result


def read_sheets(path: Path, name: str, wanted: Sequence[str] | None) -> Iterator[Sheet]:
    """Yield the sheets of a workbook, all or the wanted ones. `name` is what people call it.

    Raises:
        SourceChangedError: damaged, locked by a password, too large, or a sheet is not there.
    """
    memory = min(LEAST + TIMES * path.stat().st_size, MOST)
    command = [sys.executable, "-I", str(CHILD), str(path), str(memory), *(wanted or ())]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None  # noqa: S101 - it was asked for
        try:
            yield from _sheets(_messages(child.stdout, path, name), name, wanted)
        finally:
            child.kill()


def _messages(out: IO[bytes], path: Path, name: str) -> Iterator[tuple[Any, ...]]:
    """What the child says, until its end.

    Raises:
        SourceChangedError: it fell silent, or could not read the file.
    """
    while True:
        try:
            message = pickle.load(out)  # noqa: S301 - from our own child
        except (EOFError, pickle.UnpicklingError):  # it was ended, or never began
            raise unreadable(
                f"文件 {name}", EOFError(), "它已损坏，或大得不正常（例如最后一格写在很远的地方）"
            ) from None
        if message[0] == "end":
            return
        if message[0] == "locked" or (message[0] == "damaged" and _is_locked(path)):
            raise SourceChangedError(
                f"{name}: locked by a password",
                zh=f"文件 {name} 设了打开密码，读不了：请对方去掉密码后重新提供。",
            )
        if message[0] == "damaged":
            raise unreadable(f"文件 {name}", OSError(), "它不是完整的 Excel 文件，可能没有传完")
        yield message


def _is_locked(path: Path) -> bool:
    """Whether a file that cannot be read shows the marks of a password.

    A workbook of today is then one stream of an old Office file; one of 1997 says so (`FILEPASS`)
    in the first records behind its beginning.
    """
    with path.open("rb") as file:
        if file.read(len(OLD_OFFICE)) != OLD_OFFICE:
            return False
        file.seek(0)
        before = b""
        while block := file.read(1 << 20):
            if PACKAGE in before + block or FILEPASS.search(before + block):
                return True
            before = block[-100:]
    return False


def _sheets(
    messages: Iterator[tuple[Any, ...]], name: str, wanted: Sequence[str] | None
) -> Iterator[Sheet]:
    ahead = deque[tuple[Any, ...]]()  # the message behind the last rows of a sheet
    while message := ahead.popleft() if ahead else next(messages, None):
        kind, *told = message
        if kind == "names":
            refuse_missing(name, told[0], wanted or ())
        elif kind == "sheet":
            title, hidden, (_, left), merges, uncomputed = told
            pieces = _pieces(messages, left, ahead)
            yield Sheet(title, pieces, merges, hidden=hidden, uncomputed=uncomputed)
            deque(pieces, maxlen=0)  # of which nobody wanted more


def _pieces(
    messages: Iterator[tuple[Any, ...]], left: int, ahead: deque[tuple[Any, ...]]
) -> Iterator[Rows]:
    """The rows of one sheet; they come without the `left` columns that nothing stands in."""
    blank = [""] * left
    for message in messages:
        if message[0] != "rows":
            ahead.append(message)
            return
        yield [[*blank, *row] for row in message[1]] if left else message[1]


def refuse_missing(name: str, there: Sequence[str], wanted: Sequence[str]) -> None:
    """Raise SourceChangedError where a sheet that is asked for is not there."""
    missing = [one for one in wanted if one not in there]
    if missing:
        raise SourceChangedError(
            f"{name}: no sheet {', '.join(missing)}",
            zh=f"文件 {name} 里没有工作表：{'、'.join(missing)}（现有："
            f"{'、'.join(there)}）。请核对文件，或修改平台文件的 sheets。",
        )
