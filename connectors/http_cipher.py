"""Vendors who encrypt the data of an answer, and the parameters of a request, with SM4.

The SM4 key is agreed, or comes with each answer, itself encrypted to our SM2 key.
"""

import secrets
from base64 import b64decode, b64encode
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from connectors.envelope import ShapeError, decoded
from connectors.json_text import ABSENT, at
from connectors.sm2 import N, Order, Sm2Error, decrypt, encrypt
from hub.errors import ConfigError
from hub.platform_http import Encryption
from hub.platform_values import Secret

BLOCK = 16
NOT_OPENED = "请核对平台文件的 encryption（密钥、mode、iv、encoding），或请平台方核对"


class DataCipher:
    """Opens and seals with the keys of one platform."""

    def __init__(self, settings: Encryption, home: Path) -> None:
        """Read the keys.

        Raises:
            ConfigError: one cannot be read, or is no key.
        """
        self.settings = settings
        self.agreed = _sm4_key(_read(settings.key, home)) if settings.key else None
        self.private = _number(settings.private_key, home) if settings.private_key else None
        self.public = bytes.fromhex(settings.public_key) if settings.public_key else None

    def opened(self, answer: Any) -> Any:  # noqa: ANN401 - JSON
        """The answer with the encrypted part as what it holds; errors hold none.

        Raises:
            ShapeError: it cannot be decrypted.
        """
        path = self.settings.field
        sealed = at(answer, path)
        if sealed is ABSENT or sealed is None or sealed == "":
            return answer
        if not isinstance(sealed, str):
            raise ShapeError(f"{path} is not encrypted", f"回答里的 {path} 没有加密，{NOT_OPENED}")
        try:
            plain = self._open(self._bytes(sealed), self._key_of(answer))
            return replaced(answer, path, decoded(plain))
        except ValueError:
            raise ShapeError(
                f"{path} cannot be decrypted", f"回答里的 {path} 解不开，{NOT_OPENED}"
            ) from None

    def sealed(self, text: str) -> tuple[str, str | None]:
        """A request's text encrypted; and the key for the vendor, if it is not agreed."""
        key = self.agreed or secrets.token_bytes(BLOCK)
        wrapped = None
        if self.agreed is None and self.public is not None:
            wrapped = self._text(encrypt(self.public, key, self.settings.order))
        return self._text(self._seal(text.encode(), key)), wrapped

    def _key_of(self, answer: Any) -> bytes:  # noqa: ANN401 - JSON
        path = self.settings.wrapped_key
        if path is None or self.private is None:
            assert self.agreed is not None  # noqa: S101 - the settings were checked
            return self.agreed
        wrapped = at(answer, path)
        if not isinstance(wrapped, str):
            raise ShapeError(
                f"no key at {path}", f"回答里没有密钥 {path}，请核对 encryption.wrapped_key"
            )
        sealed, order = self._bytes(wrapped), self.settings.order
        try:
            return _sm4_key(decrypt(self.private, sealed, order))
        except Sm2Error:
            other: Order = "c1c2c3" if order == "c1c3c2" else "c1c3c2"
            raise _not_unwrapped(self.private, sealed, other) from None

    def _open(self, sealed: bytes, key: bytes) -> bytes:
        mode, start = self._mode(sealed, key)
        opener = Cipher(algorithms.SM4(key), mode).decryptor()
        plain = opener.update(sealed[start:]) + opener.finalize()
        if self.settings.padding == "zero":
            return plain.rstrip(b"\0")
        unpadder = padding.PKCS7(BLOCK * 8).unpadder()
        return unpadder.update(plain) + unpadder.finalize()

    def _seal(self, plain: bytes, key: bytes) -> bytes:
        if self.settings.padding == "zero":
            plain += b"\0" * (-len(plain) % BLOCK)
        else:
            padder = padding.PKCS7(BLOCK * 8).padder()
            plain = padder.update(plain) + padder.finalize()
        leads = self.settings.mode == "cbc" and self.settings.iv == "prefix"
        before = secrets.token_bytes(BLOCK) if leads else b""
        mode, _ = self._mode(before, key)
        sealer = Cipher(algorithms.SM4(key), mode).encryptor()
        return before + sealer.update(plain) + sealer.finalize()

    def _mode(self, sealed: bytes, key: bytes) -> tuple[modes.ECB | modes.CBC, int]:
        """The mode, and where the text begins."""
        if self.settings.mode == "ecb":
            return modes.ECB(), 0  # noqa: S305 - the vendor's choice
        if self.settings.iv == "prefix":
            return modes.CBC(sealed[:BLOCK]), BLOCK
        return modes.CBC(key if self.settings.iv == "key" else _block(self.settings.iv)), 0

    def _bytes(self, text: str) -> bytes:
        if self.settings.encoding == "hex":
            return bytes.fromhex(text)
        return b64decode("".join(text.split()), validate=True)

    def _text(self, content: bytes) -> str:
        return content.hex() if self.settings.encoding == "hex" else b64encode(content).decode()


def replaced(node: Any, path: str, value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same answer with another value at a path that `at` found."""
    if path in node:
        return node | {path: value}
    first, _, rest = path.partition(".")
    return node | {first: replaced(node[first], rest, value)}


def _not_unwrapped(private: int, sealed: bytes, other: Order) -> ShapeError:
    """What went wrong with the wrapped key, and whether the other order was meant."""
    try:
        decrypt(private, sealed, other)
    except Sm2Error:
        return ShapeError(
            "the SM4 key cannot be unwrapped",
            "回答里的密钥解不开，请核对 encryption.private_key 是不是平台方登记的那一把",
        )
    return ShapeError(
        f"the SM4 key is wrapped in the order {other}",
        f"回答里的密钥是按 {other} 的次序加密的，请把 encryption.order 改为 {other}",
    )


def _read(secret: Secret, home: Path) -> bytes:
    return secret.read(home).strip().encode()


def _number(secret: Secret, home: Path) -> int:
    number = 0
    with suppress(ValueError):
        number = int(_read(secret, home), 16)
    if not 0 < number < N:
        raise ConfigError(
            "private_key is no SM2 key in hexadecimal",
            zh="encryption.private_key 应是 64 位十六进制的 SM2 私钥，请核对密钥文件。",
        )
    return number


def _sm4_key(text: bytes) -> bytes:
    """16 bytes, plain, in hexadecimal or in base64.

    Raises:
        ConfigError: none of them.
    """
    key = text if len(text) == BLOCK else b""
    if len(text) == 2 * BLOCK:
        key = bytes.fromhex(text.decode(errors="replace")) if _is_hex(text) else b""
    elif len(text) == 24:
        with suppress(ValueError):
            key = b64decode(text, validate=True)
    if len(key) != BLOCK:
        raise ConfigError(
            "not an SM4 key", zh="SM4 密钥应是 16 个字节（或它的十六进制、base64），请核对密钥。"
        )
    return key


def _block(text: str) -> bytes:
    return bytes.fromhex(text) if len(text) == 2 * BLOCK else text.encode()


def _is_hex(text: bytes) -> bool:
    return all(one in b"0123456789abcdefABCDEF" for one in text)
