"""The audit in the officer's words: what was done, to what, by whom."""

from collections.abc import Mapping
from typing import Any

import duckdb

from ledger import Ledger
from ledger.accounts import accounts
from ledger.clients import clients
from serving.reading.listing import LISTS
from warehouse.answers import merged_ids

Row = Mapping[str, Any]
ACTIONS = {
    "look": "查看", "list": "列名单", "search": "检索", "verify": "核验", "statistics": "统计",
    "decide": "裁决", "extract": "提取", "extracts": "提取", "form": "填表", "forms": "表单",
    "export": "导出", "register": "登记表单", "sync": "同步", "sign_in": "登录", "sign_out": "退出",
    "refused": "拒绝", "account": "账号", "audit": "审计", "client": "客户端", "platforms": "平台",
    "metrics": "运行指标", "erase": "删除", "feedback": "反馈", "explain": "解释权限",
    "retention": "到期清除", "api": "接口",
}  # fmt: skip
OUTCOMES = {"ok": "成功", "refused": "拒绝", "not_found": "没有找到", "failed": "失败"}
ENTITIES = {
    "resident": "居民", "household": "户", "dwelling": "住房", "grid": "网格", "event": "事项",
    "platform": "平台",
    "work": "待办", "form": "表单", "extract": "抽取", "account": "账号", "client": "客户端",
    "audit": "审计", "decision": "决定",
}  # fmt: skip
SAID = ("list", "page", "of", "did", "change", "verdict", "form", "extract", "about")
"""Parts of an event's detail that say more of what was done."""
WORDS = {
    "overview": "统览", "pair": "疑似同一人", "pairs": "疑似同一人", "quarantine": "隔离的记录",
    "issues": "字段问题", "corrections": "请归口核对", "feedback": "更正申请", "collect": "待采集",
    "alerts": "提醒", "verify": "校验", "household": "同户的人", "dwelling": "同住的人",
    "extracts": "抽取", "runs": "运行记录", "run": "运行记录", "forms": "表单",
    "add": "新建", "role": "改角色", "password": "换口令", "own password": "改自己的口令",
    "on": "恢复", "off": "停用", "enable": "恢复", "disable": "停用", "relink": "重新认定",
    "totp": "要动态口令", "no totp": "不要动态口令", "key": "登记公钥", "rotate": "换密钥",
    "revoke": "撤销", "recipient": "改接收部门", "same": "是同一人", "different": "不是同一人",
    "later": "以后再定", "undone": "撤销", "accepted": "采纳", "refused": "不采纳",
    **{name: one.title for name, one in LISTS.items()},
}  # fmt: skip


def what_of(event: Row) -> str:
    """To what an event was done: 居民、户 …, and which list or change."""
    detail = event["detail"] or {}
    said = [str(detail[name]) for name in SAID if isinstance(detail.get(name), str)]
    told = [ENTITIES.get(event["entity"], event["entity"]), *(WORDS.get(one, one) for one in said)]
    return "、".join(dict.fromkeys(one for one in told if one))


class Named:
    """Accounts and clients by what the audit calls them."""

    def __init__(self, ledger: Ledger) -> None:
        """Read them once."""
        self._accounts = {f"a{one.account_id}": one.name for one in accounts(ledger)}
        self._clients = {one.client_id: one.title for one in clients(ledger)}

    def who(self, actor: str) -> str:
        """An actor as people call them; a client by its title and id."""
        kind, _, name = actor.partition(":")
        if kind == "anonymous":
            return "（没有登录）"
        return f"{self._clients[name]} {name}" if name in self._clients else name or actor

    def subject(self, event: Row) -> str:
        """The subject of an event: an id, or the name of an account or client."""
        given = str(event["subject"])
        return self._accounts.get(given) or self._clients.get(given) or given

    def actor(self, typed: str) -> str:
        """Whom an auditor means: an account, a client by id or title, or who typed commands."""
        if ":" in typed or typed in ("", "anonymous"):
            return typed
        if typed in self._accounts.values():
            return f"account:{typed}"
        for number, title in self._clients.items():
            if typed in (number, title):
                return f"client:{number}"
        return f"command:{typed}"


def all_ids(connection: duckdb.DuckDBPyConnection, resident_id: str) -> list[str]:
    """Every id that a resident had: the one in use, and those that were merged into it."""
    into = merged_ids(connection)
    own = into.get(resident_id, resident_id)
    return sorted({own, resident_id, *(one for one, now in into.items() if now == own)})
