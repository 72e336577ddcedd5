"""Parquet files: typed cells as the text that a person would have written.

Whole numbers without an exponent, days and times as ISO 8601, true and false, lists and structs as
JSON; `owner.phone` looks inside the struct `owner` unless a column is called so.
"""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from connectors.chunk import ORIGIN, text_schema
from connectors.json_rows import HALVES
from connectors.tabular import Part, Reader, unreadable

SUFFIXES = (".parquet",)
BLOCK_ROWS = 20_000


def read_parquet(reader: Reader, path: Path, name: str) -> Iterator[Part]:
    """Yield the file in parts of some ten thousand rows.

    Raises:
        SourceChangedError: damaged or cut off, or a wanted column is missing.
    """
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = tuple(_paths(file.schema_arrow))
            if file.metadata.num_rows == 0:
                yield _part(reader, name, names, pa.table({}, schema=file.schema_arrow), 0)
            tops = {one.partition(".")[0] for one in (*reader.wanted, *reader.drop)}
            tops = (tops | {*reader.wanted, *reader.drop}) & {*file.schema_arrow.names}
            count = 0
            for batch in file.iter_batches(BLOCK_ROWS, columns=sorted(tops)):
                yield _part(reader, name, names, pa.table(batch), count)
                count += batch.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise unreadable(f"文件 {name}", error, "它不是完整的 Parquet 文件，可能没有传完") from None


def _part(reader: Reader, name: str, names: tuple[str, ...], table: pa.Table, count: int) -> Part:
    found = {column: _found(table, column) for column in reader.wanted}
    missing = [column for column, values in found.items() if values is None]
    if missing and len(missing) < len(found):
        raise reader.missing(f"文件 {name}", missing, names)
    kept = [] if missing else [*found]
    arrays = [_texts(found[column]) for column in kept]
    origins = pa.array((f"{name}!{count + 1 + n}" for n in range(table.num_rows)), pa.string())
    drops = ((column, _found(table, column)) for column in reader.drop)
    counts = {column: len(values) - values.null_count for column, values in drops if values}
    rows = pa.table([*arrays, origins], schema=text_schema([*kept, ORIGIN]))
    return Part(name, names, rows, dropped=counts)


def _found(table: pa.Table, column: str) -> pa.ChunkedArray | None:
    if column in table.column_names:
        return table.column(column)
    first, _, rest = column.partition(".")
    if not rest or first not in table.column_names:
        return None
    outer = table.column(first)
    if not pa.types.is_struct(outer.type):
        return None
    names = [outer.type.field(n).name for n in range(outer.type.num_fields)]
    inside = [pa.compute.struct_field(outer, [n]) for n in range(len(names))]
    return _found(pa.table(inside, names=names), rest)


def _texts(values: pa.ChunkedArray) -> pa.ChunkedArray | pa.Array:
    kind = values.type
    plain = pa.types.is_string(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)
    if plain or pa.types.is_large_string(kind):
        return values.cast(pa.string())
    return pa.array(map(_text, values.to_pylist()), pa.string())


def _text(value: Any) -> str | None:  # noqa: ANN401 - any cell
    if value is None:
        return None
    write = next((one for kind, one in WRITTEN if isinstance(value, kind)), str)
    return write(value)


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_text)
    return HALVES.sub("\ufffd", text)


def _number(value: float | Decimal) -> str:
    exact = Decimal(repr(value)) if isinstance(value, float) else value
    if not exact.is_finite():
        return str(value)
    whole = exact == exact.to_integral()
    return f"{exact.to_integral():f}" if whole and isinstance(value, float) else f"{exact:f}"


def _paths(fields: pa.Schema | pa.StructType, before: str = "") -> Iterator[str]:
    """Every column, structs opened as `owner.phone`."""
    for one in fields:
        if pa.types.is_struct(one.type) and one.type.num_fields:
            yield from _paths(one.type, f"{before}{one.name}.")
        else:
            yield before + one.name


WRITTEN: tuple[tuple[Any, Callable[[Any], str]], ...] = (
    (str, str),
    (bool, lambda value: "true" if value else "false"),
    ((float, Decimal), _number),
    (datetime, lambda value: value.isoformat(sep=" ")),
    ((date, time), lambda value: value.isoformat()),
    (timedelta, lambda value: f"{value.total_seconds():g}"),
    (bytes, lambda value: base64.b64encode(value).decode()),
    ((dict, list), _json),
)
