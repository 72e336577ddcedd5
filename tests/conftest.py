"""Real database servers, one of each kind per test process, started when the first test asks."""

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from argon2 import PasswordHasher
from hypothesis import settings
from sqlalchemy import make_url

import ledger.ledger
import security.passwords
from examples.community_a.servers import (
    Server,
    install_missing,
    installed,
    start_mariadb,
    start_postgres,
)
from hub.imports import collect_seldom
from tests.made_ledgers import MadeLedgers
from tests.made_once import MadeHomes
from tests.own_authority import trust_no_other
from tests.warm_gates import WarmGates

collect_seldom()
# a busy machine is no failure, and the deciding run tries the same examples every time
settings.register_profile("patient", deadline=None)
settings.register_profile("deciding", deadline=None, derandomize=True)
settings.load_profile("deciding" if os.environ.get("CI") else "patient")


@pytest.fixture(scope="session")
def servers_folder() -> Iterator[Path]:
    """A folder that a server's own account can pass through (pytest's are closed to it)."""
    with TemporaryDirectory(prefix="hub-servers-") as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="session")
def postgres_url(servers_folder: Path) -> Iterator[str]:
    """SQLAlchemy URL, with its password, of an empty PostgreSQL."""
    yield from _served("postgresql", start_postgres, servers_folder)


@pytest.fixture(scope="session")
def mariadb_url(servers_folder: Path) -> Iterator[str]:
    """SQLAlchemy URL, with its password, of an empty MariaDB."""
    yield from _served("mariadb", start_mariadb, servers_folder)


def _served(kind: str, start: Callable[[Path], Server], folder: Path) -> Iterator[str]:
    if not installed()[kind] and not install_missing()[kind]:
        pytest.skip(f"NOT TESTED: {kind} is not installed and apt could not install it")
    server = start(folder)
    url = make_url(server.url).set(password=server.password)
    yield url.render_as_string(hide_password=False)
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def warm_gates() -> Iterator[None]:
    """Every sync of this test process asks the same judge."""
    gates = WarmGates()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pipelines.session.GateProcess", lambda: gates)
        yield
    gates.end()


@pytest.fixture(scope="session", autouse=True)
def made_ledgers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadeLedgers]:
    """Every new ledger of this test process is made from one."""
    made = MadeLedgers(ledger.ledger._upgrade, tmp_path_factory.mktemp("made"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ledger.ledger._upgrade", made.upgrade)
        yield made


@pytest.fixture(scope="session")
def made_homes(tmp_path_factory: pytest.TempPathFactory) -> MadeHomes:
    """Every test process's copies are of the same homes."""
    own = tmp_path_factory.getbasetemp()
    whole = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    return MadeHomes(whole / "made-once")


@pytest.fixture(scope="session", autouse=True)
def own_authority(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The tests trust no host outside."""
    trust_no_other(tmp_path_factory.mktemp("authority") / "nobody.pem")


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[PasswordHasher]:
    """Passwords are hashed as at a site, but in a hundredth of the time: hundreds sign in here."""
    with pytest.MonkeyPatch.context() as patch:
        real = security.passwords._HASHER
        patch.setattr(
            "security.passwords._HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
        )
        yield real


LONGEST_FIRST = (
    "test_killed", "test_browser", "test_community_a", "test_rules", "test_bad_databases",
    "test_golden", "test_bench", "test_erasing", "test_pages", "test_readers", "test_example",
    "test_corpus", "test_sync", "test_audit", "test_delivery", "test_process",
)  # fmt: skip
"""Files that keep a process busy for half a minute or more: begun last, they would be waited for.

(By itself pytest-xdist begins the files with the most tests first, hence --no-loadscope-reorder.)
"""


def pytest_collection_finish() -> None:
    """What was imported stays: the collector of garbage need not go through it again and again."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest files first; all else stays in its order."""
    places = {name: place for place, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))
