"""Who used a record is known as long as it was ever used, not for the last run only."""

import tempfile
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.init import make_home
from hub.settings import open_home
from reports.uses import LAST, keep_departed, last_use
from warehouse.duck import memory, write_parquet

PEOPLE = ("Ra", "Rb", "Rc")


@settings(max_examples=12, deadline=None)
@given(st.lists(st.sets(st.sampled_from(PEOPLE)), min_size=1, max_size=5))
def test_the_last_run_that_held_somebody_is_told(runs: list[set[str]]) -> None:
    with tempfile.TemporaryDirectory() as made:
        make_home(Path(made) / "home", "测试")
        home, folder = open_home(Path(made) / "home"), Path(made) / "kept"
        told: dict[str, str] = {}
        for nth, held in enumerate(runs):
            ids = pl.Series("resident_id", sorted(held), dtype=pl.String)
            for _ in range(2):  # as after a run that was cut short
                keep_departed(home, folder, ids, f"2026-01-0{nth}")
            with memory(home) as connection:
                connection.register("held", ids.to_frame().to_arrow())
                write_parquet(home, connection, "SELECT * FROM held", folder / LAST)
            told |= dict.fromkeys(held, f"2026-01-0{nth + 1}")
        for one in PEOPLE:
            assert last_use(home, folder, [one, "Rz"], f"2026-01-0{len(runs)}") == told.get(one)
