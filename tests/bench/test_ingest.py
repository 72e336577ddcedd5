"""The ingest benchmark, tiny: every source is filled, read, and its rows accounted for."""

from pathlib import Path

from bench.ingest.__main__ import _parser, run, table
from bench.ingest.sources import COLUMNS, people

ROWS = 400


def test_every_source_comes_into_raw(
    servers_folder: Path, postgres_url: str, mariadb_url: str, tmp_path: Path
) -> None:
    size = ["--rows", str(ROWS), "--excel-rows", str(ROWS), "--repeat", "1"]
    given = _parser().parse_args([*size, "--skip-copy", "--servers", str(servers_folder)])
    lines = list(run(given, tmp_path))
    assert [(one.kind, one.way, one.rows) for one in lines] == [
        (kind, "hub", ROWS) for kind in ("postgres", "mariadb", "csv", "excel", "json")
    ]
    assert all(one.peak_mb > 50 for one in lines)
    assert [one.kind for one in lines if one.ratio is None] == ["postgres", "mariadb"]
    assert len(table(lines).splitlines()) == 6
    assert [one.name for one in tmp_path.iterdir() if one.name.endswith("hub-0")] == []


def test_the_people_are_as_many_and_each_is_another() -> None:
    rows = people(ROWS)
    assert (rows.height, tuple(rows.columns)) == (ROWS, COLUMNS)
    assert rows["id"].n_unique() == rows["sfz"].n_unique() == ROWS
    assert 0 < rows["bz"].null_count() < ROWS
