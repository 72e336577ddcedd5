"""Clusters: which records are one person. Best edge first, under rules that no edge may break.

All records with the same valid number of their own are one node; every other record is a node of
its own. The edges between nodes are tried from the heaviest down; `identity.joining` says which
are refused, and why. Only nodes that the changes can concern are looked at: whoever is connected
with a changed record by an edge, a number or a steward's decision, before or after the change.
"""

import duckdb
import pyarrow as pa

from identity.components import find_components
from identity.joining import Edge, Node, Outcome, join_nodes
from identity.likeness import alike
from identity.model import Model
from identity.review import ASKED, TWO_NAMES


def cluster(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Fill `clustered(record_id, stable, root, rule)` with all that the changes may concern."""
    _touch(connection)
    _nodes(connection, model)
    _facts(connection)
    find_components(connection, model)
    nodes, edges, told = _read_hard(connection)
    _store(connection, join_nodes(nodes, edges, told, model))


def _touch(connection: duckdb.DuckDBPyConnection) -> None:
    """Collect in `touched` the changed records and all that hang together with them.

    Who has the number of one that did not change is, since the last run, the same resident.
    """
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE frontier AS
        SELECT record_id FROM evidence SEMI JOIN seed USING (record_id)""")
    counts = run("SELECT (SELECT count(*) FROM frontier), (SELECT count(*) FROM evidence)")
    seeds, all_records = counts.fetchall()[0]
    if seeds * 2 > all_records:  # most of all: look at all
        run("CREATE OR REPLACE TEMP TABLE touched AS SELECT record_id FROM evidence")
        return
    run("""
        INSERT INTO frontier
        SELECT record_id FROM evidence WHERE id_number IN (SELECT id_number FROM fresh)
        AND record_id NOT IN (FROM frontier)""")
    run("CREATE OR REPLACE TEMP TABLE touched AS FROM frontier")
    while run("SELECT count(*) FROM frontier").fetchall()[0][0]:
        run("""
            CREATE OR REPLACE TEMP TABLE frontier AS
            WITH reached AS (
                SELECT b AS record_id FROM edge WHERE a IN (FROM frontier)
                UNION SELECT a FROM edge WHERE b IN (FROM frontier)
                UNION SELECT b FROM binding WHERE a IN (FROM frontier)
                UNION SELECT a FROM binding WHERE b IN (FROM frontier)
                UNION SELECT record_id FROM resident_link WHERE resident_id IN (
                    SELECT resident_id FROM resident_link SEMI JOIN frontier USING (record_id)))
            SELECT record_id FROM reached SEMI JOIN evidence USING (record_id)
            ANTI JOIN touched USING (record_id)""")
        run("INSERT INTO touched FROM frontier")


def _nodes(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """`member(record_id, node)` of the touched records; a node is named by its least `stable`."""
    connection.execute(f"""
        CREATE OR REPLACE TEMP TABLE member AS
        SELECT record_id, stable, {model.source("evidence")} AS source, id_number,
               CASE WHEN id_number IS NULL THEN stable
                    ELSE min(stable) OVER (PARTITION BY id_number) END AS node
        FROM evidence SEMI JOIN touched USING (record_id)""")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE node_edge AS
        WITH across AS (
            SELECT least(x.node, y.node) AS a, greatest(x.node, y.node) AS b, e.weight, e.rule,
                   e.a AS record_a, e.b AS record_b, x.source = y.source AS one_source,
                   (round(e.weight, 6), least(x.stable, y.stable), greatest(x.stable, y.stable))
                       AS place
            FROM edge e JOIN member x ON x.record_id = e.a JOIN member y ON y.record_id = e.b
            WHERE x.node <> y.node)
        SELECT a, b, max(weight) AS weight, arg_max(rule, place) AS rule,
               arg_max(record_a, place) AS record_a, arg_max(record_b, place) AS record_b,
               arg_max(one_source, place) AS one_source
        FROM across GROUP BY a, b""")
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE node_told AS
        SELECT x.node AS a, y.node AS b, d.verdict FROM binding d
        JOIN member x ON x.record_id = d.a JOIN member y ON y.record_id = d.b""")


def _facts(connection: duckdb.DuckDBPyConnection) -> None:
    """`node_fact`: what is known of each node with an edge or a decision; others stay alone."""
    connection.execute("""
        CREATE OR REPLACE TEMP TABLE node_fact AS
        WITH concerned AS (
            SELECT a AS node FROM node_edge UNION SELECT b FROM node_edge
            UNION SELECT a FROM node_told UNION SELECT b FROM node_told)
        SELECT m.node, max(m.id_number) AS number, min(e.sex_code) AS low_sex,
               max(e.sex_code) AS high_sex, min(e.birth_year) AS first_year,
               max(e.birth_year) AS last_year, count(*) AS records,
               list(DISTINCT e.bare) FILTER (e.bare IS NOT NULL) AS names,
               list(DISTINCT e.household_no || ':' || e.relation_code)
                   FILTER (e.household_no IS NOT NULL AND e.relation_code IS NOT NULL) AS roles,
               list(DISTINCT e.not_number) FILTER (e.not_number IS NOT NULL) AS not_numbers,
               list(DISTINCT e.birth_date) FILTER (e.birth_date IS NOT NULL) AS dates,
               list(DISTINCT m.source) AS sources, histogram(e.bare) AS tally,
               list(DISTINCT e.area || e.tail) FILTER (e.number_kind = 'masked'
                   AND len(e.area || e.tail) = 10) AS shown,
               list(DISTINCT e.number) FILTER (e.number_kind = 'document'
                   AND len(e.number) >= 7) AS documents
        FROM member m SEMI JOIN concerned USING (node) JOIN evidence e USING (record_id)
        GROUP BY m.node""")


def _read_hard(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[dict[int, Node], list[Edge], list[tuple[int, int, str]]]:
    run = connection.execute
    rows = run("FROM node_fact SEMI JOIN hard USING (node)").fetchall()
    edges = run("""
        SELECT weight, a, b, rule, record_a, record_b, one_source FROM node_edge
        WHERE a IN (FROM hard) ORDER BY round(weight, 6) DESC, a, b""").fetchall()
    told = run("FROM node_told WHERE a IN (FROM hard) ORDER BY ALL").fetchall()
    return {row[0]: Node(*row[1:]) for row in rows}, [Edge(*row) for row in edges], told


def _store(connection: duckdb.DuckDBPyConnection, outcome: Outcome) -> None:
    run = connection.execute
    root, rule, refused = outcome.root, outcome.rule, outcome.refused
    rows = pa.table(
        {
            "node": pa.array(list(root), pa.uint64()),
            "root": pa.array(list(root.values()), pa.uint64()),
            "rule": pa.array([rule.get(node) for node in root], pa.string()),
        }
    )
    connection.register("rooted_rows", rows)
    # a table first: a filter pushed down to Arrow cannot hold numbers above 2^63
    run("CREATE OR REPLACE TEMP TABLE rooted AS FROM rooted_rows")
    connection.unregister("rooted_rows")
    run("""
        CREATE OR REPLACE TEMP TABLE clustered AS
        WITH joined AS (FROM rooted UNION ALL FROM easy)
        SELECT m.record_id, m.stable, coalesce(r.root, m.node)::VARCHAR AS root,
               CASE WHEN m.id_number IS NOT NULL THEN 'id_number'
                    ELSE coalesce(r.rule, 'single') END AS rule
        FROM member m LEFT JOIN joined r USING (node)""")
    run("""
        CREATE OR REPLACE TEMP TABLE concerned AS
        SELECT record_id FROM touched UNION SELECT record_id FROM changed""")
    run("""
        DELETE FROM refused WHERE a IN (FROM concerned) OR b IN (FROM concerned)""")
    columns = list(zip(*refused, strict=True)) or [(), (), (), ()]
    kinds = (pa.int64(), pa.int64(), pa.float64(), pa.string())
    made = [pa.array(list(c), kind) for c, kind in zip(columns, kinds, strict=True)]
    connection.register("refusals", pa.table(made, names=["a", "b", "weight", "reason"]))
    run("INSERT INTO refused FROM refusals")
    connection.unregister("refusals")
    _ask_names(connection)
    run("DELETE FROM ambiguous")
    run(f"""
        INSERT INTO ambiguous
        SELECT record_id, min(reason) FROM (
            SELECT unnest([a, b]) AS record_id, reason FROM refused
            WHERE reason IN {ASKED})
        WHERE reason = '{TWO_NAMES}'
        OR record_id IN (SELECT record_id FROM evidence WHERE id_number IS NULL)
        GROUP BY record_id""")


def _ask_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse nothing, but ask: Chinese names under one number that have no character in common.

    Not of two names of which a steward said that they are one person's.
    """
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE mixed AS
        SELECT unnest(list(record_id)) AS record_id
        FROM evidence SEMI JOIN touched USING (record_id)
        WHERE id_number IS NOT NULL AND bare >= '一'
        GROUP BY id_number HAVING min(bare) <> max(bare)""")
    run(f"""
        INSERT INTO refused
        WITH named AS (SELECT * FROM evidence SEMI JOIN mixed USING (record_id)),
        settled AS (
            SELECT x.id_number, x.bare AS one, y.bare AS other FROM binding d
            JOIN named x ON x.record_id = d.a JOIN named y ON y.record_id = d.b
            WHERE d.verdict = 'same' AND x.id_number = y.id_number)
        SELECT least(x.record_id, y.record_id), greatest(x.record_id, y.record_id), 0.0,
               '{TWO_NAMES}'
        FROM named x JOIN named y ON x.id_number = y.id_number AND x.bare < y.bare
        WHERE NOT {alike("x", "y")}
        AND len(list_intersect(string_split(x.letters, ''), string_split(y.letters, ''))) = 0
        AND (x.id_number, x.bare, y.bare) NOT IN (
            SELECT unnest([(id_number, one, other), (id_number, other, one)]) FROM settled)""")
