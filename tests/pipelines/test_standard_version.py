"""A home of an older version of the standard: its batches are read again under today's rules."""

from pathlib import Path

import polars as pl
import pytest
from small_home import database, make_home
from steps import Steps

from schemas.entities import STANDARD_VERSION

STREAM = ("police", "persons")


def old_verdict(text: pl.Series) -> pl.DataFrame:
    """As it was: anything is a name."""
    return pl.DataFrame({"value": text, "reason": pl.Series([None] * len(text), dtype=pl.String)})


def test_what_an_older_version_wrote_is_standardised_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps(make_home(tmp_path / "home", people=12))
    with database(steps.home, "police") as db:
        db.execute("UPDATE person SET xm = '13812345678' WHERE rowid = 3")
    with monkeypatch.context() as older:
        older.setattr("schemas.mapping.STANDARD_VERSION", str(int(STANDARD_VERSION) - 1))
        older.setattr("schemas.names._odd", old_verdict)
        steps.both(*STREAM)
        steps.publish()
    before = "SELECT count(*) FROM resident_record WHERE name = '13812345678'"
    issues = "SELECT field, reason FROM issue WHERE reason = 'bad_name'"
    assert steps.query(before) == [(1,)]
    assert steps.query(issues) == []
    pull, counts = steps.both(*STREAM)
    assert (pull.stored, counts.rows) == (0, 12)  # nothing new at the source, all read anew
    steps.publish()
    assert steps.query(before) == [(0,)]
    assert steps.query(issues) == [("name", "bad_name")]
    assert steps.query("SELECT count(*) FROM resident_record") == [(12,)]
    assert steps.standardise(*STREAM).rows == 0
