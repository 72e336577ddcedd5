"""SM2 as vendors use it: a short key, encrypted to us (GB/T 32918.4).

The numbers on the curve are gmssl's; the hash is OpenSSL's. What gmssl leaves out is done here: a
point that is not on the curve is refused, and C3, the proof that the right key was used, is
compared. Its constructor also strips zeros and fours from keys, so keys are set behind its back.
"""

import hashlib
import hmac
import secrets
from typing import Literal

from gmssl.sm2 import CryptSM2, default_ecc_table  # type: ignore[import-untyped]  # has no types

Order = Literal["c1c3c2", "c1c2c3"]
P = int(default_ecc_table["p"], 16)
A = P - 3  # in SM2 as in the NIST curves
B = int(default_ecc_table["b"], 16)
N = int(default_ecc_table["n"], 16)
POINT, DIGEST = 64, 32  # bytes of C1 without its 04, of C3


class Sm2Error(Exception):
    """Not encrypted to this key, or not in this order, or no SM2 at all."""


def decrypt(private: int, sealed: bytes, order: Order) -> bytes:
    """What was encrypted; with or without the 04 before the point.

    Raises:
        Sm2Error: it cannot be.
    """
    if sealed[:1] == b"\4" and _on_curve(sealed[1 : 1 + POINT]):
        sealed = sealed[1:]
    point, rest = sealed[:POINT], sealed[POINT:]
    if len(rest) <= DIGEST or not _on_curve(point):
        raise Sm2Error("no SM2 ciphertext")
    parts = rest[:DIGEST], rest[DIGEST:]
    proof, hidden = parts if order == "c1c3c2" else (rest[-DIGEST:], rest[:-DIGEST])
    shared = _times(private, point)
    plain = _xor(hidden, _kdf(shared, len(hidden)))
    if not hmac.compare_digest(proof, _proof(shared, plain)):
        raise Sm2Error("C3 does not fit")
    return plain


def encrypt(public: bytes, plain: bytes, order: Order) -> bytes:
    """Encrypt to a public key of 64 bytes, or 65 with its 04; the result begins with 04.

    Raises:
        Sm2Error: the key is no point of the curve.
    """
    public = public[1:] if len(public) == POINT + 1 else public
    if not _on_curve(public):
        raise Sm2Error("no public key")
    once = secrets.randbelow(N - 1) + 1
    shared = _times(once, public)
    hidden = _xor(plain, _kdf(shared, len(plain)))
    first = b"\4" + _times(once, bytes.fromhex(default_ecc_table["g"]))
    proof = _proof(shared, plain)
    return first + (proof + hidden if order == "c1c3c2" else hidden + proof)


def _times(number: int, point: bytes) -> bytes:
    curve = CryptSM2("", "")
    return bytes.fromhex(curve._kg(number, point.hex()))


def _on_curve(point: bytes) -> bool:
    x, y = int.from_bytes(point[:32], "big"), int.from_bytes(point[32:], "big")
    return len(point) == POINT and max(x, y) < P and (y * y - x**3 - A * x - B) % P == 0


def _kdf(shared: bytes, length: int) -> bytes:
    blocks = range(1, -(-length // DIGEST) + 1)
    made = b"".join(_sm3(shared + number.to_bytes(4, "big")) for number in blocks)
    return made[:length]


def _proof(shared: bytes, plain: bytes) -> bytes:
    return _sm3(shared[:32] + plain + shared[32:])


def _sm3(content: bytes) -> bytes:
    return hashlib.new("sm3", content).digest()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
