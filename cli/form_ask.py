"""`hub form ask|answer|overlap`: what nobody holds is asked once, and comes back."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import HomeOption, JsonOption, the_home
from hub.errors import ConfigError

if TYPE_CHECKING:
    from hub.settings import Home
    from reports.answers_in import Taken

SCOPE = typer.Option(
    "--scope", metavar="代码", help="范围：区划代码或网格编码；不写就是全部", show_default=False
)


def ask(
    what: Annotated[
        str | None,
        typer.Argument(metavar="字段", help="问一个字段：有没有、谁有、多新、谁还在要",
                       show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="文件夹", help="把要问的写成清单，一个网格一个文件",
                     show_default=False),
    ] = None,
    scope: Annotated[str | None, SCOPE] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Answer for one field, or write the lists of what is to be asked."""
    opened = the_home(home)
    if (what is None) == (out is None):
        raise ConfigError(
            "form ask: give exactly one of a field and --out",
            zh="写一个字段名（有没有、谁有），或 --out 文件夹（导出要问的清单），二者取一。",
        )
    if what is not None:
        _one(opened, what, scope, json=json)
    elif out is not None:
        _lists(opened, out.resolve(), scope, json=json)


def _one(opened: "Home", what: str, scope: str | None, *, json: bool) -> None:
    from cli.screen import as_json, moment, say, table
    from reports.form_file import load_forms
    from reports.held import held, item_named
    from reports.people import people_of

    forms = load_forms(opened)
    item = item_named(what, forms)
    with people_of(opened, scope) as (people, connection):
        told = held(opened, connection, item, people, forms)
    if json:
        as_json(told)
        return
    titles = {name: one.title for name, one in opened.read_platforms()[0].items()}
    share = told.held / max(told.concerned, 1)
    who = f"涉及 {told.concerned:,} 人，已有 {told.held:,} 人（{share:.1%}）"
    say(f"{told.title}（{told.item}）：{who}。")
    if told.holders:
        table(
            ("平台", "名称", "人数", "最新", "一半人新于"),
            [
                (one.platform, titles.get(one.platform, ""), one.people,
                 moment(one.newest), moment(one.median))
                for one in told.holders
            ],
            right=("人数",),
        )  # fmt: skip
    say(f"在要它的表：{'、'.join(told.forms) or '没有'}")
    if told.held == told.concerned and told.extract:
        say(f"不要再收集：已经全有，请从抽取里取（{told.extract}）。")


def _lists(opened: "Home", out: Path, scope: str | None, *, json: bool) -> None:
    from cli.screen import as_json, place, say, table
    from reports.ask_lists import write_lists
    from reports.asking import questions
    from reports.form_file import load_forms
    from reports.people import people_of

    if out.suffix:
        raise ConfigError(
            "form ask: --out is a folder",
            zh="--out 写一个文件夹，一个网格一个清单。",
        )
    with people_of(opened, scope) as (people, _):
        found = questions(load_forms(opened), people)
        made = write_lists(people, found, out)
    if json:
        as_json({"questions": found.height, "lists": made})
        return
    table(
        ("网格", "网格员", "人", "要问", "清单"),
        [(one.grid, one.worker, one.people, one.questions, place(one.path)) for one in made],
        right=("人", "要问"),
    )
    say(f"各表的空白合起来是 {found.height:,} 项，每人每项只问一次。")
    say("填好后运行 hub form answer 加文件名；文件里有个人信息，用完删除。")


def answer(
    files: Annotated[
        list[Path], typer.Argument(metavar="文件…", help="填好的清单", show_default=False)
    ],
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Take answers in, and sync the platform they belong to."""
    from cli.screen import as_json
    from reports.answers_in import corrected, read_answers, superseding, take_answers, unasked
    from reports.asking import questions
    from reports.form_file import load_forms
    from reports.people import people_of
    from warehouse.answers import merged_ids, split_ids

    opened = the_home(home)
    lists = [read_answers(file) for file in files]
    given = [one for each in lists for one in each.answers]
    with people_of(opened, None) as (people, connection):
        merged, split = merged_ids(connection), split_ids(connection)
        forms = load_forms(opened)
        waiting = questions(forms, people)
        taken = take_answers(opened, people, given, merged, split)
        notes = [
            *(line for each in lists for line in each.notes),
            *corrected(people, lists, [one.form for one in forms]),
            *unasked(taken.new, waiting),
            *superseding(taken.changed),
        ]
    unread = [one for each in lists for one in each.refused]
    left = sum(each.left for each in lists)
    code = _synced(opened, taken, quiet=json) if taken.fields else 0
    if json:
        as_json({
            "given": len(given) + left, "taken": taken.taken, "fields": taken.fields,
            "refused": [*unread, *taken.refused], "notes": notes, "synced": code == 0,
        })  # fmt: skip
    else:
        _tell(len(given), taken, [*unread, *notes], left)
    raise typer.Exit(code)


def _synced(opened: "Home", taken: "Taken", *, quiet: bool) -> int:
    """Pull the answers; the clear file goes once they are published."""
    from cli.sync import exit_code, progress
    from pipelines.sync import run_sync
    from reports.collected import PLATFORM

    with progress(quiet=quiet) as tick:
        report = run_sync(opened, [PLATFORM], tick=tick)
    code = exit_code(report)
    if code == 0:
        for path in taken.files:
            path.unlink(missing_ok=True)
    return code


def _tell(given: int, taken: "Taken", unread: list[str], left: int) -> None:
    from cli.screen import say

    back = len(taken.refused) + left
    say(f"收到 {given + left:,} 格答案，采用 {taken.taken:,} 格，退回 {back:,} 格。")
    say(*unread[:50], *taken.refused[:50])
    if len(taken.refused) > 50:
        say(f"另有 {len(taken.refused) - 50:,} 格退回，用 --json 看全部。")


def overlap(
    scope: Annotated[str | None, SCOPE] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="文件", help="把报告写成 .xlsx 或 .html", show_default=False),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Say what all forms ask together."""
    from cli.screen import as_json, place, say
    from reports.form_file import load_forms
    from reports.overlap import overlap as measured
    from reports.overlap_page import overlap_page, overlap_workbook
    from reports.people import people_of

    opened = the_home(home)
    if out is not None and out.suffix.lower() not in (".xlsx", ".html"):
        raise ConfigError(
            "overlap: the suffix is neither .xlsx nor .html",
            zh="报告的文件名要以 .xlsx 或 .html 结尾。",
        )
    with people_of(opened, scope) as (people, _):
        found = measured(load_forms(opened), people)
    if out is not None:
        page = out.suffix.lower() == ".html"
        content = overlap_page(found).encode() if page else overlap_workbook(found)
        out.write_bytes(content)
    if json:
        as_json(_numbers(found))
        return
    _burden(found)
    if out is not None:
        say(f"报告：{place(out.resolve())}")


def _numbers(found: Any) -> dict[str, Any]:  # noqa: ANN401 (an Overlap; imported where needed)
    from dataclasses import asdict

    told = asdict(found)
    told["reports"] = [
        {"form": one.form, "rows": one.rows, "asked": one.asked, "answered": one.answered}
        for one in found.reports
    ]
    return told


def _burden(found: Any) -> None:  # noqa: ANN401 (as above)
    from cli.screen import heading, say, table

    say(
        f"登记的表 {found.forms} 张，可合并成 {found.forms_after} 张；"
        f"要填的项 {found.fields_before:,} 个，去掉重复 {found.fields_after:,} 个。",
        f"各填一次要 {found.cells_asked:,} 格，已有数据能填 {found.cells_answered:,} 格"
        f"（{found.answered_share:.1%}）；还要问 {found.cells_to_ask_once:,} 项，每人每项一次。",
    )
    heading("各表")
    lines: Sequence[Any] = [
        (one.form, one.rows, one.asked, one.answered, f"{one.answered / max(one.asked, 1):.0%}")
        for one in found.reports
    ]
    table(("表", "行", "要填", "已有", "占比"), lines, right=("行", "要填", "已有", "占比"))
    if found.merges:
        heading("可以合并")
        say(*("  " + " + ".join(group) for group in found.merges))
