"""How fresh each platform is: fresh, late, failed, held or never."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.platform import Platform
from serving.reading.glance import LastPull

WORDS = {
    "fresh": "正常",
    "late": "超期",
    "failed": "失败",
    "held": "待确认",
    "never": "未同步",
}
STYLES = {"正常": "green", "超期": "yellow", "失败": "red", "待确认": "yellow", "未同步": "dim"}


@dataclass(frozen=True)
class Freshness:
    """One platform: `state` is a key of WORDS, `message` what the officer should know."""

    state: str
    last_sync: datetime | None  # UTC; when all its streams had been pulled well
    message: str | None


def freshness(
    platform: Platform,
    pulls: Mapping[tuple[str, str], LastPull],
    now: datetime | None = None,
    *,
    running: bool = False,
) -> Freshness:
    """Judge one platform by the newest pull of each of its streams.

    A pull that is open while no sync is `running` was cut short.
    """
    now = now or datetime.now(UTC)
    mine = [pulls.get((platform.platform, stream)) for stream in platform.streams]
    known = [pull for pull in mine if pull is not None]
    done = [pull.completed_at for pull in known if pull.completed_at is not None]
    last = min(done) if done and len(done) == len(mine) else None
    for state in ("failed", "held"):
        bad = [pull for pull in known if pull.status == state]
        if bad:
            return Freshness(state, last, _sentences(bad))
    if not running and any(pull.status == "open" for pull in known):
        return Freshness("failed", last, "上一次取数没有完成，再运行一次 hub sync 会接着做。")
    waiting = [pull.stream for pull in known if pull.waits]
    if waiting:
        zh = "取到的数据停在原始区，没有并入：请看 hub changes list，改映射或确认后再同步。"
        return Freshness("held", last, f"{'、'.join(waiting)} {zh}")
    if last is None:
        return Freshness("never", None, None)
    late = [line for pull in known if (line := silence(platform, pull, now))]
    if (now - last).total_seconds() > platform.fresh_within:
        late = ["已超过约定的更新间隔，请运行 hub sync。"]
    return Freshness("late" if late else "fresh", last, "\n".join(late) or None)


def silence(platform: Platform, pull: LastPull, now: datetime) -> str | None:
    """Say that a stream brings nothing new though its `arrival` has passed."""
    arrival = platform.streams[pull.stream].arrival
    if arrival is None:
        return None
    since = pull.arrived_at or pull.started_at
    seconds = (now - since).total_seconds()
    if seconds <= arrival:
        return None
    days = f"{seconds / 86400:.0f} 天" if seconds >= 86400 else f"{seconds / 3600:.0f} 小时"
    return f"{pull.stream} 已有 {days}没有新的数据，超过了约定（arrival）：请问平台方是否停了推送。"


def _sentences(pulls: Sequence[LastPull]) -> str | None:
    return "\n".join(pull.error for pull in pulls if pull.error) or None
