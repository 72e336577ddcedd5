"""The forms of a name in which a slip of the ear, the eye or the hand shows.

Computed once for each distinct name. Chinese names by character, others by word.
"""

import os
import re
from functools import cache
from importlib.resources import files

import pyarrow as pa

from schemas.names import COMPOUND_SURNAMES, HONORIFICS

TITLED = re.compile(rf"^(.{{1,2}}?)(?:{'|'.join(HONORIFICS)})$")
LADIES = ("女士", "小姐", "太太", "夫人", "阿姨", "大妈", "大娘", "婆婆", "奶奶")
GENTLEMEN = ("先生", "大爷", "爷爷", "叔叔")
"""Titles that tell the sex (GB/T 2261.1: 2 and 1); a 老师 or 师傅 may be either."""
FILLERS = frozenset(
    ("业主", "住户", "租户", "租客", "户主", "房东", "房主", "家属", "本人", "居民", "访客", "测试",
     "未登记", "无名氏", "空户", "空房", "商铺", "物业", "保安", "保洁", "业主家属", "某某", "匿名")
)  # fmt: skip
"""What is written where a name was asked for."""
COMMON = 100
"""Surnames that are taken for one even at the end of a name."""
LATIN = re.compile(r"^[A-Za-z .,'·-]+$")
BY_EAR = (
    (r"\bzh", "z"), (r"\bch", "c"), (r"\bsh", "s"), (r"\bn", "l"), (r"ing\b", "in"),
    (r"eng\b", "en"),
)  # fmt: skip
"""Sounds that speakers of south-western Mandarin do not part."""
FORMS = pa.schema(
    [("name", pa.string()), ("bare", pa.string()), ("sound", pa.string()),
     ("letters", pa.string()), ("glyphs", pa.string()), ("c1", pa.string()),
     ("c2", pa.string()), ("rest", pa.string()), ("titled", pa.bool_())]
)  # fmt: skip


def name_forms(names: list[str]) -> pa.Table:
    """One row a name, the columns of `FORMS`.

    bare: without dots and blanks; null for a mere title (`张女士`). The others are of the name in
    simplified characters, the surname first. sound: pinyin without tones, as heard in the
    south-west. letters: the characters (or words) in order of code. glyphs: each character by the
    first of those that look like it. c1, c2, rest: first, second, other ones.
    """
    columns: list[list[str | bool | None]] = [[] for _ in FORMS]
    for name in names:
        for column, value in zip(columns, (name, *_forms(name)), strict=True):
            column.append(value)
    return pa.table(dict(zip(FORMS.names, columns, strict=True)), schema=FORMS)


def _forms(name: str) -> tuple[str | bool | None, ...]:
    if LATIN.match(name):
        return _latin(name)
    if name in FILLERS:
        return (None,) * 7 + (False,)
    titled = TITLED.match(name)
    if titled and (len(titled[1]) == 1 or titled[1] in COMPOUND_SURNAMES):
        surname = titled[1][0].translate(_traditional())
        return (None, None, None, None, surname, None, None, True)
    bare = re.sub(r"[·\s]", "", name)
    if not bare:
        return (None,) * 7 + (False,)
    plain = _surname_first(bare.translate(_traditional()))
    glyphs = plain.translate(_by_eye())
    letters = "".join(sorted(plain))
    return (bare, plain.translate(READINGS), letters, glyphs, plain[0], plain[1:2], plain[2:],
            False)  # fmt: skip


def _surname_first(name: str) -> str:
    """`秀芬戴` as `戴秀芬`: no surname is first, and a common one last."""
    common, known = _surnames()
    if len(name) in {2, 3} and name[-1] in common and name[0] not in known:
        return name[-1] + name[:-1]
    return name


@cache
def _surnames() -> tuple[frozenset[str], frozenset[str]]:
    """The common surnames, and all that are known."""
    path = files("schemas") / "matching" / "surnames.csv"
    known = path.read_text(encoding="utf-8").split()[1]
    return frozenset(known[:COMMON]), frozenset(known)


@cache
def _traditional() -> dict[int, str]:
    text = (files("identity") / "data" / "traditional.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return {ord(pair[0]): pair[1] for line in lines for pair in line.split()}


def _latin(name: str) -> tuple[str | bool | None, ...]:
    words = re.sub(r"[^A-Z ]", "", re.sub(r"[.·,-]", " ", name.upper())).split()
    if not words:
        return (None,) * 7 + (False,)
    skeleton = [w[0] + re.sub(r"[AEIOUHWY]", "", w[1:]) for w in words]
    return (
        " ".join(words), " ".join(skeleton), " ".join(sorted(words)), " ".join(words),
        words[0], " ".join(words[1:2]), " ".join(words[2:]), False,
    )  # fmt: skip


class _Readings(dict[int, str]):
    """Each character's most common reading with a blank before it, looked up once."""

    def __missing__(self, code: int) -> str:
        # characters are looked up one by one, and the phrases take 1.5 s to read
        os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
        from pypinyin import lazy_pinyin

        reading = lazy_pinyin(chr(code))[0]
        for heard, same in BY_EAR:
            reading = re.sub(heard, same, reading)
        self[code] = f" {reading}"
        return self[code]


READINGS = _Readings()


@cache
def _by_eye() -> dict[int, str]:
    text = (files("identity") / "data" / "lookalikes.txt").read_text(encoding="utf-8")
    found: dict[int, str] = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            first = found.get(ord(line[0]), line[0])
            for one in line:
                found.setdefault(ord(one), first)
    return found
