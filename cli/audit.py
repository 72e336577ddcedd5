"""`hub audit list|verify|warnings`: who saw whom, and that nobody changed it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.chinese import Command, Group
from cli.options import HomeOption, JsonOption, the_home

if TYPE_CHECKING:
    from hub.settings import Home

app = typer.Typer(
    cls=Group, name="audit", help="审计：谁看过谁，记录有没有被改过。", no_args_is_help=True
)
FAULTS = {
    "altered": "被改过", "missing": "缺失或顺序不对", "checkpoint": "签名点不对或缺失",
    "end": "末尾被截断或改过", "kept": "与另存的签名点不符", "seen": "“谁看过”的索引与记录不符",
}  # fmt: skip


@app.command(
    "list", cls=Command, help="列出记录，新的在前；可按居民（谁看过我）或按人（他看过谁）。"
)
def list_(
    resident: Annotated[
        str | None,
        typer.Option("--resident", metavar="居民编码", help="谁看过这位居民", show_default=False),
    ] = None,
    actor: Annotated[
        str | None,
        typer.Option(
            "--actor", metavar="谁", help="账号、客户端的编号或名称，或命令行用户",
            show_default=False,
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="条数", help="最多几条", min=1)] = 50,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """List events."""
    from cli.screen import as_json, say, table
    from ledger import open_ledger
    from ledger.audit_check import events
    from serving.reading.audited import ACTIONS, OUTCOMES, Named, what_of
    from serving.reading.wording import title

    opened = the_home(home)
    ledger = open_ledger(opened.data / "ledger.sqlite")
    named = Named(ledger)
    found = events(ledger, actor=actor and named.actor(actor),
                   subject=_ids(opened, resident), limit=limit)  # fmt: skip
    ledger.close()
    if json:
        as_json(found)
        return
    if not found:
        say("没有这样的记录。")
        return
    table(
        ("序号", "时间", "谁", "角色", "做了什么", "结果", "对象", "看到的原值字段", "用途"),
        [
            (one["seq"], one["at"], named.who(one["actor"]), one["role"],
             ACTIONS.get(one["action"], one["action"]), OUTCOMES[one["outcome"]],
             f"{what_of(one)} {named.subject(one) or one['rows'] or ''}".strip(),
             "、".join(title(field) for field in one["fields"]), one["purpose"])
            for one in found
        ],
        right=("序号",),
    )  # fmt: skip


def _ids(home: "Home", resident: str | None) -> list[str] | None:
    """Every id that a resident had; before the first sync the one that was typed."""
    from hub.errors import NotFoundError
    from serving.reading.audited import all_ids
    from warehouse.snapshots import reading

    if resident is None:
        return None
    try:
        with reading(home) as connection:
            return all_ids(connection, resident)
    except NotFoundError:
        return [resident]


@app.command("verify", cls=Command, help="离线核对整条审计链：改过、少了、换了次序都会指出来。")
def verify(
    kept: Annotated[
        list[Path] | None,
        typer.Option("--kept", metavar="文件", help="另存在别处的 checkpoints.jsonl，可写多次",
                     show_default=False),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="公钥", help="另存的 audit.pub；不写用 secrets 里的",
                     show_default=False),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:  # fmt: skip
    """Verify the chain."""
    from cli.screen import as_json, say, table
    from ledger import open_ledger
    from ledger.audit_check import verify as go_through
    from security.audit_key import PUBLIC, public_key

    opened = the_home(home)
    ledger = open_ledger(opened.data / "ledger.sqlite")
    done = go_through(ledger, public_key(key or opened.secrets / PUBLIC), kept or ())
    ledger.close()
    if json:
        as_json(done)
    elif not done.faults:
        say(f"审计完整：{done.events:,} 条，{done.checkpoints:,} 个签名点都对。",
            f"末尾 {done.last_hash}")  # fmt: skip
    else:
        say(f"审计有问题：{done.events:,} 条里发现 {len(done.faults):,} 处，请保留现场并报告。")
        table(("序号", "问题"), [(one.seq, FAULTS[one.kind]) for one in done.faults[:20]])
    if done.faults:
        raise typer.Exit(1)


@app.command("warnings", cls=Command, help="列出近 30 天的风险预警。")
def warnings(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the warnings."""
    from cli.screen import as_json, say, table
    from ledger import open_ledger
    from ledger.watch import KINDS
    from ledger.watch import warnings as told
    from serving.reading.audited import Named

    ledger = open_ledger(the_home(home).data / "ledger.sqlite")
    found, named = told(ledger), Named(ledger)
    ledger.close()
    if json:
        as_json(found)
        return
    if not found:
        say("近 30 天没有风险预警。")
        return
    rows = [
        (one["at"], named.who(str(one["actor"])), KINDS[str(one["kind"])], one["count"])
        for one in found
    ]
    table(("时间", "谁", "情况", "当天看过的居民"), rows)
