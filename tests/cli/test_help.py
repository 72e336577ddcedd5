"""Every command explains itself in Chinese, in the words of the design's table."""

import re
from collections.abc import Iterator

import pytest
import typer.main

from cli.main import app
from tests.cli.conftest import Hub

HAN = re.compile(r"[\u4e00-\u9fff]")
ENGLISH = re.compile(r"Usage|Options|Arguments|Commands|Show this|required|default|<\w+>")
DESIGNED = {
    "init", "demo", "platform add", "platform check", "platform preview", "platform list", "sync",
    "backfill", "status", "snapshots", "rollback", "quarantine list", "quarantine export",
    "quarantine replay", "changes list", "changes accept", "correction list", "correction export",
    "resident find", "resident show", "crosswalk", "form register", "form list", "form fill",
    "form ask", "form answer", "form overlap",
    "alert list", "verify", "extract list", "extract run", "extract trace",
    "serve", "account add", "account list", "account password", "account disable", "account totp",
    "account relink", "client recipient", "client key",
    "client add", "client list", "client rotate", "client revoke", "policy check",
    "policy explain", "export", "erase", "feedback list", "feedback add",
    "feedback decide", "audit list", "audit verify", "audit warnings",
    "divisions import", "review list", "review decide", "review undo", "explain",
    "model train", "model list", "model use", "model show",
}  # fmt: skip


def _commands() -> Iterator[tuple[str, typer.core.TyperCommand]]:
    for name, command in typer.main.get_command(app).commands.items():  # type: ignore[attr-defined]  # a group
        verbs = getattr(command, "commands", None)
        if verbs is None:
            yield name, command
        else:
            yield from ((f"{name} {verb}", one) for verb, one in verbs.items())


COMMANDS = dict(_commands())


def test_the_commands_are_those_of_the_design() -> None:
    assert set(COMMANDS) == DESIGNED


@pytest.mark.parametrize("name", [*COMMANDS, "", "platform", "quarantine", "resident"])
def test_help_is_chinese(hub: Hub, name: str) -> None:
    ran = hub(*name.split(), "--help")
    assert ran.code == 0
    assert "用法：hub" in ran.out
    assert "选项" in ran.out
    assert not ENGLISH.search(ran.out)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_is_explained(name: str) -> None:
    command = COMMANDS[name]
    assert HAN.search(command.help or "")
    for parameter in command.params:
        assert HAN.search(getattr(parameter, "help", None) or ""), parameter.name


@pytest.mark.parametrize("name", [n for n in COMMANDS if n.split()[-1] in ("list", "show", "find")])
def test_lists_and_views_take_json(name: str) -> None:
    assert "--json" in {option for p in COMMANDS[name].params for option in p.opts}


@pytest.mark.parametrize("name", [n for n in COMMANDS if n != "init"])
def test_every_command_takes_the_home(name: str) -> None:
    assert "--home" in {option for p in COMMANDS[name].params for option in p.opts}


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["nonsense"], "没有命令 'nonsense'"),
        (["rollback", "x"], "参数 编号 的值不对"),
        (["rollback"], "缺少参数 编号"),
        (["status", "--wrong"], "没有选项 --wrong"),
        (["crosswalk"], "缺少参数 --out"),
        (["resident", "show", "a", "b"], "参数写多了"),
        (["platform", "list", "--home"], "选项 --home 的写法不对"),
    ],
)
def test_wrongly_typed(hub: Hub, typed: list[str], says: str) -> None:
    ran = hub(*typed)
    assert ran.code == 2
    assert says in ran.err
    assert "--help" in ran.err
    assert not ran.out


def test_without_a_command_the_help_is_shown(hub: Hub) -> None:
    ran = hub()
    assert "用法：hub" in ran.out + ran.err
    assert ran.code == 2
