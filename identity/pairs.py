"""Which two records somebody means who names two residents or two records."""

from dataclasses import dataclass

import duckdb

from hub.errors import ConfigError, NotFoundError
from identity.decisions import Named
from identity.model import Model
from identity.review import TWO_NAMES
from identity.scoring import make_profiles, score_query

MOST = 60  # records of one person that are compared with those of the other


@dataclass(frozen=True)
class Meant:
    """One record, whose it is now, and its name."""

    record_id: int
    resident_id: str
    named: Named


def pair_meant(
    connection: duckdb.DuckDBPyConnection, one: str, other: str, model: Model
) -> tuple[Meant, Meant]:
    """The two records; of two residents those that fit best.

    Args:
        connection: An open brain.
        one: A resident id, or platform/stream/record key.
        other: The same; one resident twice means the two records of theirs that are asked about.
        model: Weighs the pairs of two residents.

    Raises:
        NotFoundError: there is no such resident or record.
        ConfigError: both are the same record, or one resident of whom nothing is asked.
    """
    left, right = _records(connection, one), _records(connection, other)
    wanted = [(min(a, b), max(a, b)) for a in left for b in right if a != b]
    if set(left) == set(right):
        wanted = _asked_inside(connection, left[0])
    if not wanted:
        raise ConfigError(
            "both sides name the same record or resident",
            zh="两边写的是同一个人：请写两个居民编码，或用 平台/数据流/记录键 写明两条记录。",
        )
    best = sorted(wanted)[0]
    if len(wanted) > 1:
        _put_pairs(connection, wanted)
        make_profiles(connection, model, "explained")
        best = connection.execute(f"""
            SELECT a, b FROM ({score_query(model, "meant_pair")})
            ORDER BY round(weight, 6) DESC, a, b LIMIT 1""").fetchall()[0]
    if best[0] not in left:
        best = (best[1], best[0])
    return _meant(connection, best[0]), _meant(connection, best[1])


def whose(connection: duckdb.DuckDBPyConnection, text: str) -> str | None:
    """The resident whose record `text` names, platform/stream/record key; None if it names none."""
    parts = text.split("/", 2)
    if len(parts) < 3:
        return None
    rows = connection.execute(
        """SELECT resident_id FROM record_id JOIN resident_link USING (record_id)
           WHERE platform = ? AND stream = ? AND record_key = ?""",
        parts,
    ).fetchall()
    return str(rows[0][0]) if rows else None


def put_pair(connection: duckdb.DuckDBPyConnection, one: Meant, other: Meant) -> None:
    """Fill `meant_pair` and `explained` with this pair."""
    _put_pairs(connection, [(one.record_id, other.record_id)])


def _asked_inside(connection: duckdb.DuckDBPyConnection, record: int) -> list[tuple[int, int]]:
    """Of the resident whose record this is, the pair that `identity.review` lists."""
    return connection.execute(
        f"""SELECT a, b FROM refused JOIN resident_link ON record_id = a
            WHERE reason = '{TWO_NAMES}' AND resident_id = (
                SELECT resident_id FROM resident_link WHERE record_id = ?)
            ORDER BY a, b LIMIT 1""",
        [record],
    ).fetchall()


def _put_pairs(connection: duckdb.DuckDBPyConnection, pairs: list[tuple[int, int]]) -> None:
    run = connection.execute
    run("CREATE OR REPLACE TEMP TABLE meant_pair (a BIGINT, b BIGINT)")
    connection.executemany("INSERT INTO meant_pair VALUES (?, ?)", pairs)
    run("""
        CREATE OR REPLACE TEMP TABLE explained AS
        SELECT a AS record_id FROM meant_pair UNION SELECT b FROM meant_pair""")


def _records(connection: duckdb.DuckDBPyConnection, text: str) -> list[int]:
    if "/" in text:
        parts = text.split("/", 2)
        rows = connection.execute(
            """SELECT record_id FROM record_id SEMI JOIN evidence USING (record_id)
               WHERE platform = ? AND stream = ? AND record_key = ?""",
            [*parts, "", ""][:3],
        ).fetchall()
    else:
        rows = connection.execute(
            """WITH RECURSIVE alive AS (
                   SELECT $1 AS id UNION
                   SELECT merged_into FROM resident_identity i JOIN alive a ON a.id = i.resident_id
                   WHERE merged_into IS NOT NULL)
               SELECT record_id FROM resident_link WHERE resident_id IN (FROM alive)
               ORDER BY record_id LIMIT $2""",
            [text, MOST],
        ).fetchall()
    if not rows:
        raise NotFoundError(
            "no such resident or record",
            zh="没有这个居民编码或这条记录：请用 hub review list 或 hub resident find 查到编码，"
            "记录写成 平台/数据流/记录键。",
        )
    return [row[0] for row in rows]


def _meant(connection: duckdb.DuckDBPyConnection, record_id: int) -> Meant:
    row = connection.execute(
        """SELECT resident_id, platform, stream, record_key
           FROM resident_link JOIN record_id USING (record_id) WHERE record_id = ?""",
        [record_id],
    ).fetchall()[0]
    return Meant(record_id, row[0], (row[1], row[2], row[3]))
