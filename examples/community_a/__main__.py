"""`python -m examples.community_a start|stop|change NAME --home DIR`, for people."""

import argparse
import sys
from pathlib import Path

from examples.community_a import changes, run
from hub.errors import HubError


def main() -> int:
    """Do as asked; 1 when it cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m examples.community_a", description="甲社区演示"
    )
    parser.add_argument(
        "what", choices=("start", "stop", "change"), help="启动、停止、制造一个变化"
    )
    names = "；".join(f"{name} {one.title}" for name, one in changes.CHANGES.items())
    parser.add_argument("name", nargs="?", help=f"变化的名称：{names}")
    parser.add_argument("--home", type=Path, default=Path("demo"), help="数据大脑目录，默认 demo")
    given = parser.parse_args()
    try:
        if given.what == "start":
            _start(given.home)
        elif given.what == "stop":
            run.stop(given.home)
            print("甲社区的平台已停止，数据保留。")
        else:
            print(changes.make(given.home, given.name or "").told())
    except HubError as error:
        print(error.zh, file=sys.stderr)
        return 1
    return 0


def _start(home: Path) -> None:
    report = run.start(home, progress=print)
    for platform, records in report.records.items():
        print(f"  {platform}：{records} 条记录")
    for note in report.notes:
        print(note)
    print(f"甲社区的七个平台已就绪，数据大脑目录：{report.home}")


if __name__ == "__main__":
    raise SystemExit(main())
