"""A correction that was accepted is a platform's record: it wins by trust, never by overwriting."""

from pathlib import Path
from typing import Any

import pytest
from small_home import Synced

from hub.errors import ConfigError, NotFoundError
from hub.settings import Home, open_home
from ledger import open_ledger
from ledger.feedback import note_feedback, open_feedback
from pipelines.sync import run_sync
from serving.reading.correcting import sealing_key, settle_feedback
from warehouse.answers import rows
from warehouse.snapshots import reading


@pytest.fixture(scope="module")
def home(synced: Synced, tmp_path_factory: pytest.TempPathFactory) -> Home:
    return synced(tmp_path_factory.mktemp("requested") / "home")


def people(home: Home) -> list[dict[str, Any]]:
    with reading(home) as connection:
        return rows(connection, "SELECT * FROM resident WHERE lives_here ORDER BY resident_id")


def ask(home: Home, resident: str, field: str, value: str, verdict: Any = "accepted") -> bool:
    ledger = open_ledger(home.data / "ledger.sqlite")
    about = (resident, field, "request")
    number = note_feedback(ledger, "command:t", about, value, sealing_key(home))
    with reading(home) as connection:
        return settle_feedback(connection, home, ledger, (number, verdict), "t")


def phone(home: Home, resident: str) -> str:
    return {one["resident_id"]: one["phone"] for one in people(home)}[resident]


def test_an_accepted_value_is_a_record_with_a_trust_of_its_own(home: Home) -> None:
    one, before = people(home)[0]["resident_id"], len(people(home))
    held = phone(home, one)
    assert ask(home, one, "phone", "139 1234 5678")
    assert (home.root / "requested").stat().st_mode & 0o077 == 0
    report = run_sync(home, ())
    assert (report.status, report.failures) == ("ok", [])
    assert len(people(home)) == before  # nobody new
    assert phone(home, one) == held  # hub.yaml: the grid platform owns telephones
    with reading(home) as connection:
        said = rows(
            connection,
            """SELECT t.platform, t.phone FROM resident_record t JOIN resident_link l
               USING (record_id) WHERE l.resident_id = $id AND t.platform = 'requested'""",
            {"id": one},
        )
    assert said == [{"platform": "requested", "phone": "13912345678"}]
    path = home.root / "hub.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("phone: [grid", "phone: [requested, grid"), encoding="utf-8")
    assert run_sync(open_home(home.root), ()).status == "ok"
    assert phone(home, one) == "13912345678"
    left = [each.name for each in (home.root / "requested").iterdir()]
    assert left == ["corrections-0.csv"]  # no clear value stays behind


def test_what_is_refused_or_not_understood_or_a_number_is_not_filed(home: Home) -> None:
    one = people(home)[1]["resident_id"]
    before = sorted((home.root / "requested").glob("*"))
    assert not ask(home, one, "phone", "13912349999", "refused")
    assert not ask(home, one, "id_number", "51010819800202123X")
    with pytest.raises(ConfigError):
        ask(home, one, "birth_date", "不知道")
    ledger = open_ledger(home.data / "ledger.sqlite")
    (waits,) = open_feedback(ledger, sealing_key(home))
    assert waits["field"] == "birth_date"
    with reading(home) as connection, pytest.raises(NotFoundError):
        settle_feedback(connection, home, ledger, (9999, "accepted"), "t")
    assert sorted((home.root / "requested").glob("*")) == before


def test_a_home_without_requests_has_no_such_platform(synced: Synced, tmp_path: Path) -> None:
    made = synced(tmp_path / "home")
    assert not (made.root / "platforms" / "requested.yaml").exists()
