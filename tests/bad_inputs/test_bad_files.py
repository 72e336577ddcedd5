"""Every bad file of the table: its sentence, and where each of its rows went."""

from pathlib import Path

import pytest

from .file_cases import CASES, ZHANG, Case
from .judging import Counts, Judge, Outcome


def put(folder: Path, files: dict[str, bytes]) -> None:
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_bad_file(case: Case, tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    judge = Judge(tmp_path / "home")
    judge.declare({"kind": "files", "path": str(inbox)}, {"files": "*.csv"} | dict(case.stream))
    stored = 0
    if case.before is not None:
        put(inbox, dict(case.before()))
        assert not judge.judge().refused
        stored = judge.stored()
    put(inbox, dict(case.files()))
    outcome = judge.judge()
    assert case.says in outcome.told
    assert_accounted(case, outcome, judge, stored)
    if case.says:
        assert ZHANG not in outcome.told


def assert_accounted(case: Case, outcome: Outcome, judge: Judge, stored: int) -> None:
    """Nothing of a refused input is stored; of any other, every row is somewhere."""
    expected_to_be_refused = case.counts == Counts() and bool(case.says)
    assert outcome.refused is expected_to_be_refused
    if outcome.refused:
        assert judge.stored() == stored
        return
    if case.before is None:
        assert outcome.counts == case.counts
        assert outcome.read == case.counts.rows == judge.stored() + case.counts.repeated


def test_there_are_enough() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 40
