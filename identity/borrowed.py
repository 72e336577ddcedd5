"""Numbers that pass every check and yet are not the person's own.

Cut by a spreadsheet: it ends in 000, passes the check by chance (1 in 11), and the same name has
another valid number with the same first fifteen digits. It counts as `truncated`.

Somebody else's: a child under a parent's number, or a filler of the form.

Among the records under one number, whoever has another name *and* is known otherwise (another
birth year, sex or place in the household was stated, or the number is the head's) is not that
person. Nor is one whose namesake at the same telephone or flat is somebody else for certain. Such
a number counts as `borrowed`: it is kept as a text, but birth and sex are again what the record
itself says.
"""

from datetime import date

import duckdb
import polars as pl

from identity.evidence import SAID, read_records
from identity.likeness import alike, slip
from schemas.dates import standard_day

DISAGREES = "disagrees_with_id_number"
AGE = r"^\s*([0-9]{1,3})\s*(?:周?岁)?\s*$"
FAR = 10  # years between the number's birth and the stated one that need no second witness


def judge_numbers(connection: duckdb.DuckDBPyConnection, as_of: date, *, whole: bool) -> None:
    """Find borrowed numbers, set `id_status` of their records, and read these anew.

    Records whose number turned out borrowed, or no longer so, are added to `changed`, and what
    they said before to `old_evidence`.
    """
    run = connection.execute
    _groups(connection, whole=whole)
    _stated(connection, as_of)
    _judge(connection)
    _obey(connection)
    _cut(connection, whole=whole)
    run("""
        CREATE OR REPLACE TEMP TABLE flipped AS
        SELECT m.record_id, m.number, CASE WHEN b.record_id IS NULL THEN 'valid' ELSE 'borrowed'
               END AS wanted
        FROM grouped m LEFT JOIN borrowing b USING (record_id)
        WHERE m.borrowed <> (b.record_id IS NOT NULL)
        AND m.record_id NOT IN (SELECT record_id FROM cut)
        UNION ALL
        SELECT record_id, number, wanted FROM cut WHERE wanted <> number_kind""")
    if run("SELECT count(*) FROM flipped").fetchall()[0][0]:
        _flip(connection, whole=whole)


def _groups(connection: duckdb.DuckDBPyConnection, *, whole: bool) -> None:
    """`grouped`: the records under each number that changes may concern and that needs a look."""
    run = connection.execute
    touched = "true"
    if not whole:
        _touched_numbers(connection)
        touched = "coalesce(id_number, number) IN (FROM touched_number)"
    valid = "number_kind IN ('valid', 'borrowed')"
    run(f"""
        CREATE OR REPLACE TEMP TABLE suspect AS
        SELECT coalesce(id_number, number) AS number FROM evidence WHERE {valid} AND {touched}
        GROUP BY 1 HAVING min(bare) <> max(bare) OR bool_or(number_kind = 'borrowed' OR titled)
        UNION
        SELECT id_number FROM resident_record WHERE len(issues) > 0
        AND id_status IN ('valid', 'borrowed') AND id_number IN (
            SELECT coalesce(id_number, number) FROM evidence WHERE {valid} AND {touched})
        AND len(list_filter(issues, lambda x: x.reason = '{DISAGREES}')) > 0
        UNION
        SELECT coalesce(id_number, number) FROM evidence
        WHERE {valid} AND record_id IN (SELECT a FROM binding UNION SELECT b FROM binding)""")
    run(f"""
        CREATE OR REPLACE TEMP TABLE grouped AS
        SELECT record_id, stable, coalesce(id_number, number) AS number,
               number_kind = 'borrowed' AS borrowed,
               CASE WHEN bare NOT IN (SELECT value FROM crowded WHERE kind = 'name')
                    THEN bare END AS bare, sound, letters, glyphs, c1, c2, rest,
               titled, CASE WHEN phone NOT IN (SELECT value FROM crowded WHERE kind = 'phone')
                            THEN phone END AS phone,
               CASE WHEN room_key NOT IN (SELECT value FROM crowded WHERE kind = 'room')
                    THEN room_key END AS room_key, household_no, relation_code, not_number,
               try_cast(born[:4] AS INT) AS number_year
        FROM evidence WHERE {valid} AND coalesce(id_number, number) IN (FROM suspect)""")


def _touched_numbers(connection: duckdb.DuckDBPyConnection) -> None:
    """Numbers of changed records, and of all who have a name that a changed one has or had.

    A record whose telephone or flat became a crowd, or is none any more, has changed for this.
    """
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE touched_name AS
        SELECT sound FROM fresh WHERE sound IS NOT NULL
        UNION SELECT sound FROM old_evidence WHERE sound IS NOT NULL""")
    valid = "number_kind IN ('valid', 'borrowed')"
    run(f"""
        CREATE OR REPLACE TEMP TABLE touched_number AS
        SELECT coalesce(id_number, number) AS number FROM evidence
        WHERE {valid} AND sound IN (FROM touched_name)
        OR {valid} AND (phone IN (SELECT value FROM moved_crowd WHERE kind = 'phone')
                        OR room_key IN (SELECT value FROM moved_crowd WHERE kind = 'room'))
        UNION SELECT coalesce(id_number, number) FROM fresh WHERE {valid}
        UNION SELECT coalesce(id_number, number) FROM old_evidence WHERE {valid}""")


def _stated(connection: duckdb.DuckDBPyConnection, as_of: date) -> None:
    """`stated`: of those records, birth and sex as they gave them where the number says other.

    An age is one on the day of this version of the record.
    """
    found = connection.execute(f"""
        WITH issue AS (
            SELECT record_id, valid_from, unnest(issues, recursive := true)
            FROM resident_record SEMI JOIN grouped USING (record_id)),
        said AS (
            SELECT record_id, bool_or(field = 'sex_code') AS other_sex,
                   bool_or(field IN ('birth_date', 'birth_year')) AS other_birth,
                   any_value(year(valid_from)) AS seen_in,
                   coalesce(any_value(raw) FILTER (field = 'birth_date'),
                            any_value(raw) FILTER (field = 'birth_year')) AS raw
            FROM issue WHERE reason = '{DISAGREES}' GROUP BY record_id)
        SELECT *, seen_in - try_cast(regexp_extract(raw, '{AGE}', 1) AS INT) AS by_age
        FROM said""").to_arrow_table()
    frame = pl.DataFrame(found)
    read = standard_day(pl.col("raw"), timezone="Asia/Shanghai", as_of=as_of)
    frame = frame.with_columns(read.alias("read")).select(
        "record_id",
        "other_sex",
        "other_birth",
        stated_date=pl.col("read").struct.field("value"),
        stated_year=pl.coalesce("by_age", pl.col("read").struct.field("year")),
    )
    connection.register("stated_rows", frame.to_arrow())
    connection.execute("CREATE OR REPLACE TEMP TABLE stated AS FROM stated_rows")
    connection.unregister("stated_rows")


def _judge(connection: duckdb.DuckDBPyConnection) -> None:
    run = connection.execute
    run(f"""
        CREATE OR REPLACE TEMP TABLE witness AS
        SELECT *, count(*) OVER (PARTITION BY number, bare) AS seen,
               bool_or(far) OVER (PARTITION BY number, bare) AS far_name
        FROM (
            SELECT g.*, s.stated_year, coalesce(s.other_sex, false) AS other_sex,
                   coalesce(abs(s.stated_year - g.number_year) >= 2, false) AS other_year,
                   coalesce(g.not_number = g.number, false) AS the_heads,
                   try_strptime(g.number[7:14], '%Y%m%d')::DATE AS number_birth,
                   coalesce(abs(s.stated_year - g.number_year) >= {FAR}, false) AND NOT coalesce(
                       strftime(s.stated_date, '%m%d') = g.number[11:14] AND damerau_levenshtein(
                           s.stated_year::VARCHAR, g.number_year::VARCHAR) = 1, false) AS far
            FROM grouped g LEFT JOIN stated s USING (record_id))""")
    run("CREATE OR REPLACE TEMP TABLE backing (number VARCHAR, bare VARCHAR, class INTEGER)")
    _compare_with_owners(connection)
    _known_otherwise(connection)
    _ask_namesakes(connection)
    _compare_with_owners(connection)
    _known_otherwise(connection)
    run("""
        INSERT INTO borrowing
        SELECT record_id FROM unlike JOIN backing USING (number, bare)
        WHERE doubted AND class = 1 AND record_id NOT IN (FROM borrowing)""")


def _known_otherwise(connection: duckdb.DuckDBPyConnection) -> None:
    """`borrowing`: who has another name and another birth, sex or place in the household."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE borrowing AS
        SELECT record_id FROM unlike
        WHERE CASE WHEN ownerless THEN coalesce(abs(stated_year - number_year) >= {FAR}, false)
              ELSE NOT slipped AND (other_year OR other_sex OR the_heads OR other_role) END
        UNION SELECT record_id FROM grouped
        WHERE number IN (SELECT value FROM crowded WHERE kind = 'number')""")


def _compare_with_owners(connection: duckdb.DuckDBPyConnection) -> None:
    """`unlike`: records whose name is not that of the number's owner, as far as there is one.

    The owner is the name that its namesakes (`backing`) speak for, then one that not half of its
    own records belie, then the most frequent one; never a name whose own records belie it by a
    birth far off, unless a namesake confirms it. A name that one character parts from the owner's
    is doubted only if it is the rarer of the two.
    """
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE owner_of AS
        SELECT number, arg_min(w, (coalesce(class, 0), belied, -times, low)) AS w FROM (
            SELECT number, bare, arg_min(w, stable) FILTER (fits) AS w,
                   count(*) FILTER (fits) AS times, count(*) >= 2 * times AS belied,
                   min(stable) FILTER (fits) AS low, bool_or(far) AS far
            FROM (SELECT *, NOT other_year AND NOT other_sex AND NOT the_heads AS fits
                  FROM witness) w
            WHERE bare IS NOT NULL GROUP BY number, bare HAVING bool_or(fits))
        LEFT JOIN backing USING (number, bare)
        WHERE NOT far OR coalesce(class, 0) < CASE WHEN belied THEN 0 ELSE 1 END
        GROUP BY number""")
    run(f"""
        CREATE OR REPLACE TEMP TABLE unlike AS
        WITH compared AS (
            SELECT m.*, o.w.bare AS owner, o.w.seen AS owner_seen, o.w IS NULL AS ownerless,
                   coalesce(NOT {alike("m", "o.w")}, false) AS stranger,
                   {slip("m", "o.w")} AS slipped,
                   m.relation_code NOT IN ('01', '02') AND EXISTS (
                       FROM witness w WHERE w.number = m.number AND w.bare = o.w.bare
                       AND w.household_no = m.household_no
                       AND w.relation_code <> m.relation_code) AS other_role
            FROM witness m LEFT JOIN owner_of o USING (number))
        SELECT *, other_sex OR other_year OR stranger OR ownerless AND far_name OR coalesce(
                   bare <> owner AND NOT slipped AND seen < owner_seen, false) AS doubted
        FROM compared
        WHERE ownerless OR far OR (bare IS NOT NULL OR titled) AND NOT slipped
        OR bare <> owner AND (other_sex OR other_year)""")


def _ask_namesakes(connection: duckdb.DuckDBPyConnection) -> None:
    """`backing`: of names under a contested number, what others of that name, by its sound, say.

    Class -1: one was born on the number's day and has no number. Class 1: one at a telephone or
    flat of those under the number, or whose number it is not though written there, is somebody
    else for certain, and none speaks for the name.
    """
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE backing AS
        WITH contested AS (
            SELECT DISTINCT w.number, w.bare, w.sound, o.phone, o.room_key, w.number_birth,
                   w.number_year
            FROM witness w SEMI JOIN (FROM unlike WHERE doubted) u USING (number)
            JOIN witness o USING (number) WHERE w.bare IS NOT NULL),
        named AS (
            -- whether a number counts as borrowed now must not matter: only what records say
            SELECT *, coalesce(id_number, number) AS text,
                   number_kind IN ('valid', 'borrowed') AS has_one
            FROM evidence WHERE sound IN (SELECT sound FROM contested)),
        namesake AS (
            SELECT c.number, c.bare, NOT e.has_one AND e.birth_date = c.number_birth AS agrees,
                   CASE WHEN e.has_one THEN true
                        ELSE abs(e.birth_year - c.number_year) >= 2 END AS differs,
                   e.phone = c.phone OR e.room_key = c.room_key OR e.text = c.number AS near
            FROM contested c JOIN named e USING (sound)
            WHERE e.text IS DISTINCT FROM c.number
            OR e.record_id IN (SELECT record_id FROM borrowing))
        SELECT number, bare, CASE WHEN bool_or(agrees) THEN -1
                                  WHEN bool_or(differs AND near) THEN 1 ELSE 0 END AS class
        FROM namesake GROUP BY number, bare""")


def _obey(connection: duckdb.DuckDBPyConnection) -> None:
    """What stewards decided: one person has one number, two persons have not the same.

    Whose number it is not, it is not under the same name either, but where told to be its owner.
    """
    run = connection.execute
    run("""
        DELETE FROM borrowing WHERE record_id IN (
            SELECT unnest([x.record_id, y.record_id]) FROM binding d
            JOIN grouped x ON x.record_id = d.a JOIN grouped y ON y.record_id = d.b
            WHERE d.verdict = 'same' AND x.number = y.number)""")
    run("""
        INSERT INTO borrowing
        WITH told AS (
            SELECT d.verdict, x, y, x.number AS number, x.bare <> y.bare AS two_names,
                   x.record_id IN (SELECT record_id FROM unlike) AS x_lends,
                   y.record_id IN (SELECT record_id FROM unlike) AS y_lends
            FROM binding d JOIN grouped x ON x.record_id = d.a JOIN grouped y ON y.record_id = d.b
            WHERE x.number = y.number),
        lender AS (
            SELECT number, two_names,
                   CASE WHEN x_lends > y_lends OR x_lends = y_lends AND x.stable > y.stable
                        THEN x ELSE y END AS w
            FROM told WHERE verdict = 'different'
            AND x.record_id NOT IN (SELECT record_id FROM borrowing)
            AND y.record_id NOT IN (SELECT record_id FROM borrowing))
        SELECT w.record_id FROM lender
        UNION SELECT g.record_id FROM lender l JOIN grouped g
            ON l.two_names AND g.number = l.number AND g.bare = l.w.bare
        WHERE g.record_id NOT IN (
            SELECT unnest([x.record_id, y.record_id]) FROM told
            WHERE verdict = 'same' AND two_names)
        """)
    run("""
        INSERT INTO borrowing
        WITH held AS (SELECT number, count(*) AS times FROM grouped GROUP BY number),
        two AS (
            SELECT CASE WHEN (h.times, h.number) < (k.times, k.number) THEN h.number
                   ELSE k.number END AS number
            FROM binding d JOIN grouped x ON x.record_id = d.a JOIN grouped y ON y.record_id = d.b
            JOIN held h ON h.number = x.number JOIN held k ON k.number = y.number
            WHERE d.verdict = 'same' AND x.number <> y.number
            AND x.record_id NOT IN (SELECT record_id FROM borrowing)
            AND y.record_id NOT IN (SELECT record_id FROM borrowing))
        SELECT record_id FROM grouped SEMI JOIN two USING (number)""")


def _cut(connection: duckdb.DuckDBPyConnection, *, whole: bool) -> None:
    """`cut`: every number in 000 that passed the check, and what it should count as.

    Without `whole` those only whose first fifteen digits a changed record has or had.
    """
    run = connection.execute
    touched = "true"
    if not whole:
        run("""
            CREATE OR REPLACE TEMP TABLE touched_fifteen AS
            SELECT coalesce(id_number, number)[:15] AS first FROM fresh
            UNION SELECT coalesce(id_number, number)[:15] FROM old_evidence""")
        touched = "coalesce(id_number, number)[:15] IN (FROM touched_fifteen)"
    run(f"""
        CREATE OR REPLACE TEMP TABLE doubtful AS
        SELECT record_id, coalesce(id_number, number) AS number, number_kind FROM evidence
        WHERE coalesce(id_number, number) LIKE '%000' AND {touched}
        AND number_kind IN ('valid', 'truncated')""")
    run("""
        DELETE FROM doubtful WHERE record_id NOT IN (
            SELECT record_id FROM resident_record WHERE id_number LIKE '%000'
            AND len(list_filter(issues, lambda x: x.reason = 'maybe_truncated')) > 0)""")
    run("""
        CREATE OR REPLACE TEMP TABLE alike_till_cut AS
        SELECT record_id FROM evidence WHERE number_kind IN ('valid', 'borrowed')
        AND coalesce(id_number, number)[:15] IN (SELECT number[:15] FROM doubtful)
        AND coalesce(id_number, number) NOT LIKE '%000'""")
    run(f"""
        CREATE OR REPLACE TEMP TABLE cut AS
        WITH whole AS (
            SELECT *, coalesce(id_number, number) AS text
            FROM evidence SEMI JOIN alike_till_cut USING (record_id))
        SELECT d.record_id, any_value(d.number) AS number, any_value(d.number_kind) AS number_kind,
               CASE WHEN bool_or(coalesce({slip("e", "w")}, false))
                    THEN 'truncated' ELSE 'valid' END AS wanted
        FROM doubtful d JOIN evidence e USING (record_id)
        LEFT JOIN whole w ON w.text[:15] = d.number[:15]
        GROUP BY d.record_id""")


def _flip(connection: duckdb.DuckDBPyConnection, *, whole: bool) -> None:
    run = connection.execute
    run(f"""
        INSERT INTO old_evidence
        SELECT {SAID} FROM evidence SEMI JOIN flipped USING (record_id)
        ANTI JOIN changed USING (record_id)""")
    run("DELETE FROM evidence WHERE record_id IN (SELECT record_id FROM flipped)")
    run("""
        INSERT INTO changed
        SELECT record_id FROM flipped ANTI JOIN changed USING (record_id)""")
    run("""
        UPDATE resident_record SET
            id_status = 'borrowed', birth_date = n.stated_date, birth_year = n.stated_year,
            sex_code = CASE WHEN n.other_sex THEN
                CASE sex_code WHEN '1' THEN '2' WHEN '2' THEN '1' END END
        FROM (SELECT * FROM flipped LEFT JOIN stated USING (record_id)
              WHERE wanted = 'borrowed') n
        WHERE n.record_id = resident_record.record_id""")
    run("""
        UPDATE resident_record SET
            id_status = 'valid', birth_date = n.born, birth_year = year(n.born),
            sex_code = CASE WHEN n.number[17]::INT % 2 = 1 THEN '1' ELSE '2' END
        FROM (SELECT *, strptime(number[7:14], '%Y%m%d')::DATE AS born FROM flipped
              WHERE wanted = 'valid' AND len(number) = 18) n
        WHERE n.record_id = resident_record.record_id""")
    run("""
        UPDATE resident_record SET id_status = n.wanted
        FROM (FROM flipped WHERE wanted = 'truncated' OR wanted = 'valid' AND len(number) <> 18) n
        WHERE n.record_id = resident_record.record_id""")
    read_records(connection, "flipped", whole=whole)
