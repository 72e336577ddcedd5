"""`Is it held? by whom? how fresh? who else asks for it?` — of one item, without any value."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb
import polars as pl

from hub.errors import NotFoundError
from hub.settings import Home
from reports.asking import BEHIND
from reports.conditions import chosen, parse_population
from reports.extract_file import load_extracts
from reports.form_file import FormFile
from reports.items import FREE, facts_of_item, is_item, label_names, words
from reports.known_words import refuse_unknown
from reports.people import People, sources_of
from reports.texts import bare
from schemas.entities import FIELDS


@dataclass(frozen=True)
class Holder:
    """One platform's part: of how many people its value is the one shown, and how fresh."""

    platform: str
    people: int
    newest: datetime | None
    median: datetime | None


@dataclass(frozen=True)
class Held:
    """Of the people who live here: how many it concerns, of how many it is held."""

    item: str
    title: str
    concerned: int
    held: int
    holders: tuple[Holder, ...]
    forms: tuple[str, ...]
    extract: str  # what takes it from here, so that nobody asks for it


def item_named(text: str, forms: Sequence[FormFile] = ()) -> str:
    """The item an officer means: its key, its title, or a name that forms use for it.

    `forms`: those that are registered, by whose headers it may be called too.

    Raises:
        NotFoundError: nothing is called so.
    """
    wanted = bare(text)
    if is_item(text):
        return text
    titles = {facts.title: name for name, facts in FIELDS["resident"].items() if is_item(name)}
    found = words().get(wanted) or titles.get(wanted)
    if found is None and wanted in label_names():
        found = f"label:{wanted}"
    if found is None:
        columns = (one for form in forms for sheet in form.sheets for one in sheet.columns)
        asked = {one.item for one in columns if bare(one.header) == wanted} - {*FREE}
        found = asked.pop() if len(asked) == 1 else None
    if found is None:
        raise NotFoundError(
            f"no item is called {text!r}",
            zh=f"不认识“{text}”：请写数据字典里的字段名，或表上的说法；"
            f"各平台都没有的写 other:{wanted}。",
        )
    return found


def held(
    home: Home,
    connection: duckdb.DuckDBPyConnection,
    item: str,
    people: People,
    forms: Sequence[FormFile],
) -> Held:
    """Answer for one item.

    Raises:
        ConfigError: it is about a label that is nowhere known.
    """
    refuse_unknown(home, connection, (), (item,))
    mine = people.of(chosen(people.frame, parse_population("residents")))
    applies, there = mine.applies(item), mine.value(item).is_not_null()
    (sources,) = sources_of(home, connection, mine, [item])
    counted = sources.group_by("platform").agg(
        pl.len().alias("people"), pl.col("said_at").max().alias("newest"),
        pl.col("said_at").median().alias("median"),
    ).sort("people", "platform", descending=[True, False])  # fmt: skip
    asking = tuple(
        form.form
        for form in forms
        if any(column.item == item for sheet in form.sheets for column in sheet.columns)
    )
    giving = [one.extract for one in load_extracts(home) if item in (f.item for f in one.fields)]
    taken = "、".join(f"hub extract run {name}" for name in giving)
    if not taken and not item.startswith("other:"):
        taken = f"还没有这样的抽取：写一个 extracts/名称.yaml，fields 里写 {BEHIND.get(item, item)}"
    return Held(
        item, facts_of_item(item).title, int(applies.sum()), int((applies & there).sum()),
        tuple(Holder(*row) for row in counted.iter_rows()), asking, taken,
    )  # fmt: skip
