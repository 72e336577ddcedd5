"""Drivers that are not installed, databases without one here, and encrypted connections."""

import datetime
import ipaddress
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy.dialects import mssql, oracle

from connectors import open_connector
from connectors.dialects import as_text, session_settings
from hub.errors import ConfigError, SourceRefusedError

from .test_database_values import run


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("oracle+oracledb://r@h/?service_name=x", "oracledb"),
        ("mssql+pymssql://r@h/x", "pymssql"),
        ("dm+dmPython://r@h:5236", "dmSQLAlchemy"),
        ("kingbase+ksycopg2://r@h:54321/x", "ksycopg2"),
        ("postgresql+psycopg2://r@h/x", "postgresql+psycopg://"),
        ("mysql://r@h/x", "mysql+pymysql://"),
        ("db2://r@h/x", "没有这种数据库"),
        ("not a url", "连接地址 url 用不了"),
    ],
)
def test_a_missing_driver_is_named(make_platform: Any, url: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_connector(make_platform({"kind": "database", "url": url}, a={"table": "a"}), Path("/"))
    assert says in caught.value.zh
    assert "测试平台" in caught.value.zh


COLUMNS: list[tuple[sa.types.TypeEngine[Any], str, str]] = [
    (sa.Numeric(18, 4), "to_char(t.c, 'TM9')", "CAST(t.c AS VARCHAR(100))"),
    (sa.Float(), "CAST(t.c AS VARCHAR2(4000 CHAR))", "CONVERT(VARCHAR(40), [c], 3)"),
    (sa.Date(), "to_char(t.c, 'YYYY-MM-DD HH24:MI:SS')", "CONVERT(VARCHAR(40), [c], 23)"),
    (sa.DateTime(), "to_char(t.c, 'YYYY-MM-DD HH24:MI:SS')", "CONVERT(VARCHAR(40), [c], 121)"),
    (sa.LargeBinary(), "lower(rawtohex(t.c))", "lower(CONVERT(VARCHAR(MAX), [c], 2))"),
    (sa.String(9), "t.c", "t.c"),
    (sa.Text(), "t.c", "t.c"),
]


@pytest.mark.parametrize(("kind", "in_oracle", "in_mssql"), COLUMNS)
def test_casts_where_no_server_is_at_hand(
    kind: sa.types.TypeEngine[Any], in_oracle: str, in_mssql: str
) -> None:
    column: sa.Column[Any] = sa.Column("c", kind)
    sa.Table("t", sa.MetaData(), column)
    assert str(as_text(column, "oracle").compile(dialect=oracle.dialect())) == in_oracle
    assert str(as_text(column, "mssql").compile(dialect=mssql.dialect())) == in_mssql


def test_sessions_of_the_others() -> None:
    assert session_settings("mssql", "", "Asia/Shanghai", 60)[0] == "SET LOCK_TIMEOUT 60000"
    assert session_settings("dm", "", "Asia/Shanghai", 60) == []


def certificates(folder: Path) -> tuple[Path, Path]:
    """A key and its own certificate, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=9))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    paths = folder / "tls.key", folder / "tls.crt"
    paths[0].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    paths[1].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return paths


@pytest.fixture
def encrypted(postgres_url: str, tmp_path: Path) -> Iterator[Path]:
    """The server speaks TLS; the path of its certificate."""
    engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        data = Path(connection.exec_driver_sql("SHOW data_directory").scalar_one())
    key, certificate = certificates(tmp_path)
    owner = data.stat()
    for path in (key, certificate):
        shutil.copy(path, data / path.name)
        os.chown(data / path.name, owner.st_uid, owner.st_gid)
        (data / path.name).chmod(0o600)
    settings = {"ssl_key_file": "tls.key", "ssl_cert_file": "tls.crt", "ssl": "on"}
    _configure(engine, [f"SET {name} = '{value}'" for name, value in settings.items()], "on")
    yield certificate
    _configure(engine, [f"RESET {name}" for name in settings], "off")
    engine.dispose()


def _configure(engine: sa.Engine, settings: list[str], state: str) -> None:
    with engine.connect() as connection:
        for one in settings:
            connection.exec_driver_sql(f"ALTER SYSTEM {one}")
        connection.exec_driver_sql("SELECT pg_reload_conf()")
    for _ in range(100):
        with engine.connect() as connection:
            if connection.exec_driver_sql("SHOW ssl").scalar_one() == state:
                return
        time.sleep(0.05)
    raise AssertionError(f"ssl is not {state}")


def read(make_platform: Any, url: str, tls: dict[str, Any], home: Path) -> list[dict[str, Any]]:
    platform = make_platform(
        {"kind": "database", "url": url, "tls": tls}, seen={"table": "seen", "read": ["ssl"]}
    )
    connector = open_connector(platform, home)
    try:
        chunks = connector.pull("seen", None, resume=False)
        return [row for chunk in chunks for row in chunk.rows.to_pylist()]
    finally:
        connector.close()


def test_encrypted_by_both_ways_of_postgresql(
    postgres_url: str, encrypted: Path, make_platform: Any, tmp_path: Path
) -> None:
    run(postgres_url, "DROP VIEW IF EXISTS seen")
    view = "SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    run(postgres_url, f"CREATE VIEW seen AS {view}")
    shutil.copy(encrypted, tmp_path / "ca.crt")
    for tls in ({"verify": False}, {"ca": "ca.crt"}):
        assert read(make_platform, postgres_url, tls, tmp_path) == [{"ssl": "true"}]
    _, other = certificates(tmp_path)
    with pytest.raises(SourceRefusedError) as caught:
        read(make_platform, postgres_url, {"ca": other.name}, tmp_path)
    assert "加密连接没有建立" in caught.value.zh
    with pytest.raises(ConfigError) as missing:
        read(make_platform, postgres_url, {"ca": "none.crt"}, tmp_path)
    assert "none.crt 不存在" in missing.value.zh
    run(postgres_url, "DROP VIEW seen")


@pytest.mark.parametrize("fixture", ["postgres_url", "mariadb_url"])
def test_a_server_that_cannot_encrypt_is_not_spoken_to(
    fixture: str, request: pytest.FixtureRequest, make_platform: Any, tmp_path: Path
) -> None:
    with pytest.raises(SourceRefusedError) as caught:
        read(make_platform, request.getfixturevalue(fixture), {"verify": False}, tmp_path)
    assert "不支持加密" in caught.value.zh
