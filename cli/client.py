"""`hub client`: departments' systems that call the API."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.account import RoleOption, ScopeOption
from cli.chinese import Command, Group
from cli.noting import audited, note
from cli.options import HomeOption, JsonOption, the_home

if TYPE_CHECKING:
    from security.client_keys import PublicKey

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


KeyFile = Annotated[
    Path | None,
    typer.Option("--key", metavar="公钥文件", dir_okay=False,
                 help="用对方的公钥（PEM 或 JWK）代替密钥：对方签名取令牌，私钥不出门",
                 show_default=False),
]  # fmt: skip


@app.command("add", cls=Command, help="新建一个客户端；密钥只显示这一次，180 天后过期。")
def add(
    title: Annotated[
        str,
        typer.Argument(metavar="部门", help="哪个部门的什么系统", show_default=False),
    ],
    role: RoleOption,
    scope: ScopeOption,
    recipient: RecipientOption = None,
    key: KeyFile = None,
    home: HomeOption = None,
) -> None:
    """Make a client."""
    from cli.screen import say
    from ledger.client_keys import add_key
    from ledger.clients import add_client
    from security.policy import check_scope, read_policy

    opened = the_home(home)
    kept = check_scope(read_policy(opened.root), role, scope)
    public = _public_key(key) if key else None
    with audited(opened) as (ledger, audit):
        made, secret = add_client(ledger, title, role, kept, recipient or (), signs=bool(public))
        held = add_key(ledger, made.client_id, public) if public else None
        note(audit, "client", subject=made.client_id,
             detail={"did": "add", "role": role, "by": "key" if held else "secret"})  # fmt: skip
    how = "对方用登记的公钥签名取令牌：" if held else "密钥只显示这一次："
    shown = f"公钥  {held.key_id}（到 {held.expires_at:%Y-%m-%d}）" if held else f"密钥  {secret}"
    say(f"已新建客户端（{title}，{role}，范围 {'、'.join(kept)}）。{how}",
        f"编号  {made.client_id}", shown)  # fmt: skip


@app.command("key", cls=Command, help="登记对方的公钥，以后签名取令牌；原来的公钥还能用 7 天。")
def key(
    client_id: ClientArgument,
    file: Annotated[
        Path,
        typer.Argument(metavar="公钥文件", dir_okay=False, help="PEM 或 JWK；Ed25519 或 P-256",
                       show_default=False),
    ],
    home: HomeOption = None,
) -> None:  # fmt: skip
    """Register a public key of a client."""
    from cli.screen import say
    from ledger.client_keys import add_key

    public = _public_key(file)
    with audited(the_home(home)) as (ledger, audit):
        held = add_key(ledger, client_id, public)
        note(audit, "client", subject=client_id, detail={"did": "key", "key": held.key_id})
    say(f"已登记公钥 {held.key_id}，到 {held.expires_at:%Y-%m-%d}；原来的公钥 7 天后失效。")


def _public_key(file: Path) -> "PublicKey":
    from hub.errors import ConfigError
    from security.client_keys import read_public_key

    try:
        return read_public_key(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise ConfigError(
            "key file cannot be read", zh=f"读不了公钥文件 {file}：请核对文件名。"
        ) from None


@app.command("list", cls=Command, help="列出所有客户端，密钥到哪一天。")
def list_(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the clients."""
    from cli.screen import as_json, say, table
    from ledger.client_keys import keys_of
    from ledger.clients import clients

    with audited(the_home(home)) as (ledger, _):
        found = clients(ledger)
        keys = {one.client_id: one for one in reversed(keys_of(ledger))}
    if json:
        as_json([asdict(one) | {"key": keys.get(one.client_id)} for one in found])
        return
    if not found:
        say("还没有客户端：hub client add 新建一个。")
        return
    table(
        ("编号", "系统", "角色", "范围", "取谁的抽取", "状态", "密钥到期", "公钥到期"),
        [
            (one.client_id, one.title, one.role, "、".join(one.scope), "、".join(one.recipients),
             "已撤销" if one.revoked else "正常", one.expires_at,
             keys[one.client_id].expires_at if one.client_id in keys else None)
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
