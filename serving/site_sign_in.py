"""The site's own sign-in 统一登录: OpenID Connect, authorization code with PKCE.

The provider says who somebody is; what they may see stays with the hub. Whoever has no account
here does not get in. What a sign-in under way needs is kept in memory, for ten minutes, under a
random key that only the browser's own cookie has; it is used once.
"""

import base64
import hashlib
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import httpx

from hub.errors import SourceDownError
from hub.settings import Home, SignIn
from security.oidc import Expected, TokenRefusedError, claims_of

BACK = "/console/login/back"
MINUTES = 10
MOST = 10_000  # sign-ins under way
KNOWN_FOR = 3600.0  # seconds until the provider's own description is read again


@dataclass(frozen=True)
class Begun:
    """A sign-in under way: what the provider's answer is compared with, and where to go then."""

    state: str
    nonce: str
    verifier: str
    wanted: str
    at: float


@dataclass(frozen=True)
class Named:
    """Whom the provider names: its own lasting id, and the name that accounts here have."""

    subject: str
    name: str


class SiteSignIn:
    """The provider of one home, and the sign-ins under way."""

    def __init__(self, home: Home, settings: SignIn) -> None:
        """Ask nothing yet."""
        self.settings, self._home = settings, home
        self._lock = Lock()
        self._begun: OrderedDict[str, Begun] = OrderedDict()
        self._about: tuple[float, dict[str, Any]] = (0.0, {})
        self._keys: dict[str, Any] = {}

    def begin(self, wanted: str) -> tuple[str, str]:
        """Begin a sign-in: the key for the browser's cookie, and the provider's address.

        Raises:
            SourceDownError: the provider does not answer.
        """
        key, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        one = Begun(secrets.token_urlsafe(24), secrets.token_urlsafe(24), verifier, wanted,
                    monotonic())  # fmt: skip
        about = self._described()
        with self._lock:
            self._begun[key] = one
            while len(self._begun) > MOST:
                self._begun.popitem(last=False)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code", "client_id": self.settings.client_id,
            "redirect_uri": self._back, "scope": " ".join(("openid", *self.settings.scopes)),
            "state": one.state, "nonce": one.nonce, "code_challenge_method": "S256",
            "code_challenge": challenge.rstrip(b"=").decode(),
        }  # fmt: skip
        at = str(about["authorization_endpoint"])
        return key, f"{at}{'&' if '?' in at else '?'}{urlencode(asked)}"

    def finish(self, key: str, state: str, code: str) -> tuple[Named, str]:
        """Whom the provider names, and the page that was wanted; a sign-in is finished once.

        Raises:
            TokenRefusedError: no such sign-in is under way in this browser, or the answer is
                not the provider's.
            SourceDownError: the provider does not answer.
        """
        with self._lock:
            one = self._begun.pop(key, None)
        if one is None or monotonic() - one.at > MINUTES * 60:
            raise _refused("no sign-in is under way")
        if not secrets.compare_digest(one.state.encode(), state.encode()):
            raise _refused("state")
        expected = Expected(self.settings.issuer, self.settings.client_id, one.nonce)
        token = self._exchanged(code, one.verifier)
        try:
            claims = claims_of(token, self._keys or self._read_keys(), expected)
        except TokenRefusedError as error:
            if "signature" not in str(error):
                raise
            claims = claims_of(token, self._read_keys(), expected)  # its keys may be new
        name = claims.get(self.settings.name_claim)
        if not isinstance(name, str) or not name:
            raise _refused(f"no claim {self.settings.name_claim}")
        return Named(str(claims["sub"]), name), one.wanted

    @property
    def _back(self) -> str:
        return self.settings.address.rstrip("/") + BACK

    def _exchanged(self, code: str, verifier: str) -> str:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._back,
                 "code_verifier": verifier, "client_id": self.settings.client_id}  # fmt: skip
        basic = None
        if self.settings.secret is not None:
            basic = (self.settings.client_id, self.settings.secret.read(self._home.root))
        answer = self._asked("POST", str(self._described()["token_endpoint"]), given, basic)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise _refused("no id token")
        return token

    def _described(self) -> dict[str, Any]:
        """The provider's own description of itself (OpenID Connect Discovery)."""
        at, about = self._about
        if about and monotonic() - at < KNOWN_FOR:
            return about
        issuer = self.settings.issuer
        about = self._asked("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        if about.get("issuer") != issuer or any(
            not self.settings.allows(str(about.get(one))) for one in needed
        ):
            raise _refused("the provider's description is of another issuer or not HTTPS")
        self._about = (monotonic(), about)
        return about

    def _read_keys(self) -> dict[str, Any]:
        self._keys = self._asked("GET", str(self._described()["jwks_uri"]))
        return self._keys

    def _asked(
        self, method: str, address: str, given: dict[str, str] | None = None,
        basic: tuple[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        try:
            answer = httpx.request(
                method, address, data=given, auth=basic, timeout=10, follow_redirects=False
            ).raise_for_status()
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise SourceDownError(
                f"identity provider: {type(error).__name__}",
                zh="单位的统一登录没有正常回答：请稍后再试，或用账号和口令登录。",
            ) from None
        return found if isinstance(found, dict) else {}


def _refused(why: str) -> TokenRefusedError:
    return TokenRefusedError(
        f"sign-in refused: {why}", zh="这次登录没有完成，或者已过期：请回到登录页重新登录。"
    )
