"""`hub quarantine list|export|replay`: what was set aside and why, and taking it in after a fix."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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

if TYPE_CHECKING:
    from hub.settings import Home

app = typer.Typer(
    cls=Group, name="quarantine", help="隔离区：被搁置的记录和原因。", no_args_is_help=True
)


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
    for rows in found.values():
        _say_where(opened, rows)
    written = write_workbook(out, found["rows"], found["issues"], _titles(opened))
    say(f"已写出 {written:,} 行：{place(out.resolve())}")
    say("文件里有未脱敏的个人信息，只发给归口部门，用完删除。")


@app.command("replay", cls=Command, help="改好映射或拿回更正的 Excel 后，重新并入。")
def replay(
    platform: Annotated[
        str | None,
        typer.Argument(metavar="平台", help="只做这一个平台；不写就是全部", show_default=False),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="文件",
            help="归口部门填好“更正为”的导出文件",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Take in what was set aside: under the mapping now in use, and as its owner corrected it."""
    from cli.screen import as_json
    from cli.sync import progress
    from pipelines.replay import replay as replayed

    opened = the_home(home)
    known, _ = opened.read_platforms()
    chosen = [one_platform(opened, platform).platform] if platform else list(known)
    given = _given_back(opened, file, chosen) if file is not None else []
    with progress(quiet=json) as tick:
        report = replayed(opened, chosen, tick)
    answer = {
        "corrections": given,
        "rows": report.rows,
        "published": report.published,
        "before": sum(report.before.values()),
        "after": sum(report.after.values()),
        "failures": report.failures,
    }
    if json:
        as_json(answer)
    else:
        _show_replay(answer)
    refused = any(one["what"] == "refused" for one in given)
    raise typer.Exit(1 if report.failures else 3 if refused else 0)


def _given_back(home: "Home", path: Path, chosen: list[str]) -> list[dict[str, Any]]:
    """Bring in what the file corrects; every filled-in line of it has its outcome."""
    from dataclasses import asdict

    from cli.corrected import by_platform, read_corrections
    from ledger import open_ledger
    from pipelines.corrections import take_corrections

    known, _ = home.read_platforms()
    streams = {f"{name}.{stream}" for name in chosen for stream in known[name].streams}
    given, done = read_corrections(path), []
    if not given.corrections and not given.refused:
        raise ConfigError(
            "quarantine replay: nothing is filled in",
            zh=f"{path.name} 的“更正为”一列都是空的：没有可以采用的更正。",
        )
    ledger = open_ledger(home.data / "ledger.sqlite")
    try:
        for name, stream, ones in by_platform(given, streams):
            done += take_corrections(home, ledger, (known[name], stream), ones, path.name)
    finally:
        ledger.close()
    return [asdict(one) for one in [*done, *given.refused]]


def _show_replay(answer: dict[str, Any]) -> None:
    from cli.screen import complain, say, table

    given = answer["corrections"]
    if given:
        counts = {w: sum(one["what"] == w for one in given) for w in ("taken", "same", "refused")}
        say(
            f"更正：采用 {counts['taken']:,} 处，与现在相同 {counts['same']:,} 处，"
            f"没有采用 {counts['refused']:,} 处。"
        )
        refused = [(one["place"], one["zh"]) for one in given if one["what"] == "refused"]
        if refused:
            table(("位置", "没有采用的原因"), refused, whole=("位置",))
    for one in answer["failures"]:
        complain(one)
    change = f"{answer['before']:,} → {answer['after']:,}"
    say(f"重新归一 {answer['rows']:,} 行；隔离的记录 {change} 行。")
    if answer["published"] is not None:
        say(f"已发布快照 {answer['published']}。")
    else:
        say("没有新的变化，不需要发布。")


def _say_where(home: "Home", rows: list[dict[str, Any]]) -> None:
    """Add the file, sheet and line of every row that came from a file."""
    from ledger import open_ledger
    from warehouse.duck import memory
    from warehouse.latest import origins

    known, _ = home.read_platforms()
    files = {name for name, one in known.items() if one.connection.kind == "files"}
    streams = {(row["platform"], row["stream"]) for row in rows if row["platform"] in files}
    with memory(home) as connection, closing(open_ledger(home.data / "ledger.sqlite")) as ledger:
        for platform, stream in sorted(streams):
            own = [row for row in rows if (row["platform"], row["stream"]) == (platform, stream)]
            stored = [home.data / one.path for one in ledger.batches(platform, stream)]
            hashes = {row["row_hash"] for row in own if row["row_hash"]}
            where = origins(home, connection, stored, sorted(hashes))
            for row in own:
                row["origin"] = where.get(row["row_hash"])


def _only(home: "Home", platform: str | None) -> list[str]:
    return [] if platform is None else [one_platform(home, platform).platform]


def _titles(home: "Home") -> dict[str, str]:
    known, _ = home.read_platforms()
    return {name: one.title for name, one in known.items()}


def _explain(answer: dict[str, Any], *, clear: bool) -> None:
    """Add the Chinese of fields and reasons, and hide raw values unless `clear`."""
    from serving.reading.wording import raw_text, reason, reason_aside, shown_key, title

    for name, part in answer.items():
        said = reason if name == "issues" else reason_aside
        for row in part:
            row["field_title"] = title(row["field"], row.get("entity", "resident"))
            row["reason_zh"] = said(row["reason"])
            if "raw" in row:
                row["raw"] = raw_text(row["raw"], clear=clear)
            if "record_key" in row:
                row["record_key"] = shown_key(row["record_key"], clear=clear)


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
    if answer["quarantined"] or answer["issues"]:
        say("全部明细：hub quarantine export --out 隔离.xlsx")
