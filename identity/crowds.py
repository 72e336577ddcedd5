"""What many strangers share says nothing: placeholders, office telephones, dormitories, fillers.

And how common a name is, in steps of two, so that one more record changes no weight. Both are
functions of the records as they stand; whoever is concerned by a change is scored anew.
"""

from dataclasses import dataclass

import duckdb

COMMON = 8
"""A name of up to so many records counts as rare: one person alone has that many."""


NAME_PARTS = (("name", "bare"), ("first", "c1"), ("given", "c2 || rest"))
"""A name as a whole, and its two parts: how common a rare name would be by chance."""


@dataclass(frozen=True)
class Crowd:
    """One kind of value, and when it is crowded. `at_least` records are needed for any doubt."""

    kind: str
    value: str  # SQL over evidence
    at_least: str
    strangers: str  # SQL over the records of one value


CROWDS = (
    Crowd("phone", "phone", "13", "count(*) > 60 OR count(DISTINCT bare) > 12"),
    Crowd("room", "room_key", "21", "count(*) > 100 OR count(DISTINCT bare) > 20"),
    Crowd(
        "number", "coalesce(id_number, number)", "4",
        "count(DISTINCT c1) >= CASE WHEN any_value(number_kind) = 'document' THEN 8 ELSE 4 END",
    ),
    Crowd("name", "bare", "greatest(200, {records} // 64)", "true"),
)  # fmt: skip


def refresh_crowds(connection: duckdb.DuckDBPyConnection, scale: int, *, whole: bool) -> None:
    """Bring `crowded` and `name_bucket` up to date; who is concerned goes to `rescore`.

    Needs `fresh`, `old_evidence` and the new `evidence`. With `whole`, everything is looked at.
    Leaves in `moved_crowd(kind, value)` what became a crowd, or is none any more.
    """
    connection.execute("CREATE OR REPLACE TEMP TABLE moved_crowd (kind VARCHAR, value VARCHAR)")
    for crowd in CROWDS:
        at_least = crowd.at_least.format(records=2**scale)
        touched = _touched_values(connection, crowd.value, whole=whole)
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE now_crowded AS
            WITH many AS (
                SELECT {crowd.value} AS value FROM evidence
                WHERE {crowd.value} {touched}
                GROUP BY 1 HAVING count(*) >= {at_least})
            SELECT '{crowd.kind}' AS kind, {crowd.value} AS value FROM evidence
            WHERE {crowd.value} IN (FROM many) GROUP BY 2 HAVING {crowd.strangers}""")
        _replace(
            connection,
            "crowded",
            f"kind = '{crowd.kind}' AND value {touched}",
            "now_crowded",
            f"{crowd.value} IN (SELECT value FROM differing)",
        )
        connection.execute("INSERT INTO moved_crowd SELECT DISTINCT kind, value FROM differing")
    _refresh_names(connection, whole=whole)


def _refresh_names(connection: duckdb.DuckDBPyConnection, *, whole: bool) -> None:
    for kind, value in NAME_PARTS:
        touched = _touched_values(connection, value, whole=whole)
        connection.execute(f"""
            CREATE OR REPLACE TEMP TABLE now_bucket AS
            SELECT '{kind}' AS kind, {value} AS value, ceil(log2(count(*)))::TINYINT AS bucket
            FROM evidence WHERE {value} {touched}
            GROUP BY 2 HAVING count(*) > {COMMON}""")
        _replace(
            connection,
            "name_bucket",
            f"kind = '{kind}' AND value {touched}",
            "now_bucket",
            f"{value} IN (SELECT value FROM differing)",
        )


def _touched_values(connection: duckdb.DuckDBPyConnection, value: str, *, whole: bool) -> str:
    """SQL that says of a value that the changes touch it."""
    if whole:
        return "IS NOT NULL"
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE touched_value AS
        SELECT {value} AS value FROM fresh WHERE {value} IS NOT NULL
        UNION SELECT {value} FROM old_evidence WHERE {value} IS NOT NULL""")
    return "IN (FROM touched_value)"


def _replace(
    connection: duckdb.DuckDBPyConnection, table: str, touched: str, new: str, concerned: str
) -> None:
    """Put `new` in the place of the touched rows; note the records for whom that is news."""
    run = connection.execute
    run(f"CREATE OR REPLACE TEMP TABLE former AS FROM {table} WHERE {touched}")
    run(f"""
        CREATE OR REPLACE TEMP TABLE differing AS
        (FROM former EXCEPT FROM {new}) UNION ALL (FROM {new} EXCEPT FROM former)""")
    if run("SELECT count(*) FROM differing").fetchall()[0][0]:
        run(f"DELETE FROM {table} WHERE {touched}")
        run(f"INSERT INTO {table} FROM {new}")
        run(f"INSERT INTO rescore SELECT record_id FROM evidence WHERE {concerned}")
