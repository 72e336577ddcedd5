"""Typer in Chinese: the headings of its help, and its complaints about how a command was typed."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from typer.core import TyperCommand, TyperGroup

HEADINGS = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "DEFAULT_STRING": "[默认：{}]",
    "ENVVAR_STRING": "[环境变量：{}]",
    "REQUIRED_LONG_STRING": "[必填]",
}
"""Typer's own words, by the names of `typer.rich_utils` that hold them."""
USAGE = (("Usage: ", "用法："), ("[OPTIONS]", "[选项]"), ("COMMAND [ARGS]...", "命令 …"))


class Command(TyperCommand):
    """One command."""

    def get_usage(self, ctx: Any) -> str:  # noqa: ANN401 (Typer's context class is private)
        """Return the usage line."""
        return _usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401 (as above)
        """Return --help, described in Chinese."""
        return _help_option(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 (as above)
        """Print the help under Chinese headings."""
        _set_headings(self.get_params(ctx))
        super().format_help(ctx, formatter)


class Group(TyperGroup):
    """A noun with its verbs, or the whole program."""

    def get_usage(self, ctx: Any) -> str:  # noqa: ANN401 (Typer's context class is private)
        """Return the usage line."""
        return _usage(super().get_usage(ctx))

    def get_help_option(self, ctx: Any) -> Any:  # noqa: ANN401 (as above)
        """Return --help, described in Chinese."""
        return _help_option(super().get_help_option(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 (as above)
        """Print the help under Chinese headings."""
        _set_headings(self.get_params(ctx))
        super().format_help(ctx, formatter)


def _usage(line: str) -> str:
    for english, chinese in USAGE:
        line = line.replace(english, chinese)
    return re.sub(r"\{(\S+)\}", r"\1", line)  # Typer puts what is required in braces


def _help_option(option: Any) -> Any:  # noqa: ANN401 (Typer's option class)
    if option is not None:
        option.help = "显示这份帮助"
    return option


def _set_headings(parameters: Iterable[Any]) -> None:
    """Set Chinese headings; say no Python types: the metavar or the help says what is wanted."""
    from typer import rich_utils

    for parameter in parameters:
        parameter.display_type_rich = _metavar_of(parameter)
    for constant, chinese in HEADINGS.items():
        setattr(rich_utils, constant, chinese)


def _metavar_of(parameter: Any) -> Callable[..., str | None]:  # noqa: ANN401 (Typer's classes)
    shown = parameter.metavar if parameter.opts[0].startswith("-") else None
    return lambda **_: shown


def complaint(error: Exception) -> str:
    """Say what was typed wrongly, and where the right way is written."""
    ctx = getattr(error, "ctx", None)
    command = ctx.command_path if ctx is not None else "hub"
    return f"{_what(error)}。用 {command} --help 查看用法。"


def _what(error: Exception) -> str:
    kind, message = type(error).__name__, str(error)
    option = getattr(error, "option_name", "")
    known = {
        "NoSuchOption": f"没有选项 {option}",
        "BadOptionUsage": f"选项 {option} 的写法不对",
        "MissingParameter": f"缺少参数 {_parameter(error)}",
        "BadParameter": f"参数 {_parameter(error)} 的值不对",
    }
    if kind in known:
        return known[kind]
    if message.startswith("No such command"):
        return f"没有命令 {message.removeprefix('No such command ').split('.')[0]}"
    return "缺少命令" if message.startswith("Missing command") else "参数写多了或写错了"


def _parameter(error: Exception) -> str:
    parameter = getattr(error, "param", None)
    options: list[str] = getattr(parameter, "opts", [])
    if options and options[0].startswith("-"):
        return options[0]
    return str(getattr(parameter, "metavar", None) or getattr(parameter, "name", ""))
