"""Files in S3: new and changed ones are fetched, others not; what is wrong is named."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import Connector, open_connector
from hub.errors import ConfigError, HubError, SourceDownError, SourceRefusedError
from hub.platform import Platform

from .s3_server import BUCKET, S3, serving

HEADER = "姓名,证件号\n"


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with serving() as served:
        served.put("out/a.csv", f"{HEADER}张三,1\n".encode("gb18030"))
        served.put("out/网格一/b.csv", f"{HEADER}李四,2\n".encode())
        served.put("out/说明.txt", b"-")
        served.put("else/c.csv", f"{HEADER}王五,3\n".encode())
        yield served


@pytest.fixture
def bucket(make_platform: Any, monkeypatch: pytest.MonkeyPatch, s3: S3) -> Any:
    monkeypatch.setenv("S3_SECRET", s3.secret)

    def made(*, files: str = "**/*.csv", **settings: Any) -> Platform:
        connection = {
            "kind": "files",
            "path": f"s3://{BUCKET}/out",
            "user": s3.key,
            "password": {"env": "S3_SECRET"},
            "endpoint": s3.url,
        }
        people = {"files": files, "read": ["姓名", "证件号"]}
        platform: Platform = make_platform(connection | settings, people=people)
        return platform

    return made


def pulled(connector: Connector, cursor: Any = None) -> Any:
    try:
        (chunk,) = connector.pull("people", cursor, resume=False)
    finally:
        connector.close()
    return chunk


def fetched(connector: Any, cursor: Any) -> tuple[list[Any], list[str]]:
    """The chunks that are pulled, and which files were brought here for them."""
    names: list[str] = []
    folder = connector.place.folder
    fetch = folder.fetch
    folder.fetch = lambda name, into: (names.append(name), fetch(name, into))[1]
    try:
        return list(connector.pull("people", cursor, resume=False)), names
    finally:
        connector.close()


def test_only_new_and_changed_files_are_fetched(bucket: Any, s3: S3) -> None:
    (first,), names = fetched(open_connector(bucket(), Path("/")), None)
    assert [list(row.values()) for row in first.rows.to_pylist()] == [
        ["张三", "1", "a.csv!2"],
        ["李四", "2", "网格一/b.csv!2"],
    ]
    assert first.complete
    assert names == ["a.csv", "网格一/b.csv"]
    cursor = json.loads(json.dumps(first.cursor))
    (again,), names = fetched(open_connector(bucket(), Path("/")), cursor)
    assert (again.rows.num_rows, names) == (0, [])
    s3.put("out/a.csv", f"{HEADER}张三,11\n".encode())
    s3.put("out/d.csv", f"{HEADER}赵六,4\n".encode())
    new = bucket()
    settings = new.streams["people"]
    increment = settings.increment.model_copy(update={"snapshot": False, "new_files": True})
    new.streams["people"] = settings.model_copy(update={"increment": increment})
    (one, other), names = fetched(open_connector(new, Path("/")), cursor)
    assert [chunk.rows["证件号"].to_pylist() for chunk in (one, other)] == [["11"], ["4"]]
    assert names == ["a.csv", "d.csv"]
    assert not other.complete


def test_nothing_fetched_stays_behind(bucket: Any) -> None:
    connector: Any = open_connector(bucket(), Path("/"))
    path = connector.place.local("网格一/b.csv")
    assert path.parent.stat().st_mode & 0o077 == 0
    connector.close()
    assert not path.parent.exists()


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"user": "AKIANOBODY0000000000"}, SourceRefusedError, "拒绝了访问：请核对 user"),
        ({"password": {"env": "WRONG"}}, SourceRefusedError, "拒绝了访问：请核对 user"),
        ({"path": "s3://nobodys/out"}, ConfigError, "没有桶 nobodys：请核对 path"),
        ({"path": "s3://名单/out"}, ConfigError, "没有桶 名单：请核对 path"),
        ({"path": "s3:///out"}, ConfigError, "path 写得不对"),
        ({"endpoint": "minio.example:9000"}, ConfigError, "endpoint 应以 http://"),
        ({"path": f"s3://{BUCKET}/empty"}, SourceDownError, "没有找到文件 **/*.csv"),
        ({"endpoint": "http://127.0.0.1:9"}, SourceDownError, "S3 连接不上"),
    ],
)
def test_what_is_wrong_is_named(
    bucket: Any,
    settings: dict[str, Any],
    error: type[HubError],
    words: str,
    s3: S3,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WRONG", "not-the-secret-of-anybody")
    connector = open_connector(bucket(**settings), Path("/"))
    with pytest.raises(error) as caught:
        pulled(connector)
    assert words in caught.value.zh
    shown = f"{caught.value}{caught.value.zh}"
    assert "not-the-secret" not in shown
    assert s3.secret not in shown
    (finding,) = open_connector(bucket(**settings), Path("/")).check()
    assert not finding.ok


def test_the_missing_library_is_named(bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)  # as where it was never installed
    with pytest.raises(ConfigError) as caught:
        pulled(open_connector(bucket(), Path("/")))
    assert "请管理员运行 pip install s3fs" in caught.value.zh


def test_a_server_that_goes_away_meanwhile(make_platform: Any, monkeypatch: Any) -> None:
    with serving() as served:
        monkeypatch.setenv("S3_SECRET", served.secret)
        served.put("a.csv", HEADER.encode())
        platform = make_platform(
            {
                "kind": "files", "path": f"s3://{BUCKET}", "user": served.key,
                "password": {"env": "S3_SECRET"}, "endpoint": served.url,
            },
            people={"files": "*.csv", "read": ["姓名", "证件号"]},
        )  # fmt: skip
        connector: Any = open_connector(platform, Path("/"))
        assert connector.place.names("*.csv") == ["a.csv"]
    with pytest.raises(SourceDownError, match="cannot be opened"):
        connector.place.local("a.csv")
    connector.close()
