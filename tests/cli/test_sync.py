"""`hub sync` tells the run's outcome; the run itself is tested where it lives."""

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cli.sync import STEPS
from hub.errors import BusyError, ConfigError, HubError, NotFoundError
from hub.settings import Home
from tests.cli.conftest import Hub


@dataclass(frozen=True)
class Pull:
    platform: str = "police"
    stream: str = "residents"
    status: str = "complete"
    read: int = 1234
    stored: int = 3
    unchanged: int = 1231
    repeated: int = 4
    gone: int = 0
    set_aside: int = 1
    with_issues: int = 2
    error: str | None = None
    notes: tuple[str, ...] = ("第 2 页重复",)
    values_dropped: int = 5
    marked: int = 17


@dataclass(frozen=True)
class Failure:
    place: str
    kind: str
    zh: str


@dataclass(frozen=True)
class Report:
    run_id: int = 1
    status: str = "ok"
    published: int | None = 7
    pulls: list[Pull] = field(default_factory=lambda: [Pull()])
    failures: list[Failure] = field(default_factory=list)
    seconds: float = 1.5
    steps: dict[str, float] = field(default_factory=lambda: {"identity": 0.7, "publish": 0.01})
    let_go: list[object] = field(default_factory=list)
    remarks: list[str] = field(default_factory=lambda: ["平台文件里已没有 grid.residents"])


DOWN = Failure("police.residents", "SourceDownError", "公安人口库连不上：请检查网络。")
Answering = Callable[[object], dict[str, Any]]


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Let run_sync answer with a report or an error; what it was asked is in the dictionary."""

    def set_answer(answer: object) -> dict[str, Any]:
        asked: dict[str, Any] = {}

        def run_sync(home: Home, platforms: list[str], *, accept_drop: bool, tick: Any) -> Any:
            asked.update(platforms=list(platforms), accept_drop=accept_drop)
            tick("police.residents", 1000)
            tick("police.residents", 2000)
            tick("brain", 0)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        monkeypatch.setitem(sys.modules, "pipelines.sync", SimpleNamespace(run_sync=run_sync))
        return asked

    return set_answer


@pytest.mark.parametrize(
    ("report", "code", "says"),
    [
        (Report(), 0, "已发布快照 7"),
        (Report(published=None), 0, "没有新的变化"),
        (Report(status="partial", failures=[DOWN]), 3, "已发布快照 7"),
        (Report(status="failed", published=None, failures=[DOWN]), 1, "没有发布新的快照"),
        (
            Report(status="failed", published=None, failures=[replace(DOWN, kind="BusyError")]),
            4,
            "没有发布",
        ),
    ],
)
def test_how_it_ended(
    hub: Hub, small_home: Home, answering: Answering, report: Report, code: int, says: str
) -> None:
    answering(report)
    ran = hub("sync", home=small_home)
    assert ran.code == code
    assert "17 行在来源标为已删除" in ran.out
    assert "4 行与这次前面读到的行完全相同，只算一次" in ran.out
    assert says in ran.out
    assert "1,234" in ran.out
    assert "提示：平台文件里已没有 grid.residents" in ran.out
    assert ran.out.count("police.residents……") == 1
    assert all(one.zh in ran.err for one in report.failures)


def test_what_is_asked(hub: Hub, small_home: Home, answering: Answering) -> None:
    asked = answering(Report())
    hub("sync", "police", "door", "--accept-drop", home=small_home)
    assert asked == {"platforms": ["police", "door"], "accept_drop": True}


def test_unknown_platform(hub: Hub, small_home: Home, answering: Answering) -> None:
    asked = answering(Report())
    ran = hub("sync", "police", "nobody", home=small_home)
    assert (ran.code, asked) == (2, {})
    assert "nobody" in ran.err


def test_json_only(hub: Hub, small_home: Home, answering: Answering) -> None:
    answering(Report())
    ran = hub("sync", "--json", home=small_home)
    assert ran.json["published"] == 7
    assert ran.json["pulls"][0]["read"] == 1234


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BusyError("x", zh="另一个同步正在进行。"), 4),
        (ConfigError("x", zh="文件写错了。"), 2),
        (NotFoundError("x", zh="没有。"), 1),
        (HubError("x", zh="不行。"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors(
    hub: Hub, small_home: Home, answering: Answering, error: BaseException, code: int
) -> None:
    answering(error)
    ran = hub("sync", home=small_home)
    assert ran.code == code
    assert getattr(error, "zh", "已中断") in ran.err


def test_every_step_that_is_timed_has_a_chinese_name() -> None:
    source = Path(sys.modules["cli.sync"].__file__ or "").parents[1] / "pipelines"
    timed = [
        re.findall(r'timed\((?:done, )?"(\w+)"', one.read_text()) for one in source.glob("*.py")
    ]
    names = {name for found in timed for name in found}
    assert len(names) > 5
    assert names <= STEPS.keys()
