"""Signatures: the vendors' schemes against a server that checks them, and known digests."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from connectors import open_connector
from connectors.signing import Signing
from hub.errors import ConfigError, SourceRefusedError
from hub.platform import Platform, load_platform
from hub.platform_http import Signer

from . import misbehaving_api as api_module
from .misbehaving_api import SECRET, Api, Request, serving

ROWS = [{"id": f"OW{i}", "name": f"居民{i}"} for i in range(5)]

# Each is what an officer writes in a platform file.
SCHEMES = {
    "scheme_1": """
        method: POST
        pager: {rows: 2, place: body}
        sign:
          secret: {env: VENDOR}
          template: "data={json}&appkey={secret}&nonce={nonce}&timestamp={timestamp}"
          digest: sha256
          place: header
          nonce: nonce
          timestamp: timestamp
          timestamp_unit: ms
    """,
    "scheme_1_form": """
        method: POST
        body: form
        wrap: data
        pager: {rows: 2, place: body}
        sign:
          secret: {env: VENDOR}
          template: "data={data}&appkey={secret}&nonce={nonce}&timestamp={timestamp}"
          digest: sha256
          place: body
          nonce: nonce
    """,
    "scheme_2": """
        pager: {rows: 2}
        sign: {secret: {env: VENDOR}, url_encode: true, secret_as: app_secret, case: upper}
    """,
    "scheme_3": """
        method: POST
        pager: {rows: 2, place: body}
        sign: {secret: {env: VENDOR}, keys: capitalised, empty: drop, place: body}
    """,
    "scheme_hmac": """
        pager: {rows: 2}
        sign:
          secret: {env: VENDOR}
          order: given
          pair: ""
          joiner: ""
          digest: hmac-sha256
          encoding: base64
          place: header
          into: X-Sign
          timestamp: ts
    """,
    "scheme_sm3": """
        pager: {rows: 2}
        sign: {secret: {env: VENDOR}, joiner: "|", secret_as: key, digest: sm3, case: upper}
    """,
    "scheme_hmac_sm3": """
        pager: {rows: 2}
        sign:
          secret: {env: VENDOR}
          digest: hmac-sm3
          place: header
          into: signature
          nonce: nonce
    """,
    "scheme_token": """
        pager: {rows: 2}
        sign:
          secret: {env: VENDOR}
          template: "Bearer {secret}"
          digest: none
          place: header
          into: Authorization
          timestamp: null
    """,
}


def platform_file(folder: Path, connection: str, url: str) -> Path:
    content = {
        "platform": "vendor",
        "title": "物业系统",
        "owner": {"level": "community", "department": "物业公司"},
        "connection": {"kind": "http_api", "url": url, "params": {"appId": "甲 a/b*~", "empty": ""}}
        | {"envelope": {"ok": "code", "items": "data.records", "total": "data.total"}}
        | yaml.safe_load(connection),
        "streams": {
            "owners": {
                "path": "/owners",
                "key": ["id"],
                "increment": "snapshot",
                "entity": "resident",
                "map": {"name": "name"},
            }
        },
    }
    path = folder / "vendor.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def ids(platform: Platform) -> list[str]:
    connector = open_connector(platform, Path("/"))
    try:
        chunks = list(connector.pull("owners", None, resume=False))
        return [one for chunk in chunks for one in chunk.rows["id"].to_pylist()]
    finally:
        connector.close()


@pytest.mark.parametrize("scheme", SCHEMES)
def test_vendor_accepts_each_declared_scheme(
    scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check: Callable[[Request], bool] = getattr(api_module, scheme)
    monkeypatch.setenv("VENDOR", "token-1234567890" if scheme == "scheme_token" else SECRET)
    with serving(Api(ROWS, signed=check)) as api:
        platform = load_platform(platform_file(tmp_path, SCHEMES[scheme], api.url))
        assert ids(platform) == [row["id"] for row in ROWS]
        monkeypatch.setenv("VENDOR", "another")
        with pytest.raises(SourceRefusedError, match="1001 签名错误") as caught:
            ids(platform)
    assert "密钥" in caught.value.zh
    assert "another" not in f"{caught.value}{caught.value.zh}"


def signing(**settings: Any) -> Signing:
    signer = Signer.model_validate({"secret": {"env": "UNUSED"}} | settings)
    return Signing(signer, "S", clock=lambda: 1_700_000_000.789)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "B=1&a=x y&e=S"),
        ({"order": "given"}, "a=x y&B=1&e=S"),
        ({"empty": "drop"}, "B=1&a=x yS"),
        ({"keys": "capitalised"}, "A=x y&B=1&E=S"),
        ({"keys": "lower", "joiner": ",", "pair": ":"}, "a:x y,b:1,e:S"),
        ({"url_encode": True, "secret_as": "key"}, "B=1&a=x%20y&e=&key=S"),
        ({"url_encode": "form"}, "B=1&a=x+y&e=S"),
        ({"template": "{secret}{parameters}{secret}"}, "SB=1&a=x y&e=S"),
        ({"template": "{json}|{B}", "order": "given"}, '{"a":"x y","B":1,"e":""}|1'),
    ],
)
def test_settings_make_the_text(settings: dict[str, Any], text: str) -> None:
    values: dict[str, str | int] = {"a": "x y", "B": 1, "e": ""}
    assert signing(digest="none", **settings).signature(values, {}) == text
    digest = hashlib.md5(text.encode()).hexdigest()
    assert signing(**settings).signature(values, {}) == digest


@pytest.mark.parametrize(
    ("digest", "known"),
    [
        ("md5", "900150983cd24fb0d6963f7d28e17f72"),
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ("sm3", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),  # GB/T 32905
    ],
)
def test_digests_are_the_standards(digest: str, known: str) -> None:
    assert signing(digest=digest, template="abc").signature({}, {}) == known


def test_stamps_have_the_declared_names_and_units() -> None:
    assert signing().stamps() == {"timestamp": "1700000000"}
    stamps = signing(timestamp="t", timestamp_unit="ms", nonce="n").stamps()
    assert stamps["t"] == "1700000000789"
    assert stamps["n"] != signing(nonce="n").stamps()["n"]
    assert signing(timestamp=None).stamps() == {}


@given(st.dictionaries(st.text(min_size=1), st.text()), st.randoms())
def test_sorted_order_does_not_depend_on_the_order_given(values: dict[str, str], rng: Any) -> None:
    shuffled = list(values.items())
    rng.shuffle(shuffled)
    signer = signing(url_encode=True, digest="none")
    assert signer.signature(values, {}) == signer.signature(dict(shuffled), {})


def test_template_that_names_nothing_known_is_a_mistake_in_the_file() -> None:
    with pytest.raises(ConfigError, match="appid") as caught:
        signing(template="{appid}{secret}").signature({"appId": "a"}, {})
    assert "appid" in caught.value.zh


def test_platform_file_takes_a_template_but_no_literal_secret(tmp_path: Path) -> None:
    sign = 'sign: {secret: {env: VENDOR}, template: "{parameters}&key=%s"}'
    good = load_platform(platform_file(tmp_path, sign % "{secret}", "http://127.0.0.1"))
    assert good.connection.kind == "http_api"
    with pytest.raises(ConfigError, match="literal secret"):
        load_platform(platform_file(tmp_path, sign % "0123abcd", "http://127.0.0.1"))


@pytest.mark.parametrize(
    "connection",
    [
        "pager: {place: body}",
        "params_place: body",
        "sign: {secret: {env: A}, place: body}",
        "{pager: {stop: total}, envelope: {items: data}}",
    ],
)
def test_settings_that_cannot_work_together_are_refused(tmp_path: Path, connection: str) -> None:
    with pytest.raises(ConfigError):
        load_platform(platform_file(tmp_path, connection, "http://127.0.0.1"))
