"""A home of twelve people that was synced once, to make copies of."""

from pathlib import Path

import pytest
from small_home import Synced, make_home

from pipelines.sync import run_sync
from tests.made_once import MadeHomes


def make_synced(folder: Path) -> None:
    report = run_sync(make_home(folder, people=12))
    assert (report.status, report.published) == ("ok", 1)


@pytest.fixture(scope="session")
def synced(made_homes: MadeHomes) -> Synced:
    """Lay out a copy in the given folder."""
    return lambda folder: made_homes.copy("synced", make_synced, folder)
