"""A new snapshot is moved to while requests go on; nobody waits and nobody gets an error."""

import time
from pathlib import Path

import pytest

from hub.errors import NotFoundError
from hub.settings import Home, open_home
from serving.api.lookups import Lookups
from serving.api.residents import person
from tests.cli.small_home import copied
from warehouse.snapshots import publish_work, working


@pytest.fixture
def home(api_home: Home, tmp_path: Path) -> Home:
    return copied(api_home, tmp_path / "home")


def publish(home: Home) -> int:
    with working(home) as work:
        work.connection.execute("UPDATE resident SET phone = '13000000000'")
        work.close()
        return publish_work(work)


def test_readers_move_on_without_waiting(home: Home) -> None:
    lookups = Lookups(home)
    with lookups.cursor() as (cursor, number):
        before = person(cursor, "Rtwinone")
    assert before is not None
    assert before["phone"] == "13511112222"
    new = publish(home)
    with lookups.cursor() as (_, still):
        assert still == number  # the next one is being made
    until = time.monotonic() + 60
    while number != new:
        assert time.monotonic() < until
        with lookups.cursor() as (cursor, number):
            found = person(cursor, "Rtwinone")
            assert found is not None
            assert found["phone"] == ("13000000000" if number == new else "13511112222")
    assert [path.stem for path in (home.data / "doors").glob("*.duckdb")] == [str(new)]
    lookups.close()


def test_the_file_is_encrypted_and_made_once(home: Home) -> None:
    lookups = Lookups(home)
    lookups.prepare()
    lookups.close()
    (path,) = (home.data / "doors").glob("*.duckdb")
    assert "钱同名".encode() not in path.read_bytes()
    made = path.stat().st_mtime_ns
    again = Lookups(home)
    again.prepare()
    again.close()
    assert path.stat().st_mtime_ns == made


def test_before_the_first_sync_there_is_nothing(tmp_path: Path) -> None:
    from cli.init import make_home

    make_home(tmp_path / "empty", "空")
    lookups = Lookups(open_home(tmp_path / "empty"))
    lookups.prepare()
    with pytest.raises(NotFoundError), lookups.cursor():
        pass
    lookups.close()
