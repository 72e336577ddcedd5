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
    from serving.reading.wording import masked_row, shown_key, title
    from warehouse.snapshots import reading

    opened = the_home(home)
    only = [] if platform is None else [one_platform(opened, platform).platform]
    with reading(opened) as connection:
        counts, rows = request_counts(connection, only), requests(connection, only, limit)
    for row in rows:
        for which in ("said", "held"):
            row[which] = masked_row({row["field"]: row[which]}, clear=clear)[row["field"]]
        row["record_key"] = shown_key(row["record_key"], clear=clear)
    for row in [*counts, *rows]:
        row["field_title"] = title(row["field"])
    if json:
        as_json({"counts": counts, "rows": rows})
    else:
        titles = {name: one.title for name, one in opened.read_platforms()[0].items()}
        _show(counts, rows, titles, clear=clear)


@app.command("export", cls=Command, help="导出成 Excel，交给各平台核对：矛盾的、有误的、缺失的。")
def export(
    out: Annotated[
        Path,
        typer.Option("--out", metavar="位置",
                     help="文件夹（一个平台一个文件），或一个以 .xlsx 结尾的文件（加 --platform）",
                     show_default=False),
    ],
    platform: PlatformOption = None,
    clear: Annotated[
        bool, typer.Option("--clear", help="缺失的也给未脱敏的值", show_default=False)
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Write for each platform its own rows that are wrong, missing or in conflict."""
    from cli.screen import as_json, place, say, table
    from reports.given_back import empty_workbook, given_back, write_given_back
    from serving.reading.wording import reason
    from warehouse.snapshots import reading

    opened = the_home(home)
    _refuse(out, platform)
    only = [] if platform is None else [one_platform(opened, platform).platform]
    titles = {name: one.title for name, one in opened.read_platforms()[0].items()}
    with reading(opened) as connection:
        found = given_back(connection, titles, reason, only, clear=clear)
    if out.suffix.lower() == ".xlsx":
        out.touch(mode=0o600)
        out.write_bytes(found[0].content if found else empty_workbook())
        files = [out]
    else:
        files = write_given_back(found, out)
    if json:
        as_json([{"platform": one.platform, "rows": one.rows} for one in found])
        return
    if found:
        kinds = tuple(found[0].rows)
        lines = [(titles.get(o.platform, o.platform), *o.rows.values()) for o in found]
        table(("平台", *kinds), lines, right=kinds, whole=("平台",))
    say(*(place(one.resolve()) for one in files))
    say("文件里有未脱敏的个人信息，只发给归口部门，用完删除。平台改正后，下次同步自动销号。")


def _refuse(out: Path, platform: str | None) -> None:
    if out.suffix and (out.suffix.lower() != ".xlsx" or platform is None):
        raise ConfigError(
            "correction export: a file is for one platform, and ends in .xlsx",
            zh="--out 写一个文件夹（一个平台一个文件）；只导出一个平台时可写成 核对.xlsx，"
            "并加 --platform。",
        )


def _show(
    counts: list[dict[str, Any]],
    rows: list[dict[str, Any]],
    titles: Mapping[str, str],
    *,
    clear: bool,
) -> None:
    from cli.screen import heading, say, table

    if not counts:
        say("各平台说法一致，没有要核对的值。")
        return
    heading("要请归口部门核对的值")
    table(
        ("平台", "字段", "待核对", "已销号"),
        [
            (titles.get(r["platform"], r["platform"]), r["field_title"], r["open"], r["closed"])
            for r in counts
        ],
        right=("待核对", "已销号"),
        whole=("平台",),
    )
    if rows:
        table(
            ("平台", "记录键", "居民编码", "字段", "平台现值", "核对值", "依据"),
            [
                (titles.get(r["platform"], r["platform"]), r["record_key"], r["resident_id"],
                 r["field_title"], r["said"], r["held"],
                 "、".join(titles.get(o, o) for o in (r["backed_by"] or "").split("、")))
                for r in rows
            ],
            whole=("平台", "居民编码"),
        )  # fmt: skip
    if not clear:
        say("个人信息已脱敏；有权限时加 --clear 看原值。")
    say("全部明细：hub correction export --out 核对")
