"""Codes that no table knows, told before they reach the brain: which field, how many, how new.

A stream whose codes suddenly mean nothing has changed its code system: taken as it comes it would
empty the field of everyone. Then, and under `contract: stop` for any new unknown code, the batch
stays in raw until the mapping is mended or an officer accepts (`hub changes accept`).
"""

from dataclasses import dataclass, field

import polars as pl

from hub.errors import SourceChangedError
from hub.platform import Platform
from hub.settings import Home
from ledger import Batch, Ledger
from ledger.changes import accepted_since, add_notes, forget_stops, note_change
from schemas.entities import FIELDS
from warehouse.answers import rows
from warehouse.core import CoreFiles
from warehouse.snapshots import current_number, reading
from warehouse.version import has_table

REASON = "unknown_code"
FEW = 20  # rows; a share of fewer says nothing
FLOOD, USUAL = 0.5, 0.25  # of the rows of a batch; of the records held before


@dataclass
class Held:
    """What the brain holds of a stream: its records, and of each field the codes it does not know.

    `shares` is of the records.
    """

    records: int = 0
    known: set[tuple[str, str]] = field(default_factory=set)
    shares: dict[str, float] = field(default_factory=dict)


@dataclass
class CodeWatch:
    """Watches one stream while its new batches are standardised."""

    home: Home
    ledger: Ledger
    platform: Platform
    stream: str
    found: dict[str, list[int]] = field(default_factory=dict)
    """Field → [new writings, rows]."""
    held: Held | None = None

    def judge(
        self, batch: Batch, files: CoreFiles, core: pl.DataFrame, aside: pl.DataFrame
    ) -> None:
        """Look at a batch before it is written to core.

        Args:
            batch: The raw batch.
            files: Where it goes; one that was standardised before has been judged.
            core: The rows accepted.
            aside: The rows set aside, with `field`, `raw`, `reason`.

        Raises:
            SourceChangedError: the batch must wait for a person.
        """
        here = pl.concat([_issues(core), aside.select("field", "raw", "reason")])
        here = here.filter(pl.col("reason") == REASON).group_by("field", "raw").agg(rows=pl.len())
        if here.is_empty() or _standardised_before(files):
            return
        self.held = self.held or _held(self.home, self.platform, self.stream)
        if not self.held.records:
            return  # the first sync: nothing to compare with
        contract = self.platform.streams[self.stream].contract
        flood = self._count(here, core.height + aside.height) and contract != "set_aside"
        if (flood or (contract == "stop" and self.found)) and not accepted_since(
            self.ledger, (self.platform.platform, self.stream), "codes", batch.committed_at
        ):
            self._stop(batch, flood=flood)

    def tell(self) -> None:
        """Note what was found in batches that went on; none waits any more."""
        where = (self.platform.platform, self.stream)
        forget_stops(self.ledger, where, "codes")
        if not self.found:
            return
        note_change(self.ledger, where, "codes", [self._told()])
        advice = f"查看原值：hub quarantine list --platform {where[0]} --clear。"
        add_notes(self.ledger, where, [self._told() + advice])

    def _count(self, here: pl.DataFrame, height: int) -> bool:
        """Take in the writings that are new; whether a field is flooded by them."""
        assert self.held is not None  # noqa: S101 - judge has read it
        flooded = False
        for (name,), part in here.group_by("field", maintain_order=True):
            one, count = str(name), int(part["rows"].sum())
            new = {(one, raw) for raw in part["raw"]} - self.held.known
            if not new:
                continue
            self.held.known |= new
            so_far = self.found.setdefault(one, [0, 0])
            so_far[0] += len(new)
            so_far[1] += int(
                part.filter(pl.col("raw").is_in([raw for _, raw in new]))["rows"].sum()
            )
            usual = self.held.shares.get(one, 0.0) < USUAL and self.held.records >= FEW
            flooded |= usual and height >= FEW and count / height >= FLOOD
        return flooded

    def _told(self) -> str:
        facts = FIELDS[self.platform.streams[self.stream].entity]
        clauses = [
            f"{facts[one].title if one in facts else one}有 {new} 种新的不认识的写法，共 {count} 行"
            for one, (new, count) in self.found.items()
        ]
        return "和上次相比，" + "；".join(clauses) + "。"

    def _stop(self, batch: Batch, *, flood: bool) -> None:
        where = (self.platform.platform, self.stream)
        note_change(self.ledger, where, "codes", [self._told()], status="stopped")
        doubt = "占了这一批的一半以上，疑似平台换了一套代码。" if flood else ""
        raise SourceChangedError(
            f"{batch.batch_id}: new unknown codes in {', '.join(self.found)}",
            zh=f"「{self.platform.title}」{self.stream}：{self._told()}{doubt}"
            "这一批留在原始区，没有并入：请在映射的 codes 里写明对照，再同步；"
            f"若确实如此，运行 hub changes accept {where[0]}，再同步。",
        )


def _issues(core: pl.DataFrame) -> pl.DataFrame:
    some = core.filter(pl.col("issues").list.len() > 0).select("issues").explode("issues")
    return some.select(pl.col("issues").struct.unnest()).select("field", "raw", "reason")


def _standardised_before(files: CoreFiles) -> bool:
    """Whether the batch is in core under any mapping."""
    stem = files.accepted.stem.rsplit("-", 1)[0]
    return any(files.accepted.parent.glob(f"{stem}-*.parquet"))


def _held(home: Home, platform: Platform, stream: str) -> Held:
    if current_number(home) is None:
        return Held()
    entity = platform.streams[stream].entity
    values = {"platform": platform.platform, "stream": stream}
    of = "platform = $platform AND stream = $stream"
    with reading(home, older=True) as connection:
        if not has_table(connection, f"{entity}_record"):
            return Held()
        (counted,) = rows(
            connection, f"SELECT count(*) AS n FROM {entity}_record WHERE {of}", values
        )
        if not counted["n"]:  # all may be in quarantine
            return Held()
        met = rows(
            connection,
            f"SELECT field, raw, count(*) AS n FROM issue WHERE {of} AND reason = '{REASON}' "
            f"GROUP BY ALL UNION ALL SELECT field, raw, 0 FROM quarantine WHERE {of} "
            f"AND reason = '{REASON}'",
            values,
        )
    held = Held(counted["n"])
    for row in met:
        held.known.add((row["field"], row["raw"]))
        held.shares[row["field"]] = held.shares.get(row["field"], 0.0) + row["n"] / held.records
    return held
