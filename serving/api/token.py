"""Access tokens for departments' systems: OAuth2 client credentials (RFC 6749, 4.4).

A client proves itself by its secret, or by an assertion signed with its key (RFC 7523).
"""

import base64
import binascii
from typing import Annotated
from urllib.parse import unquote_plus

from fastapi import APIRouter, Depends, Form, Header, Request, Response
from fastapi.responses import JSONResponse

from ledger.audit import Event
from ledger.client_keys import token_by_assertion
from ledger.clients import TOKEN_LIVES, issue_token
from security.client_keys import MOST, AssertionRefusedError
from serving.api.bodies import Token
from serving.api.caller import known_only, named, origin_of
from serving.api.problems import Problem
from serving.doors import Doors

router = APIRouter(tags=["token"])
NOT_KEPT = {"Cache-Control": "no-store"}
BY_KEY = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


Signed = str | None


def signed(
    client_assertion_type: Annotated[str | None, Form(max_length=100)] = None,
    client_assertion: Annotated[str | None, Form(max_length=MOST)] = None,
) -> Signed:
    """The assertion of a client that signs; None of one that does not.

    Raises:
        Problem: 400, of another type, or half given.
    """
    if (client_assertion_type or BY_KEY) != BY_KEY or (
        (client_assertion is None) != (client_assertion_type is None)
    ):
        raise Problem(400, f"client_assertion_type 只能是 {BY_KEY}，并同时给 client_assertion。")
    return client_assertion


@router.post("/token", responses={200: {"model": Token}})
def token(
    request: Request,
    grant_type: Annotated[str, Form(max_length=60)],
    client_id: Annotated[str | None, Form(max_length=100)] = None,
    client_secret: Annotated[str | None, Form(max_length=200)] = None,
    signed: Annotated[Signed, Depends(signed)] = None,
    authorization: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """Give a token for a client's secret (in the body or by HTTP Basic), or a signed assertion."""
    named(request)
    known_only(request)
    if grant_type != "client_credentials":
        raise Problem(400, "grant_type 只能是 client_credentials。")
    if signed is None:
        given = _basic(authorization) or (client_id or "", client_secret or "")
        return _by_secret(request, *given)
    if client_secret is not None or authorization is not None:
        raise Problem(400, "密钥和签名只用一种。")
    return _by_key(request, signed, client_id)


def _by_secret(request: Request, client_id: str, secret: str) -> Response:
    doors: Doors = request.app.state.doors
    found = issue_token(doors.ledger, client_id, secret) if client_id and secret else None
    if found is None:
        doors.note(
            None, Event("anonymous", "sign_in", outcome="refused", origin=origin_of(request))
        )
        raise Problem(
            401, "客户端编号或密钥不对，或已过期、已撤销。", {"WWW-Authenticate": "Basic"}
        )
    return _given(request, client_id, found, "secret")


def _by_key(request: Request, assertion: str, client_id: str | None) -> Response:
    doors: Doors = request.app.state.doors
    try:
        named, found = token_by_assertion(doors.ledger, assertion, _audiences(request), client_id)
    except AssertionRefusedError as error:
        told = Event("anonymous", "sign_in", outcome="refused", origin=origin_of(request),
                     detail={"why": str(error)})  # fmt: skip
        doors.note(None, told)
        raise Problem(401, error.zh, {"WWW-Authenticate": 'Bearer realm="hub"'}) from None
    return _given(request, named, found, "key")


def _given(request: Request, client_id: str, token: str, by: str) -> Response:
    doors: Doors = request.app.state.doors
    told = Event(f"client:{client_id}", "sign_in", origin=origin_of(request), detail={"by": by})
    doors.note(None, told)
    body = Token(access_token=token, expires_in=int(TOKEN_LIVES.total_seconds()))
    return JSONResponse(body.model_dump(), headers=NOT_KEPT)


def _audiences(request: Request) -> tuple[str, ...]:
    """This address, as the client reached it; whoever ends TLS before us makes it look plain.

    An assertion for another server cannot be used here: its issuer is no client of this hub.
    """
    here = f"{request.headers.get('host', '')}{request.url.path}"
    return (f"https://{here}", f"http://{here}")


def _basic(header: str | None) -> tuple[str, str] | None:
    if header is None or not header.lower().startswith("basic "):
        return None
    try:
        name, _, secret = base64.b64decode(header[6:], validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return unquote_plus(name)[:100], unquote_plus(secret)[:200]
