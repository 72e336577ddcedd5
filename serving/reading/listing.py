"""Who or what a number counts: one choice gives both the number and the list behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import duckdb

from hub.errors import ConfigError, NotFoundError
from hub.platform_streams import Entity
from security.policy import Access
from warehouse.answers import STAYS, TODAY, rows
from warehouse.labels import HELD

Row = dict[str, Any]
PAGE = 50
RESIDENT = """r.resident_id, r.name, r.sex_code, r.birth_date, r.birth_year, r.id_number, r.phone,
    r.residence_address, r.grid_code, r.lives_here, r.platforms"""
HOUSEHOLD = """r.household_id, r.household_no, r.head_resident_id, h.name AS head_name,
    r.household_type_code, r.member_count, r.dwelling_id, r.grid_code"""
DWELLING = "r.dwelling_id, r.place, r.building, r.unit, r.room, r.grid_code"
GRID = "r.grid_code, r.name, r.community_code, r.worker_name, r.worker_phone, r.area_hectare"
AGE = f"""coalesce(year({TODAY}) - year(r.birth_date) - CASE WHEN
    month(r.birth_date) * 100 + day(r.birth_date) > month({TODAY}) * 100 + day({TODAY})
    THEN 1 ELSE 0 END, year({TODAY}) - r.birth_year)"""
"""Whole years; of whom only the year is known, at the year's end."""
YEAR_AGO = f"{TODAY} - INTERVAL 1 YEAR"


@dataclass(frozen=True)
class Listed:
    """One thing that can be counted and listed: `condition` on the table `r` of its entity."""

    title: str
    entity: Entity
    condition: str


LISTS: Mapping[str, Listed] = {
    "residents": Listed("常住人口", "resident", "r.lives_here"),
    "registered": Listed(
        "户籍人口", "resident", f"r.residence_type_code IN ('1', '2') AND {STAYS}"
    ),
    "people": Listed("掌握的全部人员", "resident", "true"),
    "no_grid": Listed("常住但不知网格", "resident", "r.lives_here AND r.grid_code IS NULL"),
    "no_household": Listed("常住但不知户", "resident", "r.lives_here AND r.household_id IS NULL"),
    "apart": Listed(
        "人户分离",
        "resident",
        "r.lives_here AND EXISTS (FROM household x WHERE x.household_id = r.household_id "
        "AND x.dwelling_id <> r.dwelling_id)",
    ),
    "no_age": Listed(
        "年龄或性别不详",
        "resident",
        f"r.lives_here AND (coalesce({AGE}, -1) < 0 "
        "OR coalesce(r.sex_code, '0') NOT IN ('1', '2'))",
    ),
    "new": Listed(
        "近一年新识别",
        "resident",
        "r.lives_here AND r.resident_id IN (SELECT e.resident_id FROM identity_event e WHERE "
        f"e.kind = 'founded' AND e.happened_at >= {YEAR_AGO} AND e.happened_at > (SELECT "
        "min(happened_at) FROM identity_event))",
    ),
    "left": Listed("近一年迁出", "resident", f"r.left_on >= {YEAR_AGO}"),
    "died": Listed("近一年死亡", "resident", f"r.died_on >= {YEAR_AGO}"),
    "households": Listed("常住户", "household", "r.member_count > 0"),
    "dwellings": Listed(
        "有人住的房屋",
        "dwelling",
        "r.dwelling_id IN (SELECT dwelling_id FROM resident WHERE lives_here)",
    ),
    "grids": Listed("网格", "grid", "true"),
}
COLUMNS: Mapping[Entity, str] = {
    "resident": RESIDENT, "household": HOUSEHOLD, "dwelling": DWELLING, "grid": GRID,
}  # fmt: skip
TABLES: Mapping[Entity, str] = {
    "resident": "resident r",
    "household": "household r LEFT JOIN resident h ON h.resident_id = r.head_resident_id",
    "dwelling": "dwelling r",
    "grid": "grid r",
}
ORDERS: Mapping[Entity, str] = {
    "resident": "r.place NULLS LAST, r.building, r.unit, r.room, r.resident_id",
    "household": "r.grid_code NULLS LAST, r.household_id",
    "dwelling": "r.place, r.building, r.unit, r.room, r.dwelling_id",
    "grid": "r.grid_code",
}
"""Never by what may be masked: the order would tell it."""


@dataclass(frozen=True)
class Choice:
    """What is counted: a key of LISTS, narrowed. It holds codes only, so it may be an address."""

    what: str = "residents"
    grid: str | None = None
    label: str | None = None
    sex: str | None = None
    age_from: int | None = None
    age_to: int | None = None
    platform: str | None = None

    @property
    def listed(self) -> Listed:
        """What the choice is of.

        Raises:
            NotFoundError: there is no such list.
        """
        if self.what not in LISTS:
            raise NotFoundError("no such list", zh="没有这个清单：请从统览页点数字进入。")
        return LISTS[self.what]

    @property
    def parts(self) -> dict[str, str]:
        """The choice as the parts of a page's address."""
        given = {one.name: getattr(self, one.name) for one in fields(self)}
        return {name: str(value) for name, value in given.items() if value is not None}

    def of(self, **narrower: str | int | None) -> "Choice":
        """The same, narrowed."""
        return replace(self, **narrower)  # type: ignore[arg-type]  # fields of this class


def count(connection: duckdb.DuckDBPyConnection, access: Access, choice: Choice) -> int:
    """How many the list holds, within the scope."""
    _, condition, values = _query(access, choice)
    entity = choice.listed.entity  # what is joined to show a row adds none
    found = rows(connection, f"SELECT count(*) AS n FROM {entity} r WHERE {condition}", values)
    return int(found[0]["n"])


def listed(
    connection: duckdb.DuckDBPyConnection,
    access: Access,
    choice: Choice,
    start: int = 0,
    limit: int = PAGE,
) -> list[Row]:
    """The rows themselves, as the access may see them.

    Raises:
        NotAllowedError: the role may not look at persons.
        ConfigError: a list by label, for whom labels are not shown.
    """
    access.require("look")
    entity = choice.listed.entity
    if choice.label is not None and not access.sees("resident", "labels"):
        raise ConfigError(
            "list by label without the right to labels",
            zh="按标签列出人员要先写明用途：请在页面上选用途后再看；若没有可选的用途，"
            "说明你的角色不能看标签。",
        )
    table, condition, values = _query(access, choice)
    found = rows(
        connection,
        f"SELECT {COLUMNS[entity]} FROM {table} WHERE {condition} "
        f"ORDER BY {ORDERS[entity]} LIMIT {int(limit)} OFFSET {int(start)}",
        values,
    )
    return [access.view(entity, row) for row in found]


def _query(access: Access, choice: Choice) -> tuple[str, str, Row]:
    """FROM, WHERE and its values: the same for the number and for the list."""
    one = choice.listed
    inside = access.where("r")
    parts, values = [one.condition, inside.sql], dict(inside.values)
    if choice.grid is not None:
        parts.append("r.grid_code = $grid")
        values["grid"] = choice.grid
    if one.entity == "resident":
        _narrow(choice, parts, values)
    return TABLES[one.entity], " AND ".join(f"({part})" for part in parts), values


def _narrow(choice: Choice, parts: list[str], values: Row) -> None:
    if choice.label is not None:
        parts.append(
            f"r.resident_id IN (SELECT l.resident_id FROM {HELD} l WHERE l.label = $label "
            f"AND (l.until IS NULL OR l.until >= {TODAY})) AND {STAYS}"
        )
        values["label"] = choice.label
    if choice.sex is not None:
        parts.append("coalesce(r.sex_code, '0') = $sex")
        values["sex"] = choice.sex
    if choice.platform is not None:
        parts.append(
            "r.resident_id IN (SELECT l.resident_id FROM resident_link l "
            "JOIN resident_record t USING (record_id) WHERE t.platform = $platform)"
        )
        values["platform"] = choice.platform
    for name, sign in (("age_from", ">="), ("age_to", "<=")):
        bound = getattr(choice, name)
        if bound is not None:
            parts.append(f"{AGE} {sign} ${name}")
            values[name] = bound
