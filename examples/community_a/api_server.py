"""The property vendor's own server: pages of records for whoever signs the request.

The signature, as in the vendor's document: parameters without `sign`, keys ascending, URL-encoded,
empty values included, `&app_secret=` at the end, MD5 in upper case; five minutes of clock.
An error comes inside HTTP 200, as `code` and `msg`.
"""

import argparse
import hmac
import json
import signal
import time
from functools import partial
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from socketserver import BaseServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

OWNERS = "/open/owners"
CLOCK = 300  # seconds a timestamp may be off
LARGEST_PAGE = 1000


class Vendor:
    """The vendor's records and secret. The file is read again when it changes."""

    def __init__(self, file: Path, secret: str) -> None:
        self.file, self.secret = file, secret
        self._read_at = 0
        self._records: list[str] = []

    def answer(self, target: str) -> str:
        """What the vendor says to `GET target`, as JSON."""
        parts = urlsplit(target)
        given = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path != OWNERS:
            return _refusal(404, "接口不存在")
        if not hmac.compare_digest(given.pop("sign", ""), sign(given, self.secret)):
            return _refusal(1001, "签名错误")
        if abs(time.time() - _number(given.get("timestamp"))) > CLOCK:
            return _refusal(1002, "请求已过期")
        page, size = _number(given.get("pageNo")), _number(given.get("pageSize"))
        if page < 1 or not 1 <= size <= LARGEST_PAGE:
            return _refusal(1003, "分页参数错误")
        records = self.records()
        chosen = records[(page - 1) * size : page * size]
        told = f'{{"records": [{", ".join(chosen)}], "total": {len(records)}}}'
        return f'{{"code": 0, "msg": "成功", "data": {told}}}'

    def records(self) -> list[str]:
        """Everything the vendor holds, each record as JSON."""
        changed_at = self.file.stat().st_mtime_ns
        if changed_at != self._read_at:
            held: list[dict[str, Any]] = json.loads(self.file.read_text(encoding="utf-8"))
            self._records = [json.dumps(one, ensure_ascii=False) for one in held]
            self._read_at = changed_at
        return self._records


def sign(parameters: dict[str, str], secret: str) -> str:
    """The vendor's signature of the parameters."""
    text = "&".join(f"{key}={quote(parameters[key], safe='')}" for key in sorted(parameters))
    return md5(f"{text}&app_secret={secret}".encode(), usedforsecurity=False).hexdigest().upper()


def _refusal(code: int, message: str) -> str:
    return json.dumps({"code": code, "msg": message, "data": None}, ensure_ascii=False)


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() else 0


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body are two writes: 40 ms a page otherwise

    def __init__(
        self, vendor: Vendor, connection: socket, client: tuple[str, int], server: BaseServer
    ) -> None:
        self.vendor = vendor  # first: the parent's constructor answers the request
        super().__init__(connection, client, server)

    def do_GET(self) -> None:
        """Answer in the vendor's envelope."""
        body = self.vendor.answer(self.path).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: addresses asked for hold signatures."""


def serve(file: Path, secret: str, port: int) -> ThreadingHTTPServer:
    """A server on 127.0.0.1; port 0 takes any."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(Handler, Vendor(file, secret)))


def main() -> None:
    """Serve until told to stop, even if who started us ignores that signal."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--secret-file", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    given = parser.parse_args()
    secret = given.secret_file.read_text(encoding="utf-8").strip()
    serve(given.data, secret, given.port).serve_forever()


if __name__ == "__main__":
    main()
