"""`hub platform list|add|check|preview`: the platforms of a home, and what they answer."""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.chinese import Command, Group
from cli.options import ClearOption, HomeOption, JsonOption, asked, one_platform, the_home
from hub.errors import ConfigError, HubError

if TYPE_CHECKING:
    from connectors import Connector, Finding
    from hub.platform import Platform
    from hub.settings import Home

app = typer.Typer(cls=Group, name="platform", help="平台：列出、检查、预览。", no_args_is_help=True)
KINDS = {"database": "数据库", "exchange": "前置库", "files": "文件", "http_api": "接口"}
NameArgument = Annotated[str, typer.Argument(metavar="平台", help="平台名", show_default=False)]


@app.command("list", cls=Command, help="列出所有平台：归口、连接方式、数据流。")
def list_(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the platforms."""
    from cli.screen import as_json, complain, say, table

    found, wrong = the_home(home).read_platforms()
    listed = [
        {
            "name": one.platform,
            "title": one.title,
            "department": one.owner.department,
            "steward": one.owner.steward,
            "kind": one.connection.kind,
            "schedule": one.schedule,
            "streams": list(one.streams),
        }
        for one in found.values()
    ]
    if json:
        as_json(listed)
    elif listed:
        table(
            ("平台", "名称", "归口", "方式", "数据流"),
            [
                (p["name"], p["title"], p["department"], KINDS[str(p["kind"])],
                 "、".join(p["streams"]))  # type: ignore[arg-type]  # a list of texts
                for p in listed
            ],
        )  # fmt: skip
    else:
        say("还没有平台：请照 platforms/示例.yaml.txt 写一个平台文件。")
    for error in wrong:
        complain(error.zh)
    if wrong:
        raise typer.Exit(2)


@app.command(
    "add", cls=Command, help="看一个来源，拟出它的平台文件：表、主键、增量、每一列的映射。"
)
def add(  # noqa: PLR0913, PLR0917 - Typer makes an option of each
    name: Annotated[
        str,
        typer.Argument(metavar="平台", help="新平台名：小写字母、数字、下划线", show_default=False),
    ],
    source: Annotated[
        str,
        typer.Argument(
            metavar="来源",
            help="数据库地址（不含密码）、文件、文件夹，或接口地址",
            show_default=False,
        ),
    ],
    title: Annotated[
        str | None, typer.Option("--title", metavar="名称", help="给人看的名称", show_default=False)
    ] = None,
    department: Annotated[
        str | None,
        typer.Option("--department", metavar="部门", help="归口部门", show_default=False),
    ] = None,
    level: Annotated[
        str, typer.Option("--level", metavar="层级", help="district、street 或 community")
    ] = "community",
    table: Annotated[
        list[str] | None,
        typer.Option(
            "--table", metavar="表", help="只看这些表，可用 *；可写多次", show_default=False
        ),
    ] = None,
    password_env: Annotated[
        str | None,
        typer.Option(
            "--password-env", metavar="变量名", help="密码在哪个环境变量里", show_default=False
        ),
    ] = None,
    password_file: Annotated[
        str | None,
        typer.Option(
            "--password-file", metavar="文件", help="密码在哪个文件里", show_default=False
        ),
    ] = None,
    host_key: Annotated[
        str | None,
        typer.Option(
            "--host-key", metavar="指纹", help="SFTP 服务器的主机指纹 SHA256:…", show_default=False
        ),
    ] = None,
    header: Annotated[
        list[str] | None,
        typer.Option(
            "--header",
            metavar="名称=env:变量名",
            help="接口的请求头，值放在环境变量或文件里；可写多次",
            show_default=False,
        ),
    ] = None,
    api: Annotated[
        str | None,
        typer.Option(
            "--api",
            metavar="接口地址",
            help="来源是这个接口的一次应答（JSON 文件）",
            show_default=False,
        ),
    ] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="已有平台文件时重拟", show_default=False)
    ] = False,
    dry: Annotated[bool, typer.Option("--dry-run", help="只看不写", show_default=False)] = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Look at a source and propose its platform file."""
    from cli.platform_add import look_and_propose, show, write
    from cli.screen import as_json

    opened = the_home(home)
    options = {
        "title": title, "department": department, "level": level, "tables": table, "api": api,
        "password_env": password_env, "password_file": password_file, "headers": header,
        "host_key": host_key,
    }  # fmt: skip
    added = look_and_propose(opened, name, source, options)
    if not dry:
        write(added, replace=replace)
    if json:
        as_json(added.as_dict())
        return
    show(added, home or asked.before, written=not dry)
    if dry:
        typer.echo(f"\n{added.text}")  # as it would be written: a folded line is no YAML


@app.command("check", cls=Command, help="检查平台：连接、权限、列、主键、代码、时钟、有没有数据。")
def check(
    name: Annotated[
        str | None,
        typer.Argument(metavar="平台", help="平台名；不写就是全部", show_default=False),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Test platforms: mapping, connection, rights, columns."""
    from cli.screen import as_json

    opened = the_home(home)
    wrong: Sequence[HubError] = []
    if name is None:
        found, wrong = opened.read_platforms()
        chosen = list(found.values())
    else:
        chosen = [one_platform(opened, name)]
    results = [_mistake("", error) for error in wrong]
    for platform in chosen:
        results += _check(opened, platform)
    if json:
        as_json(results)
    else:
        _show_check(results)
    if any(r["kind"] == "ConfigError" for r in results):
        raise typer.Exit(2)
    if not all(r["ok"] for r in results):
        raise typer.Exit(1)


@app.command("preview", cls=Command, help="预览：平台的原样与标准对照，不写入任何数据。")
def preview(
    name: NameArgument,
    stream: Annotated[
        str | None,
        typer.Argument(metavar="数据流", help="不写就是第一个", show_default=False),
    ] = None,
    rows: Annotated[int, typer.Option("--rows", metavar="行数", help="看几行", min=1, max=100)] = 5,
    clear: ClearOption = False,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Show the first rows raw beside standard."""
    from cli.preview import preview_rows, show_preview
    from cli.screen import as_json

    opened = the_home(home)
    platform = one_platform(opened, name)
    chosen = stream or next(iter(platform.streams))
    found = preview_rows(opened, platform, chosen, rows, clear=clear)
    if json:
        as_json(found)
    else:
        show_preview(platform, chosen, found)


def _check(home: "Home", platform: "Platform") -> list[dict[str, Any]]:
    """Findings of one platform: its mappings, then what the connector sees."""
    from cli.changes import changed
    from cli.platform_check import sample_findings
    from connectors import open_connector
    from schemas.mapping import compile_mapping

    found: list[dict[str, Any]] = []
    for stream in platform.streams:
        try:
            compile_mapping(platform, stream)
        except HubError as error:
            found.append(_mistake(platform.platform, error))
        else:
            found.append(_finding(platform.platform, what=f"{stream}：映射可用"))
    try:
        connector = open_connector(platform, home.root)
    except HubError as error:
        return [*found, _mistake(platform.platform, error)]
    try:
        for one in _looked(home, platform, connector):
            found.append(_finding(platform.platform, ok=one.ok, what=one.what, advice=one.advice))
        found += [
            _finding(platform.platform, what=one) for one in changed(home, platform, connector)
        ]
        if all(one["ok"] for one in found):
            for stream in platform.streams:
                found += [
                    _finding(platform.platform, ok=one.ok, what=one.what, advice=one.advice)
                    for one in sample_findings(connector, platform, stream)
                ]
    except HubError as error:
        found.append(_mistake(platform.platform, error))
    finally:
        connector.close()
    return found


def _looked(home: "Home", platform: "Platform", connector: "Connector") -> list["Finding"]:
    """What the connector sees; of an exchange database, behind the batches that were taken."""
    from connectors.exchange import ExchangeConnector
    from ledger import open_ledger
    from pipelines.pull import cursor_at

    path = home.data / "ledger.sqlite"
    if not isinstance(connector, ExchangeConnector) or not path.exists():
        return connector.check()
    with closing(open_ledger(path)) as ledger:
        name = platform.platform
        at = {one: cursor_at(home, ledger.cursor(name, one)) for one in platform.streams}
    return connector.check(at)


def _finding(
    platform: str, *, ok: bool = True, what: str, advice: str = "", kind: str | None = None
) -> dict[str, Any]:
    return {"platform": platform, "ok": ok, "what": what, "advice": advice, "kind": kind}


def _mistake(platform: str, error: HubError) -> dict[str, Any]:
    kind = "ConfigError" if isinstance(error, ConfigError) else type(error).__name__
    return _finding(platform, ok=False, what=error.zh, kind=kind)


def _show_check(results: list[dict[str, Any]]) -> None:
    from cli.screen import console, heading, say

    out, before = console(), None
    for one in results:
        if one["platform"] != before:
            before = one["platform"]
            heading(before or "平台文件")
        mark, style = ("✓", "green") if one["ok"] else ("✗", "red")
        out.print(f" {mark} {one['what']}", style=style if not one["ok"] else "")
        if one["advice"]:
            out.print(f"   {one['advice']}", style="dim")
    bad = sum(not one["ok"] for one in results)
    say("", f"{bad} 处要处理。" if bad else "都可以用。" if results else "还没有平台。")
