"""What speaks for a value besides the platforms that say it, where they do not agree.

A flat in which somebody of the family is known, and a telephone that somebody of the family has,
count for a little more (`KIN`): for as much as a word a year younger. Where still two values weigh
the same, a name that its platform changed into goes first: it was looked at again. Then one that is
written in full, in characters commoner in the home, before what a slip may have made of it; and a
flat of nobody else before one of strangers. Only then the newest.

Family is here: the same household number or telephone or flat, or naming one another, or the same
person, as head.
"""

import duckdb

from identity.evidence import SAID

KIN = 0.3
"""Of a platform's word."""
SUPPORTED = {"name": "bare", "residence_address": "room_key", "phone": "phone"}
"""Fields, and the column of evidence by whose value they are told apart."""
CROWDS = {"room_key": "room", "phone": "phone"}
BARE = r"regexp_replace({0}, '[·\s]', '', 'g')"
LETTERS = {"letter1": "{0}[1]", "letter2": "{0}[2:-2]", "letter3": "{0}[-1]"}
"""First, middle and last characters of a name, and the kinds of their counts in `name_bucket`."""
STEPS, CHANGED = 1000, 1_000_000
"""What a character of a name counts for, and that its platform changed it."""


def refresh_support(connection: duckdb.DuckDBPyConnection) -> None:
    """Count characters of names anew; add to `affected` those whose support may be another.

    Needs `old_evidence`, if there is one: what changed records said before.
    """
    run = connection.execute
    run(f"CREATE TEMP TABLE IF NOT EXISTS old_evidence AS SELECT {SAID} FROM evidence LIMIT 0")
    run("CREATE OR REPLACE TEMP TABLE affected AS SELECT DISTINCT resident_id FROM affected")
    _count_letters(connection)
    ((some,),) = run("""
        SELECT count(*) > 0 FROM resident_link ANTI JOIN affected USING (resident_id)""").fetchall()
    if some:
        _add_namesakes(connection)
        _add_neighbours(connection)


def _count_letters(connection: duckdb.DuckDBPyConnection) -> None:
    """Leaves in `moved_letter(kind, value)` those that are in another step of two."""
    run = connection.execute
    kinds = " UNION ALL ".join(
        f"SELECT '{kind}' AS kind, {letter.format('bare')} AS value, sum(times) AS times "
        "FROM names GROUP BY value"
        for kind, letter in LETTERS.items()
    )
    run(f"""
        CREATE OR REPLACE TEMP TABLE now_letter AS
        WITH names AS (
            SELECT bare, count(*) AS times FROM evidence
            WHERE bare >= '一' AND len(bare) > 1 GROUP BY bare)
        SELECT kind, value, ceil(log2(times))::TINYINT AS bucket FROM ({kinds}) WHERE value <> ''
    """)
    held = f"FROM name_bucket WHERE kind IN ({', '.join(map(repr, LETTERS))})"
    run(f"""
        CREATE OR REPLACE TEMP TABLE moved_letter AS
        SELECT DISTINCT kind, value FROM (
            ({held} EXCEPT FROM now_letter) UNION ALL (FROM now_letter EXCEPT ({held})))""")
    moved = "(kind, value) IN (SELECT (kind, value) FROM moved_letter)"
    run(f"DELETE FROM name_bucket WHERE {moved}")
    run(f"INSERT INTO name_bucket FROM now_letter WHERE {moved}")


def _add_namesakes(connection: duckdb.DuckDBPyConnection) -> None:
    """Who is written in more than one way, with a character whose count moved."""
    moved = " OR ".join(
        f"{letter.format('bare')} IN (SELECT value FROM moved_letter WHERE kind = '{kind}')"
        for kind, letter in LETTERS.items()
    )
    connection.execute(f"""
        INSERT INTO affected
        SELECT resident_id FROM resident_link l JOIN evidence e USING (record_id)
        WHERE bare IS NOT NULL AND EXISTS (FROM moved_letter)
        AND resident_id NOT IN (FROM affected)
        GROUP BY resident_id HAVING min(bare) <> max(bare) AND bool_or({moved})""")


def _add_neighbours(connection: duckdb.DuckDBPyConnection) -> None:
    """Who has several flats (or telephones), one of them that of somebody who is affected."""
    run = connection.execute
    columns = ", ".join(CROWDS)
    run(f"""
        CREATE OR REPLACE TEMP TABLE touched AS
        SELECT {columns} FROM evidence e JOIN resident_link l USING (record_id)
        SEMI JOIN affected USING (resident_id)
        UNION SELECT {columns} FROM old_evidence""")
    near = {one: f"{one} IN (SELECT {one} FROM touched WHERE {one} IS NOT NULL)" for one in CROWDS}
    records = " UNION ".join(f"SELECT record_id FROM evidence WHERE {one}" for one in near.values())
    run(f"""
        CREATE OR REPLACE TEMP TABLE neighbour AS
        SELECT DISTINCT resident_id FROM resident_link
        WHERE record_id IN ({records}) AND resident_id NOT IN (FROM affected)""")
    several = " OR ".join(
        f"bool_or({test}) AND min({one}) <> max({one})" for one, test in near.items()
    )
    run(f"""
        INSERT INTO affected
        SELECT resident_id FROM (
            SELECT resident_id, {columns} FROM resident_link SEMI JOIN neighbour USING (resident_id)
            JOIN evidence USING (record_id))
        GROUP BY resident_id HAVING {several}""")


def support_query(field: str, claims: str) -> str:
    """SQL of `resident_id, voted, favour, against` of the values in the table `claims`.

    Args:
        field: One of `SUPPORTED`.
        claims: A table with `resident_id` and `voted`, the value as it is told apart.

    favour is in platforms' words; of equal ones the least `against` goes first.
    """
    if field == "name":
        return _names_query(claims)
    return _family_query(SUPPORTED[field], claims)


def _names_query(claims: str) -> str:
    joins = " ".join(
        f"LEFT JOIN name_bucket {kind} ON {kind}.kind = '{kind}' "
        f"AND {kind}.value = {letter.format('c.voted')}"
        for kind, letter in LETTERS.items()
    )
    counts = " + ".join(f"coalesce({kind}.bucket, 0)" for kind in LETTERS)
    return f"""
        WITH claim AS (SELECT DISTINCT resident_id, voted FROM {claims} WHERE voted IS NOT NULL),
        corrected AS (
            SELECT DISTINCT l.resident_id, coalesce(e.bare, r.name) AS voted, {CHANGED} AS more
            FROM (SELECT DISTINCT resident_id FROM claim) JOIN resident_link l USING (resident_id)
            JOIN resident_record r USING (record_id) JOIN evidence e USING (record_id)
            JOIN resident_record_past p ON p.record_id = r.record_id AND p.name <> r.name)
        SELECT c.resident_id, c.voted, 0.0 AS favour,
               -(coalesce(k.more, 0) + {STEPS} * len(c.voted) + {counts})::BIGINT AS against
        FROM claim c LEFT JOIN corrected k USING (resident_id, voted) {joins}"""


def _family_query(column: str, claims: str) -> str:
    near = "'p' || e.phone" if column == "room_key" else "'r' || e.room_key"
    head = BARE.format("r.head_name")
    return f"""
        WITH claim AS (
            SELECT DISTINCT resident_id, voted FROM {claims} WHERE voted IS NOT NULL),
        known AS (
            SELECT DISTINCT l.resident_id AS other_id, e.{column} AS voted
            FROM evidence e JOIN resident_link l USING (record_id)
            WHERE e.{column} IN (SELECT voted FROM claim) AND e.{column} NOT IN (
                SELECT value FROM crowded WHERE kind = '{CROWDS[column]}')),
        shared AS (
            SELECT c.resident_id, c.voted, k.other_id FROM claim c JOIN known k USING (voted)
            WHERE k.other_id <> c.resident_id),
        tie AS (
            SELECT l.resident_id,
                   ['h' || e.household_no, {near}, 'm' || e.bare, 'g' || {head}] AS mine,
                   ['h' || e.household_no, {near}, 'm' || {head}, 'g' || e.bare, 'g' || {head}]
                       AS theirs
            FROM resident_link l JOIN evidence e USING (record_id)
            JOIN resident_record r USING (record_id)
            WHERE l.resident_id IN (SELECT unnest([resident_id, other_id]) FROM shared)),
        mine AS (SELECT DISTINCT resident_id, unnest(mine) AS tie FROM tie),
        theirs AS (SELECT DISTINCT resident_id AS other_id, unnest(theirs) AS tie FROM tie),
        kin AS (
            SELECT DISTINCT b.resident_id, b.other_id, true AS is_kin
            FROM (SELECT DISTINCT resident_id, other_id FROM shared) b
            JOIN mine m USING (resident_id)
            JOIN theirs t ON t.other_id = b.other_id AND t.tie = m.tie)
        SELECT c.resident_id, c.voted,
               CASE WHEN bool_or(k.is_kin) THEN {KIN} ELSE 0.0 END AS favour,
               {"count(b.other_id) - count(k.is_kin)" if column == "room_key" else "0"} AS against
        FROM claim c LEFT JOIN shared b USING (resident_id, voted)
        LEFT JOIN kin k USING (resident_id, other_id)
        GROUP BY c.resident_id, c.voted"""
