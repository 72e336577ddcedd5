"""The truth and what every platform makes of it; written as Parquet and JSON for the judge.

`persons.parquet`   one row per person: clean values, household, flat, grid, labels, counted or not
`also.parquet`      what else is true of them: one row per person, item and right value
`records.parquet`   one row per record at a platform: whom it is about, and what it says once clean
`counts.json`       the published numbers, counted from the people
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from examples.community_a.holding import Held, Presence
from examples.community_a.people import SEED, Person, Town
from examples.community_a.places import COMPOUNDS, GRIDS, grid_of
from examples.community_a.platforms import (
    civil_affairs,
    district_population,
    door_entry,
    elderly_care,
    property_vendor,
    street_grid,
    village_link,
)
from examples.community_a.world import build

PLATFORMS = (
    district_population,
    street_grid,
    civil_affairs,
    property_vendor,
    door_entry,
    elderly_care,
    village_link,
)


@dataclass(frozen=True)
class Truth:
    """The town, and the records that its platforms hold."""

    town: Town
    held: list[Held]

    def at(self, platform: str) -> list[Held]:
        """The records of one platform."""
        return [one for one in self.held if one.platform == platform]


def generate(seed: int = SEED) -> Truth:
    """Everything, the same for the same seed."""
    town = build(seed)
    presence = Presence(town, seed)
    return Truth(town, [h for platform in PLATFORMS for h in platform.hold(town, presence, seed)])


def count(town: Town) -> dict[str, Any]:
    """The published numbers, from the people."""
    here = [p for p in town.people if p.counted]
    labels: dict[str, int] = {}
    for person in here:
        for one in {one.label for one in person.labels}:
            labels[one] = labels.get(one, 0) + 1
    branches = {one.detail for p in here for one in p.labels if one.label == "党员"}
    return {
        "residents": len(here),
        "registered": sum(p.registered for p in town.people),
        "households": len({p.household for p in here}),
        "compounds": len({p.home.compound.name for p in here} & {c.name for c in COMPOUNDS}),
        "grids": len({grid_of(p.home) for p in here}),
        "area_hectare": round(sum(float(grid.area_hectare) for grid in GRIDS), 2),
        "party_branches": len(branches),
        "labels": dict(sorted(labels.items())),
    }


def write(truth: Truth, folder: Path) -> None:
    """The three files of the judge."""
    folder.mkdir(parents=True, exist_ok=True)
    pl.DataFrame([_person(p) for p in truth.town.people], infer_schema_length=None).write_parquet(
        folder / "persons.parquet"
    )
    also = [(p.id, i, v) for p in truth.town.people for i, told in p.also.items() for v in told]
    columns = ["person_id", "item", "value"]
    pl.DataFrame(also, schema=columns, orient="row").write_parquet(folder / "also.parquet")
    pl.DataFrame([_record(h) for h in truth.held], infer_schema_length=None).write_parquet(
        folder / "records.parquet"
    )
    counts = json.dumps(count(truth.town), ensure_ascii=False, indent=2)
    (folder / "counts.json").write_text(counts + "\n", encoding="utf-8")


def _person(person: Person) -> dict[str, object]:
    return {
        "person_id": person.id,
        "name": person.name,
        "sex_code": person.sex,
        "birth_date": person.birth,
        "id_type_code": person.id_type,
        "id_number": person.id_number,
        "id_status": person.id_status,
        "ethnicity_code": person.ethnicity,
        "marital_code": person.marital,
        "hukou_address": person.hukou_address,
        "phone": person.phone,
        "residence_type_code": person.residence_type,
        "household": person.household,
        "relation_code": person.relation,
        "compound": person.home.compound.name,
        "building": person.home.building,
        "unit": person.home.unit,
        "room": person.home.room,
        "grid_code": grid_of(person.home),
        "died_on": person.died_on,
        "left_on": person.left_on,
        "resident": person.counted,
        "registered": person.registered,
        "labels": sorted({one.label for one in person.labels}),
    }


def _record(held: Held) -> dict[str, object]:
    person, says = held.person, held.says
    return {
        "platform": held.platform,
        "stream": held.stream,
        "record_key": held.key,
        "person_id": person.id if person else None,
        "household": person.household if person else None,
        "grid_code": grid_of(person.home) if person else None,
        "fate": held.fate,
        "quarantined": held.fate == "quarantined",
        "name": says.name,
        "id_number": says.id_number if says.id_status == "valid" else None,
        "id_status": says.id_status,
        "phone": says.phone,
        "room": says.room,
    }
