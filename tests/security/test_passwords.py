"""Passwords, secrets and codes."""

import time
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from security.passwords import (
    _nobody,
    hash_password,
    hash_secret,
    new_token,
    new_totp,
    password_fits,
    secret_fits,
    totp_step,
)


@pytest.fixture(autouse=True)
def as_at_a_site(quick_hashes: PasswordHasher, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Here hashing takes its time."""
    monkeypatch.setattr("security.passwords._HASHER", quick_hashes)
    _nobody.cache_clear()
    yield
    _nobody.cache_clear()


def _seconds(hashed: str | None) -> float:
    """The quickest of three: what the work takes, whatever else the machine does."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        assert not password_fits(hashed, "wrong")
        times.append(time.process_time() - begun)
    return min(times)


def test_an_unknown_name_takes_as_long() -> None:
    known = _seconds(hash_password("correct-horse-7"))
    _seconds(None)  # makes the hash that nobody has
    assert 0.3 < _seconds(None) / known < 3


def test_argon2id_is_what_is_kept() -> None:
    kept = hash_password("correct-horse-7")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$"), "RFC 9106, low memory"
    assert password_fits(kept, "correct-horse-7")
    assert not password_fits(kept, "correct-horse-8")
    assert not password_fits("not a hash", "correct-horse-7")


@settings(max_examples=10)
@given(st.text(max_size=60), st.text(max_size=60))
def test_only_the_secret_itself_fits(one: str, other: str) -> None:
    kept = hash_secret(one)
    assert secret_fits(kept, one)
    assert secret_fits(kept, other) == (one == other)
    assert not secret_fits(None, one)


def test_tokens_differ() -> None:
    assert len({new_token() for _ in range(100)}) == 100


@pytest.mark.parametrize("code", ["", "abcdef", "000", "1234567"])
def test_a_wrong_code_is_none(code: str) -> None:
    assert totp_step(new_totp(), code, 0) is None
