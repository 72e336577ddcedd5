"""The hub home: the folder an officer owns, and what its hub.yaml says."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError, field_validator

from hub.errors import ConfigError, NotFoundError
from hub.platform import Platform, load_platform
from hub.platform_values import Fraction, Secret, Setting, Texts
from hub.yaml_text import parse


class Retention(Setting):
    """How much of the past is kept."""

    snapshots: int = Field(default=7, ge=2)


class Gates(Setting):
    """What may be lost from one snapshot to the next without a person looking."""

    residents_drop: Fraction = 0.05


class SignIn(Setting):
    """The site's own sign-in 统一登录 (OpenID Connect)."""

    issuer: str
    client_id: str
    address: str  # of this hub, as browsers reach it
    secret: Secret | None = None
    name_claim: str = "preferred_username"  # whose value is the account's name
    scopes: Texts = ("profile",)
    title: str = "统一登录"
    passwords: bool = True  # whether accounts may also sign in with a password of the hub

    @field_validator("issuer", "address")
    @classmethod
    def _safe(cls, value: str) -> str:
        if not cls.allows(value):
            raise ValueError("must be an https address")
        return value

    @staticmethod
    def allows(address: str) -> bool:
        """Whether an address is HTTPS, or plain HTTP of this very machine."""
        return bool(re.match(r"https://\w|http://(127\.0\.0\.1|localhost)(:\d+)?(/|$)", address))


class HubSettings(Setting):
    """hub.yaml."""

    name: str
    divisions: Texts = ()  # codes of the communities served, 12 digits
    engine: Literal["duckdb"] = "duckdb"
    encryption: bool = True
    retention: Retention = Retention()
    gates: Gates = Gates()
    webhook: str | None = None  # failed runs are posted here
    # 一数一源: field -> platforms, the first that has a value wins
    owners: dict[str, Texts] = Field(default_factory=dict)
    retired: Texts = ()  # platforms, or platform.stream, whose records are used no more
    memory: str = "3GB"  # DuckDB's limit
    sign_in: SignIn | None = None


@dataclass(frozen=True)
class Home:
    """A hub home on disk. Only paths and settings; opening data is the warehouse's work."""

    root: Path
    settings: HubSettings

    @property
    def data(self) -> Path:
        """raw, core, snapshots, work and the ledger live below it."""
        return self.root / "data"

    @property
    def secrets(self) -> Path:
        """Key files, mode 0600."""
        return self.root / "secrets"

    def platform_files(self) -> list[Path]:
        """Every platform file, by name."""
        return sorted((self.root / "platforms").glob("*.yaml"))

    def read_platforms(self) -> tuple[dict[str, Platform], list[ConfigError]]:
        """Every platform that can be read, by name, and what is wrong with the other files."""
        found: dict[str, Platform] = {}
        wrong: list[ConfigError] = []
        for path in self.platform_files():
            try:
                one = load_platform(path)
                if one.platform in found:
                    raise ConfigError(
                        f"{path.name}: platform {one.platform} is named twice",
                        zh=f"平台名 {one.platform} 用了两次（{path.name}）：请给其中一个换名。",
                    )
                found[one.platform] = one
            except ConfigError as error:
                wrong.append(error)
        return found, wrong

    def platforms(self) -> dict[str, Platform]:
        """Every platform of the home, by name.

        Raises:
            ConfigError: a file is wrong, or two files name the same platform.
        """
        found, wrong = self.read_platforms()
        if wrong:
            raise wrong[0]
        return found


def find_home(explicit: Path | None = None) -> Path:
    """The folder asked for, else HUB_HOME, else the current folder."""
    return (explicit or Path(os.environ.get("HUB_HOME") or ".")).resolve()


def open_home(root: Path) -> Home:
    """Read hub.yaml below `root`.

    Raises:
        NotFoundError: there is none.
        ConfigError: it is wrong.

    """
    path = root / "hub.yaml"
    if not path.is_file():
        raise NotFoundError(
            f"{root} is not a hub home (no hub.yaml)",
            zh=f"{root} 不是数据大脑目录（没有 hub.yaml）："
            "请用 --home 指明目录，或先运行 hub init 目录。",
        )
    try:
        content = parse(path.read_text(encoding="utf-8"))
        return Home(root.resolve(), HubSettings.model_validate(content))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"hub.yaml: {type(error).__name__}",
            zh="hub.yaml 读不懂：请检查缩进和冒号后的空格。",
        ) from None
    except ValidationError as error:
        places = "、".join(".".join(map(str, e["loc"])) for e in error.errors())
        raise ConfigError(
            f"hub.yaml: {error.error_count()} mistakes at {places}",
            zh=f"hub.yaml 有 {error.error_count()} 处要改：{places}。",
        ) from None
