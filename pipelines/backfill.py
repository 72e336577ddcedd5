"""A window of a watermark stream read again; only what differs is stored, no cursor moves."""

from collections.abc import Sequence
from datetime import datetime

from connectors import open_connector
from connectors.database import DatabaseConnector
from connectors.http_api import HttpApiConnector
from hub.errors import ConfigError, HubError
from hub.platform import Platform
from hub.settings import Home
from ledger import Ledger, Pull
from pipelines.pull import Tick, compare_with, cursor_at, erased_note, refuse_other_key
from pipelines.raw_files import raw_batch
from warehouse.lock import locked
from warehouse.raw import RawPull

Window = tuple[datetime, datetime]
"""From, up to but not; in the platform's time zone."""


def backfill_streams(platform: Platform, wanted: str | None) -> Sequence[str]:
    """The streams that a window can be read of again.

    Raises:
        ConfigError: there is none, or `wanted` is none of them.
    """
    marked = [name for name, one in platform.streams.items() if one.increment.watermark]
    if wanted is None and marked:
        return marked
    if wanted in marked:
        return [wanted]
    what = f"{platform.platform}.{wanted}" if wanted else platform.platform
    raise ConfigError(
        f"{what}: no stream with a watermark",
        zh=f"「{platform.title}」没有按更新时间取数的数据流" + (f" {wanted}" if wanted else "")
        + "，不用补取：全量的每次都读全部，批次的按批次号接着取。",
    )  # fmt: skip


def backfill_stream(
    home: Home, ledger: Ledger, where: tuple[Platform, str], window: Window, tick: Tick
) -> Pull:
    """Read the window again; return the accounting. Cut short, it is simply run again.

    Raises:
        ConfigError: the stream was never pulled, or its watermark is no time.
        BusyError: the stream is being pulled.
        HubError: whatever the connector raised; what was committed is kept.
    """
    platform, stream = where
    with locked(home, f"pull.{platform.platform}.{stream}"):
        like = _watermark(home, ledger, platform, stream)
        pull = ledger.open_side_pull(platform.platform, stream, "backfill")
        raw = compare_with(home, ledger, platform, pull)
        try:
            refuse_other_key(ledger, platform, pull)
            _take(home, ledger, (platform, like, window), raw, pull, tick)
            pull.notes += erased_note(raw)
            ledger.close_pull(pull, "complete")
        except HubError as error:
            ledger.close_pull(pull, "failed", error.zh)
            raise
        finally:
            raw.close()
    return pull


def _take(
    home: Home,
    ledger: Ledger,
    asked: tuple[Platform, str, Window],
    raw: RawPull,
    pull: Pull,
    tick: Tick,
) -> None:
    platform, like, window = asked
    connector = open_connector(platform, home.root)
    assert isinstance(connector, DatabaseConnector | HttpApiConnector)  # noqa: S101 - with watermarks
    try:
        for chunk in connector.pull_window(pull.stream, like, window):
            counts = raw.compare(chunk.rows)
            pull.read += counts.read
            pull.stored += counts.stored
            pull.unchanged += counts.unchanged
            pull.repeated += counts.repeated
            pull.notes += [note for note in chunk.notes if note not in pull.notes]
            for column, dropped in chunk.dropped.items():
                pull.dropped[column] = pull.dropped.get(column, 0) + dropped
            batch = raw_batch(home, ledger, pull, raw.write) if counts.stored else None
            ledger.commit(pull, batch, ledger.cursor(pull.platform, pull.stream))
            tick(f"{pull.platform}.{pull.stream}", pull.read)
    finally:
        connector.close()


def _watermark(home: Home, ledger: Ledger, platform: Platform, stream: str) -> str:
    cursor = cursor_at(home, ledger.cursor(platform.platform, stream))
    high = (cursor or {}).get("high") or (cursor or {}).get("reached")
    if high is None:
        raise ConfigError(
            f"{platform.platform}.{stream}: never pulled",
            zh=f"「{platform.title}」的 {stream} 还没有同步过：请先运行 hub sync，它会取全部。",
        )
    return str(high)
