"""The README's platform is added as a newcomer would: its blocks run word for word."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cli.main import main
from tests.docs.documents import READMES, blocks, sections

TITLES = ("Add a platform of your own", "接入自己的平台")
SECONDS = 300  # of one block, on a busy machine


def _example(path: Path) -> list[tuple[str, str]]:
    (text,) = [text for title, text in sections(path) if title in TITLES]
    return blocks(text)


def _run(script: str, folder: Path) -> str:
    """Run a block, stopping at the first line that fails."""
    environment = {name: value for name, value in os.environ.items() if name != "HUB_HOME"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_both_readmes_have_the_same_example() -> None:
    assert _example(READMES[0]) == _example(READMES[1])


def test_the_example_works_word_for_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ""
    for language, content in _example(READMES[0]):
        if language == "sh":
            said = _run(content, tmp_path)
            continue
        assert language == "yaml"
        (named,) = re.findall(r"\A# (\S+)\n", content)
        (tmp_path / named).write_text(content, encoding="utf-8")
        assert len(content.splitlines()) <= 20
    assert "都可以用" in said
    (found,) = set(re.findall(r"\bR[a-z2-7]{20}\b", said))
    assert "510108" not in said, "masked"
    home = str(tmp_path / "mine")
    main(["status", "--json", "--home", home])
    status = json.loads(capsys.readouterr().out)
    assert (status["people"], status["records"], status["duplicates"]) == (2, 3, 1)
    main(["resident", "show", found, "--home", home])
    assert {"M001", "M003"} <= set(re.findall(r"M\d+", capsys.readouterr().out))
