"""`hub extract list|run|trace`: standardised extracts for upper-level departments."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.chinese import Command, Group
from cli.noting import noted
from cli.options import HomeOption, JsonOption, the_home

app = typer.Typer(
    cls=Group, name="extract", help="标准化抽取：给上级部门的数据，有依据、有范围、有水印。",
    no_args_is_help=True,
)  # fmt: skip
MODES = {"full": "全量", "changes": "变化"}


@app.command("list", cls=Command, help="列出各个抽取和最近一次运行。")
def list_(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the extracts."""
    from cli.screen import as_json, heading, say, table
    from reports.extract_file import load_extracts, wrong_extracts
    from reports.extract_run import runs_of

    opened = the_home(home)
    found: list[dict[str, Any]] = []
    for one in load_extracts(opened):
        runs = runs_of(opened, one.extract)
        found.append({
            "extract": one.extract, "title": one.title, "department": one.recipient.department,
            "purpose": one.purpose, "schedule": one.schedule, "mode": one.mode,
            "last": runs[-1] if runs else None,
        })  # fmt: skip
    wrong = {name: error.zh for name, error in wrong_extracts(opened).items()}
    if json:
        as_json([*found, *({"extract": name, "error": zh} for name, zh in wrong.items())])
        return
    if not found and not wrong:
        say("还没有抽取：把文件写在 extracts/ 里，写法见 docs/forms.md。")
        return
    table(
        ("名称", "标题", "交给", "方式", "最近一次", "行数"),
        [
            (one["extract"], one["title"], one["department"], MODES[one["mode"]],
             one["last"] and _when(one["last"])[:10], one["last"] and one["last"]["rows"])
            for one in found
        ],
        right=("行数",),
    )  # fmt: skip
    if wrong:
        heading("写错了、不会运行的")
        say(*wrong.values())


def _when(run: dict[str, Any]) -> str:
    """When a run was made, in the officer's zone."""
    from cli.screen import moment

    return moment(datetime.fromisoformat(run["made_at"]))


@app.command("run", cls=Command, help="运行一个抽取：数据、契约、清单放进一个文件夹。")
def run(
    name: Annotated[str, typer.Argument(metavar="名称", help="抽取的名称", show_default=False)],
    full: Annotated[
        bool, typer.Option("--full", help="这一次给全量，不只是变化", show_default=False)
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Run one extract."""
    from cli.screen import as_json, place, say, table
    from reports.extract_file import load_extract
    from reports.extract_run import run_extract

    opened = the_home(home)
    done = run_extract(opened, load_extract(opened, name), full=full)
    noted(opened, "extract", subject=name, rows=done.rows, detail={"run": done.watermark})
    if json:
        as_json(done)
        return
    say(f"已抽取“{done.extract}”（{MODES[done.mode]}）{done.rows:,} 行：{place(Path(done.folder))}")
    if done.without_grid:
        say(f"另有 {done.without_grid:,} 人不知道在哪个网格，没有列入这个范围。")
    if done.why_full:
        say(f"这一次给的是全量，不是变化：{done.why_full}。")
    names = {"added": "新增", "changed": "更改", "removed": "去除"}
    if done.changes:
        say("其中" + "，".join(f"{names[k]} {n:,}" for k, n in sorted(done.changes.items())))
    table(
        ("文件", "行", "字节", "SHA-256"),
        [(one["name"], one["rows"], one["bytes"], one["sha256"][:16] + "…") for one in done.files],
        right=("行", "字节"),
    )
    say(f"水印 {done.watermark}：日后用 hub extract trace 可查到这一份交给了谁。")


@app.command("trace", cls=Command, help="查水印：这一份数据是什么时候交给谁的。")
def trace(
    mark: Annotated[str, typer.Argument(metavar="水印", help="数据里的水印", show_default=False)],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Say to whom the copy with a watermark was given."""
    from cli.screen import as_json, say
    from reports.extract_run import trace as traced

    told = traced(the_home(home), mark)
    if json:
        as_json(told)
        return
    who = told["recipient"]
    say(
        f"抽取“{told['title']}”，{_when(told)} 交给{who['department']}{who['contact']}",
        f"用途：{told['purpose']}；依据：{told['basis']}；{told['rows']:,} 行。",
    )
