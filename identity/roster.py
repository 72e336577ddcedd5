"""Residents by the thousand, for forms and extracts: a wide row each, and where values are from.

Values are clear; masking is the business of whoever writes them out.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import cast

import duckdb
import polars as pl

from identity.golden import ADDRESS, FIELDS, HEAD, NUMBER, ordered_query, rank
from warehouse.duck import literal, read_arrow
from warehouse.labels import HELD

PIECES = {NUMBER: "id_number", ADDRESS: "residence_address", HEAD: "head_name"}
"""Fields chosen as one piece, and the field by whose rank they are."""
SAID = tuple(
    one
    for one in (*FIELDS, *NUMBER, "residence_address", *HEAD)
    if one not in ("grid_code", "id_status")
)
"""Fields of a resident that some record says, and so have a source."""
COLUMNS = {
    **{one: f"r.{one}" for one in (
        "resident_id", "name", "id_type_code", "id_number", "id_status", "sex_code", "birth_date",
        "birth_year", "ethnicity_code", "nationality_code", "marital_code", "education_code",
        "political_code", "employment_code", "phone", "hukou_address", "residence_address",
        "building", "unit", "room", "residence_type_code", "household_no", "died_on", "left_on",
        "household_id", "dwelling_id", "grid_code", "lives_here",
    )},
    "compound": "r.place",
    "relation_code": "CASE WHEN r.relation_code = '01' AND u.head_resident_id = r.resident_id "
    "THEN '02' ELSE r.relation_code END",
    "head_name": "coalesce(h.name, r.head_name)",
    "head_id_number": "coalesce(h.id_number, r.head_id_number)",
    "head_phone": "h.phone",
    "head_sex_code": "h.sex_code",
    "member_count": "u.member_count",
    "head_resident_id": "u.head_resident_id",
    "spouse_resident_id": "s.resident_id",
    "spouse_name": "s.name",
    "spouse_id_number": "s.id_number",
    "spouse_phone": "s.phone",
    "youngest_born": "CASE WHEN r.lives_here THEN y.youngest_born END",
    "grid_name": "g.name",
    "community_code": "g.community_code",
    "worker_name": "g.worker_name",
    "worker_phone": "g.worker_phone",
    "labels": "l.labels",
}  # fmt: skip
JOINS = {
    "u": "LEFT JOIN household u ON u.household_id = r.household_id",
    "h": "LEFT JOIN resident h ON h.resident_id = u.head_resident_id",
    "y": """LEFT JOIN (
        SELECT household_id, max(birth_date) AS youngest_born FROM resident WHERE lives_here
        GROUP BY household_id HAVING count(birth_date) = count(*)) y
        ON y.household_id = r.household_id""",
    "s": """LEFT JOIN (
        SELECT household_id, min(resident_id) AS partner_id FROM resident
        WHERE relation_code IN ('10', '11', '12') AND died_on IS NULL AND left_on IS NULL
        GROUP BY household_id HAVING count(*) = 1) p ON p.household_id = r.household_id
    LEFT JOIN resident s ON s.died_on IS NULL AND s.resident_id = CASE
        WHEN r.resident_id = u.head_resident_id THEN p.partner_id
        WHEN r.resident_id = p.partner_id THEN u.head_resident_id END""",
    "g": "LEFT JOIN grid g ON g.grid_code = r.grid_code",
    "l": f"""LEFT JOIN (
        SELECT resident_id, list(struct_pack(
                   label, detail, since, until, platform, stream, record_key) ORDER BY label
               ) AS labels
        FROM {HELD} WHERE until IS NULL OR until >= getvariable('today')::DATE
        GROUP BY resident_id) l ON l.resident_id = r.resident_id""",
}
"""What each alias of `COLUMNS` is; `h` and `s` need `u`."""
NAMED = {
    "labels": f"SELECT label FROM {HELD}",
    "grid_code": "SELECT grid_code FROM grid UNION ALL SELECT grid_code FROM resident",
    "grid_name": "SELECT name FROM grid",
    "community_code": "SELECT community_code FROM grid",
    "compound": "SELECT place FROM resident",
    "building": "SELECT building FROM resident",
    "unit": "SELECT unit FROM resident",
    "room": "SELECT room FROM resident",
}
"""What is called by a name or code that somebody gave, and where all of those are."""
TABLES = count()
VIEWS = "SET arrow_output_version = '1.4'; SET produce_arrow_string_view = true"
"""Texts as Polars holds them: to copy them takes a fifth of the reading."""
ALWAYS = ("resident_id", "grid_code", "lives_here", "birth_date", "birth_year", "died_on",
          "left_on", "residence_type_code", "id_status")  # fmt: skip
"""What is needed to say who belongs to a scope and a population."""
EXTRAS = """
    SELECT resident_id, x.item AS item, x.value AS value, platform, stream, record_key,
           coalesce(updated_at, valid_from) AS said_at
    FROM (SELECT l.resident_id, r.* EXCLUDE (extras), unnest(r.extras) AS x
          FROM resident_record r JOIN resident_link l USING (record_id)
          SEMI JOIN wanted USING (resident_id) WHERE len(r.extras) > 0)
    WHERE list_contains($items, x.item)
    QUALIFY row_number() OVER (
        PARTITION BY resident_id, x.item ORDER BY said_at DESC, record_id) = 1"""
WHERE = """
    WHERE r.grid_code IS NULL OR {within}"""
LABELS = pl.List(
    pl.Struct(
        {
            "label": pl.String, "detail": pl.String, "since": pl.Date, "until": pl.Date,
            "platform": pl.String, "stream": pl.String, "record_key": pl.String,
        }
    )
)  # fmt: skip
TYPES = {"member_count": pl.Int64(), "youngest_born": pl.Date(), "birth_date": pl.Date(),
         "died_on": pl.Date(), "left_on": pl.Date(), "birth_year": pl.Int16(),
         "lives_here": pl.Boolean(), "labels": LABELS}  # fmt: skip


def roster(
    connection: duckdb.DuckDBPyConnection,
    scope: Sequence[str],
    today: str,
    only: Collection[str] | None = None,
    *,
    views: bool = False,
) -> pl.DataFrame:
    """Everyone whose grid lies in `scope`, and everyone without a grid, one row each, by id.

    Args:
        connection: An open snapshot.
        scope: Beginnings of grid codes; empty: everywhere. The caller decides about `grid_code`
            null: nobody is dropped here for being without a grid.
        today: ISO date; a label that ended before it is not shown.
        only: The columns that are wanted; the others are there, and null. None: all of them.
        views: Texts stay where DuckDB wrote them: sooner read, and some more memory.
    """
    query = _roster_query(COLUMNS if only is None else {*only, *ALWAYS}, scope)
    connection.execute("SET VARIABLE today = $today", {"today": today})
    if views:
        connection.execute(VIEWS)
    found = pl.from_arrow(read_arrow(connection, query), rechunk=False)  # sorting copies it anyway
    frame = cast(pl.DataFrame, found).sort("resident_id")
    read = [one for one in COLUMNS if one in frame.columns]
    left_out = [pl.lit(None, TYPES.get(one, pl.String)).alias(one) for one in COLUMNS
                if one not in read]  # fmt: skip
    frame = frame.select(*read, *left_out).select(list(COLUMNS))
    return frame.with_columns(pl.col("labels").cast(LABELS))


def named(connection: duckdb.DuckDBPyConnection, item: str) -> set[str]:
    """Every name of a kind of `NAMED` that the snapshot knows."""
    query = f"SELECT DISTINCT x FROM ({NAMED[item]}) AS names(x) WHERE x IS NOT NULL"
    return {row[0] for row in connection.execute(query).fetchall()}


def _roster_query(wanted: Collection[str], scope: Sequence[str]) -> str:
    """SQL that reads what is wanted, and joins no more than that needs."""
    told = {one: how for one, how in COLUMNS.items() if one in wanted}
    texts = " ".join(told.values())
    joins = {alias for alias in JOINS if f" {alias}." in f" {texts}".replace("(", " ")}
    joins |= {"u"} if joins & {"h", "s"} else set()
    columns = ", ".join(f"{how} AS {one}" for one, how in told.items())
    within = " OR ".join(f"starts_with(r.grid_code, {literal(one)})" for one in scope) or "true"
    joined = "\n".join(how for alias, how in JOINS.items() if alias in joins)
    return f"SELECT {columns} FROM resident r {joined} {WHERE.format(within=within)}"


def extras(
    connection: duckdb.DuckDBPyConnection, residents: pl.Series, items: Collection[str]
) -> pl.DataFrame:
    """What platforms hold of `residents` besides the fields of the standard, the newest word.

    One row a resident and item: resident_id, item, value, platform, stream, record_key, said_at.
    """
    connection.register("wanted", residents.rename("resident_id").to_frame().to_arrow())
    try:
        found = connection.execute(EXTRAS, {"items": list(items)}).to_arrow_table()
    finally:
        connection.unregister("wanted")
    return cast(pl.DataFrame, pl.from_arrow(found))


@contextmanager
def sources(
    connection: duckdb.DuckDBPyConnection,
    owners: Mapping[str, Sequence[str]],
    residents: pl.Series,
    fields: Sequence[str],
) -> Iterator[Callable[[str], pl.DataFrame]]:
    """Find the record that each shown value is from; what is given tells them of one field.

    Its columns: resident_id, platform, stream, record_key, said_at (the platform's own time, else
    when the hub first saw this version). A value that no record says has no row.
    """
    wanted = [one for one in SAID if one in fields]
    table = f"won_{next(TABLES)}"  # of two that are read by turns each has its own
    connection.register("wanted", residents.rename("resident_id").to_frame().to_arrow())
    try:
        connection.execute(f"CREATE TEMP TABLE {table} AS {_winners_query(wanted, owners)}")
    finally:
        connection.unregister("wanted")

    def told(field: str) -> pl.DataFrame:
        query = _source_query(table, f"w.{field}" if field in wanted else "NULL")
        return cast(pl.DataFrame, pl.from_arrow(connection.execute(query).to_arrow_table()))

    try:
        yield told
    finally:
        connection.execute(f"DROP TABLE {table}")


def _winners_query(fields: Sequence[str], owners: Mapping[str, Sequence[str]]) -> str:
    """SQL of the best ranked record among those that say what is shown, for every field."""
    chosen = "".join(f", {_winner(one, owners)} AS {one}" for one in fields)
    return f"""
        WITH members AS (
            SELECT l.resident_id, l.record_id FROM resident_link l SEMI JOIN wanted
            USING (resident_id)),
        ordered AS ({ordered_query("members")})
        SELECT m.resident_id{chosen}
        FROM members m JOIN resident_record r USING (record_id)
        JOIN ordered o USING (record_id) JOIN evidence e USING (record_id)
        JOIN resident g ON g.resident_id = m.resident_id
        GROUP BY m.resident_id"""


def _source_query(table: str, field: str) -> str:
    """SQL of what is told of the record that one field is from."""
    return f"""
        SELECT w.resident_id, r.platform, r.stream, r.record_key,
               coalesce(r.updated_at, r.valid_from) AS said_at
        FROM {table} w JOIN resident_record r ON r.record_id = {field}
        ORDER BY w.resident_id"""


def _winner(field: str, owners: Mapping[str, Sequence[str]]) -> str:
    lead = next((lead for piece, lead in PIECES.items() if field in piece), field)
    return f"arg_min(m.record_id, CASE WHEN r.{field} = g.{field} THEN {rank(lead, owners)} END)"
