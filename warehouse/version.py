"""The version of a brain's tables."""

import duckdb

SCHEMA_VERSION = 5
"""Of the tables of a brain. One of another version is built anew from core, and keeps its ids."""


def of_this_version(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the brain's tables are those that this code writes and reads."""
    version = connection.execute("SELECT value FROM meta WHERE name = 'schema_version'").fetchall()
    return version == [(str(SCHEMA_VERSION),)]


def has_table(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether the brain has the table: one of another version may not know an entity yet."""
    query = "SELECT count(*) > 0 FROM duckdb_tables() WHERE table_name = ?"
    return bool(connection.execute(query, [table]).fetchall()[0][0])
