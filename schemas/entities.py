"""The entities of the standard, their models, and the columns of their core batches."""

import polars as pl

from hub.platform_streams import Entity
from schemas.checked import pa
from schemas.dwelling import Dwelling
from schemas.event import Event
from schemas.fields import FieldFacts, facts_of
from schemas.grid import Grid
from schemas.household import Household
from schemas.resident import Resident

STANDARD_VERSION = "5"
"""Raised whenever a rule reads a cell otherwise: what is in core is then standardised anew.

2: a name of digits, formulas or program text is no name (`bad_name`).
3: `extras`, what platforms hold besides the fields.
4: words in the column of identity numbers are told of (`not_id_number`).
5: a name of garbled characters is none (`garbled_name`); blanks stay behind `é`.
"""
MODELS: dict[Entity, type[pa.DataFrameModel]] = {
    "resident": Resident,
    "household": Household,
    "dwelling": Dwelling,
    "grid": Grid,
    "event": Event,
}
TITLES: dict[Entity, str] = {
    "resident": "居民",
    "household": "户",
    "dwelling": "房屋",
    "grid": "网格",
    "event": "事项",
}
FIELDS: dict[Entity, dict[str, FieldFacts]] = {e: dict(facts_of(m)) for e, m in MODELS.items()}
CORE_COLUMNS: dict[Entity, tuple[str, ...]] = {e: tuple(f) for e, f in FIELDS.items()}


def core_schema(entity: Entity) -> dict[str, pl.DataType]:
    """Column to Polars type of a core batch."""
    return {name: facts.dtype for name, facts in FIELDS[entity].items()}
