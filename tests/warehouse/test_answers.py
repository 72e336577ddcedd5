"""Whom an id is of now."""

import duckdb

from warehouse.answers import merged_ids


def test_an_id_leads_to_whom_it_is_now_through_every_merge() -> None:
    with duckdb.connect() as connection:
        connection.execute("""
            CREATE TABLE resident_identity AS SELECT * FROM (VALUES
            ('a', 'b'), ('b', 'c'), ('c', NULL), ('d', NULL)) t(resident_id, merged_into)""")
        assert merged_ids(connection) == {"a": "c", "b": "c"}
