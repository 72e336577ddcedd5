"""What a form can ask for: the standard's fields, what is derived from them, and all the rest.

An item is a text: a field (`id_number`), `label:低保` (has it or not), `detail:残疾`, `since:低保`,
`until:低保`, `labels` or `labels:低保|低边` (those that the person has), `other:残疾证号` (in no
standard field: asked once), `seq` (a running number), `remark` (left to the department).
"""

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from schemas.codes import code_sets
from schemas.entities import FIELDS
from schemas.extras import extras

FOLDER = files("reports")
DERIVED = {
    "age": ("年龄", 3),
    "member_count": ("家庭人口", 2),
    "household_youngest": ("户内最小年龄", 3),
    "head_phone": ("户主电话", 3),
    "spouse_name": ("配偶姓名", 3),
    "spouse_id_number": ("配偶证件号码", 4),
    "spouse_phone": ("配偶电话", 3),
    "grid_name": ("网格名称", 1),
    "worker_name": ("网格员", 3),
    "worker_phone": ("网格员电话", 3),
    "community_name": ("社区", 1),
    "community_code": ("社区代码", 1),
    "street_name": ("街道", 1),
    "district_name": ("区县", 1),
    "resident_id": ("居民编码", 2),
    "household_id": ("户编码", 2),
    "dwelling_id": ("房屋编码", 2),
}
"""Title and level of what no single field of the standard holds."""
FREE = ("seq", "remark")
"""Asked of nobody: numbered by us, or the department's own."""
LABELLED = ("label", "detail", "since", "until", "labels", "other")
MASKS = {
    "head_phone": "138****1234",
    "spouse_name": "张**",
    "spouse_phone": "138****1234",
    "spouse_id_number": "510***********1234",
    "worker_name": "张**",
    "worker_phone": "138****1234",
}
NUMBERS = ("age", "birth_year", "member_count", "household_youngest", "seq")
DATES = ("birth_date", "died_on", "left_on")


@dataclass(frozen=True)
class ItemFacts:
    """What an item is: for masks, formats, contracts and the officer."""

    item: str
    title: str
    level: int
    mask: str
    code_set: str | None
    kind: str  # text, number, date, code, flag, list
    field: str | None  # the standard's field behind it


def facts_of_item(item: str) -> ItemFacts:
    """Describe an item.

    Raises:
        KeyError: there is no such item.
    """
    kind, _, rest = item.partition(":")
    if rest and kind in LABELLED:
        return _labelled(item, kind, rest)
    if item == "labels":
        return ItemFacts(item, "标签", 4, "隐藏", None, "list", "labels")
    if item in DERIVED:
        title, level = DERIVED[item]
        return ItemFacts(item, title, level, MASKS.get(item, ""), None, _kind(item), None)
    if item in FREE:
        return ItemFacts(item, {"seq": "序号", "remark": "备注"}[item], 1, "", None, "text", None)
    known = FIELDS["resident"][item]
    return ItemFacts(
        item, known.title, known.level, known.mask, known.code_set,
        "code" if known.code_set else _kind(item), item,
    )  # fmt: skip


def _labelled(item: str, kind: str, rest: str) -> ItemFacts:
    if kind == "other":
        return _besides(item, rest)
    if kind == "labels":
        return ItemFacts(item, "类别", 4, "隐藏", None, "list", "labels")
    titles = {"label": rest, "detail": f"{rest}类别", "since": f"{rest}起始日期",
              "until": f"{rest}截止日期"}  # fmt: skip
    codes = "disability" if item == "detail:残疾" else None
    kinds = {"label": "flag", "detail": "code" if codes else "text"}
    return ItemFacts(item, titles[kind], 4, "隐藏", codes, kinds.get(kind, "date"), "labels")


def _besides(item: str, title: str) -> ItemFacts:
    """What no field holds: an extra of the standard's list, or anything a department invents."""
    known = extras().get(title)
    if known is None:
        return ItemFacts(item, title, 4, "隐藏", None, "text", None)
    kind = "date" if known.reads == "day" else "text"
    return ItemFacts(item, title, known.level, known.mask, None, kind, None)


def _kind(item: str) -> str:
    if item in DATES:
        return "date"
    return "number" if item in NUMBERS else "text"


def is_item(text: str) -> bool:
    """Whether there is such an item."""
    try:
        facts_of_item(text)
    except KeyError:
        return False
    return True


def is_held(item: str) -> bool:
    """Whether the standard has a place for it at all."""
    return not item.startswith("other:") and item not in FREE


@cache
def words() -> dict[str, str]:
    """Every known name of a column, squeezed and bare, to its item."""
    from reports.texts import bare

    found = {
        bare(name): f"other:{title}"
        for title, one in extras().items()
        for name in (title, *one.names)
        if not name.isascii()
    }
    for row in read_words("words"):
        for word in row["words"].split("|"):
            found[bare(word)] = row["item"]
    return found


@cache
def by_attribute() -> dict[tuple[str, str], str]:
    """(subject, attribute) of a column's reading to the item."""
    return {(row["subject"], row["attribute"]): row["item"] for row in read_words("items")}


@cache
def label_names() -> frozenset[str]:
    """The labels of the standard's own list, and those that forms ask for besides."""
    named = {i.partition(":")[2] for i in words().values() if i.startswith("label:")}
    return frozenset(code_sets()["label"].codes) | named


def read_words(name: str) -> list[dict[str, str]]:
    """The rows of one of the tables of words beside this file."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))
