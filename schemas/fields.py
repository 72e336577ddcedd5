"""What a field of the standard is: its Chinese title, code set, sensitivity, mask and owner.

Each entity's model is written with these; the data dictionary, the masks and the mapping read
them back from the model, so a field is described once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from schemas.checked import pa
from schemas.codes import code_sets

Reads = Literal[
    "text", "given", "name", "id_number", "other_id_number", "code", "day", "birth", "year",
    "moment", "phone", "address", "part", "division", "labels", "covers", "hectare", "computed",
]  # fmt: skip
"""How a field is read from a platform's text; `computed` cannot be mapped."""

Level = Literal[1, 2, 3, 4]
"""1 open, 2 internal, 3 personal, 4 sensitive personal (PIPL art. 28, GB/T 35273)."""


@dataclass(frozen=True)
class FieldFacts:
    """One field, as the dictionary shows it and the mapping uses it."""

    name: str
    title: str
    description: str
    level: Level
    mask: str
    reads: Reads
    code_set: str | None
    owner: str
    dtype: pl.DataType


def described(
    title: str,
    level: Level,
    *,
    reads: Reads = "text",
    description: str = "",
    mask: str = "",
    **facts: Any,  # noqa: ANN401 — pandera's own checks pass through
) -> Any:  # noqa: ANN401 — pandera's Field returns Any by design
    """A nullable Pandera field with the standard's facts in its metadata.

    `owner` names the department whose word counts by default; other keywords are Pandera's.
    """
    owner = facts.pop("owner", "")
    code_set = facts.pop("code_set", None)
    if code_set is not None:
        facts["isin"] = list(code_sets()[code_set].codes)
    metadata = {"level": level, "mask": mask, "reads": reads, "code_set": code_set, "owner": owner}
    facts.setdefault("nullable", True)
    facts.setdefault("n_failure_cases", 1)  # the contract reads which rows failed, not the cases
    return pa.Field(title=title, description=description, metadata=metadata, **facts)


def code(title: str, level: Level, code_set: str, **facts: Any) -> Any:  # noqa: ANN401 — as above
    """A field that holds a code of `code_set`."""
    return described(title, level, reads="code", code_set=code_set, **facts)


def facts_of(model: type[pa.DataFrameModel]) -> Mapping[str, FieldFacts]:
    """Every field of a model, in its order."""
    return {
        str(name): FieldFacts(
            name=str(name),
            title=column.title or "",
            description=column.description or "",
            dtype=column.dtype.type,
            **column.metadata,
        )
        for name, column in model.to_schema().columns.items()
    }
