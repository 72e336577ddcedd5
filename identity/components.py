"""Part the easy from the hard: where nothing stands in the way, no order of joining matters.

A component of the graph whose nodes could all be one person, all of whose edges are heavy enough
to join and which no steward has spoken about, is one person whatever the order. Nearly all are.
"""

import duckdb
import numpy as np
import pyarrow as pa

from identity.joining import LARGEST, ROLE
from identity.model import Model
from warehouse.duck import read_arrow


def find_components(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Fill `easy(node, root, rule)` and `hard(node)` from `node_edge`, `node_told`, `node_fact`."""
    run = connection.execute
    run("""
        CREATE OR REPLACE TEMP TABLE linked AS
        SELECT a, b FROM node_edge UNION ALL SELECT a, b FROM node_told""")
    table = read_arrow(connection, "FROM linked")
    names, labels = components(table["a"].to_numpy(), table["b"].to_numpy())
    connection.register("labelled", pa.table({"node": names, "root": labels}))
    run("CREATE OR REPLACE TEMP TABLE component AS FROM labelled")
    connection.unregister("labelled")
    run(f"""
        CREATE OR REPLACE TEMP TABLE hard AS
        WITH troubled AS (
            SELECT root FROM component JOIN node_fact USING (node) GROUP BY root
            HAVING min(number) <> max(number) OR min(low_sex) <> max(high_sex)
                OR max(last_year) - min(first_year) > 1 OR sum(records) > {LARGEST}
                OR bool_or(names IS NULL)
                OR count(DISTINCT first_year) > 1
            UNION SELECT root FROM (
                SELECT root, unnest(not_numbers) AS number
                FROM component JOIN node_fact USING (node))
                SEMI JOIN (SELECT root, number FROM component JOIN node_fact USING (node))
                USING (root, number)
            UNION SELECT root FROM (
                SELECT root, unnest(list_append(shown, number[:6] || number[-4:])) AS ends
                FROM component JOIN node_fact USING (node))
                GROUP BY root HAVING min(ends) <> max(ends)
            UNION SELECT root FROM component c JOIN node_edge e ON e.a = c.node
                WHERE weight < {model.join}
            UNION SELECT root FROM component c JOIN node_fact USING (node)
                SEMI JOIN (SELECT root FROM component c JOIN node_edge e ON e.a = c.node
                           WHERE weight < {model.join + model.twice} AND NOT one_source)
                USING (root)
                GROUP BY root HAVING sum(len(sources)) > len(list_distinct(flatten(list(sources))))
            UNION SELECT root FROM component JOIN node_fact USING (node) GROUP BY root
                HAVING sum(len(sources)) > len(list_distinct(flatten(list(sources)))) + 1
                AND len(list_distinct(flatten(list(names)))) > 1
            UNION SELECT root FROM component c JOIN node_told t ON t.a = c.node
            UNION SELECT root FROM (
                SELECT root, unnest(roles) AS role FROM component JOIN node_fact USING (node))
                GROUP BY root, split_part(role, ':', 1)
                HAVING count(DISTINCT {ROLE.format("split_part(role, ':', 2)")}) > 1)
        SELECT node FROM component SEMI JOIN troubled USING (root)""")
    run("""
        CREATE OR REPLACE TEMP TABLE easy AS
        WITH ends AS (
            SELECT a AS node, a, b, weight, rule FROM node_edge
            UNION ALL SELECT b, a, b, weight, rule FROM node_edge)
        SELECT c.node, c.root, h.rule
        FROM component c ANTI JOIN hard USING (node)
        JOIN (SELECT node, arg_min(rule, (-round(weight, 6), a, b)) AS rule FROM ends GROUP BY node)
            h USING (node)""")


def components(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each name that occurs in the edges (a, b), and the least name it is connected with."""
    names, places = np.unique(np.concatenate([a, b]), return_inverse=True)
    left, right = places[: len(a)], places[len(a) :]
    label = np.arange(len(names))
    while True:
        low = np.minimum(label[left], label[right])
        before = label.copy()
        np.minimum.at(label, left, low)
        np.minimum.at(label, right, low)
        label = label[label]
        if np.array_equal(before, label):
            return names, names[label]
