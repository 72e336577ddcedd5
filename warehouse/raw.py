"""Raw: what a platform said, cell by cell, in immutable encrypted Parquet files.

Only rows that are new or changed since they were last stored are written, so a file says what
arrived. Beside the source's own columns (all text) each row has
`_key` the record key, `_op` what it is, `_hash` md5 of its cells, `_row` its place in the pull.

`_op` is one of
    upsert     the record as it now is
    delete     the record is gone: marked so by the platform, or absent from a full snapshot
    duplicate  another row of one pull has the same key and other cells: set aside
    nokey      the row has no record key: set aside
    withdrawn  a row once set aside is no longer in a full snapshot
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import md5
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hub.platform_streams import Stream
from hub.seen import Numbers, SeenNumbers, different
from hub.settings import Home
from warehouse.duck import connect, literal, name, parquet, write_parquet

GONE = "gone"
"""`_hash` of a record that a full snapshot no longer holds."""
NUMBER = "hash(_key)"
"""Of 64 bits: that two of ten million keys have the same is one chance in 300,000."""
PLAIN = """(
    SELECT k.*, false AS _repeated,
           coalesce(p._hash = k._hash AND p._op = k._op, false) AS _unchanged
    FROM keyed k LEFT JOIN prior p USING (_key))"""
"""What `RawPull._judge` finds where every row has a key of its own, at a quarter of the work."""


@dataclass
class Counts:
    """What became of the rows of one chunk: read = stored + unchanged + repeated."""

    read: int = 0
    stored: int = 0
    unchanged: int = 0
    repeated: int = 0

    def __add__(self, more: "Counts") -> "Counts":
        return Counts(
            self.read + more.read,
            self.stored + more.stored,
            self.unchanged + more.unchanged,
            self.repeated + more.repeated,
        )


class RawPull:
    """Compares the chunks of one pull with what is stored, and writes what is new.

    Args:
        home: The hub home.
        stream: Its settings: key, increment, deletes.
        stored: Every committed raw file of the stream, oldest first.
        resumed: Those of them that this very pull wrote before it was cut short.
        rows_before: Rows that it had read by then.
        kept_out: SQL of `_key` that is true for erased records: of them nothing is stored.
    """

    forgets = False
    """Whether a deletion of what is not held is left out: a platform that marks its deleted rows
    goes on delivering those of records that were let go."""

    def __init__(
        self,
        home: Home,
        stream: Stream,
        stored: Sequence[Path],
        resumed: Sequence[Path] = (),
        rows_before: int = 0,
        kept_out: str = "",
    ) -> None:
        self.home, self.stream, self.rows_before = home, stream, rows_before
        self.kept_out, self.erased = kept_out, 0
        self.full = stream.increment.snapshot
        self._stored, self._resumed = stored, resumed
        self._plain = False  # whether no key came twice in the chunk
        self._known = bool(stored)  # whether there is anything to compare with
        self._written: list[Path] = []
        # of a full pull until a key comes twice: the table `seen` takes ten times the memory
        self._numbers = SeenNumbers() if self.full and not resumed else None

    @cached_property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """Scratch tables of what is stored, read when the first row comes: often none does."""
        connection = connect(self.home, threads=1)
        self._remember(connection)
        return connection

    def close(self) -> None:
        """Drop the scratch tables."""
        if "connection" in self.__dict__:
            self.connection.close()

    def _remember(self, connection: duckdb.DuckDBPyConnection) -> None:
        run, stored, resumed = connection.execute, self._stored, self._resumed
        run("CREATE TABLE prior (_key VARCHAR, _hash VARCHAR, _op VARCHAR)")
        run("CREATE TABLE aside (_key VARCHAR, _hash VARCHAR)")
        run("CREATE TABLE aside_seen (_key VARCHAR, _hash VARCHAR)")
        run("CREATE TABLE seen (_key VARCHAR, _hash VARCHAR)")
        if stored:
            order = ", ".join(f"({literal(path)}, {i})" for i, path in enumerate(stored))
            files = parquet(self.home, stored, filename=True)
            run(f"""
                CREATE TEMP TABLE stored AS
                SELECT _key, _hash, _op, i::BIGINT << 40 | _row AS nth FROM {files}
                JOIN (VALUES {order}) AS o(filename, i) USING (filename)""")
            run("""
                INSERT INTO prior SELECT _key, arg_max(_hash, nth), arg_max(_op, nth)
                FROM stored WHERE _op IN ('upsert', 'delete') GROUP BY _key""")
            run("""
                INSERT INTO aside SELECT _key, _hash FROM stored
                WHERE _op IN ('duplicate', 'nokey', 'withdrawn')
                GROUP BY _key, _hash HAVING arg_max(_op, nth) <> 'withdrawn'""")
            if not self.full:  # set aside no more once its record came again
                run("""
                    DELETE FROM aside WHERE (_key, _hash) IN (
                        SELECT (_key, a._hash) FROM stored a JOIN (
                            SELECT _key, max(nth >> 40) AS came FROM stored
                            WHERE _op IN ('upsert', 'delete') GROUP BY _key) USING (_key)
                        WHERE a._op = 'duplicate'
                        GROUP BY _key, a._hash, came HAVING max(a.nth >> 40) < came)""")
            run("DROP TABLE stored")
        if resumed and self.full:
            run(f"""
                INSERT INTO seen SELECT _key, any_value(_hash) FROM {parquet(self.home, resumed)}
                WHERE _op IN ('upsert', 'delete') GROUP BY _key""")
            run(f"""
                INSERT INTO aside_seen SELECT _key, _hash FROM {parquet(self.home, resumed)}
                WHERE _op IN ('duplicate', 'nokey')""")

    def compare(self, rows: pa.Table) -> Counts:
        """Take the next chunk in; `fresh` then holds what must be stored.

        Of several rows under one key the one that is stored already stays, else the first counts;
        in exchange batches a later row replaces an earlier one.
        """
        if not rows.num_rows:
            return Counts()
        numbers = np.arange(self.rows_before + 1, self.rows_before + rows.num_rows + 1)
        self.rows_before += rows.num_rows
        chunk = rows.append_column("_row", pa.array(numbers))
        keyed = self._keyed(chunk)
        self._plain = self._is_plain(keyed)
        if not self._plain:
            self._remember_seen()
        news, repeated = self._news(keyed)
        self.connection.register("fresh", _beside(chunk, news))
        if self.full:
            self._note_seen(keyed)
        unchanged = rows.num_rows - news.num_rows - repeated
        return Counts(rows.num_rows, news.num_rows, unchanged, repeated)

    def _keyed(self, chunk: pa.Table) -> pa.Table:
        """Register `keyed`: what the rows are called, in their order, and what they say.

        Rows of erased records, and deletions of what is not held, are left out: they change
        nothing.
        """
        run = self.connection.execute
        out = f"WHERE NOT coalesce({self.kept_out}, false)" if self.kept_out else ""
        self.connection.register("chunk", chunk)
        keyed = run(f"""
            WITH hashed AS (SELECT *, md5({_cells(chunk)}) AS _hash FROM chunk),
            named AS (SELECT _row, _hash, {self._key()} AS _key, {self._op()} AS _op FROM hashed)
            SELECT *, {NUMBER} AS _number FROM named {out}""").to_arrow_table()
        self.connection.unregister("chunk")
        self.erased += chunk.num_rows - keyed.num_rows
        self.connection.register("keyed", _in_order(keyed))
        if self.forgets:
            self._remember_seen()
            keyed = run("""
                WITH gone AS (SELECT _key FROM keyed WHERE _op = 'delete'),
                held AS (SELECT _key FROM prior UNION ALL SELECT _key FROM seen UNION ALL
                         SELECT _key FROM keyed WHERE _op = 'upsert')
                SELECT * FROM keyed WHERE _op <> 'delete' OR _key IN (
                    SELECT _key FROM held SEMI JOIN gone USING (_key))""").to_arrow_table()
            self.connection.register("keyed", _in_order(keyed))
        return _in_order(keyed)

    def _is_plain(self, keyed: pa.Table) -> bool:
        """Whether every row has a key that no other row of the pull has: nearly every chunk."""
        if pc.any(pc.equal(keyed["_op"], "nokey")).as_py():
            return False
        numbers = different(_numbers(keyed))
        if len(numbers) < keyed.num_rows:
            return False
        if self._numbers is not None:
            return not self._numbers.known(numbers).any()
        query = "SELECT NOT EXISTS (FROM keyed SEMI JOIN seen USING (_key))"
        return not self.full or bool(self.connection.execute(query).fetchall()[0][0])

    def _news(self, keyed: pa.Table) -> tuple[pa.Table, int]:
        """Which rows must be stored, in their order; and how many were repeated."""
        if self._plain and not self._known:
            return keyed, 0
        run = self.connection.execute
        judged = PLAIN if self._plain else self._judge()
        news = run(f"""
            SELECT _row, _hash, _key, _op FROM {judged} WHERE NOT _repeated AND NOT _unchanged
            ORDER BY _row""").to_arrow_table()
        if self._plain:
            return news, 0
        return news, int(run("SELECT count(*) FROM judged WHERE _repeated").fetchall()[0][0])

    def _remember_seen(self) -> None:
        """From here on keep the keys themselves: some came twice, or only their numbers did.

        So far each key had one row, and that was stored or is what was stored before.
        """
        if self._numbers is None:
            return
        run, every = self.connection.execute, self._numbers.every()
        self._numbers = None
        if self._written:
            run(f"INSERT INTO seen SELECT _key, _hash FROM {parquet(self.home, self._written)}")
        self.connection.register("numbers", pa.table({"n": every}))
        run(f"""
            INSERT INTO seen SELECT _key, _hash FROM prior
            WHERE {NUMBER} IN (SELECT n FROM numbers) AND _key NOT IN (SELECT _key FROM seen)""")
        self.connection.unregister("numbers")

    def _judge(self) -> str:
        """Fill `judged`: each row of the chunk, and whether it is repeated or unchanged."""
        self.connection.execute(
            """
            CREATE OR REPLACE TEMP TABLE judged AS
            WITH known AS (
                SELECT k.*, s._key IS NOT NULL AS _before,
                       coalesce(p._hash = k._hash AND p._op = k._op, false)
                           AND ($one_a_key OR count(*) OVER (PARTITION BY k._key) = 1) AS _same,
                       $one_a_key AND (coalesce(s._hash = k._hash, false) OR row_number() OVER (
                           PARTITION BY k._key, k._hash ORDER BY k._row) > 1) AS _repeated
                FROM keyed k LEFT JOIN prior p USING (_key) LEFT JOIN seen s USING (_key)),
            placed AS (
                SELECT *, _op = 'nokey' OR _before OR row_number() OVER (
                    PARTITION BY _key ORDER BY _same DESC, _row) > 1 AS _second FROM known),
            told AS (
                SELECT *, NOT $full AND bool_or(NOT _second AND NOT _same) OVER (
                    PARTITION BY _key) AS _again FROM placed)
            SELECT k.* EXCLUDE (_before, _same, _second, _again) REPLACE (
                    CASE WHEN _second AND NOT _same AND _op <> 'nokey' AND $one_a_key
                         THEN 'duplicate' ELSE _op END AS _op),
                _same OR _second AND NOT _again AND EXISTS (
                    FROM aside a WHERE a._key = k._key AND a._hash = k._hash) AS _unchanged
            FROM told k""",
            {"one_a_key": not self.stream.increment.batches, "full": self.full},
        )
        return "judged"

    def _note_seen(self, keyed: pa.Table) -> None:
        """Remember what a full snapshot still holds."""
        run = self.connection.execute
        if self._numbers is not None:
            self._numbers.add(_numbers(keyed))
            return
        if self._plain:
            run("INSERT INTO seen SELECT _key, _hash FROM keyed")
            return
        run("""
            INSERT INTO seen SELECT _key, arg_min(_hash, _row)
            FROM keyed ANTI JOIN seen USING (_key) GROUP BY _key""")
        run("""
            INSERT INTO aside_seen SELECT _key, _hash FROM judged
            WHERE _op IN ('duplicate', 'nokey')""")

    def _key(self) -> str:
        """Key columns joined by `|`; a table without a key is its own content."""
        if not self.stream.key:
            return "'row:' || _hash"
        text = name(self.stream.key[0])
        if len(self.stream.key) > 1:
            escaped = (
                f"replace(replace({name(c)}, '\\', '\\\\'), '|', '\\|')" for c in self.stream.key
            )
            text = f"concat_ws('|', {', '.join(escaped)})"
        return f"CASE WHEN {self._no_key()} THEN 'row:' || _hash ELSE {text} END"

    def _no_key(self) -> str:
        return " OR ".join(f"coalesce({name(c)}, '') = ''" for c in self.stream.key) or "false"

    def _op(self) -> str:
        deletes, gone = self.stream.deletes, "false"
        if deletes is not None:
            values = ", ".join(map(literal, deletes.when))
            gone = f"coalesce({name(deletes.column)}, '') IN ({values})"
        return (
            f"CASE WHEN {self._no_key()} THEN 'nokey' WHEN {gone} THEN 'delete' ELSE 'upsert' END"
        )

    def write(self, path: Path) -> int:
        """Store the fresh rows; return their number."""
        rows = write_parquet(self.home, self.connection, "SELECT * FROM fresh", path)
        self._written.append(path)
        self._known = self._known or not self.full
        if not self.full:  # a later chunk may bring the same record again
            self.connection.execute("DELETE FROM prior WHERE _key IN (SELECT _key FROM fresh)")
            values, each = "arg_max(_hash, _row), arg_max(_op, _row)", "GROUP BY _key"
            if self._plain:
                values, each = "_hash, _op", ""
            self.connection.execute(f"""
                INSERT INTO prior SELECT _key, {values}
                FROM fresh WHERE _op IN ('upsert', 'delete') {each}""")
        return rows

    def has_fresh(self) -> bool:
        """Whether there is anything to store."""
        return bool(self.connection.execute("SELECT count(*) > 0 FROM fresh").fetchall()[0][0])

    def gone(self) -> tuple[int, int]:
        """After a complete pull: (records absent from it, records known before).

        `fresh` then holds a delete for each absent one, and takes back what was set
        aside before and is no longer there.
        """
        run = self.connection.execute
        known = int(run("SELECT count(*) FROM prior WHERE _op = 'upsert'").fetchall()[0][0])
        seen = "ANTI JOIN seen USING (_key)"
        if self._numbers is not None and known:
            self.connection.register("numbers", pa.table({"n": self._numbers.every()}))
            seen = f"ANTI JOIN numbers ON n = {NUMBER}"
        absent = run(f"""
            SELECT _key, '{GONE}' AS _hash, 'delete' AS _op,
                   {self.rows_before} + row_number() OVER (ORDER BY _key) AS _row
            FROM prior {seen} WHERE _op = 'upsert'
            UNION ALL
            SELECT _key, _hash, 'withdrawn', {self.rows_before} + row_number() OVER (ORDER BY _key)
            FROM aside ANTI JOIN aside_seen USING (_key, _hash)""").to_arrow_table()
        self.connection.register("fresh", absent)
        gone = run("SELECT count(*) FROM fresh WHERE _op = 'delete'").fetchall()[0][0]
        return int(gone), known


def _beside(chunk: pa.Table, news: pa.Table) -> pa.Table:
    """The rows of `chunk` that `news` names by `_row`, with its other columns behind."""
    if news.num_rows < chunk.num_rows:
        chunk = chunk.take(pc.index_in(news["_row"], chunk["_row"]))
    for column in ("_hash", "_key", "_op"):
        chunk = chunk.append_column(column, news[column])
    return chunk


def _cells(chunk: pa.Table) -> str:
    """Cells as one text in which null and empty differ; column order does not matter.

    The names are in it too: a row read from other columns is another row.
    """
    columns = sorted(one for one in chunk.column_names if one not in ("_origin", "_row"))
    text = md5("\x1f".join(columns).encode(), usedforsecurity=False).hexdigest()[:8]
    cells: list[str] = []
    for column in columns:
        if chunk[column].null_count:  # a null is then nothing at all
            cells += [literal(f"{text}\x1f"), f"'=' || {name(column)}"]
        else:
            cells += [literal(f"{text}\x1f="), name(column)]
        text = ""
    return f"concat({literal(text)}, {', '.join(cells)})"


def _in_order(rows: pa.Table) -> pa.Table:
    """By `_row`: of one thread nothing else comes, but it is not promised."""
    if np.all(np.diff(rows["_row"].to_numpy()) > 0):
        return rows
    return rows.sort_by("_row")


def _numbers(keyed: pa.Table) -> Numbers:
    found: Numbers = keyed["_number"].to_numpy()
    return found
