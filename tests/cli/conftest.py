"""The small home, built once, and the command run in this process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from hub.settings import Home, open_home
from tests.cli.small_home import build, copied
from tests.made_once import MadeHomes


@dataclass(frozen=True)
class Ran:
    """How one run of the command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Hub = Callable[..., Ran]


@pytest.fixture(scope="session")
def small_home(made_homes: MadeHomes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home that no test may change; that it was looked at stands in its audit."""
    home = made_homes.copy("small", build, tmp_path_factory.mktemp("small") / "home")
    copied(home, home.root.parent / "untouched")
    return home


@pytest.fixture
def untouched_home(small_home: Home) -> Home:
    """A home in which no command has been typed, to make copies of."""
    return open_home(small_home.root.parent / "untouched")


@pytest.fixture
def hub(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Run `hub` with these arguments, as if it had been typed."""
    monkeypatch.delenv("HUB_HOME", raising=False)

    def run(*arguments: object, home: Home | Path | None = None) -> Ran:
        root = home.root if isinstance(home, Home) else home
        where = [] if root is None else ["--home", str(root)]
        code = main([*map(str, arguments), *where])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run
