"""The model that weighs evidence: a versioned file in Splink's form, and the thresholds with it.

A file says for how many records it was made (`records_log2`). With more records two strangers are
less likely to be one person, and a shared telephone or flat says more; both by the same factor.
"""

import json
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.resources import files
from itertools import count
from math import log2
from pathlib import Path
from typing import Any

from hub.errors import ConfigError, NotFoundError
from warehouse.duck import literal

PRIOR = "prior-4"
"""The model of the first day, shipped."""
IN_USE = "CURRENT"
"""The file in a home's folder of models that names the one in use."""
SMALLEST = 13  # log2 of the records below which nothing is scaled further


@dataclass(frozen=True)
class Level:
    """One answer of a comparison. `weight` in bits: log2 of how much likelier for one person."""

    condition: str
    label: str
    weight: float
    frequency_column: str | None
    log2_u: float = 0.0  # of a level with a frequency column: what its frequency is measured by


@dataclass(frozen=True)
class Comparison:
    """One kind of evidence, its levels in the order they are tried."""

    name: str
    title: str
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Model:
    """A model for a number of records."""

    version: str
    content: dict[str, Any]
    scale: int  # log2 of the number of records
    repeating: frozenset[tuple[str, str]] = frozenset()
    """Platforms and streams in which a person has many records, one a visit."""

    @property
    def join(self) -> float:
        """From this weight on two records are joined, in bits."""
        return float(self.content["join"])

    @property
    def ask(self) -> float:
        """From this weight on a person is asked."""
        return float(self.content["ask"])

    @property
    def margin(self) -> float:
        """A second person this near to the first makes a match doubtful."""
        return float(self.content["margin"])

    @property
    def lone(self) -> float:
        """What it is worth, in bits, that a record fits one person only and has no other record.

        Somebody else of that name would most likely be known by more than this one record. Nothing
        in a small home, which cannot tell how common a name is.
        """
        return float(self.content.get("lone", 0.0)) if self.scale > SMALLEST else 0.0

    @cached_property
    def twice(self) -> float:
        """What it speaks against one person, in bits, that one platform would have them twice."""
        origin = {c.name: c.levels for c in self.comparisons}.get("origin")
        return origin[-1].weight - origin[1].weight if origin else 0.0

    @property
    def least(self) -> float:
        """Below this weight a pair is not kept."""
        return min(self.ask, self.join - self.lone)

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Splink's settings, scaled."""
        made: dict[str, Any] = deepcopy(self.content["settings"])
        shift = 2.0 ** (self.scale - int(self.content["records_log2"]))
        odds = _odds(made["probability_two_random_records_match"]) / shift
        made["probability_two_random_records_match"] = odds / (1 + odds)
        for comparison in made["comparisons"]:
            if comparison["output_column_name"] in self.content["scaled"]:
                for level in comparison["comparison_levels"]:
                    if level.get("m_probability", 0) > level.get("u_probability", 1):
                        level["u_probability"] /= shift
        return made

    @property
    def prior_weight(self) -> float:
        """The weight of no evidence, in bits."""
        return log2(_odds(self.settings["probability_two_random_records_match"]))

    @cached_property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The kinds of evidence."""
        return tuple(
            Comparison(
                one["output_column_name"],
                one["comparison_description"],
                tuple(_level(level) for level in one["comparison_levels"]),
            )
            for one in self.settings["comparisons"]
        )

    def at(self, records: int) -> "Model":
        """The same model for another number of records."""
        return replace(self, scale=max(SMALLEST, records.bit_length()))

    def source(self, record: str) -> str:
        """SQL of the source of a row of evidence; each record of a repeating stream is its own."""
        named = ", ".join(
            f"hash({literal(platform)}, {literal(stream)})"
            for platform, stream in sorted(self.repeating)
        )
        kept = f"{record}.source"
        return (
            f"CASE WHEN {kept} IN ({named}) THEN {record}.stable ELSE {kept} END" if named else kept
        )


def _odds(probability: float) -> float:
    return probability / (1 - probability)


def _level(one: dict[str, Any]) -> Level:
    if one.get("is_null_level"):
        return Level(one["sql_condition"], one["label_for_charts"], 0.0, None)
    m, u = one["m_probability"], one["u_probability"]
    column = one.get("tf_adjustment_column")
    return Level(one["sql_condition"], one["label_for_charts"], log2(m / u), column, log2(u))


def read_model(path: Path | None = None) -> Model:
    """Read a model file; without `path`, the one that is shipped.

    Raises:
        NotFoundError: there is no such file.
        ConfigError: it is no model.
    """
    if path is not None and not path.is_file():
        raise NotFoundError(
            f"no model file {path.name}",
            zh=f"没有模型 {path.stem}：用 hub model list 看有哪些；如果本库正在用它，"
            f"请把 {path.name} 放回 data/models，或用 hub model use {PRIOR} 换回随程序附带的模型。",
        )
    source = path or files("identity") / "models" / f"{PRIOR}.json"
    try:
        content = json.loads(source.read_text(encoding="utf-8"))
        return Model(content["version"], content, int(content["records_log2"]))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"model file {getattr(source, 'name', '')}: {type(error).__name__}",
            zh=f"模型文件 {getattr(source, 'name', '')} 读不懂："
            f"请换一个模型文件，或用 hub model use {PRIOR} 换回随程序附带的模型。",
        ) from None


def model_in_use(folder: Path) -> Model:
    """The model that `folder` says is in use; the shipped one if it says nothing.

    Raises:
        NotFoundError: the file of that model is gone.
    """
    return named_model(folder, version_in_use(folder))


def version_in_use(folder: Path) -> str:
    """The name of that model, whether its file is there or not."""
    chosen = folder / IN_USE
    return chosen.read_text(encoding="utf-8").strip() if chosen.is_file() else PRIOR


def named_model(folder: Path, version: str) -> Model:
    """The model of this name: the shipped one, or one of the home.

    Raises:
        NotFoundError: there is no such model.
    """
    return read_model() if version == PRIOR else read_model(folder / f"{Path(version).name}.json")


def models_in(folder: Path) -> list[Model]:
    """The shipped model, and those of the home in the order of their names."""
    return [read_model(), *(read_model(path) for path in sorted(folder.glob("*.json")))]


def next_version(folder: Path) -> str:
    """A name that no model of the home has: home-1, home-2 and so on."""
    taken = {path.stem for path in folder.glob("*.json")}
    return next(name for name in map("home-{}".format, count(1)) if name not in taken)


def write_model(folder: Path, model: Model) -> Path:
    """Keep a model in the home; it is not used for that."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{model.version}.json"
    temporary = path.with_suffix(".tmp")
    text = json.dumps(model.content, ensure_ascii=False, indent=1)
    temporary.write_text(text + "\n", encoding="utf-8")
    temporary.replace(path)
    return path


def use_model(folder: Path, version: str) -> Model:
    """Use this model from the next run on.

    Raises:
        NotFoundError: there is no such model.
    """
    model = named_model(folder, version)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{IN_USE}.tmp"
    temporary.write_text(version + "\n", encoding="utf-8")
    temporary.replace(folder / IN_USE)
    return model
