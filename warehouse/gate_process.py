"""The judge's own process: import, say ready, then read requests and write an answer to each.

    stdout  {"ready": true}
    stdin   a request, one line of JSON (`GateRequest`)
    stdout  {"passed": …, "results": […]}  or  {"error": …, "zh": …}

It ends with its input. Only these lines reach
stdout: whatever else is printed goes to stderr. No message quotes data.
"""

import json
import os
import sys
import traceback
from collections.abc import Mapping
from dataclasses import asdict
from typing import TextIO

UNUSED = ("scipy.stats", "altair")
"""Great Expectations imports these for expectations and pages that are not ours: two seconds."""

BROKEN = (
    "发布前的质量检查没有做成（检查程序出错：{kind}，不是数据不合格），本次没有发布，"
    "仍用上一份快照。请再运行一次 hub sync；若仍失败，请联系系统维护人员。"
)


def main() -> None:
    """Serve one request after the other."""
    with _answers() as answers:
        os.environ["GX_ANALYTICS_ENABLED"] = "false"  # before the import, which reads it
        from hub.imports import collect_seldom, deferring

        collect_seldom()
        import schemas.entities  # noqa: F401 - first, while there is no pandas

        with deferring(*UNUSED):
            import warehouse.suites  # noqa: F401 - so that judging starts at once
            from warehouse.expectations import warm_up

        warm_up()
        _say(answers, {"ready": True})
        while (line := sys.stdin.readline()).endswith("\n"):
            _say(answers, _judged(line))


def _answers() -> TextIO:
    """Keep stdout for answers; prints of any library go to stderr from here on."""
    own = os.dup(1)
    os.dup2(2, 1)
    return os.fdopen(own, "w", encoding="utf-8")


def _say(answers: TextIO, message: Mapping[str, object]) -> None:
    answers.write(json.dumps(message, ensure_ascii=False) + "\n")
    answers.flush()


def _judged(line: str) -> dict[str, object]:
    from hub.errors import HubError
    from warehouse.gates import GateRequest
    from warehouse.suites import judge

    try:
        return asdict(judge(GateRequest.from_json(line)))
    except HubError as error:
        return {"error": str(error), "zh": error.zh}
    except Exception as error:  # whatever it was, its parent must hear why
        traceback.print_exc()
        kind = type(error).__name__
        return {"error": kind, "zh": BROKEN.format(kind=kind)}


if __name__ == "__main__":
    main()
