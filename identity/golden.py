"""The golden record: per field the value to show, among all that the platforms say.

The owner platform's value first (一数一源, hub.yaml `owners`) if nothing was wrong with it; else,
the value that most platforms give, of equal ones the newest. What does not change in a life counts
the same however old; of what does, a platform's word loses half its weight in half a year (a
telephone) or two (where somebody lives). Blanks never win. What was not chosen stays in the records
and is shown beside it.
"""

from collections.abc import Mapping, Sequence

import duckdb

from identity.support import SUPPORTED, support_query
from warehouse.duck import literal

FIELDS = (
    "name", "ethnicity_code", "nationality_code", "marital_code", "education_code",
    "political_code", "employment_code", "phone", "hukou_address", "residence_type_code",
    "household_no", "relation_code", "grid_code", "died_on", "left_on",
    "sex_code", "birth_date", "birth_year",
)  # fmt: skip
"""Fields chosen one by one; number, address and head are chosen as one piece each."""

NUMBER = ("id_number", "id_type_code", "id_status")
ADDRESS = ("residence_address", "place", "building", "unit", "room", "room_key")
HEAD = ("head_name", "head_id_number")
KEY = ("record_id", "platform", "stream", "record_key", "labels")
PLACING = ("place", "building", "unit", "room", "room_key", "head_name", "head_id_number",
           "stated_grid")  # fmt: skip
"""Columns of a resident's row that are there to place them by, and shown with the dwelling."""
AGREED = ("name", "sex_code", "birth_date", "birth_year", "ethnicity_code", "nationality_code")
"""What does not change: here many platforms outweigh a newer one."""
HALF_A_YEAR = 180
HALVED = {"residence_address": 730, "household_no": 730, "relation_code": 730, "grid_code": 730}
"""Days in which a platform's word on what does change loses half its weight."""
VOTED = {
    "name": "coalesce(e.bare, r.name)",
    "residence_address": "coalesce(e.room_key, r.residence_address)",
}
"""By what platforms agree, where it is not the text: a dot in a name is no other name."""
SHOWN_AS = {"grid_code": "stated_grid"}
NOT_OWNED, ODD = 99, 100
"""Classes of a value: by no owner; with an issue noted on it. Owners come below."""
PART = 2_000_000
"""Records whose values are chosen at a time: so many choices must be held in memory."""
CLASS = 1_000_000_000_000
"""A value's rank is its class times this, and its place among the records, the newest first."""
STATUS_RANK = "CASE r.id_status WHEN 'valid' THEN 0 WHEN 'check_failed' THEN 1 ELSE 2 END"


def update_golden(
    connection: duckdb.DuckDBPyConnection, owners: Mapping[str, Sequence[str]]
) -> None:
    """Make the golden rows of the residents in `affected` anew, and their labels.

    The rows are left in the temporary table `golden`; placing the people puts them in `resident`.
    """
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE members AS
        SELECT l.resident_id, l.record_id FROM resident_link l SEMI JOIN affected
        USING (resident_id)""")
    make_golden(connection, owners)
    _update_labels(connection)


def make_golden(connection: duckdb.DuckDBPyConnection, owners: Mapping[str, Sequence[str]]) -> None:
    """Make the temporary tables `ordered` and `golden` of the residents in `members`.

    Leaves what their records say in `member_record` and `member_evidence`.
    """
    run = connection.execute
    _gather(connection)
    run(f"CREATE OR REPLACE TEMP TABLE ordered AS {ordered_query('members')}")
    run(
        "CREATE OR REPLACE TEMP TABLE golden AS FROM resident SELECT * EXCLUDE (household_id, "
        "dwelling_id, grid_code, lives_here, valid_from) LIMIT 0"
    )
    ((count,),) = run("SELECT count(*) FROM members").fetchall()
    parts = max(1, -(-count // PART))
    for part in range(parts):
        some = f"(FROM members WHERE hash(resident_id) % {parts} = {part})"
        run(f"INSERT INTO golden BY NAME {golden_query(owners, some)}")
    _agree(connection, owners)


def _gather(connection: duckdb.DuckDBPyConnection) -> None:
    """Show what the records of `members` say in `member_record` and `member_evidence`.

    Of a few, what they say is taken out first: it is read a dozen times.
    """
    run = connection.execute
    ((few,),) = run("""
        SELECT 4 * (SELECT count(*) FROM members) < (SELECT count(*) FROM resident_link)
    """).fetchall()
    for name, table, columns in (
        ("member_record", "resident_record", (*KEY, *FIELDS, *NUMBER, ADDRESS[0], *HEAD)),
        ("member_evidence", "evidence", ("record_id", "bare", "titled", "phone", *ADDRESS[1:])),
    ):
        if few:
            taken = f"SELECT {', '.join(columns)} FROM {table} SEMI JOIN members USING (record_id)"
            run(f"CREATE OR REPLACE TEMP TABLE {name}_taken AS {taken}")
        source = f"{name}_taken" if few else table
        run(f"CREATE OR REPLACE TEMP VIEW {name} AS FROM {source}")


def ordered_query(members: str) -> str:
    """SQL of the records of `members`, in order, the newest first, with the day they are of.

    `odd`: fields with an issue.
    """
    return f"""
        SELECT record_id, row_number() OVER (ORDER BY said_at DESC, record_id) AS nth,
               epoch(said_at)::BIGINT // 86400 AS day,
               CASE WHEN len(issues) > 0
                    THEN list_transform(issues, lambda x: x.field) END AS odd
        FROM (SELECT *, coalesce(updated_at, valid_from) AS said_at
              FROM resident_record SEMI JOIN {members} USING (record_id))"""


def _agree(connection: duckdb.DuckDBPyConnection, owners: Mapping[str, Sequence[str]]) -> None:
    """Where records of the same class differ, let agreement win, and age among equals.

    Only the residents whose records differ at all are looked at again.
    """
    run = connection.execute
    disputes = {field: _dispute(field) for field in (*FIELDS, "residence_address")}
    found = ", ".join(f"coalesce({one}, false) AS {field}" for field, one in disputes.items())
    run(f"""
        CREATE OR REPLACE TEMP TABLE dispute AS
        SELECT * FROM (
            SELECT resident_id, {", ".join(f"bool_or({field}) AS {field}" for field in disputes)}
            FROM (SELECT m.resident_id, {found} FROM members m JOIN golden g USING (resident_id)
                  JOIN member_record r USING (record_id) JOIN member_evidence e USING (record_id))
            GROUP BY resident_id)
        WHERE {" OR ".join(disputes)}""")
    for field in disputes:
        if run(f"SELECT count(*) FROM dispute WHERE {field}").fetchall()[0][0]:
            _settle(connection, field, owners)


def _dispute(field: str) -> str:
    if field == "residence_address":
        return f"{VOTED[field]} <> coalesce(g.room_key, g.residence_address)"
    return f"r.{field} <> g.{SHOWN_AS.get(field, field)}"


def _settle(
    connection: duckdb.DuckDBPyConnection, field: str, owners: Mapping[str, Sequence[str]]
) -> None:
    columns = ADDRESS if field == "residence_address" else (SHOWN_AS.get(field, field),)
    value = _struct(ADDRESS, "") if field == "residence_address" else f"{{{columns[0]}: r.{field}}}"
    given = _given(ADDRESS, "") if field == "residence_address" else f"r.{field} IS NOT NULL"
    voted = VOTED.get(field, f"r.{field}")
    _support(connection, field, voted)
    connection.execute(f"""
        UPDATE golden SET {", ".join(f"{one} = chosen.value.{one}" for one in columns)} FROM (
            WITH said AS (
                SELECT m.resident_id, {value} AS value, {voted} AS voted,
                       r.platform, o.day, {rank(field, owners)} AS rank,
                       max(o.day) OVER (PARTITION BY m.resident_id) AS newest
                FROM members m SEMI JOIN (FROM dispute WHERE {field}) USING (resident_id)
                JOIN member_record r USING (record_id)
                JOIN ordered o USING (record_id) JOIN member_evidence e USING (record_id)
                WHERE {given}),
            votes AS (
                SELECT resident_id, voted, coalesce(any_value(against), 0) AS against,
                       round(sum(weight) + coalesce(any_value(favour), 0.0), 6) AS weight
                FROM (SELECT resident_id, voted, {vote(field)} AS weight
                      FROM said GROUP BY resident_id, voted, platform)
                LEFT JOIN support USING (resident_id, voted)
                GROUP BY resident_id, voted)
            SELECT resident_id, arg_min(value, {{
                class: rank // {CLASS},
                votes: CASE WHEN rank // {CLASS} % 1000 >= {NOT_OWNED} THEN -weight ELSE 0 END,
                against: CASE WHEN rank // {CLASS} % 1000 >= {NOT_OWNED} THEN against ELSE 0 END,
                nth: rank % {CLASS}}}) AS value
            FROM said JOIN votes USING (resident_id, voted) GROUP BY resident_id) chosen
        WHERE chosen.resident_id = golden.resident_id""")


def _support(connection: duckdb.DuckDBPyConnection, field: str, voted: str) -> None:
    """`support`: what else speaks for the values of those who are in dispute about the field."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE support (
            resident_id VARCHAR, voted VARCHAR, favour DOUBLE, against BIGINT)""")
    if field in SUPPORTED:
        column = "e." + SUPPORTED[field] if field != "name" else voted
        run(f"""
            CREATE OR REPLACE TEMP TABLE claims AS
            SELECT DISTINCT m.resident_id, {column} AS voted
            FROM members m SEMI JOIN (FROM dispute WHERE {field}) USING (resident_id)
            JOIN member_record r USING (record_id) JOIN member_evidence e USING (record_id)""")
        run(f"INSERT INTO support {support_query(field, 'claims')}")


def vote(field: str) -> str:
    """SQL over a platform's records that say one value: what its word weighs, 1 if it is new."""
    if field in AGREED:
        return "1.0"
    return f"pow(2.0, (max(day) - any_value(newest)) / {HALVED.get(field, HALF_A_YEAR)}.0)"


def rank(field: str, owners: Mapping[str, Sequence[str]]) -> str:
    """SQL of a record's place in the choice of one field: its class, then the newest."""
    cases = " ".join(
        f"WHEN {literal(platform)} THEN {i}" for i, platform in enumerate(owners.get(field, ()))
    )
    owner = f"CASE r.platform {cases} ELSE {NOT_OWNED} END" if cases else str(NOT_OWNED)
    owner = f"CASE WHEN list_contains(o.odd, {literal(field)}) THEN {ODD} ELSE {owner} END"
    if field == "id_number":
        owner = f"({STATUS_RANK}) * 1000 + ({owner})"
    if field == "name":  # 张女士, 张* are no whole name
        owner = f"(coalesce(e.titled, false) OR contains(r.name, '*'))::INT * 1000 + ({owner})"
    if field in ("sex_code", "birth_date", "birth_year"):
        owner = f"(r.id_status IS DISTINCT FROM 'valid')::INT * 1000 + ({owner})"
    if field == "relation_code":  # to whom, only the number of the household tells
        owner = f"(r.household_no IS NULL AND ({owner}) >= {NOT_OWNED})::INT * 1000 + ({owner})"
    if field == "residence_address":
        owner = f"(e.room_key IS NULL)::INT * 1000 + ({owner})"
    return f"({owner}) * {CLASS} + o.nth"


def golden_query(owners: Mapping[str, Sequence[str]], members: str = "members") -> str:
    """SQL of the golden rows of all residents in `members`."""
    single = ",\n".join(
        f"arg_min(r.{field}, {rank(field, owners)}) AS {SHOWN_AS.get(field, field)}"
        for field in FIELDS
    )
    return f"""
        SELECT resident_id, number.*, address.*, head.* , * EXCLUDE (
            resident_id, number, address, head)
        FROM (SELECT m.resident_id,
            {_piece(NUMBER, "r", "id_number", owners)} AS number,
            {_piece(ADDRESS, "", "residence_address", owners)} AS address,
            {_piece(HEAD, "r", "head_name", owners)} AS head,
            {single},
            count(*) AS records, count(DISTINCT r.platform) AS platforms
        FROM {members} m JOIN member_record r USING (record_id)
        JOIN ordered o USING (record_id) JOIN member_evidence e USING (record_id)
        GROUP BY m.resident_id)"""


def _piece(
    fields: Sequence[str], table: str, field: str, owners: Mapping[str, Sequence[str]]
) -> str:
    given = _given(fields, table)
    if field == "id_number":  # somebody else's number is not this person's
        given = f"({given}) AND r.id_status IS DISTINCT FROM 'borrowed'"
    return f"arg_min({_struct(fields, table)}, {rank(field, owners)}) FILTER ({given})"


def _struct(fields: Sequence[str], table: str) -> str:
    return f"struct_pack({', '.join(f'{one} := {_source(one, table)}' for one in fields)})"


def _given(fields: Sequence[str], table: str) -> str:
    return " OR ".join(f"{_source(one, table)} IS NOT NULL" for one in fields[:2])


def _source(field: str, table: str) -> str:
    return f"r.{field}" if table or field == "residence_address" else f"e.{field}"


def _update_labels(connection: duckdb.DuckDBPyConnection) -> None:
    """Collect each label once a resident, from the newest record that grants it.

    Of several grants in one stream the one that ends last counts: the same source said it of both.
    """
    run = connection.execute
    run("DELETE FROM resident_label WHERE resident_id IN (SELECT resident_id FROM affected)")
    run("""
        INSERT INTO resident_label
        WITH granted AS (
            SELECT m.resident_id, r.platform, r.stream, r.record_key, o.nth, unnest(r.labels) AS g
            FROM members m JOIN member_record r USING (record_id)
            JOIN ordered o USING (record_id) WHERE len(r.labels) > 0),
        last AS (
            FROM granted QUALIFY row_number() OVER (
                PARTITION BY resident_id, g.label, platform, stream
                ORDER BY coalesce(g.until, DATE 'infinity') DESC, g.detail IS NULL, nth) = 1)
        SELECT resident_id, g.label, g.detail, platform, stream, record_key, g.since, g.until
        FROM last
        QUALIFY row_number() OVER (
            PARTITION BY resident_id, g.label ORDER BY g.detail IS NULL, nth) = 1""")
