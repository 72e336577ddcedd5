"""How well links agree with the truth: by pairs of records, and by record (B-cubed)."""

from dataclasses import dataclass

import polars as pl


@dataclass(frozen=True)
class Score:
    """Precision, recall and their harmonic mean."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def pairwise(links: pl.DataFrame) -> Score:
    """Of pairs of records: `links` has a row a record, `person` and `resident`."""
    both = _pairs(links, ["person", "resident"])
    found, true = _pairs(links, ["resident"]), _pairs(links, ["person"])
    return Score(both / found if found else 1.0, both / true if true else 1.0)


def b_cubed(links: pl.DataFrame) -> Score:
    """Each record's own precision and recall, on average."""
    sizes = links.with_columns(
        pl.len().over("person", "resident").alias("both"),
        pl.len().over("resident").alias("found"),
        pl.len().over("person").alias("true"),
    )
    means = sizes.select(
        (pl.col("both") / pl.col("found")).mean().alias("precision"),
        (pl.col("both") / pl.col("true")).mean().alias("recall"),
    ).row(0)
    return Score(*means)


def _pairs(links: pl.DataFrame, by: list[str]) -> int:
    sizes = links.group_by(by).len()["len"].cast(pl.Int64)
    return int((sizes * (sizes - 1) // 2).sum())
