"""A Chinese name or comment cut into known words, the last of which says what it is."""

import re
from collections.abc import Iterator
from dataclasses import replace

from schemas.matching.cutting import STRANGE, cut_chinese
from schemas.matching.last_words import NameReading, after, front, whole_word
from schemas.matching.lexicon import chinese

TO_SOMEBODY = re.compile(r"与(?!.*(?:户|家长|家庭|承租)).+关系$")
"""A relation to anybody but the head of the household."""
PERSON = re.compile(
    r"(?:[人者员长师导主]|师傅|干部|领导|志愿者|家属|亲属|医生|民警|护士|[父母]亲|配偶)$"
)


def read_chinese(name: str) -> Iterator[NameReading]:
    """Every reading of a Chinese name, a path of headers among them (`联系人/手机`)."""
    whole = re.sub(r"[\s/\-_.·*]+", "", name).lower()
    if TO_SOMEBODY.search(whole):
        yield NameReading("relation_other", "self", 1.0, "")
        return
    known = list(whole_word(chinese().get(whole, ()), "han", 1.0))
    yield from known
    weaker = 0.06 if known else 1.0  # a name that is a word as a whole is seldom two
    for one in _chinese_parts(name):
        yield replace(one, strength=one.strength * weaker)


def _chinese_parts(name: str) -> Iterator[NameReading]:
    *before, leaf = [one for one in re.split(r"[/\-_.\s]+", name.lower()) if one] or [""]
    context = [cut_chinese("", (one,)) for one in before]
    whose = next((c.subject for c in reversed(context) if c.subject), None)
    role = next((c.role for c in reversed(context) if c.role), "")
    strange = any(c.unknown and not c.subject for c in context)
    for one in _chinese_leaf(leaf, whose):
        sure = min(one.whose, STRANGE) if strange and one.subject == "self" else one.whose
        yield replace(one, role=one.role or role, whose=sure)
    if before and len(leaf) <= 2:
        yield from _chinese_leaf(f"{before[-1]}{leaf}", whose)


def _chinese_leaf(leaf: str, whose: str | None) -> Iterator[NameReading]:
    words = chinese()
    for start in range(len(leaf)):
        head, tail = leaf[:start], leaf[start:]
        yield from after(words.get(tail, ()), cut_chinese(head), whose, 1.0)
        for end in range(start + 1, len(leaf)):
            behind = leaf[end:]
            if any(one.kind == "suffix" for one in words.get(behind, ())):
                found = words.get(leaf[start:end], ())
                yield from after(found, cut_chinese(head), whose, 0.97, behind=behind)
    cut = cut_chinese(leaf)
    whole = not cut.unknown or PERSON.search(leaf)  # `首办责任人`, but not `现住小区`
    if cut.subject and not cut.others and whole:  # `户主`, `监护人`: their name
        strength = (0.9 if cut.subject != "self" else 0.75) * front(cut)
        yield NameReading(
            "name", cut.subject, strength, "", whose=cut.whose, role=cut.role,
            stranger=cut.stranger,
        )  # fmt: skip
