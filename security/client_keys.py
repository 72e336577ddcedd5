"""Keys by which departments' systems sign for their tokens (private_key_jwt, RFC 7523).

A key is Ed25519 or P-256; only its public half is ever taken. An assertion holds for minutes, for
one client, for this hub's token address, and once.
"""

import base64
import binascii
import json
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, import_key

from hub.errors import ConfigError, HubError

ALGORITHMS = ("ES256", "Ed25519", "EdDSA")
"""The last is the older name of the one before it."""
CURVES = {"P-256", "Ed25519"}
LEEWAY = 30  # seconds that two clocks may differ
LONGEST = 300  # seconds that an assertion may hold
MOST = 4000  # characters of an assertion


class AssertionRefusedError(HubError):
    """An assertion that does not hold; the message says why, without a value of it."""


@dataclass(frozen=True)
class PublicKey:
    """A public key: its RFC 7638 thumbprint, and itself as a JWK."""

    key_id: str
    jwk: str


@dataclass(frozen=True)
class Assertion:
    """What an assertion that holds says of itself: its own id, and until when it would hold."""

    jti: str
    expires_at: datetime


def read_public_key(text: str) -> PublicKey:
    """Read a PEM file or a JWK.

    Raises:
        ConfigError: it is no such key, or it is a private one: whoever sent it must make another.
    """
    key = _read_okp(text) or _read_ec(text)
    if key is None or key.curve_name not in CURVES:
        raise ConfigError(
            "not a public key of Ed25519 or P-256",
            zh="读不出公钥：请让对方给 Ed25519 或 P-256 的公钥（PEM 或 JWK），"
            "例如 openssl genpkey -algorithm ed25519 生成后用 openssl pkey -pubout 导出的。",
        )
    if key.is_private:
        raise ConfigError(
            "a private key was given",
            zh="这是私钥，不能交给别人，也不会收：请让对方重新生成一对，只给公钥（-pubout）。",
        )
    jwk = json.dumps(key.as_dict(private=False), sort_keys=True)
    return PublicKey(key.thumbprint(), jwk)


def _read_okp(text: str) -> OKPKey | None:
    try:
        return OKPKey.import_key(_given(text))
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _read_ec(text: str) -> ECKey | None:
    try:
        return ECKey.import_key(_given(text))
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _given(text: str) -> Any:  # noqa: ANN401 (a JWK)
    return json.loads(text) if text.lstrip().startswith("{") else text.strip()


def signer_of(assertion: str) -> str:
    """Whose an assertion says it is; nothing of it is proved yet. Blank if it cannot be read."""
    try:
        body = assertion.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        return str(claims["sub"])[:100]
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error, RecursionError):
        return ""


def checked_assertion(
    assertion: str, keys: Sequence[str], client_id: str, audiences: Collection[str]
) -> Assertion:
    """What a client's assertion says, once it is proved to be its own, for us, and fresh.

    Args:
        assertion: The JWT as it was sent.
        keys: The client's public keys that have not expired, as JWKs.
        client_id: The client.
        audiences: The addresses of this hub's token endpoint.

    Raises:
        AssertionRefusedError: it does not hold.
    """
    if not keys:
        raise _refused("no key")
    for one in keys:
        try:
            claims = jwt.decode(assertion[:MOST], import_key(json.loads(one)), ALGORITHMS).claims
        except (JoseError, ValueError, KeyError, TypeError):
            continue
        if why := _wrong(claims, client_id, audiences, time.time()):
            raise _refused(why)
        return Assertion(str(claims["jti"]), datetime.fromtimestamp(claims["exp"], UTC))
    raise _refused("signature")


def _wrong(
    claims: Mapping[str, Any], client_id: str, audiences: Collection[str], now: float
) -> str:
    """The first thing that does not hold; blank if all does."""
    given, jti = claims.get("aud"), claims.get("jti")
    audience = given if isinstance(given, list) else [given]
    expires = _seconds(claims, "exp", 0.0)
    holds = {
        "issuer": claims.get("iss") == client_id == claims.get("sub"),
        "audience": any(isinstance(one, str) and one in audiences for one in audience),
        "expired": now < expires + LEEWAY,
        "holds too long": expires < now + LONGEST + LEEWAY,
        "not yet": _seconds(claims, "nbf", now) < now + LEEWAY,
        "issued at": _seconds(claims, "iat", now) < now + LEEWAY,
        "jti": isinstance(jti, str) and 0 < len(jti) <= 200,
    }
    return next((name for name, held in holds.items() if not held), "")


def _seconds(claims: Mapping[str, Any], name: str, without: float) -> float:
    value = claims.get(name, without)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else float("inf")


def _refused(why: str) -> AssertionRefusedError:
    return AssertionRefusedError(
        f"assertion refused: {why}",
        zh="签名不能采信：请核对登记的公钥、aud、exp（五分钟以内）、jti 和对方服务器的时间。",
    )
