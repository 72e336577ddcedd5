"""Pull one stream into raw: compare, store, commit, chunk by chunk.

Each chunk is one raw file and one ledger transaction; chunks of files, which may turn out to be
damaged further on, have one transaction together. A crash before it leaves raw files that the next
pull removes; after it, nothing is pulled twice.
"""

import gc
import json
from collections.abc import Callable, Iterable
from contextlib import closing

from connectors import open_connector
from connectors.chunk import Chunk, Cursor
from hub.errors import HeldError
from hub.platform import Platform
from hub.platform_streams import Stream
from hub.settings import Home
from hub.shortage import as_told
from ledger import Ledger, Pull
from ledger.tombstones import tombstones
from pipelines.ahead import ahead
from pipelines.drift import watch_shape, watched
from pipelines.raw_files import Made, raw_batch, sweep_uncommitted
from security.keys import read_keys
from security.sealing import seal, unseal
from warehouse.erasing import erasing_secret, kept_out
from warehouse.lock import locked
from warehouse.raw import Counts, RawPull

ALIVE = 200_000
"""Objects made before Python's collector of garbage looks at them again: rows come by the ten
thousand, hold no cycles, and are gone before that."""
Tick = Callable[[str, int], None]
"""Told what is under way and how many rows it has done so far."""


def pull_stream(
    home: Home,
    ledger: Ledger,
    platform: Platform,
    stream_name: str,
    tick: Tick,
    *,
    accept_drop: bool = False,
) -> Pull:
    """Pull what is new; return the accounting.

    Args:
        home: The hub home.
        ledger: Its ledger.
        platform: The platform's settings.
        stream_name: Which of its streams.
        tick: Progress, in rows read.
        accept_drop: Believe that the absent records are gone, however many they are.

    Raises:
        HeldError: more records are absent than allowed; what arrived is stored, nothing is deleted.
        HubError: whatever the connector raised; what was committed is kept.
    """
    gc.set_threshold(ALIVE)
    with locked(home, f"pull.{platform.platform}.{stream_name}"):
        sweep_uncommitted(home, ledger, platform.platform, stream_name)
        pull = _open(ledger, platform, stream_name)
        stream = platform.streams[stream_name]
        raw = _compare_with(home, ledger, platform, pull)
        try:
            connector = open_connector(platform, home.root)
            try:
                pull.notes += watch_shape(ledger, connector, platform, stream_name)
                resume = pull.resumed and pull.read > 0
                chunks = connector.pull(stream_name, cursor_at(home, pull.cursor), resume=resume)
                with closing(ahead(chunks)) as fetched:
                    told = watched(ledger, platform, pull, fetched)
                    complete = _take_chunks(home, ledger, told, raw, pull, tick)
            finally:
                connector.close()
            if raw.erased:
                pull.notes.append(f"{raw.erased} 行属于已依法删除的居民，没有收进来。")
            if complete:
                _take_absent(home, ledger, stream, raw, pull, accept_drop=accept_drop)
            ledger.close_pull(pull, "complete")
        except HeldError as error:
            ledger.close_pull(pull, "held", error.zh)
            raise
        except Exception as error:  # what was committed is kept, the next pull goes on
            ours = as_told(error)
            ledger.close_pull(pull, "failed", ours.zh if ours else "出现内部错误，见 data/hub.log")
            raise
        finally:
            raw.close()
            sweep_uncommitted(home, ledger, platform.platform, stream_name)
    return pull


def cursor_at(home: Home, cursor: Cursor | None) -> Cursor | None:
    """Read the connector's own cursor out of the ledger's."""
    if cursor is None:
        return None
    key = read_keys(home.secrets, encryption=home.settings.encryption).data
    at: Cursor = json.loads(unseal(key, cursor["at"]))
    return at


def _open(ledger: Ledger, platform: Platform, stream_name: str) -> Pull:
    """Begin a pull, or take up one that was cut.

    A cut full snapshot goes on where it was only if it is the stream's first pull: then all that
    it saw is stored. A later one stores only differences, so it starts over; what it had stored
    compares as unchanged.
    """
    pull = ledger.open_pull(platform.platform, stream_name)
    stream = platform.streams[stream_name]
    if pull.cursor is not None and pull.cursor["columns"] != list(stream.columns):
        pull.cursor = pull.start_cursor = None  # other columns are mapped now: read all rows anew
        pull.resumed = False
    if pull.resumed and stream.increment.snapshot:
        batches = ledger.batches(platform.platform, stream_name)
        if any(batch.pull_id != pull.pull_id for batch in batches):
            pull.cursor, pull.resumed = pull.start_cursor, False
            pull.read = pull.stored = pull.unchanged = pull.repeated = 0
            pull.dropped = {}
    return pull


def _compare_with(home: Home, ledger: Ledger, platform: Platform, pull: Pull) -> RawPull:
    stream = platform.streams[pull.stream]
    batches = ledger.batches(pull.platform, pull.stream)
    own = [home.data / b.path for b in batches if b.pull_id == pull.pull_id and pull.resumed]
    out = kept_out(pull.platform, pull.stream, tombstones(ledger), erasing_secret(home))
    stored = [home.data / b.path for b in batches]
    raw = RawPull(home, stream, stored, own, pull.read, out)
    raw.forgets = platform.retention is not None
    return raw


def _take_chunks(
    home: Home, ledger: Ledger, chunks: Iterable[Chunk], raw: RawPull, pull: Pull, tick: Tick
) -> bool:
    """Store every chunk; return whether the whole stream was read.

    Chunks that are not sure are written and wait: they count together with one that is, or never.
    """
    complete = False
    waiting: list[Made] = []
    read = Counts()
    for chunk in chunks:
        counts = raw.compare(chunk.rows)
        read += counts
        if counts.stored:
            waiting.append(raw_batch(home, ledger, pull, raw.write, len(waiting)))
        if not chunk.sure:
            tick(f"{pull.platform}.{pull.stream}", pull.read + read.read)
            continue
        pull.read += read.read
        pull.stored += read.stored
        pull.unchanged += read.unchanged
        pull.repeated += read.repeated
        for column, dropped in chunk.dropped.items():
            pull.dropped[column] = pull.dropped.get(column, 0) + dropped
        pull.notes += [note for note in chunk.notes if note not in pull.notes]
        _commit(home, ledger, raw, pull, chunk, waiting)
        waiting, read = [], Counts()
        if chunk.on_commit is not None:
            pull.notes += [note for note in chunk.on_commit() if note not in pull.notes]
        tick(f"{pull.platform}.{pull.stream}", pull.read)
        complete = chunk.last and chunk.complete
    return complete


def _commit(
    home: Home, ledger: Ledger, raw: RawPull, pull: Pull, chunk: Chunk, waiting: list[Made]
) -> None:
    columns = list(raw.stream.columns)
    key = read_keys(home.secrets, encryption=home.settings.encryption).data
    at = seal(key, json.dumps(chunk.cursor, ensure_ascii=False))  # it may hold a record key
    ledger.commit(pull, None, {"columns": columns, "at": at}, waiting)


def _take_absent(
    home: Home,
    ledger: Ledger,
    stream: Stream,
    raw: RawPull,
    pull: Pull,
    *,
    accept_drop: bool,
) -> None:
    """Believe a full snapshot that some records are gone, within the stream's allowance."""
    absent, known = raw.gone()
    allowed = max(1, int(known * stream.allow_drop))
    if absent and (absent > allowed or absent == known) and not accept_drop:
        where = f"{pull.platform}.{pull.stream}"
        raise HeldError(
            f"{where}: {absent} of {known} records absent, {allowed} allowed; no deletion applied",
            zh=f"{where} 这次少了 {absent} 条（原有 {known} 条，最多允许少 {allowed} 条），"
            "疑似来源被清空或截断，删除没有采信，原数据保留。请核对来源；"
            f"若确实减少，请运行 hub sync {pull.platform} --accept-drop。",
        )
    pull.gone = absent
    if raw.has_fresh():
        batch = raw_batch(home, ledger, pull, raw.write)
        ledger.commit(pull, batch, ledger.cursor(pull.platform, pull.stream))
