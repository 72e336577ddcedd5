"""How right it is what the hub shows of people: golden fields, households, grids.

A resident is the person most of its records are about, a person the resident with most of theirs.
A field counts where some record says it in full (a masked number, 张女士 or no date at all says
nothing), a grid where some record gives a flat, a household where some record states a household
number or names the head of a flat: what nobody says cannot be shown. `said` beside the shares: of
how many some record says what is right, which no choice among records can surpass.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import polars as pl

from bench.identity.grids import HOME
from bench.identity.people import Person

FIELDS = ("id_number", "name", "sex_code", "birth_date", "phone")
VALUES = {
    "id_number": "r.id_number",
    "name": "coalesce(e.bare, replace(r.name, '·', ''))",
    "sex_code": "r.sex_code",
    "birth_date": "r.birth_date",
    "phone": "r.phone",
    "grid": "c.grid_code",
}
"""SQL: what a record says of it."""
SAYS = {
    "id_number": "r.id_status = 'valid'",
    "name": "e.bare IS NOT NULL",
    "sex_code": "r.sex_code IS NOT NULL",
    "birth_date": "r.birth_date IS NOT NULL",
    "phone": "r.phone IS NOT NULL",
    "grid": "e.room_key IS NOT NULL",
}
"""SQL: this record says something about the field, right or wrong."""


@dataclass(frozen=True)
class Shown:
    """Shares of residents (of `households`: of households) with what is right."""

    fields: Mapping[str, float]
    grids: float
    households: float
    said: Mapping[str, float]  # of fields, and of `grid`


def shown(
    connection: duckdb.DuckDBPyConnection,
    links: pl.DataFrame,
    people: list[Person],
    grids: dict[HOME, str],
) -> Shown:
    """Compare the residents' rows with the truth.

    Args:
        connection: A brain whose residents were made.
        links: A row a record: `record_id`, `resident`, `person`.
        people: The truth; a person's `number` is their place in it.
        grids: The grid of each home.
    """
    truth = pl.DataFrame([_truth(one, grids) for one in people], infer_schema_length=None)
    residents = pl.DataFrame(connection.execute(_residents_query()).to_arrow_table())
    whose = _most(links, "resident", "person")
    known = residents.join(whose, on="resident").join(truth, on="person", suffix="_true")
    shares = {field: _share(known, field) for field in (*FIELDS, "grid")}
    return Shown(
        {field: shares[field] for field in FIELDS},
        shares["grid"],
        _households(known, _placed(connection, links)),
        {field: _share(known, field, said=True) for field in (*FIELDS, "grid")},
    )


def _truth(one: Person, grids: dict[HOME, str]) -> dict[str, object]:
    return {
        "person": one.number, "id_number": one.id_number, "name": _plain(one.name),
        "sex_code": "1" if one.male else "2", "birth_date": one.birth, "phone": one.phone,
        "grid": grids[one.home], "home": one.household,
        "head": None if one.head is None else one.head.number,
    }  # fmt: skip


def _plain(name: str) -> str:
    return name.replace("·", "")


def _residents_query() -> str:
    said = ", ".join(
        f"bool_or({SAYS[field]}) AS says_{field}, list(DISTINCT {one}) AS said_{field}"
        for field, one in VALUES.items()
    )
    return f"""
        WITH said AS (
            SELECT l.resident_id, {said} FROM resident_link l
            JOIN resident_record r USING (record_id) JOIN evidence e USING (record_id)
            LEFT JOIN cover c ON c.place = e.place AND c.building = e.building
            GROUP BY l.resident_id)
        SELECT resident_id AS resident, replace(name, '·', '') AS name, id_number, sex_code,
               birth_date, phone, grid_code AS grid, household_id, said.* EXCLUDE (resident_id)
        FROM resident JOIN said USING (resident_id)"""


def _share(known: pl.DataFrame, field: str, *, said: bool = False) -> float:
    """Of the residents of whom some record says the field, how many show the right value.

    Or of how many it is at least `said`.
    """
    true = pl.col(f"{field}_true")
    counted = known.filter(pl.col(f"says_{field}") & true.is_not_null())
    is_right = pl.col(f"said_{field}").list.contains(true) if said else pl.col(field) == true
    right = counted.filter(is_right).height
    return right / counted.height if counted.height else 1.0


def _most(links: pl.DataFrame, each: str, other: str) -> pl.DataFrame:
    """For `each` the `other` with which it shares most records."""
    return (
        links.group_by(each, other).len().sort("len", other, descending=[True, False])
        .unique(each, keep="first", maintain_order=True).drop("len")
    )  # fmt: skip


def _placed(connection: duckdb.DuckDBPyConnection, links: pl.DataFrame) -> pl.Series:
    """The residents of whom a record states a household number, or a relation to a named head."""
    stating = pl.DataFrame(
        connection.execute("""
            SELECT record_id FROM resident_record WHERE household_no IS NOT NULL
            OR head_name IS NOT NULL AND relation_code IS NOT NULL""").to_arrow_table()
    )
    return links.join(stating, on="record_id", how="semi")["resident"].unique()


def _households(known: pl.DataFrame, placed: pl.Series) -> float:
    """Of the homes with a placed resident: all such are in one household, with no stranger in it.

    A person who stands there twice makes it wrong, too.
    """
    groups = known.group_by("household_id").agg(
        (pl.col("home").n_unique() == 1).alias("pure"),
        pl.col("person").is_unique().all().alias("once"),
    )
    homes = (
        known.filter(pl.col("resident").is_in(placed.implode()))
        .join(groups, on="household_id", how="left")
        .group_by("home")
        .agg(
            pl.col("household_id").is_not_null().all().alias("placed"),
            (pl.col("household_id").n_unique() == 1).alias("one"),
            (pl.col("pure") & pl.col("once")).fill_null(value=False).all().alias("right"),
        )
    )
    share = homes.select((pl.col("placed") & pl.col("one") & pl.col("right")).mean()).item()
    return 1.0 if share is None else float(share)
