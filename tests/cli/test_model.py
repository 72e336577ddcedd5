"""`hub model`: what is listed, shown and used; too small a home is not learnt from."""

import json
import re
from pathlib import Path

import pytest

from hub.settings import Home
from identity.model import read_model
from tests.cli.conftest import Hub
from tests.cli.small_home import copied


@pytest.fixture
def home(small_home: Home, tmp_path: Path) -> Home:
    return copied(small_home, tmp_path / "home")


def test_the_shipped_model_is_listed_and_shown(hub: Hub, home: Home, tmp_path: Path) -> None:
    (listed,) = hub("model", "list", "--json", home=home).json["models"]
    assert (listed["version"], listed["in_use"]) == ("prior-4", True)
    page = tmp_path / "模型.html"
    answer = hub("model", "show", "--json", "--html", page, home=home).json
    assert {one["title"] for one in answer["weights"]} >= {"姓名", "证件号码", "出生"}
    assert not re.search(r"(?:src|href)=.?.?https?:", page.read_text(encoding="utf-8"))
    assert "+5.0 以上归为一人" in hub("model", "show", home=home).out


def test_another_model_is_used_when_told(hub: Hub, home: Home) -> None:
    folder = home.data / "models"
    folder.mkdir()
    content = read_model().content | {"version": "home-1"}
    (folder / "home-1.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    assert [one["in_use"] for one in hub("model", "list", "--json", home=home).json["models"]] == [
        True, False,
    ]  # fmt: skip
    assert hub("model", "use", "home-1", home=home).code == 0
    lines = hub("model", "list", home=home).out.splitlines()
    assert ["正在使用" in line for line in lines if "home-1" in line] == [True]
    assert hub("model", "show", "--json", home=home).json["version"] == "home-1"
    ran = hub("model", "use", "home-9", home=home)
    assert (ran.code, "没有模型文件" in ran.err) == (1, True)


def test_a_handful_of_records_teaches_nothing(hub: Hub, home: Home) -> None:
    ran = hub("model", "train", home=home)
    assert ran.code == 2
    assert "训练没有采用" in ran.err
    assert not list((home.data / "models").glob("*.json"))
