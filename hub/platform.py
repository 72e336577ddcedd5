"""One platform file: who owns the platform, how to reach it, its streams and their mapping.

Read with `load_platform`; every mistake in the file becomes a `ConfigError` that names the file,
the place in it, and the remedy. Nothing here opens a connection.
"""

from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import Field, ValidationError, field_validator

from hub.errors import ConfigError
from hub.platform_connections import DatabaseConnection, ExchangeConnection, FilesConnection
from hub.platform_http import HttpApiConnection
from hub.platform_mistakes import in_chinese, refuse_secrets
from hub.platform_streams import Stream
from hub.platform_values import Days, Seconds, Setting
from hub.schedule import understood
from hub.yaml_text import parse

Connection = Annotated[
    DatabaseConnection | ExchangeConnection | FilesConnection | HttpApiConnection,
    Field(discriminator="kind"),
]


class Owner(Setting):
    """Who answers for the platform."""

    level: str
    department: str
    steward: str | None = None


class Platform(Setting):
    """One platform, as its file says."""

    platform: str = Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")
    title: str
    owner: Owner
    connection: Connection
    timezone: str = "Asia/Shanghai"
    schedule: str | None = None
    fresh_within: Seconds = 172_800
    retention: Days | None = None  # how long what it no longer says is kept; None: for good
    streams: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")], Stream]

    @field_validator("schedule")
    @classmethod
    def _timed(cls, value: str | None) -> str | None:
        if value is not None and not understood(value):
            raise ValueError("schedule is no time in five fields")
        return value

    @field_validator("timezone")
    @classmethod
    def _somewhere(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ValueError, OSError, KeyError):
            raise ValueError("timezone is not known") from None
        return value


def load_platform(path: Path) -> Platform:
    """Read and check one platform file.

    Raises:
        ConfigError: not YAML, an unknown or missing key, or a literal secret in it.

    """
    try:
        content: Any = parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "文件"
        raise ConfigError(
            f"{path.name}: not readable as YAML ({type(error).__name__})",
            zh=f"平台文件 {path.name} 读不懂（{where}）：请检查缩进、冒号后的空格和引号。",
        ) from None
    if not isinstance(content, dict):
        raise ConfigError(
            f"{path.name}: not a mapping", zh=f"平台文件 {path.name} 是空的：请照模板填写。"
        )
    refuse_secrets(path, content, ())
    try:
        return Platform.model_validate(content)
    except ValidationError as error:
        raise ConfigError(
            f"{path.name}: "
            + "; ".join(
                f"{'.'.join(map(str, e['loc']))}: {e['msg']}"
                for e in error.errors(include_input=False, include_url=False)
            ),
            zh=f"平台文件 {path.name} 有 {error.error_count()} 处要改："
            + "；".join(
                f"{'.'.join(map(str, e['loc']))} {in_chinese(e)}"
                for e in error.errors(include_input=False, include_url=False)
            )
            + "。",
        ) from None
