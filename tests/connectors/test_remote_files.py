"""Files on an SFTP server: fetched once, from a server that is known."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from connectors import Connector, open_connector
from hub.errors import ConfigError, HubError, SourceDownError, SourceRefusedError
from hub.platform import Platform
from pipelines.watching import arrival_mark

from .sftp_server import CLIENT_KEY, PASSWORD, USER, Sftp, serving


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Sftp]:
    folder = tmp_path / "remote"
    (folder / "out" / "网格一").mkdir(parents=True)
    (folder / "out" / "a.csv").write_bytes("姓名,证件号\n张三,1\n".encode("gb18030"))
    (folder / "out" / "网格一" / "b.csv").write_text("姓名,证件号\n李四,2\n", "utf-8")
    (folder / "secret.csv").write_text("姓名,证件号\n王五,3\n", "utf-8")
    with serving(folder) as served:
        yield served


@pytest.fixture
def remote(make_platform: Any, monkeypatch: pytest.MonkeyPatch, sftp: Sftp) -> Any:
    monkeypatch.setenv("SFTP", PASSWORD)

    def made(*, files: str = "**/*.csv", **settings: Any) -> Platform:
        connection = {
            "kind": "files",
            "path": f"sftp://127.0.0.1:{sftp.port}/out",
            "user": USER,
            "password": {"env": "SFTP"},
            "host_key": sftp.fingerprint,
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


def test_files_of_a_tree_are_fetched_once_and_only_when_they_change(
    remote: Any, sftp: Sftp
) -> None:
    first = pulled(open_connector(remote(), Path("/")))
    assert [list(row.values()) for row in first.rows.to_pylist()] == [
        ["张三", "1", "a.csv!2"],
        ["李四", "2", "网格一/b.csv!2"],
    ]
    assert first.complete
    assert sorted(sftp.fetched) == ["/out/a.csv", "/out/网格一/b.csv"]
    cursor = json.loads(json.dumps(first.cursor))
    again = pulled(open_connector(remote(), Path("/")), cursor)
    assert (again.rows.num_rows, len(sftp.fetched)) == (0, 2)
    (sftp.folder / "out" / "a.csv").write_text("姓名,证件号\n张三,11\n", "utf-8")
    changed = pulled(open_connector(remote(), Path("/")), cursor)
    assert changed.rows["证件号"].to_pylist() == ["11", "2"]


def test_nothing_fetched_stays_behind(remote: Any, sftp: Sftp) -> None:
    connector: Any = open_connector(remote(), Path("/"))
    path = connector.place.local("a.csv")
    assert path.parent.stat().st_mode & 0o077 == 0
    connector.close()
    assert not path.parent.exists()


def test_a_key_instead_of_a_password(remote: Any, tmp_path: Path) -> None:
    CLIENT_KEY.write_private_key_file(str(tmp_path / "id"))
    chunk = pulled(open_connector(remote(password=None, key_file="id"), tmp_path))
    assert chunk.rows.num_rows == 2
    (tmp_path / "none").write_text("no key", "utf-8")
    for name in ("none", "missing"):
        with pytest.raises(HubError) as caught:
            pulled(open_connector(remote(password=None, key_file=name), tmp_path))
        assert "key_file" in caught.value.zh


@pytest.mark.parametrize(
    ("settings", "error", "says"),
    [
        ({"host_key": None}, SourceRefusedError, "主机指纹是 SHA256:"),
        ({"host_key": "SHA256:other"}, SourceRefusedError, "主机指纹是 SHA256:"),
        ({"user": "nobody"}, SourceRefusedError, "拒绝了账号"),
        ({"path": "sftp://127.0.0.1:9/out"}, SourceDownError, "连接不上"),
        ({"path": "sftp://no-such-host.invalid/out"}, SourceDownError, "连接不上"),
        ({"path": "ftp://127.0.0.1/out"}, ConfigError, "sftp://、s3://"),
        ({"path": "sftp://127.0.0.1:port/out"}, ConfigError, "path 写得不对"),
        ({"path": "sftp:///out"}, ConfigError, "path 写得不对"),
        ({"files": "*.xlsx"}, SourceDownError, "没有找到文件 *.xlsx"),
    ],
    ids=[
        "no key",
        "other key",
        "account",
        "port",
        "host",
        "scheme",
        "no port",
        "no host",
        "no file",
    ],
)
def test_what_cannot_be_had_is_said(
    remote: Any, settings: dict[str, Any], error: type[HubError], says: str
) -> None:
    connector = open_connector(remote(**settings), Path("/"))
    with pytest.raises(error) as caught:
        pulled(connector)
    assert says in caught.value.zh
    assert PASSWORD not in caught.value.zh + str(caught.value)
    (finding,) = connector.check()
    assert (finding.ok, says in finding.advice) == (False, True)
    connector.close()


def test_the_password_goes_to_no_unknown_server(remote: Any, sftp: Sftp) -> None:
    with pytest.raises(SourceRefusedError) as caught:
        pulled(open_connector(remote(host_key="SHA256:other"), Path("/")))
    assert sftp.fingerprint in caught.value.zh
    assert not sftp.fetched


def test_a_folder_that_may_not_be_read_is_no_empty_folder(remote: Any, sftp: Sftp) -> None:
    sftp.forbidden = "/out/网格一"
    with pytest.raises(SourceDownError, match="PermissionError") as caught:
        pulled(open_connector(remote(), Path("/")))
    assert "没有读取的权限" in caught.value.zh
    assert pulled(open_connector(remote(files="*.csv"), Path("/"))).rows.num_rows == 1


@pytest.mark.parametrize("gone_at", ["/out/网格一", "/out/a.csv"], ids=["listing", "fetching"])
def test_a_server_that_goes_away_meanwhile(
    remote: Any, sftp: Sftp, gone_at: str, capfd: Any
) -> None:
    sftp.gone_at = gone_at
    with pytest.raises(SourceDownError) as caught:
        pulled(open_connector(remote(), Path("/")))
    assert "与服务器的连接断了" in caught.value.zh
    assert "Traceback" not in capfd.readouterr().err


def test_a_server_that_says_nothing_is_not_waited_for_without_end(
    remote: Any, sftp: Sftp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.remote_files.WAIT", 1)
    sftp.silent_at = "/out/a.csv"
    with pytest.raises(SourceDownError) as caught:
        pulled(open_connector(remote(), Path("/")))
    assert "一直不应答" in caught.value.zh


def test_a_file_that_grows_while_it_is_fetched_is_not_taken(remote: Any, sftp: Sftp) -> None:
    sftp.grows = "/out/a.csv"
    with pytest.raises(SourceDownError) as caught:
        pulled(open_connector(remote(), Path("/")))
    assert "文件 a.csv 正在被改写" in caught.value.zh


def test_links_and_names_with_brackets(remote: Any, sftp: Sftp) -> None:
    inside = sftp.folder / "名单[2026]"
    (inside / "b").mkdir(parents=True)
    (inside / "b" / "c.csv").symlink_to(sftp.folder / "out" / "a.csv")
    (inside / "round").symlink_to(inside)
    (inside / "nowhere.csv").symlink_to(inside / "gone.csv")
    path = f"sftp://{USER}@127.0.0.1:{sftp.port}/{quote('名单[2026]')}"
    platform = remote(path=path, user=None)
    assert pulled(open_connector(platform, Path("/"))).rows["姓名"].to_pylist() == ["张三"]


def test_file_names_in_gbk_are_told(remote: Any, sftp: Sftp) -> None:
    (sftp.folder / "out" / os.fsdecode("名单.csv".encode("gbk"))).write_bytes(b"")
    with pytest.raises(SourceDownError) as caught:
        pulled(open_connector(remote(), Path("/")))
    assert "文件名不是 UTF-8 编码" in caught.value.zh


def test_how_to_log_in_must_be_written(remote: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        pulled(open_connector(remote(password=None), Path("/")))
    assert "请写 password 或 key_file" in caught.value.zh


def test_new_files_there_are_noticed(remote: Any, sftp: Sftp, tmp_path: Path) -> None:
    home: Any = SimpleNamespace(root=tmp_path)
    before = arrival_mark(home, remote())
    assert before is not None
    assert arrival_mark(home, remote()) == before
    (sftp.folder / "out" / "~$a.csv").write_bytes(b"")  # somebody has it open
    assert arrival_mark(home, remote()) == before
    (sftp.folder / "out" / "c.csv").write_bytes(b"")
    assert arrival_mark(home, remote()) not in (None, before)
    assert arrival_mark(home, remote(user="nobody")) is None
    assert not sftp.fetched
