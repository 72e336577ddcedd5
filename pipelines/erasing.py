"""Erase a resident from everything that is held: snapshots, collected answers, raw and core files.

What is left is in the ledger: keyed hashes of the records, by which every later pull and sync keeps
them out, and that there was an erasure. Each step can be done again, and what was cut short is
taken up by the next erasure or sync; so a kill leaves nothing behind for ever.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from hub.settings import Home
from ledger import Batch, Ledger
from ledger.decisions import forget_decisions
from ledger.tombstones import begin_removal, finish_removal, open_removals, tombstones
from pipelines.deciding import open_record
from pipelines.raw_files import files_in_core, other_than_noted
from reports.collected import forget_collected
from reports.extract_run import forget_in_extracts
from warehouse.duck import literal, memory, parquet, write_parquet
from warehouse.erasing import MARK, Record, erasing_secret, mark_of, purge, records_of
from warehouse.lock import locked
from warehouse.snapshots import drop_older, publish_work, reading, working

Tick = Callable[[str], None]
"""Told each step that is done; a test kills at each."""


@dataclass(frozen=True)
class Erased:
    """What an erasure did: the source records, raw and core files written anew, rows left out."""

    records: tuple[Record, ...] = ()
    files: int = 0
    rows: int = 0


def erase(
    home: Home, ledger: Ledger, resident_id: str, by: str, reason: str,
    tick: Tick = lambda _: None,
) -> Erased:  # fmt: skip
    """Erase one resident; afterwards no file of the home holds them.

    Raises:
        NotFoundError: no such resident, or nothing is held of them.
        BusyError: a sync is under way; what was begun goes on with the next erasure or sync.
    """
    with locked(home, "sync"):
        if resident_id in open_removals(ledger).values():  # it was begun, and cut short
            return finish_erasures(home, ledger, tick)
        with reading(home) as connection:
            records = records_of(connection, resident_id)
        secret = erasing_secret(home)
        marks = [mark_of(one, secret) for one in records]
        begin_removal(ledger, marks, resident_id, by, reason)
        tick("buried")
        done = finish_erasures(home, ledger, tick)
    return replace(done, records=tuple(records))


def finish_erasures(home: Home, ledger: Ledger, tick: Tick = lambda _: None) -> Erased:
    """Go on with every erasure that was begun and not finished; nothing if there is none.

    Raises:
        BusyError: another process writes the brain, or pulls.
    """
    waiting = open_removals(ledger)
    if not waiting:
        return Erased()
    with locked(home, "brain"), working(home) as work:
        held = [purge(work.connection, one) for one in waiting.values()]
        work.close(anew=any(held))
        if any(held):
            publish_work(work)
    tick("published")
    drop_older(home)
    for resident_id in waiting.values():
        forget_collected(home, resident_id)
        forget_in_extracts(home, resident_id)
    marks, secret = tombstones(ledger), erasing_secret(home)
    forget_decisions(ledger, lambda sealed: mark_of(open_record(home, sealed), secret) in marks)
    done = _rewrite(home, ledger, tick)
    for number in waiting:
        finish_removal(ledger, number)
    return done


def _rewrite(home: Home, ledger: Ledger, tick: Tick) -> Erased:
    """Write every raw and core file that holds a buried record anew, without it."""
    marks, secret = sorted(tombstones(ledger)), erasing_secret(home)
    files = rows = 0
    for batch in ledger.batches():
        with locked(home, f"pull.{batch.platform}.{batch.stream}"):
            for path in (home.data / batch.path, *files_in_core(home, batch)):
                key = "_key" if path == home.data / batch.path else "record_key"
                gone = _leave_out(home, path, (batch, key), marks, secret)
                files, rows = files + bool(gone), rows + gone
                if gone:
                    tick(f"rewrote {path.name}")
            if facts := other_than_noted(home, batch):
                ledger.replace_batch(batch.seq, *facts)
    return Erased(files=files, rows=rows)


def _leave_out(
    home: Home, path: Path, place: tuple[Batch, str], marks: list[str], secret: str
) -> int:
    """Write one file without the buried records; return how many rows those had."""
    batch, key = place
    mark = MARK.format(literal(batch.platform), literal(batch.stream), key).replace(
        "$secret", literal(secret)
    )
    with memory(home) as connection:
        source = parquet(home, [path])
        connection.execute("CREATE TABLE buried AS SELECT unnest($marks) AS mark", {"marks": marks})
        buried = f"coalesce({mark} IN (SELECT mark FROM buried), false)"
        query = f"SELECT count(*) FROM {source} WHERE {buried}"
        gone = int(connection.execute(query).fetchall()[0][0])
        if gone:
            order = "_row" if key == "_key" else "row_no"
            kept = f"SELECT * FROM {source} WHERE NOT {buried} ORDER BY {order}"
            write_parquet(home, connection, kept, path)
    return gone
