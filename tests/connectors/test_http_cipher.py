"""Encrypted data: SM4 with agreed keys and with keys wrapped in SM2, sealed by gmssl's own code."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from gmssl import sm4
from gmssl.sm2 import CryptSM2
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from connectors.envelope import ShapeError
from connectors.http_cipher import DataCipher
from connectors.sm2 import N, Sm2Error, decrypt, encrypt
from hub.errors import ConfigError, SourceChangedError
from hub.platform_http import Encryption

from .misbehaving_api import Answer, Api, Request, says, serving
from .vendor import ids, people, platform_of, pulled

# the example key pair of gmssl's own documentation
PRIVATE = "00B9AB0B828FF68872F21A837FC303668428DEA11DCD1B24429D0C99E24EED83D5"
PUBLIC = (
    "B9C9A6E04E9C91F7BA880429273747D7EF5DDEB0BB2FF6317EB00BEF331A8308"
    "1A6994B8993F3F5D6EADDDB81872266C87C018FB4162F5AF347B483E24620207"
)
KEY, IV = b"0123456789abcdeF", b"fedcba9876543210"


def sealed_key(order: str, *, prefix: bool, key: bytes = KEY) -> bytes:
    curve = CryptSM2(PRIVATE, PUBLIC, mode=1 if order == "c1c3c2" else 0)
    return (b"\4" if prefix else b"") + curve.encrypt(key)


def sm4_sealed(text: bytes, *, cbc: bool, prefix: bool = True) -> bytes:
    cipher = sm4.CryptSM4()
    cipher.set_key(KEY, sm4.SM4_ENCRYPT)
    if not cbc:
        return cipher.crypt_ecb(text)
    return (IV if prefix else b"") + cipher.crypt_cbc(IV, text)


def sm4_opened(sealed: bytes, key: bytes) -> bytes:
    cipher = sm4.CryptSM4()
    cipher.set_key(key, sm4.SM4_DECRYPT)
    return cipher.crypt_ecb(sealed)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("SM4", KEY.decode())
    monkeypatch.setenv("SM4_HEX", KEY.hex().upper())
    monkeypatch.setenv("SM4_B64", b64encode(KEY).decode())
    monkeypatch.setenv("SM2", PRIVATE)
    with serving(Api(people(5))) as served:
        yield served


def dressed(
    *, cbc: bool = False, prefix: bool = True, hexed: bool = False, key: bytes = b""
) -> Any:
    written = bytes.hex if hexed else lambda content: b64encode(content).decode()

    def dress(answer: dict[str, Any]) -> dict[str, Any]:
        text = json.dumps(answer["data"], ensure_ascii=False).encode()
        more = {"encKey": written(key)} if key else {}
        return answer | {"data": written(sm4_sealed(text, cbc=cbc, prefix=prefix))} | more

    return dress


@pytest.mark.parametrize("secret", ["SM4", "SM4_HEX", "SM4_B64"])
@pytest.mark.parametrize(
    ("sealing", "settings"),
    [
        ({}, {}),
        ({"hexed": True}, {"encoding": "hex"}),
        ({"cbc": True}, {"mode": "cbc"}),
        ({"cbc": True, "prefix": False}, {"mode": "cbc", "iv": IV.decode()}),
        ({"cbc": True, "prefix": False}, {"mode": "cbc", "iv": IV.hex()}),
    ],
)
def test_an_agreed_key(
    api: Api, secret: str, sealing: dict[str, Any], settings: dict[str, Any]
) -> None:
    api.dressed = dressed(**sealing)
    encryption = {"key": {"env": secret}} | settings
    assert ids(pulled(platform_of(api, encryption=encryption))) == [f"OW{n}" for n in range(5)]


@pytest.mark.parametrize("order", ["c1c3c2", "c1c2c3"])
@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize("key", [KEY, KEY.hex().encode(), b64encode(KEY)])
def test_a_key_wrapped_in_either_order(api: Api, order: str, prefix: bool, key: bytes) -> None:
    api.dressed = dressed(key=sealed_key(order, prefix=prefix, key=key))
    encryption = {"wrapped_key": "encKey", "private_key": {"env": "SM2"}, "order": order}
    assert len(ids(pulled(platform_of(api, encryption=encryption)))) == 5
    other = "c1c2c3" if order == "c1c3c2" else "c1c3c2"
    with pytest.raises(SourceChangedError) as caught:
        pulled(platform_of(api, encryption=encryption | {"order": other}))
    assert f"请把 encryption.order 改为 {order}" in caught.value.zh


@pytest.mark.parametrize(
    ("dress", "says"),
    [
        (lambda answer: answer | {"data": "!"}, "解不开"),
        (lambda answer: answer | {"data": b64encode(b"x" * 17).decode()}, "解不开"),
        (lambda answer: answer | {"data": b64encode(b"x" * 16).decode()}, "解不开"),
        (lambda answer: answer, "没有加密"),
    ],
)
def test_what_cannot_be_opened_is_said(api: Api, dress: Any, says: str) -> None:
    api.dressed = dress
    with pytest.raises(SourceChangedError) as caught:
        pulled(platform_of(api, encryption={"key": {"env": "SM4"}}))
    assert says in caught.value.zh
    assert "encryption" in caught.value.zh


@pytest.mark.parametrize("wrapped", [b"", b"\4" * 97, b"x" * 200])
def test_keys_that_are_none(api: Api, wrapped: bytes) -> None:
    api.dressed = dressed(key=wrapped)
    encryption = {"wrapped_key": "encKey", "private_key": {"env": "SM2"}}
    with pytest.raises(SourceChangedError) as caught:
        pulled(platform_of(api, encryption=encryption))
    assert "密钥" in caught.value.zh


def test_errors_are_not_encrypted(api: Api) -> None:
    api.script = [says(1003, "参数错误")]
    with pytest.raises(SourceChangedError, match="参数错误"):
        pulled(platform_of(api, encryption={"key": {"env": "SM4"}}))


@pytest.mark.parametrize("text", ["short", "!" * 24, "g" * 32, "0" * 64, ""])
def test_secrets_that_are_no_keys(api: Api, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    wrapped = {"wrapped_key": "k", "private_key": {"env": "SM2"}}
    monkeypatch.setenv("SM4", text)
    monkeypatch.setenv("SM2", text)
    for encryption in ({"key": {"env": "SM4"}}, wrapped):
        with pytest.raises(ConfigError) as caught:
            pulled(platform_of(api, encryption=encryption))
        assert not text or text not in caught.value.zh


@settings(max_examples=60, deadline=None)
@given(
    data=st.text(max_size=40) | st.binary(max_size=48).map(lambda raw: b64encode(raw).decode()),
    key=st.text(max_size=40) | st.binary(max_size=150).map(lambda raw: b64encode(raw).decode()),
    mode=st.sampled_from(["ecb", "cbc"]),
    padding=st.sampled_from(["pkcs7", "zero"]),
    wrapped=st.booleans(),
)
def test_whatever_comes_encrypted_a_sentence_comes(
    data: str, key: str, mode: str, padding: str, wrapped: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SM4", KEY.decode())
        patch.setenv("SM2", PRIVATE)
        keys = {"wrapped_key": "encKey", "private_key": {"env": "SM2"}}
        made = keys if wrapped else {"key": {"env": "SM4"}}
        cipher = DataCipher(
            Encryption.model_validate({"mode": mode, "padding": padding} | made), Path("/")
        )
    with suppress(ShapeError, ConfigError):
        cipher.opened({"code": "0", "data": data, "encKey": key})


@pytest.mark.parametrize("agreed", [True, False])
def test_encrypted_requests(api: Api, agreed: bool) -> None:
    plain = api.page

    def page(request: Request) -> Answer:
        given = request.body
        key = KEY
        if not agreed:
            key = CryptSM2(PRIVATE, PUBLIC, mode=0).decrypt(b64decode(given["key"])[1:])
        request.raw = json.dumps({"data": sm4_opened(b64decode(given["data"]), key).decode()})
        return plain(request)

    api.page = page  # type: ignore[method-assign]  # this server answers so
    encryption: dict[str, Any] = {"field": "data.none", "requests": True}
    if agreed:
        encryption |= {"key": {"env": "SM4"}}
    else:
        encryption |= {"wrapped_key": "k", "private_key": {"env": "SM2"}, "order": "c1c2c3"}
        encryption |= {"public_key": f"04{PUBLIC}", "key_into": "key"}
    platform = platform_of(
        api,
        encryption=encryption,
        method="POST",
        wrap="data",
        pager={"rows": 3, "stop": "total", "place": "body"},
    )
    assert len(ids(pulled(platform))) == 5


@settings(max_examples=12, deadline=None)
@given(
    plain=st.binary(min_size=1, max_size=70),
    order=st.sampled_from(["c1c3c2", "c1c2c3"]),
    private=st.integers(1, N - 1),
    flipped=st.integers(0, 10_000),
)
def test_sm2_round_trip_and_against_gmssl(
    plain: bytes, order: Any, private: int, flipped: int
) -> None:
    public = CryptSM2("", "")._kg(
        private,
        "32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7"
        "bc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0",
    )
    sealed = encrypt(bytes.fromhex(public), plain, order)
    assert decrypt(private, sealed, order) == plain
    theirs = CryptSM2(f"{private:064x}", public, mode=1 if order == "c1c3c2" else 0)
    assert theirs.decrypt(sealed[1:]) == plain
    damaged = bytearray(sealed)
    damaged[1 + flipped % (len(sealed) - 1)] ^= 1
    with pytest.raises(Sm2Error):
        decrypt(private, bytes(damaged), order)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"key": {"env": "A"}, "wrapped_key": "k", "private_key": {"env": "B"}},
        {"wrapped_key": "k"},
        {"wrapped_key": "k", "private_key": {"env": "B"}, "requests": True},
        {"key": {"env": "A"}, "iv": "short"},
        {"key": {"env": "A"}, "public_key": "04"},
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Encryption.model_validate(settings)
