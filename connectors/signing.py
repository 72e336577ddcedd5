"""Signatures of requests, as vendors' documents describe them: declared, never coded.

Three vendors, three schemes, and each is a few settings of `Signer`:
    sha256("data={json}&appkey={secret}&nonce={nonce}&timestamp={timestamp}")   a `template`
    keys ascending, URL-encoded, `&app_secret=` last, MD5 in upper case
    keys capitalised, empty values left out, the bare secret last, MD5 in lower case
"""

import hashlib
import hmac
import json
import re
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Mapping
from urllib.parse import quote, quote_plus

from hub.errors import ConfigError
from hub.platform_http import Signer

Values = Mapping[str, str | int]
"""What a request says; page numbers are numbers in a JSON body."""


class Signing:
    """Signs requests with one secret."""

    def __init__(
        self, signer: Signer, secret: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.signer, self.secret, self.clock = signer, secret, clock

    def stamps(self) -> dict[str, str]:
        """Timestamp and nonce of one request, under the names that the vendor wants."""
        signer = self.signer
        made = {}
        if signer.timestamp is not None:
            unit = 1000 if signer.timestamp_unit == "ms" else 1
            made[signer.timestamp] = str(int(self.clock() * unit))
        if signer.nonce is not None:
            made[signer.nonce] = uuid.uuid4().hex
        return made

    def signature(self, values: Values, stamps: Mapping[str, str]) -> str:
        """The digest of `values` and `stamps` together.

        Raises:
            ConfigError: the template names something that the request does not have.
        """
        signer = self.signer
        text = self._text(values, stamps)
        if signer.digest == "none":
            return text
        raw = _digest(signer.digest, text.encode(), self.secret.encode())
        if signer.encoding == "base64":
            return b64encode(raw).decode()
        return raw.hex().upper() if signer.case == "upper" else raw.hex()

    def _text(self, values: Values, stamps: Mapping[str, str]) -> str:
        signer = self.signer
        if signer.template is not None:
            return self._filled(signer.template, values, stamps)
        text = self._joined({**values, **stamps})
        if signer.secret_as is not None:
            separator = signer.joiner if text else ""
            return f"{text}{separator}{signer.secret_as}{signer.pair}{self.secret}"
        return text if signer.digest.startswith("hmac") else text + self.secret

    def _joined(self, values: Values) -> str:
        signer = self.signer
        pairs = [
            (_KEYS[signer.keys](key), str(value))
            for key, value in values.items()
            if signer.empty == "keep" or str(value) != ""
        ]
        if signer.order == "sorted":
            pairs.sort()
        return signer.joiner.join(
            f"{key}{signer.pair}{_encoded(value, signer.url_encode)}" for key, value in pairs
        )

    def _filled(self, template: str, values: Values, stamps: Mapping[str, str]) -> str:
        signer = self.signer
        known: dict[str, str] = {key: str(value) for key, value in values.items()}
        known |= stamps
        known["parameters"] = self._joined({**values, **stamps})
        known["json"] = json_text(ordered(values, signer))
        known["secret"] = self.secret
        known["timestamp"] = stamps.get(signer.timestamp or "", "")
        known["nonce"] = stamps.get(signer.nonce or "", "")
        unknown = set(re.findall(r"\{(\w+)\}", template)) - known.keys()
        if unknown:
            names = ", ".join(sorted(unknown))
            raise ConfigError(
                f"sign.template names {names}, which no request has",
                zh=f"签名模板 sign.template 里的 {names} 不是请求的参数：请核对名字。",
            )
        return re.sub(r"\{(\w+)\}", lambda match: known[match[1]], template)


def ordered(values: Values, signer: Signer | None) -> Values:
    """The parameters in the order in which they are signed, and so must travel as JSON."""
    if signer is None or signer.order == "given":
        return values
    return {key: values[key] for key in sorted(values)}


def json_text(values: Values) -> str:
    """One JSON text without blanks; byte for byte what is signed is what is sent."""
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


_KEYS: dict[str, Callable[[str], str]] = {
    "as_is": str,
    "capitalised": lambda key: key[:1].upper() + key[1:],
    "upper": str.upper,
    "lower": str.lower,
}


def _encoded(value: str, how: bool | str) -> str:
    if how == "form":
        return quote_plus(value, safe="*").replace("~", "%7E")
    return quote(value, safe="") if how else value


def _digest(name: str, text: bytes, secret: bytes) -> bytes:
    try:
        if name.startswith("hmac-"):
            return hmac.new(secret, text, name.removeprefix("hmac-")).digest()
        return hashlib.new(name, text, usedforsecurity=False).digest()
    except ValueError:
        raise ConfigError(
            f"digest {name} is not available in this Python's OpenSSL",
            zh=f"本机的 OpenSSL 不支持签名算法 {name}：请升级 OpenSSL，或请平台方换一种算法。",
        ) from None
