"""`python -m bench.ingest.page_server FOLDER PORT`: pages made beforehand, from memory."""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

PAGES: dict[str, bytes] = {}
EMPTY = b'{"code": 0, "total": 0, "data": []}'


class Handler(BaseHTTPRequestHandler):
    """GET /?page=N."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer one page; behind the last an empty one."""
        page = parse_qs(urlsplit(self.path).query).get("page", ["1"])[0]
        body = PAGES.get(page, EMPTY)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until killed."""
    for path in Path(sys.argv[1]).glob("*.json"):
        PAGES[path.stem] = path.read_bytes()
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()


if __name__ == "__main__":
    main()
