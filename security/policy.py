"""Who may see what: one `Access` a request decides every row and every field.

Deny by default: a role that is not in policy.yaml, an entity, field or action that it does not
name, is refused. A field of level 4 is shown in clear only under a stated purpose.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from hub.errors import ConfigError, HubError
from hub.platform_streams import Entity
from schemas.divisions import digits_of
from schemas.entities import FIELDS
from schemas.extras import extras
from security.masks import HIDDEN, masked
from security.policy_file import DIGITS, Action, Policy, Role, Shown, read_policy

__all__ = ["Access", "Action", "Decision", "NotAllowedError", "Policy", "Predicate", "Shown",
           "access_of", "check_scope", "read_policy"]  # fmt: skip

Row = dict[str, Any]
OURS: Mapping[str, tuple[int, str]] = {
    "resident_id": (2, ""), "household_id": (2, ""), "dwelling_id": (2, ""),
    "head_resident_id": (2, ""), "member_count": (2, ""), "lives_here": (2, ""),
    "records": (2, ""), "platforms": (2, ""), "valid_from": (2, ""), "state": (2, ""),
    "place": (3, "只到楼栋"), "room_key": (3, "隐藏"), "household_key": (3, "隐藏"),
    "stated_grid": (2, ""), "residents": (1, ""), "households": (1, ""), "community_name": (1, ""),
}  # fmt: skip
"""Level and mask of what the hub adds to the standard's fields."""
REACHES: Mapping[str, str] = {
    "any": "全部", "county": "区县", "town": "街道", "community": "社区", "grid": "网格",
}  # fmt: skip
"""The greatest scope of a role, in the officer's words."""
LABELS = "labels"
EXTRA = "other:"
"""Before the title of an extra 附加项目, wherever it is named as a field."""


class NotAllowedError(HubError):
    """The role may not do this, or not under this purpose."""


@dataclass(frozen=True)
class Decision:
    """How one field is shown, and why, for the officer."""

    shown: Shown
    why: str


@dataclass(frozen=True)
class Predicate:
    """A condition on `grid_code` for a WHERE clause, and its named parameters."""

    sql: str
    values: dict[str, Any]


@dataclass(frozen=True)
class Access:
    """One actor, for one request. `scope` are division-code prefixes, `()` none at all."""

    actor: str
    role: str
    rules: Role
    scope: tuple[str, ...]
    whole: bool = False  # the scope covers all that the home serves
    purpose: str | None = None

    @cached_property
    def mark(self) -> str:
        """Another text for whoever may see anything else."""
        return sha256(repr(self).encode()).hexdigest()[:16]

    def may(self, action: Action) -> bool:
        """Whether the role may do this."""
        return action in self.rules.may

    def require(self, action: Action) -> None:
        """Stop unless the role may do this.

        Raises:
            NotAllowedError: it may not.
        """
        if not self.may(action):
            raise NotAllowedError(
                f"role may not {action}",
                zh=f"“{self.role}”不能做这件事（{action}）：需要时请管理员在 policy.yaml 里加上。",
            )

    def for_purpose(self, purpose: str | None) -> "Access":
        """The same under a stated purpose; it holds for this one request.

        Raises:
            NotAllowedError: the role has no such purpose.
        """
        if purpose is not None and purpose not in self.rules.purposes:
            known = "、".join(self.rules.purposes) or "（没有）"
            raise NotAllowedError(
                "purpose is not one of the role's",
                zh=f"“{self.role}”没有这个用途：可以写的是 {known}。",
            )
        return replace(self, purpose=purpose)

    def where(self, alias: str = "") -> Predicate:
        """A condition that rows of the scope satisfy: on `grid_code`, of the table `alias`."""
        if self.whole:
            return Predicate("true", {})
        column = f"{alias}.grid_code" if alias else "grid_code"
        names = [f"scope_{nth}" for nth in range(len(self.scope))]
        if not names:
            return Predicate("false", {})
        inside = " OR ".join(
            f"starts_with(scoped.grid_code, ${n}) OR starts_with(scoped.community_code, ${n})"
            for n in names
        )
        return Predicate(
            f"{column} IN (SELECT scoped.grid_code FROM grid scoped WHERE {inside})",
            dict(zip(names, self.scope, strict=True)),
        )

    def covers(self, grid_code: str | None, community_code: str | None = None) -> bool:
        """Whether a row of that grid is in the scope; of no grid, only of a whole home."""
        codes = [code for code in (grid_code, community_code) if code]
        return self.whole or any(code.startswith(one) for code in codes for one in self.scope)

    def decide(self, entity: Entity, field: str) -> Decision:
        """How a field is shown; unknown ones never are."""
        return self._decisions.get((entity, field)) or self._decide(entity, field)

    @cached_property
    def _decisions(self) -> dict[tuple[Entity, str], Decision]:
        return {
            (entity, field): self._decide(entity, field)
            for entity, fields in FIELDS.items()
            for field in (*fields, *OURS)
        }

    @cached_property
    def _shown(self) -> dict[Entity, dict[str, Shown]]:
        """The same by entity: each row that is answered goes through it."""
        found: dict[Entity, dict[str, Shown]] = {entity: {} for entity in FIELDS}
        for (entity, field), decision in self._decisions.items():
            found[entity][field] = decision.shown
        return found

    @cached_property
    def _personal(self) -> dict[Entity, frozenset[str]]:
        """The personal fields that are shown in clear."""
        return {
            entity: frozenset(one for one in known if self._is_personal(entity, one))
            for entity, known in self._shown.items()
        }

    def _decide(self, entity: Entity, field: str) -> Decision:
        if entity not in self.rules.entities:
            return Decision("hidden", f"“{self.role}”不能看{entity}")
        level, mask = _facts(entity, field)
        shown: Shown = "hidden"
        if level <= self.rules.clear:
            shown = "clear"
        elif level <= self.rules.masked:
            shown = "masked"
        clear, hidden = self.rules.clear, self.rules.masked
        why = f"敏感级 {level}，“{self.role}”原值到 {clear} 级、脱敏到 {hidden} 级"
        named = field if field in self.rules.fields or not _is_extra(field) else "extras"
        if named in self.rules.fields:
            shown, why = self.rules.fields[named], f"policy.yaml 为“{self.role}”单独定了这个字段"
        if shown == "clear" and level >= 4 and self.purpose is None:
            shown, why = "masked", why + "；4 级看原值要写明用途，这次没有写"
        if shown == "masked" and level >= 4 and not mask:
            shown, why = "hidden", why + "；它没有脱敏的写法"
        return Decision(shown, why)

    def view(self, entity: Entity, row: Mapping[str, Any]) -> Row:
        """The row as this actor may see it: clear, masked, or without the field."""
        seen: Row = {}
        known = self._shown[entity]
        for field, value in row.items():
            shown = known.get(field) or self.decide(entity, field).shown
            if shown == "clear":
                seen[field] = value
            elif shown == "masked":
                seen[field] = under_mask(entity, field, value)
        return seen

    def sees(self, entity: Entity, field: str) -> bool:
        """Whether the field is shown in clear."""
        return self.decide(entity, field).shown == "clear"

    def labels(self, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
        """The labels of a resident: all of them, or, unless they are shown in clear, none."""
        return [dict(row) for row in rows] if self.sees("resident", LABELS) else []

    def clear_fields(self, entity: Entity, row: Mapping[str, Any]) -> tuple[str, ...]:
        """Names of the personal fields (level 3 and up) of `row` shown in clear: for the audit."""
        clear, known = self._personal[entity], self._shown[entity]
        return tuple(
            field
            for field, value in row.items()
            if value is not None
            and (field in clear if field in known else self._is_personal(entity, field))
        )

    def _is_personal(self, entity: Entity, field: str) -> bool:
        return _facts(entity, field)[0] >= 3 and self.sees(entity, field)


def access_of(
    policy: Policy, actor: str, role: str, scope: Iterable[str], divisions: Iterable[str]
) -> Access:
    """The access of an account or client; `divisions` are the codes that the home serves.

    Raises:
        NotAllowedError: policy.yaml has no such role (any more).
    """
    rules = policy.roles.get(role)
    if rules is None:
        raise NotAllowedError(
            "role is not in policy.yaml",
            zh=f"policy.yaml 里没有角色“{role}”：请管理员改账号的角色，或在 policy.yaml 里写上它。",
        )
    prefixes = tuple(prefix_of(one) for one in scope)
    fitting = tuple(one for one in prefixes if len(one) >= DIGITS[rules.scope])
    served = [prefix_of(one) for one in divisions]
    covered = [any(code.startswith(one) for one in fitting) for code in served]
    whole = "" in fitting or (bool(served) and all(covered))
    return Access(actor, role, rules, fitting, whole)


def check_scope(policy: Policy, role: str, scope: Iterable[str]) -> tuple[str, ...]:
    """The scope as it is kept, for a new account.

    Raises:
        ConfigError: no such role; or a code that is none, or wider than the role may have.
    """
    rules = policy.roles.get(role)
    if rules is None:
        known = "、".join(policy.roles)
        raise ConfigError(f"no role {role!r}", zh=f"没有角色“{role}”：policy.yaml 里有 {known}。")
    found = tuple(dict.fromkeys(scope))
    if not found:
        raise ConfigError("no scope", zh="请写管辖范围：区划代码或网格编码，全部写 *。")
    for one in found:
        if one != "*" and (not one.isascii() or not one.isalnum() or len(one) < 2):
            raise ConfigError("scope is no code", zh="管辖范围要写区划代码或网格编码，全部写 *。")
        if len(prefix_of(one)) < DIGITS[rules.scope]:
            raise ConfigError(
                "scope is wider than the role may have",
                zh=f"范围 {one} 超过了“{role}”的最大一级（{REACHES[rules.scope]}）：请写得更具体。",
            )
    return found


def prefix_of(code: str) -> str:
    """The digits of a division code that count; of a grid's code all; of `*` none."""
    if code == "*":
        return ""
    return code[: digits_of(code)] if len(code) == 12 and code.isdigit() else code


def under_mask(entity: Entity, field: str, value: object) -> object:
    """A value under the mask of its field; as it is where the standard has no mask for it."""
    mask = _facts(entity, field)[1]
    if value is None or not mask:
        return value
    if isinstance(value, list | dict | bool):
        return HIDDEN
    return masked(value.isoformat() if isinstance(value, date | datetime) else str(value), mask)


def _facts(entity: Entity, field: str) -> tuple[int, str]:
    known = FIELDS[entity].get(field)
    if known is not None:
        return known.level, known.mask
    if entity == "resident" and _is_extra(field):
        return _facts_of_extra(field.removeprefix(EXTRA))
    return OURS.get(field, (5, ""))


def _is_extra(field: str) -> bool:
    return field.startswith(EXTRA)


def _facts_of_extra(title: str) -> tuple[int, str]:
    """What only a department's form has a name for is as sensitive as anything may be."""
    known = extras().get(title)
    return (known.level, known.mask) if known else (4, "隐藏")
