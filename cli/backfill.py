"""`hub backfill PLATFORM --from --to`: a window read again, and published."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.options import HomeOption, JsonOption, one_platform, the_home
from hub.errors import ConfigError, HubError

FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S")


def backfill(
    name: Annotated[str, typer.Argument(metavar="平台", help="平台名", show_default=False)],
    since: Annotated[
        str, typer.Option("--from", metavar="时间", help="从这一刻起，例如 2026-01-01")
    ],
    until: Annotated[
        str, typer.Option("--to", metavar="时间", help="到这一刻止；只写日期就含这一整天")
    ],
    stream: Annotated[
        str | None,
        typer.Option("--stream", metavar="数据流", help="只补取这一个", show_default=False),
    ] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """Read a window of the platform's watermark streams again, and publish what differs."""
    from cli.screen import as_json, complain, say
    from cli.sync import progress
    from ledger import open_ledger
    from pipelines.backfill import backfill_stream, backfill_streams
    from pipelines.replay import replay

    opened = the_home(home)
    platform = one_platform(opened, name)
    window = window_of(since, until, platform.timezone)
    done: list[dict[str, Any]] = []
    failures: list[str] = []
    ledger = open_ledger(opened.data / "ledger.sqlite")
    with progress(quiet=json) as tick:
        try:
            for one in backfill_streams(platform, stream):
                try:
                    pull = backfill_stream(opened, ledger, (platform, one), window, tick)
                except ConfigError:
                    raise
                except HubError as error:  # the stream ends here; the others go on
                    failures.append(error.zh)
                    continue
                counts = {"read": pull.read, "stored": pull.stored}
                counts |= {"unchanged": pull.unchanged, "repeated": pull.repeated}
                done.append({"stream": one, **counts, "notes": pull.notes})
        finally:
            ledger.close()
        report = replay(opened, [platform.platform], tick)
    failures += report.failures
    if json:
        as_json({"streams": done, "published": report.published, "failures": failures})
    else:
        for one_done in done:
            say(
                f"{one_done['stream']}：读到 {one_done['read']:,} 行，"
                f"有变化 {one_done['stored']:,} 行，未变 {one_done['unchanged']:,} 行"
                + (f"，重复 {one_done['repeated']:,} 行。" if one_done["repeated"] else "。")
            )
            for note in one_done["notes"]:
                say(f"提示 {one_done['stream']}：{note}")
        for line in failures:
            complain(line)
        say("没有新的变化。" if report.published is None else f"已发布快照 {report.published}。")
    raise typer.Exit(1 if failures else 0)


def window_of(since: str, until: str, timezone: str) -> tuple[datetime, datetime]:
    """Both ends in the platform's zone; a `--to` that is only a date is the end of that day.

    Raises:
        ConfigError: not a date or time, or the end is not behind the beginning.
    """
    first, last = (_moment(one, timezone) for one in (since, until))
    if len(until.strip()) <= len("2026-01-01"):
        last += timedelta(days=1)
    if last <= first:
        raise ConfigError(
            "backfill: the window is empty", zh="--to 要晚于 --from：请核对两个时间。"
        )
    return first, last


def _moment(text: str, timezone: str) -> datetime:
    for pattern in FORMATS:
        try:
            return datetime.strptime(text.strip(), pattern).replace(tzinfo=ZoneInfo(timezone))
        except ValueError:
            continue
    raise ConfigError(
        "backfill: not a date or a time",
        zh="时间看不懂：请写成 2026-01-01 或 '2026-01-01 08:00'。",
    )
