"""Small platforms, to map from."""

from datetime import date
from typing import Any

import polars as pl

from hub.platform import Platform
from schemas.mapping import Mapping, Standardised, compile_mapping

AS_OF = date(2025, 6, 1)


def platform(entity: str, fields: dict[str, Any], **more: Any) -> Platform:
    """A platform of one stream, `rows`, with this map."""
    stream = {"key": "id", "increment": "snapshot", "entity": entity, "map": fields}
    return Platform.model_validate(
        {
            "platform": "street_grid",
            "title": "网格化平台",
            "owner": {"level": "street", "department": "网格办"},
            "connection": {"kind": "files", "path": "in"},
            "streams": {"rows": stream},
            **more,
        }
    )


def mapping(entity: str, fields: dict[str, Any], **more: Any) -> Mapping:
    """The compiled map of that platform."""
    return compile_mapping(platform(entity, fields, **more), "rows")


def batch(columns: dict[str, list[str | None]], op: list[str] | None = None) -> pl.DataFrame:
    """A raw batch with keys k1, k2, … and row numbers 1, 2, …"""
    height = len(next(iter(columns.values())))
    numbers = list(range(1, height + 1))
    provenance = pl.DataFrame(
        {
            "_key": [f"k{n}" for n in numbers],
            "_op": op or ["upsert"] * height,
            "_hash": [f"h{n}" for n in numbers],
            "_row": pl.Series(numbers, dtype=pl.Int64),
        }
    )
    return provenance.with_columns(
        pl.Series(name, texts, dtype=pl.String) for name, texts in columns.items()
    )


def standardise(
    entity: str, fields: dict[str, Any], columns: dict[str, list[str | None]], **more: Any
) -> Standardised:
    """Map a batch in one step."""
    return mapping(entity, fields, **more).apply(batch(columns), as_of=AS_OF)


def only(entity: str, fields: dict[str, Any], **cells: str | None) -> dict[str, Any]:
    """The one core record of a batch of one row."""
    done = standardise(entity, fields, {name: [text] for name, text in cells.items()})
    (record,) = done.core.rows(named=True)
    return record


def reasons(record: dict[str, Any]) -> dict[str, str]:
    """Field to reason of a record's issues."""
    return {issue["field"]: issue["reason"] for issue in record["issues"]}
