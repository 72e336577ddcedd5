"""Drivers that are not always installed, and encrypted connections to the servers."""

import re
import ssl
from pathlib import Path

import sqlalchemy as sa

from hub.errors import ConfigError
from hub.platform import Platform
from hub.platform_connections import Tls

PACKAGES = {
    "oracle": ("Oracle", "oracledb", "oracle+oracledb://账号@主机:1521/?service_name=库"),
    "mssql": ("SQL Server", "pymssql", "mssql+pymssql://账号@主机/库?charset=utf8"),
    "dm": ("达梦", "dmSQLAlchemy 和 dmPython", "dm+dmPython://账号@主机:5236"),
    "kingbase": (
        "人大金仓",
        "ksycopg2 和它的 SQLAlchemy 方言",
        "kingbase+ksycopg2://账号@主机:54321/库",
    ),
    "postgresql": ("PostgreSQL", "psycopg", "postgresql+psycopg://账号@主机/库"),
    "mysql": ("MySQL", "pymysql", "mysql+pymysql://账号@主机/库"),
}
"""Dialect of a URL → the database's name, what is to be installed, how the URL is written."""


def missing_driver(platform: Platform, url: str, error: Exception) -> ConfigError:
    """Say which driver a URL needs; the error names only a module."""
    dialect = re.split(r"[:+]", url, maxsplit=1)[0].lower()
    if dialect not in PACKAGES:
        known = "、".join(PACKAGES)
        return ConfigError(
            f"{platform.platform}: no dialect {dialect}",
            zh=f"平台「{platform.title}」的 url 以 {dialect} 开头，没有这种数据库："
            f"能写 {known}、sqlite。",
        )
    title, package, example = PACKAGES[dialect]
    return ConfigError(
        f"{platform.platform}: no driver for {dialect} ({type(error).__name__})",
        zh=f"平台「{platform.title}」要连 {title}，它的驱动还没有安装（或 url 里写了别的驱动）："
        f"请由管理员安装 {package}，url 写成 {example}。",
    )


def with_tls(url: sa.URL, tls: Tls | None, home: Path) -> sa.URL:
    """The URL with what PostgreSQL's library wants to hear of encryption; others unchanged."""
    if tls is None or url.get_backend_name() != "postgresql":
        return url
    mode = "verify-full" if tls.verify else "require"
    wanted = {"sslmode": mode} | ({"sslrootcert": str(_ca(tls, home))} if tls.ca else {})
    return url.update_query_dict(wanted)


def tls_context(tls: Tls, home: Path) -> ssl.SSLContext:
    """The same for MySQL's driver. Without `verify` nobody knows who is at the other end."""
    context = ssl.create_default_context(cafile=str(_ca(tls, home)) if tls.ca else None)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # certificates that MySQL makes for itself
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _ca(tls: Tls, home: Path) -> Path:
    path = home / str(tls.ca)
    if not path.is_file():
        raise ConfigError(
            f"tls.ca: {tls.ca} is not there",
            zh=f"证书机构文件 {tls.ca} 不存在：请向平台方要来放好，或改正 tls 的 ca。",
        )
    return path
