"""`hub sync`: one full run with progress; the same job that Dagster schedules."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import HomeOption, JsonOption, one_platform, the_home

if TYPE_CHECKING:
    from hub.settings import Home
    from pipelines.sync import PullReport, SyncReport

Tick = Callable[[str, int], None]
CODES = {"ok": 0, "failed": 1, "partial": 3}
BUSY = 4
PULLS = {"complete": "完成", "held": "待确认", "failed": "失败", "open": "未完成"}
STYLES = {"完成": "green", "待确认": "yellow", "失败": "red", "未完成": "yellow"}
STEPS = {
    "pull": "取数",
    "standardise": "标准化",
    "apply": "并入",
    "identity": "认人",
    "entities": "居民、户、网格",
    "labels": "标签",
    "checkpoint": "落盘",
    "gates": "检查",
    "publish": "发布",
}


def sync(
    platforms: Annotated[
        list[str] | None,
        typer.Argument(metavar="平台", help="只同步这些平台；不写就是全部", show_default=False),
    ] = None,
    accept_drop: Annotated[
        bool,
        typer.Option(
            "--accept-drop", help="来源确实减少了记录：这一次采信删除", show_default=False
        ),
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Run one full sync."""
    from cli.screen import as_json

    opened = the_home(home)
    chosen = [one_platform(opened, name).platform for name in platforms or ()]
    report = run_with_progress(opened, chosen, accept_drop=accept_drop, quiet=json)
    if json:
        as_json(report)
    else:
        show_report(report)
    raise typer.Exit(exit_code(report))


def run_with_progress(
    home: "Home", platforms: list[str], *, accept_drop: bool, quiet: bool = False
) -> "SyncReport":
    """Run the sync, telling how far it is."""
    from cli.screen import say

    if not quiet:
        say("正在准备同步……")
    from pipelines.sync import run_sync

    with progress(quiet=quiet) as tick:
        return run_sync(home, platforms, accept_drop=accept_drop, tick=tick)


@contextmanager
def progress(*, quiet: bool) -> Iterator[Tick]:
    """Give a function that shows rows done: in place on a terminal, else a line a stream."""
    if quiet:
        yield lambda _place, _rows: None
    elif sys.stdout.isatty():
        yield from _in_place()
    else:
        seen: set[str] = set()

        def line(place: str, _rows: int) -> None:
            if place not in seen:
                seen.add(place)
                sys.stdout.write(f"{_doing(place)}……\n")
                sys.stdout.flush()

        yield line


def _in_place() -> Iterator[Tick]:
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from cli.screen import console

    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}"),
        TextColumn("{task.fields[rows]}", justify="right"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console(), transient=True) as bars:
        tasks: dict[str, int] = {}

        def update(place: str, rows: int) -> None:
            if place not in tasks:
                tasks[place] = bars.add_task(_doing(place), total=None, rows="")
            bars.update(tasks[place], rows=f"{rows:>12,} 行" if rows else "")  # type: ignore[arg-type]  # TaskID is an int

        yield update


def _doing(place: str) -> str:
    """Write what is under way; `brain` is everything behind the streams."""
    return "认人、检查、发布" if place == "brain" else place


def exit_code(report: "SyncReport") -> int:
    """Return 4 if another process held the lock, else by the status of the run."""
    if any(one.kind == "BusyError" for one in report.failures):
        return BUSY
    return CODES.get(report.status, 1)


def show_report(report: "SyncReport") -> None:
    """Print what came in, what failed, and what was published."""
    from cli.screen import complain, say, table

    if report.pulls:
        table(
            ("平台", "数据流", "读到", "有变化", "未变", "消失", "隔离", "问题", "状态"),
            [
                (p.platform, p.stream, p.read, p.stored, p.unchanged, p.gone or None, p.set_aside,
                 p.with_issues, "失败" if p.error and p.status == "open" else PULLS[p.status])
                for p in report.pulls
            ],
            right=("读到", "有变化", "未变", "消失", "隔离", "问题"),
            whole=("平台", "状态"),
            styles=STYLES,
        )  # fmt: skip
    for pull in report.pulls:
        for note in _notes(pull):
            say(f"提示 {pull.platform}.{pull.stream}：{note}")
    for past in report.let_go:
        if past.rows or past.versions:
            day = past.before.astimezone().date()
            say(f"{past.platform} 按保存时间清除了 {day} 以前就不再有的："
                f"原始记录 {past.rows:,} 行，历史 {past.versions:,} 条。")  # fmt: skip
    for remark in report.remarks:
        say(f"提示：{remark}")
    for failure in report.failures:
        complain(failure.zh)
    if report.published is not None:
        say(f"已发布快照 {report.published}，用时 {report.seconds:.1f} 秒。")
    elif report.status == "failed":
        say("这次没有发布新的快照，原来的快照照常使用。")
    elif report.failures:
        say("其余数据流没有新的变化，没有发布新的快照。")
    else:
        say(f"没有新的变化，不需要发布，用时 {report.seconds:.1f} 秒。")
    steps = [f"{STEPS.get(k, k)} {v:.1f} 秒" for k, v in report.steps.items() if v >= 0.05]
    if steps:
        say("其中：" + "，".join(steps))


def _notes(pull: "PullReport") -> list[str]:
    """What the table does not tell of a stream."""
    notes = list(pull.notes)
    if pull.repeated:
        notes.append(f"{pull.repeated:,} 行与这次前面读到的行完全相同，只算一次。")
    if pull.values_dropped:
        notes.append(f"按规定没有取人脸等生物特征 {pull.values_dropped:,} 项。")
    if pull.marked:
        notes.append(f"{pull.marked:,} 行在来源标为已删除，不算在记录里。")
    return notes
