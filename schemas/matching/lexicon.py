"""The words that name columns, as data, in every form in which platforms write them.

`attributes.csv` says what a column may hold, `subjects.csv` whose it is, `noise.csv` and
`suffixes.csv` what changes nothing, `label_words.csv` the labels that have a column of their own.
Pinyin is derived from the Chinese, in full (`xingming`) and by initials (`XM`), except of what
stands under `spelled`: its letters stand for something likelier, or an English word is no word
that names are shortened to.
"""

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from pypinyin import Style, lazy_pinyin, load_phrases_dict, load_single_dict
from pypinyin.constants import PHRASES_DICT

if not PHRASES_DICT:  # it was imported without them, by those who read single characters
    from pypinyin.phrases_dict import phrases_dict

    load_phrases_dict(phrases_dict)

load_single_dict({ord("幢"): "zhuàng"})  # of buildings; by itself it would be read chuáng

FOLDER = files("schemas") / "matching"
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
LABEL = "label:"
"""Begins the attribute of a yes/no column: `label:低保`."""
Form = Literal["han", "english", "full", "initials"]
Kind = Literal["attribute", "subject", "noise", "suffix"]
PREFIXES, ENDINGS = ("是否", "是否为", "是否是", "是", ""), ("标志", "标识", "人员", "对象", "")
ENGLISH_PREFIXES = ("is ", "has ", "if ", "")
HUKOU = ("户籍", "户籍地", "户籍所在", "户口", "户籍所在地", "户口所在", "户口所在地")


@dataclass(frozen=True)
class Attribute:
    """What a column may hold: its Chinese title, and the kind of content expected of it."""

    name: str
    title: str
    content: str


@dataclass(frozen=True)
class Word:
    """One meaning of a spelling."""

    kind: Kind
    means: str
    form: Form


Words = dict[str, tuple[Word, ...]]


@cache
def attributes() -> dict[str, Attribute]:
    """Every attribute by name, the labels' own among them."""
    made = {
        row["attribute"]: Attribute(row["attribute"], row["title"], row["content"])
        for row in rows("attributes")
    }
    labels = (row["label"] for row in rows("label_words"))
    return made | {f"{LABEL}{one}": Attribute(f"{LABEL}{one}", one, "flag") for one in labels}


@cache
def subjects() -> dict[str, str]:
    """Whose a column may be: name to Chinese title."""
    made = {row["subject"]: row["title"] for row in rows("subjects")}
    return made | {"hukou": "户籍地"}


@cache
def chinese() -> Words:
    """Chinese spellings."""
    found: dict[str, dict[Word, None]] = {}
    for kind, means, word in _chinese_words():
        found.setdefault(word, {})[Word(kind, means, "han")] = None
    return {spelled: tuple(words) for spelled, words in found.items()}


@cache
def latin() -> Words:
    """English words, full pinyin and initials, each without blanks, lower case."""
    found: dict[str, dict[Word, None]] = {}
    spelled = [one for one in _never_shortened() if one[2].isascii()]
    for kind, means, phrase in (*_english_words(), *spelled):
        found.setdefault(phrase.replace(" ", ""), {})[Word(kind, means, "english")] = None
    for kind, means, word in _chinese_words():
        syllables = lazy_pinyin(word, errors=str.lower)
        letters = lazy_pinyin(word, style=Style.FIRST_LETTER, errors=str.lower)
        full, initials = "".join(syllables).replace("ü", "v"), "".join(letters)
        if kind != "suffix" or len(word) > 1:
            _add(found, full, Word(kind, means, "full"), least=3)
        if kind != "noise" and (kind, means, word) not in _never_shortened():
            _add(found, initials, Word(kind, means, "initials"), least=2)
    return {spelled: tuple(words) for spelled, words in found.items()}


def is_label(attribute: str) -> bool:
    """Whether the attribute is a label with a column of its own."""
    return attribute.startswith(LABEL)


@cache
def standard_columns() -> dict[str, tuple[str, str]]:
    """Columns that are numbered by a standard of social security or of cadres: what and whose."""
    return {row["column"]: (row["attribute"], row["subject"]) for row in rows("standard_columns")}


@cache
def english_tokens() -> frozenset[str]:
    """Every English word of the data files."""
    return frozenset(one for _, _, phrase in _english_words() for one in phrase.split(" "))


def rows(name: str) -> list[dict[str, str]]:
    """The lines of one of the data files."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _add(found: dict[str, dict[Word, None]], spelled: str, word: Word, *, least: int) -> None:
    if len(spelled) >= least and spelled.isalnum():
        known = found.setdefault(spelled, {})
        same = any((one.kind, one.means) == (word.kind, word.means) for one in known)
        if not same:
            known[word] = None


@cache
def _chinese_words() -> tuple[tuple[Kind, str, str], ...]:
    made: list[tuple[Kind, str, str]] = []
    for row in rows("attributes"):
        made += [("attribute", row["attribute"], one) for one in _split(row["words"])]
    made += [one for one in _never_shortened() if not one[2].isascii()]
    for row in rows("label_words"):
        ones = {row["label"], *_split(row["words"])}
        made += [
            ("attribute", f"{LABEL}{row['label']}", f"{before}{one}{behind}")
            for one in sorted(ones)
            for before in PREFIXES
            for behind in ENDINGS
        ]
    for row in rows("subjects"):
        made += [("subject", row["subject"], one) for one in _split(row["words"])]
    made += [("subject", "hukou", one) for one in HUKOU]
    made += [("noise", "", one) for row in rows("noise") for one in _split(row["words"])]
    made += [("suffix", "", one) for row in rows("suffixes") for one in _split(row["words"])]
    return tuple(dict.fromkeys(made))


@cache
def _never_shortened() -> dict[tuple[Kind, str, str], None]:
    """What stands under `spelled`, in the order of the files."""
    found: dict[tuple[Kind, str, str], None] = {}
    for row in rows("attributes"):
        found |= {("attribute", row["attribute"], one): None for one in _split(row["spelled"])}
    for row in rows("subjects"):
        found |= {("subject", row["subject"], one): None for one in _split(row["spelled"])}
    return found


def _english_words() -> list[tuple[Kind, str, str]]:
    made: list[tuple[Kind, str, str]] = []
    for row in rows("attributes"):
        made += [("attribute", row["attribute"], one) for one in _split(row["english"])]
    for row in rows("label_words"):
        made += [
            ("attribute", f"{LABEL}{row['label']}", f"{before}{one}")
            for one in _split(row["english"])
            for before in ENGLISH_PREFIXES
        ]
    for row in rows("subjects"):
        made += [("subject", row["subject"], one) for one in _split(row["english"])]
    hukou = ("hukou", "huji", "hj", "hk", "register", "registered", "census", "domicile",
             "hsreg", "habi")  # fmt: skip
    made += [("subject", "hukou", one) for one in hukou]
    made += [("noise", "", one) for row in rows("noise") for one in _split(row["english"])]
    made += [("suffix", "", one) for row in rows("suffixes") for one in _split(row["english"])]
    return made


def _split(cell: str) -> list[str]:
    return [one for one in cell.split("|") if one]
