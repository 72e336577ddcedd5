"""The table of divisions 区划 of a home: every code it knows, with the days it was in force.

Source   the national code of divisions for statistics and urban-rural classification: 12 digits,
         2 province, 2 city, 2 county, 3 town, 3 village or community; zeros behind
Grain    one row per code and name; a renamed code has two rows, one behind the other
"""

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path

from hub.errors import ConfigError

LEVELS = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village"}
"""Digits that count → level."""
HEADER = ("division_code", "name", "level", "parent_code", "valid_from", "valid_to")


@dataclass(frozen=True)
class Division:
    """One code under one name. Both days are in force; no `valid_to`: still."""

    code: str
    name: str
    parent: str
    valid_from: date
    valid_to: date | None = None

    @property
    def level(self) -> str:
        """province, city, county, town, village."""
        return LEVELS[digits_of(self.code)]

    def valid_on(self, day: date) -> bool:
        """Whether the code is in force that day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


def digits_of(code: str) -> int:
    """How many of the 12 digits count."""
    return next(n for n in LEVELS if n == 12 or not code[n:].strip("0"))


def parent_of(code: str, known: Iterable[str]) -> str:
    """The nearest code above that is known, else the one above by its digits; '' of a province.

    A city without counties has towns right below it.
    """
    above = [f"{code[:n]:0<12}" for n in reversed(LEVELS) if n < digits_of(code)]
    known = known if isinstance(known, set | frozenset | dict) else set(known)
    return next((one for one in above if one in known and one != code), above[0] if above else "")


def read_divisions(path: Path) -> list[Division]:
    """Read the home's table; nothing where there is none.

    Raises:
        ConfigError: a line is wrong.
    """
    if not path.is_file():
        return []
    found = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                found.append(_division(row))
            except (KeyError, TypeError, ValueError):
                raise ConfigError(
                    f"{path.name}: line {number} is no division",
                    zh=f"{path.name} 第 {number} 行不对：要有 12 位区划代码、名称和 "
                    "2000-01-01 这样的起止日期。",
                ) from None
    return found


def _division(row: dict[str, str]) -> Division:
    code = row["division_code"]
    if len(code) != 12 or not code.isdecimal():
        raise ValueError("no division code")
    until = row.get("valid_to")
    return Division(
        code=code,
        name=row["name"],
        parent=row.get("parent_code") or "",
        valid_from=date.fromisoformat(row["valid_from"]),
        valid_to=date.fromisoformat(until) if until else None,
    )


def write_divisions(path: Path, rows: Sequence[Division]) -> None:
    """Write the table whole or not at all, in the order of the codes."""
    temporary = path.with_name(f".{path.name}.tmp")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for one in sorted(rows, key=lambda one: (one.code, one.valid_from)):
            until = one.valid_to.isoformat() if one.valid_to else ""
            writer.writerow(
                (one.code, one.name, one.level, one.parent, one.valid_from.isoformat(), until)
            )
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


@dataclass(frozen=True)
class DivisionCodes:
    """The communities' codes that records are held to."""

    now: frozenset[str]  # in force
    past: frozenset[str]  # were in force once
    digest: str  # changes with either

    @staticmethod
    def of(rows: Sequence[Division], day: date) -> "DivisionCodes | None":
        """Those of the table on `day`; None where it lists no community, and so judges none."""
        lowest = [one for one in rows if one.level == "village"]
        now = frozenset(one.code for one in lowest if one.valid_on(day))
        past = frozenset(one.code for one in lowest) - now
        if not now:
            return None
        text = ",".join(sorted(now)) + ";" + ",".join(sorted(past))
        return DivisionCodes(now, past, sha256(text.encode()).hexdigest()[:12])
