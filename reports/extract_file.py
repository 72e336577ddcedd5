"""extracts/NAME.yaml: what an upper-level department may have, in which shape, and why."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, ValidationError, field_validator, model_validator

from hub.errors import ConfigError, NotFoundError
from hub.platform_connections import DatabaseConnection, FilesConnection
from hub.platform_values import Seconds
from hub.schedule import understood
from hub.settings import Home
from hub.yaml_text import parse
from reports.conditions import meant, parse_population
from reports.form_file import Part
from reports.formats import DATES
from reports.items import facts_of_item, is_item

FOLDER = "extracts"
NAME = r"^[a-z][a-z0-9_\-]{1,60}$"
Kind = Literal["csv", "xlsx", "parquet", "json"]
Said = Annotated[str, Field(pattern=r"\S")]  # never blank
COLUMN = re.compile(r"[^\s=+\-@'\"`][^\".`\x00-\x1f]{0,59}")
"""What a column may be called: no formula in a spreadsheet, one name in a database or contract."""
OWN = ("resident_id", "watermark", "change", "redirected_to", "persons")
"""Columns that a run adds itself."""
PLACES = ("grid_code", "grid_name", "worker_name", "compound", "building", "community_name",
          "street_name", "district_name", "birth_year")  # fmt: skip
"""What people are counted by besides codes, labels and numbers."""


class Recipient(Part):
    """Who gets it, and as far as which scope they may."""

    department: Said
    contact: str = ""
    scope: str = Field(pattern=r"^\d{2,15}$")  # beginning of the codes that are theirs


class Basis(Part):
    """The rule that allows it, and the fields that it allows; `*` would say nothing."""

    document: Said
    fields: tuple[str, ...]


class ExtractField(Part):
    """One column of the data."""

    item: str
    name: str = ""  # the column's name; blank: the item's, with `_` for `:`
    date: str = "YYYY-MM-DD"
    codes: Literal["words", "codes"] = "codes"
    mask: bool = False

    @property
    def column(self) -> str:
        """What the column is called in the data."""
        return self.name or re.sub(r"[:|]", "_", self.item)

    @field_validator("name")
    @classmethod
    def _speakable(cls, value: str) -> str:
        if value and not COLUMN.fullmatch(value):
            raise ConfigError(
                "extract: a column cannot be called so",
                zh=f"列名“{value}”不能用：不能以空格或 = + - @ ' 开头，"
                "不能有引号、点和换行，最长 60 个字。",
            )
        return value

    @model_validator(mode="after")
    def _known(self) -> Self:
        if not is_item(self.item) or self.item in ("seq", "remark"):
            raise _unknown(self.item)
        if self.date not in DATES:
            raise ConfigError(
                "extract: unknown date format",
                zh=f"日期写法“{self.date}”不认识：可以写 {'、'.join(DATES)}。",
            )
        return self


class ToTable(DatabaseConnection):
    """A table of an exchange database 前置库: rows by batch, and `{table}_batch` to reconcile."""

    table: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,50}$")


class Extract(Part):
    """One standardised extract."""

    extract: str = Field(pattern=NAME)
    title: Said
    recipient: Recipient
    purpose: Said
    basis: Basis
    fields: tuple[ExtractField, ...] = ()
    count_by: tuple[str, ...] = ()  # statistics instead of rows: how many of each
    hide_below: int | None = None  # statistics: smaller counts are hidden
    population: str = "residents"
    scope: str | None = None  # None: all that the home serves
    public: bool = False  # 公示: masked, and nothing of level 4
    formats: tuple[Kind, ...] = ("csv",)
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    mode: Literal["full", "changes"] = "full"
    fresh_within: Seconds = 604_800
    schedule: str | None = None
    folder: str | None = None  # where it is left; below the home unless it is absolute
    deliver: tuple[Annotated[FilesConnection | ToTable, Field(discriminator="kind")], ...] = ()

    @field_validator("fields", mode="before")
    @classmethod
    def _words(cls, value: object) -> object:
        if not isinstance(value, list):
            return value
        return [{"item": one} if isinstance(one, str) else one for one in value]

    @field_validator("population")
    @classmethod
    def _understood(cls, value: str) -> str:
        return meant(value)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        if bool(self.fields) == bool(self.count_by):
            raise ValueError("give exactly one of fields, count_by")
        if self.count_by and self.mode == "changes":
            raise ValueError("statistics have no changes")
        for one in self.count_by:
            if not is_item(one):
                raise _unknown(one)
            if not _groups(one):
                raise ConfigError(
                    f"extract: count_by {one} tells of single persons",
                    zh=f"“{_title(one)}”能认出一个人，不能作统计的分组："
                    "分组用性别、年龄、网格、小区、标签这样的字段。",
                )
        return self

    @property
    def keyed(self) -> bool:
        """Whether its rows carry the resident's id: in a public notice only where it is asked."""
        return not self.public or any(one.item == "resident_id" for one in self.fields)

    @model_validator(mode="after")
    def _public_and_whole(self) -> Self:
        if self.mode == "changes" and not self.keyed:
            raise ConfigError(
                "extract: public, and changes",
                zh="公示的每一份都是全量，不带居民编码：请删去 mode: changes，或去掉 public。",
            )
        return self

    @model_validator(mode="after")
    def _columns_differ(self) -> Self:
        names = [one.column for one in self.fields if one.item != "resident_id"]
        plain = [one.casefold() for one in names]  # as most databases compare them
        twice = next((one for one in names if plain.count(one.casefold()) > 1 or one in OWN), None)
        if twice is not None:
            raise ConfigError(
                f"extract: two columns are called {twice}",
                zh=f"有两列都叫“{twice}”（或与系统自己的列重名）：请用 name 给这个字段另起列名。",
            )
        return self

    @field_validator("deliver")
    @classmethod
    def _elsewhere(
        cls, value: tuple[FilesConnection | ToTable, ...]
    ) -> tuple[FilesConnection | ToTable, ...]:
        here = [one for one in value if isinstance(one, FilesConnection)]
        if not all(re.match("sftp://|s3://", one.path) for one in here):
            raise ConfigError(
                "extract: delivered to a path of this machine",
                zh="deliver 里 kind: files 的 path 写 sftp://主机:端口/目录 或 s3://桶/目录；"
                "放在本机的文件夹里，请改写 folder。",
            )
        return value

    @field_validator("schedule")
    @classmethod
    def _timed(cls, value: str | None) -> str | None:
        if value is not None and not understood(value):
            raise ConfigError(
                "extract: the schedule is not understood",
                zh=f"schedule 写的“{value}”看不懂：写分、时、日、月、星期五项，"
                '例如 "0 6 1 * *" 是每月一日六点。',
            )
        return value


def out_folder(home: Home, one: Extract) -> Path:
    """The folder in which its runs are left."""
    return home.root / (one.folder or f"data/out/{one.extract}")


def load_extract(home: Home, name: str) -> Extract:
    """Read one extract's file.

    Raises:
        NotFoundError: there is none of that name.
        ConfigError: its file is wrong.
    """
    path = home.root / FOLDER / f"{name}.yaml"
    if not re.fullmatch(NAME, name) or not path.is_file():
        raise NotFoundError(
            f"no extract {name}",
            zh=f"没有叫“{name}”的抽取：请用 hub extract list 查看名称，文件放在 extracts/。",
        )
    return _load(path)


def load_extracts(home: Home) -> list[Extract]:
    """Every extract of the home that can be read, by name; `wrong_extracts` tells of the others."""
    return [one for one in _all(home).values() if isinstance(one, Extract)]


def wrong_extracts(home: Home) -> dict[str, ConfigError]:
    """What is wrong with each file that is no extract, by name: one stops no other."""
    return {name: one for name, one in _all(home).items() if isinstance(one, ConfigError)}


def _all(home: Home) -> dict[str, Extract | ConfigError]:
    found: dict[str, Extract | ConfigError] = {}
    for path in sorted((home.root / FOLDER).glob("*.yaml")):
        try:
            found[path.stem] = _load(path)
        except ConfigError as error:
            found[path.stem] = error
    taken: dict[str, str] = {}
    for name in found:  # the scheduler knows no hyphen
        other = taken.setdefault(name.replace("-", "_"), name)
        if other != name:
            found[name] = ConfigError(
                f"extracts {other} and {name} differ by a hyphen only",
                zh=f"抽取 {other} 和 {name} 的名字只差 - 和 _，定时任务分不清：请改一个名字。",
            )
    return found


def _load(path: Path) -> Extract:
    try:
        content: Any = parse(path.read_text(encoding="utf-8"))
        made = Extract.model_validate(content)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f"第 {mark.line + 1} 行" if mark else "文件"
        raise ConfigError(
            f"{path.name}: not readable as YAML",
            zh=f"{path.name} 读不懂（{where}）：请检查缩进、冒号后的空格和引号。",
        ) from None
    except ConfigError as error:
        raise ConfigError(f"{path.name}: {error}", zh=f"{path.name}：{error.zh}") from None
    except ValidationError as error:
        places = "、".join(".".join(map(str, one["loc"])) or "整个文件" for one in error.errors())
        raise ConfigError(
            f"{path.name}: {error.error_count()} mistakes at {places}",
            zh=f"{path.name} 有 {error.error_count()} 处要改：{places}。"
            "字段名见数据字典，写法见 docs/forms.md。",
        ) from None
    if made.extract != path.stem:  # runs and watermarks are kept by the name
        raise ConfigError(
            f"{path.name}: extract is {made.extract}",
            zh=f"{path.name} 里 extract 写的是“{made.extract}”，要与文件名相同："
            f"请改成 {path.stem}，或把文件改名为 {made.extract}.yaml。",
        )
    return made


def refuse(one: Extract) -> None:
    """Refuse what the extract's own basis or recipient does not cover.

    Raises:
        ConfigError: a field without basis, a scope wider than the recipient's, or a public notice
            with something sensitive in it.
    """
    asked = [each.item for each in one.fields] or list(one.count_by)
    asked += parse_population(one.population).items - {"labels"}
    beyond = sorted({item for item in asked if item not in one.basis.fields} - {"resident_id"})
    if beyond:
        raise ConfigError(
            f"extract {one.extract}: {beyond} are not in the basis",
            zh=f"抽取“{one.title}”要了依据里没有的字段：{'、'.join(map(_title, beyond))}。"
            "请删去它们；确有依据的，写进 basis 的 fields。",
        )
    if not (one.scope or "").startswith(one.recipient.scope):
        raise ConfigError(
            f"extract {one.extract}: scope {one.scope} is wider than the recipient's",
            zh=f"抽取“{one.title}”的范围超出{one.recipient.department}的范围："
            "请把 scope 写成以 recipient 的 scope 开头的代码。",
        )
    sensitive = [each.item for each in one.fields if facts_of_item(each.item).level >= 4]
    if one.public and sensitive:
        raise ConfigError(
            f"extract {one.extract} is public and has level 4 fields",
            zh=f"抽取“{one.title}”用于公示，不能有敏感个人信息："
            f"{'、'.join(map(_title, sensitive))}。请删去这些字段。",
        )


def _unknown(item: str) -> ConfigError:
    return ConfigError(
        f"extract: unknown field {item}",
        zh=f"没有叫“{item}”的字段：字段名见数据字典，平台没有的写成 other:名称。",
    )


def _groups(item: str) -> bool:
    """Whether many share one value of it: a code, yes or no, a number, where they live."""
    kind, _, rest = item.partition(":")
    if kind in ("other", "detail"):
        return re.search(r"[名号址]$|账号|电话|号码|证件", rest) is None
    return item in PLACES or facts_of_item(item).kind in ("code", "flag", "number", "list")


def _title(item: str) -> str:
    return facts_of_item(item).title
