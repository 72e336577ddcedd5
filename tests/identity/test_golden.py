"""The golden record by the rule, one field at a time, and what is asked of the platforms."""

from datetime import UTC, datetime

import duckdb
import hypothesis.strategies as st
from hypothesis import given, settings

from identity.golden import AGREED
from identity.views import show
from tests.identity.small_world import Hub, Record, empty_brain

NUMBER = "510107199003074512"
Said = tuple[str, str, int, str | None]  # platform, sex, year it was said, ethnicity


def rule(field: str, said: list[tuple[str, datetime, object]], owners: list[str]) -> object:
    """Choose as a person would: the owner, then the most platforms, then the newest."""
    given_values = [(platform, at, value) for platform, at, value in said if value is not None]
    if not given_values:
        return None
    for owner in owners:
        own = [one for one in given_values if one[0] == owner]
        if own:
            return max(own, key=lambda one: one[1])[2]
    votes = {v: len({p for p, _, w in given_values if w == v}) for _, _, v in given_values}
    most = {v for v in votes if field not in AGREED or votes[v] == max(votes.values())}
    return max((one for one in given_values if one[2] in most), key=lambda one: one[1])[2]


said = st.lists(
    st.tuples(
        st.sampled_from(["police", "grid", "health", "door"]),
        st.sampled_from(["01", "05", None]),
        st.sampled_from(["20", "30", None]),
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=20, deadline=None)
@given(said=said, years=st.permutations(range(2012, 2024)), owned=st.booleans())
def test_each_field_is_chosen_by_the_rule(
    said: list[tuple[str, str | None, str | None]], years: list[int], owned: bool
) -> None:
    owners = {"ethnicity_code": ["police"], "marital_code": ["grid", "police"]} if owned else {}
    brain = empty_brain()
    hub = Hub(brain, owners)
    ethnicities, states = [], []
    for nth, (platform, ethnicity, state) in enumerate(said):
        at = datetime(years[nth], 6, 1, tzinfo=UTC)
        hub.sync(
            {str(nth): Record("张伟", NUMBER, platform=platform)},
            updated_at=at, ethnicity_code=ethnicity, marital_code=state,
        )  # fmt: skip
        ethnicities.append((platform, at, ethnicity))
        states.append((platform, at, state))
    found = brain.execute("SELECT ethnicity_code, marital_code FROM resident").fetchall()
    assert found == [
        (
            rule("ethnicity_code", ethnicities, owners.get("ethnicity_code", [])),
            rule("marital_code", states, owners.get("marital_code", [])),
        )
    ]
    (resident_id,) = set(hub.ids().values())
    view = show(brain, resident_id, owners)
    for field in ("ethnicity_code", "marital_code"):
        won = [one.value for one in view.said.get(field, []) if one.won]
        assert won == [view.golden[field]] * (view.golden[field] is not None)
    brain.close()


def test_why_a_value_won_or_lost(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain, {"phone": ["police"]})
    early, late = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
    one = {"id_number": NUMBER, "name": "张伟"}
    hub.sync({"1": Record(phone="1", platform="police", **one)}, updated_at=early)
    hub.sync({"2": Record(phone="2", platform="grid", **one)}, updated_at=late)
    hub.sync({"3": Record(id_number=NUMBER, name="张玮", phone="1")}, updated_at=late)
    (resident_id,) = set(hub.ids().values())
    said = show(brain, resident_id, hub.owners).said
    assert {(s.value, s.why) for s in said["phone"]} == {
        ("1", "owner"), ("1", "same"), ("2", "not_owner"),
    }  # fmt: skip
    assert {(s.value, s.why) for s in said["name"]} == {
        ("张伟", "votes"), ("张伟", "same"), ("张玮", "outvoted"),
    }  # fmt: skip


def test_somebody_elses_number_is_not_shown_as_ones_own(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", NUMBER)})
    brain.execute("UPDATE resident_record SET id_status = 'borrowed'")
    from identity.resolve import resolve_entities
    from tests.identity.small_world import KEY

    brain.execute("CREATE OR REPLACE TEMP TABLE affected AS SELECT resident_id FROM resident")
    resolve_entities(brain, KEY, {}, hub.moment)
    assert brain.execute("SELECT id_number, id_status FROM resident").fetchall() == [(None, None)]


def test_a_contradiction_is_asked_about_until_the_platform_changes_it(
    brain: duckdb.DuckDBPyConnection,
) -> None:
    hub = Hub(brain, {"name": ["police"]})
    hub.sync({"1": Record("张伟", NUMBER, platform="police")})
    hub.sync({"2": Record("张玮", NUMBER, platform="grid")})
    rows = "SELECT field, said, held, backed_by, closed_at IS NULL FROM correction"
    assert brain.execute(rows).fetchall() == [("name", "张玮", "张伟", "police", True)]
    opened = brain.execute("SELECT opened_at FROM correction").fetchall()
    hub.sync({"3": Record("张伟", NUMBER, platform="door")})
    assert brain.execute("SELECT opened_at FROM correction WHERE closed_at IS NULL").fetchall() == (
        opened
    ), "the same question is not asked twice"
    hub.sync({"2": Record("张伟", NUMBER, platform="grid")})
    assert brain.execute(rows).fetchall() == [("name", "张玮", "张伟", "police", False)]


def test_other_writings_and_masks_are_no_contradiction(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    names = ["买买提·吐尔逊", "买买提吐尔逊", "买买提•吐尔逊", "买*"]
    hub.sync({str(n): Record(name, NUMBER) for n, name in enumerate(names)})
    assert brain.execute("SELECT * FROM correction").fetchall() == []


def test_a_move_closes_one_membership_and_opens_another(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("张伟", NUMBER)}, household_no="7")
    moved = hub.moment
    hub.sync({"1": Record("张伟", NUMBER)}, household_no="8")
    rows = brain.execute("SELECT since, until FROM membership ORDER BY since").fetchall()
    assert rows == [(moved, hub.moment), (hub.moment, None)]
    hub.sync({"1": None})
    open_ones = "SELECT count(*) FROM membership WHERE until IS NULL"
    assert brain.execute(open_ones).fetchall() == [(0,)]


def test_tenants_of_a_flat_are_no_family_of_its_head(brain: duckdb.DuckDBPyConnection) -> None:
    hub = Hub(brain)
    hub.sync({"1": Record("赵六", None, "5", "101")}, relation_code="02")
    hub.sync({"2": Record("赵小", None, "6", "101")}, relation_code="20")
    hub.sync({"3": Record("钱八", None, "7", "101")})
    rows = brain.execute("SELECT name, household_id IS NULL FROM resident ORDER BY name").fetchall()
    assert rows == [("赵六", False), ("赵小", False), ("钱八", True)]
