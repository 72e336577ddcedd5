"""Every threat names its control, its default and tests, and each test exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TEXT.splitlines()
    if re.match(r"\| [A-Z]\d+ \|", line)
]


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef))


def test_the_model_has_its_parts() -> None:
    for part in ("Assets", "Boundaries", "Entry points", "Trusted"):
        assert f"**{part}**" in TEXT
    assert len({row[0] for row in ROWS}) == len(ROWS) >= 25


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_every_threat_is_proven(row: list[str]) -> None:
    identity, threat, control, default, proof = row
    assert all((identity, threat, control, default))
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", proof)
    assert named, f"{identity} names no test"
    for path, name in named:
        assert (ROOT / path).is_file(), path
        assert name in names_in(ROOT / path), f"{path}::{name}"
