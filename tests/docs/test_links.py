"""Every link leads somewhere, every file named is there, and the pictures need nothing else."""

import re
from pathlib import Path

import pytest

from tests.docs.documents import DOCUMENTS, FENCE, GENERATED, ROOT, code, name_of, sections

LINK = re.compile(r"\]\(([^)\s]+)\)")
DECISIONS = ROOT / "docs" / "decisions"


def _slug(heading: str) -> str:
    """The anchor that Markdown viewers give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_relative_link_resolves(path: Path) -> None:
    for link in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if link.startswith("https://"):
            continue
        target, _, anchor = link.partition("#")
        found = (path.parent / target).resolve() if target else path
        assert found.exists(), link
        if anchor:
            assert anchor in {_slug(heading) for heading, _ in sections(found)}, link


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_file_of_the_repository_that_is_named_exists(path: Path) -> None:
    top = "|".join(one.name for one in ROOT.iterdir() if one.is_dir() and one.name[0] != ".")
    home = {"data", "demo"}  # of a hub home
    for one in code(path):
        named = re.fullmatch(rf"({top})/[\w./*-]*", one)
        if named and named[1] not in home:
            assert list(ROOT.glob(one.rstrip("/"))), one


def test_every_decision_is_in_the_index_and_short() -> None:
    index = (DECISIONS / "README.md").read_text(encoding="utf-8")
    for path in sorted(DECISIONS.glob("0*.md")):
        text = path.read_text(encoding="utf-8")
        title = text.splitlines()[0].partition(". ")[2]
        assert f"({path.name}) | {title} |" in index
        assert len(text.splitlines()) <= 25
        for part in ("**Context.**", "**Decision.**", "**Consequence.**"):
            assert part in text, path.name


def test_the_pictures_are_one_picture_and_load_nothing() -> None:
    pictures = [
        (ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("flow.svg", "flow.en.svg")
    ]
    for one in pictures:
        assert one.count("http") == 1, "only the name space"
        assert "<image" not in one
        assert "@import" not in one
    shapes = [re.findall(r"<(?:rect|path)[^>]*>", one) for one in pictures]
    assert shapes[0] == shapes[1]


def test_the_dictionary_is_linked() -> None:
    assert GENERATED.is_file()
