"""The contract: a core batch keeps its entity's model, or the rows that break it are set aside."""

from collections.abc import Sequence

import polars as pl
from pandera.constants import CHECK_OUTPUT_KEY
from pandera.errors import SchemaError, SchemaErrors

from hub.errors import ContractError
from hub.platform_streams import Entity
from schemas.checked import pa
from schemas.entities import CORE_COLUMNS, MODELS, TITLES
from schemas.refusals import QUARANTINE

REASONS = {
    "isin": "not_in_code_table",
    "str_matches": "bad_format",
    "in_range": "out_of_range",
    "str_length": "bad_length",
    "not_nullable": "must_not_be_null",
}
"""Pandera's names of the rules, in our words; a rule of several fields has its own name."""


def check(entity: Entity, core: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part a core batch into rows that keep the contract, and the quarantine of those that do not.

    Deletes carry only their key and pass. A row that breaks several rules is named once, with the
    first of them. Counts are the heights of the two frames.

    Raises:
        ContractError: a column is missing, unknown or of another type, so no row can be judged.
    """
    judged = core.filter(pl.col("op") != "delete") if "op" in core.columns else core
    try:
        MODELS[entity].validate(judged, lazy=True)
    except SchemaErrors as errors:
        broken = _broken(entity, judged, errors.schema_errors)
    else:
        return core, pl.DataFrame(schema=QUARANTINE)
    bad = broken.group_by("row", maintain_order=True).first()
    deletes = core.filter(pl.col("op") == "delete")
    rows = pl.int_range(judged.height, eager=True, dtype=pl.UInt32)
    good = judged.filter(~rows.is_in(bad["row"].implode()))
    return pl.concat([good, deletes]), bad.select(list(QUARANTINE))


def _broken(entity: Entity, judged: pl.DataFrame, errors: Sequence[SchemaError]) -> pl.DataFrame:
    """One row per broken rule and row of `judged`: row, and the columns of the quarantine."""
    of_the_shape = [e for e in errors if not isinstance(e.check_output, pl.DataFrame)]
    if of_the_shape:
        raise _wrong_shape(entity, of_the_shape)
    parts = []
    for error in errors:
        passed = error.check_output[CHECK_OUTPUT_KEY].fill_null(value=True)
        field = error.schema.name if isinstance(error.schema, pa.Column) else None
        raw = pl.col(field).cast(pl.String, strict=False) if field else pl.lit(None, pl.String)
        parts.append(
            judged.with_row_index("row")
            .filter(~passed)
            .select(
                "row",
                "record_key",
                "row_no",
                field=pl.lit(field, pl.String),
                raw=raw,
                reason=pl.lit(_reason(error)),
            )
        )
    return pl.concat(parts)


def _reason(error: SchemaError) -> str:
    if isinstance(error.check, str):
        return REASONS.get(error.check, error.check)
    name = str(error.check.name)
    return REASONS.get(name, str(error.check.error or name))


def _wrong_shape(entity: Entity, errors: Sequence[SchemaError]) -> ContractError:
    """Only names of columns and types, no values."""
    what = "; ".join(f"{e.check}: {e.failure_cases}" for e in errors)
    return ContractError(
        f"core batch of {entity} has another shape than {list(CORE_COLUMNS[entity])}: {what}",
        zh=f"{TITLES[entity]}的标准化结果与数据标准的列不一致，没有写入；请把日志交给维护人员。",
    )
