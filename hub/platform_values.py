"""What settings are made of: texts, shares, durations, and secrets that stand elsewhere."""

import os
import re
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hub.errors import ConfigError


class Setting(BaseModel):
    """A part of a YAML file: unknown keys are mistakes, not extensions."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _fraction(value: object) -> object:
    if isinstance(value, str) and value.strip().endswith("%"):
        return float(value.strip()[:-1]) / 100
    return value


def _seconds(value: object) -> object:
    match = re.fullmatch(r"\s*(\d+)\s*([smhd])\s*", value) if isinstance(value, str) else None
    return int(match[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]] if match else value


def _days(value: object) -> object:
    match = re.fullmatch(r"\s*(\d+)\s*([dwy])\s*", value) if isinstance(value, str) else None
    return int(match[1]) * {"d": 1, "w": 7, "y": 365}[match[2]] if match else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]
"""One text or a list of them."""
Fraction = Annotated[float, BeforeValidator(_fraction), Field(ge=0, le=1)]
"""A share between 0 and 1, also written `5%`."""
Seconds = Annotated[int, BeforeValidator(_seconds), Field(ge=0)]
"""A duration in seconds, also written `90s`, `15m`, `1h`, `3d`."""
Days = Annotated[int, BeforeValidator(_days), Field(ge=1)]
"""A duration in days, also written `90d`, `26w`, `3y` (of 365 days)."""


class Secret(Setting):
    """Where a secret is kept; the secret itself is never in a YAML file."""

    env: str | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Secret":
        if (self.env is None) == (self.file is None):
            raise ValueError("give exactly one of env, file")
        return self

    def read(self, home: Path) -> str:
        """The secret itself. `file` is relative to the hub home.

        Raises:
            ConfigError: the variable is not set, or the file is missing.

        """
        if self.env is not None:
            value = os.environ.get(self.env)
            if value is None:
                raise ConfigError(
                    f"environment variable {self.env} is not set",
                    zh=f"环境变量 {self.env} 没有设置：请先设置它（其中放密码），再运行一次。",
                )
            return value
        path = home / str(self.file)
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError:
            raise ConfigError(
                f"secret file {self.file} cannot be read",
                zh=f"密钥文件 {self.file} 读不到：请把密码写进这个文件，并把权限设为 0600。",
            ) from None


Parameters = dict[str, str | Secret]
"""Sent with every request; a value that must not stand in a YAML file is a `Secret`."""
