"""Seal small texts that are kept outside the encrypted files: a cursor may hold a record key."""

import base64
import hashlib
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MARK = "sealed:"


def seal(key: str | None, text: str) -> str:
    """Encrypt `text` with AES-256-GCM under the home's data key; without a key, leave it."""
    if key is None:
        return text
    nonce = os.urandom(12)
    return (
        MARK + base64.b64encode(nonce + _cipher(key).encrypt(nonce, text.encode(), None)).decode()
    )


def unseal(key: str | None, text: str) -> str:
    """Read what `seal` wrote, with the key or, if it was written without one, as it is."""
    if key is None or not text.startswith(MARK):
        return text
    content = base64.b64decode(text.removeprefix(MARK))
    return _cipher(key).decrypt(content[:12], content[12:], None).decode()


def _cipher(key: str) -> AESGCM:
    return AESGCM(hashlib.sha256(b"cursor" + key.encode()).digest())
