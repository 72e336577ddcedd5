"""Placing only those whom a change bears upon gives what placing everybody gives."""

import duckdb
import hypothesis.strategies as st
from hypothesis import given, settings

from identity.resolve import resolve_entities
from tests.identity.small_world import KEY, Hub, Record, empty_brain

TABLES = {
    "resident": "SELECT * FROM resident ORDER BY resident_id",
    "household": "SELECT * FROM household ORDER BY household_id",
    "dwelling": "SELECT * FROM dwelling ORDER BY dwelling_id",
    "membership": "SELECT * FROM membership ORDER BY resident_id, since",
    "resident_past": "SELECT * FROM resident_past ORDER BY resident_id, valid_to",
}
numbers = ["510107199003074512", "510107198501011236", None, None]
columns = st.fixed_dictionaries(
    {
        "household_no": st.sampled_from(["7", "8", None, None]),
        "relation_code": st.sampled_from(["02", "02", "10", "20", None]),
        "head_name": st.sampled_from(["张伟", "李娜", None]),
        "head_id_number": st.sampled_from(numbers),
        "died_on": st.sampled_from(["2026-01-01", None, None, None]),
        "grid_code": st.sampled_from(["510107003005001", None]),
    }
)
records = st.builds(
    Record,
    name=st.sampled_from(["张伟", "李娜", "王芳"]),
    id_number=st.sampled_from(numbers),
    phone=st.sampled_from(["1", "2", None]),
    room=st.sampled_from(["101", "102", None]),
)
batches = st.lists(
    st.tuples(
        st.dictionaries(
            st.sampled_from("123456"), st.one_of(records, records, st.none()), min_size=1
        ),
        columns,
    ),
    min_size=1,
    max_size=5,
)


def held(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    return {name: connection.execute(query).fetchall() for name, query in TABLES.items()}


@settings(max_examples=8, deadline=None)
@given(batches=batches, covered=st.integers(0, 4))
def test_any_history_is_placed_as_if_at_once(
    batches: list[tuple[dict[str, Record | None], dict[str, object]]], covered: int
) -> None:
    connection = empty_brain()
    hub = Hub(connection)
    for nth, (batch, given_columns) in enumerate(batches):
        if nth == covered:  # a grid arrives, and covers the compound
            connection.execute("""
                INSERT INTO grid_record (record_id, grid_code, covers, valid_from) VALUES
                (1000, '510107003005001', [{compound: '龙港花园', road: NULL, door_no: NULL,
                 building: NULL}], now())""")
        hub.sync(batch, **given_columns)
        found = held(connection)
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE affected AS FROM (SELECT resident_id "
            "FROM resident_link UNION SELECT resident_id FROM resident)"
        )
        connection.execute("DELETE FROM cover")  # so that everybody is placed anew
        resolve_entities(connection, KEY, {}, hub.moment)
        assert held(connection) == found
    connection.close()
