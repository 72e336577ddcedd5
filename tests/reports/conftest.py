"""The small home of the command's tests, copied for each test that registers forms in it."""

from pathlib import Path

import pytest

from hub.settings import Home
from tests.cli.conftest import Hub, hub, small_home
from tests.cli.small_home import copied

__all__ = ["Hub", "hub", "small_home"]


@pytest.fixture
def home(small_home: Home, tmp_path: Path) -> Home:
    """A small home that this test may change."""
    return copied(small_home, tmp_path / "home")
