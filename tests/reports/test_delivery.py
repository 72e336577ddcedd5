"""A run arrives whole at SFTP, S3 and an exchange database; what failed arrives with the next."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import paramiko
import polars as pl
import pytest
import sqlalchemy as sa
import yaml

from hub.errors import ConfigError, SourceDownError
from hub.settings import Home, open_home
from reports.delivery import deliver_waiting
from reports.extract_file import Extract, load_extract
from reports.extract_run import forget_in_extracts, run_extract, runs_of
from tests.children import ended, kill_oneself
from tests.connectors import sftp_server
from tests.connectors.sftp_server import PASSWORD, USER
from tests.reports.test_extract import FILE, NOW

LATER = NOW + timedelta(hours=1)


def _extract(home: Home, *deliver: dict[str, object], **changed: object) -> Extract:
    content = yaml.safe_load(FILE) | {"deliver": list(deliver)} | changed
    path = home.root / "extracts" / "elders.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return load_extract(home, "elders")


class Writable(sftp_server.Files):
    """The account may also write."""

    def open(
        self, path: str, flags: int, attr: paramiko.SFTPAttributes
    ) -> paramiko.SFTPHandle | int:
        if not flags & (os.O_WRONLY | os.O_RDWR):
            return super().open(path, flags, attr)
        handle = paramiko.SFTPHandle(flags)
        handle.writefile = self._path(path).open("wb")
        return handle

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        self._path(path).mkdir()
        return int(paramiko.SFTP_OK)


@pytest.fixture
def sftp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sftp_server.Sftp]:
    (tmp_path / "recipient" / "in").mkdir(parents=True)
    monkeypatch.setattr(sftp_server, "Files", Writable)
    monkeypatch.setenv("SFTP_PASSWORD", PASSWORD)
    with sftp_server.serving(tmp_path / "recipient") as server:
        yield server


def _sftp(server: sftp_server.Sftp) -> dict[str, object]:
    return {
        "kind": "files", "path": f"sftp://127.0.0.1:{server.port}/in", "user": USER,
        "password": {"env": "SFTP_PASSWORD"}, "host_key": server.fingerprint,
    }  # fmt: skip


def _same(here: Path, there: Path) -> bool:
    return {p.name: p.read_bytes() for p in here.iterdir()} == {
        p.name: p.read_bytes() for p in there.iterdir()
    }


def test_sftp_gets_the_whole_folder_once(home: Home, sftp: sftp_server.Sftp) -> None:
    one = _extract(home, _sftp(sftp))
    done = run_extract(home, one, now=NOW)
    arrived = sftp.folder / "in" / done.folder.name
    assert _same(done.folder, arrived)
    (arrived / "elders.csv").write_bytes(b"read and taken")
    run_extract(home, one, now=LATER)
    assert (arrived / "elders.csv").read_bytes() == b"read and taken"  # not delivered twice
    assert len(list((sftp.folder / "in").iterdir())) == 2


def test_what_did_not_arrive_arrives_with_the_next_run(home: Home, sftp: sftp_server.Sftp) -> None:
    place = _sftp(sftp)
    down = _extract(home, place | {"path": "sftp://127.0.0.1:9/in"}, mode="changes")
    with pytest.raises(SourceDownError) as failed:
        run_extract(home, down, now=NOW)
    assert "SFTP" in failed.value.zh
    done = run_extract(home, _extract(home, place, mode="changes"), now=LATER)
    assert done.mode == "changes"
    names = sorted(one.name for one in (sftp.folder / "in").iterdir())
    assert len(names) == 2  # the full one that had not arrived, and the changes since
    first = json.loads((sftp.folder / "in" / names[0] / "manifest.json").read_text("utf-8"))
    assert (first["mode"], first["rows"]) == ("full", 2)
    assert [one["delivered"] for one in runs_of(home, "elders")] == [True, True]


def test_s3_gets_the_whole_folder(
    home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import boto3  # type: ignore[import-untyped]  # has no types
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        monkeypatch.setenv("S3_SECRET", "secret")
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3", endpoint_url=endpoint, aws_access_key_id="reader",
                              aws_secret_access_key="secret")  # fmt: skip
        client.create_bucket(Bucket="exchange")
        place = {
            "kind": "files", "path": "s3://exchange/in", "user": "reader",
            "password": {"env": "S3_SECRET"}, "endpoint": endpoint,
        }  # fmt: skip
        done = run_extract(home, _extract(home, place), now=NOW)
        found = client.list_objects_v2(Bucket="exchange")["Contents"]
        for path in done.folder.iterdir():
            key = f"in/{done.folder.name}/{path.name}"
            body = client.get_object(Bucket="exchange", Key=key)["Body"].read()
            assert body == path.read_bytes()
        assert len(found) == len(list(done.folder.iterdir()))
    finally:
        server.stop()


def test_a_table_gets_rows_and_a_batch_to_reconcile(home: Home, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/exchange.db"
    one = _extract(home, {"kind": "database", "url": url, "table": "elders"}, formats=["csv"])
    done = run_extract(home, one, now=NOW)
    _forget_delivery(home)
    run_extract(home, one, now=LATER)
    with sa.create_engine(url).connect() as connection:
        batches = connection.execute(sa.text("SELECT batch_no, row_count FROM elders_batch"))
        assert [row.row_count for row in batches] == [2, 2]
        rows = connection.execute(
            sa.text("SELECT * FROM elders WHERE batch_no = :b"), {"b": done.folder.name}
        )
        names = {row._mapping["name"] for row in rows}
    assert names == set(pl.read_csv(done.folder / "elders.csv", infer_schema=False)["name"])
    assert not list((home.data / "extracts" / "elders").glob("*.rows.parquet"))


@pytest.mark.parametrize("server", ["postgres_url", "mariadb_url"])
def test_real_servers_get_rows_once_and_in_one_piece(
    home: Home, server: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sa.make_url(request.getfixturevalue(server))
    monkeypatch.setenv("EXCHANGE_PASSWORD", str(url.password or ""))
    place = url.set(password=None).render_as_string()
    to: dict[str, object] = {"kind": "database", "url": place, "table": "elders_given",
                             "password": {"env": "EXCHANGE_PASSWORD"}}  # fmt: skip
    one = _extract(home, to, formats=["csv"], title="高龄𠮷")
    done = run_extract(home, one, now=NOW)
    _forget_delivery(home)
    deliver_waiting(home, one)
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        found = connection.execute(sa.text("SELECT * FROM elders_given")).mappings().all()
        batches = connection.execute(sa.text("SELECT * FROM elders_given_batch")).mappings().all()
        connection.execute(sa.text("DROP TABLE elders_given"))
    assert [(one["batch_no"], one["row_count"]) for one in batches] == [(done.folder.name, 2)]
    given = pl.read_csv(done.folder / "elders.csv", infer_schema=False)
    there = pl.DataFrame([dict(one) for one in found]).select(given.columns)
    assert sorted(there.rows()) == sorted(given.rows())
    connected = _extract(home, to | {"table": "elders_given"}, formats=["csv"])
    with engine.begin() as connection:  # a table of another shape: nothing of the batch stays
        connection.execute(sa.text("CREATE TABLE elders_given (batch_no VARCHAR(64))"))
    with pytest.raises(ConfigError) as refused:
        run_extract(home, connected, now=LATER)
    assert (
        "resident_id" in refused.value.zh
    )  # which columns are not there, and no word of a network
    with engine.begin() as connection:
        left = connection.execute(sa.text("SELECT count(*) FROM elders_given_batch")).scalar()
        for table in ("elders_given", "elders_given_batch"):
            connection.execute(sa.text(f"DROP TABLE {table}"))
    assert left == 1


def _table(folder: Path, table: str = "elders") -> dict[str, object]:
    return {"kind": "database", "url": f"sqlite:///{folder}/exchange.db", "table": table}


def _rows(folder: Path, query: str) -> list[tuple[object, ...]]:
    with sa.create_engine(f"sqlite:///{folder}/exchange.db").connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def test_changes_go_into_the_table_that_the_full_extract_made(home: Home, tmp_path: Path) -> None:
    run_extract(home, _extract(home, _table(tmp_path), mode="changes"), now=NOW)
    less = _extract(home, _table(tmp_path), mode="changes", population="age >= 60")
    assert run_extract(home, less, now=LATER).changes == {"removed": 1}
    found = _rows(tmp_path, "SELECT change, count(*) FROM elders GROUP BY change ORDER BY change")
    assert found == [(None, 2), ("removed", 1)]
    assert _rows(tmp_path, "SELECT mode, row_count FROM elders_batch ORDER BY batch_no") == [
        ("full", 2), ("changes", 1),
    ]  # fmt: skip


def test_a_place_that_is_down_keeps_no_other_waiting(home: Home, tmp_path: Path) -> None:
    both = (_table(tmp_path / "gone"), _table(tmp_path))
    for moment in (NOW, LATER):
        with pytest.raises(SourceDownError):
            run_extract(home, _extract(home, *both), now=moment)
    assert len(_rows(tmp_path, "SELECT * FROM elders_batch")) == 2
    (tmp_path / "gone").mkdir()
    assert len(deliver_waiting(home, _extract(home, *both))) == 2
    for folder in (tmp_path, tmp_path / "gone"):
        assert len(_rows(folder, "SELECT * FROM elders_batch")) == 2
        assert len(_rows(folder, "SELECT * FROM elders")) == 4
    assert all(one["delivered"] for one in runs_of(home, "elders"))


def test_a_place_that_joins_gets_everything_first(home: Home, tmp_path: Path) -> None:
    """It was sent the changes of what it had never been given."""
    old, new = _table(tmp_path), _table(tmp_path, "joined")
    run_extract(home, _extract(home, old, mode="changes"), now=NOW)
    assert run_extract(home, _extract(home, old, new, mode="changes"), now=LATER).mode == "full"
    assert len(_rows(tmp_path, "SELECT * FROM joined")) == 2
    both = _extract(home, old, new, mode="changes", population="age >= 60")
    assert run_extract(home, both, now=LATER + timedelta(days=1)).mode == "changes"


def test_a_table_that_joins_a_folder_gets_everything_first(home: Home, tmp_path: Path) -> None:
    run_extract(home, _extract(home, mode="changes"), now=NOW)
    added = _extract(home, _table(tmp_path), mode="changes")
    assert run_extract(home, added, now=LATER).mode == "full"
    assert len(_rows(tmp_path, "SELECT * FROM elders")) == 2


def test_another_recipient_gets_everything_first(home: Home) -> None:
    first = _extract(home, mode="changes")
    run_extract(home, first, now=NOW)
    whom = first.recipient.model_copy(update={"department": "区残联"})
    other = first.model_copy(update={"recipient": whom})
    assert run_extract(home, other, now=LATER).mode == "full"
    assert run_extract(home, other, now=LATER + timedelta(days=1)).mode == "changes"


def test_changes_whose_folder_is_gone_before_they_arrived_are_given_again(
    home: Home, tmp_path: Path
) -> None:
    away = _extract(home, _table(tmp_path / "gone"), mode="changes")
    with pytest.raises(SourceDownError):
        run_extract(home, away, now=NOW)
    shutil.rmtree(runs_of(home, "elders")[0]["folder"])
    (tmp_path / "gone").mkdir()
    assert run_extract(home, away, now=LATER).mode == "full"


def test_what_was_for_another_recipient_is_not_delivered(home: Home, tmp_path: Path) -> None:
    away = _extract(home, _table(tmp_path / "gone"))
    with pytest.raises(SourceDownError):
        run_extract(home, away, now=NOW)
    (tmp_path / "gone").mkdir()
    whom = away.recipient.model_copy(update={"department": "区残联"})
    assert deliver_waiting(home, away.model_copy(update={"recipient": whom})) == []
    assert deliver_waiting(home, away) == [runs_of(home, "elders")[0]["folder"].rsplit("/", 1)[1]]


def test_what_waits_is_delivered_from_where_the_home_is_moved_to(
    home: Home, tmp_path: Path
) -> None:
    """It was thrown away as a run that had been killed."""
    away = _extract(home, _table(tmp_path / "gone"))
    with pytest.raises(SourceDownError):
        run_extract(home, away, now=NOW)
    moved = open_home(home.root.rename(tmp_path / "moved"))
    (tmp_path / "gone").mkdir()
    assert len(deliver_waiting(moved, away)) == 1
    assert len(_rows(tmp_path / "gone", "SELECT * FROM elders")) == 2


def test_who_is_erased_is_not_delivered_any_more(home: Home, tmp_path: Path) -> None:
    away = _extract(home, _table(tmp_path / "gone"), mode="changes")
    with pytest.raises(SourceDownError):
        run_extract(home, away, now=NOW)
    folder = Path(runs_of(home, "elders")[0]["folder"])
    given = pl.read_csv(folder / "elders.csv", infer_schema=False)["resident_id"].to_list()
    forget_in_extracts(home, given[0])
    (tmp_path / "gone").mkdir()
    deliver_waiting(home, away)
    assert _rows(tmp_path / "gone", "SELECT resident_id FROM elders") == [(given[1],)]
    assert _rows(tmp_path / "gone", "SELECT row_count FROM elders_batch") == [(1,)]


def _forget_delivery(home: Home) -> None:
    """As if the machine had died after the rows were in, before that was noted."""
    from reports.delivery import keep_for_delivery

    one = load_extract(home, "elders")
    for path in (home.data / "extracts" / "elders").glob("elders-*.json"):
        told = json.loads(path.read_text(encoding="utf-8"))
        told.pop("delivered")
        told.pop("arrived_at")
        path.write_text(json.dumps(told), encoding="utf-8")
        given = pl.read_csv(Path(told["folder"]) / "elders.csv", infer_schema=False)
        keep_for_delivery(home, one, given, path.stem)


def test_a_place_that_is_not_understood_is_refused(home: Home) -> None:
    for wrong in ({"kind": "ftp"}, {"kind": "database", "url": "sqlite://", "table": "a;b"}):
        with pytest.raises(ConfigError):
            _extract(home, wrong)


def run_until(module: str, step: str, root: Path) -> None:
    """Run the extract, and be killed instead of taking the step."""
    setattr(import_module(module), step, kill_oneself)
    home = open_home(root)
    run_extract(home, load_extract(home, "elders"), now=NOW)


@pytest.mark.parametrize(
    ("module", "step"),
    [
        ("reports.extract_run", "_texts"), ("reports.extract_run", "keep_for_delivery"),
        ("reports.extract_run", "_write_state"), ("reports.extract_run", "publish"),
        ("reports.extract_run", "deliver_waiting"),
        ("reports.delivery", "_note"),
    ],
)  # fmt: skip
def test_a_run_that_is_killed_is_made_whole_by_the_next(
    home: Home, tmp_path: Path, module: str, step: str
) -> None:
    url = f"sqlite:///{tmp_path}/exchange.db"
    to = {"kind": "database", "url": url, "table": "elders"}
    one = _extract(home, to, mode="changes", formats=["parquet"])
    assert ended(run_until, module, step, home.root) == -signal.SIGKILL
    run_extract(home, one, now=LATER)
    deliver_waiting(home, one)
    with sa.create_engine(url).connect() as connection:
        batches = connection.execute(sa.text(
            "SELECT b.row_count, b.mode, (SELECT count(*) FROM elders e "
            "WHERE e.batch_no = b.batch_no) FROM elders_batch b ORDER BY b.batch_no"
        )).fetchall()  # fmt: skip
    assert all(told == held for told, _, held in batches)
    assert batches[0][:2] == (2, "full")  # nobody is lost, whatever moment it died at
    folders = [p.name for p in (home.data / "out" / "elders").iterdir()]
    assert all(not name.startswith(".") for name in folders)
    assert datetime.now(UTC) > LATER
