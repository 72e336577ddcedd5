"""`hub divisions import FILE`: the home's table of divisions brought up to a new edition."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.chinese import Command, Group
from cli.options import HomeOption, the_home
from hub.errors import ConfigError, HeldError

if TYPE_CHECKING:
    from connectors.division_lists import Listed
    from hub.settings import Home
    from schemas.divisions import Division
    from schemas.editions import Edition

app = typer.Typer(cls=Group, name="divisions", help="区划表：更新。", no_args_is_help=True)
SHOWN = 20
GONE = 0.2
"""Of the codes that an edition speaks of; more is believed only with `--accept-drop`."""


@app.callback()
def divisions() -> None:
    """Keep the verb: a noun with one verb would lose it."""


@app.command("import", cls=Command, help="用新的区划代码清单更新 divisions.csv，说明变了什么。")
def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="文件", help="CSV、文本、JSON、SQL、SQLite 或 Excel", show_default=False
        ),
    ],
    since: Annotated[
        str | None,
        typer.Option("--valid-from", metavar="日期", help="从哪天起用；不写就是今天"),
    ] = None,
    within: Annotated[
        list[str] | None,
        typer.Option(
            "--within",
            metavar="代码",
            help="只取这些代码开头的和它们的上级；不写就是 hub.yaml 里所服务社区的各市，全国写 all",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只看变化，不写入", show_default=False)
    ] = False,
    accept_drop: Annotated[
        bool,
        typer.Option("--accept-drop", help="确实撤销了很多代码：采信", show_default=False),
    ] = False,
    home: HomeOption = None,
) -> None:
    """Compare a list with the home's table, say what it changes, and write it."""
    from connectors.division_lists import read_list
    from schemas.divisions import read_divisions, write_divisions
    from schemas.editions import compare

    opened = the_home(home)
    path, day = opened.root / "divisions.csv", _day(since)
    listed = read_list(file)
    if listed.doubtful:
        raise ConfigError(
            f"{file.name}: {len(listed.doubtful)} codes have two names",
            zh=f"{file.name} 里有代码写了两个不同的名称，例如 {'、'.join(listed.doubtful[:3])}："
            "请先更正清单。没有写入。",
        )
    chosen = _within(opened, listed.names, within)
    edition = compare(read_divisions(path), chosen, day)
    _refuse_losses(edition, accepted=accept_drop)
    if not dry_run:
        write_divisions(path, edition.rows)
    _show(edition, len(chosen), _other(listed), written=not dry_run)


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise ConfigError(
            "divisions import: not a day", zh="--valid-from 要写成 2026-01-01 这样的日期。"
        ) from None


def _within(home: "Home", names: dict[str, str], wanted: Sequence[str] | None) -> dict[str, str]:
    """The codes that the home is about, with all above them.

    Raises:
        ConfigError: the list has none of them.
    """
    heads = list(wanted or (one[:4] for one in home.settings.divisions))
    if not heads or "all" in heads:
        return names
    heads = [one.rstrip("0") if len(one) == 12 else one for one in heads]
    chosen = {
        code: name
        for code, name in names.items()
        if any(code.startswith(one) or one.startswith(code.rstrip("0")) for one in heads)
    }
    if not any(code.startswith(one) for code in chosen for one in heads):
        raise ConfigError(
            "divisions import: the list has nothing of these divisions",
            zh=f"清单里没有 {'、'.join(sorted(set(heads)))} 开头的代码："
            "请核对清单，或用 --within 指定。",
        )
    return chosen


def _refuse_losses(edition: "Edition", *, accepted: bool) -> None:
    lost = len(edition.gone)
    if lost > 1 and lost > edition.covered * GONE and not accepted:
        raise HeldError(
            f"divisions import: {lost} of {edition.covered} codes gone",
            zh=f"清单里少了 {lost} 个原有的代码（同范围原有 {edition.covered} 个），"
            "疑似清单不全，没有写入。请核对；若确实撤销，请加 --accept-drop。",
        )


def _other(listed: "Listed") -> str:
    """What in the list is no division, and where."""
    if not listed.other:
        return ""
    lines = "、".join(map(str, listed.lines[:SHOWN]))
    more = " 等" if len(listed.lines) > SHOWN else ""
    where = f"（第 {lines} 行{more}），请看看是不是代码坏了" if lines else ""
    return f"，另有 {listed.other:,} 行不是区划{where}"


def _show(edition: "Edition", read: int, other: str, *, written: bool) -> None:
    from cli.screen import say

    say(f"清单 {read:,} 个代码{other}。")
    if edition.outside:
        say(f"原表另有 {edition.outside:,} 个代码不在清单的范围内，照旧。")
    moved = {old.code for old, _ in edition.moved} | {old.code for old, _ in edition.merged}
    new = {one.code for _, one in edition.moved}
    _list("新增", [_named(one) for one in edition.added if one.code not in new])
    _list("改名", [f"{_named(one)} → {name}" for one, name in edition.renamed])
    _list("改码", [f"{_named(old)} → {one.code}" for old, one in edition.moved])
    _list("可能并入", [f"{_named(old)} → {_named(one)}" for old, one in edition.merged])
    _list("撤销", [_named(one) for one in edition.gone if one.code not in moved])
    if not (edition.added or edition.renamed or edition.gone):
        say("和现有的区划表一样，没有变化。")
    elif written:
        say("已更新 divisions.csv；撤销的和改名前的都留着，写了截止日期。下次同步按新表核对。")
    else:
        say("这是预览，没有写入。")


def _list(what: str, lines: Sequence[str]) -> None:
    from cli.screen import say

    if lines:
        say(f"{what} {len(lines):,} 个：", *(f"  {line}" for line in lines[:SHOWN]))
        if len(lines) > SHOWN:
            say(f"  ……另有 {len(lines) - SHOWN:,} 个")


def _named(one: "Division") -> str:
    return f"{one.code} {one.name}"
