"""policy.yaml: role → scope, entities, fields, purposes, limits. What it does not say is denied."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from hub.errors import ConfigError
from hub.platform_streams import Entity
from hub.platform_values import Setting
from hub.yaml_text import parse
from schemas.entities import FIELDS
from schemas.extras import extras
from schemas.fields import Level

Shown = Literal["clear", "masked", "hidden"]
Reach = Literal["any", "county", "town", "community", "grid"]
Action = Literal[
    "look", "search", "verify", "statistics", "extracts", "forms", "feedback", "review",
    "platforms", "sync", "rights", "audit", "accounts",
]  # fmt: skip
DIGITS: Mapping[Reach, int] = {"any": 0, "county": 6, "town": 9, "community": 12, "grid": 13}
"""The fewest digits that the scope of an account of this reach has."""
SHIPPED = files("security") / "policy.yaml"


class Role(Setting):
    """What everybody in a role may see and do."""

    scope: Reach
    entities: tuple[Entity, ...] = ()
    clear: Level | Literal[0] = 0
    masked: Level | Literal[0] = 0
    fields: dict[str, Shown] = Field(default_factory=dict)
    purposes: tuple[str, ...] = ()
    may: frozenset[Action] = frozenset()
    export: int = Field(default=0, ge=0)
    daily: int = Field(default=0, ge=0)

    @field_validator("fields")
    @classmethod
    def _of_the_standard(cls, value: dict[str, Shown]) -> dict[str, Shown]:
        known = {name for fields in FIELDS.values() for name in fields}
        known |= {f"other:{title}" for title in extras()}
        if unknown := sorted(set(value) - known):
            raise ValueError(f"not in the standard: {', '.join(unknown)}")
        return value

    @model_validator(mode="after")
    def _in_order(self) -> "Role":
        if self.clear > self.masked:
            raise ValueError("masked is at least clear")
        return self


class Policy(Setting):
    """Every role of a home."""

    roles: dict[str, Role]


def read_policy(root: Path) -> Policy:
    """Read policy.yaml of the home at `root`; a home without the file has the shipped roles.

    Raises:
        ConfigError: not YAML, an unknown key, role part or field; the place is named.
    """
    path = root / "policy.yaml"
    try:
        text = (path if path.is_file() else SHIPPED).read_text(encoding="utf-8")
        content: Any = parse(text)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "文件"
        raise ConfigError(
            f"policy.yaml: not readable as YAML ({type(error).__name__})",
            zh=f"policy.yaml 读不懂（{where}）：请检查缩进和冒号后的空格。",
        ) from None
    try:
        return Policy.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise ConfigError(
            "policy.yaml: " + "; ".join(f"{_place(e)}: {e['msg']}" for e in found),
            zh=f"policy.yaml 有 {len(found)} 处要改："
            + "；".join(f"{_place(e)} {_in_chinese(e)}" for e in found)
            + "。改好之前谁也登录不了。",
        ) from None


def _place(error: ErrorDetails) -> str:
    return ".".join(map(str, error["loc"])) or "文件"


def _in_chinese(error: ErrorDetails) -> str:
    message = error["msg"].removeprefix("Value error, ")
    match error["type"]:
        case "extra_forbidden":
            return "不认识"
        case "missing":
            return "没有写"
        case "literal_error":
            return f"只能是 {error['ctx']['expected']}".replace(" or ", " 或 ")
    if message.startswith("not in the standard"):
        return f"里有数据字典没有的字段：{message.partition(': ')[2]}"
    if message.startswith("masked is"):
        return "的 masked 不能小于 clear"
    return "写得不对"
