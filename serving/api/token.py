"""Access tokens for departments' systems: OAuth2 client credentials (RFC 6749, 4.4)."""

import base64
import binascii
from typing import Annotated
from urllib.parse import unquote_plus

from fastapi import APIRouter, Form, Header, Request, Response
from fastapi.responses import JSONResponse

from ledger.audit import Event
from ledger.clients import TOKEN_LIVES, issue_token
from serving.api.bodies import Token
from serving.api.caller import known_only, origin_of
from serving.api.problems import Problem
from serving.doors import Doors

router = APIRouter(tags=["token"])
NOT_KEPT = {"Cache-Control": "no-store"}


@router.post("/token", responses={200: {"model": Token}})
def token(
    request: Request,
    grant_type: Annotated[str, Form(max_length=60)],
    client_id: Annotated[str | None, Form(max_length=100)] = None,
    client_secret: Annotated[str | None, Form(max_length=200)] = None,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Give a token for a client's id and secret, in the body or by HTTP Basic."""
    known_only(request)
    if grant_type != "client_credentials":
        raise Problem(400, "grant_type 只能是 client_credentials。")
    given = _basic(authorization) or (client_id or "", client_secret or "")
    doors: Doors = request.app.state.doors
    found = issue_token(doors.ledger, *given) if all(given) else None
    actor = f"client:{given[0]}" if found else "anonymous"
    told = Event(actor, "sign_in", outcome="ok" if found else "refused", origin=origin_of(request))
    doors.note(None, told)
    if found is None:
        raise Problem(
            401, "客户端编号或密钥不对，或已过期、已撤销。", {"WWW-Authenticate": "Basic"}
        )
    body = Token(access_token=found, expires_in=int(TOKEN_LIVES.total_seconds()))
    return JSONResponse(body.model_dump(), headers=NOT_KEPT)


def _basic(header: str | None) -> tuple[str, str] | None:
    if header is None or not header.lower().startswith("basic "):
        return None
    try:
        name, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(name)[:100], unquote_plus(secret)[:200]
