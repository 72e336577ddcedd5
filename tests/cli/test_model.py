"""`hub model`: what is listed, shown and used; too small a home is not learnt from."""

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from hub.settings import Home
from identity.model import read_model
from tests.cli.conftest import Hub
from tests.cli.small_home import copied


@pytest.fixture
def home(small_home: Home, tmp_path: Path) -> Home:
    return copied(small_home, tmp_path / "home")


def charts(page: str) -> list[Any]:
    """The charts in a page, as they are drawn."""
    call = r"vegaEmbed\(document.getElementById\('[^']+'\), (.*), \{\}\)"
    drawn = re.findall(call, unescape(page))
    return [json.loads(one) for one in drawn]


def words(part: Any) -> set[str]:
    """All titles, labels and hints in a chart."""
    if isinstance(part, list):
        return set().union(*map(words, part))
    if not isinstance(part, dict):
        return set()
    read = ("title", "text", "subtitle", "comparison_name", "column_name", "label_for_charts")
    own = {part[one] for one in read if isinstance(part.get(one), str)}
    return own.union(*map(words, part.values()))


def test_the_shipped_model_is_listed_and_shown(hub: Hub, home: Home, tmp_path: Path) -> None:
    (listed,) = hub("model", "list", "--json", home=home).json["models"]
    assert (listed["version"], listed["in_use"]) == ("prior-4", True)
    page = tmp_path / "模型.html"
    answer = hub("model", "show", "--json", "--html", page, home=home).json
    assert {one["title"] for one in answer["weights"]} >= {"姓名", "证件号码", "出生"}
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"(?:src|href)=.?.?https?:", text)
    (spec,) = charts(text)
    assert {"姓名", "证件号码", "分值"} <= words(spec)
    assert not {one for one in words(spec) if re.search("[A-Za-z]{3}", one)}, "what is read"
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
    assert (ran.code, "没有模型 home-9" in ran.err) == (1, True)


def test_a_handful_of_records_teaches_nothing(hub: Hub, home: Home) -> None:
    ran = hub("model", "train", home=home)
    assert ran.code == 2
    assert "训练没有采用" in ran.err
    assert not list((home.data / "models").glob("*.json"))


def test_a_model_whose_file_is_gone_is_named_and_left_by_command(hub: Hub, home: Home) -> None:
    folder = home.data / "models"
    folder.mkdir(exist_ok=True)
    (folder / "CURRENT").write_text("home-7\n", encoding="utf-8")
    ran = hub("model", "show", home=home)
    assert "没有模型 home-7" in ran.err
    assert "hub model use prior-4" in ran.err.replace("\n", "")
    (listed,) = hub("model", "list", "--json", home=home).json["models"]
    assert not listed["in_use"]
    assert hub("model", "use", "prior-4", home=home).code == 0
    assert hub("model", "show", home=home).code == 0
