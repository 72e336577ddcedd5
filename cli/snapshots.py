"""`hub snapshots` and `hub rollback N`: what was published, and which of it is in use."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import HomeOption, JsonOption, the_home


def snapshots(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the snapshots that are kept."""
    from cli.screen import as_json, moment, say, table
    from warehouse.snapshots import list_snapshots

    found = list_snapshots(the_home(home))
    if json:
        as_json([asdict(one) for one in found])
    elif not found:
        say("还没有快照：请运行 hub sync 做第一次同步。")
    else:
        table(
            ("编号", "发布时间", "大小（MB）", "正在使用"),
            [
                (str(s.number), moment(s.published_at), s.bytes / 1e6, "✓" if s.current else "")
                for s in reversed(found)
            ],
            right=("编号", "大小（MB）"),
        )
        say("用 hub rollback 编号 换回某一个快照。")


def rollback(
    number: Annotated[int, typer.Argument(metavar="编号", help="快照编号", show_default=False)],
    home: HomeOption = None,
) -> None:
    """Move the pointer to another snapshot."""
    from cli.screen import say
    from warehouse.snapshots import current_number, point_to

    opened = the_home(home)
    before = current_number(opened)
    if before == number:
        say(f"现在用的就是快照 {number}，没有改动。")
        return
    point_to(opened, number)
    say(
        f"已从快照 {before} 换到 {number}。",
        f"要换回来：hub rollback {before}",
        "注意：下一次同步（包括定时的）会把之后的批次重新并入，请先处理好原因。",
    )
