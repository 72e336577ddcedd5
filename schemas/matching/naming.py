"""What a column's name and comment say it is: readings, each with its strength and its reason.

A reading is an attribute and whose it is. A Chinese name is cut into known words, the last of
which says what it is; a Latin one into its tokens, each English, pinyin in full or by initials.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

from schemas.matching.lexicon import LABEL, Form, Word, attributes, chinese, latin

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
BRACKETS = re.compile(r"[（(【\[].*?(?:[)）】\]]|$)")
CLAUSE = re.compile(r"[,，;；:：。\s|]+")
TOKENS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[\u3400-\u9fff]+")
FORMS: dict[Form, float] = {"han": 1.0, "english": 0.93, "full": 0.93, "initials": 0.9}
SHORT_INITIALS = {2: 0.55, 3: 0.75, 4: 0.86}
STRANGE = 0.88  # a word that nobody knows may mean somebody else
UNKNOWN, WORD = 2.0, 1.0  # cost of a character or token that is no word, and of a word
FORM_TITLES: dict[Form, str] = {
    "han": "列名",
    "english": "列名",
    "full": "全拼列名",
    "initials": "拼音首字母列名",
}
CODED = ("code:", "relation", "labels", "person_type", "disability_kind", "grid", "day", "flag")
"""Contents to which `代码` or `name` may be added without making another thing of it."""
KEYS = ("编码", "编号", "代码", "码", "id", "code", "cd", "dm", "bm", "key", "type", "类型")
"""Behind any other word these make a key or a kind of it."""
ORGANISED = ("operator", "work_unit")
"""Attributes that name somebody who is not the person, when they stand before another."""
NO_OTHER = (*ORGANISED, "hukou_address")
ROLES = (
    *("业主", "租户", "租客", "承租人", "承租人员", "租赁人", "产权人", "房屋产权人", "申请人"),
    *("学生", "儿童", "志愿者", "住户", "owner", "tenant", "renter", "lessee", "applicant"),
    *("student", "child", "volunteer", "occupant"),
)
"""In one row there may be two of these, and they are two people."""
SOMEBODY = Word("subject", "official", "han")


Words = tuple[tuple[Word | None, str], ...]
"""A text cut: each piece as it stands, and its meaning if it has one."""


@dataclass(frozen=True)
class NameReading:
    """One meaning of a column's name; `strength` is how sure the name alone makes it."""

    attribute: str
    subject: str
    strength: float
    why: str
    form: Form = "han"
    whose: float = 1.0  # how sure it is that the values are this subject's
    role: str = ""


@dataclass(frozen=True)
class Cut:
    """A front part cut into words: whose, other attributes named, and what nobody knows."""

    subject: str | None
    others: int
    unknown: int
    doubtful: bool = False  # initials that stand for two people
    role: str = ""  # in which the person appears, where a row may hold another in another role

    @property
    def whose(self) -> float:
        """How sure it is whose a thing behind this is."""
        if self.doubtful:
            return 0.7
        return STRANGE if self.unknown else 1.0


def read_name(name: str, comment: str = "", *, initials: bool = False) -> list[NameReading]:
    """Every reading of a column, best first; `initials` where the whole table is named so."""
    by_name = _named(plain(name), trusted=initials)
    by_name = [_whose(one, name) for one in by_name]
    by_comment = [_whose(one, comment) for one in _commented(comment)]
    if not by_comment:
        other = 0.5 if HAN.search(BRACKETS.sub("", comment)) else 1.0  # it says something else
        return _best([replace(one, strength=one.strength * other) for one in by_name])
    said = {(one.attribute, one.subject): one for one in by_comment}
    agreeing = [one for one in by_name if (one.attribute, one.subject) in said]
    others = [replace(one, strength=one.strength * 0.25) for one in by_name if one not in agreeing]
    both = [
        replace(
            one,
            strength=1 - (1 - one.strength) * (1 - said[key].strength),
            why=said[key].why,
            whose=max(one.whose, said[key].whose),
        )
        for one in agreeing
        if (key := (one.attribute, one.subject))
    ]
    return _best([*both, *by_comment, *others])


def _whose(one: NameReading, text: str) -> NameReading:
    """A remark in brackets may say whose it is: `身份证号码（监护人）`."""
    inside = "".join(BRACKETS.findall(unicodedata.normalize("NFKC", text))).strip("()[]【】")
    found = cut_chinese(inside).subject if 2 <= len(inside) <= 6 else None
    return replace(one, subject=found) if found and one.subject == "self" else one


def plain(name: str) -> str:
    """A header without marks, units, remarks in brackets, or numbers at its ends."""
    text = unicodedata.normalize("NFKC", name)
    bare = BRACKETS.sub("", text).strip() or text
    bare = re.sub(r"^[\d.、*#\s]+(?=[^\d\s])|[*:：\s]+$", "", bare)
    return re.sub(r"(?<=[\u4e00-\u9fff])\d$", "", bare)


def _best(readings: Sequence[NameReading]) -> list[NameReading]:
    """The strongest reading of each attribute and subject."""
    kept: dict[tuple[str, str], NameReading] = {}
    for one in sorted(readings, key=lambda r: -r.strength):
        kept.setdefault((one.attribute, one.subject), one)
    return [one for one in kept.values() if one.strength > 0.02]


def _named(name: str, *, trusted: bool) -> list[NameReading]:
    readings = list(_chinese(name)) if HAN.search(name) else list(_latin(name, trusted=trusted))
    shown = {"han": f"列名“{name}”"}
    return [
        replace(one, why=f"{shown.get(one.form, FORM_TITLES[one.form])}像“{_title(one)}”")
        for one in readings
    ]


def _commented(comment: str) -> list[NameReading]:
    text = unicodedata.normalize("NFKC", comment)
    first = next((one for one in CLAUSE.split(BRACKETS.sub(" ", text).strip()) if one), "")
    first = re.split(r"[0-9]\s*[-=.]?\s*[\u4e00-\u9fff]", first)[0] or first
    if not HAN.search(first):
        return []
    return [
        replace(one, strength=one.strength * 0.97, why=f"注释写的是“{_title(one)}”")
        for one in _chinese(first)
    ]


def _title(one: NameReading) -> str:
    title = attributes()[one.attribute].title
    owners = {"self": "", "head": "户主", "worker": "网格员", "hukou": "户籍"}
    from schemas.matching.lexicon import subjects

    whose = owners.get(one.subject, subjects().get(one.subject, ""))
    return f"{whose}{title}" if one.attribute != "hukou_address" else title


def _chinese(name: str) -> Iterator[NameReading]:
    whole = re.sub(r"[\s/\-_.·*]+", "", name).lower()
    known = list(_whole(chinese().get(whole, ()), "han", 1.0))
    yield from known
    weaker = 0.06 if known else 1.0  # a name that is a word as a whole is seldom two
    for one in _chinese_parts(name):
        yield replace(one, strength=one.strength * weaker)


def _chinese_parts(name: str) -> Iterator[NameReading]:
    *before, leaf = [one for one in re.split(r"[/\-_.\s]+", name.lower()) if one] or [""]
    context = [cut_chinese("", (one,)) for one in before]
    whose = next((c.subject for c in reversed(context) if c.subject), None)
    yield from _chinese_leaf(leaf, whose)
    if before and len(leaf) <= 2:
        yield from _chinese_leaf(f"{before[-1]}{leaf}", whose)


def _chinese_leaf(leaf: str, whose: str | None) -> Iterator[NameReading]:
    words = chinese()
    for start in range(len(leaf)):
        head, tail = leaf[:start], leaf[start:]
        yield from _after(words.get(tail, ()), cut_chinese(head), whose, 1.0)
        for end in range(start + 1, len(leaf)):
            behind = leaf[end:]
            if any(one.kind == "suffix" for one in words.get(behind, ())):
                found = words.get(leaf[start:end], ())
                yield from _after(found, cut_chinese(head), whose, 0.97, behind=behind)
    cut = cut_chinese(leaf)
    if cut.subject and not cut.unknown and not cut.others:  # `户主`, `监护人`: their name
        yield NameReading("name", cut.subject, 0.9 if cut.subject != "self" else 0.75, "")


def _after(
    found: Sequence[Word], cut: Cut, whose: str | None, factor: float, *, behind: str = ""
) -> Iterator[NameReading]:
    """Readings of a last word behind what was cut before it."""
    ones = _spoken(found)
    for one in ones:
        strength = FORMS[one.form] * factor * _front(cut)
        if behind and not attributes()[one.means].content.startswith(CODED):
            strength *= 0.25 if behind in KEYS else 0.6
        subject = cut.subject or whose or "self"
        yield NameReading(
            one.means, subject, strength / len(ones) ** 0.5, "", one.form, cut.whose, cut.role
        )


def _front(cut: Cut) -> float:
    """How much a front that is not all understood takes away."""
    unknown = (1.0, 0.85, 0.72)[cut.unknown] if cut.unknown < 3 else 0.55
    return unknown * (0.65**cut.others)


@cache
def cut_chinese(head: str, context: tuple[str, ...] = ()) -> Cut:
    """The cheapest way to cut a text into known words."""
    text = head + "".join(context)
    best: list[tuple[float, Words]] = [(0.0, ())]
    words = chinese()
    for end in range(1, len(text) + 1):
        ways = [(best[end - 1][0] + UNKNOWN, (*best[end - 1][1], (None, "")))]
        for start in range(max(0, end - 8), end):
            found = words.get(text[start:end], ())
            if found:
                chosen = min(found, key=_preference)
                ways.append((best[start][0] + WORD, (*best[start][1], (chosen, text[start:end]))))
            elif text[end - 1] == "人" and 2 <= end - start <= 4:  # `申报人`: nobody we know
                ways.append(
                    (best[start][0] + WORD + 0.1, (*best[start][1], (SOMEBODY, text[start:end])))
                )
        best.append(min(ways, key=lambda way: way[0]))
    return _cut(best[-1][1])


def _preference(word: Word) -> int:
    kind = ("subject", "noise", "suffix", "attribute").index(word.kind)
    return 2 * kind + (word.means != "head")  # of `hz` 户主 is likelier than 患者


def _cut(words: Words) -> Cut:
    named = [one for one, _ in words if one]
    roles = [text for one, text in words if one and one.means == "self" and text in ROLES]
    whose = [one.means for one in named if one.kind == "subject"]
    whose += ["hukou" for one in named if one.means == "hukou_address"]
    whose += ["official" for one in named if one.kind == "attribute" and one.means in ORGANISED]
    apart = [one for one in whose if one != "self"] or whose
    others = sum(1 for one in named if one.kind == "attribute" and one.means not in NO_OTHER)
    return Cut(
        subject=apart[-1] if apart else None,
        others=others,
        unknown=len(words) - len(named),
        role=roles[-1] if roles else "",
    )


def tokens_of(name: str) -> list[str]:
    """`resident_name`, `residentName` as words; numbers dropped where there are letters too."""
    found = [one.lower() for one in TOKENS.findall(name)]
    return [one for one in found if not one.isdigit()] or found


def _latin(name: str, *, trusted: bool) -> Iterator[NameReading]:
    tokens = tokens_of(name)
    whole = "".join(tokens)
    known = list(_whole(latin().get(whole, ()), whole, 1.0, trusted=trusted))
    inside = "." in name  # `contact.phone` is the phone of somebody, `contact_phone` perhaps not
    yield from (replace(one, strength=one.strength * 0.4) if inside else one for one in known)
    weaker = 0.06 if known and not inside else 1.0
    for one in _latin_parts(tokens, trusted=trusted, inside=inside):
        yield replace(one, strength=one.strength * weaker)


def _latin_parts(tokens: list[str], *, trusted: bool, inside: bool) -> Iterator[NameReading]:
    whole = "".join(tokens)
    for start in range(1 if inside else 0, len(tokens)):
        head, tail = tuple(tokens[:start]), tokens[start:]
        cut = cut_latin(head)
        yield from _spelled(tail, cut, 1.0, trusted=trusted)
        if len(tail) > 1 and _is(tail[-1], "suffix"):
            yield from _spelled(tail[:-1], cut, 0.97, trusted=trusted, behind=tail[-1])
    cut = cut_latin(tuple(tokens))
    if cut.subject not in (None, "self") and not cut.unknown and not cut.others:
        yield NameReading("name", cut.subject or "", 0.7, "", "english")
    if len(whole) <= 24:
        yield from _glued(tokens, trusted=trusted)


def _spelled(
    tail: Sequence[str], cut: Cut, factor: float, *, trusted: bool, behind: str = ""
) -> Iterator[NameReading]:
    spelled = "".join(tail)
    for one in _after(latin().get(spelled, ()), cut, None, factor, behind=behind):
        yield replace(one, strength=one.strength * _trust(one.form, len(spelled), trusted))


def _glued(tokens: Sequence[str], *, trusted: bool) -> Iterator[NameReading]:
    """`hzxm`, `residentname`, `xbdm`: two or three words in the last token."""
    *front, last = tokens
    for place in range(2, len(last) - 1):
        head, tail = last[:place], last[place:]
        cut = cut_latin((*front, head))
        if not cut.unknown and not cut.others:
            yield from _spelled([tail], cut, 0.87, trusted=trusted)
        if _is(tail, "suffix"):
            yield from _spelled([head], cut_latin(tuple(front)), 0.9, trusted=trusted, behind=tail)
    if len(last) > 3 and last[0] in "pcft" and not front:  # `pName` as one small letter before
        yield from _spelled([last[1:]], Cut("self", 0, 0), 0.7, trusted=trusted)


def _whole(
    found: Sequence[Word], spelled: str, factor: float, *, trusted: bool = False
) -> Iterator[NameReading]:
    ones = _spoken(found)
    for one in ones:
        trust = 1.0 if one.form == "han" else _trust(one.form, len(spelled), trusted)
        strength = FORMS[one.form] * factor * trust / len(ones) ** 0.5
        if one.form == "initials" and is_label(one.means):
            strength *= 0.5  # `sfdj` is 是否独居, 是否登记, 是否代缴
        yield NameReading(one.means, "self", strength, "", one.form)


def _spoken(found: Sequence[Word]) -> list[Word]:
    """The attributes among the meanings; initials yield to what is known as it is written."""
    ones = [one for one in found if one.kind == "attribute"]
    written = [one for one in ones if one.form != "initials"]
    return written or ones


def _trust(form: Form, length: int, trusted: bool) -> float:
    if form != "initials":
        return 1.0
    short = SHORT_INITIALS.get(length, 1.0)
    return (short + 1) / 2 if trusted else short


def _is(token: str, kind: str) -> bool:
    return any(one.kind == kind for one in latin().get(token, ()))


@cache
def cut_latin(head: tuple[str, ...]) -> Cut:
    """As `cut_chinese`, of tokens."""
    words = latin()
    best: list[tuple[float, Words]] = [(0.0, ())]
    for end in range(1, len(head) + 1):
        ways = [(best[end - 1][0] + UNKNOWN, (*best[end - 1][1], (None, "")))]
        for start in range(max(0, end - 3), end):
            found = words.get("".join(head[start:end]), ())
            if found:
                chosen = min(found, key=_preference)
                ways.append(
                    (best[start][0] + WORD, (*best[start][1], (chosen, "".join(head[start:end]))))
                )
        best.append(min(ways, key=lambda way: way[0]))
    cut = _cut(best[-1][1])
    return replace(cut, doubtful=any(_two_people(one) for one in head))


def _two_people(token: str) -> bool:
    """Whether initials are short for the person and for somebody else: 残疾人, 采集人."""
    found = [one for one in latin().get(token, ()) if one.form == "initials"]
    whose = {one.means for one in found if one.kind == "subject"}
    organised = any(one.kind == "attribute" and one.means in ORGANISED for one in found)
    return "self" in whose and (len(whose) > 1 or organised)


def looks_like_initials(names: Sequence[str]) -> bool:
    """Whether a table's columns are called by pinyin initials, so that two letters may count."""
    known = 0
    for name in names:
        words = latin().get("".join(tokens_of(plain(name))), ())
        known += bool(words) and all(one.form == "initials" for one in words)
    return known >= 4 and known * 3 >= len(names)


def is_label(attribute: str) -> bool:
    """Whether the attribute is a label with a column of its own."""
    return attribute.startswith(LABEL)
