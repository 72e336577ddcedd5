"""Which home is spoken of, `hub init`, `hub crosswalk`, and what a fault of ours leaves behind."""

import csv
import os
import subprocess
from pathlib import Path

import duckdb
import pytest

from hub.settings import Home, open_home
from tests.cli.conftest import Hub

HUB = Path(".venv/bin/hub").resolve()
NAME = "测试社区数据大脑"


def test_the_home_before_behind_and_around(
    hub: Hub, small_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(small_home.root)
    assert hub("--home", root, "status", "--json").json["name"] == NAME
    assert hub("status", "--json", "--home", root).json["name"] == NAME
    assert hub("--home", "/nowhere", "status", "--json", "--home", root).json["name"] == NAME
    monkeypatch.chdir(root)
    assert hub("status", "--json").json["name"] == NAME
    monkeypatch.chdir("/")
    monkeypatch.setenv("HUB_HOME", root)
    assert hub("status", "--json").json["name"] == NAME


@pytest.mark.parametrize(
    "typed",
    ["status", "sync", "snapshots", "rollback 1", "platform list", "platform check",
     "platform preview a", "quarantine list", "quarantine export --out a.xlsx",
     "resident find 张", "resident show R", "crosswalk --out a.csv"],
)  # fmt: skip
def test_no_home(hub: Hub, tmp_path: Path, typed: str) -> None:
    ran = hub(*typed.split(), home=tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "hub init" in ran.err
    assert not list(tmp_path.iterdir())


def test_init(hub: Hub, tmp_path: Path) -> None:
    folder = tmp_path / "甲" / "home"
    ran = hub("init", folder, "--name", '甲"社区: x')
    assert ran.code == 0
    assert open_home(folder).settings.name == '甲"社区: x'
    assert open_home(folder).platforms() == {}
    assert (folder / "secrets").stat().st_mode & 0o777 == 0o700
    assert (folder / "secrets" / "data.key").stat().st_mode & 0o777 == 0o600
    assert "/secrets/" in (folder / ".gitignore").read_text("utf-8")
    assert hub("status", home=folder).code == 0


def test_the_template_is_a_platform_file(hub: Hub, tmp_path: Path) -> None:
    hub("init", tmp_path)
    template = tmp_path / "platforms" / "示例.yaml.txt"
    template.rename(template.with_name("street_grid.yaml"))
    (platform,) = open_home(tmp_path).platforms().values()
    from schemas.mapping import compile_mapping

    assert compile_mapping(platform, "residents").entity == "resident"


def test_init_refuses(hub: Hub, small_home: Home, tmp_path: Path) -> None:
    before = (small_home.root / "hub.yaml").read_text("utf-8")
    again = hub("init", small_home.root)
    assert again.code == 2
    assert "没有改动" in again.err
    assert (small_home.root / "hub.yaml").read_text("utf-8") == before
    (tmp_path / "file").touch()
    assert hub("init", tmp_path / "file").code == 2


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_crosswalk(hub: Hub, small_home: Home, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"对照{suffix}"
    assert hub("crosswalk", "--out", path, home=small_home).code == 0
    if suffix == ".csv":
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = [tuple(v or None for v in row.values()) for row in csv.DictReader(file)]
    else:
        rows = duckdb.sql(f"SELECT * FROM '{path}'").fetchall()
    found = {(row[0], row[2]): row[3:] for row in rows}
    assert len(rows) == len(found) == 8
    assert found["police", "P1"] == found["street_grid", "G1"]
    assert found["police", "P1"][1] == found["police", "P2"][1]  # one household
    assert found["street_grid", "W1"] == (None, None, "510108019006001")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_the_crosswalk_wants_a_suffix(hub: Hub, small_home: Home, tmp_path: Path) -> None:
    assert hub("crosswalk", "--out", tmp_path / "a.txt", home=small_home).code == 2


def test_a_fault_of_ours(hub: Hub, small_home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("王小红 13900001111")

    monkeypatch.setattr("warehouse.answers.find", broken)
    ran = hub("resident", "find", "王小红", home=small_home)
    log = small_home.data / "hub.log"
    assert ran.code == 70
    assert str(log) in ran.err.replace("\n", "")
    text = log.read_text("utf-8")
    assert "ValueError" in text
    assert "in broken" in text
    for value in ("王小红", "13900001111"):
        assert value not in text + ran.err
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_wrong_setting(hub: Hub, tmp_path: Path) -> None:
    hub("init", tmp_path)
    (tmp_path / "hub.yaml").write_text("nam: x\n", encoding="utf-8")
    ran = hub("status", home=tmp_path)
    assert ran.code == 2
    assert "hub.yaml" in ran.err


def test_as_it_is_installed(small_home: Home) -> None:
    ran = subprocess.run(
        [HUB, "snapshots", "--json", "--home", small_home.root], capture_output=True, check=True
    )
    assert ran.stdout.startswith(b"[")
    assert subprocess.run([HUB, "nonsense"], capture_output=True, check=False).returncode == 2


def test_a_terminal_that_cannot_write_chinese(small_home: Home) -> None:
    said = {**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}
    command = [HUB, "status", "--home", small_home.root]
    ran = subprocess.run(command, capture_output=True, check=False, env=said)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_demo_leaves_other_homes_alone(hub: Hub, small_home: Home) -> None:
    ran = hub("demo", home=small_home)
    assert ran.code == 2
    assert "不能用来演示" in ran.err
