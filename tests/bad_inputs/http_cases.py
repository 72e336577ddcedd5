"""The table of answers that a vendor's API should not give, and of settings that leak."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..connectors.misbehaving_api import Answer, Api, Trouble, body, cut, late, says, status
from .file_cases import GOOD, HEADER, REFUSED, WANG, ZHANG
from .judging import Counts

SECRET = "k9-Zq7/secret"
ROWS = [dict(zip(HEADER, row, strict=True)) for row in GOOD]
ALL = Counts(clean=2)


@dataclass(frozen=True)
class Case:
    """One vendor's bad day."""

    name: str
    says: str
    upset: Callable[[Api], None] = lambda api: None
    counts: Counts = REFUSED
    stream: Mapping[str, Any] = field(default_factory=dict)
    connection: Mapping[str, Any] = field(default_factory=dict)
    before: bool = False  # a good pull first

    @property
    def id(self) -> str:
        return self.name


def script(*troubles: Trouble | None) -> Callable[[Api], None]:
    return lambda api: api.script.extend(troubles)


def sets(**values: Any) -> Callable[[Api], None]:
    return lambda api: [setattr(api, key, value) for key, value in values.items()] and None


def answers(value: Any) -> Callable[[Api], None]:
    return script(body(json.dumps(value, ensure_ascii=False).encode()))


def echoing(api: Api, request: Any) -> Answer:
    """A vendor who repeats what it was sent, and a resident's number."""
    return api.said("B12", f"参数错误 key={SECRET} 身份证 {ZHANG}")


def more(count: int) -> list[dict[str, Any]]:
    return [ROWS[0] | {"编号": str(number)} for number in range(count)]


ONE = {"pager": {"rows": 1, "stop": "total"}}
TWO = {"attempts": 2}
TOKEN = {"token": {"path": "login", "params": {"secret": {"env": "BAD_SECRET"}}, "at": "data.t"}}

CASES = [
    # -- down for now
    Case("500", "平台出错（HTTP 500）", script(status(500))),
    Case("503 once", "", script(status(503)), counts=ALL, connection=TWO),
    Case("429 for an hour", "请求太频繁", script(status(429, Retry_After="3600")), connection=TWO),
    Case("429 for no time", "", script(status(429, Retry_After="0")), counts=ALL, connection=TWO),
    Case("busy in 200", "系统繁忙，请稍后", script(says("E1", "系统繁忙，请稍后再试"))),
    Case("half a page, announced", "中途断开", script(cut(announced=True))),
    Case("half a page", "回答不完整", script(cut(announced=False))),
    Case("half of the second page", "第 2 页没有读到", script(None, cut(announced=True)),
         connection=ONE),
    Case("too slow", "等了 1 秒没有回答", script(late(20)), connection={"timeout": 1}),
    Case("nobody there", "连接不上", connection={"url": "http://127.0.0.1:9"}),
    # -- refused
    Case("wrong signature", "签名错误", sets(signed=lambda request: False),
         connection={"sign": {"secret": {"env": "BAD_SECRET"}}}),
    Case("401", "请核对密钥", script(status(401))),
    Case("no rights inside 200", "无接口权限", script(says(9, "无接口权限"))),
    Case("clocks that disagree", "时钟与本机相差",
         sets(date="Mon, 02 Jan 2023 00:00:00 GMT", signed=lambda request: False)),
    Case("login refused", "账号错误",
         sets(login=lambda request: Answer('{"code":7,"msg":"账号错误"}'.encode())),
         connection=TOKEN),
    Case("login without a token", "没有令牌 data.t",
         sets(login=lambda request: Answer(b'{"code":0}')), connection=TOKEN),
    # -- errors and other shapes
    Case("error inside 200", "参数 xqbh 缺失", script(says(1003, "参数 xqbh 缺失"))),
    Case("404", "HTTP 404", script(status(404))),
    Case("redirect to a login page", "HTTP 302", script(status(302, Location="http://a.example"))),
    Case("web page", "不是 JSON", script(body(b"<html>login</html>"))),
    Case("nothing at all", "不是 JSON", script(body(b""))),
    Case("nested too deeply", "没有读到", script(body(b'{"code":0,"data":' + b"[" * 100_000))),
    Case("list moved", "回答里没有 data.records（有：code、data）",
         answers({"code": 0, "data": {"list": ROWS}})),
    Case("no list", "不是记录的列表", answers({"code": 0, "data": {"records": {"a": 1}}})),
    Case("list of texts", "不是记录的列表",
         answers({"code": 0, "data": {"records": ["a"], "total": 1}})),
    Case("code gone", "回答里没有 code", answers({"data": {"records": ROWS, "total": 2}})),
    Case("total gone", "没有总数", sets(total_of=lambda rows, request: None)),
    Case("total of the page", "比这一页的 2 行还少", sets(total_of=lambda rows, request: 1)),
    Case("column gone", "没有列：电话",
         sets(rows=[{k: v for k, v in row.items() if k != "电话"} for row in ROWS])),
    Case("encrypted, and not for us", "解不开",
         sets(dressed=lambda answer: answer | {"data": "AAAAAAAAAAAAAAAAAAAAAA=="}),
         connection={"encryption": {"key": {"env": "BAD_KEY"}}}),
    Case("words with a secret and a number", "参数错误 key=*** 身份证 …", script(echoing),
         connection={"params": {"key": {"env": "BAD_SECRET"}}}),
    # -- pages that lie
    Case("endless pages", "与上一页完全相同",
         sets(page_of=lambda page: min(page, 2), total_of=lambda rows, request: 100),
         connection=ONE),
    Case("fewer rows a page than asked for", "请把 pager.rows 改为 2",
         sets(rows=more(40), most=2), connection={"pager": {"rows": 9,
         "stop": "total"}}),
    Case("rows that shift between pages", "行与前面的页重复",
         sets(rows=[*more(3), more(3)[2], *more(5)[4:]]), counts=Counts(clean=4, repeated=1),
         connection={"pager": {"rows": 3, "stop": "total"}}),
    Case("total that moves", "总数从 2 变为 1",
         sets(total_of=lambda rows, request: 2 if request == 1 else 1),
         counts=ALL, connection=ONE),
    Case("ends before its total", "平台说共 9 行，只给了 2 行",
         sets(total_of=lambda rows, request: 9), counts=ALL),
    Case("everybody gone", "疑似来源被清空", sets(rows=[]), before=True),
    # -- odd, and read
    Case("GBK", "", sets(encode=lambda text: text.encode("gb18030")), counts=ALL),
    Case("trailing NULs", "", sets(encode=lambda text: text.encode() + b"\0\0\n"), counts=ALL),
    Case("half a character", "不像姓名",
         sets(encode=lambda text: text.replace("王小红", "王\\ud83d红").encode()),
         counts=Counts(clean=1, flagged=1)),
    Case("ID number as a number", "", sets(rows=[ROWS[0], ROWS[1] | {"证件号": int(WANG)}]),
         counts=ALL),
    Case("masked number and phone", "电话已被脱敏",
         sets(rows=[ROWS[0] | {"证件号": "510108********1238", "电话": "138****1234"}, ROWS[1]]),
         counts=Counts(clean=1, flagged=1)),
    Case("faces in the answer", "丢弃 face 2",
         sets(rows=[row | {"face": "9j4AAQSkZJRg"} for row in ROWS]), counts=ALL,
         stream={"drop_columns": ["face"]}),
    Case("10 MB in a cell", "不像姓名", sets(rows=[ROWS[0] | {"姓名": "张" * 3_500_000}, ROWS[1]]),
         counts=Counts(clean=1, flagged=1)),
    Case("no key", "没有记录键", sets(rows=[ROWS[0] | {"编号": None}, ROWS[1]]),
         counts=Counts(clean=1, aside=1)),
    # -- settings
    Case("secret in the address", "直接写了密码或密钥",
         connection={"url": f"http://127.0.0.1/api?token={SECRET}"}),
    Case("secret in the user part", "直接写了密码或密钥",
         connection={"url": f"http://reader:{SECRET}@127.0.0.1/"}),
    Case("secret as a parameter", "直接写了密码或密钥",
         connection={"params": {"app_secret": SECRET}}),
    Case("secret that is nowhere", "环境变量 NO_SUCH 没有设置",
         connection={"params": {"key": {"env": "NO_SUCH"}}}),
]  # fmt: skip
