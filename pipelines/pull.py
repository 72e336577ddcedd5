"""Pull one stream into raw: compare, store, commit, chunk by chunk.

Each chunk is one raw file and one ledger transaction; chunks of files, which may turn out to be
damaged further on, have one transaction together. A crash before it leaves raw files that the next
pull removes; after it, nothing is pulled twice.
"""

import gc
import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import closing

from connectors import open_connector
from connectors.chunk import Chunk, Cursor
from hub.errors import ConfigError, HeldError
from hub.platform import Platform
from hub.platform_connections import DatabaseConnection
from hub.platform_http import HttpApiConnection
from hub.platform_streams import Stream
from hub.settings import Home
from hub.shortage import as_told
from ledger import Ledger, Pull
from ledger.tombstones import tombstones
from pipelines.ahead import ahead
from pipelines.corrections import keep_corrections
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
FORGOTTEN = (
    "主键 key 改了，已依法删除的居民按新的主键认不出来，可能又收了进来："
    "请核对，需要时再运行 hub erase。"
)
TABLES = {"table", "batch_table", "batch_no"}
ROWS = {
    *("table", "where", "deletes", "path", "params"),
    *("files", "members", "format", "items", "sheets", "encoding", "delimiter"),
}
"""Settings that decide which rows a stream has, and which of them are deletions."""
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
        raw = compare_with(home, ledger, platform, pull)
        try:
            refuse_other_key(ledger, platform, pull, accept_drop=accept_drop)
            connector = open_connector(platform, home.root)
            try:
                pull.notes += watch_shape(ledger, connector, platform, stream_name)
                resume = pull.resumed and pull.read > 0
                chunks = connector.pull(stream_name, cursor_at(home, pull.cursor), resume=resume)
                with closing(ahead(chunks)) as fetched:
                    told = watched(ledger, platform, pull, fetched)
                    asked = asked_for(platform, stream)
                    complete = _take_chunks(asked, ledger, told, raw, pull, tick)
            finally:
                connector.close()
            pull.notes += erased_note(raw)
            if complete:
                _take_absent(home, ledger, stream, raw, pull, accept_drop=accept_drop)
            if kept := keep_corrections(home, ledger, platform, stream_name):
                pull.notes.append(f"{kept} 条归口部门的更正照旧采用。")
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

    Where other columns, or other rows, are asked for than before, all rows are read anew. A cut
    full snapshot goes on where it was only if it is the stream's first pull: then all that
    it saw is stored. A later one stores only differences, so it starts over; what it had stored
    compares as unchanged.
    """
    pull = ledger.open_pull(platform.platform, stream_name)
    stream = platform.streams[stream_name]
    anew = False
    if pull.cursor is not None and _asks_otherwise(platform, stream, pull.cursor):
        pull.cursor = pull.start_cursor = None
        anew = True
    if pull.resumed and stream.increment.snapshot:
        batches = ledger.batches(platform.platform, stream_name)
        anew = anew or any(batch.pull_id != pull.pull_id for batch in batches)
    if anew:
        pull.cursor, pull.resumed = pull.start_cursor, False
        pull.read = pull.stored = pull.unchanged = pull.repeated = 0
        pull.dropped = {}
    return pull


def _asks_otherwise(platform: Platform, stream: Stream, cursor: Cursor) -> bool:
    """Whether a reading behind `cursor` would leave out what is asked for now."""
    asked = asked_for(platform, stream)
    return any(asked[name] != was for name, was in cursor.items() if name in asked)


def asked_for(platform: Platform, stream: Stream) -> Cursor:
    """What a cursor is good for: the columns, the key, and a digest of what decides on the rows.

    Of an exchange database only its tables do: it may no longer hold the rows of old batches.
    """
    wanted = TABLES if stream.increment.batches else ROWS
    settings = stream.model_dump(mode="json", include=wanted)
    settings["increment"] = stream.increment.model_dump(mode="json", exclude={"overlap"})
    connection = platform.connection
    if isinstance(connection, DatabaseConnection | HttpApiConnection):
        settings["connection"] = connection.model_dump(mode="json", include={"url", "params"})
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    return {"columns": list(stream.columns), "key": list(stream.key), "rows": digest}


def refuse_other_key(
    ledger: Ledger, platform: Platform, pull: Pull, *, accept_drop: bool = False
) -> None:
    """Under another key every record would be stored a second time.

    Only a full snapshot sees that the old ones are gone, once that may be believed.

    Raises:
        ConfigError: the key is not the one of what is stored.
    """
    stream, where = platform.streams[pull.stream], (platform.platform, pull.stream)
    was = (ledger.cursor(*where) or {}).get("key", list(stream.key))
    if was == list(stream.key) or not ledger.batches(*where):
        return
    if stream.increment.snapshot and accept_drop:
        if tombstones(ledger):
            pull.notes.append(FORGOTTEN)
        return
    old, place = "、".join(was) or "全部内容", ".".join(where)
    todo = f"运行 hub sync {where[0]} --accept-drop"
    if stream.increment.batches:
        todo = "前置库的批次只取一次，请联系维护人员"
    elif not stream.increment.snapshot:
        todo = f"先把 increment 改为 snapshot，{todo}，再改回来"
    raise ConfigError(
        f"{place}: the key was {', '.join(was)}, records are stored under it",
        zh=f"{place} 的主键 key 改了，已有的记录是按 {old} 存的，直接读会把同一条存成两条，"
        f"没有读入。确实要改：{todo}；不改就把 key 写回去。",
    )


def compare_with(home: Home, ledger: Ledger, platform: Platform, pull: Pull) -> RawPull:
    """What the rows of a pull are compared with; those of erased residents are kept out."""
    stream = platform.streams[pull.stream]
    batches = ledger.batches(pull.platform, pull.stream)
    own = [home.data / b.path for b in batches if b.pull_id == pull.pull_id and pull.resumed]
    out = kept_out(pull.platform, pull.stream, tombstones(ledger), erasing_secret(home))
    stored = [home.data / b.path for b in batches]
    raw = RawPull(home, stream, stored, own, pull.read, out)
    raw.forgets = platform.retention is not None
    return raw


def erased_note(raw: RawPull) -> list[str]:
    """What the officer hears of rows that were kept out."""
    return [f"{raw.erased} 行属于已依法删除的居民，没有收进来。"] if raw.erased else []


def _take_chunks(
    asked: Cursor, ledger: Ledger, chunks: Iterable[Chunk], raw: RawPull, pull: Pull, tick: Tick
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
            waiting.append(raw_batch(raw.home, ledger, pull, raw.write, len(waiting)))
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
        ledger.commit(pull, None, asked | {"at": _sealed(raw.home, chunk.cursor)}, waiting)
        waiting, read = [], Counts()
        if chunk.on_commit is not None:
            pull.notes += [note for note in chunk.on_commit() if note not in pull.notes]
        tick(f"{pull.platform}.{pull.stream}", pull.read)
        complete = chunk.last and chunk.complete
    return complete


def _sealed(home: Home, cursor: Cursor) -> str:
    """The connector's own cursor; it may hold a record key."""
    key = read_keys(home.secrets, encryption=home.settings.encryption).data
    return seal(key, json.dumps(cursor, ensure_ascii=False))


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
