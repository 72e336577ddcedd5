"""How right the proposals are on the corpus: `python -m tests.matching.measuring`.

A column counts as right if what is proposed first for it is its field in the corpus; one that is
no field if nothing is mapped. Sure and wrong is worse than wrong: it must not happen at all.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from hub.reflected import ReflectedColumn, ReflectedTable
from schemas.matching.proposal import Refusal, StreamProposal, propose
from tests.matching import awkward
from tests.matching.people import CELLS, TODAY, cells

CORPUS = Path(__file__).parent / "corpus"
ROWS = 150
CELLS.update(awkward.CELLS)
NOBODY = "none"
"""The entity of a table that the standard is not about: to be refused; counts as one column."""
PARTS = ("road", "door_no", "compound", "building", "unit", "room", "floor")


@dataclass(frozen=True)
class Judged:
    """One column: what it is, what was proposed, how surely, and whether it is mapped at once."""

    source: str
    column: str
    truth: str
    proposed: str
    confidence: float
    active: bool
    why: str
    candidates: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        return self.truth == self.proposed

    @property
    def open(self) -> bool:
        """Left to the officer with what may be right: neither sure nor stored."""
        return not self.active and (
            self.proposed not in ("-", "drop") or self.truth in self.candidates
        )


def sources(half: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((CORPUS / f"{half}.yaml").read_text("utf-8"))
    return found


def truth_of(source: dict[str, Any]) -> list[list[str]]:
    return [line.split("|") for line in source["columns"].strip().splitlines()]


def table_of(source: dict[str, Any], *, rows: int = ROWS) -> ReflectedTable:
    columns = tuple(
        ReflectedColumn(name, comment, values=tuple(cells(kind, rows)))
        for name, comment, kind, _ in truth_of(source)
    )
    database = source["kind"] == "database"
    place = {"table": source["table"]} if database else {"files": f"{source['table']}.csv"}
    keys = ((*source["key"],),) if database and "key" in source else ()
    return ReflectedTable(source["table"], columns, place, keys=keys, rows=rows)


def judged(source: dict[str, Any], proposal: StreamProposal | Refusal) -> Iterator[Judged]:
    """Every column of one source beside its truth."""
    lines = truth_of(source)
    if source["entity"] == NOBODY:
        refused = isinstance(proposal, Refusal)
        found = "-" if refused else "taken for people"
        yield Judged(source["source"], "", "-", found, 0.0, not refused, "")
        return
    if isinstance(proposal, Refusal):
        for name, _, _, truth in lines:
            yield Judged(source["source"], name, truth, f"refused: {proposal.why}", 0.0, False, "")
        return
    mapped = _mapped(proposal)
    for (name, _, _, truth), one in zip(lines, proposal.decisions, strict=True):
        named = "drop" if one.dropped else one.field or "-"
        truths = {*truth.split("/")}
        if truths & {*PARTS}:
            truths.add("residence_address")
        found = truths & {*mapped.get(name, ()), named}
        if found:
            named = truth
        elif truth == "-" and not one.active and name in _roles(proposal):
            named = "-"
        sure = one.confidence
        others = tuple(other for other, _ in one.others)
        yield Judged(source["source"], name, truth, named, sure, one.active, one.why, others)


def _mapped(proposal: StreamProposal) -> dict[str, set[str]]:
    """Column to the fields that it fills, also as one of several or as a label's date."""
    found: dict[str, set[str]] = {}
    for name, entry in proposal.map.items():
        for one in entry if isinstance(entry, list) else [entry]:
            columns = one if isinstance(one, str) else one.get("from", ())
            listed = [columns] if isinstance(columns, str) else [*columns]
            if isinstance(one, dict):
                listed += [one[k] for k in ("detail", "since", "until") if k in one]
            for column in listed:
                found.setdefault(column, set()).add(name)
    return found


def _roles(proposal: StreamProposal) -> set[str]:
    settings = proposal.settings
    increment = settings["increment"]
    mark = [increment["watermark"]] if "watermark" in increment else []
    deleted = [settings["deletes"]["column"]] if "deletes" in settings else []
    return {*settings.get("key", ()), *mark, *deleted}


@cache
def proposed(half: str, at: int) -> StreamProposal | Refusal:
    """What is proposed for one source of a half."""
    return propose(table_of(sources(half)[at]), today=TODAY)


def measure(half: str) -> list[Judged]:
    """Every column of one half of the corpus."""
    listed = enumerate(sources(half))
    return [one for at, source in listed for one in judged(source, proposed(half, at))]


def settings_wrong(half: str) -> list[str]:
    """Where key, increment or deletes are not as the corpus has them."""
    wrong = []
    for at, source in enumerate(sources(half)):
        made = proposed(half, at)
        if source["entity"] == NOBODY:
            continue
        if isinstance(made, Refusal):
            wrong.append(f"{source['source']}: refused")
            continue
        increment = made.settings["increment"]
        how = increment if isinstance(increment, dict) else {}
        written = f"watermark {how['watermark']}" if "watermark" in how else str(increment)
        found = {
            "entity": made.entity,
            "key": [one.rpartition("/")[2] for one in made.settings.get("key", [])],
            "increment": written,
            "deletes": made.settings.get("deletes", {}).get("column"),
        }
        for name, value in found.items():
            if value != source.get(name):
                wrong.append(f"{source['source']}: {name} {value}, not {source.get(name)}")
    return wrong


def _extras(half: str) -> str:
    """The extras found of those that the corpus has, and those that it has not."""
    told, found, more = 0, 0, []
    for at, source in enumerate(sources(half)):
        made, truth = proposed(half, at), source.get("extras", {})
        extras = {} if isinstance(made, Refusal) else {c: t for t, c in made.extras.items()}
        told += len(truth)
        found += len(extras.items() & truth.items())
        more += [f"{source['source']}.{c}: {t}" for c, t in extras.items() - truth.items()]
    return f"{found} of {told} extras, {len(more)} more: {', '.join(more)}"


def report(half: str) -> str:
    """The figures of one half, and every column that is not right."""
    found = measure(half)
    wrong = [one for one in found if not one.right]
    sure = [one for one in wrong if one.confidence > 0.9]
    left = [
        one for one in found if one.proposed not in ("-", "drop") and not one.active and one.right
    ]
    lines = [
        f"{half}: {len(sources(half))} sources, {len(found)} columns, "
        f"{1 - len(wrong) / len(found):.1%} right, {len(sure)} wrong above 0.9, "
        f"{len(left)} right but left to the officer"
    ]
    lines += [
        f"  {one.source}.{one.column}: {one.proposed} {one.confidence} "
        f"{'active' if one.active else ''}, is {one.truth} ({one.why})"
        for one in wrong
    ]
    lines.append(
        f"  of the wrong: {sum(one.active for one in wrong)} mapped at once, "
        f"{sum(one.open for one in wrong)} left open, "
        f"{sum(not one.active and not one.open for one in wrong)} passed over; {_extras(half)}"
    )
    lines += [f"  left: {one.source}.{one.column} {one.confidence} ({one.why})" for one in left]
    lines += [f"  {one}" for one in settings_wrong(half)]
    return "\n".join(lines)


if __name__ == "__main__":
    for half in sys.argv[1:] or ("built_with", "held_back"):
        print(report(half))
