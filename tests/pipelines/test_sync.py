"""A sync brings what changed at the platforms, and only that; what is broken stays outside."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from small_home import database, make_home, put_resident

from hub.errors import BusyError, NotFoundError
from hub.settings import Home, open_home
from pipelines.deciding import the_model
from pipelines.sync import SyncReport, run_sync
from warehouse.answers import counts
from warehouse.duck import attach, memory
from warehouse.lock import locked
from warehouse.snapshots import current_number, list_snapshots, point_to, reading, snapshot_path


@dataclass
class Hub:
    home: Home

    def sync(self, *platforms: str, accept_drop: bool = False) -> SyncReport:
        report = run_sync(self.home, platforms, accept_drop=accept_drop)
        for pull in report.pulls:
            assert pull.read == pull.stored + pull.unchanged + pull.repeated
        return report

    def query(self, sql: str) -> list[tuple[object, ...]]:
        with reading(self.home) as connection:
            return connection.execute(sql).fetchall()

    def ids(self) -> dict[str, str]:
        rows = self.query("SELECT id_number, resident_id FROM resident")
        return {str(number): str(resident) for number, resident in rows}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    one = Hub(make_home(tmp_path_factory.mktemp("hub") / "home"))
    report = one.sync()
    assert (report.status, report.published, report.failures) == ("ok", 1, [])
    return one


def test_two_platforms_become_one_brain(hub: Hub) -> None:
    with reading(hub.home) as connection:
        found = counts(connection)
    assert (found.residents, found.registered, found.households, found.grids) == (40, 40, 14, 1)
    assert hub.query("SELECT DISTINCT records, platforms FROM resident") == [(2, 2)]


def test_nothing_new_changes_nothing(hub: Hub) -> None:
    before, number = hub.ids(), current_number(hub.home)
    report = hub.sync()
    assert (report.status, report.published) == ("ok", None)
    assert (hub.ids(), current_number(hub.home)) == (before, number)
    assert all(pull.stored == 0 for pull in report.pulls)


def test_changes_arrive_and_only_they(hub: Hub) -> None:
    before = hub.ids()
    with database(hub.home, "police") as db:
        db.execute("UPDATE person SET xm = '张三改' WHERE id = 'p1'")
        db.execute("DELETE FROM person WHERE id = 'p2'")
    with database(hub.home, "grid") as db:
        put_resident(db, 2, updated="2026-01-02 00:00:00", gone="1")
        put_resident(db, 3, updated="2026-01-02 00:00:00")
        db.execute("UPDATE resident SET mobile = '13911112222' WHERE id = 'g3'")
        put_resident(db, 99, updated="2026-01-03 00:00:00")
    report = hub.sync()
    assert report.status == "ok"
    assert sum(pull.stored + pull.gone for pull in report.pulls) == 5
    assert {pull.stream: pull.marked for pull in report.pulls} == {
        "persons": 0, "residents": 1, "grids": 0,
    }, "g2 is marked, p2 is absent"  # fmt: skip
    after = hub.ids()
    assert before.keys() - after.keys() == {n for n in before if n not in after}
    assert len(before.keys() - after.keys()) == len(after.keys() - before.keys()) == 1
    assert {n: i for n, i in after.items() if n in before}.items() <= before.items()
    assert hub.query("SELECT name, phone FROM resident WHERE name = '张三改'") == [
        ("张三改", "13800000001")
    ]
    assert hub.query("SELECT count(*) FROM resident WHERE phone = '13911112222'") == [(1,)]
    past = hub.query("SELECT name FROM resident_past ORDER BY name")
    assert past == [("张三1",), ("张三2",), ("张三3",)]


def test_emptied_source_empties_nothing_and_others_go_on(hub: Hub) -> None:
    with database(hub.home, "police") as db:
        rows = db.execute("SELECT * FROM person").fetchall()
        db.execute("DELETE FROM person")
    with database(hub.home, "grid") as db:
        put_resident(db, 5, updated="2026-01-05 00:00:00")
        db.execute("UPDATE resident SET mobile = '13955556666' WHERE id = 'g5'")
    before = hub.query("SELECT count(*) FROM resident_record WHERE platform = 'police'")
    report = hub.sync()
    assert report.status == "partial"
    assert [pull.status for pull in report.pulls if pull.platform == "police"] == ["held"]
    assert "疑似来源被清空或截断" in str(report.error)
    assert hub.query("SELECT count(*) FROM resident_record WHERE platform = 'police'") == before
    assert hub.query("SELECT count(*) FROM resident WHERE phone = '13955556666'") == [(1,)]
    with database(hub.home, "police") as db:
        db.executemany("INSERT INTO person VALUES (?, ?, ?, ?, ?)", rows)
    report = hub.sync()
    assert (report.status, report.published) == ("ok", None), "the same rows again: nothing new"


def test_accepted_drop_is_applied(hub: Hub) -> None:
    with database(hub.home, "police") as db:
        db.execute("DELETE FROM person WHERE id >= 'p3'")
        (left,) = db.execute("SELECT count(*) FROM person").fetchone()
    assert hub.sync("police").status == "failed", "all that was asked for is held"
    report = hub.sync("police", accept_drop=True)
    assert report.status == "ok"
    count = hub.query("SELECT count(*) FROM resident_record WHERE platform = 'police'")
    assert count == [(left,)]


def test_broken_platform_file_does_not_stop_the_others(hub: Hub) -> None:
    wrong = hub.home.root / "platforms" / "wrong.yaml"
    wrong.write_text("platform: wrong\ntitle: x\npassword: abc\n", encoding="utf-8")
    try:
        report = hub.sync()
    finally:
        wrong.unlink()
    assert report.status == "partial"
    assert "wrong.yaml" in str(report.error)
    assert "abc" not in str(report.error)


def test_a_broken_file_changes_nothing_of_who_is_who(hub: Hub) -> None:
    file = hub.home.root / "platforms" / "police.yaml"
    sound = file.read_text(encoding="utf-8")
    whole = "    increment: snapshot\n"
    repeating = sound.replace(whole, f"{whole}    repeats: true\n")
    try:
        file.write_text(repeating, encoding="utf-8")
        assert hub.sync().status == "ok"
        assert the_model(hub.home).repeating == {("police", "persons")}
        file.write_text(repeating + "nonsense: 1\n", encoding="utf-8")
        assert the_model(hub.home).repeating == {("police", "persons")}
        assert hub.sync().published is None
    finally:
        file.write_text(sound, encoding="utf-8")
    assert hub.sync().published is not None, "each is one person again"


def test_unknown_platform_is_refused(hub: Hub) -> None:
    with pytest.raises(NotFoundError, match="no platform nowhere"):
        hub.sync("nowhere")


def test_second_sync_at_the_same_time_is_refused(hub: Hub) -> None:
    with locked(hub.home, "sync"), pytest.raises(BusyError) as caught:
        hub.sync()
    assert "另一个同步正在进行" in caught.value.zh


def test_going_back_is_moving_the_pointer(hub: Hub) -> None:
    now, first = current_number(hub.home), list_snapshots(hub.home)[0].number
    point_to(hub.home, first)
    assert len(hub.query("FROM resident")) == 40
    point_to(hub.home, now or 0)


def test_remapped_stream_is_standardised_again(hub: Hub) -> None:
    path = hub.home.root / "platforms" / "grid.yaml"
    before = path.read_text(encoding="utf-8")
    path.write_text(before.replace("phone: mobile, ", ""), encoding="utf-8")
    report = hub.sync()
    assert report.status == "ok"
    assert report.published is not None
    assert hub.query("SELECT count(phone) FROM resident") == [(0,)]
    path.write_text(before, encoding="utf-8")
    assert hub.sync().published is not None
    assert hub.query("SELECT count(*) - count(phone) FROM resident")[0][0] == len(
        hub.query("FROM resident WHERE platforms = 1 AND phone IS NULL")
    )


def test_nothing_personal_is_logged(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    with database(hub.home, "grid") as db:
        db.execute("ALTER TABLE resident RENAME TO resident_moved")
    try:
        report = hub.sync()
    finally:
        with database(hub.home, "grid") as db:
            db.execute("ALTER TABLE resident_moved RENAME TO resident")
    assert report.status == "partial"
    assert "张三" not in caplog.text + str(report.error)


def test_files_at_rest_are_unreadable(hub: Hub) -> None:
    for path in Path(hub.home.data).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert "张三".encode() not in content, path.name
            assert b"13800000001" not in content, path.name


def test_a_brain_of_an_older_version_is_built_anew_and_keeps_its_ids(hub: Hub) -> None:
    asked = "SELECT field, said, held FROM correction WHERE closed_at IS NULL ORDER BY ALL"
    before, requests = hub.ids(), hub.query(asked)
    number = current_number(hub.home)
    assert number is not None
    path = snapshot_path(hub.home, number)
    with memory(hub.home) as connection:
        attach(hub.home, connection, path, read_only=False)
        connection.execute("UPDATE meta SET value = '1' WHERE name = 'schema_version'")
        connection.execute("DROP TABLE correction")
        for table in ("event_record", "event_record_past", "event_link"):
            connection.execute(f"DROP TABLE {table}")
    with pytest.raises(NotFoundError, match="another version"), reading(hub.home):
        pass
    report = hub.sync()
    assert (report.status, report.published) == ("ok", number + 1)
    assert hub.ids() == before
    assert hub.query(asked) == requests
    assert hub.sync().published is None


def test_other_owners_decide_anew_and_publish(hub: Hub) -> None:
    path = hub.home.root / "hub.yaml"
    text = path.read_text(encoding="utf-8")
    number, before = current_number(hub.home), hub.query("SELECT phone FROM resident ORDER BY ALL")
    path.write_text(text.replace("owners: {phone: [grid, police]}", "owners: {}"), "utf-8")
    other = Hub(open_home(hub.home.root))
    assert other.sync().published == (number or 0) + 1
    assert other.query("SELECT phone FROM resident ORDER BY ALL") == before, "only one says it"
    assert other.sync().published is None
    path.write_text(text, "utf-8")
    assert hub.sync().published == (number or 0) + 2
