"""Rows kept aside until a file is known to be whole."""

from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

import pyarrow as pa
import pytest

from connectors.chunk import text_schema, text_table
from connectors.spool import HELD_ROWS, spooled

SCHEMA = text_schema(["a"])
NAME = "张三丰" * 3


def tables(rows: int, *, fail: bool = False) -> Iterator[pa.Table]:
    for begun in range(0, rows, 20_000):
        count = min(20_000, rows - begun)
        yield text_table(["a"], [[f"{NAME}{n}" for n in range(begun, begun + count)]])
    if fail:
        raise ValueError("damaged")


@pytest.mark.parametrize("rows", [0, 5, HELD_ROWS, 2 * HELD_ROWS + 30_001])
def test_the_rows_come_as_they_went_in(rows: int) -> None:
    found = [row for table in spooled(tables(rows), SCHEMA) for row in table["a"].to_pylist()]
    assert found == [f"{NAME}{n}" for n in range(rows)]


def test_nothing_comes_of_a_damaged_file() -> None:
    with pytest.raises(ValueError, match="damaged"):
        next(spooled(tables(3 * HELD_ROWS, fail=True), SCHEMA))


def test_no_value_can_be_read_from_the_disk() -> None:
    told = spooled(tables(2 * HELD_ROWS), SCHEMA)
    next(told)
    unnamed = [one for one in Path("/proc/self/fd").iterdir() if _has_no_name(one)]
    contents = [one.read_bytes() for one in unnamed]
    assert any(len(one) > HELD_ROWS * len(NAME) for one in contents)
    assert not any(NAME.encode() in one for one in contents)
    told.close()


def _has_no_name(descriptor: Path) -> bool:
    try:
        found = descriptor.stat()
    except OSError:  # the listing's own, closed by now
        return False
    return S_ISREG(found.st_mode) and found.st_nlink == 0
