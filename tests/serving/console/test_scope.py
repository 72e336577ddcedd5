"""Numbers equal the lists behind them; nothing is shown outside the scope or above the right."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import HubError, NotFoundError
from security.policy import Access, access_of, read_policy
from serving.doors import Doors
from serving.reading import overview, places
from serving.reading.listing import LISTS, Choice, count, listed
from serving.reading.resident import see
from serving.reading.search import search
from serving.reading.snapshot import Brain
from tests.cli.small_home import ZHANG_NUMBER
from tests.serving.console.conftest import ACCOUNTS, Served
from tests.serving.console.two_grids import GRID, NAMES, OTHER, number
from warehouse.answers import counts

LOOKERS = ("grid", "othergrid", "staff", "street", "steward")
TYPED = st.one_of(
    st.sampled_from(NAMES), st.sampled_from([name[0] for name in NAMES]),
    st.sampled_from([number(nth) for nth in range(len(NAMES))]), st.just(ZHANG_NUMBER),
    st.sampled_from([f"1350000{1000 + nth}" for nth in range(len(NAMES))]),
    st.sampled_from([f"{1000 + nth}" for nth in range(len(NAMES))]),
    st.sampled_from(["独居", "第一网格", "第二网格", "龙港花园", "9-1", "chenjianguo", "cjg", "lin",
                     "张三丰", "13812341234", GRID, OTHER, "%", "_%", "' OR 1=1 --", "1' OR '1"]),
    st.text(min_size=1, max_size=12),
)  # fmt: skip


def access(doors: Doors, name: str, purpose: str | None = None) -> Access:
    role, scope = ACCOUNTS[name]
    made = access_of(
        read_policy(doors.home.root), f"account:{name}", role, scope, doors.home.settings.divisions
    )
    return made.for_purpose(purpose)


@pytest.fixture(scope="module")
def brain(served: Served) -> Iterator[Brain]:
    with served.doors.snapshots.brain() as opened:
        yield opened


def grids_of(brain: Brain) -> dict[str, str | None]:
    found = brain.connection.execute("SELECT resident_id, grid_code FROM resident").fetchall()
    return dict(found)


@pytest.mark.parametrize("name", LOOKERS)
def test_every_number_is_the_length_of_its_list(served: Served, brain: Brain, name: str) -> None:
    purpose = {"grid": "走访", "othergrid": "走访"}.get(name, "核对")
    mine = access(served.doors, name, purpose)
    shown = [
        *overview.figures(brain.connection, mine, tuple(LISTS)),
        *(one for bar in overview.pyramid(brain.connection, mine) for one in (bar.men, bar.women)),
    ]
    if mine.sees("resident", "labels"):
        shown += overview.labels(brain.connection, mine)
    for figure in shown:
        rows = listed(brain.connection, mine, figure.choice, limit=10_000)
        assert len(rows) == figure.value, figure
        ids = [row[f"{figure.choice.listed.entity}_id"] for row in rows
               if figure.choice.listed.entity != "grid"]  # fmt: skip
        assert len(set(ids)) == len(ids)
    told = overview.told_of(brain.connection, mine)
    assert "police" in told
    for figure in told.values():
        rows = listed(brain.connection, mine, figure.choice, limit=10_000)
        assert len({row["resident_id"] for row in rows}) == len(rows) == figure.value, figure
    for tile in overview.tiles(brain.connection, mine):
        choice = Choice("residents", grid=tile.grid_code)
        assert count(brain.connection, mine, choice) == tile.residents


def test_the_whole_is_what_the_command_counts(served: Served, brain: Brain) -> None:
    whole, told = access(served.doors, "steward"), counts(brain.connection)
    shown = {
        f.choice.what: f.value for f in overview.figures(brain.connection, whole, tuple(LISTS))
    }
    assert shown["residents"] == told.residents >= 16
    assert (shown["registered"], shown["households"]) == (told.registered, told.households)
    assert (shown["grids"], shown["people"]) == (told.grids, told.people)
    labels = {f.title: f.value for f in overview.labels(brain.connection, whole)}
    assert labels == told.labels


def test_the_parts_add_up_to_the_whole(served: Served, brain: Brain) -> None:
    one, other, both = (
        overview.figures(brain.connection, access(served.doors, who), ("residents",))[0].value
        for who in ("grid", "othergrid", "staff")
    )
    assert one + other == both - count(
        brain.connection, access(served.doors, "staff"), Choice("no_grid")
    )
    bars = overview.pyramid(brain.connection, access(served.doors, "staff"))
    known = brain.connection.execute(
        "SELECT count(*) FROM resident WHERE lives_here AND birth_year IS NOT NULL "
        "AND sex_code IN ('1', '2')"
    ).fetchall()[0][0]
    assert sum(bar.men.value + bar.women.value for bar in bars) == known
    staff = access(served.doors, "staff")
    assert known + count(brain.connection, staff, Choice("no_age")) == both
    assert both > known, "and some are in no bar"


def test_an_age_is_in_the_bar_of_its_years(brain: Brain) -> None:
    from serving.reading.listing import AGE
    from warehouse.answers import TODAY

    rows = brain.connection.execute(
        f"""SELECT b, {AGE} FROM (
            SELECT {TODAY} - INTERVAL 30 YEAR + d * INTERVAL 1 DAY AS b,
                   ({TODAY} - INTERVAL 30 YEAR + d * INTERVAL 1 DAY)::DATE AS birth_date,
                   1900 AS birth_year
            FROM range(-2, 3) t(d)) r ORDER BY b"""
    ).fetchall()
    assert [age for _, age in rows] == [30, 30, 30, 29, 29]


@given(text=TYPED, name=st.sampled_from(LOOKERS), purpose=st.booleans())
def test_no_search_leaves_the_scope_or_shows_what_is_masked(
    served: Served, brain: Brain, text: str, name: str, purpose: bool
) -> None:
    stated = {"grid": "走访", "othergrid": "走访"}.get(name, "核对") if purpose else None
    mine, grids = access(served.doors, name, stated), grids_of(brain)
    try:
        hits = search(brain.connection, mine, text)
    except NotFoundError:
        return
    for row, _ in hits.found:
        assert mine.covers(grids[row["resident_id"]])
        for field in ("id_number", "phone", "name", "birth_date", "residence_address"):
            decided = mine.decide("resident", field).shown
            value = row.get(field)
            if value is not None and decided == "masked":
                assert "*" in str(value), (field, value)
            assert decided != "hidden" or field not in row


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("陈建国", "陈建国"), ("陈", "陈建国"), ("chenjianguo", "陈建国"), ("cjg", "陈建国"),
        ("chen jian guo", "陈建国"), (number(0), "陈建国"), (number(0)[-4:], "陈建国"),
        ("13500001000", "陈建国"), ("1002", "林志强"), ("龙港花园7-1-401", "陈建国"),
        ("独居", "陈建国"), ("第一网格", "陈建国"),
    ],
)  # fmt: skip
def test_what_is_typed_finds_the_person(
    served: Served, brain: Brain, text: str, found: str
) -> None:
    hits = search(brain.connection, access(served.doors, "staff", "核对"), text)
    assert found in [row["name"] for row, _ in hits.found]


def test_another_grids_people_do_not_exist(served: Served, brain: Brain) -> None:
    mine, owners = access(served.doors, "grid"), served.home.settings.owners
    for resident_id, grid in grids_of(brain).items():
        if grid == GRID:
            assert see(brain.connection, mine, resident_id, owners).resident_id == resident_id
            continue
        with pytest.raises(NotFoundError) as outside:
            see(brain.connection, mine, resident_id, owners)
        with pytest.raises(NotFoundError) as nobody:
            see(brain.connection, mine, f"R{'a' * 20}", owners)
        assert outside.value.zh == nobody.value.zh, "what is elsewhere sounds like what is not"
        assert "hub " not in nobody.value.zh, "whoever reads a page has no command"


@pytest.mark.parametrize("entity", ["household", "dwelling"])
def test_places_of_another_grid_do_not_exist(served: Served, brain: Brain, entity: str) -> None:
    read = {"household": places.household, "dwelling": places.dwelling}[entity]
    mine = access(served.doors, "othergrid")
    rows = brain.connection.execute(f"SELECT {entity}_id, grid_code FROM {entity}").fetchall()
    assert {grid for _, grid in rows} >= {GRID, OTHER}
    for key, grid in rows:
        if grid == OTHER:
            assert all(p["resident_id"] for p in read(brain.connection, mine, key).people)
        else:
            with pytest.raises(NotFoundError):
                read(brain.connection, mine, key)


def test_level_four_is_clear_under_a_purpose_only(served: Served, brain: Brain) -> None:
    owners = served.home.settings.owners
    ours = next(one for one, grid in grids_of(brain).items() if grid == GRID)
    for purpose, clear in ((None, False), ("核对", True)):
        mine = access(served.doors, "staff", purpose)
        seen = see(brain.connection, mine, ours, owners)
        (told,) = (one for one in seen.fields if one.name == "id_number")
        assert ("*" not in str(told.value)) is clear
        assert ("id_number" in seen.clear) is clear
        for other in told.others:
            assert clear or other.value is None or "*" in str(other.value)
        assert bool(seen.labels) <= clear


def test_labels_are_listed_under_a_purpose_only(served: Served, brain: Brain) -> None:
    choice = Choice("people", label="独居")
    assert listed(brain.connection, access(served.doors, "staff", "核对"), choice)
    with pytest.raises(HubError):
        listed(brain.connection, access(served.doors, "staff"), choice)
    hits = search(brain.connection, access(served.doors, "street", "核对"), "独居")
    assert hits.found == []
    assert "标签" in hits.refused


def test_as_of_a_past_day(served: Served, brain: Brain) -> None:
    from datetime import date

    mine, owners = access(served.doors, "steward", "核对"), served.home.settings.owners
    (zhang,) = brain.connection.execute(
        "SELECT resident_id FROM resident WHERE name = '张三丰'"
    ).fetchall()[0]

    def phone(as_of: date | None) -> object:
        seen = see(brain.connection, mine, zhang, owners, as_of)
        return next(one.value for one in seen.fields if one.name == "phone")

    assert phone(None) == "13899998888"
    assert phone(date(2026, 1, 2)) == "13899998888"
    assert phone(date(2026, 1, 1)) == "13812341234"
    with pytest.raises(NotFoundError):
        phone(date(2025, 12, 31))
