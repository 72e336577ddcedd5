"""`hub account`: who signs in to the console."""

import sys
from typing import Annotated

import typer

from cli.chinese import Command, Group
from cli.noting import audited, note
from cli.options import HomeOption, JsonOption, the_home
from hub.errors import ConfigError

app = typer.Typer(cls=Group, name="account", help="账号：谁能登录、什么角色、管哪里。",
                  no_args_is_help=True)  # fmt: skip
NameArgument = Annotated[
    str, typer.Argument(metavar="账号", help="登录用的名字", show_default=False)
]
RoleOption = Annotated[
    str, typer.Option("--role", metavar="角色", help="policy.yaml 里的角色", show_default=False)
]
ScopeOption = Annotated[
    list[str],
    typer.Option(
        "--scope", metavar="代码", help="管辖范围：区划代码或网格编码，可写多次；全部写 *",
        show_default=False,
    ),
]  # fmt: skip


@app.command("add", cls=Command, help="新建一个账号；口令在提示后输入，或从管道读入。")
def add(
    name: NameArgument,
    role: RoleOption,
    scope: ScopeOption,
    site: Annotated[
        bool,
        typer.Option("--site", help="不设口令，只用单位的统一登录（hub.yaml 的 sign_in）",
                     show_default=False),
    ] = False,
    home: HomeOption = None,
) -> None:  # fmt: skip
    """Make an account."""
    from cli.screen import say
    from ledger.accounts import add_account
    from security.policy import check_scope, read_policy

    opened = the_home(home)
    kept = check_scope(read_policy(opened.root), role, scope)
    with audited(opened) as (ledger, audit):
        made = add_account(ledger, name, role, kept, None if site else _password())
        note(audit, "account", subject=f"a{made.account_id}", detail={"did": "add", "role": role})
    say(f"已新建账号 {name}：{role}，范围 {'、'.join(kept)}。")


@app.command("list", cls=Command, help="列出所有账号。")
def list_(home: HomeOption = None, json: JsonOption = False) -> None:
    """List the accounts."""
    from cli.screen import as_json, say, table
    from ledger.accounts import accounts

    with audited(the_home(home)) as (ledger, _):
        found = accounts(ledger)
    if json:
        as_json(found)
        return
    if not found:
        say("还没有账号：hub account add 新建一个。")
        return
    table(
        ("账号", "角色", "范围", "状态", "动态口令", "新建"),
        [
            (one.name, one.role, "、".join(one.scope), _state(one.disabled, one.locked),
             "有" if one.has_totp else None, one.created_at)
            for one in found
        ],
    )  # fmt: skip


@app.command("password", cls=Command, help="换口令；已登录的要重新登录，锁定解除。")
def password(name: NameArgument, home: HomeOption = None) -> None:
    """Give a new password."""
    from cli.screen import say
    from ledger.accounts import account_named, set_password

    with audited(the_home(home)) as (ledger, audit):
        one = account_named(ledger, name)
        set_password(ledger, name, _password())
        note(audit, "account", subject=f"a{one.account_id}", detail={"did": "password"})
    say(f"账号 {name} 的口令已换。")


@app.command("relink", cls=Command, help="统一登录里换了人或换了编号：下次登录时重新认定。")
def relink(name: NameArgument, home: HomeOption = None) -> None:
    """Forget whom the site's own sign-in named under this account."""
    from cli.screen import say
    from ledger.accounts import account_named
    from ledger.accounts import relink as forget

    with audited(the_home(home)) as (ledger, audit):
        one = account_named(ledger, name)
        forget(ledger, name)
        note(audit, "account", subject=f"a{one.account_id}", detail={"did": "relink"})
    say(f"账号 {name} 下次统一登录时重新认定；已登录的要重新登录。")


@app.command("disable", cls=Command, help="停用一个账号；它做过的事仍在审计里。")
def disable(
    name: NameArgument,
    again: Annotated[bool, typer.Option("--undo", help="重新启用", show_default=False)] = False,
    home: HomeOption = None,
) -> None:
    """Let nobody sign in under it, or somebody again."""
    from cli.screen import say
    from ledger.accounts import account_named
    from ledger.accounts import disable as stop

    with audited(the_home(home)) as (ledger, audit):
        one = account_named(ledger, name)
        stop(ledger, name, disabled=not again)
        did = "enable" if again else "disable"
        note(audit, "account", subject=f"a{one.account_id}", detail={"did": did})
    say(f"账号 {name} 已{'重新启用' if again else '停用'}。")


@app.command("totp", cls=Command, help="要求登录时再输一次动态口令，给出绑定用的密钥。")
def totp(
    name: NameArgument,
    off: Annotated[bool, typer.Option("--off", help="不再要求", show_default=False)] = False,
    home: HomeOption = None,
) -> None:
    """Ask for one-time codes, or no more."""
    from cli.screen import say
    from ledger.accounts import account_named, set_totp
    from security.passwords import totp_address

    opened = the_home(home)
    with audited(opened) as (ledger, audit):
        one = account_named(ledger, name)
        key = set_totp(ledger, audit, name, wanted=not off)
        did = "totp" if key else "no totp"
        note(audit, "account", subject=f"a{one.account_id}", detail={"did": did})
    if key is None:
        say(f"账号 {name} 登录不再要动态口令。")
        return
    say("请在验证器应用里添加这个密钥，只显示这一次：", key,
        totp_address(key, name, opened.settings.name))  # fmt: skip


def _password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    from getpass import getpass

    given = getpass("口令：")
    if getpass("再输一次：") != given:
        raise ConfigError("passwords differ", zh="两次输入的口令不一样：请重新运行。")
    return given


def _state(disabled: bool, locked: bool) -> str:
    return "停用" if disabled else "暂时锁定" if locked else "正常"
