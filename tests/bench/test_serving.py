"""The bench of the doors runs, on a crowd small enough for a test, and nothing fails on the way."""

from pathlib import Path

from bench.serving.__main__ import POLICY, audit_share, line, measure, pages, served_as
from bench.serving.crowd import crowd
from bench.serving.syncing import synced, views_during_sync
from tests.bench.test_bench import in_this_process


def test_every_request_is_answered_also_while_snapshots_are_published(tmp_path: Path) -> None:
    home = crowd(tmp_path / "home", 600)
    (home.root / "policy.yaml").write_text(POLICY, encoding="utf-8")
    found = list(measure(home, threads=2, seconds=0.5))
    assert [one.name for one in found] == [
        "view, one at a time", "search, one at a time", "view", "search", "view while publishing",
    ]  # fmt: skip
    for one in found:
        assert (one.wrong, one.requests > 0) == (0, True), line(one)
    assert len(list(pages(home, since=0))) == 4
    assert audit_share(home, threads=2, seconds=0.5, turns=2) < 1


def test_views_are_answered_while_a_sync_runs(tmp_path: Path) -> None:
    with synced(tmp_path / "town", 1_200, ("door", "care", "civil"), in_this_process) as town:
        (town.home.root / "policy.yaml").write_text(POLICY, encoding="utf-8")
        with served_as(town.home, {"测速": "*"}) as server:
            seen = views_during_sync(town, server, threads=2)
    assert (seen.wrong, seen.requests > 0) == (0, True), line(seen)
