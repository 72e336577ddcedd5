"""Folders for a moment: gone with their user, and with a user that was killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from hub.scratch import scratch

HOLDER = """
from hub.scratch import scratch
with scratch() as folder:
    (folder / "filled.xlsx").write_text("张三")
    print(folder, flush=True)
    input()
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)


def test_a_folder_is_this_account_s_alone_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch() as folder:
        (folder / "a").write_text("张三")
        assert folder.stat().st_mode & 0o077 == 0
    assert not folder.exists()
    with pytest.raises(KeyError), scratch() as folder:
        raise KeyError
    assert not list(tmp_path.iterdir())


def test_what_is_in_use_stays_and_what_a_killed_process_left_goes() -> None:
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        with scratch() as ours:
            assert theirs.is_dir()
            assert ours.is_dir()
        other.kill()
        other.wait()
    assert (theirs / "filled.xlsx").exists()
    with scratch() as ours:
        assert not theirs.exists()
        assert ours.is_dir()
