"""What all forms together ask: the same under other names, forms within forms, and the burden."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from reports.asking import questions
from reports.fill import FillReport, measure
from reports.form_file import FormFile
from reports.items import FREE, facts_of_item
from reports.people import People

ALIKE = 0.6
"""So much of a form in others about the same people, and it is proposed to join them."""
PER_MONTH = {"daily": 30.0, "weekly": 52 / 12, "monthly": 1.0, "quarterly": 1 / 3,
             "yearly": 1 / 12, "once": 0.0}  # fmt: skip


@dataclass(frozen=True)
class Pair:
    """Two forms, the items that both ask, and whether the first asks nothing else."""

    first: str
    second: str
    shared: tuple[str, ...]
    alike: float
    within: bool
    same_people: bool


@dataclass
class Overlap:
    """The burden of all registered forms in one scope; cells of one period of each form."""

    forms: int = 0
    forms_after: int = 0
    fields_before: int = 0
    fields_after: int = 0
    cells_asked: int = 0
    cells_answered: int = 0
    cells_to_ask_once: int = 0  # questions that are left, each once
    cells_saved: int = 0  # that nobody types any more, the first time
    cells_asked_per_month: float = 0.0
    answered_share: float = 0.0
    names: dict[str, list[str]] = field(default_factory=dict)  # item → its different headers
    pairs: list[Pair] = field(default_factory=list)
    merges: list[list[str]] = field(default_factory=list)
    reports: list[FillReport] = field(default_factory=list)
    matrix: dict[str, dict[str, float | None]] = field(default_factory=dict)
    """Form → item → share held; None where the form is about nobody now."""
    titles: dict[str, str] = field(default_factory=dict)  # item → what it is called


def items_of(form: FormFile) -> dict[str, str]:
    """What a form asks, with its header: items of lists, conditions of tables of counts."""
    found: dict[str, str] = {}
    for sheet in form.sheets:
        for column in sheet.columns:
            if column.item not in FREE:
                found.setdefault(column.item, column.header)
        for line in sheet.across:
            found.setdefault(line.item, line.header)
    return found


def overlap(forms: Sequence[FormFile], people: People) -> Overlap:
    """Measure all forms together."""
    found = Overlap(forms=len(forms))
    asks = {form.form: items_of(form) for form in forms}
    found.fields_before = sum(map(len, asks.values()))
    found.fields_after = len({item for items in asks.values() for item in items})
    for form in forms:
        report = measure(form, people)
        found.reports.append(report)
        found.cells_asked += report.asked
        found.cells_answered += report.answered
        found.cells_asked_per_month += report.asked * PER_MONTH[form.period]
        found.matrix[form.form] = {
            one.item: one.filled / one.applies if one.applies else None for one in report.columns
        }
    found.cells_asked_per_month = round(found.cells_asked_per_month, 1)
    found.answered_share = round(found.cells_answered / max(found.cells_asked, 1), 4)
    found.cells_to_ask_once = questions(forms, people).height
    found.cells_saved = found.cells_asked - found.cells_to_ask_once
    found.names = _names(asks)
    found.titles = {i: title_of(i, h) for items in asks.values() for i, h in items.items()}
    found.pairs = _pairs(forms, asks)
    found.merges = _merges(forms, asks)
    found.forms_after = len(forms) - sum(len(group) - 1 for group in found.merges)
    return found


def _names(asks: dict[str, dict[str, str]]) -> dict[str, list[str]]:
    """Items that are asked under several names."""
    headers: dict[str, Counter[str]] = {}
    for items in asks.values():
        for item, header in items.items():
            headers.setdefault(item, Counter())[header] += 1
    return {item: sorted(seen) for item, seen in sorted(headers.items()) if len(seen) > 1}


def _pairs(forms: Sequence[FormFile], asks: dict[str, dict[str, str]]) -> list[Pair]:
    found = []
    for one, other in combinations(sorted(forms, key=lambda f: len(asks[f.form])), 2):
        first, second = set(asks[one.form]), set(asks[other.form])
        shared = first & second
        if len(shared) < 2:
            continue
        found.append(Pair(
            one.form, other.form, tuple(sorted(shared)),
            round(len(shared) / len(first | second), 3), first <= second,
            one.population == other.population,
        ))  # fmt: skip
    return sorted(found, key=lambda pair: -pair.alike)


def _merges(forms: Sequence[FormFile], asks: dict[str, dict[str, str]]) -> list[list[str]]:
    """Groups of forms that could be one: the same people, and mostly items of the others."""
    groups: list[tuple[object, list[str], set[str]]] = []
    for form in sorted(forms, key=lambda f: (-len(asks[f.form]), f.form)):
        mine = set(asks[form.form])
        rows = [line.when for sheet in form.sheets for line in sheet.down]
        for about, names, items in groups:
            if about == (form.population, rows) and len(mine & items) >= ALIKE * len(mine):
                names.append(form.form)
                items.update(mine)
                break
        else:
            groups.append(((form.population, rows), [form.form], mine))
    return [sorted(names) for _, names, _ in groups if len(names) > 1]


def title_of(item: str, header: str) -> str:
    """What an item is called: the standard's title, or as the form calls what it counts."""
    if item == "count:":
        return "总人数"
    return f"人数：{header}" if item.startswith("count:") else facts_of_item(item).title
