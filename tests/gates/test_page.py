"""The gates' page and JSON."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from hub.settings import Home
from tests.gates.small_brain import make_home
from warehouse.gate_page import KEPT, write_gate_page
from warehouse.gates import SUITES, GateReport, GateResult

AT = datetime(2026, 3, 1, 18, 30, tzinfo=UTC)
GOOD = GateResult("keys", "居民编码不重复", True, 60, 0)
BAD = GateResult("drops", "各平台记录数没有骤减", False, 5, 1, ["police.people 原有 60 <b>"])
MINOR = GateResult("batches", "现行记录都按最新映射读入", False, 9, 2, ["a"], "warning")


@pytest.fixture
def own_home(tmp_path: Path) -> Home:
    return make_home(tmp_path / "home")


def test_failed_page_says_what_and_what_next(own_home: Home) -> None:
    page = write_gate_page(own_home, GateReport(False, [GOOD, BAD, MINOR]), None, AT)
    assert page == own_home.data / "out" / "gates.html"
    text = page.read_text(encoding="utf-8")
    assert "1 项不合格，没有发布" in text
    assert "--accept-drop" in text
    assert "另有 1 项提醒" in text
    assert "police.people 原有 60 &lt;b&gt;" in text
    assert "2026-03-02 02:30:00（北京时间）" in text
    facts = json.loads((page.parent / "gates-failed.json").read_text(encoding="utf-8"))
    assert facts["snapshot"] is None
    assert facts["results"][1]["rows_failed"] == 1


def test_page_needs_nothing_from_outside(own_home: Home) -> None:
    text = write_gate_page(own_home, GateReport(True, [GOOD]), 7, AT).read_text(encoding="utf-8")
    assert "全部通过，发布为快照 7" in text
    assert not re.search(r"https?:|//|<script|<link|<img|@import|url\(", text)


def test_every_suite_has_its_heading(own_home: Home) -> None:
    results = [GateResult(suite, "规则", True, 1, 0) for suite in SUITES]
    text = write_gate_page(own_home, GateReport(True, results), 1, AT).read_text(encoding="utf-8")
    assert all(f"<h2>{title}</h2>" in text for title in SUITES.values())


def test_newest_twenty_are_kept(own_home: Home) -> None:
    for number in range(1, KEPT + 4):
        page = write_gate_page(own_home, GateReport(True, [GOOD]), number, AT)
    kept = {path.name for path in page.parent.iterdir()}
    assert kept == {"gates.html", *(f"gates-{n}.json" for n in range(4, KEPT + 4))}
