"""What an identity provider's ID token says, once it is proved to be its own, for us, and fresh."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub.errors import HubError

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "RS384", "RS512", "ES384", "ES512")
"""Signed with the provider's private key; `none` and shared secrets are never taken."""
LEEWAY = 60  # seconds that two clocks may differ
OLDEST = 600  # seconds since the token was made


class TokenRefusedError(HubError):
    """The ID token is not the provider's, not for us, not of this sign-in, or too old."""


@dataclass(frozen=True)
class Expected:
    """Of whom, for whom, and in answer to which request a token must be."""

    issuer: str
    client_id: str
    nonce: str


def claims_of(token: str, keys: Mapping[str, Any], expected: Expected) -> dict[str, Any]:
    """The claims of an ID token (OpenID Connect Core 3.1.3.7); `keys` is the provider's JWK set.

    Raises:
        TokenRefusedError: it does not hold; the message says why, without a value of it.
    """
    try:
        claims = jwt.decode(token, KeySet.import_key_set(dict(keys)), ALGORITHMS).claims  # type: ignore[arg-type]  # a JWK set
    except (JoseError, ValueError, KeyError) as error:
        raise _refused(f"signature: {type(error).__name__}") from None
    if why := _wrong(claims, expected, time.time()):
        raise _refused(why)
    return dict(claims)


def _wrong(claims: Mapping[str, Any], expected: Expected, now: float) -> str:
    """The first thing that does not hold; blank if all does."""
    given = claims.get("aud")
    audience = given if isinstance(given, list) else [given]
    ours = claims.get("azp", expected.client_id if len(audience) == 1 else None)
    subject = claims.get("sub")
    holds = {
        "issuer": claims.get("iss") == expected.issuer,
        "audience": expected.client_id in audience,
        "authorised party": ours == expected.client_id,
        "expired": now < _seconds(claims, "exp") + LEEWAY,
        "issued at": now - OLDEST < _seconds(claims, "iat") < now + LEEWAY,
        "nonce": claims.get("nonce") == expected.nonce,
        "subject": isinstance(subject, str) and 0 < len(subject) <= 255,
    }
    return next((name for name, held in holds.items() if not held), "")


def _seconds(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    return value if isinstance(value, int | float) else 0.0


def _refused(why: str) -> TokenRefusedError:
    return TokenRefusedError(
        f"id token refused: {why}", zh="统一登录的答复不能采信：请重新登录；仍不行，请告诉管理员。"
    )
