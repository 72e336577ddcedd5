"""How each kind of field is read: from a platform's text to the standard's value and a reason.

Every reading is a struct with at least `value` and `reason` (null where nothing is odd).
"""

from collections.abc import Callable
from collections.abc import Mapping as Pairs
from dataclasses import dataclass
from datetime import date

import polars as pl

from hub.platform_streams import FieldMap
from schemas.addresses import address_part
from schemas.blanks import as_given, known
from schemas.codes import standard_code
from schemas.dates import standard_age, standard_day, standard_moment
from schemas.fields import FieldFacts, Reads
from schemas.id_numbers import standard_id_number
from schemas.names import standard_name
from schemas.phones import standard_phone


@dataclass(frozen=True)
class Source:
    """One way to fill one field: the map as written, and its codes already looked up."""

    facts: FieldFacts
    map: FieldMap
    codes: Pairs[str, str] | None = None


@dataclass(frozen=True)
class Circumstances:
    """What a reading depends on beside the text."""

    as_of: date
    timezone: str


@dataclass(frozen=True)
class Read:
    """The fields of a batch, read one by one."""

    frame: pl.DataFrame
    """`row`, the provenance, and of every mapped field `<field>.raw`, `.value`, `.reason`; dates
    also `.year`, identity numbers `.status`, `.birth_date`, `.sex_code`, `.type_code`."""
    odd: tuple[tuple[str, str, str], ...]
    """(field, column of its raw text, column of its reason)."""


def read_fields(
    raw: pl.DataFrame, sources: Pairs[str, tuple[Source, ...]], about: Circumstances
) -> Read:
    """Read every mapped field but the labels. Of several maps the first that has a value counts."""
    ones = {
        f"{name}#{n}": source
        for name, maps in sources.items()
        for n, source in enumerate(maps)
        if source.facts.reads != "labels"
    }
    kept = [c for c in ("#row", "_key", "_op", "_hash", "_row") if c in raw.columns]
    frame = raw.select(*kept, **{f"{one}.raw": raw_text(source) for one, source in ones.items()})
    numbers = {one: s for one, s in ones.items() if s.facts.reads == "id_number"}
    frame = frame.with_columns(
        read(source, pl.col(f"{one}.raw"), about).alias(one)
        for one, source in ones.items()
        if one not in numbers
    )
    types = [pl.col(one).struct["value"] for one in ones if one.startswith("id_type_code#")]
    type_code = pl.coalesce(types) if types else pl.lit(None, pl.String)
    frame = frame.with_columns(
        standard_id_number(pl.col(f"{one}.raw"), type_code, as_of=about.as_of).alias(one)
        for one in numbers
    )
    fields = dict.fromkeys(one.split("#")[0] for one in ones)
    settled = [
        e for f in fields for e in _chosen(frame, f, [o for o in ones if o.split("#")[0] == f])
    ]
    return Read(
        frame=frame.select(*kept, *settled),
        odd=tuple((f, f"{f}.raw", f"{f}.reason") for f in fields),
    )


def _chosen(frame: pl.DataFrame, field: str, ones: list[str]) -> list[pl.Expr]:
    """The reading that counts, flat: the first with a value, else the first with a reason."""
    first = pl.col(ones[0])
    chosen, raw = first, pl.col(f"{ones[0]}.raw")
    parts = [f.name for f in frame.schema[ones[0]].fields]  # type: ignore[attr-defined]  # a struct
    if len(ones) > 1:
        has = [_has_value(pl.col(one), parts) for one in ones]
        wrong = [pl.col(one).struct["reason"].is_not_null() for one in ones]
        pick = _first_true([*has, *wrong], [*ones, *ones], otherwise=first)
        raws = [f"{one}.raw" for one in ones]
        chosen, raw = pick, _first_true([*has, *wrong], [*raws, *raws], otherwise=raw)
    return [
        raw.alias(f"{field}.raw"),
        *(chosen.struct[part].alias(f"{field}.{part}") for part in parts),
    ]


def _has_value(one: pl.Expr, parts: list[str]) -> pl.Expr:
    value = one.struct["value"].is_not_null()
    return value | one.struct["year"].is_not_null() if "year" in parts else value


def _first_true(tests: list[pl.Expr], columns: list[str], *, otherwise: pl.Expr) -> pl.Expr:
    result = otherwise
    for test, column in reversed(list(zip(tests, columns, strict=True))):
        result = pl.when(test).then(pl.col(column)).otherwise(result)
    return result


def raw_text(source: Source) -> pl.Expr:
    """The text a field is read from: a column, several joined, or a constant."""
    if source.map.value is not None:
        return pl.lit(source.map.value)
    columns = source.map.source or ()
    if len(columns) == 1:
        return pl.col(columns[0])
    parts = [known(pl.col(c)) for c in columns]
    joined = pl.concat_str(parts, separator=source.map.join, ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def read(source: Source, raw: pl.Expr, about: Circumstances) -> pl.Expr:
    """The struct of one field on its own."""
    if source.codes is not None:
        return standard_code(raw, source.codes)
    return READERS.get(source.facts.reads, _text)(source, raw, about)


def _text(_source: Source, raw: pl.Expr, _about: Circumstances) -> pl.Expr:
    return _plain(known(raw))


def _given(_source: Source, raw: pl.Expr, _about: Circumstances) -> pl.Expr:
    return _plain(as_given(raw))


def _name(_source: Source, raw: pl.Expr, _about: Circumstances) -> pl.Expr:
    return standard_name(raw)


def _phone(_source: Source, raw: pl.Expr, _about: Circumstances) -> pl.Expr:
    return standard_phone(raw)


def _moment(_source: Source, raw: pl.Expr, about: Circumstances) -> pl.Expr:
    return standard_moment(raw, timezone=about.timezone)


def _number(_source: Source, raw: pl.Expr, about: Circumstances) -> pl.Expr:
    return standard_id_number(raw, pl.lit(None, pl.String), as_of=about.as_of)


def _part(source: Source, raw: pl.Expr, _about: Circumstances) -> pl.Expr:
    return _plain(address_part(source.facts.name, known(raw)))


def _plain(value: pl.Expr) -> pl.Expr:
    return pl.struct(value=value, reason=pl.lit(None, pl.String))


def _day(source: Source, raw: pl.Expr, about: Circumstances) -> pl.Expr:
    if source.map.reads == "age":
        return standard_age(raw, as_of=about.as_of)
    return standard_day(raw, timezone=about.timezone, as_of=about.as_of)


def _division(_source: Source, raw: pl.Expr, _about: Circumstances) -> pl.Expr:
    value = known(raw)
    good = value.str.contains(r"^[0-9]{12}$")
    return pl.struct(
        value=pl.when(good).then(value),
        reason=pl.when(~good).then(pl.lit("bad_division_code")),
    )


def _hectare(_source: Source, raw: pl.Expr, _about: Circumstances) -> pl.Expr:
    """Hectares from `30`, `30公顷`, `450亩`, `0.3平方公里`, `300000平方米`."""
    value = known(raw)
    parts = value.str.replace_all(",", "").str.extract_groups(
        r"^约?([0-9]+(?:\.[0-9]+)?)\s*(公顷|ha|HA|亩|平方公里|km2|平方米|m2|㎡)?$"
    )
    per_unit = {"亩": 1 / 15, "平方公里": 100.0, "km2": 100.0, "平方米": 1e-4, "m2": 1e-4}
    factor = parts.struct[1].replace_strict(per_unit, default=1.0, return_dtype=pl.Float64)
    area = parts.struct[0].cast(pl.Float64, strict=False) * factor
    wrong = value.is_not_null() & area.is_null()
    return pl.struct(value=area, reason=pl.when(wrong).then(pl.lit("bad_number")))


READERS: dict[Reads, Callable[[Source, pl.Expr, Circumstances], pl.Expr]] = {
    "given": _given,
    "address": _given,
    "covers": _given,
    "name": _name,
    "phone": _phone,
    "moment": _moment,
    "id_number": _number,
    "other_id_number": _number,
    "birth": _day,
    "year": _day,
    "day": _day,
    "part": _part,
    "division": _division,
    "hectare": _hectare,
}
"""Any other field is plain text."""
