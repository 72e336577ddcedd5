"""Filled forms open in LibreOffice as they are: it draws them, and reads the same cells."""

import csv
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from openpyxl import load_workbook

from hub.settings import Home
from reports.fill import fill
from reports.overlap import overlap
from reports.overlap_page import overlap_workbook
from reports.people import people_of
from reports.register import Sent, register
from tests.reports.awful_forms import write_awful
from tests.reports.department_forms import COUNTS, FORMS, write_counts, write_form
from tests.reports.test_held_out import _forms

CSV = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1"
"""Commas, quotes, UTF-8, as it is shown, of the first sheet."""


@pytest.fixture(scope="session")
def soffice() -> str:
    """LibreOffice of the distribution."""
    found = shutil.which("soffice")
    if found is None:
        pytest.skip("NOT TESTED: LibreOffice is not installed (apt-get install libreoffice-calc)")
    return found


def _converted(soffice: str, kind: str, files: Sequence[Path], into: Path) -> None:
    profile = f"-env:UserInstallation=file://{into}/profile"
    subprocess.run(
        [soffice, profile, "--headless", "--convert-to", kind, "--outdir", str(into), *files],
        check=True, capture_output=True, timeout=240,
    )  # fmt: skip


def test_filled_forms_open_and_hold_the_same_cells(
    soffice: str, home: Home, tmp_path: Path
) -> None:
    sent = [write_form(one, tmp_path) for one in FORMS if one.name in DRAWN]
    sent += [write_counts(COUNTS[0], tmp_path), write_awful(_forms("held_out_first")[0], tmp_path)]
    out = tmp_path / "out"
    with people_of(home, None) as (people, connection):
        forms = [register(home, path, Sent("民政")).form for path in sent]
        for form in forms:
            fill(home, connection, form, people, out / f"{form.form}.xlsx")
        (out / "overlap.xlsx").write_bytes(overlap_workbook(overlap(forms, people)))
    files = sorted(out.glob("*.xlsx"))
    assert len(files) == len(sent) + 1
    _converted(soffice, "pdf", files, tmp_path / "pdf")
    _converted(soffice, CSV, files, tmp_path / "csv")
    for path in files:
        pdf = (tmp_path / "pdf" / f"{path.stem}.pdf").read_bytes()
        assert pdf.startswith(b"%PDF")
        assert len(pdf) > 5_000
        drawn = next((tmp_path / "csv").glob(f"{path.stem}*.csv"))
        with drawn.open(encoding="utf-8", newline="") as file:
            seen = [[cell.strip() for cell in row if cell.strip()] for row in csv.reader(file)]
        for told, held in zip([row for row in seen if row], _texts(path), strict=True):
            formulas = [nth for nth, text in enumerate(held) if text.startswith("=")]
            assert [t for n, t in enumerate(told) if n not in formulas] == [
                t for n, t in enumerate(held) if n not in formulas
            ]


DRAWN = (
    "低保对象花名册",
    "城乡居民基本医疗保险参保摸底表",
    "常住人口登记明细",
    "防汛避险转移人员名单",
)


def _texts(path: Path) -> list[list[str]]:
    """What openpyxl reads, row by row; a formula has no value before LibreOffice counts."""
    sheet = load_workbook(path).worksheets[0]
    rows = [
        [str(value).strip() for value in row if value is not None and str(value).strip()]
        for row in sheet.iter_rows(values_only=True)
    ]
    return [row for row in rows if row]
