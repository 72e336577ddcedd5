"""Options that many commands take, and the home they speak of."""

from pathlib import Path
from typing import Annotated

import typer

from hub.errors import ConfigError
from hub.platform import Platform, load_platform
from hub.settings import Home, find_home, open_home

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="目录",
        help="数据大脑目录；不写则用环境变量 HUB_HOME，再没有就用当前目录",
        show_default=False,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="只输出 JSON，供程序读取", show_default=False)
]
PlatformOption = Annotated[
    str | None,
    typer.Option("--platform", metavar="平台", help="只看这一个平台", show_default=False),
]
ClearOption = Annotated[
    bool,
    typer.Option("--clear", help="显示未脱敏的原值，请只在有权限时使用", show_default=False),
]


class _Asked:
    """The home that this run of the command speaks of, once it is known."""

    before: Path | None = None  # --home given before the command
    root: Path | None = None


asked = _Asked()


def home_folder(home: Path | None) -> Path:
    """Return the folder: `--home` behind the command, before it, HUB_HOME, or the current one."""
    asked.root = find_home(home or asked.before)
    return asked.root


def the_home(home: Path | None) -> Home:
    """Open the home, and write the log there from now on.

    Raises:
        NotFoundError: the folder is no hub home.
        ConfigError: its hub.yaml is wrong.
    """
    from cli.log import log_to

    opened = open_home(home_folder(home))
    log_to(opened.data / "hub.log")
    return opened


def one_platform(home: Home, name: str) -> Platform:
    """Return the platform of that name; mistakes in the files of others do not matter.

    Raises:
        ConfigError: its own file is wrong, or there is none.
    """
    found, _ = home.read_platforms()
    if name in found:
        return found[name]
    own = home.root / "platforms" / f"{name}.yaml"
    if own in home.platform_files():
        load_platform(own)  # says what is wrong with it
    raise ConfigError(
        f"no platform {name}", zh=f"没有叫 {name} 的平台：请用 hub platform list 查看平台名。"
    )
