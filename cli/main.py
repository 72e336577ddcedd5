"""The `hub` command: the nouns it knows, and the one place where a run of it ends.

Exit codes: 0 done, 1 could not be done, 2 wrongly typed or a wrong setting, 3 done in part,
4 another process is writing, 70 a fault of ours, 130 stopped by the user.
"""

import logging
import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper
from typing import Annotated

import typer
from typer.exceptions import TyperException

from cli import (
    account,
    alert,
    audit,
    backfill,
    changes,
    client,
    correction,
    crosswalk,
    demo,
    divisions,
    explain,
    extract,
    feedback,
    form,
    init,
    model,
    platform,
    policy,
    quarantine,
    resident,
    review,
    rights,
    serve,
    snapshots,
    status,
    sync,
    verify,
)
from cli.chinese import Command, Group, complaint
from cli.options import HomeOption, asked
from hub.errors import BusyError, ConfigError, HubError
from hub.imports import collect_no_more, collect_seldom
from hub.priority import yield_to_readers
from hub.shortage import as_told

OK, FAILED, MISTYPED, BUSY, FAULT, STOPPED = 0, 1, 2, 4, 70, 130
LOGGER = logging.getLogger(__name__)
LOGGER.addHandler(logging.NullHandler())  # before the home is known there is no log to write

app = typer.Typer(
    cls=Group,
    help="社区数据大脑：各平台数据原样取回、按标准归一、认出同一个人，在这里查到。",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)


@app.callback()
def program(
    home: HomeOption = None,
    version: Annotated[
        bool, typer.Option("--version", help="显示版本", show_default=False)
    ] = False,
) -> None:
    """Take --home before the command."""
    asked.before = home
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"hub {installed('community-data-hub')}")
        raise typer.Exit


app.command("init", cls=Command, help="新建一个数据大脑目录：设置、模板和密钥。")(init.init)
app.command("demo", cls=Command, help="演示：在本机启动甲社区的七个平台，同步一次，看看结果。")(
    demo.demo
)
app.add_typer(platform.app)
app.command("sync", cls=Command, help="同步：取数、标准化、认人、检查、发布新的快照。")(sync.sync)
app.command("backfill", cls=Command, help="补取：把一段时间的更新重新读一遍，不影响同步进度。")(
    backfill.backfill
)
app.command(
    "status", cls=Command, help="一屏看完：人口、户、网格、标签，各平台是否新鲜，有没有失败。"
)(status.status)
app.command("snapshots", cls=Command, help="列出保留的快照，标出正在使用的那一个。")(
    snapshots.snapshots
)
app.command("rollback", cls=Command, help="换用另一个快照；数据不删除，可以再换回来。")(
    snapshots.rollback
)
app.add_typer(quarantine.app)
app.add_typer(changes.app)
app.add_typer(correction.app)
app.add_typer(divisions.app)
app.add_typer(resident.app)
app.add_typer(extract.app)
app.add_typer(form.app)
app.add_typer(alert.app)
app.command("verify", cls=Command, help="核验一个人：说法对不对，只答一致或不一致，不显示原值。")(
    verify.verify
)
app.add_typer(review.app)
app.command("serve", cls=Command, help="启动控制台和接口：一个进程，一个端口。")(serve.serve)
app.add_typer(account.app)
app.add_typer(client.app)
app.add_typer(policy.app)
app.add_typer(audit.app)
app.add_typer(feedback.app)
app.command("export", cls=Command, help="居民权利：导出一位居民的全部资料，从哪里来，谁用过。")(
    rights.export
)
app.command("erase", cls=Command, help="居民权利：删除一位居民，以后的同步也不再收进来。")(
    rights.erase
)
app.add_typer(model.app)
app.command(
    "explain", cls=Command, help="说明两条记录为什么是、或者不是同一个人：每项依据的分值。"
)(explain.explain)
app.command(
    "crosswalk", cls=Command, help="导出对照表：平台、数据流、记录键 → 居民编码、户编码、网格编码。"
)(crosswalk.crosswalk)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    asked.before = asked.root = None
    given = list(sys.argv[1:] if arguments is None else arguments)
    if arguments is not None:
        return _run(given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal in GBK lacks rare characters of names
            stream.reconfigure(errors="backslashreplace")
    if given[:1] != ["serve"]:  # what lives long lets go of what it no longer needs
        collect_seldom()
    if given[:1] == ["sync"]:
        yield_to_readers()
    code = _run(given)
    collect_no_more()
    return code


def _run(given: Sequence[str]) -> int:
    try:
        code = int(app(args=given, prog_name="hub", standalone_mode=False) or OK)
    except Exception as error:  # where a run ends
        return _ended(error)
    if code == STOPPED:  # Typer takes Ctrl-C
        _complain("已中断。已经提交的数据不受影响，再运行一次会接着做。")
    return code


def _ended(error: Exception) -> int:
    match error:
        case HubError():
            return _refused(error)
        case TyperException():
            return _mistyped(error)
        case typer.Abort():  # Ctrl-C, or no more input, where something is asked
            _complain("已取消，没有记下。")
            return STOPPED
        case BrokenPipeError():  # the reader, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return OK
    told = as_told(error)
    return _fault(error) if told is None else _refused(told)


def _mistyped(error: TyperException) -> int:
    if type(error).__name__ != "NoArgsIsHelpError":  # else Typer has printed the help
        _complain(complaint(error))
    return MISTYPED


def _refused(error: HubError) -> int:
    LOGGER.error("%s: %s", type(error).__name__, error)
    _complain(error.zh)
    if isinstance(error, BusyError):
        return BUSY
    return MISTYPED if isinstance(error, ConfigError) else FAILED


def _fault(error: Exception) -> int:
    """Say that the fault is ours, and where its traceback is; never what it was about."""
    kind = type(error).__name__
    if asked.root is not None and (asked.root / "hub.yaml").is_file():
        from cli.log import log_to

        path = asked.root / "data" / "hub.log"
        log_to(path)
        LOGGER.error("unexpected", exc_info=error)
        _complain(f"程序内部出错（{kind}），已发布的数据没有被改动。请把日志 {path} 交给维护人员。")
    else:
        _complain(
            f"程序内部出错（{kind}），已发布的数据没有被改动。请把刚才运行的命令告诉维护人员。"
        )
    return FAULT


def _complain(text: str) -> None:
    from cli.screen import complain

    complain(text)


if __name__ == "__main__":
    raise SystemExit(main())
