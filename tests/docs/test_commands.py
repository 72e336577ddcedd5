"""What the documents tell people to type exists, and what exists is told of."""

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer.main

from cli.main import app
from tests.docs.documents import DOCUMENTS, READMES, ROOT, code, name_of

ROOT_COMMAND: Any = typer.main.get_command(app)
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))


def _options(command: Any) -> set[str]:
    return {one for parameter in command.params for one in parameter.opts}


def _all_commands() -> dict[str, set[str]]:
    """Every command as it is typed, with its options."""
    made = {}
    for name, command in ROOT_COMMAND.commands.items():
        verbs = getattr(command, "commands", None)
        if verbs is None:
            made[name] = _options(command)
        else:
            made |= {f"{name} {verb}": _options(one) for verb, one in verbs.items()}
    return made


COMMANDS = _all_commands()


def _named(path: Path) -> list[tuple[str, list[str]]]:
    """Each `hub …` of a document: the command, and the options given to it."""
    found = []
    for typed in code(path):
        for one in re.findall(r"(?:^|\s)hub ((?:[a-z]|--).*)", typed):
            words = one.split()
            name = next((n for n in (" ".join(words[:2]), words[0]) if n in COMMANDS), one)
            found.append((name, [word for word in words if word.startswith("--")]))
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_command_named_exists(path: Path) -> None:
    for name, options in _named(path):
        assert name in COMMANDS, f"hub {name}"
        assert set(options) <= COMMANDS[name], f"hub {name} {options}"


def test_every_command_is_told_of() -> None:
    assert {name for path in DOCUMENTS for name, _ in _named(path)} == set(COMMANDS)


def test_both_readmes_name_the_same_commands() -> None:
    english, chinese = (
        sorted({one for one in code(path) if re.match(r"(hub|make|dagster|export|mkdir) ", one)})
        for path in READMES
    )
    assert english == chinese
    assert english


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_make_target_exists(path: Path) -> None:
    named = {found[1] for one in code(path) if (found := re.match(r"make ([a-z]+)", one))}
    assert named <= TARGETS


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_module_run_exists(path: Path) -> None:
    for typed in code(path):
        for module in re.findall(r"(?:python|dagster\S*(?: \w+)?) -m ([\w.]+)", typed):
            assert find_spec(module), module


@pytest.mark.parametrize("path", READMES, ids=name_of)
def test_readmes_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 200


ROOMS = ("hub", "schemas", "security", "connectors", "warehouse", "ledger", "identity", "reports",
         "pipelines", "cli")  # fmt: skip
GROUPS = {name.split()[0] for name in COMMANDS}
SOURCES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def test_messages_tell_people_to_type_what_exists() -> None:
    """Every `hub …` in a Chinese text of the program is a command."""
    for path in SOURCES:
        for text in re.findall(r'"([^"\n]*[\u4e00-\u9fff][^"\n]*)"', path.read_text("utf-8")):
            for typed in re.findall(r"hub ([a-z]+(?: [a-z]+)?)", text):
                first, *rest = typed.split()
                alone = first in COMMANDS or (not rest and first in GROUPS)
                assert typed in COMMANDS or alone, f"{path.name}: hub {typed}"
