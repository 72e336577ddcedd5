"""The promise of `hub platform add`, on the corpus: 95 % right, and never sure of what is wrong."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from schemas.matching.lexicon import HAN
from schemas.matching.proposal import Refusal, propose
from tests.matching.measuring import measure, proposed, settings_wrong, sources, table_of
from tests.matching.people import TODAY

PARTS = (
    *("built_with", "held_back", "written_last", "written_later", "fresh"),
    *("newcomers", "afterwards", "third_look", "fourth_look", "fifth_look"),
    *("sixth_look", "seventh_look", "eighth_look", "ninth_look", "tenth_look"),
    *("eleventh_look", "twelfth_look", "thirteenth_look", "fourteenth_look", "fifteenth_look"),
    *("sixteenth_look", "seventeenth_look", "eighteenth_look", "nineteenth_look"),
    *("twentieth_look", "twenty_first_look", "twenty_second_look", "twenty_third_look"),
    *("twenty_fourth_look", "twenty_fifth_look", "twenty_sixth_look"),
    *("twenty_seventh_look", "twenty_eighth_look", "thirtieth_look"),
    *("thirty_first_look", "thirty_third_look", "thirty_fourth_look", "thirty_fifth_look"),
    "thirty_sixth_look",
)
LATEST = PARTS[PARTS.index("sixth_look") :]


@pytest.mark.parametrize("half", PARTS)
def test_columns_are_right(half: str) -> None:
    found = measure(half)
    wrong = [one for one in found if not one.right]
    assert len(wrong) <= 0.05 * len(found), wrong
    assert not [one for one in wrong if one.confidence > 0.9]


def test_the_corpus_is_wide() -> None:
    halves = {half: sources(half) for half in ("built_with", "held_back")}
    assert min(map(len, halves.values())) >= 13
    assert len({one["source"] for half in halves.values() for one in half}) >= 25


@pytest.mark.parametrize("half", ["built_with", "held_back"])
def test_keys_and_increments_are_right(half: str) -> None:
    assert len(settings_wrong(half)) <= 1


@pytest.mark.parametrize("half", LATEST)
def test_what_is_wrong_is_left_to_the_officer(half: str) -> None:
    """Below what counts as sure, too, nothing wrong may be mapped at once."""
    assert not [one for one in measure(half) if not one.right and one.active]


@pytest.mark.parametrize("half", LATEST)
def test_extras_are_found_and_none_is_wrong(half: str) -> None:
    told, found = 0, 0
    for at, source in enumerate(sources(half)):
        made = proposed(half, at)
        extras = {} if isinstance(made, Refusal) else {c: t for t, c in made.extras.items()}
        assert extras.items() <= source["extras"].items(), source["source"]
        told, found = told + len(source["extras"]), found + len(extras)
    assert found >= 0.9 * told


@pytest.mark.parametrize(
    "written",
    [lambda name: f"f_{name}", lambda name: f"zzq_{name}", lambda name: f"C_{name.upper()}"],
    ids=["noise", "vendor", "typed"],
)
def test_what_a_vendor_puts_before_all_names_changes_nothing(
    written: Callable[[str], str],
) -> None:
    same, columns = 0, 0
    for half in ("twentieth_look", "twenty_first_look", "twenty_third_look"):
        for at, source in enumerate(sources(half)):
            table, plain = table_of(source), proposed(half, at)
            if isinstance(plain, Refusal) or any(HAN.search(one.name) for one in table.columns):
                continue
            named = [replace(one, name=written(one.name)) for one in table.columns]
            made = propose(replace(table, columns=tuple(named), keys=()), today=TODAY)
            assert not isinstance(made, Refusal), source["source"]
            pairs = list(zip(plain.decisions, made.decisions, strict=True))
            columns += len(pairs)
            same += sum(one.field == other.field for one, other in pairs)
    assert columns > 100
    assert same >= 0.97 * columns
