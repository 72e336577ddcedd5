"""What is pulled of a platform, and how its columns fill the standard's fields."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from hub.platform_values import Fraction, Parameters, Seconds, Setting, Texts

Entity = Literal["resident", "household", "dwelling", "grid", "event"]


class Flag(Setting):
    """A column that says whether a row was taken, written back where the platform grants it."""

    column: str
    waiting: Texts = ("0",)
    done: str | None = None  # written into `column` of rows that are stored; None: never written


class Increment(Setting):
    """What is pulled each time: rows past a watermark, new batches, or everything."""

    snapshot: bool = False
    watermark: str | None = None
    overlap: Seconds = 3600
    since: str | None = None  # http_api: the parameter that asks for later rows only
    until: str | None = None  # http_api: the parameter that wants the present moment
    start: str | None = None  # http_api: what `since` says at the first pull
    time_format: str | None = None  # http_api: s, ms, or as %Y-%m-%d; default: as in the rows
    batches: bool = False
    new_files: bool = False
    flag: Flag | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Increment":
        ways = [self.snapshot, self.watermark is not None, self.batches, self.new_files]
        if [*ways, self.flag is not None].count(True) != 1:
            raise ValueError("give exactly one of snapshot, watermark, batches, new_files, flag")
        return self

    @field_validator("flag", mode="before")
    @classmethod
    def _flag_column(cls, value: object) -> object:
        return {"column": value} if isinstance(value, str) else value


class Deletes(Setting):
    """A soft-delete column and the values that mean deleted."""

    column: str
    when: Texts


class FieldMap(Setting):
    """How one standard field is filled from the platform's columns."""

    source: Texts | None = Field(default=None, alias="from")
    value: str | None = None
    join: str = ""
    codes: str | dict[str, str] | None = None
    split: str | None = None
    reads: Literal["date", "age"] | None = Field(default=None, alias="as")
    detail: str | None = None  # labels only: the column that says which kind
    since: str | None = None  # labels only: the column with the day it was granted
    until: str | None = None  # labels only: the column with the day it ends

    @model_validator(mode="after")
    def _exactly_one(self) -> "FieldMap":
        if (self.source is None) == (self.value is None):
            raise ValueError("give exactly one of from, value")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every source column this field reads."""
        named = (self.detail, self.since, self.until)
        return (*(self.source or ()), *(c for c in named if c is not None))


def _field_map(value: object) -> object:
    return {"from": value} if isinstance(value, str) else value


def _field_maps(value: object) -> object:
    return [_field_map(one) for one in value] if isinstance(value, list) else [_field_map(value)]


FieldMaps = Annotated[tuple[FieldMap, ...], BeforeValidator(_field_maps)]


class Stream(Setting):
    """One table, list or file set of a platform."""

    key: Texts = ()
    increment: Increment
    deletes: Deletes | None = None
    entity: Entity
    allow_drop: Fraction = 0.05
    repeats: bool = False  # resident: a person has a record for each visit, not one
    contract: Literal["stop", "set_aside", "accept"] = "accept"  # when the source changes its shape
    drop_columns: Texts = ()  # biometrics: dropped at the connector, and counted
    map: dict[str, FieldMaps]
    extras: dict[str, FieldMaps] = Field(default={})  # resident: what no field of the standard is
    # database
    table: str | None = None
    where: str | None = None
    # files
    files: str | None = None  # glob below the connection's path
    members: str | None = None  # zip: which of the files inside, `*.csv`; default: all readable
    format: Literal["xlsx", "csv", "jsonl", "json", "parquet"] | None = None
    items: str | None = None  # json: where the list is; default: the document is the list
    sheets: Texts | None = None  # default: every sheet
    encoding: str | None = None
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    same_template: bool = True  # refuse files whose columns moved, or hold something else
    # http_api
    path: str | None = None
    params: Parameters = Field(default={})
    # exchange
    batch_table: str | None = None
    batch_no: str = "batch_no"  # column of both tables
    batch_rows: str = "row_count"  # column of the batch table: rows to reconcile
    batch_ready: str | None = None  # column of the batch table that says it is complete
    batch_ready_values: Texts = ("1",)
    batch_taken: str | None = None  # written into `batch_ready` of batches that are stored
    arrival: Seconds | None = None  # no batch for so long is an alarm

    @field_validator("map", mode="before")
    @classmethod
    def _all_left_open(cls, value: object) -> object:
        """A proposal of which nothing is sure has comments alone below `map:`; judged later."""
        return {} if value is None else value

    @field_validator("increment", mode="before")
    @classmethod
    def _snapshot_word(cls, value: object) -> object:
        return {value: True} if value in ("snapshot", "batches", "new_files") else value

    @model_validator(mode="after")
    def _taken_where(self) -> "Stream":
        if self.batch_taken is not None and self.batch_ready is None:
            raise ValueError("batch_taken needs batch_ready")
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """Every source column this stream needs, once, in the order of the file."""
        wanted = [*self.key]
        mapped = (*self.map.values(), *self.extras.values())
        wanted += [c for maps in mapped for one in maps for c in one.columns]
        wanted += [self.increment.watermark] if self.increment.watermark else []
        wanted += [self.deletes.column] if self.deletes else []
        return tuple(dict.fromkeys(wanted))
