"""`hub correction list|export`: where platforms contradict each other, for owners to check."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.chinese import Command, Group
from cli.options import (
    ClearOption,
    HomeOption,
    JsonOption,
    PlatformOption,
    one_platform,
    the_home,
)
from hub.errors import ConfigError

app = typer.Typer(
    cls=Group,
    name="correction",
    help="校核纠错：平台之间说法不一致，请归口部门核对的值。",
    no_args_is_help=True,
)
COLUMNS = (
    "平台", "数据流", "记录键", "居民编码", "字段", "平台现值", "核对值", "依据", "提出时间",
    "核对结果",
)  # fmt: skip


@app.command("list", cls=Command, help="列出要核对的值，按平台和字段计数。")
def list_(
    platform: PlatformOption = None,
    limit: Annotated[int, typer.Option("--limit", metavar="行数", help="最多列出几行", min=0)] = 20,
    clear: ClearOption = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Count and list the open requests."""
    from cli.screen import as_json
    from identity.corrections import request_counts, requests
    from serving.reading.wording import masked_row, title
    from warehouse.snapshots import reading

    opened = the_home(home)
    only = [] if platform is None else [one_platform(opened, platform).platform]
    with reading(opened) as connection:
        counts, rows = request_counts(connection, only), requests(connection, only, limit)
    for row in rows:
        for which in ("said", "held"):
            row[which] = masked_row({row["field"]: row[which]}, clear=clear)[row["field"]]
    for row in [*counts, *rows]:
        row["field_title"] = title(row["field"])
    if json:
        as_json({"counts": counts, "rows": rows})
    else:
        _show(counts, rows, clear=clear)


@app.command("export", cls=Command, help="导出成 Excel，交给归口部门核对；含未脱敏的原值。")
def export(
    out: Annotated[
        Path,
        typer.Option("--out", metavar="文件", help="写到哪里：以 .xlsx 结尾", show_default=False),
    ],
    platform: PlatformOption = None,
    home: HomeOption = None,
) -> None:
    """Write the open requests, a sheet a platform."""
    from cli.screen import place, say
    from cli.workbook import write_sheets
    from identity.corrections import requests
    from warehouse.snapshots import reading

    opened = the_home(home)
    if out.suffix.lower() != ".xlsx":
        raise ConfigError(
            "correction export: the suffix is not .xlsx",
            zh="文件名要以 .xlsx 结尾，例如 --out 核对.xlsx。",
        )
    only = [] if platform is None else [one_platform(opened, platform).platform]
    with reading(opened) as connection:
        rows = requests(connection, only)
    known, _ = opened.read_platforms()
    titles = {name: one.title for name, one in known.items()}
    sheets: dict[str, list[list[object]]] = {}
    for row in rows:
        sheets.setdefault(row["platform"], []).append(_line(row, titles))
    write_sheets(out, {name: (COLUMNS, lines) for name, lines in sheets.items()} or {
        "没有要核对的值": (COLUMNS, [])
    })  # fmt: skip
    say(f"已写出 {len(rows):,} 行：{place(out.resolve())}")
    say("文件里有未脱敏的个人信息，只发给归口部门，用完删除。平台改正后，下次同步自动销号。")


def _line(row: dict[str, Any], titles: Mapping[str, str]) -> list[object]:
    from serving.reading.wording import shown, title

    backers = [titles.get(one, one) for one in (row["backed_by"] or "").split("、") if one]
    said, held = (shown(row["field"], row[which], clear=True) for which in ("said", "held"))
    return [
        titles.get(row["platform"], row["platform"]), row["stream"], row["record_key"],
        row["resident_id"], title(row["field"]), said, held, "、".join(backers), row["opened_at"],
        "",
    ]  # fmt: skip


def _show(counts: list[dict[str, Any]], rows: list[dict[str, Any]], *, clear: bool) -> None:
    from cli.screen import heading, say, table

    if not counts:
        say("各平台说法一致，没有要核对的值。")
        return
    heading("要请归口部门核对的值")
    table(
        ("平台", "字段", "待核对", "已销号"),
        [(r["platform"], r["field_title"], r["open"], r["closed"]) for r in counts],
        right=("待核对", "已销号"),
        whole=("平台",),
    )
    if rows:
        table(
            ("平台", "记录键", "居民编码", "字段", "平台现值", "核对值", "依据"),
            [
                (r["platform"], r["record_key"], r["resident_id"], r["field_title"], r["said"],
                 r["held"], r["backed_by"])
                for r in rows
            ],
            whole=("平台", "居民编码"),
        )  # fmt: skip
    if not clear:
        say("个人信息已脱敏；有权限时加 --clear 看原值。")
    say("全部明细：hub correction export --out 核对.xlsx")
