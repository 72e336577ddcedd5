"""`hub feedback list|add|decide`: values said to be wrong, by departments and by residents."""

from typing import Annotated, Literal, cast

import typer

from cli.chinese import Command, Group
from cli.noting import audited, note
from cli.options import ClearOption, HomeOption, JsonOption, the_home
from hub.errors import ConfigError

app = typer.Typer(
    cls=Group, name="feedback", help="校核纠错：部门或居民说某个值不对。", no_args_is_help=True
)
KINDS = {
    "wrong": "不对", "outdated": "过时", "died": "已去世", "moved": "已搬走",
    "unknown": "查无此人", "request": "居民申请更正",
}  # fmt: skip
VERDICTS = ("accepted", "refused")


@app.command("list", cls=Command, help="列出还没有处理的反馈，早的在前。")
def list_(clear: ClearOption = False, home: HomeOption = None, json: JsonOption = False) -> None:
    """List what waits."""
    from cli.screen import as_json, say, table
    from ledger.feedback import open_feedback
    from security.keys import read_keys
    from security.policy import under_mask
    from serving.reading.wording import title

    opened = the_home(home)
    key = str(read_keys(opened.secrets, encryption=True).data)
    with audited(opened) as (ledger, audit):
        found = open_feedback(ledger, key)
        note(audit, "list", rows=len(found), detail={"of": "feedback", "clear": clear})
    for one in found if not clear else ():
        one["proposed"] = under_mask("resident", one["field"], one["proposed"])
    if json:
        as_json(found)
        return
    if not found:
        say("没有待处理的反馈。")
        return
    table(
        ("编号", "时间", "谁", "居民编码", "字段", "情况", "建议的值"),
        [
            (one["feedback"], one["at"], one["actor"], one["resident_id"], title(one["field"]),
             KINDS[one["kind"]], one["proposed"])
            for one in found
        ],
        right=("编号",),
        whole=("居民编码",),
    )  # fmt: skip


@app.command("add", cls=Command, help="登记居民本人的更正申请，等人复核。")
def add(
    resident_id: Annotated[
        str, typer.Argument(metavar="居民编码", help="用 find 查到的编码", show_default=False)
    ],
    field: Annotated[
        str,
        typer.Option(
            "--field",
            metavar="字段",
            help="数据字典里的字段名，或 other:附加项目",
            show_default=False,
        ),
    ],
    home: HomeOption = None,
) -> None:
    """Take a resident's request; the value is typed, so that no history keeps it."""
    from getpass import getuser

    from cli.screen import say
    from ledger.feedback import note_feedback
    from security.keys import read_keys
    from serving.reading.correcting import is_correctable
    from warehouse.erasing import records_of
    from warehouse.snapshots import reading

    if not is_correctable(field):
        raise ConfigError("no such field", zh=f"没有字段 {field}：请用数据字典里的字段名。")
    opened = the_home(home)
    with reading(opened) as connection:
        records_of(connection, resident_id)  # refuses whom nobody knows
    key = str(read_keys(opened.secrets, encryption=True).data)
    value = typer.prompt("应为", default="", show_default=False)
    with audited(opened) as (ledger, audit):
        about = (resident_id, field, "request")
        number = note_feedback(ledger, f"command:{getuser()}", about, value, key)
        note(audit, "feedback", entity="resident", subject=resident_id, fields=[field])
    say(f"已登记为 {number} 号，等待复核：hub feedback list 查看。")


@app.command("decide", cls=Command, help="处理一条反馈：采纳（写明的值成为一条更正记录）或不采纳。")
def decide(
    number: Annotated[int, typer.Argument(metavar="编号", help="用 list 查到的编号", min=1)],
    verdict: Annotated[
        str,
        typer.Argument(metavar="结果", help="accepted 采纳，refused 不采纳", show_default=False),
    ],
    home: HomeOption = None,
) -> None:
    """Close one; a value that is accepted becomes a record of its own with the next sync."""
    from getpass import getuser

    from cli.screen import say
    from serving.reading.correcting import settle_feedback
    from warehouse.snapshots import reading

    if verdict not in VERDICTS:
        raise ConfigError("no such verdict", zh="结果只能写 accepted（采纳）或 refused（不采纳）。")
    given = cast(Literal["accepted", "refused"], verdict)
    opened = the_home(home)
    with audited(opened) as (ledger, audit), reading(opened) as connection:
        by = f"command:{getuser()}"
        filed = settle_feedback(connection, opened, ledger, (number, given), by)
        note(audit, "decide", detail={"feedback": number, "verdict": verdict, "filed": filed})
    if verdict == "refused":
        say(f"{number} 号已关闭。")
    elif filed == "now":
        say(f"{number} 号已采纳：从现在起按它查看和填表；也请归口部门更正。")
    elif filed:
        say(f"{number} 号已采纳：下一次同步起是“更正申请”平台的一条记录；也请归口部门更正。")
    else:
        say(f"{number} 号已采纳：这一项只能由归口部门在来源平台更正。")
