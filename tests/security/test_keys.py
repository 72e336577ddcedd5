"""Keys are private and stable; what is sealed opens only with its key."""

import base64
import hmac
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import ConfigError
from security.keys import create_keys, keyed_ids, read_keys
from security.sealing import seal, unseal


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    create_keys(tmp_path / "secrets")
    first = read_keys(tmp_path / "secrets", encryption=True)
    create_keys(tmp_path / "secrets")
    assert read_keys(tmp_path / "secrets", encryption=True) == first
    assert {p.stat().st_mode & 0o777 for p in (tmp_path / "secrets").iterdir()} == {0o600}
    assert read_keys(tmp_path / "secrets", encryption=False).data is None
    assert str(first.data) not in repr(first)


def test_open_key_file_is_refused(tmp_path: Path) -> None:
    create_keys(tmp_path)
    (tmp_path / "data.key").chmod(0o644)
    with pytest.raises(ConfigError) as caught:
        read_keys(tmp_path, encryption=True)
    assert "chmod 600" in caught.value.zh


def test_ids_are_keyed_stable_and_apart() -> None:
    assert keyed_ids(b"a", "R", ["x", "y"]) == keyed_ids(b"a", "R", ["x", "y"])
    three = {
        *keyed_ids(b"a", "R", ["x"]),
        *keyed_ids(b"b", "R", ["x"]),
        *keyed_ids(b"a", "H", ["x"]),
    }
    assert len(three) == 3


@given(st.binary(max_size=80), st.sampled_from("RHD"), st.lists(st.text(), max_size=5))
def test_ids_are_hmac_in_base32(key: bytes, prefix: str, texts: list[str]) -> None:
    texts = [text.encode(errors="ignore").decode() for text in texts]
    plain = [hmac.digest(key, f"{prefix}\x1f{text}".encode(), "sha256") for text in texts]
    expected = [prefix + base64.b32encode(one)[:20].decode().lower() for one in plain]
    assert keyed_ids(key, prefix, texts) == expected


@given(st.text(), st.text(min_size=1))
def test_sealed_text_opens_with_its_key_only(text: str, key: str) -> None:
    sealed = seal(key, text)
    assert unseal(key, sealed) == text
    assert len(text) < 4 or text not in sealed
    with pytest.raises(InvalidTag):
        unseal(key + "x", sealed)


@given(st.text())
def test_without_a_key_it_stays_as_it_is(text: str) -> None:
    assert seal(None, text) == text
    assert unseal(None, text) == text
