"""Passwords (argon2id), secrets of clients (scrypt), one-time codes, tokens.

Parameters: argon2-cffi's own defaults (RFC 9106, low memory: 64 MB, 3 passes); scrypt with
n = 2^14, r = 8, p = 1 over 256 random bits, where guessing is hopeless in any case.
"""

import base64
import hashlib
import hmac
import secrets
import time
from functools import cache
from threading import BoundedSemaphore

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.errors import ConfigError

SHORTEST = 10
STEP = 30  # seconds a one-time code holds
_HASHER = PasswordHasher()
_AT_ONCE = BoundedSemaphore(2)  # each takes 64 MB and a core; a flood of them waits


def hash_password(password: str) -> str:
    """Hash a new password.

    Raises:
        ConfigError: it is too short, or one character repeated.
    """
    if len(password) < SHORTEST or len(set(password)) < 4:
        raise ConfigError(
            "password is too simple", zh=f"口令至少 {SHORTEST} 个字符，且不能只用几个字符重复。"
        )
    with _AT_ONCE:
        return _HASHER.hash(password)


def password_fits(hashed: str | None, password: str) -> bool:
    """Whether the password is the hashed one; it takes as long when there is no such account."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(hashed or _nobody(), password[:1000]) and hashed is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe())


def new_token() -> str:
    """256 random bits, as text that fits a header, a cookie and a URL."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What is kept of a token. It is random, so a plain digest will do."""
    return hashlib.sha256(token.encode()).hexdigest()


def hash_secret(secret: str) -> str:
    """What is kept of a client's secret."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_b64(salt)}${_b64(_scrypt(secret, salt))}"


def secret_fits(hashed: str | None, secret: str) -> bool:
    """Whether the secret is the hashed one; it takes as long when there is no such client."""
    _, salt, digest = (hashed or f"scrypt${_b64(bytes(16))}$").split("$")
    found = _b64(_scrypt(secret, base64.b64decode(salt)))
    return hmac.compare_digest(found, digest)


def _scrypt(secret: str, salt: bytes) -> bytes:
    return hashlib.scrypt(secret[:1000].encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)


def _b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def new_totp() -> str:
    """A key for one-time codes, base32."""
    return pyotp.random_base32()


def totp_address(key: str, name: str, issuer: str) -> str:
    """What an authenticator app reads as a QR code."""
    return pyotp.TOTP(key).provisioning_uri(name=name, issuer_name=issuer)


def totp_step(key: str, code: str, after: int) -> int | None:
    """The step that a code is of, if it is one of now or a step beside it, and behind `after`."""
    now = int(time.time()) // STEP
    totp = pyotp.TOTP(key)
    for step in (now - 1, now, now + 1):
        if step > after and hmac.compare_digest(totp.at(step * STEP), code.strip()):
            return step
    return None
