"""A certificate authority of the tests' own, in place of the 140 of the system.

To read those takes a fiftieth of a second of processor time for every HTTP client and every MariaDB
connection, and thousands are opened. It also means that no test can trust a host outside.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import certifi
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def trust_no_other(path: Path) -> None:
    """Write the authority's certificate to `path`; this process and its children trust it alone."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "nobody")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    os.environ["SSL_CERT_FILE"] = str(path)
    certifi.where = lambda: str(path)  # what httpx reads where it is told to heed no variable
