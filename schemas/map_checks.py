"""A mapping is checked before the first row: fields, code sets and options that exist.

Every mistake becomes a `ConfigError` that names the place and the nearest right name.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from hub.errors import ConfigError
from hub.platform import Platform
from hub.platform_streams import FieldMap, Stream
from schemas.codes import code_sets, inputs_of, spelling
from schemas.entities import FIELDS, TITLES
from schemas.extras import extras
from schemas.fields import FieldFacts

NEEDED = {
    "resident": ("name", "id_number"),
    "household": ("household_no", "head_name", "head_id_number"),
    "dwelling": ("address", "road", "compound", "building"),
    "grid": ("grid_code",),
    "event": ("happened_at",),
}
"""Of each entity at least one of these must be mapped, or every row would be refused."""


class Place:
    """Where in which file a mapping is wrong, for messages."""

    def __init__(self, platform: Platform, stream: str) -> None:
        """Keep the names a message needs."""
        self.platform, self.stream = platform.platform, stream

    def error(self, where: str, message: str, zh: str) -> ConfigError:
        """The error for one place of the map."""
        path = f"streams.{self.stream}.{where}"
        return ConfigError(
            f"{self.platform}.yaml: {path}: {message}",
            zh=f"平台文件 {self.platform}.yaml 的 {path}：{zh}",
        )


def check_fields(place: Place, stream: Stream) -> None:
    """Every mapped field exists and may be mapped; the entity can be told apart.

    Raises:
        ConfigError: naming the nearest field.
    """
    fields = FIELDS[stream.entity]
    open_fields = {name: f for name, f in fields.items() if f.reads != "computed"}
    for name, maps in stream.map.items():
        if name not in open_fields:
            raise _unknown_field(place, stream, name, open_fields)
        for one in maps:
            _check_options(place, fields[name], one)
    needed = NEEDED[stream.entity]
    if not any(name in stream.map for name in needed):
        names = "、".join(f"{n}（{fields[n].title}）" for n in needed)
        raise place.error(
            "map",
            f"none of {needed} is mapped",
            f"至少要映射其中一项，否则每一行都会被拒收：{names}。",
        )


def check_extras(place: Place, stream: Stream) -> None:
    """Every extra is in the list of them, belongs to residents, and reads a column.

    Raises:
        ConfigError: naming the nearest extra.
    """
    known = extras()
    for name, maps in stream.extras.items():
        if stream.entity != "resident":
            zh = "附加项目只用于居民（entity: resident）；请删掉。"
            raise place.error(f"extras.{name}", "only for residents", zh)
        if name not in known:
            close = get_close_matches(name, known, 1, 0.5)
            other = [t for t, one in known.items() if name in one.names] or close
            hint = f"是不是 {other[0]}？" if other else "可用的有：" + "、".join(known) + "。"
            raise place.error(
                f"extras.{name}", f"there is no extra {name}", f"没有附加项目 {name}；{hint}"
            )
        if any(one.reads or one.codes or one.split or one.detail for one in maps):
            zh = "附加项目只写 from（或 value、join）：怎样读由它自己定。"
            raise place.error(f"extras.{name}", "only from, value and join", zh)


def codes_for(place: Place, facts: FieldFacts, one: FieldMap) -> Mapping[str, str] | None:
    """The accepted writings of a field, or None where the field has no codes.

    Raises:
        ConfigError: a code set that does not exist or belongs to another field, or a listed value
            that is none of the field's codes.
    """
    if isinstance(one.codes, dict):
        return {
            spelling(key): _target(place, facts, key, value) for key, value in one.codes.items()
        }
    if one.codes is not None:
        return inputs_of(_code_set(place, facts, one.codes))
    return inputs_of(facts.code_set) if facts.code_set is not None else None


def _unknown_field(
    place: Place, stream: Stream, name: str, fields: Mapping[str, FieldFacts]
) -> ConfigError:
    if name in FIELDS[stream.entity]:
        title = FIELDS[stream.entity][name].title
        return place.error(
            f"map.{name}",
            "this field is computed by the hub",
            f"{title} 由数据大脑自己计算，不能映射；请删掉这一行。",
        )
    by_title = {f.title: n for n, f in fields.items()}
    close = get_close_matches(name, fields, 1, 0.5) or [
        by_title[t] for t in get_close_matches(name, by_title, 1, 0.5)
    ]
    hint = f"是不是 {close[0]}（{fields[close[0]].title}）？" if close else _all_of(fields)
    return place.error(
        f"map.{name}",
        f"{stream.entity} has no field {name}" + (f"; nearest: {close[0]}" if close else ""),
        f"{TITLES[stream.entity]}没有字段 {name}；{hint}",
    )


def _all_of(fields: Mapping[str, FieldFacts]) -> str:
    return "可用的有：" + "、".join(f"{n}（{f.title}）" for n, f in fields.items()) + "。"


def _check_options(place: Place, facts: FieldFacts, one: FieldMap) -> None:
    """Options that only some fields understand are refused elsewhere."""
    where = f"map.{facts.name}"
    only_labels = {k: getattr(one, k) for k in ("split", "detail", "since", "until")}
    for option, value in only_labels.items():
        if value is not None and facts.reads != "labels":
            raise place.error(
                f"{where}.{option}",
                "only for labels",
                f"{option} 只用于 labels（标签）；请删掉它。",
            )
    if one.split == "":
        raise place.error(f"{where}.split", "empty separator", 'split 要写出分隔符，例如 ","。')
    dates = ("birth", "year", "day")
    if one.reads is not None and facts.reads not in dates:
        raise place.error(
            f"{where}.as", "only for dates", f"as: {one.reads} 只用于日期字段；请删掉它。"
        )
    if one.reads == "age" and facts.reads == "day":
        raise place.error(
            f"{where}.as", "an age is no day", "as: age 只用于 birth_date 或 birth_year。"
        )
    if one.codes is not None and facts.reads not in ("code", "labels", "text", "part"):
        raise place.error(f"{where}.codes", "not a coded field", "这个字段没有代码；请删掉 codes。")


def _code_set(place: Place, facts: FieldFacts, name: str) -> str:
    """A code set by name, if it leads to this field's table."""
    table = "label" if facts.reads == "labels" else facts.code_set
    fitting = [s.code_set for s in code_sets().values() if s.table == table]
    if facts.reads == "labels":
        fitting += ["disability", "health"]
    if name in fitting:
        return name
    close = _nearest(name, fitting)
    exists = "belongs to another field" if name in code_sets() else "does not exist"
    hint = f"是不是 {close}？" if close else ""
    choices = "、".join(f"{n}（{code_sets()[n].title}）" for n in fitting) or "无，请直接写对照"
    raise place.error(
        f"map.{facts.name}.codes",
        f"code set {name} {exists}",
        f"{facts.title} 没有代码集 {name}；{hint}可用的有：{choices}。",
    )


def _target(place: Place, facts: FieldFacts, key: str, value: str) -> str:
    """The code that a platform's own list means by `value`: a code, or its name in Chinese."""
    if facts.code_set is None or value == "":
        return value
    found = inputs_of(facts.code_set).get(spelling(value))
    if found is None:
        table = code_sets()[facts.code_set].codes
        close = _nearest(value, [*table, *table.values()])
        raise place.error(
            f"map.{facts.name}.codes.{key}",
            f"{value} is no code of {facts.code_set}",
            f"{value} 不是{facts.title}的代码或名称" + (f"；是不是 {close}？" if close else "。"),
        )
    return found


def _nearest(name: str, among: Iterable[str]) -> str | None:
    close = get_close_matches(name, list(among), 1, 0.5)
    return close[0] if close else None
