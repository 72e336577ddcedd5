"""The gates: a finished work copy is judged before it is published.

Great Expectations takes seconds to import, so the judge is a process of its own that is started
when a run begins and has long been ready when the work copy is.

    with GateProcess() as gates:
        ...                                   # pull, standardise, apply, resolve, close the copy
        report = gates.judge({"home": ..., "path": ...})   # the fields of GateRequest
"""

import contextlib
import json
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any, Literal

from hub.errors import GateError

Severity = Literal["critical", "warning"]

SUITES = {
    "keys": "编码唯一",
    "references": "引用完整",
    "codes": "代码规范",
    "numbers": "证件号码",
    "drops": "数量骤减",
    "batches": "批次对账",
}
"""Every suite and its Chinese title, in the order of the page."""

ADVICE = {
    "drops": "请先核对来源；若确实减少，运行 hub sync 平台名 --accept-drop 后发布，"
    "居民总数确实减少则调高 hub.yaml 的 gates.residents_drop",
    "codes": "请在该平台的映射或 schemas/codes 的代码表里补上对照后再运行 hub sync",
}
OTHER_ADVICE = "这不是来源的问题，请把检查页交给系统维护人员"


@dataclass(frozen=True)
class GateResult:
    """What one expectation found. `examples` are the hub's own ids and keys, never values."""

    suite: str
    title: str
    passed: bool
    rows_checked: int
    rows_failed: int
    examples: list[str] = field(default_factory=list)
    severity: Severity = "critical"


@dataclass(frozen=True)
class GateReport:
    """Every result; a failed warning does not keep a work copy from being published."""

    passed: bool
    results: list[GateResult]

    @property
    def failed(self) -> list[GateResult]:
        """What keeps the work copy from being published."""
        return [one for one in self.results if not one.passed and one.severity == "critical"]

    @property
    def warnings(self) -> list[GateResult]:
        """What a person should look at some time."""
        return [one for one in self.results if not one.passed and one.severity == "warning"]

    @property
    def sentence(self) -> str:
        """What failed, for the officer."""
        return failed_sentence(self)


@dataclass(frozen=True)
class GateRequest:
    """What to judge, and how much may be lost.

    Args:
        home: Root of the hub home; the key is read from it by the judge itself.
        path: The work copy, closed by its writer.
        base_path: The snapshot it was made from; None before the first.
        allow_drop: Platform to stream to the share of its records that may be gone.
        residents_drop: Share of the residents living here that may be gone.
        accept_drop: Platforms whose losses a person has accepted.
    """

    home: Path
    path: Path
    base_path: Path | None
    allow_drop: Mapping[str, Mapping[str, float]]
    residents_drop: float
    accept_drop: Sequence[str] = ()

    @classmethod
    def from_json(cls, line: str) -> "GateRequest":
        """Read the line that a `GateProcess` sent."""
        fields: dict[str, Any] = json.loads(line)
        base = fields.pop("base_path")
        home, path = Path(fields.pop("home")), Path(fields.pop("path"))
        return cls(home=home, path=path, base_path=Path(base) if base else None, **fields)


class GateProcess:
    """The judge: a process that judges one work copy after the other, until it is closed.

    Args:
        ready_timeout: Seconds that its imports may take, on a busy machine.
        judge_timeout: Seconds that judging may take.
    """

    def __init__(self, ready_timeout: float = 180, judge_timeout: float = 900) -> None:
        self.ready_timeout, self.judge_timeout = ready_timeout, judge_timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._scratch: TemporaryDirectory[str] | None = None
        self._unread, self._ready = b"", False
        self._starting = Lock()  # several pulls may be the first to have something new

    def __enter__(self) -> "GateProcess":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Process id, while it runs."""
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start importing; returns at once. Calls after the first do nothing."""
        with self._starting:
            if self._process is None:
                self._open()

    def _open(self) -> None:
        self._scratch = TemporaryDirectory(prefix="hub-gates-")
        code = str(Path(__file__).resolve().parents[1])
        # whatever Great Expectations writes beside our answers goes away with the scratch folder
        environment = os.environ | {
            "GX_ANALYTICS_ENABLED": "false",
            "HOME": self._scratch.name,
            "TMPDIR": self._scratch.name,
            "PYTHONPATH": os.pathsep.join(filter(None, [code, os.environ.get("PYTHONPATH")])),
            "PYTHONWARNINGS": "ignore",
        }
        with self._log().open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "warehouse.gate_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment,
                bufsize=0,
            )

    def judge(self, request: Mapping[str, object]) -> GateReport:
        """Judge one work copy; a process that broke down or took too long is ended.

        `request` has the fields of `GateRequest`; paths may be texts.

        Raises:
            GateError: the judge broke down, or took too long. Of bad data the report tells.
        """
        self.start()
        try:
            answer = self._ask(json.dumps(request, default=str).encode() + b"\n")
        except BaseException:
            self.close()
            raise
        if "error" in answer:
            raise GateError(f"gates broke down: {answer['error']}", zh=answer["zh"])
        results = [GateResult(**one) for one in answer["results"]]
        return GateReport(answer["passed"], results)

    def _ask(self, line: bytes) -> dict[str, Any]:
        process = self._process
        if process is None or process.stdin is None:
            raise AssertionError("start() opens a process with pipes")
        self.wait_ready()
        with contextlib.suppress(BrokenPipeError):  # then there is no answer either
            process.stdin.write(line)
        answer: dict[str, Any] = json.loads(self._read_line(self.judge_timeout, "judge"))
        return answer

    def wait_ready(self) -> None:
        """Wait until it has imported all it needs."""
        if not self._ready:
            self._read_line(self.ready_timeout, "start")
            self._ready = True

    def close(self) -> None:
        """End the process, whatever it is doing; safe to call twice."""
        if self._process is not None:
            self._process.kill()  # it holds nothing that must be kept
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    pipe.close()
            self._process = None
        if self._scratch is not None:
            self._scratch.cleanup()
            self._scratch = None
        self._unread, self._ready = b"", False

    def _log(self) -> Path:
        return Path(self._scratch.name if self._scratch else ".") / "stderr.log"

    def _read_line(self, seconds: float, step: str) -> bytes:
        """Read one line of its answers, or say why there is none."""
        process = self._process
        if process is None or process.stdout is None:
            raise AssertionError("start() opens a process with pipes")
        until = time.monotonic() + seconds
        while b"\n" not in self._unread:
            left = until - time.monotonic()
            ready, _, _ = select.select([process.stdout], [], [], max(left, 0))
            if not ready:
                raise GateError(
                    f"gates: no answer to {step} within {seconds:g} s",
                    zh=f"发布前的质量检查超过 {seconds:g} 秒没有结果，本次没有发布，"
                    "仍用上一份快照。请等机器空闲后再运行一次 hub sync。",
                )
            read = os.read(process.stdout.fileno(), 1 << 16)
            if not read:
                raise self._crashed(process.wait(), step)
            self._unread += read
        line, self._unread = self._unread.split(b"\n", 1)
        return line

    def _crashed(self, code: int, step: str) -> GateError:
        log = self._log().read_text(encoding="utf-8", errors="replace")
        # the kind of the last error only: its message may quote data
        kinds = re.findall(r"^([A-Za-z_][\w.]*(?:Error|Exception|Interrupt))\b", log, re.MULTILINE)
        why = f"exit code {code}" + (f", {kinds[-1]}" if kinds else "")
        return GateError(
            f"gates: the process ended during {step} ({why})",
            zh=f"发布前的质量检查进程意外退出（{why}），本次没有发布，仍用上一份快照。"
            "请检查内存和磁盘是否够用，再运行一次 hub sync。",
        )


def failed_sentence(report: GateReport) -> str:
    """Say to the officer what failed, with rows, and what to do next."""
    failed = report.failed
    if not failed:
        return "发布前的质量检查全部通过。"
    said = "；".join(f"{one.title}（{_found(one)}）" for one in failed[:5])
    more = f"；另有 {len(failed) - 5} 项" if len(failed) > 5 else ""
    suites = dict.fromkeys(one.suite for one in failed)
    advice = dict.fromkeys(ADVICE.get(suite, OTHER_ADVICE) for suite in suites)
    return f"质量检查有 {len(failed)} 项不合格：{said}{more}。{'；'.join(advice)}。"


def _found(one: GateResult) -> str:
    examples = f"，如 {'、'.join(one.examples[:2])}" if one.examples else ""
    return f"{one.rows_failed} 处{examples}"
