"""What a vendor answered: bytes to JSON, then the list and the total, or the vendor's complaint."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from connectors.json_text import ABSENT, JsonRow, as_text, at, number
from hub.platform_http import Envelope

DECODER = json.JSONDecoder(
    parse_float=number, parse_int=number, parse_constant=number, strict=False
)  # not strict: vendors leave line breaks in texts

REFUSED = re.compile(
    r"签名|验签|鉴权|认证|授权|权限|密钥|秘钥|令牌|白名单|过期|登录"
    r"|\bsign|signature|token|app_?(?:id|key|secret)|auth|forbidden|denied|expired|permission",
    re.IGNORECASE,
)
BUSY = re.compile(
    r"繁忙|稍[后候]|频繁|限流|过快|超时|busy|try again|too many|timeout", re.IGNORECASE
)
FINE = re.compile(
    r"成功|正常|完成|无.{0,4}(?:数据|记录|结果)|没有|未(?:查|找)到|不存在|为空"
    r"|success|^\W*ok\W*$|no (?:data|record|result|row)|not found|empty",
    re.IGNORECASE,
)
"""Said beside no list at all: there is nothing more."""
DIGITS = re.compile(r"\d(?:[ -]?[\dxX*]){6,}")
HAN = re.compile("[\u4e00-\u9fff]")
LONGEST = 100


@dataclass(frozen=True)
class Page:
    """The list of one answer."""

    rows: list[JsonRow]
    total: int | None


@dataclass(frozen=True)
class Complaint:
    """Why an answer holds no list. `code` and `message` are the vendor's own words."""

    kind: Literal["busy", "refused", "changed"]
    code: str
    message: str


class ShapeError(Exception):
    """The answer is not shaped as declared; `zh` says where."""

    def __init__(self, message: str, zh: str) -> None:
        super().__init__(message)
        self.zh = zh


def decoded(content: bytes) -> Any:  # noqa: ANN401 - JSON
    """JSON in UTF-8 or GBK, with or without BOM, trailing NULs and blanks.

    Characters of UTF-8 that the vendor cut apart become U+FFFD, as elsewhere.

    Raises:
        ValueError: not JSON, or cut off.
    """
    bare = content.rstrip(b"\0 \t\r\n").removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    try:
        text = bare.decode()
    except UnicodeDecodeError:
        text = bare.decode(errors="replace")
        if len(HAN.findall(text)) <= text.count("\ufffd"):
            text = bare.decode("gb18030")
    try:
        return DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def opened(answer: Any, envelope: Envelope, *, known_bad: bool = False) -> Page | Complaint:  # noqa: ANN401 - JSON
    """The list in an answer, or the complaint that is there instead.

    Args:
        answer: The whole answer.
        envelope: Where things are in it.
        known_bad: The status already says that it is an error.

    Raises:
        ShapeError: neither.
    """
    code = _code(answer, envelope)
    if code in envelope.empty_values:
        return Page([], None)
    if known_bad or (envelope.ok is not None and code not in envelope.ok_values):
        return _complaint(answer, envelope, code)
    if envelope.ok is None and (items := at(answer, envelope.items)) in (ABSENT, None):
        complaint = _complaint(answer, envelope, code)
        fine = items is None and FINE.search(complaint.message)
        if complaint.message and not fine:  # an error in place of the list
            return complaint
    return Page(_list(answer, envelope), _total(answer, envelope))


def cleaned(text: str, secrets: Sequence[str]) -> str:
    """A vendor's words without what may be a number of a person, or one of our secrets."""
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    return " ".join(DIGITS.sub("…", text).split())[:LONGEST]


def shown(names: Sequence[str]) -> str:
    """Names of fields for a message; some vendors use a person's number as one."""
    return "、".join(cleaned(name, ())[:30] for name in names[:40])


def code_of(answer: Any, envelope: Envelope) -> str | None:  # noqa: ANN401 - JSON
    """The vendor's code, if there is one: of an answer that may have any shape."""
    found = at(answer, envelope.ok) if envelope.ok else None
    return None if found is ABSENT or isinstance(found, dict | list) else as_text(found)


def complaint_of(answer: Any, envelope: Envelope) -> Complaint:  # noqa: ANN401 - JSON
    """What the vendor says in an answer that does not hold what was asked for."""
    return _complaint(answer, envelope, code_of(answer, envelope))


def _code(answer: Any, envelope: Envelope) -> str | None:  # noqa: ANN401 - JSON
    if envelope.ok is None:
        return None
    found = at(answer, envelope.ok)
    if found is ABSENT:
        raise ShapeError(
            f"no {envelope.ok} in the answer",
            f"回答里没有 {envelope.ok}（有：{_names(answer)}），请核对 envelope.ok",
        )
    if isinstance(found, dict | list):
        raise ShapeError(f"{envelope.ok} is no code", f"回答里的 {envelope.ok} 不是状态码")
    return as_text(found)


def _complaint(answer: Any, envelope: Envelope, code: str | None) -> Complaint:  # noqa: ANN401 - JSON
    message = _message(answer, envelope)
    known = code or ""
    if known in envelope.busy_values:
        return Complaint("busy", known, message)
    if known in ("401", "403") or REFUSED.search(message):
        return Complaint("refused", known, message)
    return Complaint("busy" if BUSY.search(message) else "changed", known, message)


def _message(answer: Any, envelope: Envelope) -> str:  # noqa: ANN401 - JSON
    paths = [envelope.message] if envelope.message else ["msg", "message", "errmsg", "error"]
    found = (at(answer, path) for path in paths)
    return next((as_text(one) or "" for one in found if isinstance(one, str | bytes)), "")


def _list(answer: Any, envelope: Envelope) -> list[JsonRow]:  # noqa: ANN401 - JSON
    found = at(answer, envelope.items)
    if found is None:
        return []
    where = envelope.items or "（回答本身）"
    if found is ABSENT:
        raise ShapeError(
            f"no {where} in the answer",
            f"回答里没有 {where}（有：{_names(answer)}），请核对 envelope.items",
        )
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise ShapeError(f"{where} is no list of objects", f"回答里的 {where} 不是记录的列表")
    return found


def _total(answer: Any, envelope: Envelope) -> int | None:  # noqa: ANN401 - JSON
    found = at(answer, envelope.total) if envelope.total else None
    if found is None or found is ABSENT or found == "":
        return None
    whole = re.fullmatch(
        r"(\d+)(?:\.0*)?", as_text(found) or "", re.ASCII
    )  # 7.0: a count as double
    if whole is None:
        raise ShapeError(
            f"{envelope.total} is no count of rows",
            f"回答里的 {envelope.total} 不是行数，请核对 envelope.total",
        )
    return int(whole[1])


def _names(answer: Any) -> str:  # noqa: ANN401 - JSON
    if not isinstance(answer, dict):
        return "不是 JSON 对象"
    return shown(list(answer))
