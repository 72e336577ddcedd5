"""`hub changes list|accept`: what is not as it was at the sources, and an officer's yes to it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.chinese import Command, Group
from cli.options import HomeOption, JsonOption, one_platform, the_home
from hub.errors import HubError

if TYPE_CHECKING:
    from connectors import Connector
    from hub.platform import Platform
    from hub.settings import Home

app = typer.Typer(cls=Group, name="changes", help="来源的变化：列出、确认。", no_args_is_help=True)
STATES = {
    "told": "已提示",
    "stopped": "已停下，待确认",
    "broken": "已停下，待改映射",
    "accepted": "已确认",
}
STYLES = {"已停下，待确认": "yellow", "已停下，待改映射": "red", "已确认": "green"}


@app.command("list", cls=Command, help="列出来源和以前相比变了什么：列、类型、不认识的代码。")
def list_(
    platform: Annotated[
        str | None,
        typer.Argument(metavar="平台", help="只看这一个平台", show_default=False),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """List what changed, newest first."""
    from cli.screen import as_json, moment, say, table
    from ledger import open_ledger
    from ledger.changes import changes

    opened = the_home(home)
    only = None if platform is None else one_platform(opened, platform).platform
    ledger = open_ledger(opened.data / "ledger.sqlite")
    try:
        found = changes(ledger, only)
    finally:
        ledger.close()
    if json:
        as_json([asdict(one) for one in found])
    elif not found:
        say("各平台的来源没有变化。")
    else:
        table(
            ("平台", "数据流", "发现时间", "变化", "状态"),
            [
                (c.platform, c.stream, moment(c.found_at), "".join(c.sentences), STATES[c.status])
                for c in found
            ],
            whole=("平台", "发现时间"),
            styles=STYLES,
        )


@app.command("accept", cls=Command, help="确认：来源确实这样改了，今后按新的样子读。")
def accept(
    platform: Annotated[str, typer.Argument(metavar="平台", help="平台名", show_default=False)],
    home: HomeOption = None,
) -> None:
    """Accept what stopped streams of a platform."""
    from cli.screen import say
    from ledger import open_ledger
    from ledger.changes import accept_changes

    opened = the_home(home)
    name = one_platform(opened, platform).platform
    ledger = open_ledger(opened.data / "ledger.sqlite")
    try:
        done = accept_changes(ledger, name)
    finally:
        ledger.close()
    if not done:
        say("没有等待确认的变化；缺少映射要用的列时，请改平台文件里的映射。")
        return
    for one in done:
        say(f"已确认 {one.platform}.{one.stream}：{''.join(one.sentences)}")
    say(f"请再运行 hub sync {name}。")


def changed(home: "Home", platform: "Platform", connector: "Connector") -> list[str]:
    """What is not as it was when the platform was last read; for a check, nothing is noted."""
    from ledger import open_ledger
    from pipelines.drift import since_last_time, tell

    path = home.data / "ledger.sqlite"
    if not path.is_file():
        return []
    ledger, lines = open_ledger(path), []
    try:
        for stream in platform.streams:
            try:
                found = since_last_time(ledger, connector, platform, stream)
            except HubError:
                continue  # the connector's own check says what is wrong
            lines += [f"{stream}：{line}" for line in tell(found)]
    finally:
        ledger.close()
    return lines
