"""`hub form …`: departments' own forms, filled from what is held."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import form_ask
from cli.chinese import Command, Group
from cli.noting import noted
from cli.options import HomeOption, JsonOption, the_home
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.settings import Home
    from reports.fill import FillReport
    from reports.form_file import Column, FormFile

app = typer.Typer(
    cls=Group, name="form", help="部门表单：登记、填写、只问一次、找重复。", no_args_is_help=True
)
PERIODS = {
    "daily": "每日", "weekly": "每周", "monthly": "每月", "quarterly": "每季", "yearly": "每年",
    "once": "一次性",
}  # fmt: skip
DOUBTFUL = 0.85
UNITS = {"residents": "人", "households": "户"}
ScopeOption = Annotated[
    str | None,
    typer.Option(
        "--scope", metavar="代码", help="范围：区划代码或网格编码；不写就是全部", show_default=False
    ),
]
XlsxOption = Annotated[
    Path,
    typer.Option("--out", metavar="文件", help="写到哪里：以 .xlsx 结尾", show_default=False),
]


@app.command("register", cls=Command, help="登记一张部门的表：认出每一列要什么，写成可改的文件。")
def register(  # noqa: PLR0913, PLR0917 (one an option)
    file: Annotated[Path, typer.Argument(metavar="文件", help="部门的空表", show_default=False)],
    department: Annotated[
        str,
        typer.Option("--department", metavar="部门", help="哪个部门要的", show_default=False),
    ],
    period: Annotated[
        str,
        typer.Option(
            "--period",
            metavar="周期",
            help="daily、weekly、monthly、quarterly、yearly 或 once",
        ),
    ] = "monthly",
    population: Annotated[
        str,
        typer.Option(
            "--population",
            metavar="对象",
            help="填哪些人：residents 常住、registered 户籍、either 两者之一、label:低保、age >= 80"
            "，可用 & 连接",
        ),
    ] = "residents",
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="表名", help="表名；不写就用文件名", show_default=False),
    ] = None,
    listed: Annotated[
        bool,
        typer.Option("--listed", help="只填表里已写好的人，原来写的都留着", show_default=False),
    ] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Register a form, or a later version of it."""
    from cli.screen import as_json
    from reports.doubts import doubts
    from reports.register import Sent
    from reports.register import register as taken

    opened = the_home(home)
    if period not in PERIODS:
        raise ConfigError(
            "register: no such period", zh=f"--period 只能是 {'、'.join(PERIODS)} 之一。"
        )
    sent = Sent(department, period, population, name, listed=listed)  # type: ignore[arg-type]  # checked above
    done = taken(opened, file, sent)
    report = _measured(opened, done.form)
    if json:
        as_json({
            "form": done.form.model_dump(mode="json"), "file": str(done.path),
            "differences": done.differences, "held": report and report.columns,
            "doubts": doubts(done.form),
        })  # fmt: skip
        return
    _show(done.form, done.path, [one.zh for one in done.differences])
    if report is not None:
        _review(report)


def _measured(home: "Home", form: "FormFile") -> "FillReport | None":
    """How much of the form is held already; None before the first sync."""
    from reports.fill import measure
    from reports.people import people_of
    from warehouse.snapshots import current_number

    if current_number(home) is None:
        return None
    with people_of(home, None) as (people, _):
        return measure(form, people)


def _review(report: "FillReport") -> None:
    """Say of a new form what need not be collected: it is held."""
    from cli.screen import say
    from reports.doubts import remarks

    columns = [one for one in report.columns if one.applies]
    lacking = {one.header for one in columns if one.filled < one.applies}
    whole = list(dict.fromkeys(one.header for one in columns if one.header not in lacking))
    blank = [one for one in columns if not one.filled]
    nothing = [one.header for one in blank if not one.item.startswith("count:")]
    uncounted = [one.header for one in blank if one.item.startswith("count:")]
    say(*remarks(report))
    say(f"审核：要填 {report.asked:,} 格，已有 {report.answered:,} 格。")
    if columns and not lacking:
        say("全部已有，不要再收集：用 hub form fill 填好交给部门，或做成抽取。")
    elif whole:
        say(f"不必再收集（已有）：{'、'.join(whole)}。")
    if nothing:
        say(f"各平台都没有，只问一次：{'、'.join(nothing)}。")
    if uncounted:
        say(f"数不出来，填好后请自己补上：{'、'.join(uncounted)}。")


def _show(form: "FormFile", path: Path, differences: list[str]) -> None:
    from cli.screen import heading, place, say, table
    from reports.by_household import by_household
    from reports.condition_words import tests_in_words
    from reports.derived import derived
    from reports.doubts import doubts

    say(f"已登记“{form.form}”（{form.department}，{PERIODS[form.period]}），第 {form.version} 版。")
    for sheet in form.sheets:
        heading(f"工作表 {sheet.sheet}" + (f"：{tests_in_words(sheet.when)}" if sheet.when else ""))
        if sheet.kind == "summary":
            say("汇总表：按下面的条件数人。")
            counted = ("列或行", "表头", "数哪些人", "单位")
            own = derived(sheet)
            lines = [(c.at, c.header, own.get(c.at) or _when(c.when), UNITS[c.count])
                     for c in (*sheet.across, *sheet.down)]  # fmt: skip
            table(counted, lines)
        else:
            lines = [(c.at, c.header, _what(c), f"{c.confidence:.0%}") for c in sheet.columns]
            table(("列", "表头", "填什么", "把握"), lines, right=("把握",))
            if sheet.given:
                say(f"只填表里已写好的 {len(sheet.given)} 人，原来写的都留着。")
            elif by_household(form):
                say("一户一行：只问户主和全户的事，一户填一次。")
    if differences:
        heading("与上一版相比")
        say(*differences)
    unsure = [c.header for s in form.sheets for c in s.columns if c.confidence < DOUBTFUL]
    for sheet in form.sheets:
        own = derived(sheet)
        unsure += [c.header for c in (*sheet.across, *sheet.down)
                   if c.when is None and c.at not in own]  # fmt: skip
    if unsure:
        say(f"请核对：{'、'.join(unsure)}。")
    say(*(f"请核对：{one}" for one in doubts(form)))
    say(f"要改就改这个文件：{place(path)}")


def _what(column: "Column") -> str:
    from reports.items import facts_of_item
    from reports.proposals import COMPUTED

    own = column.item == "remark" and column.why == COMPUTED
    return "（部门的公式）" if own else facts_of_item(column.item).title


def _when(when: str | None) -> str:
    from reports.condition_words import in_words

    if when is None:
        return "看不懂，请补 when"
    return in_words(when).removeprefix("常住").removeprefix("，") or "全部"


@app.command("list", cls=Command, help="列出登记过的表。")
def list_(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the registered forms."""
    from cli.screen import as_json, say, table
    from reports.condition_words import in_words
    from reports.form_file import load_forms

    found = [_line(one) for one in load_forms(the_home(home))]
    if json:
        as_json(found)
        return
    if not found:
        say("还没有登记表单：用 hub form register 登记部门的空表。")
        return
    table(
        ("表名", "部门", "周期", "对象", "列", "待核对", "版本"),
        [
            (one["form"], one["department"], PERIODS[one["period"]], in_words(one["population"]),
             one["fields"], one["doubtful"], one["version"])
            for one in found
        ],
        right=("列", "待核对", "版本"),
    )  # fmt: skip


def _line(form: "FormFile") -> dict[str, Any]:
    from reports.derived import shares

    columns = [c for s in form.sheets for c in s.columns]
    lines = [c for s in form.sheets for c in s.across]
    follow = [shares(s.across) for s in form.sheets]
    doubts = sum(c.confidence < DOUBTFUL for c in columns) + sum(
        c.when is None and c.at not in own
        for s, own in zip(form.sheets, follow, strict=True)
        for c in s.across
    )
    return {
        "form": form.form, "title": form.title, "department": form.department,
        "period": form.period, "population": form.population,
        "fields": len(columns) + len(lines), "doubtful": doubts, "version": form.version,
    }  # fmt: skip


@app.command("fill", cls=Command, help="按部门原来的样子填好一张表；没有的留空并列出。")
def fill(
    name: Annotated[str, typer.Argument(metavar="表名", help="登记时的表名", show_default=False)],
    out: XlsxOption,
    scope: ScopeOption = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Fill a registered form."""
    from cli.screen import as_json
    from reports.fill import fill as filled
    from reports.form_file import load_form
    from reports.people import people_of
    from serving.reading.usage import note_form_use

    opened = the_home(home)
    xlsx(out)
    form = load_form(opened, name)
    with people_of(opened, scope, form.needed) as (people, connection):
        report = filled(opened, connection, form, people, out.resolve())
    facts = {"form": form.form, "form_version": form.version, "scope": scope or "*",
             "asked": report.asked, "answered": report.answered}  # fmt: skip
    noted(opened, "form", entity="form", rows=report.rows, detail=facts)
    note_form_use(opened, form.form, report.residents)
    if json:
        as_json({
            "form": report.form, "rows": report.rows, "asked": report.asked,
            "answered": report.answered, "without_grid": report.without_grid,
            "unnamed": report.unnamed, "ungiven": report.ungiven,
            "outside": report.outside, "beyond_bands": report.beyond_bands,
            "blank_rows": report.blank_rows,
            "columns": report.columns,
        })  # fmt: skip
    else:
        _tell(report, out.resolve())


def xlsx(out: Path) -> None:
    """Refuse another suffix.

    Raises:
        ConfigError: the suffix is not .xlsx.
    """
    if out.suffix.lower() != ".xlsx":
        raise ConfigError(
            "form: the suffix is not .xlsx", zh="文件名要以 .xlsx 结尾，例如 --out 上报.xlsx。"
        )


def _tell(report: Any, out: Path) -> None:  # noqa: ANN401 (a FillReport; imported where needed)
    from cli.screen import place, say, table
    from reports.doubts import remarks
    from reports.fill import origins_path

    rows = f"{report.rows:,} 行" if report.rows else ""  # a table of counts lists nobody
    say(f"已填写“{report.form}”{rows}：{place(out)}")
    if origins_path(out).exists():
        say(f"每一格的来源：{place(origins_path(out))}")
    say(f"要填 {report.asked:,} 格，已有数据填了 {report.answered:,} 格。")
    blank = [one for one in report.columns if one.filled < one.applies]
    if blank:
        several = len({one.sheet for one in report.columns}) > 1
        table(
            (*(("工作表",) if several else ()), "列", "表头", "要填", "没有"),
            [
                (*((one.sheet,) if several else ()), one.at, one.header, one.applies,
                 one.applies - one.filled)
                for one in blank
            ],
            right=("要填", "没有"),
        )  # fmt: skip
    say(*remarks(report))
    if report.rows:
        say("文件里有个人信息，只交给该部门，用完删除。")


app.command(
    "ask", cls=Command, help="问一个字段有没有、谁有；或把没有的写成清单，每人每项只问一次。"
)(form_ask.ask)
app.command("answer", cls=Command, help="收回填好的清单：检查、并入，以后各表都用。")(
    form_ask.answer
)
app.command("overlap", cls=Command, help="各表之间的重复：同项异名、可合并的表、负担有多少。")(
    form_ask.overlap
)
