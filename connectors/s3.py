"""A bucket of S3, or of what speaks as it does (MinIO, OBS, COS), through s3fs.

s3fs tells of refusals as OSErrors, and of a server that cannot be reached by botocore's own errors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hub.errors import ConfigError, SourceDownError, SourceRefusedError
from hub.platform import Platform
from hub.platform_connections import FilesConnection

WAIT = 30  # seconds for a server to answer
ATTEMPTS = 3


def open_bucket(platform: Platform, settings: FilesConnection, home: Path, root: str) -> Any:  # noqa: ANN401 - fsspec is untyped
    """The file system, once it answered a question about `root` (bucket/prefix).

    Raises:
        ConfigError: s3fs is not installed, or there is no such bucket.
        SourceRefusedError: the keys, or their rights.
        SourceDownError: not reachable.
    """
    system = _system(platform, settings, home)
    bucket, _, prefix = root.partition("/")
    where = f"{platform.platform}: s3 bucket {bucket}"
    title = platform.title
    try:
        with as_os_errors():
            system.call_s3("list_objects_v2", Bucket=bucket, Prefix=prefix, MaxKeys=1)
    except PermissionError:
        raise SourceRefusedError(
            f"{where}: refused",
            zh=f"「{title}」的 S3 拒绝了访问：请核对 user（access key）、password（secret key）、"
            f"本机时钟，并请平台方确认对桶 {bucket} 有列出和读取的权限。",
        ) from None
    except FileNotFoundError:
        raise ConfigError(
            f"{where}: does not exist",
            zh=f"「{title}」的 S3 里没有桶 {bucket}：请核对 path 和 endpoint。",
        ) from None
    except OSError as error:
        raise SourceDownError(
            f"{where}: not reachable ({error})",
            zh=f"「{title}」的 S3 连接不上：请检查网络和 endpoint 里的地址，稍后再运行一次。",
        ) from None
    return system


@contextmanager
def as_os_errors() -> Iterator[None]:
    """What botocore raises of its own becomes an OSError that says only its kind."""
    from botocore.exceptions import (  # type: ignore[import-untyped]  # with s3fs
        BotoCoreError,
        ParamValidationError,
    )

    try:
        yield
    except ParamValidationError:  # of a name that no bucket has
        raise FileNotFoundError from None
    except BotoCoreError as error:
        raise ConnectionError(type(error).__name__) from None


def _system(platform: Platform, settings: FilesConnection, home: Path) -> Any:  # noqa: ANN401 - as above
    try:
        import s3fs  # type: ignore[import-untyped]  # an extra
    except ImportError:
        raise ConfigError(
            f"{platform.platform}: s3fs is not installed",
            zh=f"平台「{platform.title}」的文件在 S3 里，本机没有装读取它的组件 s3fs："
            "请管理员运行 pip install s3fs，再运行一次。",
        ) from None
    if settings.endpoint and not settings.endpoint.startswith(("http://", "https://")):
        raise ConfigError(
            f"{platform.platform}: endpoint is no http address",
            zh=f"平台「{platform.title}」的 endpoint 应以 http:// 或 https:// 开头。",
        )
    secret = settings.password.read(home) if settings.password else None
    waits = {"connect_timeout": WAIT, "read_timeout": WAIT, "retries": {"max_attempts": ATTEMPTS}}
    return s3fs.S3FileSystem(
        key=settings.user,
        secret=secret,
        anon=secret is None,
        endpoint_url=settings.endpoint,
        config_kwargs=waits,
        skip_instance_cache=True,
    )
