"""forms/NAME.yaml: what each cell of a department's form is taken for; the officer corrects it.

The form itself lies beside it as forms/NAME.xlsx, as the department sent it.
"""

from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hub.errors import ConfigError, NotFoundError
from hub.settings import Home
from hub.yaml_text import parse
from reports.conditions import meant, parse_population
from reports.formats import DATES
from reports.items import is_item

FOLDER = "forms"
NAME = r"^[\w\-（）()·]{1,80}$"


class Part(BaseModel):
    """A part of a form's file: unknown keys are mistakes, not extensions."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(Part):
    """One column of a list form: where it is, what it asks for, how it writes it."""

    at: str = Field(pattern=r"^[A-Z]{1,3}$")
    header: str
    item: str
    proposed: str = ""  # what it was taken for; where `item` differs, an officer has spoken
    confidence: float = 1.0
    why: str = ""
    span: int = 1
    beside: int = 0  # where people stand side by side in one row: of which of them it is
    boxes: int | None = None  # one character a cell, so many cells
    date: str = "YYYY-MM-DD"
    codes: Literal["words", "codes"] | dict[str, str] = "words"
    yes: str = "是"
    no: str = "否"
    mask: bool = False
    tail: int | None = None  # only so many of the last characters
    total: Literal["sum", "count"] | None = None

    @field_validator("item")
    @classmethod
    def _known(cls, value: str) -> str:
        if not is_item(value):
            raise ValueError(f"unknown item {value}")
        return value

    @field_validator("date")
    @classmethod
    def _format(cls, value: str) -> str:
        if value not in DATES:
            raise ValueError(f"unknown date format {value}")
        return value


ROW_TITLES = {
    "grid_code": "grid_name", "community_code": "community_name", "compound": "compound",
}  # fmt: skip
"""What the rows of a table of counts can be, and the item that is their name."""
ALWAYS_NEEDED = ("household_id", "head_resident_id", "relation_code")
"""To keep a household together, its head first, and to count households."""


class Line(Part):
    """One row or one column of a summary form, and whom it counts (`when`; blank: all)."""

    at: str
    header: str
    when: str | None = ""  # None: nobody knows what it counts
    proposed: str | None = "?"  # what it was taken for; where `when` differs, an officer has spoken
    count: Literal["residents", "households"] = "residents"

    @property
    def item(self) -> str:
        """What it counts, as the registry names it; what nobody understood is only like itself."""
        what = "" if self.count == "residents" else f"{self.count} "
        return f"count:{what}{self.header if self.when is None else self.when}"

    @field_validator("when")
    @classmethod
    def _understood(cls, value: str | None) -> str | None:
        if value:
            parse_population(value)
        return value


class Top(Part):
    """One label above or below the table, and where its value goes; `value` is an officer's own."""

    at: str = Field(pattern=r"^[A-Z]{1,3}\d+$")
    to: str = Field(pattern=r"^[A-Z]{1,3}\d+$")
    label: str
    item: Literal[
        "community_name", "street_name", "district_name", "grid_name", "worker_name",
        "worker_phone", "today", "",
    ] = ""  # fmt: skip
    value: str = ""
    text: str


class Sheet(Part):
    """One sheet: a list of people, or a table of counts."""

    sheet: str
    kind: Literal["list", "summary"] = "list"
    when: str = ""  # who of the form's people stand, or are counted, on this sheet; blank: all
    given: dict[int, str] = {}  # list: by row, whom the department named there; nobody else
    header: tuple[int, int]
    body: tuple[int, int]
    total: int | None = None
    tops: tuple[Top, ...] = ()
    columns: tuple[Column, ...] = ()
    across: tuple[Line, ...] = ()  # summary: its columns
    down: tuple[Line, ...] = ()  # summary: its rows, `at` their numbers; none: one of `each`
    stub: str = "A"  # summary without rows of its own: where the names of its rows go
    seq: str = ""  # and their numbers, where there is a column for them
    each: Literal["grid_code", "community_code", "compound"] = "grid_code"  # and what they are

    def part(self, column: Column, people: int) -> tuple[int, int]:
        """Which people a column holds, from which on and how many: side by side only some."""
        abreast = 1 + max(one.beside for one in self.columns)
        drawn = self.body[1] - self.body[0] + 1
        rows = people if abreast == 1 else max(drawn, -(-people // abreast))
        return column.beside * rows, rows

    @field_validator("when")
    @classmethod
    def _understood(cls, value: str) -> str:
        return meant(value) if value else ""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.kind == "list" and not self.columns:
            raise ValueError("a list form has columns")
        return self


class FormFile(Part):
    """One registered form."""

    form: str = Field(pattern=NAME)
    title: str
    department: str
    period: Literal["daily", "weekly", "monthly", "quarterly", "yearly", "once"] = "monthly"
    population: str = "residents"
    order: tuple[str, ...] = ("grid_code", "compound", "building", "unit", "room", "household_id")
    public: bool = False  # 公示: masked, and nothing of level 4
    basis: str = ""
    version: int = 1
    sha256: str = ""
    notes: tuple[str, ...] = ()  # what stands in the file and is not filled, or not kept
    sheets: tuple[Sheet, ...]

    @property
    def needed(self) -> frozenset[str]:
        """Every item that must be known of people to fill the form; no other need be read."""
        lines = [line for sheet in self.sheets for line in (*sheet.across, *sheet.down)]
        tests = [self.population, *(line.when or "" for line in lines)]
        tests += [one.when for one in self.sheets]
        named = {one.item for sheet in self.sheets for one in sheet.columns}
        named |= {one.item for sheet in self.sheets for one in sheet.tops}
        each = {item for one in self.sheets for item in (one.each, ROW_TITLES[one.each])}
        tested = (item for one in tests for item in parse_population(one).items)
        return frozenset({*named, *each, *tested, *self.order, *ALWAYS_NEEDED} - {"", "today"})

    @property
    def labels_counted(self) -> frozenset[str]:
        """The labels by which its tables count and its sheets choose, as items."""
        lines = [line for sheet in self.sheets for line in (*sheet.across, *sheet.down)]
        counted = [*(one.when for one in self.sheets), *(line.when or "" for line in lines)]
        tests = [test for one in counted for test in parse_population(one).tests]
        return frozenset(f"labels:{'|'.join(t.values)}" for t in tests if t.item == "labels")

    @field_validator("population")
    @classmethod
    def _understood(cls, value: str) -> str:
        return meant(value)

    @field_validator("order")
    @classmethod
    def _items(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            if not is_item(one):
                raise ValueError(f"unknown item {one}")
        return value


def form_path(home: Home, name: str) -> Path:
    """The file of a form's settings; its template has the suffix `.xlsx`."""
    return home.root / FOLDER / f"{name}.yaml"


def load_form(home: Home, name: str) -> FormFile:
    """Read one registered form.

    Raises:
        NotFoundError: no form of that name.
        ConfigError: its file is wrong.
    """
    path = form_path(home, name)
    if not path.is_file():
        raise NotFoundError(
            f"no form {name}",
            zh=f"没有登记叫“{name}”的表：请用 hub form list 查看表名，"
            "或先用 hub form register 登记。",
        )
    try:
        return FormFile.model_validate(parse(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "文件"
        raise ConfigError(
            f"{path.name}: not readable as YAML",
            zh=f"{path.name} 读不懂（{where}）：请检查缩进、冒号后的空格和引号。",
        ) from None
    except ValidationError as error:
        places = "、".join(".".join(map(str, one["loc"])) for one in error.errors())
        raise ConfigError(
            f"{path.name}: {error.error_count()} mistakes at {places}",
            zh=f"{path.name} 有 {error.error_count()} 处要改：{places}。"
            "项目名见数据字典和 docs/forms.md。",
        ) from None


def load_forms(home: Home) -> list[FormFile]:
    """Every registered form, by name."""
    return [load_form(home, path.stem) for path in sorted((home.root / FOLDER).glob("*.yaml"))]


def save_form(home: Home, one: FormFile) -> Path:
    """Write a form's settings so that an officer can read and correct them."""
    path = form_path(home, one.form)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = one.model_dump(mode="json", exclude_defaults=True)
    content = {"form": content.pop("form"), "title": content.pop("title"), **content}
    text = yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(HEADING + text, encoding="utf-8")
    temporary.replace(path)
    return path


HEADING = """\
# 登记的表单。请核对每一列的 item（填什么），改对后保存即可；confidence 是系统的把握，why 是依据。
# item：数据字典的居民字段；label:低保（是否）、detail:残疾（类别）、
#   since:低保（起始日期）、labels（全部标签）；
#   age 年龄、head_name 户主、member_count 家庭人口、grid_name 网格、worker_name 网格员、seq 序号；
#   other:名称（各平台都没有，只问一次）、remark（留空不填）。
# date：日期写法，如 YYYYMMDD、YYYY年M月D日；codes：words 名称、codes 代码，或 {"1": 男, "2": 女}；
# mask：脱敏。更多写法见 docs/forms.md。
"""


class _Dumper(yaml.SafeDumper):
    """Short lists and columns on one line each."""

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:  # noqa: ANN401 (PyYAML's own)
        """Columns and lines in one line."""
        if "at" in mapping:
            flow_style = True
        return super().represent_mapping(tag, mapping, flow_style)

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:  # noqa: ANN401 (as above)
        """Lists of words or numbers in one line."""
        if all(isinstance(one, str | int) for one in sequence):
            flow_style = True
        return super().represent_sequence(tag, sequence, flow_style)
