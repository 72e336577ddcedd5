"""Batch by batch or all at once: the same persons, edges, refusals and borrowed numbers."""

from collections.abc import Sequence
from itertools import zip_longest
from unittest.mock import patch

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st
from small_world import Hub, Record, empty_brain

from identity.decisions import Binding
from identity.model import Model
from serving.reading.wording import EVENTS, event_reason

A, B, CUT = "510108199003070017", "510108195304071234", "510108199003070000"
STATE = {
    "evidence": "SELECT * FROM evidence ORDER BY record_id",
    "edge": "SELECT a, b, round(weight, 6), rule FROM edge ORDER BY a, b",
    "refused": "SELECT a, b, round(weight, 6), reason FROM refused ORDER BY a, b",
    "ambiguous": "SELECT * FROM ambiguous ORDER BY ALL",
    "crowded": "SELECT * FROM crowded ORDER BY ALL",
    "block_key": "SELECT * FROM block_key ORDER BY ALL",
    "name_bucket": "SELECT * FROM name_bucket ORDER BY ALL",
    "status": "SELECT record_id, id_status, birth_year, sex_code FROM resident_record ORDER BY 1",
}
records = st.builds(
    Record,
    name=st.sampled_from(["张伟", "张玮", "張偉", "李娜", "张小宝", "张女士", None]),
    id_number=st.sampled_from([A, A, B, None, None]),
    phone=st.sampled_from(["1", "2", None]),
    room=st.sampled_from(["101", "102", None]),
    sex_code=st.sampled_from(["1", "2", None, None]),
    birth_year=st.sampled_from([1990, 1991, 1960, None, None]),
    platform=st.sampled_from(["p", "q"]),
    stated_birth=st.sampled_from([None, None, "2015-03-04"]),
)
odd = st.builds(
    Record,
    name=st.sampled_from(["张伟", "李娜"]),
    id_number=st.sampled_from(["510108********0017", "510108199003070117", CUT]),
    id_status=st.sampled_from(["masked", "check_failed"]),
    phone=st.sampled_from(["1", None]),
    room=st.sampled_from(["101", None]),
)
batches = st.lists(
    st.dictionaries(
        st.sampled_from("123456789"), st.one_of(records, records, odd, st.none()), min_size=1
    ),
    min_size=2,
    max_size=4,
)


def state(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    return {name: connection.execute(query).fetchall() for name, query in STATE.items()}


@settings(max_examples=8, deadline=None)
@given(batches=batches, lone=st.sampled_from([0.0, 5.0]))
def test_any_history_gives_what_all_at_once_gives(
    batches: list[dict[str, Record | None]], lone: float
) -> None:
    with patch.object(Model, "lone", lone):  # as in a town of thousands
        compare(batches)


verdicts = st.dictionaries(
    st.tuples(st.sampled_from("1234"), st.sampled_from("5678")),
    st.sampled_from(["same", "different"]),
    max_size=3,
)


@settings(max_examples=6, deadline=None)
@given(batches=batches, told=st.lists(verdicts, min_size=2, max_size=4))
def test_so_does_any_history_of_decisions(
    batches: list[dict[str, Record | None]], told: list[dict[tuple[str, str], str]]
) -> None:
    compare(batches, told)


def changed_ids(before: dict[str, str], after: dict[str, str]) -> set[tuple[str, str]]:
    return {
        (before[key], after[key])
        for key in before.keys() & after.keys() if before[key] != after[key]
    }  # fmt: skip


def explained(hub: Hub) -> set[tuple[str, str]]:
    """(from, to) of which an event of the last run tells, with a reason that can be read out."""
    told = hub.brain.execute(
        "SELECT kind, resident_id, other_id, reason FROM identity_event WHERE happened_at = ?",
        [hub.moment],
    ).fetchall()
    assert all(kind in EVENTS for kind, *_ in told)
    assert all(event_reason(reason) != reason for *_, reason in told)
    return {
        (one, other) if kind in ("merged", "passed") else (other, one)
        for kind, one, other, _ in told
    }  # fmt: skip


def compare(
    batches: list[dict[str, Record | None]],
    told: Sequence[dict[tuple[str, str], str]] = (),
) -> None:
    platforms: dict[str, str] = {}
    hub, last = Hub(empty_brain()), {}
    for batch, decided in zip_longest(batches, told, fillvalue={}):
        platforms |= {key: one.platform if one else "p" for key, one in batch.items()}
        hub.bindings = [
            Binding((platforms.get(a, "p"), "s", a), (platforms.get(b, "p"), "s", b), verdict)
            for (a, b), verdict in decided.items()
        ]
        before = hub.ids()
        hub.link(batch)
        assert changed_ids(before, hub.ids()) <= explained(hub)
        last |= batch
    whole = Hub(empty_brain())
    whole.bindings = hub.bindings
    whole.numbers = dict(hub.numbers)  # the same record ids
    whole.link(last)
    assert hub.groups() == whole.groups()
    found, expected = state(hub.brain), state(whole.brain)
    for name, rows in expected.items():
        assert found[name] == rows, name
    hub.brain.close()
    whole.brain.close()
