"""`hub init DIR`: a new hub home, with every file explained in Chinese."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from hub.errors import ConfigError

TEMPLATE = files("cli") / "template"
POLICY = files("security") / "policy.yaml"  # the roles of a home that has no file of its own
FOLDERS = ("platforms", "extracts", "forms", "data")
TEXTS = {
    "hub.yaml": "hub.yaml",
    "labels.yaml": "labels.yaml",
    "divisions.csv": "divisions.csv",
    "platforms/示例.yaml.txt": "platform.yaml",
    ".gitignore": "gitignore",
}
"""File of the home, and the template it is made from."""
UNNAMED = "未命名数据大脑"


def init(
    folder: Annotated[
        Path, typer.Argument(metavar="目录", help="新目录；不存在就新建", show_default=False)
    ],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="名称", help="数据大脑的名称", show_default=False),
    ] = None,
) -> None:
    """Make a new hub home."""
    from cli.screen import place, say

    root = folder.resolve()
    make_home(root, name or UNNAMED)
    where = place(root)
    say(
        f"已建好数据大脑目录：{where}",
        "",
        "接下来：",
        f"  1. 备份 {where}/secrets 里的两个密钥文件；没有它们就打不开数据",
        f"  2. hub platform add 平台名 来源 --home {where}，拟出平台文件；"
        f"也可以照 {where}/platforms/示例.yaml.txt 写",
        f"  3. hub sync --home {where}",
    )


def make_home(root: Path, name: str) -> None:
    """Lay out a hub home and make its keys.

    Raises:
        ConfigError: there is a home already, or a file in the place of the folder.
    """
    from security.keys import create_keys

    if (root / "hub.yaml").exists():
        raise ConfigError(
            "init: there is a hub home already",
            zh=f"{root} 已经是数据大脑目录，没有改动：请换一个目录。",
        )
    if root.exists() and not root.is_dir():
        raise ConfigError("init: the path is a file", zh=f"{root} 是一个文件：请换一个目录名。")
    for one in FOLDERS:
        (root / one).mkdir(parents=True, exist_ok=True)
    (root / "data").chmod(0o700)
    create_keys(root / "secrets")
    (root / "secrets").chmod(0o700)
    sources = {target: TEMPLATE / source for target, source in TEXTS.items()}
    for target, source in (sources | {"policy.yaml": POLICY}).items():
        path = root / target
        if path.exists():  # an officer's own file stays
            continue
        text = source.read_text(encoding="utf-8")
        quoted = json.dumps(name, ensure_ascii=False)
        path.write_text(text.replace(f"name: {UNNAMED}", f"name: {quoted}"), encoding="utf-8")
