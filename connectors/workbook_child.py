"""Read a workbook in a process of its own, which may not take more memory than it is given.

A damaged `.xls` of five kilobytes, or one stray cell in the last corner of a sheet, makes the
reader ask for hundreds of gigabytes; whoever asks is killed. Run as a script:
`workbook_child.py FILE BYTES [SHEET…]`; it writes pickled messages to its standard output.
"""

import gc
import pickle
import resource
import sys
from itertools import islice
from typing import BinaryIO

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

BATCH_ROWS = 5_000
CPU_SECONDS = 1_800


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
            for name in sheets or book.sheet_names:
                if name not in book.sheet_names:
                    return
                sheet = book.get_sheet_by_name(name)
                start, merges = sheet.start or (0, 0), sheet.merged_cell_ranges or []
                say(out, "sheet", name, name in veiled, start, merges)
                rows = sheet.iter_rows()
                while batch := list(islice(rows, BATCH_ROWS)):
                    say(out, "rows", batch)
    except PasswordError:
        say(out, "locked")
    except (CalamineError, OSError, ValueError):
        say(out, "damaged")
    else:
        say(out, "end")


def say(out: BinaryIO, *message: object) -> None:
    """One message."""
    pickler = pickle.Pickler(out, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.fast = True  # cells are not looked up among those that were said before
    pickler.dump(message)
    out.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:], sys.stdout.buffer)
