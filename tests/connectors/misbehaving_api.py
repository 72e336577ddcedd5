"""A vendor's server that misbehaves when told to, and checks signatures in its own words.

`Api.script` holds what goes wrong with the next requests, one entry a request; after it the server
behaves. The signature checks are written from the vendors' documents, apart from the connector.
"""

import hashlib
import hmac
import json
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

from gmssl.sm3 import sm3_hash

SECRET = "s3cr3t/~ 密"


@dataclass
class Request:
    """What arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    raw: str

    @property
    def body(self) -> dict[str, Any]:
        if self.headers.get("content-type", "").startswith("application/json"):
            return json.loads(self.raw) if self.raw else {}
        return dict(parse_qsl(self.raw, keep_blank_values=True))

    @property
    def all(self) -> dict[str, Any]:
        return self.query | self.body


@dataclass
class Answer:
    """What goes out. `cut` bytes are sent of the body, then the connection is closed."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    length: bool = True
    delay: float = 0


Trouble = Callable[["Api", Request], Answer]


@dataclass
class Api:
    """The vendor: its rows and its moods."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    script: list[Trouble | None] = field(default_factory=list)
    signed: Callable[[Request], bool] = lambda request: True
    most: int = 10_000  # rows a page, whatever is asked for
    page_of: Callable[[int], int] = lambda page: page
    total_of: Callable[[int, int], int | None] = lambda rows, request: rows
    encode: Callable[[str], bytes] = str.encode
    first: int = 1
    seen: list[Request] = field(default_factory=list)
    url: str = ""
    date: str | None = None
    login: Callable[[Request], Answer] | None = None  # answers POST /login
    chosen: Callable[[dict[str, Any], Request], bool] = lambda row, request: True
    dressed: Callable[[Any], Any] = lambda answer: answer  # encrypts, for those who do

    def answer(self, request: Request) -> Answer:
        self.seen.append(request)
        if self.login is not None and request.path.endswith("/login"):
            return self.login(request)
        trouble = self.script.pop(0) if self.script else None
        if trouble is not None:
            return trouble(self, request)
        if not self.signed(request):
            return self.said(1001, "签名错误")
        return self.page(request)

    def page(self, request: Request) -> Answer:
        given = request.all
        if "data" in given:
            given = json.loads(given["data"])
        page = self.page_of(int(given.get("page", self.first))) - self.first
        size = min(int(given.get("size", len(self.rows) or 1)), self.most)
        held = [row for row in self.rows if self.chosen(row, request)]
        rows = held[page * size : (page + 1) * size]
        total = self.total_of(len(held), len(self.seen))
        answer = {"code": 0, "msg": "成功", "data": {"records": rows, "total": total}}
        return self.json(self.dressed(answer))

    def said(self, code: Any, message: str, status: int = 200) -> Answer:
        answer = self.json({"code": code, "msg": message, "data": None})
        answer.status = status
        return answer

    def json(self, value: Any) -> Answer:
        return Answer(self.encode(json.dumps(value, ensure_ascii=False)))


def status(number: int, **headers: str) -> Trouble:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return lambda api, request: Answer(b"<html>busy</html>", number, named)


def says(code: Any, message: str, status: int = 200) -> Trouble:
    return lambda api, request: api.said(code, message, status)


def body(content: bytes) -> Trouble:
    return lambda api, request: Answer(content)


def cut(*, announced: bool) -> Trouble:
    """Half of the page; `announced`: the header told the whole length."""

    def half(api: Api, request: Request) -> Answer:
        answer = api.page(request)
        answer.cut, answer.length = len(answer.body) // 2, announced
        return answer

    return half


def late(seconds: float) -> Trouble:
    return lambda api, request: Answer(b"{}", delay=seconds)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: 40 ms a page otherwise
    server: "Server"

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {key.lower(): value for key, value in self.headers.items()}
        answer = self.server.api.answer(Request(self.command, parts.path, query, headers, raw))
        self.server.stopping.wait(answer.delay)
        self.send_response(answer.status)
        for key, value in answer.headers.items():
            self.send_header(key, value)
        if answer.length:
            self.send_header("Content-Length", str(len(answer.body)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body[: answer.cut])
        self.close_connection = self.close_connection or answer.cut is not None

    def date_time_string(self, timestamp: float | None = None) -> str:
        return self.server.api.date or super().date_time_string(timestamp)

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    def __init__(self, api: Api) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.api, self.stopping = api, threading.Event()

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a client that gave up waiting


@contextmanager
def serving(api: Api) -> Iterator[Api]:
    server = Server(api)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield api
    finally:
        server.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


def scheme_1(request: Request) -> bool:
    """SHA-256 of data, appkey, nonce and timestamp; all three beside it in headers."""
    given = request.headers
    text = (
        f"data={request.raw}&appkey={SECRET}"
        f"&nonce={given.get('nonce')}&timestamp={given.get('timestamp')}"
    )
    return given.get("sign") == hashlib.sha256(text.encode()).hexdigest()


def scheme_1_form(request: Request) -> bool:
    """The same, where everything is a field of a form."""
    given = request.body
    text = (
        f"data={given['data']}&appkey={SECRET}"
        f"&nonce={given['nonce']}&timestamp={given['timestamp']}"
    )
    return str(given["sign"]) == hashlib.sha256(text.encode()).hexdigest()


def scheme_2(request: Request) -> bool:
    """Ascending, encoded, empty values too, app_secret last, MD5 upper case, in the query."""
    given = dict(request.query)
    sign = given.pop("sign", "")
    text = "&".join(f"{key}={quote(given[key], safe='')}" for key in sorted(given))
    text += "&app_secret=" + SECRET
    return sign == hashlib.md5(text.encode()).hexdigest().upper()


def scheme_3(request: Request) -> bool:
    """Capitalised, without empty values, bare secret last, MD5 lower case, in a JSON body."""
    given = dict(request.body)
    sign = given.pop("sign", "")
    pairs = {key[0].upper() + key[1:]: str(value) for key, value in given.items()}
    kept = [f"{key}={pairs[key]}" for key in sorted(pairs) if pairs[key]]
    return str(sign) == hashlib.md5(("&".join(kept) + SECRET).encode()).hexdigest()


def scheme_hmac(request: Request) -> bool:
    """HMAC-SHA256 in base64 over the values in the order of the query, in a header."""
    values = dict(request.query) | {"ts": request.headers["ts"]}
    text = "".join(f"{key}{value}" for key, value in values.items())
    mark = b64encode(hmac.digest(SECRET.encode(), text.encode(), "sha256")).decode()
    return request.headers.get("x-sign") == mark


def scheme_sm3(request: Request) -> bool:
    """SM3 upper case, joined by |, secret under a name."""
    given = dict(request.query)
    sign = given.pop("sign", "")
    text = "|".join(f"{key}={given[key]}" for key in sorted(given)) + f"|key={SECRET}"
    return sign == hashlib.new("sm3", text.encode()).hexdigest().upper()


def scheme_hmac_sm3(request: Request) -> bool:
    """HMAC over SM3 as RFC 2104 writes it, with gmssl's SM3; timestamp and nonce in headers."""
    given = request.query | {name: request.headers[name] for name in ("timestamp", "nonce")}
    text = "&".join(f"{key}={given[key]}" for key in sorted(given))
    key = SECRET.encode().ljust(64, b"\0")
    inner = bytes.fromhex(sm3_hash([*bytes(b ^ 0x36 for b in key), *text.encode()]))
    outer = sm3_hash([*bytes(b ^ 0x5C for b in key), *inner])
    return request.headers.get("signature") == outer


def scheme_token(request: Request) -> bool:
    """No signature: the secret itself in a header."""
    return request.headers.get("authorization") == "Bearer token-1234567890"
