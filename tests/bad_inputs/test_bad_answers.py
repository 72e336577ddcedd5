"""Every bad answer of the table: its sentence, and where each of its rows went."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..connectors.misbehaving_api import Api, serving
from .file_cases import ZHANG
from .http_cases import CASES, ROWS, SECRET, Case
from .judging import Counts, Judge

BASE: dict[str, Any] = {
    "kind": "http_api",
    "attempts": 1,
    "envelope": {"ok": "code", "items": "data.records", "total": "data.total"},
    "pager": {"rows": 5, "stop": "total"},
}


@pytest.fixture
def api() -> Iterator[Api]:
    with serving(Api([*ROWS])) as served:
        yield served


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_bad_answer(
    case: Case,
    api: Api,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("BAD_SECRET", SECRET)
    monkeypatch.setenv("BAD_KEY", "0123456789abcdef")
    caplog.set_level(logging.DEBUG)
    judge = Judge(tmp_path / "home")
    judge.declare(BASE | {"url": api.url} | dict(case.connection), dict(case.stream))
    if case.before:
        assert not judge.judge().refused
    stored = judge.stored()
    case.upset(api)
    outcome = judge.judge()
    assert case.says in outcome.told
    assert outcome.refused is (case.counts == Counts())
    if outcome.refused:
        whole_pages = judge.stored() - stored
        assert whole_pages == (1 if case.name == "half of the second page" else 0)
    else:
        assert outcome.counts == case.counts
        assert outcome.read == case.counts.rows == judge.stored() + case.counts.repeated
    shown = f"{outcome.told}\n{caplog.text}"
    assert SECRET not in shown
    assert ZHANG not in shown


def test_a_cut_pull_goes_on_and_nothing_is_stored_twice(api: Api, tmp_path: Path) -> None:
    (case,) = (one for one in CASES if one.name == "half of the second page")
    judge = Judge(tmp_path / "home")
    judge.declare(BASE | {"url": api.url} | dict(case.connection), {})
    case.upset(api)
    assert judge.judge().refused
    outcome = judge.judge()
    assert (outcome.refused, outcome.read, judge.stored()) == (False, 2, 2)
    assert len(api.seen) == 3


def test_there_are_enough() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 40
