"""Too little memory or disk is told to the officer as what it is, and mended by giving more."""

import errno
from pathlib import Path

import duckdb
import pytest
from small_home import make_home

from hub.errors import NotFoundError, ShortageError
from hub.settings import open_home
from hub.shortage import as_told
from pipelines.sync import run_sync


def test_a_sync_without_memory_says_so_and_is_done_with_more(tmp_path: Path) -> None:
    root = make_home(tmp_path / "home").root
    settings = root / "hub.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}memory: 3MB\n", encoding="utf-8")
    report = run_sync(open_home(root))
    assert report.status == "failed"
    assert {one.kind for one in report.failures} == {"ShortageError"}
    assert all("hub.yaml 的 memory" in one.zh for one in report.failures)
    settings.write_text(text, encoding="utf-8")
    report = run_sync(open_home(root))
    assert (report.status, report.published) == ("ok", 1)


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (MemoryError(), "memory"),
        (duckdb.OutOfMemoryException("failed to allocate data of size"), "memory"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk"),
        (duckdb.IOException("Could not write all bytes: No space left on device"), "disk"),
        (duckdb.OutOfMemoryException("... exceed the max_temp_directory_size"), "disk"),
    ],
)
def test_shortages_are_told_apart(error: Exception, word: str) -> None:
    told = as_told(error)
    assert isinstance(told, ShortageError)
    assert word in str(told)


@pytest.mark.parametrize("error", [ValueError("x"), OSError(errno.EACCES, "x"), KeyError("x")])
def test_a_fault_of_ours_stays_one(error: Exception) -> None:
    assert as_told(error) is None


def test_an_error_of_ours_is_told_as_it_is() -> None:
    error = NotFoundError("x", zh="没有")
    assert as_told(error) is error
