"""A folder on an SFTP server or in S3, through fsspec.

SFTP servers are known by the fingerprint of their key, which stands in the platform file: an
unknown server gets neither our password nor a question about residents.
"""

import base64
import hashlib
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

import paramiko

from connectors.file_patterns import Kind, matching
from connectors.s3 import as_os_errors, open_bucket
from hub.errors import ConfigError, SourceDownError, SourceRefusedError
from hub.platform import Platform
from hub.platform_connections import FilesConnection

WAIT = 30  # seconds for a server to answer
ALIVE = 15  # seconds after which a server hears that we are still there, while a file is read
ASKED_AHEAD = 64  # pieces of a file; OpenSSH's own client asks for no more
logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # it writes names of accounts

_tell = threading.excepthook


def _unless_asking_ahead(failed: threading.ExceptHookArgs) -> None:
    """Paramiko's thread that asks for pieces of a file dies with the server; its reader tells."""
    if failed.thread is None or "_prefetch_thread" not in failed.thread.name:
        _tell(failed)


threading.excepthook = _unless_asking_ahead


class RemoteFolder:
    """Files that fsspec reaches. Its errors are OSErrors; those of `system` within `errors()`."""

    def __init__(self, platform: Platform, home: Path) -> None:
        """Connect.

        Raises:
            SourceDownError: not reachable.
            SourceRefusedError: account or host key were refused.
            ConfigError: a setting or a library is missing.
        """
        settings = platform.connection
        assert isinstance(settings, FilesConnection)  # noqa: S101 - the caller chose by it
        address = _address(platform, settings.path)
        self.errors: Callable[[], AbstractContextManager[None]] = _as_os_errors
        if address.scheme == "sftp":
            self.root = unquote(address.path).rstrip("/")
            self.system: Any = _sftp(platform, settings, home)
        elif address.scheme == "s3":
            self.root = f"{address.netloc}{unquote(address.path)}".rstrip("/")
            self.system = open_bucket(platform, settings, home, self.root)
            self.errors = as_os_errors
        else:
            raise ConfigError(
                f"{platform.platform}: path of scheme {address.scheme}",
                zh=f"平台「{platform.title}」的 path 只能是目录，或以 sftp://、s3:// 开头。",
            )

    def names(self, pattern: str) -> list[str]:
        """Matching files, sorted."""
        with self.errors():
            return matching(self._entries, pattern)

    def stamp(self, name: str) -> list[int | str]:
        """Bytes, and the time or the tag that changes with the file."""
        self.system.invalidate_cache()
        with self.errors():
            told = self.system.info(f"{self.root}/{name}")
        moment = told.get("mtime") or told.get("LastModified")
        mark = moment.isoformat() if isinstance(moment, datetime) else str(moment)
        return [int(told["size"]), str(told.get("ETag") or mark)]

    def fetch(self, name: str, into: Path) -> Path:
        """Copy the file to `into`."""
        path = f"{self.root}/{name}"
        with self.errors():
            if sftp := getattr(self.system, "ftp", None):
                sftp.get(path, str(into), max_concurrent_prefetch_requests=ASKED_AHEAD)
            else:
                self.system.get_file(path, str(into))
        return into

    def _entries(self, folder: str) -> Iterator[tuple[str, Kind]]:
        for one in self.system.ls(f"{self.root}/{folder}".rstrip("/") or "/", detail=True):
            path, kind = one["name"], one["type"]
            name = path.removeprefix(f"{self.root}/{folder}")
            if kind == "link":
                try:
                    kind = "linked" if self.system.isdir(path) else self.system.info(path)["type"]
                except FileNotFoundError:  # it leads nowhere
                    continue
            yield name.rstrip("/"), "folder" if kind == "directory" else kind

    def close(self) -> None:
        """Hang up."""
        client = getattr(self.system, "client", None)
        if client is not None:
            client.close()


class UnknownHostError(paramiko.SSHException):
    """The server's key is not the one that the platform file names."""

    def __init__(self, fingerprint: str) -> None:
        super().__init__("unknown host key")
        self.fingerprint = fingerprint


class KnownHost(paramiko.MissingHostKeyPolicy):
    """Only the server whose fingerprint was declared."""

    def __init__(self, accepted: str | None) -> None:
        self.accepted = accepted

    def missing_host_key(
        self,
        client: paramiko.SSHClient,  # noqa: ARG002 - paramiko's signature
        hostname: str,  # noqa: ARG002 - as above
        key: paramiko.PKey,
    ) -> None:
        """Compare, before anything of ours is sent."""
        digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
        if self.accepted != f"SHA256:{digest}":
            raise UnknownHostError(f"SHA256:{digest}")


def _address(platform: Platform, path: str) -> SplitResult:
    try:
        address = urlsplit(path)
        known = bool(address.hostname) and address.port != 0
    except ValueError:  # of a port that is none
        known = False
    if not known:
        raise ConfigError(
            f"{platform.platform}: path names no host or bucket, or no port",
            zh=f"平台「{platform.title}」的 path 写得不对：应为 sftp://主机:端口/目录，"
            "或 s3://桶/目录。",
        )
    return address


def _sftp(platform: Platform, settings: FilesConnection, home: Path) -> Any:  # noqa: ANN401 - fsspec is untyped
    from fsspec.implementations.sftp import SFTPFileSystem  # type: ignore[import-untyped]  # has no types

    address, title = urlsplit(settings.path), platform.title
    known = {"pkey": _key(platform, home / settings.key_file)} if settings.key_file else {}
    secret = settings.password.read(home) if settings.password else None
    if secret is None and not known:
        raise ConfigError(
            f"{platform.platform}: neither password nor key_file",
            zh=f"平台「{title}」没有写怎样登录 SFTP 服务器：请写 password 或 key_file"
            "（hub platform add 用 --password-env 或 --password-file）。",
        )
    try:
        system = SFTPFileSystem(
            address.hostname or "",
            port=address.port or 22,
            username=settings.user or unquote(address.username or ""),
            password=secret,
            host_key_policy=KnownHost(settings.host_key),
            allow_agent=False,
            look_for_keys=False,
            timeout=WAIT,
            banner_timeout=WAIT,
            auth_timeout=WAIT,
            skip_instance_cache=True,
            **known,
        )
        system.client.get_transport().set_keepalive(ALIVE)
        system.ftp.get_channel().settimeout(WAIT)
        return system
    except UnknownHostError as error:
        raise SourceRefusedError(
            f"{platform.platform}: host key {error.fingerprint} is not the declared one",
            zh=f"「{title}」的 SFTP 服务器出示的主机指纹是 {error.fingerprint}，与平台文件里的 "
            "host_key 不符（或没有写）。请向平台方核对指纹：相符就写进 host_key（hub platform add "
            "用 --host-key）；不符不要连接。",
        ) from None
    except paramiko.AuthenticationException:
        raise SourceRefusedError(
            f"{platform.platform}: sftp refused the account",
            zh=f"「{title}」的 SFTP 服务器拒绝了账号：请核对 user、password 或 key_file。",
        ) from None
    except (OSError, paramiko.SSHException, EOFError) as error:
        raise SourceDownError(
            f"{platform.platform}: sftp not reachable ({type(error).__name__})",
            zh=f"「{title}」的 SFTP 服务器连接不上：请检查网络和 path 里的地址，稍后再运行一次。",
        ) from None


@contextmanager
def _as_os_errors() -> Iterator[None]:
    """What paramiko raises when the server goes away becomes an OSError that says only its kind."""
    try:
        yield
    except (paramiko.SSHException, EOFError) as error:
        raise ConnectionError(type(error).__name__) from None


def _key(platform: Platform, path: Path) -> paramiko.PKey:
    try:
        return paramiko.PKey.from_path(path)
    except (OSError, ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType):
        raise ConfigError(
            f"{platform.platform}: key_file {path.name} is no private key",
            zh=f"平台「{platform.title}」的 key_file「{path.name}」读不到，"
            "或不是没有口令的 SSH 私钥：请核对文件。",
        ) from None
