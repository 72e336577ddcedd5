"""Around every request: its size is limited, its answer has security headers, its time is measured.

Written against ASGI itself: what a framework's middleware costs here is paid by every request.
"""

from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serving.api.problems import Problem, problem
from serving.api.state import Metrics

LARGEST = 1_000_000  # bytes of a request to the API
HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
API = "/api/"


class Outer:
    """The outermost layer. Pages of the console set their own headers."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Wrap the application."""
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or not scope["path"].startswith(API):
            await self._app(scope, receive, send)
            return
        begun, status, size = perf_counter(), 500, 0
        state = scope.setdefault("state", {})  # the one part that routes share with this layer

        async def sized() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > LARGEST:
                raise Problem(413, "请求太大：最多 1 MB。")
            return message

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                have = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"], *(one for one in HEADERS if one[0] not in have)
                ]  # fmt: skip
                if b"cache-control" not in have:
                    message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        try:
            if _length(scope) > LARGEST:
                await problem(413, "请求太大：最多 1 MB。")(scope, receive, sent)
            else:
                await self._app(scope, sized, sent)
        finally:
            route = str(state.get("route", "other"))
            self._metrics.observe(route, scope["method"], status, perf_counter() - begun)


def _length(scope: Scope) -> int:
    given = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return int(given) if given.isdigit() else 0
