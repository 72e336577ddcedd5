"""The benchmark of identity, small: it runs, its figures are those of the truth, none is poor."""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from bench.identity import __main__ as bench
from bench.identity.cases import Found, measure, measure_core, steady, world
from bench.identity.febrl import core_of, repeating
from bench.identity.scores import Score, b_cubed, pairwise
from identity.model import read_model

PEOPLE = 700


@pytest.fixture(scope="module")
def found() -> dict[str, Found]:
    return {recipe: measure(recipe, PEOPLE, 5) for recipe in ("ordinary", "hard", "fillers")}


@pytest.mark.parametrize(
    ("recipe", "precision", "recall"),
    [("ordinary", 0.999, 0.99), ("hard", 0.998, 0.985), ("fillers", 0.998, 0.8)],
)
def test_people_are_told_apart(
    found: dict[str, Found], recipe: str, precision: float, recall: float
) -> None:
    one = found[recipe]
    assert one.pairs.precision >= precision
    assert one.pairs.recall >= recall
    assert one.cubed.f1 >= one.exact.f1
    assert one.answered.f1 >= one.pairs.f1, "what a steward answers by the truth cannot harm"
    assert one.asked <= 0.01
    assert one.largest <= 12


def test_what_is_shown_is_right(found: dict[str, Found]) -> None:
    right = found["ordinary"].shown
    assert right.households >= 0.96
    assert right.grids >= 0.97
    assert min(right.fields[f] for f in ("id_number", "name", "sex_code", "birth_date")) >= 0.98
    assert right.fields["phone"] >= 0.93


def test_the_tables_print(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.identity.febrl.PYTHON", ("false",))
    bench.main(["--recipes", "sparse", "--seeds", "5", "--people", "120", "--febrl"])
    printed = capsys.readouterr().out
    assert printed.count("sparse") == 2
    assert "households" in printed
    assert "FEBRL was left out" in printed
    with pytest.raises(SystemExit):
        bench.main(["--recipes", "unknown"])


def test_ids_are_steady() -> None:
    one = steady(250, 5)
    assert one.same_on_rerun
    assert one.same_shuffled


def test_a_world_is_its_seed() -> None:
    assert world("hard", 60, 1).rows == world("hard", 60, 1).rows
    assert world("hard", 60, 1).rows != world("hard", 60, 2).rows


def test_scores_by_hand() -> None:
    links = pl.DataFrame({"person": [1, 1, 1, 2], "resident": ["a", "a", "b", "b"]})
    assert pairwise(links) == Score(1 / 2, 1 / 3)
    cubed = b_cubed(links)
    assert cubed.precision == pytest.approx((1 + 1 + 0.5 + 0.5) / 4)
    assert cubed.recall == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1) / 4)


HEADER = (
    "rec_id,given_name,surname,street_number,address_1,address_2,suburb,postcode,state,"
    "date_of_birth,soc_sec_id\n"
)
FEBRL = """\
rec-1-org,mitchell,green,7,wallaby place,delmar,cleveland,2119,sa,19560409,1804974
rec-1-dup-0,gren,mitchell,7,wallaby plcae,delmar,cleveland,2119,sa,19560409,1804974
rec-2-org,harley,mccarthy,177,pridham street,milton,marsden,3165,nsw,19080419,6089216
rec-2-dup-0,harley,mccarthy,177,pridham street,milton,marsden,3165,nsw,19080419,6089216
rec-3-org,lydia,webb,6,kent street,,towradgi,3107,nsw,19940503,1232838
"""


def test_other_peoples_sets_come_in_by_a_platform_file(tmp_path: Path) -> None:
    (tmp_path / "febrl3-a.csv").write_text(HEADER + FEBRL, encoding="utf-8")
    core = core_of([tmp_path / "febrl3-a.csv"])
    assert core["person"].to_list() == [1, 1, 2, 2, 3]
    assert core["name"].to_list()[0] == "mitchell green"
    assert repeating(core) == {("febrl3-a", "people")}
    model = replace(read_model(), repeating=repeating(core))
    assert measure_core(core, model)[0] == Score(1.0, 1.0)
