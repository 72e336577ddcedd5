"""The people of a scope as the brain holds them, and the value of every item for each of them.

One frame, a row a person; an item's value is a column of it or worked out here. `applies` tells a
value that is missing from one that is not to be had (the kind of a disability nobody has).
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import duckdb
import polars as pl

from hub.errors import ConfigError, NotFoundError
from hub.settings import Home
from identity.roster import LABELS, named, roster, sources
from reports.besides import told_besides
from reports.collected import PLATFORM, read_collected
from reports.conditions import Test, possible, within
from reports.inferred import (
    ALSO,
    EMPLOYER,
    OF_LABEL,
    SCHOOL,
    a_school,
    columns_behind,
    concerned,
    inferred,
)
from reports.labels import label_rules
from schemas.codes import inputs_of, standard_code
from schemas.divisions import read_divisions
from schemas.extras import extras as known_extras
from warehouse.answers import merged_ids, newest_pull
from warehouse.labels import LabelRule, labels_on
from warehouse.snapshots import current_number, reading

ZONE = ZoneInfo("Asia/Shanghai")
OF_OTHERS = {
    f"{whose}_{field}": (f"{whose}_resident_id", field)
    for whose in ("head", "spouse")
    for field in ("name", "id_number", "phone")
}
"""Items that are another person's: the column with that one's id, and the field of theirs."""
MARRIED = ("20", "21", "22", "23")
BEHIND = {"age": "birth_date", "birth_year": "birth_year"}
"""What a derived item is worked out from."""


@dataclass(frozen=True)
class People:
    """Everyone of a scope at one snapshot; `today` is the day that the snapshot is of."""

    frame: pl.DataFrame = field(repr=False)
    today: date
    snapshot: int
    granted: frozenset[str]  # labels that some platform or rule gives to anybody
    places: dict[str, str] = field(repr=False)  # division code → name
    collected: pl.DataFrame = field(repr=False)  # `TOLD`: answers, and what platforms say besides
    without_grid: int = 0  # left out: they may live elsewhere
    rules: Mapping[str, LabelRule] = field(default_factory=dict, repr=False)  # by their label

    def of(self, frame: pl.DataFrame) -> "People":
        """The same with fewer people, or in another order."""
        return replace(self, frame=frame)

    @cached_property
    def answered(self) -> frozenset[str]:
        """Labels of which somebody was asked."""
        told = self.collected["item"].unique().to_list()
        return frozenset(one.removeprefix("label:") for one in told if one.startswith("label:"))

    def with_answered(self) -> "People":
        """The labels that somebody said they have, among the labels of whom nobody else tells."""
        told: dict[str, list[dict[str, str]]] = {}
        for label in sorted(self.answered):
            says = self.own(f"label:{label}").is_null() & (
                self._collected(f"label:{label}") == "是"
            )
            for one in self.frame.filter(says)["resident_id"]:
                told.setdefault(one, []).append({"label": label, "platform": PLATFORM})
        if not told:
            return self
        said = pl.DataFrame(
            {"resident_id": list(told), "#said": list(told.values())},
            schema={"resident_id": pl.String, "#said": LABELS},
        )
        frame = self.frame.join(said, on="resident_id", how="left", maintain_order="left")
        held = pl.col("labels").fill_null([])
        both = pl.when(pl.col("#said").is_not_null()).then(held.list.concat("#said"))
        return self.of(frame.with_columns(both.otherwise("labels").alias("labels")).drop("#said"))

    def with_details(self, items: Collection[str]) -> "People":
        """The kinds of labels among `items` as columns, for conditions."""
        told = [self.value(one).alias(one) for one in items if one.startswith("detail:")]
        return self.of(self.frame.with_columns(told)) if told else self

    def value(self, item: str) -> pl.Series:
        """The item of everybody: text, dates, numbers or booleans; null where it is not held."""
        return self._completed(item, self._held(item))

    def _completed(self, item: str, held: pl.Series) -> pl.Series:
        """With what follows from other values where nothing is held."""
        if item in ALSO:
            held = held.zip_with(held.is_not_null(), self._collected(ALSO[item]))
        if item == SCHOOL:
            return a_school(held, self.frame["employment_code"], self._collected(EMPLOYER))
        follows = inferred(item)
        if follows is None or not held.null_count():
            return held
        told = self.frame.select(follows.alias(item))[item]
        return held.zip_with(held.is_not_null(), told)

    def _held(self, item: str) -> pl.Series:
        kind, _, rest = item.partition(":")
        if rest:
            return self._labelled(kind, rest).rename(item)
        if item in ("seq", "remark"):
            return pl.Series(item, [None] * self.frame.height, dtype=pl.String)
        if item == "labels":
            return self.frame.select(_joined(_names()).alias(item))[item]
        if item in ("community_name", "street_name", "district_name"):
            return self._place(item)
        if item.startswith("spouse_"):
            held = self.own(item)
            return held.zip_with(held.is_not_null(), self._collected(item))
        return self.frame[item]

    def _labelled(self, kind: str, rest: str) -> pl.Series:
        if kind == "other":
            return _days(self._collected(f"other:{rest}"), rest)
        if kind == "label":
            return self._has(rest)
        if kind == "labels":
            wanted = pl.lit(rest.split("|"))
            return self.frame.select(_joined(_names().list.set_intersection(wanted)))["labels"]
        found = self.own(f"{kind}:{rest}")
        said = self._collected(f"{kind}:{rest}")
        if found.dtype == pl.Date:
            said = said.str.to_date("%Y-%m-%d", strict=False)
        found = pl.select(pl.coalesce(found, said).alias("v"))["v"]
        if kind == "detail" and rest == "残疾":
            return found.to_frame().select(_disability(pl.col("v")).alias("v"))["v"]
        return found

    def _has(self, label: str) -> pl.Series:
        """Whether they have a label; null where nobody grants it, or a rule knows too little."""
        said = self._collected(f"label:{label}").replace_strict(
            {"是": True, "否": False}, default=None, return_dtype=pl.Boolean
        )
        answered = pl.col("labels").list.eval(_answered_label()).list.contains(label)
        some = self.frame.select(pl.when(answered).then(answered).alias("v"))["v"]  # of a household
        return pl.select(pl.coalesce(self.own(f"label:{label}"), some, said).alias("v"))["v"]

    def own(self, item: str) -> pl.Series:
        """What platforms and rules say of a label or of a spouse, without any answer."""
        kind, _, rest = item.partition(":")
        if item.startswith("spouse_"):  # a relation and 未婚, 丧偶 or 离婚 cannot both be right
            return self.frame.select(pl.when(self._may_be_married()).then(item).alias("v"))["v"]
        if not rest:
            return self.frame[item]
        if kind != "label":
            return self.frame.select(_detail(rest, kind).alias("v"))["v"]
        if rest not in self.granted:
            return pl.Series("v", [None] * self.frame.height, dtype=pl.Boolean)
        others = pl.col("labels").list.eval(_label_of_others())
        has = others.list.contains(rest).fill_null(value=False)
        if rest in self.rules:
            has = pl.when(has | ~_could_hold(self.rules[rest])).then(has)
        return self.frame.select(has.alias("v"))["v"]

    def _may_be_married(self) -> pl.Series:
        return self.frame["marital_code"].is_in(MARRIED).fill_null(value=True)

    def _collected(self, item: str) -> pl.Series:
        mine = self.collected.filter(pl.col("item") == item).select("resident_id", "value")
        return self.frame.select("resident_id").join(
            mine, on="resident_id", how="left", maintain_order="left"
        )["value"]

    def _place(self, item: str) -> pl.Series:
        digits = {"community_name": 12, "street_name": 9, "district_name": 6}[item]
        codes = self.frame["community_code"]
        if self._only_community is not None:
            codes = codes.fill_null(self._only_community)
        names = {code: self.places.get(f"{code[:digits]:0<12}") for code in codes.unique() if code}
        return codes.replace_strict(names, default=None, return_dtype=pl.String).alias(item)

    @cached_property
    def _only_community(self) -> str | None:
        found = self.frame["community_code"].drop_nulls().unique()
        return str(found[0]) if len(found) == 1 else None

    def applies(self, item: str) -> pl.Series:
        """Whether there is such a thing to know of a person at all."""
        kind, _, rest = item.partition(":")
        if kind in ("detail", "since", "until"):
            return self.value(f"label:{rest}").fill_null(value=False)
        if item.startswith("spouse_"):  # of whom nothing is known of a marriage, it is asked
            return self._may_be_married()
        if kind == "labels" or item in ("died_on", "left_on"):
            return self.value(item).is_not_null()
        if item in OF_LABEL:
            has = self.value(f"label:{OF_LABEL[item]}").fill_null(value=True)
            return has | self.value(item).is_not_null()
        whom = concerned(item)
        if whom is not None:
            return self.frame.select(whom.alias(item))[item] | self.value(item).is_not_null()
        return pl.Series(item, [True] * self.frame.height, dtype=pl.Boolean)


@contextmanager
def people_of(
    home: Home, scope: str | None, items: Collection[str] | None = None, *, views: bool = False
) -> Iterator[tuple[People, duckdb.DuckDBPyConnection]]:
    """Read everyone of a scope (the beginning of a grid code; None: all that the home serves).

    With `items`, only what they are worked out from is read: other items are null. `views`: as of
    a roster.

    Raises:
        NotFoundError: nothing is published yet, or no grid begins so.
        ConfigError: the scope is no code.
    """
    if scope is not None and not re.fullmatch(r"\d{2,15}", scope):
        raise ConfigError(
            "scope is no division or grid code",
            zh="范围写区划代码（6、9 或 12 位）或 15 位网格编码，例如 510108019006。",
        )
    number = current_number(home)
    with reading(home, number) as connection:
        today = _day_of(connection)
        rules = {one.label: one for one in label_rules(home)}
        only = None if items is None else _needed(items, rules)
        frame = roster(connection, [scope] if scope else [], today.isoformat(), only, views=views)
        snapshot = Snapshot(number or 0, merged_ids(connection))
        found = _people(home, frame, scope, today, snapshot)
        asked = known_extras() if items is None else _extras_behind(items)
        told = told_besides(connection, found.frame["resident_id"], asked, found.collected)
        found = replace(found, collected=told)
        read = only is None or "labels" in only
        granted = frozenset(rules.keys() | (named(connection, "labels") if read else set()))
        found = replace(found, rules=rules, granted=granted)
        found = found.with_answered() if read else found
        yield found.with_details(DETAILS if items is None else items), connection


def _extras_behind(items: Collection[str]) -> set[str]:
    asked = {*items, *(ALSO[one] for one in items if one in ALSO)}
    asked |= {EMPLOYER} if SCHOOL in asked else set()
    named = {item.removeprefix("other:") for item in asked}
    return named & known_extras().keys()


def _days(values: pl.Series, title: str) -> pl.Series:
    """The days of an extra that is a day, unless some are a month or a year alone."""
    facts = known_extras().get(title)
    if facts is None or facts.reads != "day":
        return values
    days = values.str.to_date("%Y-%m-%d", strict=False)
    return days if days.null_count() == values.null_count() else values


def _needed(items: Collection[str], rules: Mapping[str, LabelRule]) -> set[str]:
    """The columns of a roster that items are worked out from, and the rules of their labels."""
    asked = (rules.get(item.removeprefix("label:")) for item in items)
    tested = [test.item for rule in asked if rule for test in rule.conditions]
    return {one for item in (*items, *tested) for one in _behind(item)}


def _behind(item: str) -> tuple[str, ...]:
    """The columns of a roster that an item is worked out from."""
    return (*_read(item), *columns_behind(item))


def _read(item: str) -> tuple[str, ...]:
    kind, _, rest = item.partition(":")
    if kind == "labels" or (rest and kind != "other"):
        return ("labels",)
    if item in ("community_name", "street_name", "district_name"):
        return ("community_code",)
    if item == "household_youngest":
        return ("youngest_born",)
    whose = (OF_OTHERS[item][0],) if item in OF_OTHERS else ()
    return (item, *whose, "marital_code") if item.startswith("spouse_") else (item, *whose)


def _people(
    home: Home, frame: pl.DataFrame, scope: str | None, today: date, snapshot: "Snapshot"
) -> People:
    without = 0
    whole = scope is None or all(one.startswith(scope) for one in home.settings.divisions or ("",))
    if not whole and frame["grid_code"].null_count():
        without = frame.filter(pl.col("grid_code").is_null() & pl.col("lives_here")).height
        frame = frame.filter(pl.col("grid_code").is_not_null())
    if frame.is_empty():
        without_grid = (
            f"{without:,} 位居民没有网格，不知道在不在里面。整个数据大脑都在这个范围的，"
            "在 hub.yaml 的 divisions 写上本辖区的区划代码；不然请接入网格，或核对代码。"
        )
        raise NotFoundError(
            f"nobody in scope {scope}",
            zh=f"范围 {scope or '全部'} 里没有人："
            + (without_grid if without else "请核对区划代码或网格编码。"),
        )
    answers = read_collected(home, snapshot.merged)
    frame = _with_age(frame, today)
    places = {one.code: one.name for one in read_divisions(home.root / "divisions.csv")
              if one.valid_on(today)}  # fmt: skip
    return People(frame, today, snapshot.number, frozenset(), places, answers, without)


@dataclass(frozen=True)
class Snapshot:
    """Which one is read, and which ids were merged into which."""

    number: int
    merged: dict[str, str]


def _day_of(connection: duckdb.DuckDBPyConnection) -> date:
    """The day of the newest batch or of the labels: one snapshot fills a form always alike."""
    moment = newest_pull(connection) or datetime(1970, 1, 1, tzinfo=ZONE)
    day = moment.astimezone(ZONE).date()
    return max(day, labels_on(connection) or day)


def _with_age(frame: pl.DataFrame, today: date) -> pl.DataFrame:
    """Add `age` where the day of birth is known; by the year alone, between which ages it lies."""
    age = _age("birth_date", today)
    read = frame["youngest_born"].null_count() < frame.height
    youngest = _age("youngest_born", today) if read else pl.lit(None)
    aged = frame.with_columns(age=age.cast(pl.Int32), household_youngest=youngest.cast(pl.Int32))
    this_year = today.year - pl.col("birth_year").cast(pl.Int32)
    return aged.with_columns(
        age_least=pl.coalesce("age", this_year - 1), age_most=pl.coalesce("age", this_year)
    )


def _age(born: str, today: date) -> pl.Expr:
    day = pl.col(born)
    month = day.dt.month().cast(pl.Int32)  # as it comes, 12 * 100 does not fit
    later = month * 100 + day.dt.day() > today.month * 100 + today.day
    return today.year - day.dt.year() - later.cast(pl.Int32)


def _names() -> pl.Expr:
    return pl.col("labels").list.eval(pl.element().struct.field("label"))


def _is_answer() -> pl.Expr:
    return pl.element().struct.field("platform").eq_missing(PLATFORM)


def _answered_label() -> pl.Expr:
    return pl.element().filter(_is_answer()).struct.field("label")


def _label_of_others() -> pl.Expr:
    return pl.element().filter(~_is_answer()).struct.field("label")


def _could_hold(rule: LabelRule) -> pl.Expr:
    """Whether what is not known of somebody could be such that the rule gives them its label."""
    stays = pl.col("died_on").is_null() & pl.col("left_on").is_null()
    among = stays if rule.whole is None else within(rule.whole)
    tests = (Test(one.item, one.op, one.values) for one in rule.conditions)
    return pl.all_horizontal([among, *map(possible, tests)])


def _joined(names: pl.Expr) -> pl.Expr:
    text = names.list.sort().list.join("、")
    return pl.when(text != "").then(text).alias("labels")


def _detail(label: str, part: str) -> pl.Expr:
    mine = pl.element().filter(pl.element().struct.field("label") == label)
    return pl.col("labels").list.eval(mine.struct.field(part)).list.first()


def _disability(said: pl.Expr) -> pl.Expr:
    """The code of a kind of disability, also of `视力二级`: one kind beside other words."""
    known = inputs_of("disability")
    kinds = [one for one in known if one.endswith("残疾")]
    stems = [one.removesuffix("残疾") for one in kinds if not one.startswith("其他")]
    named = said.str.extract_all("|".join(stems)).list.unique()
    alone = pl.when(named.list.len() == 1).then(named.list.first())
    codes = {one: known[f"{one}残疾"] for one in stems}
    return pl.coalesce(
        standard_code(said, known).struct.field("value"),
        alone.replace_strict(codes, default=None, return_dtype=pl.String),
    )


def label_source(people: People, item: str) -> pl.DataFrame:
    """The record that grants a label, as `SOURCE`, to each who has it."""
    long = people.frame.select("resident_id", "labels").explode("labels", empty_as_null=True)
    long = long.unnest("labels").filter(pl.col("platform") != PLATFORM)
    rest = item.partition(":")[2]
    mine = long.filter(pl.col("label").is_in(rest.split("|"))) if rest else long
    nothing = pl.lit(None, pl.Datetime("us", "UTC")).alias("said_at")
    return mine.unique("resident_id", keep="first", maintain_order=True).select(
        "resident_id", "platform", "stream", "record_key", nothing
    )


SOURCE = pl.Schema({
    "resident_id": pl.String(), "platform": pl.String(), "stream": pl.String(),
    "record_key": pl.String(), "said_at": pl.Datetime("us", "UTC"),
})  # fmt: skip
ANSWERED_TOO = ("label:", "detail:", "since:", "until:", "spouse_")
DETAILS = ("detail:残疾",)
"""The kinds of a label that have codes."""
OF_LABELS = ("label", "detail", "since", "until", "labels")


def sources_of(
    home: Home, connection: duckdb.DuckDBPyConnection, people: People, items: Sequence[str]
) -> Iterator[pl.DataFrame]:
    """Where each item of each person is from: `SOURCE` for one item after the other.

    One row a value at most; never those of all items at once.
    """
    fields = [BEHIND.get(one, one) for one in items]
    residents = people.frame["resident_id"]
    with sources(connection, home.settings.owners, residents, fields) as own:
        for item, field in zip(items, fields, strict=True):
            found = own(field)
            if item in OF_OTHERS:
                theirs = _of_other(home, connection, people, item)
                found = pl.concat([found, theirs.join(found, on="resident_id", how="anti")])
            elif item.startswith("other:"):
                found = _answers(people, item)
            elif item.partition(":")[0] in OF_LABELS:
                found = label_source(people, item)
            if item.startswith(ANSWERED_TOO):
                found = _or_answers(people, item, found)
            yield found.cast(SOURCE)


def _of_other(
    home: Home, connection: duckdb.DuckDBPyConnection, people: People, item: str
) -> pl.DataFrame:
    whose, field = OF_OTHERS[item]
    pairs = people.frame.select("resident_id", pl.col(whose).alias("other")).drop_nulls()
    others = pairs["other"].unique()
    with sources(connection, home.settings.owners, others, [field]) as told:
        return pairs.join(told(field).rename({"resident_id": "other"}), on="other").drop("other")


def _or_answers(people: People, item: str, found: pl.DataFrame) -> pl.DataFrame:
    """With the answers of those of whom nobody else says anything."""
    blank = people.of(people.frame.filter(people.own(item).is_null()))
    others = found.join(blank.frame.select("resident_id"), on="resident_id", how="anti")
    return pl.concat([others.cast(SOURCE), _answers(blank, item).cast(SOURCE)])


def _answers(people: People, item: str) -> pl.DataFrame:
    told = people.collected.join(people.frame.select("resident_id"), on="resident_id", how="semi")
    mine = told.filter(pl.col("item") == item)
    also = told.filter(pl.col("item") == ALSO.get(item, ""))
    both = pl.concat([mine, also.join(mine, on="resident_id", how="anti")])
    return both.select(
        "resident_id", "platform", "stream", "record_key", pl.col("at").alias("said_at")
    )
