"""What a resident's fields say about each other: number, birth, sex, relation."""

from datetime import date

import polars as pl

from schemas.codes import by_sex

DISAGREES = "disagrees_with_id_number"


PEOPLE = ("id_number", "birth_date", "birth_year", "sex_code", "relation_code", "id_type_code")
"""The fields that speak about each other."""
NEEDED = {
    **{f"{f}.{p}": pl.String for f in PEOPLE for p in ("value", "raw", "reason")},
    **{f"id_number.{p}": pl.String for p in ("status", "sex_code", "type_code")},
    "id_number.birth_date": pl.Date,
    "birth_date.value": pl.Date,
    "birth_date.year": pl.Int16,
    "birth_year.value": pl.Date,
    "birth_year.year": pl.Int16,
}


def settle_people(frame: pl.DataFrame, *, as_of: date, from_age: bool) -> pl.DataFrame:
    """Fill birth and sex from a valid number, which wins; settle `子女` by the sex.

    Args:
        frame: The fields of `PEOPLE` as read; those not mapped are added as nulls.
        as_of: The day of the pull; what lies after it did not happen.
        from_age: The source gives ages, which may be a year off.
    """
    frame = frame.with_columns(
        pl.lit(None, dtype).alias(c) for c, dtype in NEEDED.items() if c not in frame.columns
    )
    frame = _cut_by_a_spreadsheet(frame)
    frame = _born(_happened(frame, as_of), from_age=from_age)
    sex, number_sex = pl.col("sex_code.value"), pl.col("id_number.sex_code")
    other_sex = sex.is_in(["1", "2"]) & (sex != number_sex)
    relation = by_sex(pl.col("relation_code.value"), pl.coalesce(number_sex, sex))
    unsettled = pl.col("relation_code.value").is_not_null() & relation.is_null()
    return frame.with_columns(
        pl.coalesce(number_sex, sex).alias("sex_code.value"),
        _instead(other_sex, DISAGREES, "sex_code.reason"),
        relation.alias("relation_code.value"),
        _instead(unsettled, "needs_sex", "relation_code.reason"),
        pl.coalesce("id_type_code.value", "id_number.type_code").alias("id_type_code.value"),
        pl.col("id_number.status").fill_null("missing").alias("id_status.value"),
    )


def _happened(frame: pl.DataFrame, as_of: date) -> pl.DataFrame:
    """Births, deaths and moves after the day of the pull are taken out."""
    changes: list[pl.Expr] = []
    for field in ("birth_date", "birth_year", "died_on", "left_on"):
        if f"{field}.year" not in frame.columns:
            continue
        late = (pl.col(f"{field}.value") > as_of) | (pl.col(f"{field}.year") > as_of.year)
        late = late.fill_null(value=False)
        changes += [
            pl.when(~late).then(f"{field}.{p}").alias(f"{field}.{p}") for p in ("value", "year")
        ]
        changes.append(_instead(late, "future_date", f"{field}.reason"))
    return frame.with_columns(changes)


def _born(frame: pl.DataFrame, *, from_age: bool) -> pl.DataFrame:
    """Birth date and year: the number's, else the source's."""
    born, number_born = pl.col("birth_date.value"), pl.col("id_number.birth_date")
    year = pl.coalesce("birth_date.year", "birth_year.year")
    aged = pl.lit(from_age) | pl.col("birth_date.raw").str.contains("岁", literal=True)
    apart = (year - number_born.dt.year()).abs() > pl.when(aged).then(1).otherwise(0)
    other = ((born != number_born) | apart).fill_null(value=False)
    field = "birth_date" if frame["birth_date.raw"].null_count() < frame.height else "birth_year"
    return frame.with_columns(
        pl.coalesce(number_born, born, "birth_year.value").alias("birth_date.value"),
        pl.coalesce(number_born.dt.year(), year).cast(pl.Int16).alias("birth_year.value"),
        _instead(other, DISAGREES, f"{field}.reason"),
    )


def _instead(test: pl.Expr, reason: str, column: str) -> pl.Expr:
    return pl.when(test).then(pl.lit(reason)).otherwise(column).alias(column)


def _cut_by_a_spreadsheet(frame: pl.DataFrame) -> pl.DataFrame:
    """A number ending in 000 may pass the check by chance (1 in 11); a man's cannot be even."""
    by_chance = (
        (pl.col("id_number.reason") == "maybe_truncated") & (pl.col("sex_code.value") == "1")
    ).fill_null(value=False) & (pl.col("id_number.sex_code") == "2")
    return frame.with_columns(
        pl.when(by_chance)
        .then(pl.lit("truncated"))
        .otherwise("id_number.status")
        .alias("id_number.status"),
        pl.when(by_chance)
        .then(pl.lit("id_truncated"))
        .otherwise("id_number.reason")
        .alias("id_number.reason"),
        *(
            pl.when(~by_chance).then(f"id_number.{c}").alias(f"id_number.{c}")
            for c in ("birth_date", "sex_code", "type_code")
        ),
    )
