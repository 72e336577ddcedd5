"""`hub policy check|explain`: who may see what, and why."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.chinese import Command, Group
from cli.noting import audited, note
from cli.options import HomeOption, JsonOption, the_home

if TYPE_CHECKING:
    from hub.settings import Home
    from ledger import Ledger
    from security.policy import Access

app = typer.Typer(
    cls=Group, name="policy", help="权限：谁可以看什么，为什么。", no_args_is_help=True
)
SHOWN = {"clear": "原值", "masked": "脱敏", "hidden": "不显示"}


@app.command("check", cls=Command, help="检查 policy.yaml，列出各角色。")
def check(home: HomeOption = None, json: JsonOption = False) -> None:
    """Read the policy strictly, and list its roles."""
    from cli.screen import as_json, table
    from security.policy import read_policy

    roles = read_policy(the_home(home).root).roles
    if json:
        as_json({name: role.model_dump(mode="json") for name, role in roles.items()})
        return
    table(
        ("角色", "最大范围", "原值到", "脱敏到", "一天最多看", "一次最多导出", "可以做"),
        [
            (name, one.scope, one.clear, one.masked, one.daily, one.export,
             " ".join(sorted(one.may)))
            for name, one in roles.items()
        ],
        right=("原值到", "脱敏到", "一天最多看", "一次最多导出"),
    )  # fmt: skip


@app.command("explain", cls=Command, help="说明一个账号或客户端能看到某位居民的什么，为什么。")
def explain(
    who: Annotated[
        str, typer.Argument(metavar="账号", help="账号名或客户端编号", show_default=False)
    ],
    resident_id: Annotated[
        str, typer.Argument(metavar="居民编码", help="用 find 查到的编码", show_default=False)
    ],
    purpose: Annotated[
        str | None,
        typer.Option("--purpose", metavar="用途", help="假定写明了这个用途", show_default=False),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Explain a decision; no value is shown."""
    from cli.screen import as_json, say, table

    opened = the_home(home)
    with audited(opened) as (ledger, audit):
        access = _access(opened, ledger, who).for_purpose(purpose)
        told = _told(opened, access, resident_id)
        note(audit, "explain", entity="resident", subject=told["resident_id"])
    if json:
        as_json(told)
        return
    scope = "、".join(one or "*" for one in access.scope) or "没有"
    say(f"{who}：{access.role}，范围 {scope}，{told['scope']}")
    table(("字段", "怎样显示", "理由"),
          [(one["title"], SHOWN[one["shown"]], one["why"]) for one in told["fields"]],
          whole=("字段", "怎样显示"))  # fmt: skip


def _access(home: "Home", ledger: "Ledger", who: str) -> "Access":
    from ledger.accounts import account_named
    from ledger.clients import clients
    from security.policy import access_of, read_policy

    found = next((one for one in clients(ledger) if one.client_id == who), None)
    one = found or account_named(ledger, who)
    served = home.settings.divisions
    return access_of(read_policy(home.root), one.actor, one.role, one.scope, served)


def _told(home: "Home", access: "Access", resident_id: str) -> dict[str, Any]:
    from identity.views import show
    from reports.besides import told_of
    from schemas.entities import FIELDS
    from security.policy import EXTRA
    from serving.reading.wording import title
    from warehouse.snapshots import reading

    with reading(home) as connection:
        view = show(connection, resident_id, {})
        told = told_of(home, connection, view.resident_id)
    extras = sorted({EXTRA + str(one["item"]).removeprefix(EXTRA) for one in told})
    inside = access.may("look") and access.covers(
        view.golden.get("grid_code"), (view.grid or {}).get("community_code")
    )
    scope = "这位居民在范围内。" if inside else "这位居民不在范围内或角色不能查看：什么也看不到。"
    fields = [
        {"field": name, "title": title(name), "shown": made.shown, "why": made.why}
        for name, made in ((n, access.decide("resident", n)) for n in FIELDS["resident"])
        if name in view.golden or name == "labels"
    ]
    fields += [
        {"field": name, "title": name.removeprefix(EXTRA), "shown": made.shown, "why": made.why}
        for name, made in ((n, access.decide("resident", n)) for n in extras)
    ]
    return {"resident_id": view.resident_id, "inside": inside, "scope": scope,
            "fields": fields if inside else []}  # fmt: skip
