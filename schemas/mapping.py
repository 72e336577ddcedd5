"""A platform's mapping compiled: from a raw batch of text to a core batch of the standard.

Pure and stateless: the same raw batch, mapping and day give the same core batch, anywhere.
"""

import json
from collections.abc import Mapping as Pairs
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any

import polars as pl

from hub.errors import NotFoundError, SourceChangedError
from hub.platform import Platform
from hub.platform_streams import Entity, FieldMap
from schemas.codes import tables_digest
from schemas.divisions import DivisionCodes
from schemas.entities import FIELDS, STANDARD_VERSION, core_schema
from schemas.extras import read_extras
from schemas.labels import read_labels
from schemas.listed import gathered, listed
from schemas.map_checks import Place, check_extras, check_fields, codes_for
from schemas.people import PEOPLE, settle_people
from schemas.places import (
    ADDRESS_FIELD,
    JUDGED,
    only_good_numbers,
    settle_grids,
    take_apart,
    unknown_divisions,
)
from schemas.readings import Circumstances, Read, Source, read_fields
from schemas.record import Issue
from schemas.refusals import accepted, all_readable, without_key

Maps = Pairs[str, tuple[FieldMap, ...]]
PROVENANCE = ("_key", "_op", "_hash", "_row")


@dataclass(frozen=True)
class Standardised:
    """What became of one raw batch. Every raw row is in exactly one of the two."""

    core: pl.DataFrame
    """One row per accepted row, the entity's `CORE_COLUMNS`; a delete names only itself."""
    quarantine: pl.DataFrame
    """One row per refused row: record_key, row_no, field, raw, reason."""


@dataclass(frozen=True)
class Mapping:
    """One stream's mapping, checked and compiled."""

    version: str
    """Changes with the map, the code tables and the standard."""
    entity: Entity
    columns: tuple[str, ...]
    """The source columns read."""
    where: str
    """platform.stream, for messages."""
    timezone: str
    sources: dict[str, tuple[Source, ...]]
    set_aside: bool = False
    """Whether a row with an unreadable cell is refused as a whole."""
    divisions: DivisionCodes | None = None
    """The communities that there are; None judges none."""
    extras: Maps = field(default_factory=dict)
    """What is read besides the fields of the standard, by its name."""

    def apply(self, raw: pl.DataFrame, *, as_of: date) -> Standardised:
        """Standardise one raw batch.

        Args:
            raw: `_key`, `_op`, `_hash`, `_row` and at least `columns`, all text but `_row`.
            as_of: The day of the pull, for ages and for what lies in the future.

        Raises:
            SourceChangedError: a mapped column is not there.
        """
        self._expect_columns(raw)
        about = Circumstances(as_of=as_of, timezone=self.timezone)
        keyless = pl.col("_key").is_null() | (pl.col("_key") == "")
        deleted = pl.col("_op").eq_missing("delete")
        gone = raw.filter(~keyless & deleted)
        lost = raw.filter(keyless)
        here = raw.filter(~keyless & ~deleted)
        core, quarantine = self._upserts(here.with_row_index("#row"), about)
        return Standardised(
            core=pl.concat([core, _deletes(self.entity, gone)]),
            quarantine=pl.concat([quarantine, without_key(lost)]),
        )

    def _expect_columns(self, raw: pl.DataFrame) -> None:
        missing = [c for c in (*PROVENANCE, *self.columns) if c not in raw.columns]
        if missing:
            raise SourceChangedError(
                f"{self.where}: raw batch lacks {missing}",
                zh=f"{self.where} 的数据里没有映射要用的列：{'、'.join(missing)}。"
                "请核对平台是否改了列名，再改平台文件的 map。",
            )

    def _upserts(
        self, raw: pl.DataFrame, about: Circumstances
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        texts = [c for c in self.columns if raw.schema[c] != pl.String]
        raw = raw.with_columns(pl.col(texts).cast(pl.String)) if texts else raw
        read = read_fields(raw, self.sources, about)
        frame, issues = _settle(self.entity, read, about, from_age=self._from_age)
        if self.entity == "resident":
            labels, more = read_labels(raw, self.sources.get("labels", ()), about)
            extras, odd = read_extras(raw, self.extras, about)
            frame = frame.with_columns(labels.alias("labels.value"), extras.alias("extras.value"))
            issues = pl.concat([issues, more, odd])
        if self.divisions is not None:
            issues = pl.concat([issues, unknown_divisions(frame, self.divisions)])
        found = listed(issues, rows=frame.height, struct=Issue, name="issues.value")
        core, refused = accepted(
            self.entity, _to_core(self.entity, frame.with_columns(found)), frame
        )
        if not self.set_aside:
            return core, refused
        core, unreadable = all_readable(core)
        return core, pl.concat([refused, unreadable])

    @property
    def _from_age(self) -> bool:
        births = (*self.sources.get("birth_date", ()), *self.sources.get("birth_year", ()))
        return any(source.map.reads == "age" for source in births)


def compile_mapping(
    platform: Platform, stream: str, divisions: DivisionCodes | None = None
) -> Mapping:
    """Check and compile the map of one stream; records are held to `divisions`, if given.

    Raises:
        NotFoundError: the platform has no such stream.
        ConfigError: a field, code set or option that does not exist, with the nearest right name.
    """
    if stream not in platform.streams:
        raise NotFoundError(
            f"platform {platform.platform} has no stream {stream}",
            zh=f"平台 {platform.platform} 没有数据流 {stream}；有：{'、'.join(platform.streams)}。",
        )
    setting, place = platform.streams[stream], Place(platform, stream)
    check_fields(place, setting)
    check_extras(place, setting)
    facts = FIELDS[setting.entity]
    sources = {
        name: tuple(Source(facts[name], one, codes_for(place, facts[name], one)) for one in maps)
        for name, maps in setting.map.items()
    }
    mapped = (*setting.map.values(), *setting.extras.values())
    columns = [c for maps in mapped for one in maps for c in one.columns]
    return Mapping(
        version=_version(platform, stream, divisions),
        entity=setting.entity,
        columns=tuple(dict.fromkeys(columns)),
        where=f"{platform.platform}.{stream}",
        timezone=platform.timezone,
        sources=sources,
        set_aside=setting.contract == "set_aside",
        divisions=divisions if JUDGED & sources.keys() else None,
        extras=setting.extras,
    )


def _version(platform: Platform, stream: str, divisions: DivisionCodes | None) -> str:
    setting = platform.streams[stream]
    maps, extras = _dumped(setting.map), _dumped(setting.extras)
    parts = [STANDARD_VERSION, tables_digest(), setting.entity, platform.timezone, maps]
    parts += [extras] if extras else []
    parts += ["set_aside"] if setting.contract == "set_aside" else []
    parts += [divisions.digest] if divisions is not None and JUDGED & setting.map.keys() else []
    return sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:12]


def _dumped(maps: Maps) -> dict[str, list[dict[str, Any]]]:
    return {n: [one.model_dump(mode="json") for one in m] for n, m in maps.items()}


def _settle(
    entity: Entity, read: Read, about: Circumstances, *, from_age: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Let the fields of a row correct and complete each other; issues long."""
    frame, odd = read.frame, list(read.odd)
    if entity == "resident":
        frame = settle_people(frame, as_of=about.as_of, from_age=from_age)
        odd += [
            (f, f"{f}.raw", f"{f}.reason")
            for f in PEOPLE
            if (f, f"{f}.raw", f"{f}.reason") not in odd
        ]
    if entity == "grid":
        frame = settle_grids(frame)
    else:
        frame = take_apart(frame, ADDRESS_FIELD[entity])
        odd.append((ADDRESS_FIELD[entity], f"{ADDRESS_FIELD[entity]}.raw", "address.parsed"))
    for facts in FIELDS[entity].values():
        if facts.reads == "other_id_number":
            frame = only_good_numbers(frame, facts.name)
    return frame, gathered(frame, [o for o in odd if o[2] in frame.columns])


def _to_core(entity: Entity, frame: pl.DataFrame) -> pl.DataFrame:
    """The columns of a core batch, in order and type; what is not mapped is null."""
    given = {"record_key": "_key", "row_hash": "_hash", "row_no": "_row"}
    columns: list[pl.Expr] = []
    for name, dtype in core_schema(entity).items():
        at = given.get(name, f"{name}.value")
        if name == "op":
            columns.append(pl.lit("upsert").alias(name))
        elif at in frame.columns:
            columns.append(pl.col(at).cast(dtype).alias(name))
        else:
            columns.append(pl.lit(None, dtype).alias(name))
    return frame.select(columns)


def _deletes(entity: Entity, gone: pl.DataFrame) -> pl.DataFrame:
    """Deletes carry their key, op and place in the batch; their lists are empty."""
    schema = core_schema(entity)
    filled = {"record_key": pl.col("_key"), "op": pl.lit("delete"), "row_hash": pl.col("_hash")}
    filled["row_no"] = pl.col("_row").cast(schema["row_no"])
    filled |= {n: pl.lit([], t) for n, t in schema.items() if isinstance(t, pl.List)}
    return gone.select(filled.get(n, pl.lit(None, t)).alias(n) for n, t in schema.items())
