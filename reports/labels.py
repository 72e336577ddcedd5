"""The label dictionary of a home (labels.yaml): who grants a label, or by which rule it follows.

A rule is written as a population is (`age >= 80`, `member_count = 1 & age >= 60`). A granted label
may have a `check`: what must be true of whoever has it, so that a label without basis is seen.
"""

import re
from typing import Any, Literal, Self

import yaml
from pydantic import ValidationError, model_validator

from hub.errors import ConfigError
from hub.settings import Home
from hub.yaml_text import parse
from reports.conditions import WHOLE, Population, parse_population
from reports.form_file import Part
from warehouse.labels import Condition, LabelRule, known

FILE = "labels.yaml"


class Label(Part):
    """One entry of the dictionary."""

    name: str
    level: str = ""
    owner: str = ""
    kind: Literal["granted", "rule"] = "granted"
    rule: str = ""
    check: str = ""
    benefit: str = ""  # labels of one benefit are not granted together: 低保, 特困
    version: int = 1

    @model_validator(mode="after")
    def _understood(self) -> Self:
        if (self.kind == "rule") != bool(self.rule):
            raise ValueError("a label of kind rule has a rule, another has none")
        for text in filter(None, (self.rule, self.check)):
            strange = [i for i in parse_population(condition_of(text)).items if not known(i)]
            if strange:
                raise ValueError(f"a rule cannot look at {strange[0]}")
        return self


def dictionary(home: Home) -> tuple[Label, ...]:
    """Every label of the home, in its order; none where the home has no dictionary.

    Raises:
        ConfigError: an entry is wrong, or a rule is not understood: never ignored.
    """
    path = home.root / FILE
    if not path.is_file():
        return ()
    try:
        content: Any = parse(path.read_text(encoding="utf-8")) or {}
        entries: Any = content.get("labels") or ()
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError):
        raise ConfigError(
            "labels.yaml: not readable as YAML",
            zh="labels.yaml 读不懂：请检查缩进、冒号后的空格和引号。",
        ) from None
    return tuple(_label(nth, one) for nth, one in enumerate(entries, 1))


def _label(nth: int, content: Any) -> Label:  # noqa: ANN401 (as YAML gives it)
    try:
        return Label.model_validate(content)
    except (ValidationError, ConfigError) as error:
        name = content.get("name", "") if isinstance(content, dict) else ""
        why = error.zh if isinstance(error, ConfigError) else "字段或规则写错了。"
        raise ConfigError(
            f"labels.yaml: entry {nth} is wrong",
            zh=f"labels.yaml 第 {nth} 个标签“{name}”不对：{why}"
            "规则写成 age >= 80、member_count = 1 & age >= 60 这样。",
        ) from None


def label_rules(home: Home) -> tuple[LabelRule, ...]:
    """The rules by which labels are computed at each sync."""
    return tuple(_rule(one, one.rule) for one in dictionary(home) if one.kind == "rule")


def label_checks(home: Home) -> tuple[LabelRule, ...]:
    """What must be true of those who have a granted label."""
    return tuple(_rule(one, one.check) for one in dictionary(home) if one.check)


def _rule(one: Label, text: str) -> LabelRule:
    told = condition_of(text)
    asked: Population = parse_population(told)
    named = any(part.strip() in WHOLE for part in told.split("&"))
    conditions = tuple(Condition(t.item, t.op, t.values) for t in asked.tests)
    return LabelRule(one.name, one.version, told, asked.whole if named else None, conditions)


def condition_of(rule: str) -> str:
    """Rewrite `residence_type_code in ('4', '5') and age >= 60` as a condition of ours."""
    text = re.sub(r"\s+and\s+", " & ", rule).replace("==", "=")
    text = re.sub(r"\(([^)]*)\)", lambda f: "|".join(p.strip() for p in f[1].split(",")), text)
    return re.sub(r"['\"]", "", text)
