"""Every source of labels in a table: tags, flags, the roster's own, a kind of disability."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub.reflected import ReflectedTable
from schemas.matching.cutting import tokens_of
from schemas.matching.decide import Decision
from schemas.matching.lexicon import HAN, LABEL, Word, chinese, is_label, latin
from schemas.matching.options import first_words
from schemas.matching.seen import Seen


def labels_of(
    table: ReflectedTable, decisions: Sequence[Decision], seen: Sequence[Seen]
) -> list[dict[str, Any]]:
    """Every source of labels: tags, flags, the roster's own, a kind of disability."""
    made: list[dict[str, Any]] = [
        {"from": one.column, **one.settings}
        for one in decisions
        if one.active and one.field == "labels"
    ]
    kind = next((s for s in seen if s.chance("disability_kind") >= 0.7), None)
    about = f"{table.name} {table.comment} {' '.join(table.place.get('sheets', []))}"
    told = labels_in(about)
    tags = [one for one in made if "codes" not in one]
    roster = told[0] if len(told) == 1 and not tags else None
    if roster:
        own: dict[str, Any] = {"value": roster}
        if kind and roster == "残疾":
            own["detail"] = kind.column.name
        made.insert(0, own | _spans(seen))
    elif tags and "split" not in tags[0]:  # of several labels none has the one date
        tags[0] |= _spans(seen)
    if kind and roster != "残疾":
        words = _disability_words(kind)
        if words:
            made.append({"from": kind.column.name, "codes": words, "detail": kind.column.name})
    return made


ROLES = {"detail": "标签的说明", "since": "标签的起始日期", "until": "标签的截止日期"}


def with_label_columns(
    decisions: Sequence[Decision], labels: Sequence[Mapping[str, Any]]
) -> list[Decision]:
    """The columns that say more of a label are its own."""
    roles = {one[role]: role for one in labels for role in ROLES if role in one}
    return [
        replace(one, field="labels", why=f"{one.why}；{ROLES[roles[one.column]]}")
        if one.field is None and one.column in roles
        else one
        for one in decisions
    ]


def _disability_words(kind: Seen) -> dict[str, str]:
    return dict.fromkeys(sorted(first_words(list(kind.profile.counts), "disability")), "残疾")


def _spans(seen: Sequence[Seen]) -> dict[str, str]:
    """The columns that say since when and until when a label holds."""
    found = {}
    for name in ("since", "until"):
        best = max(seen, key=lambda one, n=name: one.chance(n))  # type: ignore[misc]  # bound here
        other = any(c.attribute == name and c.whose < 1 for c in best.candidates)  # `lease start`
        if best.chance(name) >= 0.6 and not other and (best.profile.days or not best.profile.size):
            found[name] = best.column.name
    return found


def labels_in(text: str) -> list[str]:
    """The labels that the name of a table or file speaks of."""
    found: dict[str, None] = {}
    if HAN.search(text):
        for start in range(len(text)):
            for end in range(min(len(text), start + 8), start + 1, -1):
                found |= dict.fromkeys(_label_words(chinese().get(text[start:end], ())))
    else:
        tokens = tokens_of(text)
        for start in range(len(tokens)):
            for end in range(start + 1, len(tokens) + 1):
                words = latin().get("".join(tokens[start:end]), ())
                found |= dict.fromkeys(_label_words(w for w in words if w.form != "initials"))
    return list(found)


def _label_words(words: Iterable[Word]) -> list[str]:
    return [
        w.means.removeprefix(LABEL) for w in words if w.kind == "attribute" and is_label(w.means)
    ]
