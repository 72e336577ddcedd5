"""`hub status`: how much is known, how fresh it is, what failed, on one screen."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cli.options import HomeOption, JsonOption, the_home

if TYPE_CHECKING:
    from hub.errors import ConfigError
    from hub.settings import Home
    from warehouse.answers import Counts

RUNS = {
    "ok": "全部成功",
    "partial": "部分成功",
    "failed": "没有成功",
    "running": "正在进行",
    "cut": "中途被打断",
}
WHOLE = (
    ("residents", "常住人口"), ("registered", "户籍人口"), ("households", "常住户"),
    ("compounds", "小区"), ("grids", "网格"), ("area_hectare", "面积（公顷）"),
)  # fmt: skip
DOUBTS = (
    ("duplicates", "合并的重复"), ("without_grid", "没有网格"), ("without_household", "没有户"),
    ("ambiguous", "认不准的记录"), ("issues", "有问题的记录"), ("quarantined", "隔离的记录"),
)  # fmt: skip


def status(home: HomeOption = None, json: JsonOption = False) -> None:
    """Show counts, freshness and failures."""
    opened = the_home(home)
    answer, wrong = collect(opened)
    if json:
        from cli.screen import as_json

        as_json(answer)
    else:
        _show(opened, answer, wrong)


def collect(home: "Home") -> tuple[dict[str, Any], "list[ConfigError]"]:
    """Gather the answer, and what is wrong with platform files. Counts are 0 before a snapshot."""
    from pipelines.retired import to_be_told
    from serving.reading.freshness import freshness
    from serving.reading.glance import glance
    from warehouse.snapshots import list_snapshots

    platforms, wrong = home.read_platforms()
    pulls, run = glance(home.data / "ledger.sqlite")
    last = {(pull.platform, pull.stream): pull for pull in pulls}
    current = next((one for one in list_snapshots(home) if one.current), None)
    numbers = _numbers(home) if current else None
    answer: dict[str, Any] = {
        "name": home.settings.name,
        "home": str(home.root),
        "snapshot": current.number if current else None,
        "published_at": current.published_at if current else None,
        "last_run": asdict(run) if run else None,
    }
    answer |= _flat(numbers)
    listed = []
    for name, platform in platforms.items():
        state = freshness(platform, last, running=run is not None and run.status == "running")
        streams = [s for s in numbers.streams if s.platform == name] if numbers else []
        listed.append(
            {
                "name": name,
                "title": platform.title,
                "last_sync": state.last_sync,
                "records": sum(s.records for s in streams),
                "issues": sum(s.issues for s in streams),
                "quarantined": sum(s.quarantined for s in streams),
                "freshness": state.state,
                "message": state.message,
                "changes": [
                    f"{pull.stream} {line}"
                    for pull in pulls
                    if pull.platform == name
                    for line in pull.changes
                ],
            }
        )
    answer["platforms"] = listed
    answer["remarks"] = [] if wrong else to_be_told(home, platforms)
    answer["config_errors"] = [error.zh for error in wrong]
    return answer, wrong


def _numbers(home: "Home") -> "Counts":
    from warehouse.answers import counts
    from warehouse.snapshots import reading

    with reading(home) as connection:
        return counts(connection)


def _flat(numbers: "Counts | None") -> dict[str, Any]:
    if numbers is not None:
        return {name: value for name, value in asdict(numbers).items() if name != "streams"}
    from warehouse.answers import Counts

    return {
        name: {} if name.startswith("label") else 0
        for name in Counts.__dataclass_fields__
        if name != "streams"
    }


def _show(home: "Home", answer: dict[str, Any], wrong: "list[ConfigError]") -> None:
    from cli.screen import complain, heading, moment, pairs, say, table
    from serving.reading.freshness import STYLES, WORDS

    heading(home.settings.name)
    if answer["snapshot"] is None:
        say("还没有数据：请运行 hub sync 做第一次同步。")
    else:
        say(f"快照 {answer['snapshot']}，发布于 {moment(answer['published_at'])}")
        say("")
        pairs([(title, answer[name]) for name, title in (*WHOLE, *DOUBTS)])
        if answer["labels"]:
            heading("标签")
            pairs(list(answer["labels"].items()), across=4)
    run = answer["last_run"]
    if run and run["status"] != "ok":
        say("", f"最近一次同步（{moment(run['started_at'])}）：{RUNS.get(run['status'], '未知')}")
    if answer["platforms"]:
        heading("平台")
        table(
            ("平台", "名称", "最近同步", "记录", "问题", "隔离", "状态"),
            [
                (p["name"], p["title"], p["last_sync"], p["records"], p["issues"],
                 p["quarantined"], WORDS[p["freshness"]])
                for p in answer["platforms"]
            ],
            right=("记录", "问题", "隔离"),
            whole=("平台", "最近同步", "状态"),
            styles=STYLES,
        )  # fmt: skip
    else:
        say("还没有平台：请照 platforms/示例.yaml.txt 写一个平台文件。")
    for one in answer["platforms"]:
        if one["message"]:
            say(*(f"{one['title']}：{line}" for line in one["message"].splitlines()))
        say(*(f"来源变化 {one['title']}：{line}" for line in one["changes"]))
    say(*answer["remarks"])
    for error in wrong:
        complain(error.zh)
