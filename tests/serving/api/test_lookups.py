"""A new snapshot is moved to while requests go on; nobody waits and nobody gets an error."""

import time
from pathlib import Path
from typing import Any

import pytest

from hub.errors import NotFoundError
from hub.settings import Home, open_home
from serving.api.lookups import Lookups
from tests.cli.small_home import copied
from warehouse.answers import rows
from warehouse.doors import FORM, NESTED, SOUGHT
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
    cards, number = lookups.cards()
    before = cards.card("Rtwinone")
    assert before is not None
    assert before["phone"] == "13511112222"
    new = publish(home)
    with lookups.cursor() as (_, still):
        assert still == number  # the next one is being made
    until = time.monotonic() + 60
    while number != new:
        assert time.monotonic() < until
        cards, number = lookups.cards()
        found = cards.card("Rtwinone")
        assert found is not None
        assert found["phone"] == ("13000000000" if number == new else "13511112222")
    assert [path.name for path in (home.data / "doors").glob("*.*")] == [f"{new}.{FORM}.cards"]
    lookups.close()


def test_the_file_is_encrypted_and_made_once(home: Home) -> None:
    lookups = Lookups(home)
    lookups.prepare()
    lookups.close()
    (path,) = (home.data / "doors").glob("*.cards")
    held = path.read_bytes()
    for secret in ("钱同名", "13511112222", "510108197001011239", "海棠路"):
        assert secret.encode() not in held
    assert path.stat().st_mode & 0o077 == 0
    made = path.stat().st_mtime_ns
    again = Lookups(home)
    again.prepare()
    again.close()
    assert path.stat().st_mtime_ns == made


def test_cards_say_what_the_snapshot_says(home: Home) -> None:
    """Every person by id, and by each value that people are found by; compared with SQL."""
    lookups = Lookups(home)
    cards, _ = lookups.cards()
    with lookups.cursor() as (cursor, _):
        people = rows(cursor, "SELECT * FROM resident ORDER BY resident_id")
    plain = [
        {name: value.isoformat() if hasattr(value, "isoformat") else value
         for name, value in one.items()} for one in people
    ]  # fmt: skip
    assert [_own(cards.card(one["resident_id"])) for one in plain] == plain
    for field in SOUGHT:
        for value in {one[field] for one in plain if one[field] is not None}:
            wanted = [one for one in plain if one[field] == value]
            assert [_own(found) for found in cards.seek(field, value)] == wanted
        assert list(cards.seek(field, "没有这个值")) == []
    assert cards.card("Xnone") is None
    lookups.close()


def _own(card: dict[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (card or {}).items() if name not in NESTED}


def test_a_merged_id_leads_on(home: Home) -> None:
    with working(home) as work:
        work.connection.execute(
            "INSERT INTO resident_identity BY NAME SELECT 'Rold' AS resident_id, 'merged' AS state,"
            " 'Rtwinone' AS merged_into, 99999 AS founding_record_id"
        )
        work.close()
        publish_work(work)
    lookups = Lookups(home)
    found = lookups.cards()[0].card("Rold")
    assert found is not None
    assert found["resident_id"] == "Rtwinone"
    lookups.close()


def test_before_the_first_sync_there_is_nothing(tmp_path: Path) -> None:
    from cli.init import make_home

    make_home(tmp_path / "empty", "空")
    lookups = Lookups(open_home(tmp_path / "empty"))
    lookups.prepare()
    with pytest.raises(NotFoundError), lookups.cursor():
        pass
    lookups.close()
