"""`python -m bench.reports`: fill a form, write an extract, and print times and ratios."""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from openpyxl import Workbook

from bench.reports.town import COMMUNITY, make_town
from hub.settings import Home
from reports.extract_file import Extract
from reports.extract_run import run_extract
from reports.register import Sent, register
from warehouse.snapshots import reading

HEADERS = ("序号", "姓名", "性别", "身份证号码", "出生日期", "年龄", "民族", "现住址", "联系电话",
           "户主姓名", "与户主关系", "家庭人口", "网格", "是否低保", "备注")  # fmt: skip
FIELDS = ("name", "id_number", "sex_code", "birth_date", "ethnicity_code", "phone",
          "residence_address", "residence_type_code", "grid_code")  # fmt: skip

TURNS = 5
"""Of an extract and of COPY, by turns; the medians are told."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m bench.reports")
    parser.add_argument("--forms", type=int, nargs="*", default=[2_000, 75_000], help="rows")
    parser.add_argument("--extract", type=int, default=1_000_000, help="residents; 0: none")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bench-reports-") as folder:
        for rows in given.forms:
            _form(Path(folder) / f"form-{rows}", rows)
        if given.extract:
            _extract(Path(folder) / "extract", given.extract)


def _form(folder: Path, rows: int) -> None:
    """In a process of its own, so that its memory is its own."""
    home = make_town(folder, rows)
    book = Workbook()
    book.active.append(list(HEADERS))
    book.save(folder / "花名册.xlsx")
    register(home, folder / "花名册.xlsx", Sent("民政"))
    sys.stdout.flush()
    subprocess.run([sys.executable, "-m", "bench.reports.filling", str(folder)], check=True)


def _extract(folder: Path, people: int) -> None:
    home = make_town(folder, people)
    for kind in ("parquet", "csv"):
        pairs = [(_run(home, kind), _copy(home, kind)) for _ in range(TURNS)]
        ours, copy = (Took.median(one) for one in zip(*pairs, strict=True))
        print(
            f"extract of {people:,} residents to {kind}: {ours.wall:.2f} s; "
            f"DuckDB's COPY {copy.wall:.2f} s; ratio {ours.wall / copy.wall:.2f}; of processor "
            f"{ours.processor:.2f} s and {copy.processor:.2f} s, "
            f"ratio {ours.processor / copy.processor:.2f}"
        )


@dataclass
class Took:
    """Seconds on the clock, and of the processor: on a machine with other work these count."""

    wall: float = 0.0
    processor: float = 0.0

    @staticmethod
    def median(turns: Sequence["Took"]) -> "Took":
        """Of several turns."""
        return Took(median(one.wall for one in turns), median(one.processor for one in turns))


@contextmanager
def _timed() -> Iterator[Took]:
    took = Took()
    wall, processor = time.perf_counter(), time.process_time()
    yield took
    took.wall, took.processor = time.perf_counter() - wall, time.process_time() - processor


def _run(home: Home, kind: str) -> Took:
    one = Extract.model_validate({
        "extract": "whole", "title": "全部", "purpose": "测试", "formats": [kind],
        "recipient": {"department": "区", "scope": "510108"}, "scope": COMMUNITY,
        "basis": {"document": "依据", "fields": list(FIELDS)}, "fields": list(FIELDS),
    })  # fmt: skip
    with _timed() as took:
        run_extract(home, one)
    return took


def _copy(home: Home, kind: str) -> Took:
    target = home.root / f"copy.{kind}"
    settings = "FORMAT parquet, COMPRESSION zstd" if kind == "parquet" else "FORMAT csv, HEADER"
    with _timed() as took, reading(home) as connection:  # an extract opens the brain too
        connection.execute(
            f"COPY (SELECT resident_id, {', '.join(FIELDS)} FROM resident "
            f"WHERE lives_here AND starts_with(grid_code, '{COMMUNITY}') ORDER BY resident_id) "
            f"TO '{target}' ({settings})"
        )
    return took


if __name__ == "__main__":
    main()
