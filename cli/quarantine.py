"""`hub quarantine list|export`: what was set aside and why, for the officer and for the owner."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.chinese import Command, Group
from cli.options import ClearOption, HomeOption, JsonOption, one_platform, the_home
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.settings import Home

app = typer.Typer(
    cls=Group, name="quarantine", help="隔离区：被搁置的记录和原因。", no_args_is_help=True
)
PlatformOption = Annotated[
    str | None,
    typer.Option("--platform", metavar="平台", help="只看这一个平台", show_default=False),
]


@app.command("list", cls=Command, help="列出被隔离的记录和有问题的字段，按平台和原因计数。")
def list_(
    platform: PlatformOption = None,
    limit: Annotated[int, typer.Option("--limit", metavar="行数", help="最多列出几行", min=0)] = 20,
    clear: ClearOption = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Count and list what was set aside."""
    from cli.screen import as_json
    from warehouse import answers
    from warehouse.snapshots import reading

    opened = the_home(home)
    only = _only(opened, platform)
    with reading(opened) as connection:
        answer = {
            "quarantined": answers.quarantine_counts(connection, only),
            "issues": answers.issue_counts(connection, only),
            "rows": answers.quarantine_rows(connection, only, limit),
        }
    _explain(answer, clear=clear)
    if json:
        as_json(answer)
    else:
        _show(answer)


@app.command("export", cls=Command, help="导出成 Excel，交给归口部门核对；含未脱敏的原值。")
def export(
    out: Annotated[
        Path,
        typer.Option("--out", metavar="文件", help="写到哪里：以 .xlsx 结尾", show_default=False),
    ],
    platform: PlatformOption = None,
    home: HomeOption = None,
) -> None:
    """Write what was set aside as an Excel file for the owner."""
    from cli.screen import place, say
    from cli.workbook import write_workbook
    from warehouse import answers
    from warehouse.snapshots import reading

    opened = the_home(home)
    if out.suffix.lower() != ".xlsx":
        raise ConfigError(
            "quarantine export: the suffix is not .xlsx",
            zh="文件名要以 .xlsx 结尾，例如 --out 隔离.xlsx。",
        )
    only = _only(opened, platform)
    with reading(opened) as connection:
        found = {
            "rows": answers.quarantine_rows(connection, only),
            "issues": answers.issue_rows(connection, only),
        }
    written = write_workbook(out, found["rows"], found["issues"], _titles(opened))
    say(f"已写出 {written:,} 行：{place(out.resolve())}")
    say("文件里有未脱敏的个人信息，只发给归口部门，用完删除。")


def _only(home: "Home", platform: str | None) -> list[str]:
    return [] if platform is None else [one_platform(home, platform).platform]


def _titles(home: "Home") -> dict[str, str]:
    known, _ = home.read_platforms()
    return {name: one.title for name, one in known.items()}


def _explain(answer: dict[str, Any], *, clear: bool) -> None:
    """Add the Chinese of fields and reasons, and hide raw values unless `clear`."""
    from cli.fields import raw_text, reason, title

    for part in answer.values():
        for row in part:
            row["field_title"] = title(row["field"], row.get("entity", "resident"))
            row["reason_zh"] = reason(row["reason"])
            if "raw" in row:
                row["raw"] = raw_text(row["raw"], clear=clear)


def _show(answer: dict[str, Any]) -> None:
    from cli.screen import heading, say, table

    heading("隔离的记录")
    if not answer["quarantined"]:
        say("没有被隔离的记录。")
    else:
        table(
            ("平台", "数据流", "字段", "原因", "行数"),
            [
                (r["platform"], r["stream"], r["field_title"], r["reason_zh"], r["rows"])
                for r in answer["quarantined"]
            ],
            right=("行数",),
            whole=("平台", "数据流"),
        )
    if answer["rows"]:
        table(
            ("平台", "数据流", "记录键", "行号", "字段", "原值"),
            [
                (r["platform"], r["stream"], r["record_key"], r["row_no"], r["field_title"],
                 r["raw"])
                for r in answer["rows"]
            ],
            right=("行号",),
            whole=("平台", "记录键"),
        )  # fmt: skip
    if answer["issues"]:
        heading("记录已采用、但字段有问题")
        table(
            ("平台", "数据流", "字段", "原因", "处数"),
            [
                (r["platform"], r["stream"], r["field_title"], r["reason_zh"], r["rows"])
                for r in answer["issues"]
            ],
            right=("处数",),
            whole=("平台", "数据流"),
        )
    say("全部明细：hub quarantine export --out 隔离.xlsx")
