"""A file counts whole or not at all, though its rows are stored while the rest of it is read."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.init import make_home
from hub.errors import SourceChangedError
from hub.settings import Home, open_home
from ledger import open_ledger
from ledger.changes import accept_changes
from pipelines.pull import pull_stream
from warehouse.core import read_raw
from warehouse.duck import memory

PLATFORM = """
platform: wuye
title: 物业系统
owner: {level: community, department: 物业公司}
connection: {kind: files, path: in}
streams:
  people: {files: "*.csv", key: [编号], increment: snapshot, entity: resident, map: {name: 姓名}}
"""
LONG, SHORT = 230_000, 3
"""Rows: three chunks, and one."""
KILLED = """
import os, signal, sys
from pathlib import Path
from hub.settings import open_home
from ledger.ledger import Ledger, open_ledger
from pipelines.pull import pull_stream
Ledger.commit = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
home = open_home(Path(sys.argv[1]))
ledger = open_ledger(home.data / "ledger.sqlite")
pull_stream(home, ledger, home.platforms()["wuye"], "people", lambda *_: None)
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    make_home(tmp_path / "home", "测试数据大脑")
    (tmp_path / "home" / "platforms" / "wuye.yaml").write_text(PLATFORM, "utf-8")
    (tmp_path / "home" / "in").mkdir()
    return open_home(tmp_path / "home")


def leave(home: Home, rows: int, end: str = "") -> None:
    body = "".join(f"{row},张三丰\n" for row in range(rows))
    (home.root / "in" / "人.csv").write_text(f"编号,姓名\n{body}{end}", "utf-8")


def pulled(home: Home) -> tuple[int, int]:
    """Rows read and stored."""
    ledger = open_ledger(home.data / "ledger.sqlite")
    try:
        one = pull_stream(home, ledger, home.platforms()["wuye"], "people", lambda *_: None)
        return one.read, one.stored
    finally:
        ledger.close()


def committed(home: Home) -> list[tuple[str, int]]:
    """Raw files that the ledger knows, and their rows."""
    ledger = open_ledger(home.data / "ledger.sqlite")
    found = [(Path(one.path).name, one.rows) for one in ledger.batches()]
    ledger.close()
    return found


def on_disk(home: Home) -> list[Path]:
    return sorted((home.data / "raw").rglob("*.*"))


def test_nothing_stays_of_a_file_that_is_damaged_at_its_end(home: Home) -> None:
    leave(home, LONG, end='"没有合上的引号')
    with pytest.raises(SourceChangedError, match="unreadable"):
        pulled(home)
    ledger = open_ledger(home.data / "ledger.sqlite")
    failed = ledger.last_pulls()["wuye", "people"]
    ledger.close()
    assert (failed.status, failed.rows_read, failed.rows_stored) == ("failed", 0, 0)
    assert (committed(home), on_disk(home)) == ([], [])
    leave(home, LONG)
    assert pulled(home) == (LONG, LONG)
    expected = [
        ("000001.parquet", 100_000),
        ("000002.parquet", 100_000),
        ("000003.parquet", 30_000),
    ]
    assert committed(home) == expected
    leave(home, LONG + 1, end="少一格\n")
    with pytest.raises(SourceChangedError):
        pulled(home)
    assert committed(home) == expected
    assert [one.name for one in on_disk(home)] == [name for name, _ in expected]


def test_of_several_new_files_the_later_one_counts(home: Home) -> None:
    """As if each had been read when it came; two rows of one file stay in doubt."""
    platform = home.root / "platforms" / "wuye.yaml"
    platform.write_text(PLATFORM.replace("increment: snapshot", "increment: new_files"), "utf-8")
    for age, (name, rows) in enumerate({"9月": "张", "10月": "李", "11月": "王\n1,赵"}.items()):
        path = home.root / "in" / f"{name}.csv"
        path.write_text(f"编号,姓名\n1,{rows}三丰\n", "utf-8")
        os.utime(path, (1_700_000_000 + age, 1_700_000_000 + age))
    assert pulled(home) == (4, 4)
    ledger = open_ledger(home.data / "ledger.sqlite")
    paths = [home.data / one.path for one in ledger.batches()]
    ledger.close()
    with memory(home) as connection:
        found = [
            (row["_op"], row["姓名"])
            for path in paths
            for row in read_raw(home, connection, path.relative_to(home.data).as_posix())
            .sort("_row")
            .iter_rows(named=True)
        ]
    assert found == [
        ("upsert", "张三丰"), ("upsert", "李三丰"), ("upsert", "王"), ("duplicate", "赵三丰"),
    ]  # fmt: skip


def test_a_new_column_of_a_file_waits_where_the_contract_is_stop(home: Home) -> None:
    def leave_with(column: str, *values: str) -> None:
        body = "".join(f"{row},张三丰,{value}\n" for row, value in enumerate(values))
        (home.root / "in" / "人.csv").write_text(f"编号,姓名,{column}\n{body}", "utf-8")

    platform = home.root / "platforms" / "wuye.yaml"
    platform.write_text(PLATFORM.replace("entity:", "contract: stop, entity:"), "utf-8")
    leave_with("房号", "1")
    assert pulled(home) == (1, 1)
    leave_with("房号", "1", "2")
    assert pulled(home) == (2, 1)
    leave_with("房号,车牌", "1,x", "2,x", "3,x")
    for _ in range(2):
        with pytest.raises(SourceChangedError) as caught:
            pulled(home)
        assert "新增了列 车牌" in caught.value.zh
        assert "hub changes accept wuye" in caught.value.zh
    ledger = open_ledger(home.data / "ledger.sqlite")
    assert accept_changes(ledger, "wuye")
    ledger.close()
    assert pulled(home) == (3, 1)


def test_what_a_killed_pull_left_is_encrypted_and_removed_by_the_next(home: Home) -> None:
    leave(home, LONG)
    command = [sys.executable, "-c", KILLED, str(home.root)]
    assert subprocess.run(command, check=False, cwd=Path(__file__).parents[2]).returncode == -9
    left = on_disk(home)
    assert (committed(home), len(left)) == ([], 3)
    assert all(one.read_bytes()[:4] == b"PARE" for one in left)
    assert not any("张三丰".encode() in one.read_bytes() for one in left)
    leave(home, SHORT)
    assert pulled(home) == (SHORT, SHORT)
    assert committed(home) == [("000001.parquet", SHORT)]
    assert [one.name for one in on_disk(home)] == ["000001.parquet"]
