"""How to reach an HTTP API: signature, answer, pages, token and encryption, all declared."""

import re
from typing import Literal

from pydantic import Field, model_validator

from hub.platform_values import Parameters, Seconds, Secret, Setting, Texts


class Signer(Setting):
    """How a request is signed: which text is digested, and where the result goes.

    The text is the parameters as `key=value` joined by `joiner`, then the secret. A vendor whose
    text is built otherwise has a `template`, with `{secret}`, `{json}` (the parameters as one
    JSON text), `{parameters}` (the joined ones), `{timestamp}`, `{nonce}`, `{any parameter}`.
    """

    secret: Secret
    template: str | None = None
    order: Literal["sorted", "given"] = "sorted"
    keys: Literal["as_is", "capitalised", "upper", "lower"] = "as_is"
    empty: Literal["keep", "drop"] = "keep"
    url_encode: bool | Literal["form"] = False  # form: a blank as +, as Java's URLEncoder has it
    pair: str = "="
    joiner: str = "&"
    secret_as: str | None = None  # `&{secret_as}=secret` at the end; None: the bare secret
    digest: Literal["md5", "sha256", "sm3", "hmac-sha256", "hmac-sm3", "none"] = "md5"
    case: Literal["upper", "lower"] = "lower"
    encoding: Literal["hex", "base64"] = "hex"
    into: str = "sign"
    place: Literal["query", "header", "body"] = "query"  # also of the timestamp and the nonce
    timestamp: str | None = "timestamp"
    timestamp_unit: Literal["s", "ms"] = "s"
    nonce: str | None = None


class Envelope(Setting):
    """Where success, the list, the total and the message are in an answer (dotted paths)."""

    ok: str | None = None
    ok_values: Texts = ("0",)
    empty_values: Texts = ()  # of `ok`: no rows, though it looks like an error
    busy_values: Texts = ()  # of `ok`: ask again later
    items: str = "data"  # "": the answer itself is the list
    total: str | None = None
    message: str | None = None


class Pager(Setting):
    """How pages are asked for and when to stop."""

    page: str = "page"
    size: str = "size"
    rows: int = Field(default=500, ge=1, le=10_000)
    first: int = 1
    place: Literal["query", "body"] = "query"
    stop: Literal["total", "short", "empty", "once"] = "short"  # once: one answer, no pages


class Token(Setting):
    """A token that a login endpoint gives: how it is asked for, where it is, where it goes."""

    path: str
    method: Literal["GET", "POST"] = "POST"
    params: Parameters = Field(default={})
    body: Literal["json", "form"] = "json"  # of a POST
    at: str = "access_token"  # dotted path in the answer
    expires: str | None = None  # dotted path of its seconds
    lifetime: Seconds = 3600  # where the answer does not say
    into: str = "Authorization"
    prefix: str = ""
    place: Literal["header", "query", "body"] = "header"  # not in a header, it is signed too
    expired_values: Texts = ()  # of `envelope.ok`: the token has ended, ask for another


class Encryption(Setting):
    """Data in SM4: the key is agreed (`key`), or comes with each answer, wrapped in SM2."""

    field: str = "data"  # where the encrypted text is in an answer
    key: Secret | None = None
    wrapped_key: str | None = None  # where the wrapped key is in an answer
    private_key: Secret | None = None  # ours, of SM2, in hexadecimal
    public_key: str | None = None  # the vendor's, of SM2, in hexadecimal: for requests
    key_into: str | None = None  # under which name a request's wrapped key travels
    order: Literal["c1c3c2", "c1c2c3"] = "c1c3c2"
    mode: Literal["ecb", "cbc"] = "ecb"
    iv: str = "prefix"  # of cbc: before the text, or `key`, or itself
    padding: Literal["pkcs7", "zero"] = "pkcs7"
    encoding: Literal["base64", "hex"] = "base64"
    requests: bool = False  # what `wrap` wraps is encrypted too

    @model_validator(mode="after")
    def _coherent(self) -> "Encryption":
        if (self.key is None) == (self.wrapped_key is None):
            raise ValueError("give exactly one of key, wrapped_key")
        if self.wrapped_key is not None and self.private_key is None:
            raise ValueError("wrapped_key needs private_key")
        if self.requests and self.key is None and not (self.public_key and self.key_into):
            raise ValueError("encrypted requests need key, or public_key and key_into")
        if self.iv not in ("prefix", "key") and len(self.iv) not in (16, 32):
            raise ValueError("iv is prefix, key, or 16 characters or 32 hexadecimal digits")
        if self.public_key and not re.fullmatch(r"(04)?[0-9a-fA-F]{128}", self.public_key):
            raise ValueError("public_key has 128 hexadecimal digits, or 130 with 04")
        return self


class HttpApiConnection(Setting):
    """A vendor's HTTP API: the signer, the envelope and the pager are declared, not coded."""

    kind: Literal["http_api"]
    url: str
    method: Literal["GET", "POST"] = "GET"
    params: Parameters = Field(default={})
    params_place: Literal["query", "body"] | None = None  # None: where the pager's go
    headers: Parameters = Field(default={})
    body: Literal["json", "form"] = "json"
    wrap: str | None = None  # all parameters travel as one JSON text under this name
    sign: Signer | None = None
    envelope: Envelope = Envelope()
    pager: Pager = Pager()
    timeout: Seconds = 30
    attempts: int = Field(default=5, ge=1)
    per_minute: int | None = Field(default=None, ge=1)  # requests that the vendor allows
    token: Token | None = None
    encryption: Encryption | None = None
    ca_file: str | None = None  # the site's own certificate authority, below the hub home

    @model_validator(mode="after")
    def _coherent(self) -> "HttpApiConnection":
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("url begins with http:// or https://")
        places = [self.pager.place, self.params_place, self.sign and self.sign.place]
        if self.method == "GET" and "body" in places:
            raise ValueError("a GET request has no body: use method POST, or place query")
        if self.method == "GET" and self.token and self.token.place == "body":
            raise ValueError("a GET request has no body: use method POST, or place query")
        if self.encryption and self.encryption.requests and self.wrap is None:
            raise ValueError("encrypted requests need wrap")
        if self.pager.stop == "total" and self.envelope.total is None:
            raise ValueError("stop: total needs envelope.total")
        return self
