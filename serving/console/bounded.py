"""How large a request to the console may be, asked before anything of it is read."""

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FORM = 64 << 10
UPLOAD = 21 << 20  # a department's workbook, and the fields beside it
UPLOADS = ("/forms/register",)


class Bounded:
    """Refuses a body that is too large, whether or not it tells its length."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap the console."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting its body."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = UPLOAD if str(scope["path"]).endswith(UPLOADS) else FORM
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > most:
                raise HTTPException(413)
            return message

        await self._app(scope, counted, send)
