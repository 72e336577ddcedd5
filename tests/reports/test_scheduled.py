"""An extract with a schedule is an asset of Dagster behind the snapshot, and runs there."""

from pathlib import Path

import dagster as dg
import pytest

from hub.settings import Home
from pipelines.definitions import definitions_for

FILE = """
extract: counts
title: 人口统计
recipient: {department: 区统计局, scope: "510108"}
purpose: 统计
basis: {document: 依据, fields: [sex_code]}
count_by: [sex_code]
scope: "510108019006"
fresh_within: 40000d
schedule: "0 6 1 * *"
"""


@pytest.fixture
def scheduled(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    (home.root / "extracts" / "counts.yaml").write_text(FILE, encoding="utf-8")
    (home.root / "extracts" / "wrong.yaml").write_text("extract: [", encoding="utf-8")
    monkeypatch.setenv("HUB_HOME", str(home.root))
    return home


def test_a_scheduled_extract_runs_as_an_asset(scheduled: Home, tmp_path: Path) -> None:
    made = definitions_for(scheduled, scheduled.platforms())
    made.get_repository_def().load_all_definitions()  # as the daemon and the web server do
    assert "schedule__extract__counts" in {one.name for one in made.schedules or ()}
    job = made.resolve_job_def("extract__counts")
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        done = job.execute_in_process(instance=instance)
    assert done.success
    (folder,) = (scheduled.data / "out" / "counts").iterdir()
    assert (folder / "counts.csv").exists()
