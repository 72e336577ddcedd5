"""Evidence: of each resident record what can tell who it is, in one narrow table.

`room_key` is place|building|unit|room. A place is a compound; a road with door number is an alias
of it, learnt from the rows that give both (the commonest pairing counts). Blanks are no evidence.
`id_number` is a valid number that is the person's own; `number` any other that is given (masked,
truncated, check failed, borrowed), with what can be read of it: `area` (6), `born` (8), `tail` (4).
A passport, a permit and any other number that no check digit holds is a `document`: a person may
have several, and a slip in one shows nowhere, so it is weighed and never decides. `written` is an
address in foreign letters, which has no flat that could be read.
"""

import duckdb

from identity.spelling import GENTLEMEN, LADIES, name_forms

DOCUMENT = "(r.id_status IN ('valid', 'check_failed') AND len(r.id_number) BETWEEN 5 AND 12)"
"""SQL: the number is of another document than an identity card."""
FOREIGN = r"""
    coalesce(strlen(r.residence_address) = len(r.residence_address)
        AND regexp_matches(r.residence_address, '[A-Za-z]{3}.*[ ,][A-Za-z]{3}'), false)"""
"""SQL: the address is two words or more of foreign letters."""
TITLE_SEX = f"""
    CASE WHEN f.titled AND regexp_matches(p.name, '(?:{"|".join(LADIES)})$') THEN '2'
         WHEN f.titled AND regexp_matches(p.name, '(?:{"|".join(GENTLEMEN)})$') THEN '1' END"""
"""SQL of the sex that `张女士` tells."""

SAID = "record_id, bare, sound, c1, c2, rest, phone, room_key, id_number, number, number_kind"
"""Columns of `old_evidence`: to read the others takes twice as long."""


def update_evidence(connection: duckdb.DuckDBPyConnection) -> bool:
    """Bring `evidence` up to date with the records in `changed`; return whether that is most.

    Leaves in `old_evidence` what changed records said before, and in `fresh` what they say now.
    Records whose alias was learnt or corrected are added to `changed`.
    """
    run = connection.execute
    _learn_aliases(connection)
    run("CREATE OR REPLACE TEMP TABLE changed AS SELECT DISTINCT record_id FROM changed")
    run(f"""
        CREATE OR REPLACE TEMP TABLE old_evidence AS
        SELECT {SAID} FROM evidence SEMI JOIN changed USING (record_id)""")
    run("DELETE FROM evidence WHERE record_id IN (SELECT record_id FROM changed)")
    counts = run("SELECT (SELECT count(*) FROM changed), (SELECT count(*) FROM resident_record)")
    changed, records = counts.fetchall()[0]
    whole = bool(changed * 2 > records)
    run("CREATE OR REPLACE TEMP TABLE fresh_rows AS FROM evidence LIMIT 0")
    # a few rows apart: to find them among all takes as long as to read all
    held = "SELECT * FROM evidence SEMI JOIN changed USING (record_id)"
    run(f"CREATE OR REPLACE TEMP VIEW fresh AS {held if whole else 'FROM fresh_rows'}")
    read_records(connection, "changed", whole=whole)
    return whole


def read_records(connection: duckdb.DuckDBPyConnection, which: str, *, whole: bool) -> None:
    """Add to `evidence` what the records named in the table `which` say, and to `fresh`."""
    run = connection.execute
    names = run(f"""
        SELECT DISTINCT name FROM resident_record SEMI JOIN {which} USING (record_id)
        WHERE name IS NOT NULL""").to_arrow_table()["name"]
    connection.register("name_form", name_forms(names.to_pylist()))
    if whole:
        run(f"INSERT INTO evidence BY NAME {_evidence_query(which)}")
    else:
        run(f"DELETE FROM fresh_rows WHERE record_id IN (SELECT record_id FROM {which})")
        run(f"INSERT INTO fresh_rows BY NAME {_evidence_query(which)}")
        run(f"INSERT INTO evidence SELECT * FROM fresh_rows SEMI JOIN {which} USING (record_id)")
    connection.unregister("name_form")


def _evidence_query(which: str) -> str:
    return f"""
        WITH parted AS (
            SELECT r.*, {DOCUMENT} AS document, {FOREIGN} AS is_written,
                   r.id_status = 'valid' AND NOT coalesce({DOCUMENT}, false) AS own,
                   hash(r.platform, r.stream, r.record_key) AS stable,
                   hash(r.platform, r.stream) AS source,
                   CASE WHEN NOT is_written
                        THEN coalesce(r.compound, a.compound, r.road || r.door_no)
                        END AS known_place,
                   CASE WHEN NOT document AND regexp_matches(r.id_number, '^[0-9]{{6}}')
                        THEN r.id_number[:6] END AS area,
                   CASE WHEN len(r.id_number) = 18
                        AND regexp_matches(r.id_number[7:14], '^(?:19|20)[0-9]{{6}}$')
                        THEN r.id_number[7:14] END AS born,
                   CASE WHEN r.id_status <> 'truncated' AND NOT document
                        AND regexp_matches(r.id_number, '[0-9]{{3}}[0-9X]$')
                        THEN r.id_number[-4:] END AS tail,
                   CASE WHEN r.id_status = 'truncated' THEN len(list_filter(
                        r.issues, lambda x: x.reason = 'maybe_truncated')) > 0 END AS number_sex
            FROM resident_record r SEMI JOIN {which} USING (record_id)
            LEFT JOIN place_alias a ON a.road = r.road AND a.door_no = r.door_no),
        read AS (
            SELECT *, CASE WHEN id_status IN ('masked', 'truncated')
                      THEN try_strptime(born, '%Y%m%d')::DATE END AS read_birth
            FROM parted)
        SELECT p.record_id, p.stable, p.source, p.name, f.* EXCLUDE (name), p.phone,
               CASE WHEN p.own THEN p.id_number END AS id_number,
               CASE WHEN NOT p.own THEN p.id_number END AS number,
               CASE WHEN p.document THEN 'document' ELSE p.id_status END AS number_kind,
               p.area, p.born, p.tail,
               CASE WHEN p.id_status = 'truncated' AND p.number_sex THEN NULL
                    WHEN p.sex_code IN ('1', '2') THEN p.sex_code
                    WHEN p.id_status = 'masked' AND p.tail IS NOT NULL
                    THEN CASE WHEN p.tail[3]::INT % 2 = 1 THEN '1' ELSE '2' END
                    ELSE {TITLE_SEX} END AS sex_code,
               CASE WHEN p.birth_year IS NULL THEN p.read_birth ELSE p.birth_date END
                   AS birth_date,
               coalesce(p.birth_year, year(p.read_birth)) AS birth_year,
               p.household_no, p.relation_code,
               CASE WHEN p.relation_code NOT IN ('01', '02') THEN p.head_id_number END
                   AS not_number,
               p.road, p.door_no, p.known_place AS place, p.building, p.unit, p.room,
               CASE WHEN p.known_place IS NOT NULL AND p.room IS NOT NULL
                    THEN concat(p.known_place, '|', p.building, '|', p.unit, '|', p.room)
               END AS room_key,
               CASE WHEN p.is_written THEN trim(regexp_replace(
                   upper(p.residence_address), '[^A-Z0-9]+', ' ', 'g')) END AS written
        FROM read p LEFT JOIN name_form f USING (name)"""


def _learn_aliases(connection: duckdb.DuckDBPyConnection) -> None:
    """Learn road + door number → compound; records that used another reading become `changed`."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE learnt AS
        WITH pairs AS (
            SELECT road, door_no, compound, count(*) AS times FROM (
                SELECT road, door_no, compound FROM resident_record
                UNION ALL SELECT road, door_no, compound FROM dwelling_record
                UNION ALL SELECT road, door_no, compound FROM household_record)
            WHERE road IS NOT NULL AND door_no IS NOT NULL AND compound IS NOT NULL
            GROUP BY ALL)
        SELECT road, door_no, compound FROM pairs
        QUALIFY row_number() OVER (
            PARTITION BY road, door_no ORDER BY times DESC, compound) = 1""")
    run("""
        INSERT INTO changed
        SELECT e.record_id FROM evidence e
        WHERE (e.road, e.door_no) IN (
            SELECT (road, door_no) FROM (
                (FROM learnt EXCEPT FROM place_alias)
                UNION ALL (FROM place_alias EXCEPT FROM learnt)))""")
    run("DELETE FROM place_alias")
    run("INSERT INTO place_alias FROM learnt")
