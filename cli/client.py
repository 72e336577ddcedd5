"""`hub client`: departments' systems that call the API."""

from typing import Annotated

import typer

from cli.account import RoleOption, ScopeOption
from cli.chinese import Command, Group
from cli.noting import audited, note
from cli.options import HomeOption, JsonOption, the_home

app = typer.Typer(
    cls=Group, name="client", help="接口客户端：部门系统的编号和密钥。", no_args_is_help=True
)
RecipientOption = Annotated[
    list[str] | None,
    typer.Option("--recipient", metavar="部门",
                 help="可以取给哪个部门的抽取和表单，可写多次；不写就一份也取不到",
                 show_default=False),
]  # fmt: skip
ClientArgument = Annotated[
    str, typer.Argument(metavar="编号", help="用 list 查到的编号", show_default=False)
]


@app.command("add", cls=Command, help="新建一个客户端；密钥只显示这一次，180 天后过期。")
def add(
    title: Annotated[
        str,
        typer.Argument(metavar="部门", help="哪个部门的什么系统", show_default=False),
    ],
    role: RoleOption,
    scope: ScopeOption,
    recipient: RecipientOption = None,
    home: HomeOption = None,
) -> None:
    """Make a client."""
    from cli.screen import say
    from ledger.clients import add_client
    from security.policy import check_scope, read_policy

    opened = the_home(home)
    kept = check_scope(read_policy(opened.root), role, scope)
    with audited(opened) as (ledger, audit):
        made, secret = add_client(ledger, title, role, kept, recipient or ())
        note(audit, "client", subject=made.client_id, detail={"did": "add", "role": role})
    say(f"已新建客户端（{title}，{role}，范围 {'、'.join(kept)}）。密钥只显示这一次：",
        f"编号  {made.client_id}", f"密钥  {secret}")  # fmt: skip


@app.command("list", cls=Command, help="列出所有客户端，密钥到哪一天。")
def list_(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the clients."""
    from cli.screen import as_json, say, table
    from ledger.clients import clients

    with audited(the_home(home)) as (ledger, _):
        found = clients(ledger)
    if json:
        as_json(found)
        return
    if not found:
        say("还没有客户端：hub client add 新建一个。")
        return
    table(
        ("编号", "系统", "角色", "范围", "取谁的抽取", "状态", "密钥到期"),
        [
            (one.client_id, one.title, one.role, "、".join(one.scope), "、".join(one.recipients),
             "已撤销" if one.revoked else "正常", one.expires_at)
            for one in found
        ],
        whole=("编号",),
    )  # fmt: skip


@app.command("recipient", cls=Command, help="改它可以取给哪些部门的抽取和表单。")
def recipient(
    client_id: ClientArgument, recipient: RecipientOption = None, home: HomeOption = None
) -> None:
    """Say whose extracts and forms a client may have."""
    from cli.screen import say
    from ledger.clients import set_recipients

    given = recipient or []
    with audited(the_home(home)) as (ledger, audit):
        set_recipients(ledger, client_id, given)
        note(audit, "client", subject=client_id, detail={"did": "recipient", "given": given})
    say(f"已改：{'、'.join(given) or '一份也不能取'}。")


@app.command("rotate", cls=Command, help="换密钥；旧的还能用 7 天，给对方换的时间。")
def rotate(client_id: ClientArgument, home: HomeOption = None) -> None:
    """Make a new secret."""
    from cli.screen import say
    from ledger.clients import rotate as renew

    with audited(the_home(home)) as (ledger, audit):
        secret = renew(ledger, client_id)
        note(audit, "client", subject=client_id, detail={"did": "rotate"})
    say(f"新密钥只显示这一次，旧的 7 天后失效：{secret}")


@app.command("revoke", cls=Command, help="撤销一个客户端；它的密钥和令牌一秒之内失效。")
def revoke(client_id: ClientArgument, home: HomeOption = None) -> None:
    """End a client."""
    from cli.screen import say
    from ledger.clients import revoke as end

    with audited(the_home(home)) as (ledger, audit):
        end(ledger, client_id)
        note(audit, "client", subject=client_id, detail={"did": "revoke"})
    say("已撤销，一秒之内失效。")
