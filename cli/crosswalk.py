"""`hub crosswalk --out F`: every platform's record key beside the hub's own codes."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import HomeOption, the_home
from hub.errors import ConfigError

SUFFIXES = (".csv", ".parquet")


def crosswalk(
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="文件",
            help="写到哪里：以 .parquet 或 .csv 结尾",
            show_default=False,
        ),
    ],
    home: HomeOption = None,
) -> None:
    """Write the crosswalk."""
    from cli.screen import place, say
    from warehouse.answers import write_crosswalk
    from warehouse.snapshots import reading

    opened = the_home(home)
    if out.suffix.lower() not in SUFFIXES:
        raise ConfigError(
            "crosswalk: the suffix is neither .parquet nor .csv",
            zh="文件名要以 .parquet 或 .csv 结尾，例如 --out 对照表.csv。",
        )
    with reading(opened) as connection:
        rows = write_crosswalk(connection, out)
    say(f"已写出 {rows:,} 行：{place(out.resolve())}")
