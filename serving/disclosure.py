"""信息披露: what is held, from whom, for what, without any person. Open to everybody."""

from collections.abc import Sequence
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from hub.settings import Home
from reports.extract_file import load_extracts
from schemas.entities import FIELDS
from schemas.extras import extras
from security.policy import Policy
from serving.doors import Doors

router = APIRouter(include_in_schema=False)
LEVELS = {1: "公开", 2: "内部", 3: "个人信息", 4: "敏感个人信息"}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@router.get("/public")
def disclosed(request: Request) -> HTMLResponse:
    """The page; it is made from the home's own files, so it cannot promise what is not done."""
    doors: Doors = request.app.state.doors
    return HTMLResponse(page(doors.home, doors.policy), headers=HEADERS)


def page(home: Home, policy: Policy) -> str:
    """Write the page of a home."""
    name = escape(home.settings.name)
    parts = [
        f"<h1>{name}：个人信息处理情况</h1>",
        "<p>这里说明持有哪些信息、来自哪里、用来做什么；不含任何个人的资料。"
        "本人可以向社区申请查看、更正、删除自己的资料，也可以问谁看过。</p>",
        "<h2>来自哪里、有哪些项目</h2>", _sources(home),
        "<h2>哪些岗位可以看，用来做什么</h2>", _roles(policy),
        "<h2>提供给谁</h2>", _recipients(home),
        "<h2>保存多久</h2>",
        f"<p>在用的数据随来源平台每次同步更新，保留最近 {home.settings.retention.snapshots} 次。"
        "平台已经删除或改掉的，按上面各平台的期限保存，到期自动清除。"
        "每次查看都记入不能更改的审计记录。</p>",
    ]  # fmt: skip
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}：个人信息处理情况</title></head><body><main>{''.join(parts)}</main>"
        "</body></html>"
    )


def _sources(home: Home) -> str:
    rows = []
    for platform in home.read_platforms()[0].values():
        fields: dict[str, int] = {}
        for stream in platform.streams.values():
            known = FIELDS[stream.entity]
            fields |= {known[one].title: known[one].level for one in stream.map if one in known}
            fields |= {one: extras()[one].level for one in stream.extras if one in extras()}
        told = "、".join(f"{title}（{LEVELS[level]}）" if level >= 4 else title
                        for title, level in fields.items())  # fmt: skip
        rows.append((platform.title, platform.owner.department, told, _kept(platform.retention)))
    return _table(("平台", "归口部门", "项目", "平台删除或改掉以后，原来的再保存"), rows)


def _kept(days: int | None) -> str:
    """How long what a platform no longer says is kept, as its file says."""
    if days is None:
        return "没有规定期限"
    years, rest = divmod(days, 365)
    return f"{days} 天" if rest else f"{years} 年"


def _roles(policy: Policy) -> str:
    rows = [
        (name, "、".join(role.purposes) or "（不看个人资料）",
         f"原值到“{LEVELS[role.clear]}”" if role.clear and "resident" in role.entities
         else "不能查看个人资料")
        for name, role in policy.roles.items()
    ]  # fmt: skip
    return _table(("岗位", "用途", "可以看到"), rows)


def _recipients(home: Home) -> str:
    rows = [
        (one.recipient.department, one.title, one.purpose, one.basis.document)
        for one in load_extracts(home)
    ]
    return _table(("部门", "内容", "用途", "依据"), rows) if rows else "<p>没有。</p>"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
