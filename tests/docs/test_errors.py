"""The tree of errors, their exit codes, and what the documents say of both."""

import re
from pathlib import Path

import pytest

import hub.errors
from cli import main, sync
from hub.errors import HubError
from tests.docs.documents import READMES, ROOT, name_of, sections

KINDS = {one.__name__: one for one in HubError.__subclasses__() if one.__module__ == "hub.errors"}
CODES = {main.OK, main.FAILED, main.MISTYPED, main.BUSY, main.FAULT, main.STOPPED} | set(
    sync.CODES.values()
)
(TROUBLE,) = [
    text for title, text in sections(ROOT / "docs" / "operations.md") if title == "出了问题"
]


def test_the_tree_names_every_error() -> None:
    tree = re.findall(r"[├└]── (\w+)", hub.errors.__doc__ or "")
    assert tree == list(KINDS)


def test_every_error_is_documented_with_its_exit_code() -> None:
    told = re.findall(r"^\| `(\w+)` \| .+ \| (\d+) \|$", TROUBLE, re.MULTILINE)
    assert dict(told).keys() == KINDS.keys()
    for name, code in told:
        assert main._ended(KINDS[name]("said", zh="说明")) == int(code), name


def test_every_exit_code_is_documented() -> None:
    assert {int(one) for one in re.findall(r"^\| (\d+) \|", TROUBLE, re.MULTILINE)} == CODES


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_readmes_list_the_exit_codes(path: Path) -> None:
    text = re.split(r"Exit codes|退出码：?", path.read_text(encoding="utf-8"), maxsplit=1)[1]
    listed = re.split(r"\. |。", text.replace("\n", " "))[0]
    assert {int(one) for one in re.findall(r"\d+", listed)} == CODES
