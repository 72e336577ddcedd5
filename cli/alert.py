"""`hub alert list`: dated lists of whom or what somebody must look at, by named rules."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.chinese import Command, Group
from cli.options import ClearOption, HomeOption, JsonOption, the_home

if TYPE_CHECKING:
    from reports.alerts import Alert, Rule
    from reports.people import People

app = typer.Typer(
    cls=Group, name="alert", help="提醒：按规则列出要有人去看的人和平台。", no_args_is_help=True
)
COLUMNS = ("规则", "版本", "日期", "居民编码", "姓名", "网格", "平台", "说明")


@app.command(
    "list", cls=Command, help="列出提醒：满 80 岁、迁出、去世仍享待遇、重复享受、平台久未更新等。"
)
def list_(
    rules: Annotated[
        list[str] | None,
        typer.Argument(metavar="规则…", help="只看这几条规则；不写就是全部", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="文件", help="写成 .xlsx，含姓名", show_default=False),
    ] = None,
    clear: ClearOption = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """List the alerts of the current snapshot."""
    from cli.form import xlsx
    from cli.screen import as_json, place, say
    from reports.alerts import RULES, alerts, watch_now
    from reports.people import people_of

    opened = the_home(home)
    if out is not None:
        xlsx(out)
    titles = {name: one.title for name, one in opened.read_platforms()[0].items()}
    with people_of(opened, None) as (people, connection):
        found = alerts(watch_now(opened, connection, people.today), rules or ())
    if out is not None:
        _write(out, found, Known(people, titles, clear=True))
    if json:
        as_json({"day": people.today.isoformat(), "alerts": found})
        return
    for name, rule in RULES.items():
        mine = [one for one in found if one.rule == name]
        if name in (rules or RULES):
            _show(rule, mine, Known(people, titles, clear))
    if out is not None:
        say(f"已写出 {len(found):,} 行：{place(out.resolve())}；里面有姓名，用完删除。")


@dataclass(frozen=True)
class Known:
    """What the codes of an alert stand for, and whether names are shown."""

    people: "People"
    titles: dict[str, str]
    clear: bool


def _lines(found: list["Alert"], known: Known) -> list[tuple[Any, ...]]:
    from reports.alerts import RULES
    from serving.reading.wording import masked_row

    columns = known.people.frame.select("resident_id", "name", "grid_name", "grid_code")
    named = {row[0]: row for row in columns.iter_rows()}
    lines = []
    for one in found:
        _, name, grid, code = named.get(one.resident_id or "", (None,) * 4)
        shown = masked_row({"name": name}, clear=known.clear)["name"]
        platform = known.titles.get(one.platform or "", one.platform)
        lines.append((RULES[one.rule].says, one.version, one.day and one.day.isoformat(),
                      one.resident_id, shown, grid or code, platform, one.detail))  # fmt: skip
    return lines


def _show(rule: "Rule", found: list["Alert"], known: Known) -> None:
    from cli.screen import heading, say, table

    heading(f"{rule.says}（{rule.name}）：{len(found):,}")
    shown = _lines(found[:20], known)
    if shown:
        table(
            ("日期", "居民编码", "姓名", "网格", "平台", "说明"), [line[2:] for line in shown],
            whole=("日期", "居民编码"),
        )  # fmt: skip
    if len(found) > len(shown):
        say(f"只列出前 {len(shown)} 行；全部用 --out 提醒.xlsx。")


def _write(out: Path, found: list["Alert"], known: Known) -> None:
    import polars as pl

    from reports.tables import workbook

    lines = [tuple(map(_cell, line)) for line in _lines(found, known)]
    frame = pl.DataFrame(lines, schema=dict.fromkeys(COLUMNS, pl.String), orient="row")
    out.touch(mode=0o600)
    out.write_bytes(workbook({"提醒": frame}))


def _cell(value: object) -> str | None:
    return None if value is None else str(value)
