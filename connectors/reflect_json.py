"""One answer of a JSON API looked at: where its list, its total and its success code are.

The answer comes from an address or from a file that somebody saved. Nothing is signed here: of a
vendor with signatures a saved answer is enough to propose the mapping.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx

from connectors.envelope import decoded
from connectors.json_rows import names_of, table_of
from connectors.json_text import JsonRow, as_text
from connectors.reflect import SAMPLED, sampled
from hub.errors import SourceChangedError, SourceDownError, SourceRefusedError
from hub.reflected import ReflectedSource, ReflectedTable

SECONDS = 30
CODES = ("code", "status", "success", "errcode", "err_code", "resultCode", "retcode", "ret",
         "errorCode", "result_code", "state", "statusCode", "flag", "rspCode")  # fmt: skip
GOOD = ("0", "200", "000", "0000", "00000", "000000", "1", "true", "ok", "OK", "success",
        "SUCCESS", "10000", "20000", "S")  # fmt: skip
TOTALS = ("total", "totalCount", "total_count", "totalRows", "totalElements", "count",
          "recordsTotal", "totalNum", "totalSize", "total_num", "rowCount",
          "totalRecords")  # fmt: skip
MESSAGES = ("msg", "message", "errmsg", "error", "info", "resultMsg", "desc", "retmsg")
PAGES = ("page", "pageNo", "pageNum", "page_no", "current", "pageIndex", "pageNumber", "page_num",
         "currentPage", "curPage", "page_index", "p", "pn")  # fmt: skip
SIZES = ("size", "pageSize", "limit", "rows", "page_size", "per_page", "perPage", "pagesize")
MISSING = "https://接口地址.example"


def reflect_address(
    address: str, headers: Mapping[str, str], *, ca_file: Path | None = None
) -> ReflectedSource:
    """Ask once, without a signature, and look at the answer.

    Raises:
        SourceDownError: not reachable, or an error of the server.
        SourceRefusedError: it wants to know who asks.
        SourceChangedError: no JSON, or no list in it.
    """
    try:
        verify: Any = str(ca_file) if ca_file else True
        with httpx.Client(timeout=SECONDS, trust_env=False, verify=verify) as client:
            response = client.get(address, headers=dict(headers))
    except (httpx.TransportError, httpx.InvalidURL, OSError) as error:
        raise SourceDownError(
            f"look: {type(error).__name__}", zh="接口连不上：请核对地址和网络，再运行一次。"
        ) from None
    status = response.status_code
    if status in (401, 403):
        raise SourceRefusedError(
            f"look: HTTP {status}",
            zh=f"接口拒绝了请求（HTTP {status}）：要签名或令牌的接口，请把一次应答存成 JSON 文件，"
            "用 hub platform add 读这个文件。",
        )
    if not response.is_success:
        raise SourceDownError(f"look: HTTP {status}", zh=f"接口出错（HTTP {status}）：请稍后再试。")
    parts = urlsplit(address)
    base = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    return look_at(response.content, base, parts.path or None, dict(parse_qsl(parts.query)))


def reflect_saved(path: Path, address: str | None) -> ReflectedSource:
    """Look at a saved answer; `address` is the interface it came from, if that is known.

    Raises:
        SourceChangedError: no JSON, or no list in it.
    """
    parts = urlsplit(address or MISSING)
    base = urlunsplit((parts.scheme, parts.netloc, "", "", ""))
    notes = () if address else ("没有给接口地址：请把 connection.url 和 path 改成真的。",)
    found = look_at(path.read_bytes(), base, parts.path or None, dict(parse_qsl(parts.query)))
    return ReflectedSource(found.connection, found.tables, (*found.notes, *notes))


def look_at(content: bytes, base: str, path: str | None, query: dict[str, str]) -> ReflectedSource:
    """The settings and the one table that an answer shows."""
    try:
        answer = decoded(content)
    except (ValueError, UnicodeDecodeError):
        raise SourceChangedError(
            "look: no JSON", zh="应答不是 JSON（或不完整）：请核对地址，或重新保存一次应答。"
        ) from None
    lists = sorted(_lists(answer), key=lambda one: -len(one[1]))
    if not lists:
        raise SourceChangedError(
            "look: no list of objects",
            zh="应答里没有记录的列表：请换一个有数据的查询，再取一次应答。",
        )
    items, rows = lists[0]
    envelope = _envelope(answer, items)
    pager = _pager(query, total="total" in envelope, answer=answer, rows=len(rows))
    params = {k: v for k, v in query.items() if k not in (pager.get("page"), pager.get("size"))}
    connection: dict[str, Any] = {"kind": "http_api", "url": base}
    if params:
        connection["params"] = params
    connection |= {"envelope": envelope, "pager": pager}
    names = names_of(rows[:SAMPLED])
    table = table_of(rows[:SAMPLED], names)
    name = (path or items or "rows").rstrip("/").rpartition("/")[2].rpartition(".")[2] or "rows"
    place = {"path": path} if path else {}
    return ReflectedSource(
        connection, (ReflectedTable(name, sampled(table, names), place or {"path": None}),)
    )


def items_of(content: bytes) -> str | None:
    """Where the list is in a JSON document that is no list itself; None where there is none."""
    try:
        lists = sorted(_lists(decoded(content)), key=lambda one: -len(one[1]))
    except (ValueError, UnicodeDecodeError):
        return None
    return lists[0][0] or None if lists else None


def _lists(node: Any, before: str = "", depth: int = 0) -> Iterator[tuple[str, list[JsonRow]]]:  # noqa: ANN401 - JSON
    """Every list of objects, with its dotted path; not lists inside rows."""
    if isinstance(node, list):
        rows = [one for one in node if isinstance(one, dict)]
        if rows and len(rows) == len(node):
            yield before, rows
    elif isinstance(node, dict) and depth < 5:
        for name, value in node.items():
            yield from _lists(value, f"{before}.{name}" if before else name, depth + 1)


def _leaves(node: Any, before: str = "") -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - JSON
    """(path, last name, text) of every plain value outside of lists."""
    if not isinstance(node, dict):
        return
    for name, value in node.items():
        path = f"{before}.{name}" if before else name
        if isinstance(value, dict):
            yield from _leaves(value, path)
        elif not isinstance(value, list) and (text := as_text(value)) is not None:
            yield path, name, text


def _envelope(answer: Any, items: str) -> dict[str, Any]:  # noqa: ANN401 - JSON
    found: dict[str, Any] = {}
    leaves = list(_leaves(answer))
    top = [one for one in leaves if "." not in one[0]]
    for path, name, text in top:
        if name in CODES and text in GOOD and "ok" not in found:
            found |= {"ok": path, "ok_values": [text]}
    found["items"] = items
    total = next((p for p, n, text in leaves if n in TOTALS and text.isdecimal()), None)
    if total:
        found["total"] = total
    message = next((path for path, name, _ in top if name in MESSAGES), None)
    if message:
        found["message"] = message
    return found


def _pager(query: dict[str, str], *, total: bool, answer: Any, rows: int) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """The paging parameters of the address, else of the answer, else one answer for all."""
    named = {name.lower(): name for name in (*query, *(n for _, n, _ in _leaves(answer)))}
    page = next((named[one.lower()] for one in PAGES if one.lower() in named), None)
    size = next((named[one.lower()] for one in SIZES if one.lower() in named), None)
    whole = next((int(t) for _, n, t in _leaves(answer) if n in TOTALS and t.isdecimal()), rows)
    if page is None or size is None:
        return {"stop": "once"} if whole <= rows else {"stop": "total"}
    first = 0 if query.get(page) == "0" else 1
    rows_given = query.get(size, "")
    asked = {"rows": int(rows_given)} if rows_given.isdecimal() and rows_given != "0" else {}
    stop = "total" if total else "short"
    return {"page": page, "size": size, **asked, "first": first, "stop": stop}
