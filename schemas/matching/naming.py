"""What a column's name and comment say it is: readings, each with its strength and its reason.

A reading is an attribute and whose it is. A Chinese name is cut into known words, the last of
which says what it is; a Latin one into its tokens, each English, pinyin in full or by initials.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from schemas.matching.chinese_names import read_chinese
from schemas.matching.cutting import cut_chinese, tokens_of
from schemas.matching.last_words import NameReading
from schemas.matching.latin_names import read_latin
from schemas.matching.lexicon import HAN, Form, attributes, chinese, latin, subjects

BRACKETS = re.compile(r"[（(【\[].*?(?:[)）】\]]|$)")
ENGLISH_CLAUSE = re.compile(r"[,;:=(.0-9]|\bof\b|\bfor\b")
ENGLISH_BESIDE = 0.7  # an English comment says no more than an English name
MOST_WORDS = 5  # an English comment of more is a sentence
WEAK = 0.3  # what is read no surer is hardly read
SPOKEN, VOWEL = re.compile("[iuv]"), re.compile("[aeo]")
MANY = 6  # names of a table that cannot be spoken
OF_ROWS = ("updated_at", "created_at")
"""A row is changed, whoever is named before it: `chilUpdTime`."""
REGISTERED_TOO = ("relation", "household_no", "household_type")
"""What registration alone knows: `户籍信息/与户主关系`."""
MEANT = re.compile(r"(?:^|/)(?:拟|预计|计划|预定)")
"""What is only meant to happen: `拟离开日期`."""
TO_YOU = re.compile(
    r"^(?:请问)?[您你](?:现在|目前|今年)?的?(?=..)"
    r"|(?:[吗呢]|是/否|(?<=[^是])是(?:什么|多少|哪里|哪个|几号|谁)?(?=[?:]))?[?!。]*$"
)
"""What a form says to whom it asks: `您的姓名是？`, `您独居吗？`."""
WHETHER = re.compile(r"^(?:是否(?:患有|享受|属于|具有|有(?!效))|有没有|有无|是不是)(?=..)")
CODED = re.compile(r"[0-9]\s*[-=.]?\s*[\u4e00-\u9fff]")
CLAUSE = re.compile(r"[,，;；:：。\s|]+")
FORM_TITLES: dict[Form, str] = {
    "han": "列名",
    "english": "列名",
    "full": "全拼列名",
    "initials": "拼音首字母列名",
}


def read_name(name: str, comment: str = "", *, initials: bool = False) -> list[NameReading]:
    """Every reading of a column, best first; `initials` where the whole table is named so."""
    by_name = _named(plain(name), trusted=initials)
    by_name = [_whose(one, name) for one in by_name]
    by_comment = [_whose(one, comment) for one in _commented(comment)]
    if not by_comment:
        other = 0.5 if HAN.search(BRACKETS.sub("", comment)) else 1.0  # it says something else
        return _best([replace(one, strength=one.strength * other) for one in by_name])
    said = {(one.attribute, one.subject): one for one in by_comment}
    less = (0.12 if _plain_word(comment) else 0.25) if HAN.search(comment) else ENGLISH_BESIDE
    agreeing = [one for one in by_name if (one.attribute, one.subject) in said]
    others = [replace(one, strength=one.strength * less) for one in by_name if one not in agreeing]
    both = [
        replace(
            one,
            strength=1 - (1 - one.strength) * (1 - said[key].strength),
            why=said[key].why,
            whose=max(one.whose, said[key].whose),
            role=said[key].role or one.role,
            agreed=True,
        )
        for one in agreeing
        if (key := (one.attribute, one.subject))
    ]
    return _best([*both, *by_comment, *others])


def _plain_word(comment: str) -> bool:
    """Whether a comment is one known word and no more, so that the name need not be guessed at."""
    return any(one.kind == "attribute" for one in chinese().get(comment.strip(), ()))


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
    bare = WHETHER.sub("是否", TO_YOU.sub("", bare))
    return re.sub(r"(?<=[\u4e00-\u9fff])\d$", "", bare)


def _best(readings: Sequence[NameReading]) -> list[NameReading]:
    """The strongest reading of each attribute and subject."""
    kept: dict[tuple[str, str], NameReading] = {}
    ones = [replace(r, subject="self") if _of_the_row(r) else r for r in readings]
    for one in sorted(ones, key=lambda r: -r.strength):
        kept.setdefault((one.attribute, one.subject), one)
    return [one for one in kept.values() if one.strength > 0.02]


def _of_the_row(one: NameReading) -> bool:
    registered = one.subject == "hukou" and one.attribute in REGISTERED_TOO
    return registered or one.attribute in OF_ROWS


def _named(name: str, *, trusted: bool) -> list[NameReading]:
    readings = (
        list(read_chinese(name)) if HAN.search(name) else list(read_latin(name, trusted=trusted))
    )
    shown = {"han": f"列名“{name}”"}
    if MEANT.search(name):
        readings = [one for one in readings if attributes()[one.attribute].content != "day"]
    return [
        replace(one, why=f"{shown.get(one.form, FORM_TITLES[one.form])}像“{_title(one)}”")
        for one in readings
    ]


def _commented(comment: str) -> list[NameReading]:
    text = unicodedata.normalize("NFKC", comment)
    first = next((one for one in CLAUSE.split(BRACKETS.sub(" ", text).strip()) if one), "")
    first = _before_codes(first)
    if not HAN.search(first):
        return _in_english(text)
    first = WHETHER.sub("是否", TO_YOU.sub("", first))
    found = [*read_chinese(first)]
    if not any(one.strength >= WEAK for one in found):  # `国籍/地区码`: either will do
        found += [one for either in first.split("/") for one in read_chinese(either)]
    if MEANT.search(first):
        found = [one for one in found if attributes()[one.attribute].content != "day"]
    return [
        replace(one, strength=one.strength * 0.97, why=f"注释写的是“{_title(one)}”")
        for one in found
    ]


def _before_codes(clause: str) -> str:
    """`性别1男2女` up to its codes; in `成员1姓名` the number says which of several."""
    listed = [*CODED.finditer(clause)]
    if len(listed) == 1 and any(
        one.kind == "attribute" for one in chinese().get(clause[listed[0].end() - 1 :], ())
    ):
        return clause
    return (clause[: listed[0].start()] if listed else clause) or clause


def _in_english(comment: str) -> list[NameReading]:
    """A comment of some English words, as far as its first clause: `mobile phone`."""
    words = ENGLISH_CLAUSE.split(comment.strip(), maxsplit=1)[0].replace("'s ", " ").split()
    if not 1 <= len(words) <= MOST_WORDS or not all(one.isascii() for one in words):
        return []
    found = [one for one in read_latin(" ".join(words), trusted=False) if one.form == "english"]
    return [
        replace(one, strength=one.strength * 0.97, why=f"注释写的是“{_title(one)}”")
        for one in found
    ]


def _title(one: NameReading) -> str:
    title = attributes()[one.attribute].title
    owners = {"self": "", "head": "户主", "worker": "网格员", "hukou": "户籍"}
    whose = owners.get(one.subject, subjects().get(one.subject, ""))
    return f"{whose}{title}" if one.attribute != "hukou_address" else title


def looks_like_initials(names: Sequence[str]) -> bool:
    """Whether a table's columns are called by pinyin initials, so that two letters may count."""
    known = 0
    for name in names:
        words = latin().get("".join(tokens_of(plain(name))), ())
        known += bool(words) and all(one.form == "initials" for one in words)
    return (known >= 4 and known * 3 >= len(names)) or _unspeakable(names)


def _unspeakable(names: Sequence[str]) -> bool:
    """Whether hardly a name could be spoken: no Chinese syllable begins with i, u or v."""
    whole = [one.lower() for one in names if one.isascii() and one.isalpha()]
    unspoken = [one for one in whole if not SPOKEN.search(one) and len(VOWEL.findall(one)) <= 1]
    return len(unspoken) >= MANY and len(unspoken) >= 0.8 * len(names)
