"""Every bad database of the table: its sentence, and where each of its rows went."""

import logging
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.errors import ConfigError
from hub.platform import load_platform

from .database_cases import BATCHES, CASES, EXCHANGE, EXCHANGES, PEOPLE, Case
from .file_cases import WANG, ZHANG
from .judging import Counts, Judge

CHOSEN = [
    pytest.param(case, server, id=f"{case.name}-{server}")
    for case in CASES
    for server in case.servers
]


def run(url: str, statements: tuple[str, ...]) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for one in statements:
            connection.connection.cursor().execute(one)
    engine.dispose()


@pytest.fixture
def judge(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Judge:
    caplog.set_level(logging.DEBUG)
    return Judge(tmp_path / "home")


def judged(judge: Judge, case: Case, log: str) -> None:
    """The sentence, the accounting, and nobody's number in what is said."""
    stored = judge.stored()
    outcome = judge.judge()
    assert case.says in outcome.told, outcome.told
    assert outcome.refused is (case.counts == Counts()), outcome.told
    if not outcome.refused:
        assert outcome.read == case.counts.rows
        assert judge.stored() == outcome.read - case.counts.repeated, "each row is stored once"
    elif "code system" not in case.name:
        assert judge.stored() == stored, "nothing of it was stored"
    assert all(one not in outcome.told + log for one in (ZHANG, WANG, "13812341234"))
    if not (outcome.refused or case.before):
        assert outcome.counts == case.counts


@pytest.mark.parametrize(("case", "server"), CHOSEN)
def test_bad_database(
    case: Case,
    server: str,
    judge: Judge,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    url = request.getfixturevalue(f"{server}_url")
    good = sa.make_url(url)
    run(url, ("DROP VIEW IF EXISTS seen", *PEOPLE))
    reached = good.set(**case.url)
    monkeypatch.setenv("BAD_PASSWORD", str(reached.password))
    address = reached._replace(password=None).render_as_string()
    connection = {"kind": "database", "url": address, "password": {"env": "BAD_PASSWORD"}}
    judge.declare(connection | dict(case.connection), {"table": "people"} | dict(case.stream))
    if case.before:
        if "code system" in case.name:
            people = ", ".join(f"('n{n}', '居民甲', '', '', '1')" for n in range(30))
            run(url, (f"INSERT INTO people (编号, 姓名, 证件号, 电话, 性别) VALUES {people}",))
        assert not judge.judge().refused
        if "code system" in case.name:
            publish(judge)
    run(url, case.upset)
    judged(judge, case, caplog.text)
    assert str(reached.password) not in caplog.text
    run(url, ("DROP VIEW IF EXISTS seen", "DROP TABLE IF EXISTS people"))


@pytest.mark.parametrize(("encoding", "says"), [("utf-8", ""), ("gbk", "有文字读不出来")])
def test_a_database_that_does_not_know_its_encoding(
    encoding: str, says: str, judge: Judge, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "张三丰".encode(encoding).hex()
    url = sa.make_url(postgres_url)
    plain = "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
    run(postgres_url, ("DROP DATABASE IF EXISTS bytes", f"CREATE DATABASE bytes {plain}"))
    there = url.set(database="bytes", query={"client_encoding": "utf8"})
    run(
        there.render_as_string(hide_password=False),
        (PEOPLE[1].replace("timestamp NULL", "text"),
         f"INSERT INTO people VALUES ('1', convert_from('\\x{name}', 'SQL_ASCII'), '{ZHANG}')"),
    )  # fmt: skip
    monkeypatch.setenv("BAD_PASSWORD", str(url.password))
    address = url.set(database="bytes")._replace(password=None).render_as_string()
    connection = {"kind": "database", "url": address, "password": {"env": "BAD_PASSWORD"}}
    judge.declare(connection, {"table": "people"})
    outcome = judge.judge()
    assert outcome.refused is bool(says)
    assert says in outcome.told
    run(postgres_url, ("DROP DATABASE bytes",))


def publish(judge: Judge) -> None:
    """A snapshot of what is in core, so that there is a before."""
    from ..pipelines.steps import Steps

    Steps(judge.home).publish()


@pytest.mark.parametrize("case", EXCHANGES, ids=lambda case: case.name)
def test_bad_exchange(case: Case, judge: Judge, caplog: pytest.LogCaptureFixture) -> None:
    path = judge.home.root / "link.db"
    write(path, BATCHES)
    judge.declare({"kind": "exchange", "url": "sqlite:///link.db"}, EXCHANGE | dict(case.stream))
    if case.before:
        assert not judge.judge().refused
    write(path, case.upset)
    if "granted" in case.name:
        path.chmod(0o444)
        if os.geteuid() == 0:  # root may write to it all the same
            path.unlink()
            write(path, (*BATCHES, "CREATE TRIGGER no BEFORE UPDATE ON batch BEGIN "
                         "SELECT raise(FAIL, 'permission denied'); END"))  # fmt: skip
    judged(judge, case, caplog.text)


def write(path: Path, statements: tuple[str, ...]) -> None:
    with sqlite3.connect(path) as database:
        for one in statements:
            database.execute(one)
    database.close()


@pytest.fixture
def files(judge: Judge) -> tuple[Judge, Path]:
    judge.declare({"kind": "database", "url": "sqlite:///people.db"}, {"table": "people"})
    return judge, judge.home.root / "people.db"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"this is no database at all, but it is long enough to be read as one" * 99, "已损坏"),
        (b"", "找不到表 people"),
        (None, "连接不上"),
    ],
)
def test_a_bad_sqlite_file(files: tuple[Judge, Path], content: bytes | None, says: str) -> None:
    judge, path = files
    if content is not None:
        path.write_bytes(content)
    outcome = judge.judge()
    assert (outcome.refused, says in outcome.told) == (True, True), outcome.told
    assert path.exists() is (content is not None), "no file is made"


def test_bytes_that_are_no_text(files: tuple[Judge, Path]) -> None:
    judge, path = files
    write(path, (*PEOPLE, "UPDATE people SET 姓名 = CAST(x'c3c3' AS TEXT) WHERE 编号 = '2'"))
    outcome = judge.judge()
    assert (outcome.refused, "字符编码不对" in outcome.told) == (True, True), outcome.told
    assert judge.stored() == 0


@pytest.mark.parametrize(
    "url",
    ["postgresql+psycopg://reader:hunter2@h/x", "mysql+pymysql://h/x?password=hunter2"],
)
def test_a_secret_in_an_address_is_refused_and_never_said(judge: Judge, url: str) -> None:
    judge.declare({"kind": "database", "url": url}, {"table": "people"})
    with pytest.raises(ConfigError) as caught:
        load_platform(judge.file)
    said: Any = f"{caught.value} {caught.value.zh}"
    assert "直接写了密码" in said
    assert "hunter2" not in said


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(CASES) + len(EXCHANGES) + 6 >= 50
