"""The hub home of the demonstration is one the hub accepts, and says nothing that it should not."""

import ast
import csv
from pathlib import Path

import pytest
import yaml

from examples.community_a import run
from examples.community_a.people import LABELS
from examples.community_a.places import COMMUNITY_CODE, COMMUNITY_NAME, COMPOUNDS
from examples.community_a.truth import PLATFORMS, Truth
from hub.platform import load_platform
from hub.settings import open_home

ROOT = Path(__file__).parents[2]
HOME = run.PACKAGE / "home"
ROOMS = [
    "hub",
    "schemas",
    "security",
    "connectors",
    "warehouse",
    "ledger",
    "identity",
    "pipelines",
    "cli",
]
FILES = sorted((HOME / "platforms").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_platform_file_loads_and_names_columns_that_exist(path: Path, made: Truth) -> None:
    platform = load_platform(path)
    assert platform.platform == path.stem
    for name, stream in platform.streams.items():
        held = [o for o in made.at(platform.platform) if o.stream == name and o.fate == "kept"]
        exchange = {"czlx"} if platform.connection.kind == "exchange" else set()
        assert set(stream.columns) <= held[0].row.keys() | exchange
        for one in held:
            assert one.key == "|".join(str(one.row[column]) for column in stream.key)


def test_every_platform_has_a_file_and_owners_are_platforms() -> None:
    names = {path.stem for path in FILES}
    assert names == {platform.PLATFORM for platform in PLATFORMS}
    settings = open_home(HOME).settings
    assert settings.divisions == (COMMUNITY_CODE,)
    assert {one for owners in settings.owners.values() for one in owners} <= names


def test_label_dictionary_knows_every_label() -> None:
    dictionary = yaml.safe_load((HOME / "labels.yaml").read_text(encoding="utf-8"))["labels"]
    assert set(LABELS) <= {one["name"] for one in dictionary}
    assert {one["kind"] for one in dictionary} == {"granted", "rule"}


def test_divisions_lead_down_to_the_community() -> None:
    with (HOME / "divisions.csv").open(encoding="utf-8") as file:
        parents = {row["division_code"]: row["parent_code"] for row in csv.DictReader(file)}
    assert all(not parent or parent in parents for parent in parents.values())
    assert COMMUNITY_CODE in parents


def code_of(path: Path) -> str:
    """The file without comments and docstrings, where an example may stand."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    tree = ast.parse(text)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [one for one in body if not is_prose(one)] or [ast.Pass()]  # type: ignore[attr-defined]  # nodes with a body
    return ast.unparse(tree)


def is_prose(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_knows_the_community(room: str) -> None:
    told = [COMMUNITY_CODE, *(c.name for c in COMPOUNDS), *(c.road for c in COMPOUNDS)]
    if room != "cli":  # `hub demo` says which community it shows
        told.append(COMMUNITY_NAME)
    for path in (ROOT / room).rglob("*"):
        if path.suffix in (".py", ".csv", ".yaml", ".sql"):
            code = code_of(path)
            assert not [word for word in told if word in code], path
