"""`hub demo`: Community A with its seven platforms on this machine, synced once, ready to ask."""

import sys
import time
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import HomeOption, asked, home_folder, the_home
from hub.errors import ConfigError

if TYPE_CHECKING:
    from examples.community_a.run import Report
    from hub.settings import Home

FOLDER = Path("demo")


def demo(
    stop: Annotated[
        bool, typer.Option("--stop", help="停止演示的各平台，数据保留", show_default=False)
    ] = False,
    home: HomeOption = None,
) -> None:
    """Start Community A, sync it once, show the result."""
    from cli.screen import say

    folder = home_folder(home or asked.before or FOLDER)
    _refuse_others(folder)
    if stop:
        from examples.community_a import run

        run.stop(folder)
        say("演示的各平台已停止，数据保留。再运行 hub demo 可以重新启动。")
        return
    started = time.perf_counter()
    report = _start(folder)
    opened = the_home(folder)
    code = _sync(opened, list(report.records))
    _summary(opened, report, time.perf_counter() - started)
    raise typer.Exit(code)


def _refuse_others(folder: Path) -> None:
    """An officer's own home must not become the demonstration."""
    if (folder / "hub.yaml").exists() and not (folder / ".platforms").exists():
        raise ConfigError(
            "demo: the folder is a hub home of someone's own",
            zh=f"{folder} 是正式的数据大脑目录，不能用来演示：请用 --home 指定另一个目录。",
        )


def _start(folder: Path) -> "Report":
    from cli.screen import say
    from examples.community_a import run
    from security.keys import create_keys

    say("演示数据是虚构的，人名、证件号码、电话都不是真人的。")
    create_keys(folder / "secrets")
    report = run.start(folder, progress=say)
    say("七个平台已就绪。")
    for note in report.notes:
        say(f"注意：{note}")
    return report


def _sync(home: "Home", platforms: list[str]) -> int:
    from cli.sync import exit_code, run_with_progress, show_report

    report = run_with_progress(home, platforms, accept_drop=False)
    show_report(report)
    return exit_code(report)


def _summary(home: "Home", report: "Report", seconds: float) -> None:
    from cli.screen import heading, place, say, table
    from warehouse.answers import best_known, counts
    from warehouse.snapshots import current_number, reading

    if current_number(home) is None:
        return
    with reading(home) as connection:
        found = counts(connection)
        example = best_known(connection)
    titles = {name: one.title for name, one in home.read_platforms()[0].items()}
    if example is not None:
        say("", "例如这个人，交来的记录最多：")
        _show_example(home, example)
    heading("各平台交来的记录")
    table(
        ("平台", "名称", "记录", "问题", "隔离"),
        [
            (name, titles.get(name, name), *(
                sum(getattr(s, what) for s in found.streams if s.platform == name)
                for what in ("records", "issues", "quarantined")))
            for name in report.records
        ],
        right=("记录", "问题", "隔离"),
    )  # fmt: skip
    heading("归成一个社区")
    say(
        f"常住人口 {found.residents:,} · 户籍人口 {found.registered:,} · "
        f"常住户 {found.households:,} · 小区 {found.compounds} · 网格 {found.grids}",
        f"{found.records:,} 条居民记录认出 {found.people:,} 人，合并 {found.duplicates:,} 条重复；"
        f"有问题的记录 {found.issues:,} 条，隔离 {found.quarantined:,} 条。",
        f"全部用时 {seconds:.0f} 秒。",
    )
    hub, where = _this_command(), place(home.root)
    scope = next(iter(home.settings.divisions), "*")
    heading("接下来")
    say(
        f"  {hub} status --home {where}              一屏看完",
        f"  {hub} resident find 张 --home {where}    查人",
        f"  {hub} quarantine list --home {where}     看被隔离的记录",
        f"  {hub} sync --home {where}                平台有变化后再同步",
        f"  {hub} account add wo --role 社区工作人员 --scope {scope} --home {where}",
        f"  {hub} serve --home {where}               有了账号，用浏览器打开控制台",
        f"  {hub} demo --stop --home {where}         停止各平台",
    )


def _this_command() -> str:
    """Write `hub` as it can be typed here: by its path where it is not on the PATH."""
    ours = Path(sys.argv[0])
    if ours.name != "hub" or which("hub"):
        return "hub"
    here = Path.cwd()
    return str(ours.relative_to(here) if ours.is_relative_to(here) else ours)


def _show_example(home: "Home", resident_id: str) -> None:
    from cli.resident_view import resident_answer, show_view

    titles = {name: one.title for name, one in home.read_platforms()[0].items()}
    show_view(resident_answer(home, resident_id, clear=False), titles, clear=False)
