"""Read a workbook in a process of its own, which may not take more memory than it is given.

A damaged `.xls` of five kilobytes, or one stray cell in the last corner of a sheet, makes the
reader ask for hundreds of gigabytes; whoever asks is killed. Run as a script:
`workbook_child.py FILE BYTES [SHEET…]`; it writes pickled messages to its standard output.
"""

import gc
import pickle
import re
import resource
import sys
import zipfile
from itertools import islice
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

BATCH_ROWS = 5_000
CPU_SECONDS = 1_800
BLOCK, LONGEST = 1 << 20, 1 << 14  # bytes of a sheet looked at together; of a cell with its formula
UNCOMPUTED = re.compile(
    rb"<c\b(?![^>]*\bt=.str)[^>]*>\s*<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)"
    rb"\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>"
)
"""A cell with a formula and no result: of a text, `t="str"`, none is a result, too."""


def main(path: str, memory: int, sheets: list[str], out: BinaryIO) -> None:
    """Messages: `names`, then for each sheet `sheet` and its `rows`; at the end `end`."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # residents' data in no core file
    gc.disable()  # rows are many, hold no cycles, and are gone when the process is
    try:
        with open(path, "rb") as file, CalamineWorkbook.from_filelike(file) as book:  # noqa: PTH123 - started without our packages, kept bare
            say(out, "names", book.sheet_names)
            veiled = {
                one.name for one in book.sheets_metadata if one.visible != SheetVisibleEnum.Visible
            }
            file.seek(0)
            blank = uncomputed(file)
            for name in sheets or book.sheet_names:
                if name not in book.sheet_names:
                    return
                sheet = book.get_sheet_by_name(name)
                start, merges = sheet.start or (0, 0), sheet.merged_cell_ranges or []
                say(out, "sheet", name, name in veiled, start, merges, blank)
                rows = sheet.iter_rows()
                while batch := list(islice(rows, BATCH_ROWS)):
                    say(out, "rows", batch)
    except PasswordError:
        say(out, "locked")
    except (CalamineError, OSError, ValueError):
        say(out, "damaged")
    else:
        say(out, "end")


def uncomputed(file: BinaryIO) -> int:
    """How many formulas of an .xlsx have no result: a program wrote them, no Excel opened it."""
    if not zipfile.is_zipfile(file):
        return 0
    found = 0
    with zipfile.ZipFile(file) as package:
        for name in package.namelist():
            if not name.startswith("xl/worksheets/sheet") or not name.endswith(".xml"):
                continue
            with package.open(name) as part:
                rest = b""
                while block := part.read(BLOCK):
                    text = rest + block
                    end = 0
                    for one in UNCOMPUTED.finditer(text) if b"<f" in text else ():
                        found, end = found + 1, one.end()
                    rest = text[max(end, len(text) - LONGEST) :]
    return found


def say(out: BinaryIO, *message: object) -> None:
    """One message."""
    pickler = pickle.Pickler(out, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.fast = True  # cells are not looked up among those that were said before
    pickler.dump(message)
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:], sys.stdout.buffer)
