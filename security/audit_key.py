"""The key that signs the audit: `secrets/audit.key`; who verifies needs only `audit.pub`."""

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hub.errors import ConfigError

PRIVATE, PUBLIC = "audit.key", "audit.pub"


def signing_key(folder: Path, *, create: bool) -> Ed25519PrivateKey:
    """The home's signing key, made at the first use.

    Raises:
        ConfigError: it is not there although it was (`create` is False), or is damaged.
    """
    path = folder / PRIVATE
    if not path.is_file():
        if not create:
            raise ConfigError(
                "secrets/audit.key is missing, but there are audited events",
                zh="审计签名密钥 secrets/audit.key 不见了：请从备份恢复；没有它不能再记审计，"
                "所以也不能再查看数据。",
            )
        return _make(folder)
    try:
        return Ed25519PrivateKey.from_private_bytes(
            base64.b64decode(path.read_bytes(), validate=True)
        )
    except (OSError, ValueError):
        raise ConfigError(
            "secrets/audit.key cannot be read",
            zh="审计签名密钥 secrets/audit.key 读不懂：请从备份恢复。",
        ) from None


def _make(folder: Path) -> Ed25519PrivateKey:
    key = Ed25519PrivateKey.generate()
    temporary = folder / f".{PRIVATE}.{os.getpid()}"
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(base64.b64encode(key.private_bytes_raw()))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, folder / PRIVATE)  # whoever was first, made it
    except FileExistsError:
        return signing_key(folder, create=False)
    finally:
        temporary.unlink()
    public = base64.b64encode(key.public_key().public_bytes_raw())
    (folder / PUBLIC).write_bytes(public)
    return key


def sign(key: Ed25519PrivateKey, text: str) -> str:
    """Signature of `text`, base64."""
    return base64.b64encode(key.sign(text.encode())).decode()


def public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a file.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        return Ed25519PublicKey.from_public_bytes(
            base64.b64decode(path.read_bytes(), validate=True)
        )
    except (OSError, ValueError):
        raise ConfigError(
            f"{path.name} is no public key",
            zh=f"验证用的公钥 {path} 读不到：它在有第一条审计记录时生成；"
            "已有记录的，请用 --key 指明另存的 audit.pub。",
        ) from None


def signed(key: Ed25519PublicKey, text: str, signature: str) -> bool:
    """Whether the signature is of `text`."""
    try:
        key.verify(base64.b64decode(signature), text.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def _content(path: Path) -> bytes:
    return base64.b64decode(path.read_bytes(), validate=True)
