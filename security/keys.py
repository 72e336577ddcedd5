"""The home's two keys: one encrypts what is stored, one makes ids that cannot be guessed."""

import base64
import hashlib
import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hub.errors import ConfigError

DATA_KEY, IDENTITY_KEY = "data.key", "identity.key"


@dataclass(frozen=True, repr=False)
class Keys:
    """`data` encrypts DuckDB and Parquet files (None: stored in clear); `identity` keys the ids."""

    data: str | None
    identity: bytes


def create_keys(folder: Path) -> None:
    """Make both keys once, mode 0600; existing ones are left alone."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in (DATA_KEY, IDENTITY_KEY):
        path = folder / name
        if path.exists():
            continue
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(base64.b64encode(secrets.token_bytes(32)).decode())


def read_keys(folder: Path, *, encryption: bool) -> Keys:
    """Read both keys.

    Raises:
        ConfigError: one is missing, or others than the owner can read it.

    """
    data, identity = (_read(folder / name) for name in (DATA_KEY, IDENTITY_KEY))
    return Keys(data if encryption else None, base64.b64decode(identity))


def _read(path: Path) -> str:
    try:
        open_to_others = path.stat().st_mode & 0o077
        text = path.read_text(encoding="ascii").strip()
    except OSError:
        raise ConfigError(
            f"key file {path.name} cannot be read",
            zh=f"密钥文件 secrets/{path.name} 读不到："
            "请从备份恢复它；没有它，已加密的数据无法打开。",
        ) from None
    if open_to_others:
        raise ConfigError(
            f"key file {path.name} is readable by others",
            zh=f"密钥文件 secrets/{path.name} 其他人也能读：请运行 chmod 600 {path}。",
        )
    return text


ALPHABET = b"abcdefghijklmnopqrstuvwxyz234567"


def keyed_ids(key: bytes, prefix: str, founding: Iterable[str]) -> list[str]:
    """One id a text: `prefix` and 20 letters of base32 of HMAC-SHA256, 100 bits, stable.

    A first sync makes hundreds of thousands, so the key is digested once and the letters are
    found for all together; a test compares with the standard library's HMAC and base32.
    """
    import numpy as np  # most commands make no ids

    block = key if len(key) <= 64 else hashlib.sha256(key).digest()
    block = block.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(one ^ 0x36 for one in block) + f"{prefix}\x1f".encode())
    outer = hashlib.sha256(bytes(one ^ 0x5C for one in block))
    digests = bytearray()
    for text in founding:
        first, second = inner.copy(), outer.copy()
        first.update(text.encode())
        second.update(first.digest())
        digests += second.digest()[:13]
    if not digests:
        return []
    bits = np.unpackbits(np.frombuffer(digests, np.uint8).reshape(-1, 13), axis=1)[:, :100]
    places = bits.reshape(-1, 20, 5) @ np.array([16, 8, 4, 2, 1], np.uint8)
    letters = np.frombuffer(ALPHABET, "S1")[places]
    return [prefix + one.decode() for one in letters.reshape(-1, 20).view("S20").ravel().tolist()]
