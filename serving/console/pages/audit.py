"""审计: who looked at whom, what whoever did, and whether the chain is whole."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Response

from ledger.audit_check import Verified, events, verify
from ledger.watch import KINDS, warnings
from security.audit_key import PUBLIC, public_key
from serving.console.frame import Posted, Visit, Visiting, go

router = APIRouter()
PAGE = 100
ACTIONS = {
    "look": "查看", "list": "列名单", "search": "检索", "verify": "核验", "statistics": "统计",
    "decide": "裁决",
    "extract": "提取", "form": "填表", "export": "导出", "register": "登记表单", "sync": "同步",
    "sign_in": "登录", "sign_out": "退出", "refused": "拒绝", "account": "账号", "audit": "审计",
    "client": "客户端", "platforms": "平台", "erase": "删除", "feedback": "反馈",
    "retention": "到期清除",
}  # fmt: skip
OUTCOMES = {"ok": "成功", "refused": "拒绝", "not_found": "没有找到", "failed": "失败"}


@router.post("/audit")
def wanted(
    visit: Posted,
    actor: Annotated[str, Form(max_length=80)] = "",
    subject: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Keep whom it is about out of the address."""
    visit.access.require("audit")
    return go(
        f"/audit?s={visit.console.kept.put(visit.token, f'{actor.strip()}|{subject.strip()}')}"
    )


@router.get("/audit")
def browse(
    visit: Visiting,
    s: Annotated[str | None, Query(max_length=32)] = None,
    before: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Events, the newest first."""
    return _shown(visit, s, before)


@router.post("/audit/verify")
def check(visit: Posted) -> Response:
    """Verify the whole chain now."""
    visit.access.require("audit")
    console = visit.console
    found = verify(console.ledger, public_key(console.home.secrets / PUBLIC))
    visit.note("audit", entity="audit", rows=found.events, page="verify")
    return _shown(visit, None, None, found)


def _shown(
    visit: Visit, s: str | None, before: int | None, verified: Verified | None = None
) -> Response:
    visit.access.require("audit")
    actor, _, subject = (visit.console.kept.get(visit.token, s) or "|").partition("|")
    full = f"account:{actor}" if actor and ":" not in actor else actor
    found = events(
        visit.console.ledger, actor=full or None, subject=subject or None, before=before,
        limit=PAGE,
    )  # fmt: skip
    visit.note("audit", entity="audit", rows=len(found), subject=subject)
    return visit.page(
        "audit.html", events=found, actor=actor, subject=subject, s=s, actions=ACTIONS, kinds=KINDS,
        outcomes=OUTCOMES, verified=verified, warnings=warnings(visit.console.ledger),
        more=len(found) == PAGE,
    )  # fmt: skip
