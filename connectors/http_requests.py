"""Requests as a vendor wants them: parameters signed, wrapped, encrypted, each in its place."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx

from connectors.http_cipher import DataCipher
from connectors.signing import Signing, json_text, ordered
from hub.errors import ConfigError
from hub.platform import Platform
from hub.platform_http import HttpApiConnection
from hub.platform_streams import Stream
from hub.platform_values import Parameters, Secret

Values = Mapping[str, str]
Placed = dict[str, dict[str, Any]]
"""What goes into the query, the body and the headers."""


@dataclass(frozen=True)
class Asked:
    """Which page, and what else this pull asks: the moment from which on."""

    page: int
    size: int
    more: Values


@dataclass(frozen=True)
class Form:
    """How a request travels."""

    method: str
    body: str


class Requests:
    """Makes the requests of one platform, and knows the secrets that are in them."""

    def __init__(self, platform: Platform, home: Path) -> None:
        assert isinstance(platform.connection, HttpApiConnection)  # noqa: S101 - the client's own
        self.platform, self.home, self.connection = platform, home, platform.connection
        self.secrets: list[str] = []
        sign, encryption = self.connection.sign, self.connection.encryption
        self.signing = Signing(sign, self._secret(sign.secret)) if sign else None
        self.cipher = DataCipher(encryption, home) if encryption else None
        self._headers = self._plain(self.connection.headers)
        self._params = self._plain(self.connection.params)

    def page(
        self, client: httpx.Client, stream: Stream, asked: Asked, token: str | None
    ) -> httpx.Request:
        """Sign the parameters and put each where it belongs."""
        api = self.connection
        params: dict[str, str | int] = {**self._params, **self._plain(stream.params), **asked.more}
        numbers = {api.pager.page: asked.page, api.pager.size: asked.size}
        pages = {} if api.pager.stop == "once" else numbers
        everything = self._wrapped(dict(ordered({**params, **pages}, api.sign)))
        placed: Placed = {"query": {}, "body": {}, "header": {**self._headers}}
        for key, value in everything.items():
            where = api.pager.place if key in pages else api.params_place or api.pager.place
            placed[where][key] = value
        if api.token is not None and token is not None:
            carried = {api.token.into: api.token.prefix + token}
            placed[api.token.place] |= carried
            everything |= carried if api.token.place != "header" else {}
        if self.signing is not None:
            signer, stamps = self.signing.signer, self.signing.stamps()
            signature = self.signing.signature(everything, stamps)
            placed[signer.place] |= {**stamps, signer.into: signature}
        return self._built(client, Form(api.method, api.body), stream.path, placed)

    def _wrapped(self, everything: dict[str, Any]) -> dict[str, Any]:
        """All parameters as one JSON text under one name, encrypted if the vendor wants that."""
        api = self.connection
        if api.wrap is None:
            return everything
        text = json_text(everything)
        if self.cipher is None or not self.cipher.settings.requests:
            return {api.wrap: text}
        sealed, key = self.cipher.sealed(text)
        into = self.cipher.settings.key_into
        return {api.wrap: sealed} | ({into: key} if into and key else {})

    def login(self, client: httpx.Client) -> httpx.Request:
        """Ask for a token."""
        token = self.connection.token
        assert token is not None  # noqa: S101 - whoever asks has settings for it
        placed: Placed = {"query": {}, "body": {}, "header": {**self._headers}}
        placed["query" if token.method == "GET" else "body"] = dict(self._plain(token.params))
        return self._built(client, Form(token.method, token.body), token.path, placed)

    def _built(
        self, client: httpx.Client, form: Form, path: str | None, placed: Placed
    ) -> httpx.Request:
        content = None
        headers = {"Accept": "application/json"} | placed["header"]
        if form.method == "POST":
            as_json = form.body == "json"
            kind = "json" if as_json else "x-www-form-urlencoded"
            headers = {"Content-Type": f"application/{kind};charset=UTF-8"} | headers
            content = (json_text(placed["body"]) if as_json else urlencode(placed["body"])).encode()
        try:
            url = httpx.URL(_address(self.connection.url, path)).copy_merge_params(placed["query"])
            return client.build_request(form.method, url, content=content, headers=headers)
        except (httpx.InvalidURL, UnicodeError):
            raise ConfigError(
                f"{self.platform.platform}: url or headers cannot be sent",
                zh=f"平台「{self.platform.title}」的 url、path 或 headers 写得不对，请核对。",
            ) from None

    def remember(self, secret: str) -> None:
        """Never to be shown, in whatever words of the vendor it comes back."""
        for one in (secret, quote(secret, safe="")):
            if one not in self.secrets:
                self.secrets.append(one)

    def _plain(self, values: Parameters) -> dict[str, str]:
        return {
            key: self._secret(value) if isinstance(value, Secret) else value
            for key, value in values.items()
        }

    def _secret(self, secret: Secret) -> str:
        value = secret.read(self.home)
        self.remember(value)
        return value


def _address(base: str, path: str | None) -> str:
    return f"{base.rstrip('/')}/{path.lstrip('/')}" if path else base
